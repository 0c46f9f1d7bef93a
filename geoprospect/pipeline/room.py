"""How much room a run's large files will take, told before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, get_type_hints

import numpy as np
import pandas as pd
import xarray as xr

from geoprospect import contract
from geoprospect.explain.grouped import DRIVERS as DRIVERS_OF_GROUPS
from geoprospect.labels.folds import spatial_blocks
from geoprospect.maps import applicability, uncertainty
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.outputs import (
    AGREEMENT,
    APPLICABILITY,
    ATTRIBUTIONS,
    CLASSES,
    CUBE,
    DRIVERS,
    OUT_OF_FOLD,
    PROBABILITY,
    PROSPECTIVITY,
    QUADRANTS,
    ROLE_DRIVERS,
    ROLES,
    SEARCH,
    SPREAD,
    UNCERTAINTY,
    UNDISCOVERED,
)
from geoprospect.pipeline.plan import Pipeline, Plan
from geoprospect.report import pyramid, rasters

FLOAT, SHORT, BYTE = "float32", "int16", "uint8"

HEADER = 16 * 1024
"""Bytes that stand for what a file holds of a layer beside its cells: names, classes, colours."""


def sizes(pipeline: Plan) -> pd.DataFrame:
    """
    The large files that a run of the pipeline will write, and the room it needs.

    Of the inputs at most those are opened that say where the grid lies or how many
    bands they have. Files are compressed, mostly to a half or less; tables, targets
    and the report are small beside them and not counted.

    Returns
    -------
    DataFrame
        One row for each file: ``file``, ``layers``, ``type`` of its values, ``bytes``
        (uncompressed with overviews, never fewer than the file will have) and
        ``about``, whether the layers could not be counted without computing them.
        The last row is the room on the disk that the run needs at most. No row of a
        pipeline on drill holes alone.

    Raises
    ------
    GeoprospectError
        Naming the first input that cannot be used as stated.
    """
    if not isinstance(pipeline, Pipeline):  # tables and a page are small
        return pd.DataFrame(columns=["file", "layers", "type", "bytes", "about"])
    sources = _Opened(pipeline.inputs)
    shape = pipeline.grid(sources).shape
    evidence, quality, counted = _layers(pipeline, sources)
    chosen = pipeline.explain.settings
    maps = {
        PROSPECTIVITY: (1, FLOAT),
        SPREAD: (1, FLOAT),
        ATTRIBUTIONS: _explained(chosen, evidence),
        DRIVERS: (1, BYTE if evidence < pyramid.NO_CLASS else FLOAT),
    }
    if pipeline.uncertainty is not None:
        maps[UNCERTAINTY] = (len(uncertainty.NAMES), FLOAT)
    if pipeline.applicability:
        maps[APPLICABILITY] = (len(applicability.NAMES), FLOAT)
    if pipeline.agreement:
        maps[AGREEMENT] = (evidence, FLOAT)
    if pipeline.by_role:
        maps[ROLES] = (len(contract.ROLES) + 2, FLOAT)  # any role, the others, the base value
        maps[ROLE_DRIVERS] = (len(DRIVERS_OF_GROUPS), FLOAT)
    judged = _judged(pipeline)
    after = _after(pipeline)
    unsure = set() if counted else {CUBE, AGREEMENT}
    unsure |= set() if counted or "strongest" in chosen else {ATTRIBUTIONS}
    rows = [_row(CUBE, evidence + quality, FLOAT, math.prod(shape), CUBE in unsure)] + [
        _row(path, bands, dtype, pyramid.cells(*shape), path in unsure)
        for path, (bands, dtype) in (judged | maps | after).items()
    ]
    cube = rows[0]["bytes"]
    kept = sum(row["bytes"] for row in rows if row["file"] in judged)
    drawn = kept + sum(row["bytes"] for row in rows if row["file"] in maps)
    making = cube + max(
        _room(shape, judged),
        kept + _room(shape, maps),
        drawn + max((_room(shape, {path: after[path]}) for path in after), default=0),
    )
    peak = max(making, sum(row["bytes"] for row in rows))
    last = {"file": "room needed while it runs", "type": "", "bytes": peak, "about": not counted}
    return pd.DataFrame([*rows, last]).astype({"layers": "Int64"})


class _Opened(Mapping[str, Any]):
    """The inputs by name, each opened when it is asked for."""

    def __init__(self, inputs: Mapping[str, Call]) -> None:
        self._calls = inputs
        self._found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = self._calls[name]({})
        return self._found[name]

    def __iter__(self) -> Any:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)


def _layers(pipeline: Pipeline, sources: Mapping[str, Any]) -> tuple[int, int, bool]:
    """Layers of evidence, layers that tell of its quality, and whether that is certain."""
    counts: dict[str, int | None] = {}
    quality = 0
    for name, call in pipeline.features.items():
        columns = call.settings.get("columns")
        if not _may_be_several(call):
            counts[name] = 1
        elif isinstance(columns, list):
            counts[name] = len(columns)
            quality += 1  # how far the data lie, which some write beside their layers
        else:
            counts[name] = _most([_bands(one, pipeline, sources, counts) for one in call.uses()])
    known = [count for count in counts.values() if count is not None]
    return len(counts) - len(known) + sum(known), quality, len(known) == len(counts)


def _bands(
    name: str, pipeline: Pipeline, sources: Mapping[str, Any], counts: Mapping[str, int | None]
) -> int | None:
    """Layers of an input or a feature; None if only computing it would tell."""
    if name in counts:
        return counts[name]
    if name not in pipeline.inputs or not _may_be_several(pipeline.inputs[name]):
        return None
    source = sources[name]
    return len(source.data_vars) if isinstance(source, xr.Dataset) else 1


def _may_be_several(call: Call) -> bool:
    """Whether a call may give several layers: a Dataset, by its function's annotation."""
    return "Dataset" in str(get_type_hints(call.function)["return"])


def _most(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return max(known) if known and len(known) == len(counts) else None


def _explained(chosen: Mapping[str, Any], evidence: int) -> tuple[int, str]:
    """Bands and type of what is kept of the contributions."""
    strongest = chosen.get("strongest")
    bands = 2 * strongest if strongest else evidence + 1
    return bands, SHORT if chosen.get("bits") == 16 else FLOAT


def _has_blocks(pipeline: Pipeline) -> bool:
    """Whether a protocol holds out blocks of ground, so that a map out of fold is drawn."""
    return any(call.function is spatial_blocks for call in pipeline.validation.values())


def _judged(pipeline: Pipeline) -> dict[str, tuple[int, str]]:
    """Maps that validation draws."""
    if not _has_blocks(pipeline):
        return {}
    search = {SEARCH: (1, FLOAT)} if pipeline.search_area is not None else {}
    return {OUT_OF_FOLD: (2, FLOAT)} | search


def _after(pipeline: Pipeline) -> dict[str, tuple[int, str]]:
    """Maps that are made of other maps."""
    found = {}
    if pipeline.uncertainty is not None:
        found[QUADRANTS] = (4, FLOAT)
    if pipeline.classes:
        found[CLASSES] = (2, FLOAT)
    stated = pipeline.calibration
    if stated is not None and stated.settings.get("prior") is not None:
        found[PROBABILITY] = (1, FLOAT)
    if pipeline.resources is not None and pipeline.resources.endowment is not None:
        found[UNDISCOVERED] = (1, FLOAT)
    return found


def _room(shape: tuple[int, int], maps: Mapping[str, tuple[int, str]]) -> int:
    """Bytes that maps written in one pass need until they stand."""
    cells = math.prod(shape)
    return rasters.ROOM * sum(
        cells * bands * np.dtype(dtype).itemsize for bands, dtype in maps.values()
    )


def _row(file: str, layers: int, dtype: str, cells: int, about: bool) -> dict[str, Any]:
    size = layers * (cells * np.dtype(dtype).itemsize + HEADER)
    return {"file": file, "layers": layers, "type": dtype, "bytes": size, "about": about}
