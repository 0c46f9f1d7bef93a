"""Background that looks least like the known deposits."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.kernels import dissimilarity
from geoprospect.labels.background import area_sample
from geoprospect.labels.drawing import Mask, Window, drawn
from geoprospect.labels.ground import Free, check_count, free_of, with_background
from geoprospect.labels.occurrences import CellsOf, occurrences
from geoprospect.registry import LABELS

log = logging.getLogger("geoprospect.labels")

CELLS = 20_000
"""Cells drawn evenly over the study area that set the scales and the limit."""


@LABELS.register
def dissimilar(
    deposits: gpd.GeoDataFrame,
    evidence: xr.DataArray | Sequence[xr.DataArray],
    *,
    grid: GeoBox,
    area: xr.DataArray,
    exclusions: xr.DataArray,
    count: int,
    farthest: float,
    cluster_distance: float | None = None,
    weight: str | None = None,
    year: str | None = None,
    cells: CellsOf = "one",
    seed: int,
) -> gpd.GeoDataFrame:
    """
    Deposits, and background cells drawn from the ground least like them; optimistic.

    Likely negatives make the contrast clear, and the score look better than it is: the
    hard cases, ground like the deposits but barren, are gone from the background, and
    the distances know every deposit, also those that are held out later [1]_. Use it to
    map, not to praise a map; compare with ``uniform`` on the same folds.

    Parameters
    ----------
    deposits : GeoDataFrame
        Known deposits, in the grid's CRS.
    evidence : DataArray (y, x) or several
        Layers by which ground is compared, on the target grid; those about the data are
        refused.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    exclusions : DataArray (y, x)
        1 where no background is drawn, else 0.
    count : int
        Number of background cells; where there are fewer, all are taken.
    farthest : float
        Share of the study area, the least like any deposit, to draw from [1]. Likeness
        is distance to the nearest deposit: root mean square of differences over
        standard deviations, over the layers that both have; classes differ or do not.
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
    DataError
        If *evidence* is unknown at all deposits or does not vary, fewer than 5 deposits,
        or no background cell, can be used.
    ValueError
        If *farthest* is not in (0, 1), or a layer of *evidence* is about the data.

    References
    ----------
    .. [1] Barbet-Massin, M., Jiguet, F., Albert, C.H., Thuiller, W. (2012). Selecting
       pseudo-absences for species distribution models: how, where and how many? Methods
       in Ecology and Evolution 3, 327-338.
    """
    if not 0 < farthest < 1:
        raise ValueError(f"farthest must be between 0 and 1, got {farthest}")
    check_count(count)
    layers = [evidence] if isinstance(evidence, xr.DataArray) else list(evidence)
    _check_layers(layers, grid)
    samples = occurrences(
        deposits, grid=grid, area=area, cluster_distance=cluster_distance, weight=weight,
        year=year, cells=cells,
    )  # fmt: skip
    around = area_sample(grid=grid, area=area, count=CELLS, seed=seed)
    unlike, limit = _limit(layers, samples, around, farthest)
    ground = _Unlike(free_of(samples, grid), unlike, limit)
    found = drawn(ground, area, exclusions, *layers, grid=grid, count=count, seed=seed)
    log.warning(
        "background is drawn from the %.0f %% of ground least like the deposits (%.2f standard "
        "deviations or more from each): scores will be optimistic", 100 * farthest, limit,
    )  # fmt: skip
    why = "none is so unlike the deposits; raise farthest, or make exclusions smaller"
    return with_background(samples, found, count=count, policy="dissimilar", why=why)


@dataclass(frozen=True)
class _Distance:
    """Distance of rows to the nearest deposit; NaN where no layer is shared."""

    deposits: npt.NDArray[np.float32]
    scales: npt.NDArray[np.float64]
    classes: npt.NDArray[np.bool_]

    def __call__(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        return dissimilarity.nearest(rows, self.deposits, self.scales, self.classes)


@dataclass(frozen=True)
class _Unlike:
    """Free cells at least as far from each deposit as a limit."""

    free: Free
    distance: _Distance
    limit: float

    def __call__(
        self,
        where: Window,
        area: npt.NDArray[Any],
        exclusions: npt.NDArray[Any],
        *layers: npt.NDArray[Any],
    ) -> Mask:
        """Which cells of a block may be drawn; none of those without evidence."""
        far = self.free(where, area, exclusions)
        rows = np.stack([layer[far] for layer in layers], axis=1)
        far[far] = self.distance(rows) >= self.limit
        return far


def _check_layers(layers: Sequence[xr.DataArray], grid: GeoBox) -> None:
    for layer in layers:
        name = str(layer.name or layer.attrs.get("long_name", "evidence"))
        contract.check_layer(layer, grid, name)
        if contract.is_quality(layer):
            raise ValueError(f"evidence: {name} is about the data, not the ground; leave it out")


def _limit(
    layers: Sequence[xr.DataArray],
    samples: gpd.GeoDataFrame,
    around: gpd.GeoDataFrame,
    farthest: float,
) -> tuple[_Distance, float]:
    """The distance, scaled by cells of the area, and how far the farthest of these begin."""
    cube = xr.Dataset({f"layer_{n}": layer.drop_attrs() for n, layer in enumerate(layers)})
    names = [str(name) for name in cube]
    of_deposits, of_cells = (
        lazy.sample(cube, names, frame["row"].to_numpy(), frame["column"].to_numpy())
        for frame in (samples, around)
    )
    classes = np.array([contract.is_categorical(layer) for layer in layers])
    distance = _Distance(of_deposits, dissimilarity.scale_of(of_cells, classes), classes)
    away = distance(of_cells)
    if np.isnan(away).all():
        raise DataError(
            "evidence: no deposit shares a known layer that varies with the rest of the area; "
            "give layers that cover the deposits"
        )
    return distance, float(np.nanquantile(away, 1 - farthest))
