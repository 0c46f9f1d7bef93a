"""A look at every layer of a pipeline before any model: for the data report of ``check``."""

from __future__ import annotations

import contextlib
import functools
import logging
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.cube import stack
from geoprospect.errors import GeoprospectError, PipelineError
from geoprospect.grid import target
from geoprospect.grid.align import project
from geoprospect.grid.datum import transformer
from geoprospect.language import marked, spoken
from geoprospect.pipeline import facts, survey
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.hidden import warn_of_hidden
from geoprospect.pipeline.inputs import Input, Things, placed
from geoprospect.pipeline.plan import Pipeline, Plan
from geoprospect.report import files
from geoprospect.report.data import Findings, Fineness, Seen, data_page
from geoprospect.report.likeness import likeness
from geoprospect.report.overview import overview

MOST_CELLS = 1_000_000
"""A larger grid is looked at in coarser cells."""
SIDE = 160
"""Of a small map [cells]."""
SAMPLE = 10_000
"""Cells at which layers are compared."""
NEIGHBOURS = 5000
"""Samples whose nearest neighbour is looked for."""


def data_report(pipeline: Plan, out: Path) -> Findings:
    """
    Write the data report of a pipeline: one HTML page that needs no network.

    Raises
    ------
    GeoprospectError
        Naming the first input that cannot be used as stated. A feature that cannot
        be made is told on the page.
    PipelineError
        If the pipeline has no layers.
    """
    if not isinstance(pipeline, Pipeline):
        raise PipelineError(
            f"{pipeline.document.source} is on drill holes alone and has no layers to look at; "
            "run it, and read its report"
        )
    found = look(pipeline)
    with spoken(pipeline.language):
        files.write_text(data_page(found), out)
    return found


def look(pipeline: Pipeline) -> Findings:
    """
    What every layer of a pipeline holds, as far as a bounded look can tell.

    Each layer is made on the target grid, or on one of the same extent with coarser
    cells where that has more than a million; small maps and values at 10,000 cells
    of the study area are kept.
    """
    with _remarks() as notices:
        warn_of_hidden(pipeline)
        sources = {name: call({}) for name, call in pipeline.inputs.items()}
        grid = pipeline.grid(sources)
        contract.check_grid(grid)
        surveyed = survey.rows(sources, grid)
        coarse = _coarse(grid)
        inputs = [Input(name, "", source, {}, "") for name, source in sources.items()]
        layers, failed = _all_seen(pipeline, inputs, sources, coarse)
        fineness = list(_fineness(pipeline, inputs, grid))
    compared = {
        one.id: one.sample
        for one in layers
        if not (one.meanings or one.quality or one.constant) and np.isfinite(one.sample).any()
    }
    return Findings(
        title=pipeline.title,
        inputs=surveyed,
        layers=layers,
        failed=failed,
        fineness=fineness,
        likeness=likeness(compared),
        roles=pipeline.roles,
        cell=contract.cell_size(grid)[0],
        looked_at=contract.cell_size(coarse)[0],
        notices=notices,
    )


@contextlib.contextmanager
def _remarks() -> Iterator[list[str]]:
    """What the stages warn of meanwhile, each once."""
    told: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage() not in told:
                told.append(record.getMessage())

    ear = Ear(logging.WARNING)
    logger = logging.getLogger("geoprospect")
    logger.addHandler(ear)
    try:
        yield told
    finally:
        logger.removeHandler(ear)


def _coarse(grid: GeoBox) -> GeoBox:
    """The grid, with cells so many times as long that there are no more than a million."""
    cells = grid.shape[0] * grid.shape[1]
    factor = math.ceil(math.sqrt(cells / MOST_CELLS))
    return grid if factor <= 1 else grid.zoom_out(factor)


def _all_seen(
    pipeline: Pipeline, inputs: list[Input], sources: Mapping[str, Any], grid: GeoBox
) -> tuple[list[Seen], dict[str, str]]:
    """Every layer, and why features could not be made."""
    named = pipeline.grid.data.get("area")
    area = target.study_area(sources[named] if named else None, grid=grid)
    excluded = target.burned([sources[name] for name in pipeline.exclusions], grid=grid)
    inside = np.isfinite(lazy.compute(area.data)[0])
    rows, columns = _cells(inside, pipeline.seed)
    filled = {"grid": grid, "area": area, "exclusions": excluded, "seed": pipeline.seed}
    things = placed(inputs, grid)
    for call in pipeline.tables.values():
        things = things.with_(call.name, functools.partial(call, things, **filled))
    layers: list[Seen] = []
    failed: dict[str, str] = {}
    for name, call in pipeline.features.items():
        things = things.with_(name, functools.partial(call, things, **filled))
        try:
            layers += _seen(name, things, inside, (rows, columns))
        except (GeoprospectError, ValueError) as error:
            failed[name] = " ".join(str(error).split())
    return layers, failed


def _cells(
    inside: npt.NDArray[np.bool_], seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Cells of the study area drawn evenly, each once."""
    places = np.flatnonzero(inside)
    if places.size > SAMPLE:
        places = np.sort(np.random.default_rng(seed).choice(places, SAMPLE, replace=False))
    rows, columns = np.unravel_index(places, inside.shape)
    return rows, columns


def _seen(
    name: str,
    things: Things,
    inside: npt.NDArray[np.bool_],
    where: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
) -> list[Seen]:
    """The layers of one feature; each is held by itself, and only its small map is kept."""
    found = []
    for id_, layer in stack.layers_of(name, things[name]).items():
        (values,) = lazy.compute(layer.data)
        values = np.where(inside, values, np.float32(np.nan)).astype("float32")
        held = layer.copy(data=values)
        small = overview(held, SIDE).to_numpy()
        mask = contract.on_grid(inside.astype("float32"), contract.grid_of(layer))
        found.append(
            Seen(
                id=id_,
                feature=name,
                long_name=str(layer.attrs.get("long_name", id_)),
                units=str(layer.attrs.get("units", "1")),
                known=float(np.isfinite(values[inside]).mean()) if inside.any() else 0.0,
                values=small,
                inside=overview(mask, SIDE).to_numpy() > 0,
                sample=values[where],
                meanings=contract.meanings(layer) if contract.is_categorical(layer) else {},
                quality=contract.is_quality(layer),
            )
        )
    return found


# --- how fine sources are ---------------------------------------------------------------


def _fineness(pipeline: Pipeline, inputs: list[Input], grid: GeoBox) -> Iterator[Fineness]:
    """For each feature the resolution of the rasters and samples it rests on."""
    of = {one.name: one for one in inputs}
    measured: dict[str, tuple[str, float] | None] = {}
    for name, call in pipeline.features.items():
        for root in facts.roots(pipeline, call):
            if root not in of or (_is_vector(of[root]) and not _takes_values(pipeline, call)):
                continue
            if root not in measured:
                measured[root] = _resolved(of[root], grid)
            found = measured[root]
            if found is not None:
                yield Fineness(name, root, *found, contract.cell_size(grid)[0])


def _is_vector(one: Input) -> bool:
    return isinstance(one.source, gpd.GeoDataFrame)


def _takes_values(pipeline: Pipeline, call: Call) -> bool:
    """Whether a feature, or one above that it rests on, takes the values of samples."""
    if "columns" in call.settings:
        return True
    above = {**pipeline.tables, **pipeline.features}
    return any(
        above[name] is not call and _takes_values(pipeline, above[name])
        for name in call.uses()
        if name in above
    )


def _resolved(one: Input, grid: GeoBox) -> tuple[str, float] | None:
    if not isinstance(one.source, gpd.GeoDataFrame):
        assert isinstance(one.source, xr.DataArray | xr.Dataset)
        return marked("cell"), _source_cell(contract.grid_of(one.source), grid)
    if not (one.source.geom_type == "Point").all():
        return None
    distance = sample_spacing(project(one.source, grid=grid))
    return None if math.isnan(distance) else (marked("distance between samples"), distance)


def _source_cell(own: GeoBox, grid: GeoBox) -> float:
    """The longer side of a source's cell at its middle, measured in the grid's CRS [m]."""
    row, column = own.shape[0] / 2, own.shape[1] / 2
    corners = [
        own.affine * place for place in ((column, row), (column + 1, row), (column, row + 1))
    ]
    x, y = transformer(own.crs.proj, grid.crs.proj).transform(*np.array(corners).T)
    return float(max(math.hypot(x[1] - x[0], y[1] - y[0]), math.hypot(x[2] - x[0], y[2] - y[0])))


def sample_spacing(points: gpd.GeoDataFrame) -> float:
    """
    Median distance from a sample to its nearest neighbour at another place [m].

    Of many samples some thousand are asked, about all; NaN for fewer than two places.
    """
    from scipy.spatial import KDTree

    places = np.unique(shapely.get_coordinates(points.geometry.to_numpy()), axis=0)
    if len(places) < 2:
        return math.nan
    asked = places[:: max(1, len(places) // NEIGHBOURS)]
    nearest, _ = KDTree(places).query(asked, k=2)
    return float(np.median(nearest[:, 1]))
