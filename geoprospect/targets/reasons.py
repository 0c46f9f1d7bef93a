"""Why each target scores as it does, in numbers: every layer's share, value and rarity."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.errors import ContractError
from geoprospect.targets import zonal
from geoprospect.targets.words import percentile

Values = npt.NDArray[np.float32]
Explain = Callable[[Values], npt.NDArray[np.floating]]

AT_ONCE = 100_000
"""Cells whose contributions are held at one time."""
STEPS = 20
"""Parts into which quantiles cut the district."""


def reasons(
    targets: gpd.GeoDataFrame,
    *,
    cube: xr.Dataset,
    contributions: Explain,
    grid: GeoBox,
    district: Mapping[str, Values],
) -> pd.DataFrame:
    """
    What each layer says of each target: contribution [the model's unit], value, rarity, gaps.

    A score that nobody can argue with helps nobody. Contributions are additive, so that
    what supports a target and what speaks against it can be weighed against each other [1]_;
    a value is told beside the share of the district that lies below it, as anomalies are.

    Computed on purpose: reads the cube at the targets' cells, and holds the evidence of the
    largest target.

    Parameters
    ----------
    targets : GeoDataFrame of Polygon
        With their ``label``, in the grid's CRS.
    cube : Dataset
        The evidence.
    contributions : function of (cells, layers) float32
        Gives the contribution of every evidence layer, in cube order, and last the base
        value, (cells, layers + 1).
    grid : GeoBox
        Grid of the cube.
    district : mapping of layer to values
        From :func:`district_values`.

    Returns
    -------
    DataFrame
        For each target a row for every evidence layer, in cube order: ``target`` (its label),
        ``layer``, ``contribution`` (mean of the cells with evidence), ``value`` (the median of
        the cells where it is known [in its units], of classes the commonest; NaN where it is
        known nowhere), ``percentile`` of the value in the district (ties counted half; NaN of
        classes) [percent], ``missing_share`` of its cells [1], ``meaning`` (of a class, else
        empty), and the same in all rows of a target ``base`` (the model's word knowing
        nothing). A target without evidence has NaN; one without cells no rows.

    Raises
    ------
    ContractError
        If the targets are not in the grid's CRS, or *contributions* gives another shape.

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    contract.check_crs(targets, grid, "the targets")
    names = contract.evidence(cube)
    labels = targets["label"].tolist()
    tables = []
    for number, here in zonal.values(targets, cube[names], grid):
        means = _means(here, contributions)
        told = [_typical(cube[name], here[:, n]) for n, name in enumerate(names)]
        tables.append(
            pd.DataFrame(
                {
                    "target": labels[number],
                    "layer": names,
                    "contribution": means[:-1],
                    "value": told,
                    "percentile": [
                        _rarity(cube[name], value, district[name])
                        for name, value in zip(names, told, strict=True)
                    ],
                    "missing_share": np.isnan(here).mean(axis=0, dtype="float64"),
                    "meaning": [
                        _meaning(cube[name], value) for name, value in zip(names, told, strict=True)
                    ],
                    "base": means[-1],
                }
            )
        )
    return pd.concat(tables, ignore_index=True) if tables else _nothing()


def district_values(cube: xr.Dataset) -> dict[str, Values]:
    """Every evidence layer's values at some 20,000 cells, evenly spread over the whole grid."""
    return zonal.district(cube, contract.evidence(cube))


def quantiles(values: Values) -> list[float]:
    """The least value, those at every 5 % of the known ones, and the greatest; none of none."""
    known = values[~np.isnan(values)].astype("float64")
    if not known.size:
        return []
    found: list[float] = np.quantile(known, np.linspace(0, 1, STEPS + 1)).tolist()
    return found


def shares(values: Values, contributions: Explain) -> npt.NDArray[np.float64]:
    """The contributions to some cells, base value last, checked."""
    found = np.asarray(contributions(values), "float64")
    wanted = (len(values), values.shape[1] + 1)
    if found.shape != wanted:
        raise ContractError(
            f"contributions came as {found.shape}, but {wanted} was asked for: a row for each "
            "cell, a column for each evidence layer in cube order, and last the base value"
        )
    return found


def _means(values: Values, contributions: Explain) -> npt.NDArray[np.float64]:
    """Mean contributions over the cells with evidence, so many at a time; NaN without any."""
    known = values[~np.isnan(values).all(axis=1)]
    if not len(known):
        return np.full(values.shape[1] + 1, np.nan)
    parts = [
        shares(known[start : start + AT_ONCE], contributions).sum(axis=0)
        for start in range(0, len(known), AT_ONCE)
    ]
    means: npt.NDArray[np.float64] = np.sum(parts, axis=0) / len(known)
    return means


def _typical(layer: xr.DataArray, values: Values) -> float:
    """The median of the known values, or the commonest class; NaN where none is known."""
    known = values[~np.isnan(values)]
    if not known.size:
        return math.nan
    if contract.is_categorical(layer):
        codes, counts = np.unique(known, return_counts=True)
        return float(codes[counts.argmax()])
    return float(np.median(known))


def _rarity(layer: xr.DataArray, value: float, district: Values) -> float:
    if math.isnan(value) or contract.is_categorical(layer):
        return math.nan
    return percentile(value, district)


def _meaning(layer: xr.DataArray, value: float) -> str:
    if math.isnan(value) or not contract.is_categorical(layer):
        return ""
    return contract.meanings(layer).get(int(value), f"{value:g}")


def _nothing() -> pd.DataFrame:
    numbers = ("contribution", "value", "percentile", "missing_share", "base")
    texts = dict.fromkeys(("target", "layer", "meaning"), pd.Series(dtype=object))
    return pd.DataFrame(texts | dict.fromkeys(numbers, pd.Series(dtype="float64")))
