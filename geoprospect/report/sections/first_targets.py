"""The section that explains the first targets, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from markupsafe import Markup

from geoprospect import language
from geoprospect.registry import SECTIONS
from geoprospect.report import canvas, style
from geoprospect.report import figures as draw
from geoprospect.report.figures.target_map import target_map
from geoprospect.report.overview import overview
from geoprospect.report.page import render

MOST = 6
"""Targets with a block of their own."""


@SECTIONS.register
def first_targets(
    targets: gpd.GeoDataFrame,
    explanations: Mapping[str, Any] | None,
    maps: xr.Dataset,
    deposits: gpd.GeoDataFrame,
) -> Markup:
    """The first targets, one by one."""
    if explanations is None or not len(targets):
        return Markup()
    score = maps["prospectivity"]
    seen = overview(score).to_numpy()
    known = seen[np.isfinite(seen)]
    ramp = style.ramp("prospectivity", score).over(float(known.min()), float(known.max()))
    places = []
    for number, label in enumerate(targets["label"].head(MOST)):
        clip = target_map(score, targets, deposits, number=number, ramp=ramp)
        places.append(
            _told(explanations, targets, number)
            | {"map": Markup(canvas.svg(clip, f"clip-{number}"))}  # noqa: S704
            | _waterfall(steps_of(explanations, str(label), targets["score"].iloc[number]), number)
        )
    units = explanations["units"]
    return render(
        "first_targets.html",
        places=places,
        units=draw.unit_told(units) if units else "",
        decimals=3 if units == "1" else 2,
    )


def _told(
    explanations: Mapping[str, Any], targets: gpd.GeoDataFrame, number: int
) -> dict[str, Any]:
    target = targets.iloc[number].drop(targets.geometry.name).to_dict()
    told = explanations["targets"][target["label"]]
    return {
        "target": target,
        "sentences": told["sentences"][language.now()],
        "analogues": told["analogues"],
    }


def _waterfall(steps: pd.DataFrame, number: int) -> dict[str, Any]:
    """Its waterfall, and the same as a table; neither of a model that has no contributions."""
    if not len(steps):
        return {"figure": "", "steps": []}
    place = str(steps["place"].iloc[0])
    drawn = draw.waterfall(steps, place=place, width=105)
    return {
        "figure": Markup(canvas.svg(drawn, f"steps-{number}")),  # noqa: S704
        "steps": draw.waterfall_data(steps, place=place).to_dict("records"),
    }


def steps_of(explanations: Mapping[str, Any], label: str, score: float) -> pd.DataFrame:
    """One target's explanation as rows that :func:`geoprospect.report.figures.waterfall` takes."""
    told = explanations["targets"][label]
    if told["base"] is None:
        return pd.DataFrame()
    layers = {layer["name"]: layer for layer in explanations["layers"]}
    return pd.DataFrame(
        [
            {
                "place": label,
                "layer": one["layer"],
                "long_name": layers[one["layer"]]["long_name"],
                "units": layers[one["layer"]]["units"],
                "value": np.nan if one["value"] is None else one["value"],
                "meaning": one["class"] or "",
                "contribution": one["contribution"],
                "base_value": told["base"],
                "raw_score": told["score_raw"],
                "score": score,
                "contribution_units": explanations["units"],
            }
            for one in told["contributions"]
        ]
    )
