"""Which known deposits a target is most like, by the reasons that a model gives for both."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.targets.reasons import Explain, shares

MOST = 3
"""Deposits told of each target."""

Shares = npt.NDArray[np.float64]


def analogues(
    targets: gpd.GeoDataFrame,
    reasons: pd.DataFrame,
    deposits: gpd.GeoDataFrame,
    *,
    cube: xr.Dataset,
    contributions: Explain,
    grid: GeoBox,
    most: int = MOST,
) -> pd.DataFrame:
    """
    The known deposits most like each target, with distance [m] and similarity [1].

    A geologist judges a target by the deposit that it resembles. Likeness is measured in
    contributions rather than values, so that layers count by what they are worth to the model,
    and classes and gaps have their say: one less the Bray-Curtis dissimilarity [1]_, taken
    over sizes of either sign, 1 - sum |a - b| / sum (|a| + |b|). It is 1 where the model gives
    both the same reasons in the same measure, 0 where no reason is shared.

    Computed on purpose: reads the cube at the deposits.

    Parameters
    ----------
    targets : GeoDataFrame of Polygon
        With their ``label``, in the grid's CRS.
    reasons : DataFrame
        From :func:`geoprospect.targets.reasons.reasons`.
    deposits : GeoDataFrame
        Known deposits, in the grid's CRS; of outlines a point inside stands for them. Those
        beyond the grid or on cells without evidence are left out.
    cube, contributions, grid
        As for the reasons.
    most : int
        Deposits told of each target.

    Returns
    -------
    DataFrame
        ``target``, ``deposit`` (its name, or ``#12`` for the twelfth of the file where it has
        none), ``distance_m`` (from the target's edge; 0 inside) and ``similarity``, the most
        alike first, the nearer first among equals.

    Raises
    ------
    ContractError
        If something is not in the grid's CRS.

    References
    ----------
    .. [1] Bray, J.R. and Curtis, J.T. (1957). An ordination of the upland forest
       communities of southern Wisconsin. Ecological Monographs 27, 325-349.
    """
    contract.check_crs(targets, grid, "the targets")
    contract.check_crs(deposits, grid, "the deposits")
    known, theirs = _explained(deposits, cube, contributions, grid)
    of_target = dict(tuple(reasons.groupby("target", sort=False)["contribution"]))
    found = [_nothing()]
    for label, outline in zip(targets["label"], targets.geometry, strict=True):
        mine = of_target.get(label)
        if mine is None or mine.isna().any() or not len(known):
            continue
        table = pd.DataFrame(
            {
                "target": label,
                "deposit": known["deposit"],
                "distance_m": known.geometry.distance(outline).to_numpy(),
                "similarity": similarity(mine.to_numpy(), theirs),
            }
        )
        order = ["similarity", "distance_m"]
        found.append(table.sort_values(order, ascending=[False, True], kind="stable").head(most))
    return pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)


def similarity(one: Shares, others: Shares) -> Shares:
    """Share of the reasons [1] that (layers,) has in common with each of (deposits, layers)."""
    apart = np.abs(others - one).sum(axis=1)
    together = (np.abs(others) + np.abs(one)).sum(axis=1)
    with np.errstate(invalid="ignore"):
        found: Shares = np.where(together > 0, 1 - apart / together, 1.0)
    return found


def _explained(
    deposits: gpd.GeoDataFrame, cube: xr.Dataset, contributions: Explain, grid: GeoBox
) -> tuple[gpd.GeoDataFrame, Shares]:
    """The deposits with evidence, under a name each, and what every layer says of them."""
    names = contract.evidence(cube)
    told = [name or f"#{n}" for n, name in enumerate(contract.names(deposits), start=1)]
    points = deposits.geometry.representative_point()
    known = gpd.GeoDataFrame({"deposit": told}, geometry=points.to_numpy(), crs=deposits.crs)
    known = known[~(known.geometry.isna() | known.geometry.is_empty)]
    rows, columns, inside = contract.cells_at(known.geometry.x, known.geometry.y, grid)
    values = lazy.sample(cube, names, rows[inside], columns[inside])
    has = ~np.isnan(values).all(axis=1)
    if not has.any():
        return known.iloc[:0], np.empty((0, len(names)))
    return known[inside][has].reset_index(drop=True), shares(values[has], contributions)[:, :-1]


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(
        {
            **dict.fromkeys(("target", "deposit"), pd.Series(dtype=object)),
            **dict.fromkeys(("distance_m", "similarity"), pd.Series(dtype="float64")),
        }
    )
