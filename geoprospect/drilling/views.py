"""Chances of targets that hang together: each member of an ensemble is a view of the ground."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from geoprospect.drilling.chances import checked
from geoprospect.drilling.information import Accuracy
from geoprospect.errors import DataError

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NEARLY = 1e-6
"""How near to 0 or 1 a member's score is taken to come."""


def by_member(probability: npt.ArrayLike, scores: Values) -> Values:
    """
    Chance of a deposit in each target by each member of an ensemble [1].

    Members are equally likely views of the ground. A member that scores a target higher than
    others do gives it the better odds, and their mean is the stated chance; given the member,
    targets hold deposits independently. Targets that the same members favour therefore tend to
    be right, or wrong, together.

    Parameters
    ----------
    probability : (targets,)
        Chance of a deposit in each [1].
    scores : (targets, members)
        Mean score of each by each member, in [0, 1]; 0 and 1 count as one millionth from them.

    Returns
    -------
    ndarray (targets, members) float64

    Raises
    ------
    DataError
        If a chance is 0 or 1, or a score is not known.
    """
    chances = checked(probability, "a deposit")
    if scores.shape[:1] != chances.shape or not ((scores >= 0) & (scores <= 1)).all():
        raise DataError(
            f"every member must score every target between 0 and 1; got scores of shape "
            f"{scores.shape} for {chances.size} targets"
        )
    odds = special.logit(np.clip(scores, NEARLY, 1 - NEARLY))
    return np.array([_moved(of, float(chance)) for of, chance in zip(odds, chances, strict=True)])


def _moved(odds: Values, chance: float) -> Values:
    """Chances of log-odds that are moved together until their mean is the stated chance."""

    def missed(shift: float) -> float:
        return float(special.expit(odds + shift).mean()) - chance

    centre = float(special.logit(chance))
    ends = centre - odds.max() - 1, centre - odds.min() + 1
    moved: Values = special.expit(odds + optimize.brentq(missed, *ends, xtol=1e-12))
    return moved


@dataclass(frozen=True, eq=False)
class Views:
    """
    What is believed of targets.

    ``chance`` (targets, members) of a deposit in each by each member, ``weight`` (members,) of
    these, ``target`` (places,) the target of each place and ``place`` (places,) the chance of
    each, given a deposit in its target [1].
    """

    chance: Values
    weight: Values
    target: npt.NDArray[np.int64]
    place: Values

    @classmethod
    def begun(cls, chance: Values, target: npt.NDArray[np.int64]) -> Views:
        """Members of equal weight, and places equally likely within each target."""
        members = chance.shape[1]
        even = 1 / np.bincount(target, minlength=len(chance))
        return cls(chance, np.full(members, 1 / members), target, even[target])

    @property
    def probability(self) -> Values:
        """Chance of a deposit in each target [1]."""
        found: Values = self.chance @ self.weight
        return found

    def met(self, flags: Flags) -> Values:
        """Chance of each hole to meet the deposit of each target that has one (holes, targets)."""
        sums = [
            flags[:, mine] @ self.place[mine]
            for mine in (self.target == number for number in range(len(self.chance)))
        ]
        return np.column_stack(sums)

    def after(self, met: Flags, hit: bool, accuracy: Accuracy) -> Views:
        """
        What is believed once a hole has hit or is barren, by Bayes' rule.

        A barren hole speaks against the places that it would have met, so against its target,
        and against the members that had favoured it; a hit speaks for them all.

        Parameters
        ----------
        met : (places,) bool
            Whether the hole meets a body at each place.
        hit : bool
        accuracy : Accuracy
            Of a hole that meets a body, and of one that meets none.

        Raises
        ------
        DataError
            If nothing that is believed allows for what was found.
        """
        se, sp = accuracy.sensitivity, accuracy.specificity
        there, absent = (se, 1 - sp) if hit else (1 - se, sp)
        likely = np.where(met, there, absent)
        given = np.bincount(self.target, self.place * likely, len(self.chance))
        touched = np.bincount(self.target, met, len(self.chance)) > 0
        total = self.chance * given[:, None] + (1 - self.chance) * absent
        # a target that the hole has nothing to do with says nothing of it
        relative = np.where(touched[:, None], total, 1.0)
        weight = self.weight * relative.prod(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            chance = np.where(touched[:, None], self.chance * given[:, None] / total, self.chance)
            share = self.place * likely / given[self.target]
        if not weight.sum() > 0 or not np.isfinite(chance).all():
            raise DataError(
                "a hole hit where nothing can be hit, or the reverse; state a sensitivity and a "
                "specificity below 1"
            )
        place = np.where(touched[self.target] & (given[self.target] > 0), share, self.place)
        return replace(self, chance=chance, weight=weight / weight.sum(), place=place)

    def nothing_found(self, found: Values) -> tuple[float, float]:
        """
        Chance that no target gives a deposit [1]: as they hang together, and if they did not.

        *found* (targets,) is the chance to find the deposit of each, if one is there.
        """
        together = float(self.weight @ (1 - self.chance * found[:, None]).prod(axis=0))
        return together, float((1 - self.probability * found).prod())
