"""How a contact bends and undulates: where along it ore may have settled."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy.spatial import cKDTree

from geoprospect.blocks import BlockGrid
from geoprospect.errors import DataError
from geoprospect.features import sources
from geoprospect.features.voxels.layers import Values, with_distance
from geoprospect.features.voxels.surface import Surface, Surfaced, surface_of
from geoprospect.registry import VOXELS

Fit = Callable[[Values, Values, Values], float]
"""Of x, y and z about a vertex, in radii, NaN where they do not suffice."""


@VOXELS.register
def contact_curvature(surface: Surfaced, *, blocks: BlockGrid, radius: float) -> xr.Dataset:
    """
    Mean curvature of a contact where it is nearest to each block [m-1].

    Sulphide melts pool in hollows of a floor and fluids gather under domes of a roof: how a
    contact bends says where [1]_.

    Parameters
    ----------
    surface : Surface, GeoDataFrame or DataArray (y, x)
        As :func:`geoprospect.features.voxels.surface.surface_of` takes it, single-valued as
        seen from above.
    blocks : BlockGrid
        Where it is wanted.
    radius : float
        About each vertex, in plan, within which the surface is fitted [m].

    Returns
    -------
    Dataset (value, distance) of DataArray (z, y, x) float32
        Positive in hollows, negative on domes: of a sphere, one over its radius. NaN where
        fewer than six vertices lie within *radius*, or on a line. The distance is that to
        the nearest vertex [m].

    Raises
    ------
    DataError
        If nowhere are there enough vertices.
    ValueError
        If *radius* is not positive.

    References
    ----------
    .. [1] Barnes, S.J., et al. (2016). The mineral system approach applied to magmatic
       Ni-Cu-PGE sulphide deposits. Ore Geology Reviews 76, 296-316.
    """
    floor = surface_of(surface, blocks)
    return _at_nearest(
        floor, blocks, _mean_curvature, radius, -1, f"curvature of {floor.name}", "m-1"
    )


@VOXELS.register
def contact_undulation(surface: Surfaced, *, blocks: BlockGrid, radius: float) -> xr.Dataset:
    """
    Height of a contact over the plane about it, where it is nearest to each block [m].

    Hollows that are wider than any bend at a point (embayments, troughs, feeder grooves) show
    as departures from the general dip [1]_.

    Parameters
    ----------
    surface : Surface, GeoDataFrame or DataArray (y, x)
        As :func:`geoprospect.features.voxels.surface.surface_of` takes it, single-valued as
        seen from above.
    blocks : BlockGrid
        Where it is wanted.
    radius : float
        About each vertex, in plan, of the plane: wider than the hollows [m].

    Returns
    -------
    Dataset (value, distance) of DataArray (z, y, x) float32
        Negative in hollows; NaN where fewer than three vertices lie within *radius*, or
        on a line. The distance is that to the nearest vertex [m].

    Raises
    ------
    DataError
        If nowhere are there enough vertices.
    ValueError
        If *radius* is not positive.

    References
    ----------
    .. [1] Barnes, S.J., et al. (2016). The mineral system approach applied to magmatic
       Ni-Cu-PGE sulphide deposits. Ore Geology Reviews 76, 296-316.
    """
    floor = surface_of(surface, blocks)
    return _at_nearest(
        floor, blocks, _over_plane, radius, 1, f"height of {floor.name} over its trend", "m"
    )


def _mean_curvature(x: Values, y: Values, z: Values) -> float:
    """Of the surface of second order through them, at the vertex."""
    design = np.column_stack([np.ones_like(x), x, y, x * x / 2, x * y, y * y / 2])
    fitted, _, rank, _ = np.linalg.lstsq(design, z, rcond=1e-9)
    if rank < design.shape[1]:
        return float("nan")
    p, q, r, s, t = fitted[1:]
    bent = (1 + q * q) * r - 2 * p * q * s + (1 + p * p) * t
    return float(bent / (2 * (1 + p * p + q * q) ** 1.5))


def _over_plane(x: Values, y: Values, z: Values) -> float:
    """Of the vertex, over the plane through them."""
    design = np.column_stack([np.ones_like(x), x, y])
    fitted, _, rank, _ = np.linalg.lstsq(design, z, rcond=1e-9)
    return float("nan") if rank < design.shape[1] else float(-fitted[0])


def _at_nearest(
    surface: Surface,
    blocks: BlockGrid,
    fit: Fit,
    radius: float,
    power: int,
    long_name: str,
    units: str,
) -> xr.Dataset:
    """What *fit* says at the vertex nearest to each block, times the radius to a power."""
    sources.positive("radius", radius, "m")
    away, which = cKDTree(surface.vertices).query(blocks.centres())
    used, place = np.unique(which, return_inverse=True)
    plan = cKDTree(surface.vertices[:, :2])
    values = np.empty(len(used))
    for i, vertex in enumerate(surface.vertices[used]):
        near = np.sort(plan.query_ball_point(vertex[:2], radius))
        values[i] = fit(*((surface.vertices[near] - vertex) / radius).T)
    if np.isnan(values).all():
        raise DataError(
            f"{surface.name}: too few vertices lie within {radius:g} m of each other to tell how "
            "it bends; widen radius"
        )
    return with_distance(
        blocks, values[place] * radius**power, away, long_name=long_name, units=units,
        data=f"point of {surface.name}",
    )  # fmt: skip
