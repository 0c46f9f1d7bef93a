"""How far each block is from a surface or a fault, and on which side."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import xarray as xr

from geoprospect.blocks import BlockGrid
from geoprospect.errors import DataError, did_you_mean
from geoprospect.features import sources
from geoprospect.features.voxels.layers import (
    Values,
    check_crs,
    data_distance,
    places_of,
    with_distance,
)
from geoprospect.features.voxels.surface import Surfaced, surface_of
from geoprospect.kernels.triangles import crossings, distances, tree
from geoprospect.registry import VOXELS

log = logging.getLogger("geoprospect.features")


@VOXELS.register
def signed_distance(
    surface: Surfaced, seen: gpd.GeoDataFrame | pd.DataFrame | None = None, *, blocks: BlockGrid
) -> xr.Dataset:
    """
    Distance from each block to a surface, positive above it or outside a body [m].

    Contacts channel fluids and react with them, and ore keeps to one side: above a roof,
    below a cap, at the base of an intrusion [1]_.

    Parameters
    ----------
    surface : Surface, GeoDataFrame or DataArray (y, x)
        As :func:`geoprospect.features.voxels.surface.surface_of` takes it; open or closed.
    seen : DataFrame or GeoDataFrame, optional
        ``x``, ``y`` and ``z``, or points with elevations, where the surface was met, as by
        holes [m]: what the distance to data is measured to; its vertices if not given.
    blocks : BlockGrid
        Where it is wanted.

    Returns
    -------
    Dataset (value, distance) of DataArray (z, y, x) float32
        The distance is to the triangles themselves, exact, from the middles of blocks;
        negative below an open surface or inside a closed one, that is, where an odd number
        of its triangles lies straight above. NaN beyond the outline of an open one, where it
        has no sides.

    References
    ----------
    .. [1] Robb, L. (2005). Introduction to Ore-Forming Processes. Blackwell.
    """
    surface = surface_of(surface, blocks)
    corners = _local(surface.corners, blocks)
    size = np.asarray(blocks.size)
    away = _unsigned(corners, blocks)
    above = crossings(corners, blocks.shape, size)
    value = np.where(above % 2 == 1, -away, away)
    if not surface.closed:
        raised = corners - [0.0, 0.0, float(corners[..., 2].min()) - blocks.size[2]]
        beyond = crossings(raised, (1, *blocks.shape[1:]), size)[0] == 0
        value = np.where(beyond, np.nan, value)
        _say_beyond(beyond, surface.name)
    met = surface.vertices if seen is None else places_of(seen, blocks, "points of the surface")
    return with_distance(
        blocks, value, data_distance(met, blocks), long_name=f"distance above {surface.name}",
        units="m", data=f"point of {surface.name}",
    )  # fmt: skip


@VOXELS.register
def fault_distance(
    faults: gpd.GeoDataFrame,
    *,
    blocks: BlockGrid,
    down: float,
    dip: str | float = 90.0,
    direction: str | float | None = None,
    elevation: float | None = None,
) -> xr.Dataset:
    """
    Distance from each block to the nearest fault, followed down its dip [m].

    Faults feed deposits from below, so what counts at depth is how far the fault is *there*;
    a fault that dips at 45 degrees is as far from its trace as it is deep [1]_.

    Parameters
    ----------
    faults : GeoDataFrame of lines
        Traces in the CRS of the blocks, with elevations, else all at *elevation*.
    blocks : BlockGrid
        Where it is wanted.
    down : float
        How far below its trace a fault is followed [m]. Deeper blocks measure to its end.
    dip : str or float
        Column, or the same for all: below the horizontal, from above 0 to 90 [degrees].
    direction : str or float, optional
        Column, or the same for all: where it dips to, clockwise from north [degrees]; needed
        unless all dips are 90.
    elevation : float, optional
        Of traces without elevations [m].

    Returns
    -------
    Dataset (value, distance) of DataArray (z, y, x) float32
        Exact, from the middles of blocks. The distance to data is that to the traces.

    Raises
    ------
    ContractError
        If *faults* are not in the CRS of the blocks.
    DataError
        If there are no lines, a column is missing, a dip or direction is out of range or
        unknown, or elevations are.
    ValueError
        If *down* is not positive.

    References
    ----------
    .. [1] Sibson, R.H. (1996). Structural permeability of fluid-driven fault-fracture
       meshes. Journal of Structural Geology 18, 1031-1042.
    """
    sources.positive("down", down, "m")
    check_crs(faults.crs, blocks, "faults")
    begin, end, whose = _segments(faults, elevation)
    sunk = _downwards(_angles(faults, dip, "dip"), _angles(faults, direction, "direction"), down)
    sunk = sunk[whose]
    corners = np.concatenate(
        [np.stack(three, axis=1)
         for three in ((begin, end, begin + sunk), (end, end + sunk, begin + sunk))]
    )  # fmt: skip
    value = _unsigned(_local(corners, blocks), blocks)
    traces = np.stack([begin, end, end], axis=1)
    return with_distance(
        blocks, value, _unsigned(_local(traces, blocks), blocks),
        long_name=f"distance to {sources.called(faults, 'nearest fault')}", units="m",
        data="mapped trace of a fault",
    )  # fmt: skip


def _segments(
    faults: gpd.GeoDataFrame, elevation: float | None
) -> tuple[Values, Values, npt.NDArray[np.int64]]:
    """Straight pieces of traces: begins, ends (n, 3), and the row of each."""
    shapes = faults.geometry.to_numpy()
    lines, whose = shapely.get_parts(shapes, return_index=True)
    kinds = sorted({shape.geom_type for shape in lines} - {"LineString", "LinearRing"})
    if kinds or not len(lines):
        found = ", ".join(kinds) or "nothing"
        raise DataError(f"faults are lines, and this vector layer holds {found}")
    places, line = shapely.get_coordinates(lines, include_z=True, return_index=True)
    unknown = np.isnan(places[:, 2])
    if unknown.any():
        if elevation is None:
            raise DataError("traces of faults have no elevations; state one for all: elevation")
        places[unknown, 2] = elevation
    same = line[1:] == line[:-1]
    return places[:-1][same], places[1:][same], whose[line[:-1][same]].astype(np.int64)


def _downwards(dips: Values, towards: Values, down: float) -> Values:
    """From the trace to the lower edge of each fault, x, y, z [m]."""
    wrong = int((~((dips > 0) & (dips <= 90))).sum())
    if wrong:
        raise DataError(
            f"{wrong} faults have a dip that is not above 0 and up to 90 degrees; mend or fill it"
        )
    upright = dips == 90
    lost = int((np.isnan(towards) & ~upright).sum())
    if lost:
        raise DataError(
            f"{lost} faults dip, and where to is not known; state direction, clockwise from north"
        )
    turn = np.radians(np.where(upright, 0.0, towards))
    flat = np.where(upright, 0.0, down / np.tan(np.radians(dips)))
    return np.column_stack([flat * np.sin(turn), flat * np.cos(turn), np.full(len(dips), -down)])


def _angles(faults: gpd.GeoDataFrame, given: str | float | None, what: str) -> Values:
    """An angle for each fault [degrees], NaN where it is not known."""
    if not isinstance(given, str):
        return np.full(len(faults), np.nan if given is None else float(given))
    if given not in faults.columns:
        known = did_you_mean(given, (str(one) for one in faults.columns))
        raise DataError(f"{what}: faults have no column {given!r}{known}")
    return np.asarray(faults[given].to_numpy(float))


def _local(corners: Values, blocks: BlockGrid) -> Values:
    """Corners of triangles along the grid's own axes from its origin."""
    return blocks.to_axes(corners.reshape(-1, 3)).reshape(corners.shape)


def _unsigned(corners: Values, blocks: BlockGrid) -> Values:
    """Distances (z, y, x) from the middles of blocks to triangles along the grid's axes."""
    places = blocks.to_axes(blocks.centres())
    return distances(tree(corners), places).reshape(blocks.shape)


def _say_beyond(beyond: npt.NDArray[np.bool_], name: str) -> None:
    if beyond.any():
        log.info(
            "%.1f %% of the columns of blocks lie beyond the outline of %s; there it has no sides "
            "and the distance is unknown.", 100 * float(beyond.mean()), name,
        )  # fmt: skip
