"""Targets in the order of a planner's criteria and weights, and how firmly they stand in it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoprospect.kernels import preference
from geoprospect.targets.criteria import Measured

log = logging.getLogger("geoprospect.targets")

Values = npt.NDArray[np.float64]

FIRST = 10
"""How many targets count as the first, of which stability tells."""
VERSION = 1
ROUNDING = 1e-12

SCALING = (
    "{worst} gives 0 and {best} gives 1, on a straight line between them and held beyond; unknown "
    "gives 0"
)
SAME = "all targets have the same value, which gives 1; unknown gives 0"
UNKNOWN = "{name}: {count} of {targets} targets have no value and get a utility of 0"
TIES = ("mean_prospectivity", "max_prospectivity", "area_km2")
"""Columns that order targets of one weighted score, the higher first."""


@dataclass(frozen=True)
class Weighed:
    """
    A criterion as a planner weighs it.

    *ends* are the values between which its utility runs; None for those of the worst
    and the best target.
    """

    name: str
    measured: Measured
    weight: float
    ends: tuple[float, float] | None = None

    @property
    def counted(self) -> float:
        """The weight with which it bears on the score."""
        return self.weight if self.measured.counts else 0.0


def preferred(
    targets: gpd.GeoDataFrame,
    criteria: Sequence[Weighed],
    *,
    members: Values,
    draws: int,
    concentration: float,
    seed: int,
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """
    Targets by the weighted sum of their utilities, best first, and how that was done.

    Each criterion runs from 0 at its worst to 1 at its best, so that its weight says what the
    whole swing is worth beside the others' [1]_. A sum hides how it came about: beside it
    stand the Pareto front, which no choice of weights can leave out for one that is better
    in everything, and how often a target stays among the first 10 when the weights, or
    the members of the ensemble, change.

    Parameters
    ----------
    targets : GeoDataFrame
        From :func:`geoprospect.targets.rank.ranked`.
    criteria : sequence of Weighed
        In the order of the targets.
    members : (targets, members)
        Mean score of each target by each member of the ensemble.
    draws : int
        Of weights, from a Dirichlet distribution around the stated ones.
    concentration : float
        Of those draws: the higher, the nearer to the stated weights.
    seed : int

    Returns
    -------
    targets : GeoDataFrame
        ``rank`` and ``label`` anew, and more columns: ``c_<name>`` and ``u_<name>`` (value and
        utility of each criterion), ``weighted_score`` [1], ``pareto`` (0 or 1), ``top10_members``
        and ``top10_weights`` (share of members, of draws, with the target in the first 10) [1].
    told : dict
        Ready for JSON: ``method``, ``criteria``, ``draws``, ``concentration``, ``seed``,
        ``first`` and ``ties``.

    Raises
    ------
    ValueError
        If a weight is negative, all are 0, or a setting is out of range.

    References
    ----------
    .. [1] Keeney, R.L., Raiffa, H. (1976). Decisions with Multiple Objectives. Wiley.
    """
    _check(criteria, draws, concentration)
    ends = [_ends(one) for one in criteria]
    utilities = np.column_stack([_utility(c, e) for c, e in zip(criteria, ends, strict=True)])
    weights = np.array([one.counted for one in criteria])
    ties = [targets[name].to_numpy("float64") for name in TIES]
    score = preference.weighted(utilities, weights)
    drawn = preference.drawn_weights(weights, draws=draws, concentration=concentration, seed=seed)
    made = targets.copy()
    for number, one in enumerate(criteria):
        _say_unknown(one)
        made[f"c_{one.name}"] = one.measured.values
        made[f"u_{one.name}"] = utilities[:, number]
    made["weighted_score"] = score
    made["pareto"] = preference.pareto(utilities[:, weights > 0]).astype("int64")
    by_member = _by_member(criteria, utilities, weights, members)
    made["top10_members"] = preference.among_first(by_member, FIRST, *ties)
    made["top10_weights"] = preference.among_first(utilities @ drawn.T, FIRST, *ties)
    told = [_told(one, end) for one, end in zip(criteria, ends, strict=True)]
    order = preference.order(score, *ties)
    return _relabelled(made.iloc[order]), {
        "version": VERSION,
        "method": "weighted_sum",
        "criteria": told,
        "draws": draws,
        "concentration": concentration,
        "seed": seed,
        "first": FIRST,
        "ties": [*TIES, "label"],
    }


def rank_if(
    targets: gpd.GeoDataFrame, told: dict[str, Any], prospectivity: Values
) -> npt.NDArray[np.int64]:
    """
    The rank that each target would have with another mean score, all else as it is.

    Where weighted scores tie, as beyond the end of a range, the higher mean score is ahead.

    Parameters
    ----------
    targets : GeoDataFrame
        From :func:`preferred`, with what it told.
    told : dict
    prospectivity : (targets,)
        The other mean score of each, NaN for as it is [1].
    """
    score = targets["weighted_score"].to_numpy("float64")
    total = sum(one["weight"] for one in told["criteria"])
    changed = score.copy()
    for one in told["criteria"]:
        if one["name"] == "prospectivity":
            new = preference.utility(
                prospectivity, one["low"], one["high"], higher=one["direction"] == "higher"
            )
            moved = one["weight"] / total * (new - targets[one["utility"]].to_numpy("float64"))
            changed = np.where(np.isnan(prospectivity), score, score + moved)
    own = targets["mean_prospectivity"].to_numpy("float64")
    mine = np.where(np.isnan(prospectivity), own, prospectivity)
    ranks = targets["rank"].to_numpy("int64")
    better = score[None, :] > changed[:, None] + ROUNDING
    same = np.abs(score[None, :] - changed[:, None]) <= ROUNDING
    tie = (own[None, :] > mine[:, None]) | (
        (own[None, :] == mine[:, None]) & (ranks[None, :] < ranks[:, None])
    )
    ahead = better | (same & tie)
    np.fill_diagonal(ahead, False)
    found: npt.NDArray[np.int64] = 1 + ahead.sum(axis=1)
    return found


def _check(criteria: Sequence[Weighed], draws: int, concentration: float) -> None:
    for one in criteria:
        if not one.weight >= 0:
            raise ValueError(f"the weight of {one.name} must not be negative, got {one.weight}")
        if one.ends is not None and not one.ends[0] < one.ends[1]:
            raise ValueError(
                f"range of {one.name} must be [low, high] with low below high, got {one.ends}"
            )
    if not sum(one.counted for one in criteria) > 0:
        raise ValueError("no criterion that counts has a weight above 0; give one to at least one")
    if draws < 1:
        raise ValueError(f"draws must be 1 or more, got {draws}")
    if not concentration > 0:
        raise ValueError(f"concentration must be positive, got {concentration}")


def _ends(one: Weighed) -> tuple[float, float]:
    return preference.ends(one.measured.values) if one.ends is None else one.ends


def _utility(one: Weighed, ends: tuple[float, float]) -> Values:
    return preference.utility(one.measured.values, *ends, higher=one.measured.higher)


def _by_member(
    criteria: Sequence[Weighed], utilities: Values, weights: Values, members: Values
) -> Values:
    """Weighted score of each target by each member (targets, members): prospectivity its own."""
    made = np.repeat(preference.weighted(utilities, weights)[:, None], members.shape[1], axis=1)
    for number, one in enumerate(criteria):
        if one.name == "prospectivity" and weights[number] > 0:
            for member, values in enumerate(members.T):
                ends = preference.ends(values) if one.ends is None else one.ends
                new = preference.utility(values, *ends, higher=one.measured.higher)
                made[:, member] += weights[number] / weights.sum() * (new - utilities[:, number])
    return made


def _say_unknown(one: Weighed) -> None:
    count = int(np.isnan(one.measured.values).sum())
    if count and one.counted:
        log.warning(
            "%s",
            UNKNOWN.format(name=one.name, count=count, targets=len(one.measured.values)),
        )


def _told(one: Weighed, ends: tuple[float, float]) -> dict[str, Any]:
    low, high = (None if np.isnan(end) else float(end) for end in ends)
    return {
        "name": one.name,
        "label": one.measured.label,
        "units": one.measured.units,
        "weight": one.counted,
        "direction": "higher" if one.measured.higher else "lower",
        "column": f"c_{one.name}",
        "utility": f"u_{one.name}",
        "low": low,
        "high": high,
        "scaling": _scaling(one, ends),
    }


def _scaling(one: Weighed, ends: tuple[float, float]) -> str:
    if not ends[1] > ends[0]:
        return SAME
    units = "" if one.measured.units == "1" else f" {one.measured.units}"
    low, high = (f"{end:.4g}{units}" for end in ends)
    worst, best = (low, high) if one.measured.higher else (high, low)
    return SCALING.format(worst=worst, best=best)


def _relabelled(ordered: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rank = np.arange(1, len(ordered) + 1)
    return ordered.reset_index(drop=True).assign(rank=rank, label=[f"T{n}" for n in rank])
