"""What a run says of itself: its inputs and its layers, for the record and the report."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.language import marked
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.inputs import Input
from geoprospect.pipeline.ledger import Ledger
from geoprospect.pipeline.plan import Pipeline


def inputs(opened: Iterable[Input]) -> list[dict[str, Any]]:
    """Each input: its name, reader, files with their digests, CRS and what it holds."""
    return [
        {
            "name": one.name,
            "function": one.function,
            "files": list(one.files),
            "sha256": dict(one.files),
            "crs": one.crs,
            "detail": one.detail,
        }
        for one in opened
    ]


def layers(
    pipeline: Pipeline, ledger: Ledger, cube: xr.Dataset, area: xr.DataArray
) -> list[dict[str, Any]]:
    """Each layer: what it is, what it rests on, its range and the share of it that is missing."""
    inside = int(lazy.summed(lambda block: np.array(np.isfinite(block).sum()), area))
    return [
        _layer(name, tally, cube, inside) | {"source": ", ".join(roots(pipeline, call))}
        for call in pipeline.features.values()
        for name, tally in ledger.steps[f"features.{call.name}"]["result"].items()
    ]


def roots(pipeline: Pipeline, call: Call) -> list[str]:
    """Names of the inputs that a feature rests on, directly or through what stands above it."""
    calls = [*pipeline.tables.values(), *pipeline.features.values()]
    above = {one.name: one for one in itertools.takewhile(lambda one: one is not call, calls)}
    found: list[str] = []
    for name in call.uses():
        found += roots(pipeline, above[name]) if name in above else [name]
    return list(dict.fromkeys(found))


def _layer(name: str, tally: Mapping[str, Any], cube: xr.Dataset, inside: int) -> dict[str, Any]:
    attrs = cube[name].attrs if name in cube else {"long_name": name, "units": ""}
    return {
        "id": name,
        "long_name": attrs["long_name"],
        "units": attrs["units"],
        "missing_share": 1 - tally["known"] / inside,
        "minimum": tally["minimum"],
        "maximum": tally["maximum"],
        "note": _note(name, tally, cube),
    }


def _note(name: str, tally: Mapping[str, Any], cube: xr.Dataset) -> str:
    if tally["dropped"]:
        return marked("constant: left out")
    if contract.is_quality(cube[name]):
        return marked("about the data: no evidence")
    return marked("classes") if contract.is_categorical(cube[name]) else ""
