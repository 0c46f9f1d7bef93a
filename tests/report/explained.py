"""Made explanations of the made-up district, as the stage before hands them to the report."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from geoprospect import contract


def make_strength(cube: xr.Dataset) -> pd.DataFrame:
    """Four layers and two groups, in the order in which explanations give them."""
    told = [
        ("layer", name, str(layer.attrs["long_name"])) for name, layer in cube.data_vars.items()
    ]
    told += [("group", "pathway", "pathway"), ("group", "signature", "signature")]
    table = pd.DataFrame(told, columns=["kind", "name", "long_name"])
    mean = np.array([0.8, 0.5, 0.2, 0.1, 0.8, 0.55])
    return table.assign(mean=mean, sd=mean / 9, lowest=0.8 * mean, highest=1.3 * mean,
                        contribution_units="log-odds")  # fmt: skip


def make_dependence(attributions: xr.Dataset, cube: xr.Dataset) -> pd.DataFrame:
    """The made contributions against the layers' values; every ninth cell is a deposit's."""
    middle = cube.isel(y=slice(1, None, 3), x=slice(1, None, 3))
    parts = []
    for name in ("fault_distance", "copper", "rock", "magnetics"):
        values = middle[name].to_numpy().ravel()[::3]
        told = contract.meanings(cube[name]) if name == "rock" else {}
        parts.append(
            pd.DataFrame(
                {
                    "layer": name,
                    "long_name": cube[name].attrs["long_name"],
                    "units": cube[name].attrs["units"],
                    "kind": np.where(np.arange(len(values)) % 9, "area", "deposit"),
                    "row": 0,
                    "column": 0,
                    "value": values,
                    "meaning": [told.get(value, "") for value in values],
                    "contribution": attributions[name].to_numpy().ravel()[::3],
                    "contribution_units": "log-odds",
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def make_breakdown(cube: xr.Dataset, name: str) -> pd.DataFrame:
    """A target that adds up and a deposit that is named badly."""
    values = {"fault_distance": (240.0, 1.2), "copper": (np.nan, -0.3), "rock": (3, 0.4),
              "magnetics": (12_345.0, 0.05)}  # fmt: skip
    told = [
        {
            "place": place, "cells": 9, "layer": name, "long_name": cube[name].attrs["long_name"],
            "units": cube[name].attrs["units"], "value": value,
            "meaning": contract.meanings(cube["rock"])[3] if name == "rock" else "",
            "contribution": sign * amount,
            "base_value": -2.0, "raw_score": -2.0 + sign * 1.35, "score": 0.36,
            "contribution_units": "log-odds",
        }
        for place, sign in (("T1", 1), (name, -1))
        for name, (value, amount) in values.items()
    ]  # fmt: skip
    return pd.DataFrame(told)
