"""Which survey would change a target's rank most, in words."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.language import marked, say
from geoprospect.targets import words, zonal
from geoprospect.targets.zonal import Explain

Rows = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

MOST = 200
"""Targets of which it is told, best first; of those far down nobody asks."""
CELLS = 50
"""Cells of a target, evenly picked, that stand for it."""
MISSING = 0.2
"""A survey unknown in a larger share of a target is missing there."""
LOW, HIGH = 0.1, 0.9
"""Shares of the district below a value that is plausibly low, or high."""
COMMON = 0.05
"""A class with a smaller share of the district is not what a survey would plausibly find."""
FAR = 0.75
"""Samples farther away than from so much of the district are distant."""

GAP = marked(
    "{name}: unknown in {share:.0%} of the target. Values common in the district would take its "
    "score from {score:.2f} to between {low:.2f} and {high:.2f}, its rank from {rank} to between "
    "{best} and {worst}."
)
DISTANT = marked(
    "{name}: samples lie {distance} away. Values common in the district would take the target's "
    "score from {score:.2f} to between {low:.2f} and {high:.2f}, its rank from {rank} to between "
    "{best} and {worst}."
)
ALSO = marked(" Also missing or distant: {names}.")
KNOWN = marked(
    "No survey is missing or distant here. The score rests most on {name}: without it the score "
    "would be {low:.2f} and not {score:.2f}, the rank {worst} and not {rank}; confirm that first."
)
FIRM = marked("No survey is missing or distant here, and none by itself would change the score.")


@dataclass(frozen=True)
class Survey:
    """
    Layers that one survey gives, under the *name* that people know it by.

    *distance* is the layer that tells how far its samples lie, where there is one.
    """

    name: str
    layers: tuple[str, ...]
    distance: str | None = None


Rank = Callable[[Values], npt.NDArray[np.int64]]


def next_data(
    targets: gpd.GeoDataFrame,
    *,
    cube: xr.Dataset,
    surveys: Mapping[str, Survey],
    scores: Explain,
    rank_if: Rank,
    grid: GeoBox,
) -> list[str]:
    """
    For each target the missing or distant survey that would change its rank most, in words.

    A survey is missing where one of its layers is unknown in more than a fifth of the
    target, distant where its samples lie farther from the target than from three quarters of
    the district. What it would find nobody knows; it is taken to lie between the tenth and
    the ninetieth percentile of the district (of classes: those that cover a twentieth or
    more). The target is scored with either, where the survey is missing in the unknown
    cells only, everything else as it is: one layer at a time, then all of the survey's
    layers together at those ends that raise the score, and that lower it. Values of one survey
    go together in truth, so the bounds are wide, and with several layers that work on each
    other not strictly bounds. Where nothing is missing it says which survey the score rests
    on most: by how much it falls, or rises, if all its layers were unknown.

    Computed on purpose: reads the cube at up to 50 cells of the first 200 targets and at
    some 20,000 cells of the district.

    Parameters
    ----------
    targets : GeoDataFrame
        With ``rank`` and ``mean_prospectivity``, best first.
    cube : Dataset
        The evidence, and the layers of distance.
    surveys : mapping of name to Survey
        Every layer of evidence in one of them.
    scores : function of (cells, layers) float32
        The members' scores of rows of evidence (members, cells).
    rank_if : function of (targets,) scores
        The rank that each target would have with another mean score; NaN for as it is.
    grid : GeoBox

    Returns
    -------
    list of str
        Empty texts beyond the first 200 targets, and of targets without cells.
    """
    first = targets.head(MOST)
    names = contract.evidence(cube)
    rows, columns, which = _some(first, grid)
    if not len(rows):
        return [""] * len(targets)
    evidence = lazy.sample(cube, names, rows, columns)
    ground = _Ground(names, evidence, which, len(first), scores)
    common = _common(cube, names)
    told = []
    for one in surveys.values():
        lack = _lack(one, cube, ground, (rows, columns))
        told.append(_Tried(one, lack, *_bounds(one, lack, ground, common), _without(one, ground)))
    return _sentences(targets, told, rank_if, ground)


@dataclass
class _Ground:
    """Some cells of each target, with their evidence, and what it scores."""

    names: list[str]
    evidence: Rows
    which: Index
    targets: int
    scores: Explain

    @functools.cached_property
    def base(self) -> Values:
        """Mean score of the cells as they are."""
        return self.scored(self.evidence)

    def scored(self, evidence: Rows) -> Values:
        """Mean score over members and cells of each target; NaN without cells."""
        return self.mean(np.asarray(self.scores(evidence)).mean(axis=0))

    def mean(self, values: npt.NDArray[Any]) -> Values:
        """Mean of a value of each cell over each target."""
        with np.errstate(invalid="ignore"):
            found: Values = np.bincount(
                self.which, values.astype("float64"), self.targets
            ) / np.bincount(self.which, minlength=self.targets)
        return found

    def column(self, layer: str) -> npt.NDArray[np.float32]:
        """A layer at the cells."""
        return self.evidence[:, self.names.index(layer)]


@dataclass(frozen=True)
class _Lack:
    """
    Where targets lack a survey.

    Of each target the largest share of cells in which a layer is ``unknown``, how far samples
    lie (``away``) [m], whether that is ``distant``, and whether it is ``lacking`` at all; of
    each layer the ``cells`` that the survey would tell of.
    """

    unknown: Values
    away: Values
    distant: npt.NDArray[np.bool_]
    lacking: npt.NDArray[np.bool_]
    cells: tuple[npt.NDArray[np.bool_], ...]


class _Tried(NamedTuple):
    """A survey with what each target's score would do with it (fall, rise), and without it."""

    survey: Survey
    lack: _Lack
    fall: Values
    rise: Values
    gone: Values


def _some(targets: gpd.GeoDataFrame, grid: GeoBox) -> tuple[Index, Index, Index]:
    """Up to so many cells of each target, evenly picked from north to south."""
    rows, columns, which = zonal.cells_of(targets, grid=grid)
    picked = [
        own[np.unique(np.linspace(0, len(own) - 1, min(CELLS, len(own))).round().astype(int))]
        for own in np.split(np.arange(len(which)), np.flatnonzero(np.diff(which)) + 1)
        if len(own)
    ]
    kept = np.concatenate([np.empty(0, np.intp), *picked]).astype(np.intp)
    return rows[kept], columns[kept], which[kept]


def _lack(survey: Survey, cube: xr.Dataset, ground: _Ground, cells: tuple[Index, Index]) -> _Lack:
    gaps = [np.isnan(ground.column(name)) for name in survey.layers]
    shares = [ground.mean(gap) for gap in gaps]
    away = np.full(ground.targets, np.nan)
    distant = np.zeros(ground.targets, bool)
    if survey.distance is not None:
        away = ground.mean(lazy.sample(cube, [survey.distance], *cells)[:, 0])
        distant = away > float(lazy.quantiles(cube[survey.distance], [FAR])[0, 0])
    missing = np.max(shares, axis=0) > MISSING
    return _Lack(
        np.max(shares, axis=0), away, distant & ~missing, distant | missing,
        tuple(
            (gap & (share > MISSING)[ground.which]) | (distant & ~missing)[ground.which]
            for gap, share in zip(gaps, shares, strict=True)
        ),
    )  # fmt: skip


def _common(cube: xr.Dataset, names: list[str]) -> dict[str, Values]:
    """Values of each layer that a survey may plausibly find in the district."""
    found = {}
    for name, values in zonal.district(cube, names).items():
        known = values[~np.isnan(values)].astype("float64")
        if not known.size:
            found[name] = np.array([np.nan])
        elif contract.is_categorical(cube[name]):
            codes, counts = np.unique(known, return_counts=True)
            found[name] = codes[counts >= min(COMMON * known.size, counts.max())]
        else:
            found[name] = np.quantile(known, [LOW, HIGH])
    return found


def _bounds(
    survey: Survey, lack: _Lack, ground: _Ground, common: Mapping[str, Values]
) -> tuple[Values, Values]:
    """By how much each target's score would fall and rise at most with the survey's values."""
    changes = [np.zeros(ground.targets)]
    lowest, highest = ground.evidence.copy(), ground.evidence.copy()
    if not lack.lacking.any():
        return changes[0], changes[0]
    for name, cells in zip(survey.layers, lack.cells, strict=True):
        values, layer = common[name], ground.names.index(name)
        each = []
        for value in values:
            rows = ground.evidence.copy()
            rows[cells, layer] = value
            each.append(ground.scored(rows) - ground.base)
        changes += each
        for rows, best in ((lowest, np.argmin(each, axis=0)), (highest, np.argmax(each, axis=0))):
            rows[cells, layer] = values[best][ground.which[cells]]
    changes += [ground.scored(rows) - ground.base for rows in (lowest, highest)]
    return np.min(changes, axis=0), np.max(changes, axis=0)


def _without(survey: Survey, ground: _Ground) -> Values:
    """By how much each target's score would move if the survey were unknown."""
    rows = ground.evidence.copy()
    rows[:, [ground.names.index(name) for name in survey.layers]] = np.nan
    return ground.scored(rows) - ground.base


# --- in words -----------------------------------------------------------------------------


def _sentences(
    targets: gpd.GeoDataFrame,
    told: list[_Tried],
    rank_if: Rank,
    ground: _Ground,
) -> list[str]:
    count = ground.targets
    score = targets["mean_prospectivity"].to_numpy("float64")[:count]
    rank = targets["rank"].to_numpy("int64")[:count]

    def ranks(change: Values) -> npt.NDArray[np.int64]:
        padded = np.full(len(targets), np.nan)
        padded[:count] = np.clip(score + change, 0, 1)
        return rank_if(padded)[:count]

    lacking = np.stack([one.lack.lacking for one in told])
    fall = np.stack([one.fall for one in told])
    rise = np.stack([one.rise for one in told])
    gone = np.stack([one.gone for one in told])
    best = np.stack([ranks(change) for change in rise])
    worst = np.stack([ranks(change) for change in fall])
    without = np.stack([ranks(change) for change in gone])
    moved = np.maximum(rank - best, worst - rank) + (rise - fall) / 10
    made = []
    for n in range(count):
        known = {"score": score[n], "rank": int(rank[n])}
        if np.isnan(ground.base[n]):
            made.append("")
        elif lacking[:, n].any():
            first = int(np.argmax(np.where(lacking[:, n], moved[:, n], -1)))
            survey, lack = told[first].survey, told[first].lack
            made.append(
                say(
                    DISTANT if lack.distant[n] else GAP,
                    name=_upper(survey.name), share=lack.unknown[n],
                    distance=words.value(float(lack.away[n]), "m"),
                    low=max(0.0, score[n] + fall[first, n]),
                    high=min(1.0, score[n] + rise[first, n]),
                    best=int(best[first, n]), worst=int(worst[first, n]), **known,
                ) + _also([t.survey for i, t in enumerate(told) if lacking[i, n] and i != first])
            )  # fmt: skip
        else:
            most = int(np.argmax(np.abs(gone[:, n])))
            made.append(
                say(
                    KNOWN,
                    name=told[most].survey.name, worst=int(without[most, n]),
                    low=min(1.0, max(0.0, score[n] + gone[most, n])), **known,
                ) if gone[most, n] else say(FIRM)
            )  # fmt: skip
    return made + [""] * (len(targets) - count)


def _also(surveys: list[Survey]) -> str:
    return say(ALSO, names=", ".join(one.name for one in surveys)) if surveys else ""


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]
