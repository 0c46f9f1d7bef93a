"""Undiscovered deposits from the map: its calibrated probability, and how well it is explored."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.kernels import poisson_binomial
from geoprospect.kernels.poisson_binomial import Parts
from geoprospect.language import marked
from geoprospect.registry import ESTIMATORS
from geoprospect.resources.deposits import DepositNumber, counted

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]
Cells = npt.NDArray[np.float32]
Window = tuple[slice, slice]

FREQUENCIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Label frequencies for which the expected number is told beside the stated one."""


def undiscovered(probability: Values, completeness: Values) -> Values:
    """
    Probability that a cell holds a deposit, given that none is known there [1].

    q = pi (1 - e) / (1 - pi e), by Bayes' rule: a deposit with probability *pi* would
    be known already with probability *e*. No deposit (q = 0) where both are 1.
    """
    left = probability * (1 - completeness)
    none_known = 1 - probability * completeness
    chance: Values = np.divide(left, none_known, out=np.zeros_like(left), where=none_known > 0)
    return np.where(np.isnan(none_known), np.nan, chance)


@ESTIMATORS.register
def endowment(
    probabilities: xr.Dataset,
    completeness: xr.DataArray,
    deposits: gpd.GeoDataFrame,
    *,
    label_frequency: float,
) -> DepositNumber:
    """
    Number of undiscovered deposits from the calibrated maps of an ensemble.

    Each map gives every cell the probability of a *known* deposit; over the
    share of deposits that are known, that of any deposit [1]_; and of one that was
    missed, by how well the cell is explored. Cells are independent within a map, and share
    what the map gets wrong: so each map gives a distribution of its own, and their
    mixture is the answer. Cells with a known deposit count as done.

    Goes through the maps once, block by block; a few numbers for each map are held, and
    cells with more than one chance in ten. Computed on purpose.

    Parameters
    ----------
    probabilities : Dataset of DataArray (y, x)
        One variable for each member of the ensemble, or each resampled map: calibrated
        probability of a known deposit in the cell [1].
    completeness : DataArray (y, x)
        Probability that a deposit in the cell would be known already [1]: by
        drilling, cover, density of sampling.
    deposits : GeoDataFrame of points
        Known deposits, in the grid's CRS.
    label_frequency : float
        Share of all deposits of the type that are known, in (0, 1]. From records of
        exploration or as a stated belief; it is never fitted here. Of maps calibrated with
        a prior that counts unknown deposits too, 1.

    Returns
    -------
    DepositNumber
        Provenance: ``within`` and ``between``, the variance owed to chance and to the
        maps' disagreement; ``sensitivity``, the expected number by label frequency;
        ``moments``, the negative binomial of this mean and variance; the share of cells
        ``unknown`` (left out, one of the two is missing; where both are is outside), and of
        those whose probability came to more than 1 and was held there (``capped``);
        known deposits as the maps expect them (``expected``) and cells that hold one
        (``known``): a quarter apart, a warning says so.

    Raises
    ------
    ContractError
        If the maps are on different grids, or deposits in another CRS.
    DataError
        If a probability or completeness lies beyond [0, 1], nothing is known, or nothing
        can be left to find.
    ValueError
        If the label frequency is not in (0, 1].

    References
    ----------
    .. [1] Elkan, C., Noto, K. (2008). Learning classifiers from only positive and
       unlabeled data. Proceedings of KDD 2008, 213-220.
    """
    check(label_frequency)
    grid = contract.grid_of(completeness)
    for name, layer in {"completeness": completeness, **probabilities}.items():
        contract.check_layer(layer, grid, str(name))
    contract.check_crs(deposits, grid, "the known deposits")
    known = np.column_stack(contract.cells_at(deposits.geometry.x, deposits.geometry.y, grid)[:2])
    of_block = functools.partial(_of_block, known, label_frequency)
    found = _together(lazy.gathered(of_block, completeness, *probabilities.values()))
    return _mixed(found, label_frequency)


def check(label_frequency: float) -> None:
    """Refuse a share of known deposits that is none."""
    if not 0 < label_frequency <= 1:
        raise ValueError(
            f"label_frequency must lie in (0, 1], got {label_frequency:g}: it is the share of all "
            "deposits of the type that are known"
        )


@dataclass(frozen=True)
class _Found:
    """What blocks tell: of each member its cells; expected numbers by label frequency [UNIT]."""

    members: tuple[Parts, ...]
    by_frequency: npt.NDArray[Any]
    cells: int
    unknown: int
    capped: int
    wrong: int
    known: int
    expected: int


def _of_block(
    known: npt.NDArray[np.int64], frequency: float, where: Window, completeness: Cells, *maps: Cells
) -> _Found:
    explored = completeness.astype(float)
    done = _inside(known, where)
    explored[done] = 1.0
    scores = [one.astype(float) for one in maps]
    chances = [undiscovered(np.minimum(score / frequency, 1), explored) for score in scores]
    sums = [
        sum(poisson_binomial.whole(undiscovered(np.minimum(score / c, 1), explored))
            for score in scores)
        for c in FREQUENCIES
    ]  # fmt: skip
    return _Found(
        tuple(poisson_binomial.parts(one) for one in chances),
        np.array(sums, object),
        sum(int((~(np.isnan(explored) & np.isnan(score))).sum()) for score in scores),
        sum(int((np.isnan(explored) != np.isnan(score)).sum()) for score in scores),
        sum(int((score > frequency).sum()) for score in scores),
        sum(int(((one < 0) | (one > 1)).sum()) for one in (explored, *scores)),
        len(set(zip(*(index.tolist() for index in done), strict=True))),
        sum(poisson_binomial.whole(score) for score in scores),
    )


def _inside(known: npt.NDArray[np.int64], where: Window) -> tuple[Any, Any]:
    """Rows and columns, in the block, of the known deposits that lie in it."""
    corner = np.array([where[0].start, where[1].start])
    end = np.array([where[0].stop, where[1].stop])
    mine = known[((known >= corner) & (known < end)).all(axis=1)] - corner
    return mine[:, 0], mine[:, 1]


def _together(blocks: Any) -> _Found:
    given = list(blocks)
    members = tuple(
        poisson_binomial.joined(one) for one in zip(*(each.members for each in given), strict=True)
    )
    return _Found(
        members,
        sum((each.by_frequency for each in given), np.zeros(len(FREQUENCIES), object)),
        *(sum(getattr(each, what) for each in given)
          for what in ("cells", "unknown", "capped", "wrong", "known", "expected")),
    )  # fmt: skip


def _mixed(found: _Found, frequency: float) -> DepositNumber:
    _check(found, frequency)
    members = found.members
    separate = [poisson_binomial.of_parts(one) for one in members]
    p = np.zeros(max(len(one) for one in separate))
    for one in separate:
        p[: len(one)] += one / len(separate)
    means = np.array([one.mean for one in members])
    within, between = float(np.mean([one.variance for one in members])), float(means.var())
    expected = [float(one) / poisson_binomial.UNIT / len(members) for one in found.by_frequency]
    told = {
        "label_frequency": frequency, "maps": len(members), "within": within, "between": between,
        "sensitivity": [{"label_frequency": c, "mean": mean}
                        for c, mean in zip(FREQUENCIES, expected, strict=True)],
        "moments": negative_binomial_of(float(means.mean()), within + between),
        "unknown": found.unknown / found.cells, "capped": found.capped / found.cells,
        "known": found.known, "expected": _expected(found),
    }  # fmt: skip
    caveats: tuple[str, ...] = (
        marked(
            "The number hangs on the share of all deposits that is known, which is stated, not "
            "found."
        ),
    )
    if len(members) == 1:
        caveats += (marked("One map: what it gets wrong is not in the spread."),)
    return counted(p, "endowment", provenance=told, caveats=caveats)


def _check(found: _Found, frequency: float) -> None:
    if found.wrong:
        raise DataError(
            f"{found.wrong} cells of the probability and completeness maps lie beyond [0, 1]; "
            "scores have to be calibrated with a prior before deposits are counted by them"
        )
    if found.unknown >= found.cells:
        raise DataError("no cell has both a probability and a completeness")
    if not any(one.mean > 0 for one in found.members):
        raise DataError(
            "completeness or probability leaves no cell in which a deposit could be undiscovered"
        )
    if found.unknown:
        log.warning("%.2g %% of the cells have no probability or no completeness and count no "
                    "deposits", 100 * found.unknown / found.cells)  # fmt: skip
    if frequency < 1 and found.known and not 0.8 <= _expected(found) / found.known <= 1.25:
        log.warning(
            "the maps expect %.3g known deposits and %d cells hold one: calibrate them with the "
            "share of cells that hold a known deposit", _expected(found), found.known,
        )  # fmt: skip
    if found.capped:
        log.warning("in %.2g %% of the cells the probability of a known deposit exceeds the label "
                    "frequency; the probability of any deposit is held at 1 there",
                    100 * found.capped / found.cells)  # fmt: skip


def _expected(found: _Found) -> float:
    """Known deposits that the maps expect, their mean."""
    return found.expected / poisson_binomial.UNIT / len(found.members)


def negative_binomial_of(mean: float, variance: float) -> Mapping[str, float | str]:
    """The negative binomial of this mean and variance, or the Poisson where it has none."""
    if variance <= mean:
        return {"distribution": "poisson", "mean": mean}
    p = mean / variance
    return {"distribution": "negative_binomial", "mean": mean, "p": p, "r": mean * p / (1 - p)}


def side_by_side(numbers: Sequence[DepositNumber]) -> list[dict[str, Any]]:
    """Rows of estimator, N90, N50, N10, mean and sd, for a cross-check of one with another."""
    keys = ("estimator", "n90", "n50", "n10", "mean", "sd")
    return [{key: one.told()[key] for key in keys} for one in numbers]
