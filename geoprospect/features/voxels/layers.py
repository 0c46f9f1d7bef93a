"""What a layer under ground is made up as, and what is asked of its sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy.spatial import cKDTree

from geoprospect import contract
from geoprospect.blocks import BlockGrid
from geoprospect.errors import ContractError, DataError, did_you_mean

Values = npt.NDArray[np.float64]
At: TypeAlias = BlockGrid | pd.DataFrame

OF_HOLES = "of_holes"
"""Attribute of a layer that was made of what drill holes met."""


def with_distance(
    at: At,
    value: npt.ArrayLike,
    distance: npt.ArrayLike,
    *,
    long_name: str,
    units: str,
    data: str,
    meanings: Mapping[int, str] | None = None,
    of_holes: bool = False,
) -> xr.Dataset:
    """``value`` and ``distance`` to the nearest of *data* [m], described; of blocks or samples."""
    if isinstance(at, BlockGrid):
        made = at.dataset(value=value, distance=distance)
    else:
        made = xr.Dataset({"value": ("sample", value), "distance": ("sample", distance)})
    made["value"] = contract.describe(
        made["value"], long_name=long_name, units=units, meanings=meanings
    )
    made["distance"] = contract.describe(
        made["distance"], long_name=f"distance to nearest {data}", units="m", quality=True
    )
    if of_holes:
        made["value"].attrs[OF_HOLES] = 1
    return made


def data_distance(points: Values, blocks: BlockGrid) -> Values:
    """Distance from the middle of each block to the nearest of some points [m]."""
    found: Values = cKDTree(points).query(blocks.centres())[0]
    return found


def known_places(table: pd.DataFrame, columns: tuple[str, ...], what: str) -> pd.DataFrame:
    """
    Rows of a table whose *columns* are all known; an error if there are none or one lacks.

    Raises
    ------
    DataError
        Naming the column, and what the table has.
    """
    for name in columns:
        if name not in table.columns:
            known = did_you_mean(name, (str(one) for one in table.columns))
            raise DataError(f"{what} have no column {name!r}{known}")
    there = table[table[list(columns)].notna().all(axis=1)]
    if there.empty:
        raise DataError(
            f"{what}: none of {len(table)} rows has all of {', '.join(columns)}; "
            "there is nothing to measure from"
        )
    return there


def places_of(table: gpd.GeoDataFrame | pd.DataFrame, blocks: BlockGrid, what: str) -> Values:
    """
    x, y and z of a table, (n, 3) [m]: its columns, or points and their elevations or column z.

    Raises
    ------
    ContractError
        If points are not in the CRS of the blocks.
    DataError
        If a place is not known.
    """
    if not isinstance(table, gpd.GeoDataFrame):
        return known_places(table, ("x", "y", "z"), what)[["x", "y", "z"]].to_numpy(float)
    check_crs(table.crs, blocks, what)
    kinds = sorted(set(table.geom_type) - {"Point"})
    if kinds:
        raise DataError(f"{what} are to be points, and this vector layer holds {', '.join(kinds)}")
    z = table.geometry.z if bool(table.geometry.has_z.all()) else table.get("z")
    if z is None or z.isna().any():
        raise DataError(f"{what} have no elevations; give points with z, or a column z")
    return np.column_stack([table.geometry.x, table.geometry.y, z.astype(float)])


def check_crs(crs: object, blocks: BlockGrid, what: str) -> None:
    """
    Raise a ContractError unless *crs* is that of the blocks; none fits none.

    Raises
    ------
    ContractError
        Naming both.
    """
    import pyproj

    told = contract.crs_name(crs)
    if crs is None and not blocks.crs:
        return
    if crs is None or not blocks.crs or pyproj.CRS.from_user_input(crs) != pyproj.CRS(blocks.crs):
        raise ContractError(
            f"{what} are in {told} and the blocks in {blocks.crs or 'no CRS'}; bring them into "
            "the blocks' CRS first, or state the one that both are in"
        )
