"""Contacts, roofs of intrusions and ore bodies as triangles in space."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import xarray as xr
from scipy.spatial import Delaunay, QhullError

from geoprospect import contract
from geoprospect.blocks import BlockGrid
from geoprospect.errors import ContractError, DataError, listing
from geoprospect.features.voxels.layers import check_crs, known_places, places_of

log = logging.getLogger("geoprospect.features")

Points = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Surface:
    """
    Triangles between points: ``vertices`` (n, 3) as x, y, z [m], ``triangles`` (m, 3) of them.

    Open, such as a contact, or closed, such as an ore body. ``name`` is what people call it.
    """

    vertices: Points
    triangles: Index
    name: str = "surface"

    def __post_init__(self) -> None:
        vertices, triangles = np.asarray(self.vertices), np.asarray(self.triangles)
        problems = []
        if vertices.ndim != 2 or vertices.shape[1:] != (3,) or not np.isfinite(vertices).all():
            problems.append(f"vertices must be finite x, y and z, got {vertices.shape}")
        if triangles.ndim != 2 or triangles.shape[1:] != (3,) or not len(triangles):
            problems.append(f"triangles must be three vertices each, got {triangles.shape}")
        elif triangles.min() < 0 or triangles.max() >= len(vertices):
            problems.append(f"triangles name vertices beyond the {len(vertices)} there are")
        if problems:
            raise ContractError(listing(f"{self.name} is no surface:", problems))

    @property
    def corners(self) -> Points:
        """The triangles' corners, (triangles, 3, 3)."""
        return np.asarray(self.vertices[self.triangles], np.float64)

    @property
    def closed(self) -> bool:
        """Whether every edge joins two triangles or more, so that there is an inside."""
        places = np.unique(self.vertices, axis=0, return_inverse=True)[1].reshape(-1)
        whole = places[self.triangles]
        edges = np.sort(whole[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        counts = np.unique(edges[edges[:, 0] != edges[:, 1]], axis=0, return_counts=True)[1]
        return bool((counts >= 2).all())


Surfaced: TypeAlias = Surface | gpd.GeoDataFrame | xr.DataArray


def surface_of(source: Surfaced, blocks: BlockGrid) -> Surface:
    """
    A surface, however it was given, in the CRS of the blocks.

    Parameters
    ----------
    source : Surface, GeoDataFrame or DataArray (y, x)
        A GeoDataFrame of points with elevations (or a column ``z``) is a surface through
        them, one of triangles in space a mesh; a DataArray holds elevations [m]. What people
        call it stands in ``attrs["long_name"]``.
    blocks : BlockGrid
        Whose CRS it has to be in.

    Raises
    ------
    ContractError
        If it is in another CRS.
    DataError
        If it is neither points nor triangles with elevations, or makes no surface.
    """
    if isinstance(source, Surface):
        return source
    name = str(source.attrs.get("long_name") or "surface")
    if isinstance(source, xr.DataArray):
        crs = contract.grid_of(source).crs
        check_crs(None if crs is None else crs.proj, blocks, name)
        return of_elevation(source, name=name)
    if set(source.geom_type) == {"Point"}:
        places = places_of(source, blocks, name)
        return through_points(pd.DataFrame(places, columns=["x", "y", "z"]), name=name)
    check_crs(source.crs, blocks, name)
    return of_triangles(source, name=name)


def of_triangles(mesh: gpd.GeoDataFrame, *, name: str) -> Surface:
    """
    The surface that triangles in space make, corners at one place being one.

    Parameters
    ----------
    mesh : GeoDataFrame
        Polygons of three corners with elevations [m].
    name : str
        What people call it.

    Raises
    ------
    DataError
        If a polygon is no triangle, or has no elevations.
    """
    shapes = shapely.get_parts(mesh.geometry.to_numpy())
    places, whose = shapely.get_coordinates(shapes, include_z=True, return_index=True)
    if not len(shapes) or not (np.bincount(whose, minlength=len(shapes)) == 4).all():
        kinds = ", ".join(sorted(set(mesh.geom_type))) or "nothing"
        raise DataError(f"{name} is to be points or triangles, and this layer holds {kinds}")
    if np.isnan(places).any():
        raise DataError(f"{name}: triangles have no elevations; a mesh lies in space")
    corners = places.reshape(-1, 4, 3)[:, :3].reshape(-1, 3)
    vertices, numbers = np.unique(corners, axis=0, return_inverse=True)
    return Surface(vertices, numbers.reshape(-1, 3).astype(np.int64), name)


def through_points(points: pd.DataFrame, *, name: str) -> Surface:
    """
    The surface through points where it was met, triangles between them as seen from above.

    Parameters
    ----------
    points : DataFrame
        ``x``, ``y``, ``z`` [m], such as where holes cross a contact. Of points at one x and y
        the mean of z is taken, which is said.
    name : str
        What people call it.

    Raises
    ------
    DataError
        If there are fewer than three places, or they lie on one line.
    """
    there = known_places(points, ("x", "y", "z"), f"points of {name}")[["x", "y", "z"]]
    single = there.groupby(["x", "y"], as_index=False)["z"].mean()
    if len(single) < len(there):
        log.warning("%d points of %s lie above others; of each place the mean counts.",
                    len(there) - len(single), name)  # fmt: skip
    vertices = single.to_numpy(float)
    try:
        flat = vertices[:, :2] - vertices[:, :2].mean(axis=0)
        triangles = Delaunay(flat).simplices
    except (QhullError, ValueError):
        raise DataError(
            f"{name}: {len(vertices)} places span no surface; it takes three or more that do not "
            "lie on one line as seen from above"
        ) from None
    return Surface(vertices, np.sort(triangles.astype(np.int64), axis=1), name)


def of_elevation(elevation: xr.DataArray, *, name: str) -> Surface:
    """
    The surface that a raster of elevations draws, two triangles between four cells' middles.

    Parameters
    ----------
    elevation : DataArray (y, x)
        Of the contact, horizon or ground [m]; NaN where it is not known, where the surface
        has a hole. Computed on purpose.
    name : str
        What people call it.

    Raises
    ------
    DataError
        If no four neighbouring cells are known.
    """
    grid = contract.grid_of(elevation)
    rows, columns = np.indices(grid.shape)
    x, y = grid.affine * (columns + 0.5, rows + 0.5)
    z = elevation.to_numpy().astype(float)
    number = np.arange(z.size).reshape(z.shape)
    nw, ne, sw, se = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    triangles = np.concatenate(
        [np.stack(three, axis=-1).reshape(-1, 3) for three in ((nw, ne, sw), (ne, se, sw))]
    )
    triangles = triangles[np.isfinite(z.ravel()[triangles]).all(axis=1)]
    if not len(triangles):
        raise DataError(f"{name}: no cells side by side have an elevation, so there is no surface")
    used, places = np.unique(triangles, return_inverse=True)
    vertices = np.column_stack([x.ravel(), y.ravel(), z.ravel()])[used]
    return Surface(vertices, places.reshape(-1, 3).astype(np.int64), name)
