"""How far evidence resembles itself, and the size of block that follows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.kernels import variogram
from geoprospect.labels.background import area_sample
from geoprospect.labels.extent import extent

log = logging.getLogger("geoprospect.labels")

Size: TypeAlias = float | Literal["auto"]
Values = npt.NDArray[np.float64]

CELLS = 3_000
"""Cells that a layer's variogram is measured from."""
FEWEST = 100
"""Fewer known cells show no range."""
CARRIED = 0.8
"""Share of the importance that the layers heard carry together [1]."""
MODELS = ("spherical", "exponential")
EVEN = 0.75
"""A range at most so much longer than that across it, as a ratio, counts as the same all round."""
FEWEST_CELLS = 5
"""A block is at least so many cells wide."""
CLEARLY = 0.9
"""Blocks cut to less than this share of what is wanted are warned of."""
SHARE_OF_SIDE = 4
"""So many blocks, at least, fit along the shorter side of the study area."""


def effective_ranges(
    cube: xr.Dataset,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    importance: Mapping[str, float] | None = None,
    seed: int,
) -> pd.DataFrame:
    """
    Distance beyond which each evidence layer no longer resembles itself [m].

    Ground nearer than that to a training sample is half known, so a block held out must
    be about as wide [1]_; it is the choice that matters most in spatial validation [2]_.

    Each layer, standardised, has its variogram measured at 3,000 cells drawn evenly, up to
    half the diagonal of the study area or its shorter side, whichever is less. A spherical
    and an exponential model are fitted in all directions and the nearer is kept; where the
    range hangs on the direction the longest counts. A layer of classes is heard by its
    commonest class, 1 there and 0 elsewhere.

    Parameters
    ----------
    cube : Dataset
        Evidence layers.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    importance : mapping of layer id to number, optional
        What each layer brings to a preliminary model; else all weigh the same.
    seed : int
        Which cells are drawn.

    Returns
    -------
    DataFrame
        One row for each layer: ``layer``, ``long_name``, ``model``, ``nugget`` (share of
        the sill), ``range`` [m], ``azimuth`` [degree] and ``ratio`` of the range across it,
        ``bounded`` (whether the range was reached), ``importance`` (they add up to 1) and
        ``heard`` (whether it has a say in the size of blocks). Computed on purpose. NaN
        where a layer is constant or known at fewer than 100 of the cells, which is said.

    References
    ----------
    .. [1] Roberts, D.R., et al. (2017). Cross-validation strategies for data with
       temporal, spatial, hierarchical, or phylogenetic structure. Ecography 40,
       913-929.
    .. [2] Valavi, R., et al. (2019). blockCV: an R package for generating spatially or
       environmentally separated folds. Methods in Ecology and Evolution 10, 225-232.
    """
    layers = contract.evidence(cube)
    cells = area_sample(grid=grid, area=area, count=CELLS, seed=seed)
    values = lazy.sample(cube, layers, cells["row"].to_numpy(), cells["column"].to_numpy())
    places = np.column_stack([-cells.geometry.y.to_numpy(), cells.geometry.x.to_numpy()])
    height, width = _sides(grid, area)
    max_lag = min(np.hypot(height, width) / 2, height, width)
    rows = [
        {"layer": name, "long_name": str(cube[name].attrs.get("long_name", name))}
        | _reach(_heard_as(cube[name], column), places, name, max_lag)
        for name, column in zip(layers, values.T.astype(float), strict=True)
    ]
    return _weighed(pd.DataFrame(rows), importance)


def block_size(
    ranges: pd.DataFrame, *, grid: GeoBox, area: xr.DataArray, floor: float = 0.0
) -> float:
    """
    Edge of a block that holds out what its surroundings know of it [m].

    The median, weighted by importance, of the ranges of the layers that carry 80 % of the
    importance; at least *floor* and five cells, at most a quarter of the shorter side of
    the study area. That it was cut to either is said.

    Parameters
    ----------
    ranges : DataFrame
        Of :func:`effective_ranges`.
    grid : GeoBox
        Target grid.
    area : DataArray (y, x)
        1 inside the study area, NaN outside.
    floor : float
        Shortest edge: twice the dead zone, so that a block outweighs what it costs [m].

    Raises
    ------
    DataError
        If no layer has a range.
    """
    heard = ranges[ranges["heard"] & ranges["range"].notna()]
    if heard.empty:
        raise DataError(
            "no evidence layer has a range to make blocks of: all are constant or hardly known; "
            "state the size in metres"
        )
    wanted = _median(heard["range"].to_numpy(float), heard["importance"].to_numpy(float))
    low = max(floor, FEWEST_CELLS * max(contract.cell_size(grid)))
    high = min(_sides(grid, area)) / SHARE_OF_SIDE
    size = min(max(wanted, low), high)
    log.info(
        "the evidence resembles itself up to %.0f m (median of %d layers); blocks are %.0f m",
        wanted, len(heard), size,
    )  # fmt: skip
    if size < CLEARLY * max(wanted, low):
        log.warning(
            "blocks of %.0f m are wanted and the study area allows %.0f m, a quarter of its "
            "shorter side; the score still profits from nearness", max(wanted, low), high,
        )  # fmt: skip
    return float(size)


def settled(
    size: Size,
    ranges: pd.DataFrame | None,
    name: str,
    *,
    grid: GeoBox,
    area: xr.DataArray,
    floor: float = 0.0,
) -> float:
    """The size as stated, or for ``auto`` that of :func:`block_size` [m]."""
    if size != "auto":
        if not size > 0:
            raise ValueError(f"{name} must be positive, got {size} m")
        return float(size)
    if ranges is None:
        raise ValueError(
            f"{name} is auto, and no ranges are given; pass those of labels.reach.effective_ranges"
        )
    return block_size(ranges, grid=grid, area=area, floor=floor)


def _sides(grid: GeoBox, area: xr.DataArray) -> tuple[float, float]:
    """Height and width of the study area's extent [m]."""
    height, width = contract.cell_size(grid)
    rows, columns = extent(area).sides()
    return rows * height, columns * width


def _heard_as(layer: xr.DataArray, values: Values) -> Values:
    """A layer of classes as its commonest class, 1 or 0; others as they are."""
    if not contract.is_categorical(layer) or np.isnan(values).all():
        return values
    codes, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    commonest = (values == codes[counts.argmax()]).astype(float)
    return np.where(np.isnan(values), np.nan, commonest)


def _reach(values: Values, places: Values, name: str, max_lag: float) -> dict[str, Any]:
    """The variogram of one layer in a row of the table."""
    known = ~np.isnan(values)
    if known.sum() < FEWEST or np.ptp(values[known]) == 0:
        log.warning("layer %s is constant or hardly known; it has no say in block size", name)
        return dict.fromkeys(("model", "nugget", "range", "azimuth", "ratio"), np.nan) | {
            "bounded": False
        }
    standard = (values[known] - values[known].mean()) / values[known].std()
    made = _nearest(np.ascontiguousarray(places[known]), standard, max_lag)
    bounded = made.range < 0.99 * max_lag
    if not bounded:
        log.warning(
            "layer %s still changes at %.0f m, as far as pairs can tell: it has a trend, and no "
            "block is wide enough to hide it", name, max_lag,
        )  # fmt: skip
    return {
        "model": made.model, "nugget": made.nugget / made.sill, "range": made.range,
        "azimuth": made.azimuth, "ratio": made.ratio, "bounded": bounded,
    }  # fmt: skip


def _nearest(places: Values, values: Values, max_lag: float) -> variogram.Variogram:
    """The better of both models: by direction, or alike all round where that hardly matters."""
    for sectors in (variogram.SECTORS, 1):
        found = variogram.experimental(
            places, values, max_lag=max_lag, robust=False, sectors=sectors, heads=len(values)
        )
        made = [
            variogram.fitted(found, model, max_lag=max_lag, anisotropic=sectors > 1)
            for model in MODELS
        ]
        best = min(made, key=lambda one: variogram.misfit(found, one))
        if best.ratio < EVEN:
            break
    return best


def _weighed(table: pd.DataFrame, importance: Mapping[str, float] | None) -> pd.DataFrame:
    """With the importance of each layer, and whether it is heard."""
    if importance is None:
        return table.assign(importance=1 / len(table), heard=table["range"].notna())
    weights = np.array([max(0.0, importance.get(name, 0.0)) for name in table["layer"]])
    if not weights.sum() > 0:
        raise DataError(
            f"no layer of the cube has any importance; importance names "
            f"{', '.join(sorted(importance)) or 'none'}"
        )
    shares = weights / weights.sum()
    order = np.argsort(-shares, kind="stable")
    before = np.empty(len(shares))
    before[order] = np.cumsum(shares[order]) - shares[order]
    heard = (before < CARRIED - 1e-9) & (shares > 0) & table["range"].notna().to_numpy()
    return table.assign(importance=shares, heard=heard)


def _median(values: Values, weights: Values) -> float:
    """The smallest value that at least half of the weight does not exceed."""
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(share, 0.5 - 1e-12)])
