"""Background from ground that geology, or the field, says is barren."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError, did_you_mean
from geoprospect.labels.drawing import Mask, Window, drawn
from geoprospect.labels.ground import Free, check_count, free_of, with_background
from geoprospect.labels.occurrences import CellsOf, cells_of, occurrences, placed
from geoprospect.registry import LABELS

log = logging.getLogger("geoprospect.labels")

NAMED = 3
"""Contradictions named in a message."""


@LABELS.register
def geological(
    deposits: gpd.GeoDataFrame,
    barren: gpd.GeoDataFrame | xr.DataArray,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    exclusions: xr.DataArray,
    count: int,
    classes: Sequence[str] | None = None,
    cluster_distance: float | None = None,
    weight: str | None = None,
    year: str | None = None,
    cells: CellsOf = "one",
    seed: int,
) -> gpd.GeoDataFrame:
    """
    Deposits, and background cells drawn from ground stated as barren of their type.

    Units in which such deposits cannot form, sites of other deposit types, and barren
    drill holes are the nearest that there is to true negatives; a model taught with
    them learns what sets this type apart [1]_, and nothing of ground that is like neither.

    Parameters
    ----------
    deposits : GeoDataFrame
        Known deposits, in the grid's CRS.
    barren : GeoDataFrame or DataArray (y, x)
        Polygons: cells whose centre lies inside. Points and lines: the cells with a site
        (of a line a point on it). A layer: the cells of its *classes*, or, if it holds no
        classes, where it is 1.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    exclusions : DataArray (y, x)
        1 where no background is drawn, else 0.
    count : int
        Number of background cells; where there are fewer, all are taken.
    classes : sequence of str, optional
        Classes of the layer *barren* that are barren, as its meanings have them.
    cluster_distance : float, optional
        Deposits linked by steps up to this are one cluster [m]; by default the
        median distance from a deposit to its nearest neighbour.
    weight, year : str, optional
        Columns of the deposits with their weight (size, certainty) and year of discovery.
    cells : {"one", "all"}
        Whether a deposit drawn as a polygon is one cell or all of its cells.
    seed : int
        The same seed draws the same cells.

    Returns
    -------
    GeoDataFrame
        Deposits first (``label`` 1, ``group`` their cluster), then background
        (``label`` 0, ``group`` -1) at cell centres; ``row``, ``column``, ``policy``,
        and ``weight`` and ``year`` where they were asked for.

    Raises
    ------
    ContractError
        If *deposits* or *barren* are not in the grid's CRS, or not on the grid.
    DataError
        If a deposit and a barren site share a cell: their labels contradict. If fewer
        than 5 deposits, or no background cell, can be used.
    ValueError
        If *classes* are not classes of the layer.

    References
    ----------
    .. [1] Carranza, E.J.M., Hale, M., Faassen, C. (2008). Selection of coherent
       deposit-type locations and their application in data-driven mineral
       prospectivity mapping. Ore Geology Reviews 33, 536-558.
    """
    check_count(count)
    samples = occurrences(
        deposits, grid=grid, area=area, cluster_distance=cluster_distance, weight=weight,
        year=year, cells=cells,
    )  # fmt: skip
    stated, layers = _stated(barren, samples, grid, classes)
    ground = _Barren(free_of(samples, grid), *stated)
    found = drawn(ground, area, exclusions, *layers, grid=grid, count=count, seed=seed)
    why = "no ground stated as barren lies inside the study area and outside exclusions"
    return with_background(samples, found, count=count, policy="geological", why=why)


Stated = tuple[tuple[Any, ...], tuple[xr.DataArray, ...]]
"""What :class:`_Barren` takes beside the free ground, and the layers it looks at."""


def _stated(
    barren: gpd.GeoDataFrame | xr.DataArray,
    samples: gpd.GeoDataFrame,
    grid: GeoBox,
    classes: Sequence[str] | None,
) -> Stated:
    if isinstance(barren, xr.DataArray):
        if not contract.same_grid(contract.grid_of(barren), grid):
            raise ContractError(
                "the layer of barren ground is not on the target grid; make it a feature first"
            )
        codes = _codes(barren, classes)
        held = lazy.sample(xr.Dataset({"b": barren}), ["b"], samples["row"], samples["column"])
        _say_inside(int(np.isin(held[:, 0], codes).sum()), len(samples))
        return (codes, None, None), (barren,)
    if classes is not None:
        raise ValueError("classes are those of a layer; barren is a table of shapes")
    contract.check_crs(barren, grid, "the table of barren ground")
    shapes = placed(barren)
    polygons = shapes.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    sites = shapes[~polygons]
    places = np.stack(cells_of(sites.set_geometry(sites.representative_point()), grid))
    _check_contradictions(samples, sites, places)
    drawn_as = shapes.geometry[polygons].to_numpy()
    x, y = samples.geometry.x.to_numpy(), samples.geometry.y.to_numpy()
    inside = _covered(drawn_as, x, y) if len(drawn_as) else np.zeros(len(samples), bool)
    _say_inside(int(inside.sum()), len(samples))
    return (None, drawn_as, places), ()


def _codes(layer: xr.DataArray, classes: Sequence[str] | None) -> npt.NDArray[np.int64]:
    if not contract.is_categorical(layer):
        if classes is not None:
            raise ValueError("classes: the layer of barren ground holds no classes")
        return np.array([1])
    texts = {text: code for code, text in contract.meanings(layer).items()}
    if not classes:
        raise ValueError(f"classes: say which of the layer's are barren: {', '.join(texts)}")
    for name in classes:
        if name not in texts:
            raise ValueError(f"classes: the layer has no class {name!r}{did_you_mean(name, texts)}")
    return np.array([texts[name] for name in classes])


def _check_contradictions(
    samples: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, places: npt.NDArray[np.int64]
) -> None:
    """Raise if a site stated as barren lies in a deposit's cell."""
    cells = set(zip(samples["row"], samples["column"], strict=True))
    clash = np.array([(row, column) in cells for row, column in places.T], bool)
    if not clash.any():
        return
    names = [name for name in np.array(contract.names(sites))[clash] if name][:NAMED]
    told = f" ({', '.join(names)})" if names else ""
    raise DataError(
        f"labels contradict: {clash.sum()} of {len(sites)} barren sites lie in the cell of a "
        f"known deposit{told}; keep one label, or make "
        "cells smaller"
    )


def _say_inside(count: int, of: int) -> None:
    if count:
        log.warning(
            "%d of %d deposits lie on ground stated as barren; they stay deposits, and their "
            "cells are no background", count, of,
        )  # fmt: skip


@dataclass(frozen=True)
class _Barren:
    """Free cells that are stated as barren: by a layer's codes, or by polygons and sites."""

    free: Free
    codes: npt.NDArray[np.int64] | None
    polygons: npt.NDArray[Any] | None
    sites: npt.NDArray[np.int64] | None
    """Rows and columns, (2, sites)."""

    def __call__(
        self,
        where: Window,
        area: npt.NDArray[Any],
        exclusions: npt.NDArray[Any],
        *layers: npt.NDArray[Any],
    ) -> Mask:
        """Which cells of a block may be drawn."""
        free = self.free(where, area, exclusions)
        if self.codes is not None:
            return np.asarray(free & np.isin(layers[0], self.codes))
        assert self.polygons is not None
        assert self.sites is not None
        stated = np.zeros_like(free)
        rows, columns = np.nonzero(free)
        top, left = where[0].start, where[1].start
        x, y = self.free.grid.affine * (columns + left + 0.5, rows + top + 0.5)
        stated[rows, columns] = _covered(self.polygons, x, y)
        here = self.sites[:, _inside(self.sites, where)]
        stated[here[0] - top, here[1] - left] = True
        return free & stated


def _covered(
    polygons: npt.NDArray[Any], x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> Mask:
    """Whether each place lies inside a polygon."""
    covered = np.zeros(len(x), bool)
    if not len(x):
        return covered
    west, south, east, north = shapely.bounds(polygons).T if len(polygons) else np.empty((4, 0))
    near = (west <= x.max()) & (east >= x.min()) & (south <= y.max()) & (north >= y.min())
    for polygon in polygons[near]:
        low_x, low_y, high_x, high_y = polygon.bounds
        some = ~covered & (x >= low_x) & (x <= high_x) & (y >= low_y) & (y <= high_y)
        shapely.prepare(polygon)
        covered[some] = shapely.contains_xy(polygon, x[some], y[some])
    return covered


def _inside(sites: npt.NDArray[np.int64], where: Window) -> Mask:
    inside = [(at >= side.start) & (at < side.stop) for at, side in zip(sites, where, strict=True)]
    return np.asarray(inside[0] & inside[1])
