"""Layers in classes, and where deposits lie among them: what weights of evidence count."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError

log = logging.getLogger("geoprospect.models")

MOST_CLASSES = 20_000
"""Single values of a layer beyond which it is measured, and not in classes."""

Cells = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Classes:
    """
    The classes of a layer: values from *low* to below *high*, or *low* itself where both are one.

    Rising, none overlapping; *cells* counts those of each on the layer.
    """

    low: Values
    high: Values
    cells: Cells

    def of(self, values: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
        """Class of each value; -1 where it is unknown or in none."""
        return classes_of(values, self.low, self.high)


def classes_of(values: npt.NDArray[Any], low: Values, high: Values) -> npt.NDArray[np.intp]:
    """Class of each value among classes in rising order; -1 where unknown or in none."""
    place = np.searchsorted(low, values, side="right") - 1
    inside = (place >= 0) & (values <= high[place])
    return np.where(inside, place, -1)


def counted(layer: xr.DataArray, edges: Sequence[float] | None) -> Classes:
    """
    The classes of a layer with their cells: its single values, or bins between *edges*.

    Computed on purpose; holds a few blocks at a time.

    Raises
    ------
    DataError
        If the layer has no known cell, or too many single values.
    ValueError
        If *edges* do not rise.
    """
    name = layer.attrs.get("long_name", layer.name)
    if edges is None:
        found = _single_values(layer, str(name))
        return Classes(found[0], found[0], found[1].astype(np.int64))
    limits = np.asarray(edges, float)
    if not limits.size or not np.isfinite(limits).all() or (np.diff(limits) <= 0).any():
        raise ValueError(f"edges must be finite and rise, got {list(edges)}")

    def block_counts(block: npt.NDArray[Any]) -> Cells:
        place = np.searchsorted(limits, block[~np.isnan(block)], side="right")
        return np.bincount(place, minlength=len(limits) + 1).astype(np.int64)

    cells = lazy.summed(block_counts, layer)
    if not cells.sum():
        raise DataError(f"layer {name!r} has no known cell to count")
    return Classes(np.append(-np.inf, limits), np.append(limits, np.inf), cells)


def _single_values(layer: xr.DataArray, name: str) -> tuple[Values, Cells]:
    total: dict[float, int] = {}
    for values, counts in lazy.gathered(_unique, layer):
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            total[value] = total.get(value, 0) + count
        if len(total) > MOST_CLASSES:
            raise DataError(
                f"layer {name!r} has more than {MOST_CLASSES:,} single values; give edges: [...] "
                "between classes, or put it into classes with the feature binned"
            )
    if not total:
        raise DataError(f"layer {name!r} has no known cell to count")
    values = np.array(sorted(total))
    return values, np.array([total[value] for value in values.tolist()], np.int64)


def _unique(where: Any, block: npt.NDArray[Any]) -> tuple[Values, Cells]:
    values, counts = np.unique(block[~np.isnan(block)], return_counts=True)
    return values[: MOST_CLASSES + 1].astype(float), counts[: MOST_CLASSES + 1]


def at_deposits(
    layers: Sequence[xr.DataArray], deposits: gpd.GeoDataFrame
) -> npt.NDArray[np.float32]:
    """
    Values of layers at deposits, (deposits on the grid, layers). Computed on purpose.

    Raises
    ------
    ContractError
        If *deposits* are not points in the layers' CRS.
    DataError
        If none lies on the grid.
    """
    grid = contract.grid_of(layers[0])
    contract.check_crs(deposits, grid, "the deposit table")
    if not (deposits.geom_type == "Point").all():
        raise ContractError("deposits must be points; take their representative_point() first")
    rows, columns, inside = contract.cells_at(deposits.geometry.x, deposits.geometry.y, grid)
    if not inside.any():
        raise DataError(
            f"none of {len(deposits)} deposits lies on the grid; check their CRS, and that x and "
            "y are not swapped"
        )
    if not inside.all():
        log.warning("%d of %d deposits lie off the grid and are not counted",
                    (~inside).sum(), len(deposits))  # fmt: skip
    cube = xr.Dataset({str(number): layer for number, layer in enumerate(layers)})
    return lazy.sample(cube, [str(n) for n in range(len(layers))], rows[inside], columns[inside])


def crowded(deposits: gpd.GeoDataFrame, unit_cell: float) -> int:
    """How many points share their unit cell (a square of so many km2) with another."""
    side = 1000 * np.sqrt(unit_cell)
    places = np.stack([deposits.geometry.x.to_numpy(), deposits.geometry.y.to_numpy()])
    _, counts = np.unique(np.floor(places / side), axis=1, return_counts=True)
    return int(counts[counts > 1].sum())
