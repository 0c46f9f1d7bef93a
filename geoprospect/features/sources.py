"""What features ask of their sources, checked before anything is computed."""

from __future__ import annotations

import logging
import math
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError, did_you_mean

log = logging.getLogger("geoprospect.features")

Shapes = npt.NDArray[np.object_]

MOST = 100_000
"""Cells, at most, that stand for all where values are ranked or parted into levels."""

POINTS = frozenset({"Point"})
LINES = frozenset({"LineString", "LinearRing"})
POLYGONS = frozenset({"Polygon"})


def positive(name: str, value: float, unit: str) -> None:
    """Raise a ValueError unless a setting is positive (a number, and not infinite)."""
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name} must be positive and finite, got {value:g} {unit}")


# --- vectors ----------------------------------------------------------------------------


def located(source: gpd.GeoDataFrame, grid: GeoBox) -> gpd.GeoDataFrame:
    """The features that have a geometry, in the grid's CRS; an error if there are none."""
    contract.check_crs(source, grid)
    there = source[~(source.geometry.isna() | source.geometry.is_empty)]
    if there.empty:
        raise DataError(
            f"the vector layer has no features with a geometry ({len(source)} rows); "
            "there is nothing to measure from"
        )
    if len(there) < len(source):
        log.warning("%d features without a geometry were left out", len(source) - len(there))
    return there


def called(source: gpd.GeoDataFrame, otherwise: str) -> str:
    """What people call the features: the layer's ``attrs["long_name"]``, if it has one."""
    return str(source.attrs.get("long_name") or otherwise)


def parts(geometries: Shapes) -> Shapes:
    """Points, lines and polygons, each by itself, whatever multi-part they came in."""
    found: Shapes = shapely.get_parts(geometries)
    while np.any(shapely.get_type_id(found) >= 4):
        found = shapely.get_parts(found)
    return found


def only(features: gpd.GeoDataFrame, kinds: frozenset[str], feature: str, what: str) -> Shapes:
    """The parts of all features; an error unless they are all of the kinds asked for."""
    shapes = parts(features.geometry.to_numpy())
    found = sorted({shape.geom_type for shape in shapes} - kinds)
    if found:
        raise DataError(
            f"{feature} is made from {what}, and this vector layer holds {', '.join(found)}"
        )
    return shapes


def valid(shapes: Shapes) -> Shapes:
    """The shapes, with self-crossing ones repaired and said."""
    broken = ~shapely.is_valid(shapes)
    if not broken.any():
        return shapes
    log.warning("%d self-crossing polygons were repaired", int(broken.sum()))
    return parts(np.where(broken, shapely.make_valid(shapes), shapes))


def column(features: gpd.GeoDataFrame, name: str | None, feature: str) -> pd.Series:
    """A column by name; an error that says which there are."""
    known = [str(c) for c in features.columns if c != features.geometry.name]
    if name is None:
        raise DataError(
            f"{feature} from a vector layer needs the setting 'column'; known: {', '.join(known)}"
        )
    if name not in known:
        raise DataError(f"the vector layer has no column {name!r}{did_you_mean(name, known)}")
    found: pd.Series = features[name]
    return found


def class_names(values: pd.Series) -> pd.Series:
    """Names of classes as clean text; None where there is none."""
    return values.astype(object).map(_class_name)


def _class_name(value: Any) -> str | None:
    """A class's name: text without blanks about it, whole numbers without a fraction."""
    if pd.isna(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() or None


# --- layers -----------------------------------------------------------------------------


def one_layer(source: xr.DataArray | xr.Dataset, feature: str) -> xr.DataArray:
    """
    The one layer that a feature is made from; an error for a set of them.

    A layer that brings its quality along (its error, the distance to its samples) is one.
    """
    if isinstance(source, xr.Dataset):
        ground = contract.evidence(source)
        if len(ground) == 1:
            return one_layer(source[ground[0]], feature)
        names = ", ".join(str(name) for name in source.data_vars)
        raise ContractError(f"{feature} takes one layer, and this is a set of them: {names}")
    missing = [key for key in ("long_name", "units") if key not in source.attrs]
    if missing:
        raise ContractError(f"{feature}: the layer's attrs lack {' and '.join(missing)}")
    return source


def continuous(source: xr.DataArray | xr.Dataset, feature: str) -> xr.DataArray:
    """A layer of measured values; an error for codes of classes, which have no arithmetic."""
    layer = one_layer(source, feature)
    if contract.is_categorical(layer):
        raise ContractError(
            f"{feature} needs measured values, and {layer.attrs['long_name']!r} holds codes of "
            "classes; use category or class_distance"
        )
    return layer


def signed(layer: xr.DataArray, source: xr.DataArray) -> xr.DataArray:
    """*layer* with what *source* says about itself, and nothing else it may carry."""
    return contract.describe(
        layer,
        long_name=source.attrs["long_name"],
        units=source.attrs["units"],
        quality=contract.is_quality(source),
        meanings=contract.meanings(source) if contract.is_categorical(source) else None,
    )


def known_values(layer: xr.DataArray, area: xr.DataArray | None) -> npt.NDArray[np.float32]:
    """Known values inside the area, sorted; of a large layer, of a regular selection of cells."""
    chosen = selection(layer.shape, MOST)
    within = [layer] if area is None else [layer, area]
    values, *inside = lazy.compute(*(lazy.chunked(one)[chosen].data for one in within))
    known = np.logical_and.reduce([~np.isnan(one) for one in (values, *inside)])
    return np.sort(values[known])


def selection(shape: tuple[int, ...], most: int) -> tuple[slice, ...]:
    """Rows and columns at one step, the smallest that leaves at most so many cells."""
    every = max(1, math.isqrt(math.prod(shape) // most))
    while math.prod(math.ceil(size / every) for size in shape) > most:
        every += 1
    return tuple(slice(min(every, size) // 2, None, every) for size in shape)
