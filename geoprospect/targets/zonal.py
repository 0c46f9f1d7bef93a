"""The cells of targets, and what is summed over them, a quarter of a million cells at a time."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy import sparse

from geoprospect import contract, lazy
from geoprospect.errors import ContractError

Index = npt.NDArray[np.intp]
Values = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Cells = tuple[Index, Index, Index]
Explain = Callable[[Values], npt.NDArray[np.floating]]

AT_ONCE = 250_000
"""Cells that are looked at in one go."""
DISTRICT_SAMPLE = 20_000
"""Cells, evenly spread, against which a target's values are called low or high."""


@dataclass
class Sums:
    """
    Sums over the cells of each target.

    Of score and spread (targets, 2) the *known* cells, their *scores* and the *highest*
    score; of the evidence the share that is *missing*; of the layers' contributions the
    *effects* (targets, layers).
    """

    cells: Floats
    known: Floats
    scores: Floats
    highest: Floats
    missing: Floats
    effects: Floats

    @classmethod
    def of_nothing(cls, targets: int, layers: int) -> Sums:
        """Sums over no cells."""
        return cls(
            cells=np.zeros(targets),
            known=np.zeros((targets, 2)),
            scores=np.zeros((targets, 2)),
            highest=np.full(targets, -np.inf),
            missing=np.zeros(targets),
            effects=np.zeros((targets, layers)),
        )

    def add(self, targets: Index, others: Sums) -> None:
        """Add sums over more cells of some targets."""
        self.highest[targets] = np.maximum(self.highest[targets], others.highest)
        for name in ("cells", "known", "scores", "missing", "effects"):
            getattr(self, name)[targets] += getattr(others, name)


def sums(
    targets: gpd.GeoDataFrame,
    prospectivity: xr.DataArray,
    spread: xr.DataArray,
    cube: xr.Dataset,
    contributions: Explain,
    grid: GeoBox,
) -> Sums:
    """What is summed over the cells of each target, block by block."""
    names = contract.evidence(cube)
    layers = [prospectivity, spread, *(cube[name] for name in names)]
    total = Sums.of_nothing(len(targets), len(names))
    for rows, columns, which in _pieces(targets, grid):
        summed = functools.partial(_summed, which, contributions)
        for _, (found, sums) in lazy.at_cells(summed, layers, rows, columns):
            total.add(found, sums)
    return total


def _summed(
    which: Index, contributions: Explain, values: Values, cells: Index
) -> tuple[Index, Sums]:
    """The sums over some cells, by target; and which targets those are."""
    scores, evidence = values[:, :2].astype("float64"), values[:, 2:]
    effects = contributions(evidence)
    wanted = (len(evidence), evidence.shape[1] + 1)
    if effects.shape != wanted:
        raise ContractError(
            f"contributions came as {effects.shape}, but {wanted} was asked for: a row for each "
            "cell, a column for each evidence layer in cube order, and last the base value"
        )
    found, target = np.unique(which[cells], return_inverse=True)
    by_target = sparse.coo_array(
        (np.ones(len(target)), (target, np.arange(len(target)))), (len(found), len(target))
    ).tocsr()
    highest = np.full(len(found), -np.inf)
    np.fmax.at(highest, target, scores[:, 0])
    return found, Sums(
        cells=by_target.sum(axis=1),
        known=by_target @ ~np.isnan(scores),
        scores=by_target @ np.nan_to_num(scores),
        highest=highest,
        missing=by_target @ np.isnan(evidence).mean(axis=1),
        effects=by_target @ effects[:, :-1].astype("float64"),
    )


def district(cube: xr.Dataset, names: list[str]) -> dict[str, Values]:
    """Values of layers at evenly spread cells of the whole grid."""
    height, width = (cube.sizes[dim] for dim in ("y", "x"))
    step = math.ceil(math.sqrt(height * width / DISTRICT_SAMPLE))
    rows, columns = np.meshgrid(
        np.arange(step // 2, height, step), np.arange(step // 2, width, step), indexing="ij"
    )
    sampled = lazy.sample(cube, names, rows.ravel(), columns.ravel())
    return {name: sampled[:, i] for i, name in enumerate(names)}


def means(targets: gpd.GeoDataFrame, layer: xr.DataArray, grid: GeoBox) -> Floats:
    """Mean of a layer's known values over each target's cells; NaN where none is known."""
    total, known = np.zeros(len(targets)), np.zeros(len(targets))
    for rows, columns, which in _pieces(targets, grid):
        values = lazy.sample(xr.Dataset({"layer": layer}), ["layer"], rows, columns)[:, 0]
        there = ~np.isnan(values)
        np.add.at(total, which[there], values[there].astype("float64"))
        np.add.at(known, which[there], 1)
    with np.errstate(invalid="ignore"):
        return total / known


def counted(targets: gpd.GeoDataFrame, layer: xr.DataArray, code: int, grid: GeoBox) -> Floats:
    """Known cells of each target, and those of them that have *code*: (targets, 2)."""
    found = np.zeros((len(targets), 2))
    for rows, columns, which in _pieces(targets, grid):
        values = lazy.sample(xr.Dataset({"layer": layer}), ["layer"], rows, columns)[:, 0]
        np.add.at(found[:, 0], which[~np.isnan(values)], 1)
        np.add.at(found[:, 1], which[values == code], 1)
    return found


def totals(targets: gpd.GeoDataFrame, layer: xr.DataArray, grid: GeoBox) -> Floats:
    """Sum of a layer's known values over each target's cells; NaN where none is known."""
    average = means(targets, layer, grid)
    known = counted(targets, layer, -1, grid)[:, 0]
    return average * known


def member_means(
    targets: gpd.GeoDataFrame,
    prospectivity: xr.DataArray,
    cube: xr.Dataset,
    scores: Explain,
    grid: GeoBox,
) -> Floats:
    """
    Mean score of each target by each member of the ensemble (targets, members).

    *scores* gives the members' scores of rows of evidence, (members, cells). Cells without
    a score on the map do not count. Computed on purpose, block by block.
    """
    layers = [prospectivity, *(cube[name] for name in contract.evidence(cube))]
    total = np.zeros((len(targets), 1))
    known = np.zeros(len(targets))
    for rows, columns, which in _pieces(targets, grid):
        scored = functools.partial(_member_sums, which, scores)
        for _, (found, sums, cells) in lazy.at_cells(scored, layers, rows, columns):
            if total.shape[1] != sums.shape[1]:
                total = np.zeros((len(targets), sums.shape[1]))
            total[found] += sums
            known[found] += cells
    with np.errstate(invalid="ignore"):
        return total / known[:, None]


def _member_sums(
    which: Index, scores: Explain, values: Values, cells: Index
) -> tuple[Index, Floats, Floats]:
    """Sums of the members' scores over some cells, by target; which targets, and how many."""
    there = ~np.isnan(values[:, 0])
    found, target = np.unique(which[cells][there], return_inverse=True)
    members = np.asarray(scores(values[there, 1:]), "float64").T
    total = np.zeros((len(found), members.shape[1]))
    np.add.at(total, target, members)
    return found, total, np.bincount(target, minlength=len(found)).astype("float64")


def values(
    targets: gpd.GeoDataFrame, layers: xr.Dataset, grid: GeoBox
) -> Iterator[tuple[int, Values]]:
    """Each target's number and its cells' values, one target after the other."""
    names = [str(name) for name in layers.data_vars]
    held: list[Values] = []
    last = -1
    for rows, columns, which in _pieces(targets, grid):
        values = lazy.sample(layers, names, rows, columns)
        for number, part in zip(*_split(which, values), strict=True):
            if held and number != last:
                yield last, np.concatenate(held)
                held = []
            held.append(part)
            last = number
    if held:
        yield last, np.concatenate(held)


def _split(which: Index, values: Values) -> tuple[list[int], list[Values]]:
    edges = np.flatnonzero(np.diff(which)) + 1
    return [int(n) for n in which[np.r_[0, edges]]], np.split(values, edges)


def cells_of(targets: gpd.GeoDataFrame, *, grid: GeoBox) -> Cells:
    """
    Rows, columns and target position (0, 1, ...) of the cells whose centre lies in a target.

    Targets one after the other, cells from north to south and west to east.
    Counts what is drawn: anyone can repeat it from the polygons.
    """
    contract.check_crs(targets, grid, "the targets")
    return _together(list(_pieces(targets, grid)))


def _pieces(targets: gpd.GeoDataFrame, grid: GeoBox) -> Iterator[Cells]:
    """The same, about so many cells at a time; a target may go on in the next piece."""
    held: list[Cells] = []
    for number, outline in enumerate(targets.geometry):
        rows, columns = _cells_within(outline, grid)
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE], columns[start : start + AT_ONCE]
            held.append((*part, np.full(len(part[0]), number)))
            if sum(len(one[0]) for one in held) >= AT_ONCE:
                yield _together(held)
                held = []
    if held:
        yield _together(held)


def _together(pieces: list[Cells]) -> Cells:
    empty = np.empty(0, np.intp)
    rows, columns, which = zip((empty, empty, empty), *pieces, strict=True)
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(which)


def _cells_within(outline: object, grid: GeoBox) -> tuple[Index, Index]:
    from rasterio.features import rasterize

    west, south, east, north = outline.bounds  # type: ignore[attr-defined]
    (left, top), (right, bottom) = ~grid.affine * (west, north), ~grid.affine * (east, south)
    rows = slice(max(0, math.floor(top)), min(grid.shape[0], math.ceil(bottom)))
    columns = slice(max(0, math.floor(left)), min(grid.shape[1], math.ceil(right)))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    window = grid[rows, columns]
    inside = rasterize([(outline, 1)], window.shape, transform=window.affine, dtype="uint8")
    found_rows, found_columns = np.nonzero(inside)
    return found_rows + rows.start, found_columns + columns.start
