"""Samples scattered over an area, made ready for maps."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import edges, sources
from geoprospect.kernels import interpolation
from geoprospect.kernels.interpolation import Places, Values

log = logging.getLogger("geoprospect.features")

STRIP = 32_768
"""Cells whose neighbours are held at one time."""

SAMPLE_DISTANCE = "sample_distance"


def layer_ids(columns: Sequence[str]) -> list[str]:
    """An ASCII snake_case id for each column, no two the same."""
    names: list[str] = []
    for number, column in enumerate(columns, start=1):
        plain = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")
        name = plain if re.match("[a-z]", plain) else f"column_{number}"
        while name in {*names, SAMPLE_DISTANCE}:
            name = f"{name}_{number}"
        names.append(name)
    return names


def check_settings(columns: list[str], radius: float, neighbours: int) -> None:
    """Raise a ValueError unless there are columns, each once, and a neighbourhood."""
    sources.positive("radius", radius, "m")
    if neighbours < 1:
        raise ValueError(f"neighbours must be at least 1, got {neighbours}")
    if not columns:
        raise ValueError("columns names none; state at least one")
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise ValueError(f"columns names {', '.join(twice)} more than once")


def samples(
    features: gpd.GeoDataFrame, grid: GeoBox, columns: list[str], feature: str
) -> tuple[Places, Values]:
    """Places [m, down and to the right of the grid's corner] and values, one sample a place."""
    shapes, owner = shapely.get_parts(features.geometry.to_numpy(), return_index=True)
    sources.only(features, sources.POINTS, feature, "points")
    values = np.stack([_numbers(features, column, feature) for column in columns], axis=1)[owner]
    cells = edges.in_cells(shapely.get_coordinates(shapes), grid)
    known = ~np.isnan(values).all(axis=1)
    places, means = interpolation.merged((cells * contract.cell_size(grid))[known], values[known])
    if len(places) < known.sum():
        log.warning(
            "%d samples at the place of another were averaged with it",
            int(known.sum()) - len(places),
        )
    return places, means


def _numbers(features: gpd.GeoDataFrame, column: str, feature: str) -> Values:
    """A column's values; an error unless they are numbers, and at least one is known."""
    values = sources.column(features, column, feature)
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(
            f"column {column!r} holds text, not numbers; see to its missing codes and "
            "below-limit marks where it is read"
        )
    numbers = values.to_numpy("float64", na_value=np.nan)
    finite = np.isfinite(numbers)
    if not finite.any():
        raise DataError(f"column {column!r} has no value at all")
    if not finite.all():
        log.info("column %r: %d samples without a value were left out", column, (~finite).sum())
    return np.where(finite, numbers, np.nan)


def logarithms(values: Values, columns: list[str]) -> Values:
    """Logarithms of the values; those at or below zero are left out, and said."""
    for column, found in zip(columns, values.T, strict=True):
        lost = int(np.count_nonzero(found <= 0))
        if lost == np.count_nonzero(~np.isnan(found)):
            raise DataError(f"column {column!r} has no value above zero to take a logarithm of")
        if lost:
            log.warning(
                "column %r: %d samples at or below zero have no logarithm and were left out",
                column,
                lost,
            )
    return np.log10(np.where(values > 0, values, np.nan))


def by_strips(strip: Callable[[Places], Values], grid: GeoBox) -> Callable[[GeoBox], lazy.Block]:
    """
    For a window, what *strip* makes of its cells' centres, a strip of them at a time.

    *strip* takes (cells, 2) [m, down and to the right of the grid's corner] and returns
    (cells, layers). A cell's place never depends on the window it is asked for in.
    """
    height, width = contract.cell_size(grid)

    def window_layers(window: GeoBox) -> lazy.Block:
        top, left, rows, columns = edges.place(window, grid)
        y, x = np.mgrid[top : top + rows, left : left + columns] + 0.5
        centres = np.stack([y.ravel() * height, x.ravel() * width], axis=1)
        strips = [strip(centres[i : i + STRIP]) for i in range(0, len(centres), STRIP)]
        return np.concatenate(strips).T.reshape(-1, rows, columns).astype("float32")

    return window_layers
