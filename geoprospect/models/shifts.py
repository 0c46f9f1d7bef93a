"""Deposits shifted as one over a map: how high would any pattern so clustered score?"""

from __future__ import annotations

import functools
import logging
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import lazy
from geoprospect.errors import DataError
from geoprospect.kernels import ranking
from geoprospect.language import kept, marked, say

log = logging.getLogger("geoprospect.models")

FEWEST = 19
"""Shifts without which no pattern can be called rare: 1 in 20."""
BATCHES = 50
"""Times as many shifts as wanted are tried, where much of the map is unknown."""
ALARM = 0.05

Cells = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


def shifted(
    out_of_fold: xr.Dataset,
    samples: gpd.GeoDataFrame,
    *,
    count: int = 99,
    kept: float = 0.5,
    seed: int,
) -> dict[str, Any]:
    """
    How often deposits shifted rigidly over the map are ranked as high as the real ones.

    Clustered deposits are few chances that look like many: one lucky cluster lifts them
    all. A rigid shift, wrapped about the edges of the map, keeps the pattern and breaks
    its tie to the ground, so its p value respects the clustering [1]_.

    Parameters
    ----------
    out_of_fold : Dataset (score, fold) of DataArray (y, x)
        Each cell's score from models that did not see it, and the fold of these; cells
        are ranked within their fold. ``fold`` may be left out of a map that no deposit
        taught. Read on purpose, block by block.
    samples : GeoDataFrame
        With ``label``, ``row``, ``column``.
    count : int
        Shifts.
    kept : float
        A shift that leaves less than this share of the deposits on scored ground is
        drawn anew [1]; deposits on ground without a score are left out.
    seed : int
        The same seed gives the same shifts.

    Returns
    -------
    dict
        ``ausrc`` of the deposits, ``null`` (one value a shift, in order), ``mean`` and
        ``highest`` of these, ``shifts``, ``p`` = (1 + those as high) / (1 + shifts) or
        None below 19 shifts, ``words`` and ``alarming``; ready for JSON.

    Raises
    ------
    DataError
        If no deposit lies on scored ground.
    ValueError
        If *count* is less than 1 or *kept* not in (0, 1].

    References
    ----------
    .. [1] Lotwick, H.W., Silverman, B.W. (1982). Methods for analysing spatial processes
       of several types of points. Journal of the Royal Statistical Society B 44, 406-413.
    """
    if count < 1:
        raise ValueError(f"count must be 1 shift or more, got {count}")
    if not 0 < kept <= 1:
        raise ValueError(f"kept must be above 0 and at most 1, got {kept}")
    deposits = samples[samples["label"] == 1]
    where = np.stack([deposits["row"], deposits["column"]]).astype(np.int64)
    known = ~np.isnan(_scores(out_of_fold, where)[0])
    if not known.any():
        raise DataError("no deposit lies on a cell with a score, so nothing can be shifted")
    patterns = _patterns(out_of_fold, where[:, known], count, kept, seed)
    shares = _area_shares(out_of_fold, np.concatenate([where[:, None, known], patterns], axis=1))
    found = [float(1 - np.nanmean(pattern)) for pattern in shares]
    return _told(found[0], found[1:], count)


def _patterns(out_of_fold: xr.Dataset, where: Cells, count: int, kept: float, seed: int) -> Cells:
    """Rows and columns of shifted deposits, (2, shifts, deposits), of shifts that keep enough."""
    shape = np.array(out_of_fold["score"].shape)
    generator = np.random.default_rng(seed)
    found: list[Cells] = []
    for _ in range(BATCHES):
        steps = generator.integers(0, shape, size=(count, 2)).T
        moved = (where[:, None, :] + steps[:, :, None]) % shape[:, None, None]
        scores = _scores(out_of_fold, moved.reshape(2, -1))[0].reshape(moved.shape[1:])
        stays = (~np.isnan(scores)).mean(axis=1) >= kept
        found.append(moved[:, stays & steps.any(axis=0)])
        if sum(some.shape[1] for some in found) >= count:
            break
    return np.concatenate(found, axis=1)[:, :count]


def _scores(out_of_fold: xr.Dataset, where: Cells) -> npt.NDArray[np.float32]:
    """Score, and fold where there is one, at cells: (1 or 2, cells)."""
    names = [name for name in ("score", "fold") if name in out_of_fold]
    return lazy.sample(out_of_fold, names, *where).T


def _area_shares(out_of_fold: xr.Dataset, where: Cells) -> Shares:
    """Share of its fold's ground that scores higher than each cell [1]; ties halved, exact."""
    flat = where.reshape(2, -1)
    scores, *folds = _scores(out_of_fold, flat)
    of = folds[0] if folds else np.zeros_like(scores)
    numbers = np.unique(of[~np.isnan(of)])
    wanted = [np.unique(scores[(of == number) & ~np.isnan(scores)]) for number in numbers]
    names = [name for name in ("score", "fold") if name in out_of_fold]
    counted = lazy.summed(
        functools.partial(_counted, numbers, wanted), *(out_of_fold[name] for name in names)
    )
    shares, pieces = np.full(len(scores), np.nan), iter(_parted(counted, wanted))
    for number, thresholds in zip(numbers, wanted, strict=True):
        cells, above, at_or_above = next(pieces)
        here = (of == number) & ~np.isnan(scores)
        middle = (above + at_or_above) / 2 / cells
        shares[here] = middle[np.searchsorted(thresholds, scores[here])]
    return shares.reshape(where.shape[1:])


def _counted(
    numbers: npt.NDArray[Any],
    wanted: list[npt.NDArray[Any]],
    score: npt.NDArray[Any],
    fold: npt.NDArray[Any] | None = None,
) -> Cells:
    """Of each fold in a block: its cells, and those above, and at or above, each threshold."""
    parts: list[Any] = []
    for number, thresholds in zip(numbers, wanted, strict=True):
        known = ~np.isnan(score) & (True if fold is None else fold == number)
        parts += [[known.sum()], *ranking.ranks(score[known], thresholds)]
    return np.concatenate(parts).astype(np.int64)


def _parted(counted: Cells, wanted: list[npt.NDArray[Any]]) -> list[tuple[int, Cells, Cells]]:
    sizes = [size for some in wanted for size in (1, len(some), len(some))]
    pieces = np.split(counted, np.cumsum(sizes)[:-1])
    return [(int(c[0]), above, at) for c, above, at in zip(*[iter(pieces)] * 3, strict=True)]


def _told(ausrc: float, null: list[float], wanted: int) -> dict[str, Any]:
    as_high = sum(value >= ausrc - 1e-12 for value in null)
    told: dict[str, Any] = {
        "ausrc": ausrc,
        "null": null,
        "mean": float(np.mean(null)) if null else None,
        "highest": max(null, default=None),
        "shifts": len(null),
        "p": (1 + as_high) / (1 + len(null)) if len(null) >= min(FEWEST, wanted) else None,
    }
    if told["p"] is None:
        log.warning(
            "only %d of %d shifts keep enough deposits on scored ground; whether their "
            "clustering explains the score cannot be said", len(null), wanted,
        )  # fmt: skip
        return told | kept(lambda: _too_few(len(null))) | {"alarming": True}
    alarming = told["p"] > ALARM
    return told | kept(lambda: _words(told, as_high, alarming)) | {"alarming": alarming}


def _too_few(shifts: int) -> str:
    return say(
        "only {count} shifts of the deposits keep enough of them on scored ground, too few to "
        "tell whether their clustering explains the score", count=shifts,
    )  # fmt: skip


def _words(told: dict[str, Any], as_high: int, alarming: bool) -> str:
    message = (
        marked(
            "deposits shifted as one over the map are ranked as high as the real ones {as_high} of "
            "{shifts} times (p = {p:.2g}): their clustering alone may explain the score"
        )
        if alarming
        else marked(
            "deposits shifted as one over the map are ranked as high as the real ones only "
            "{as_high} of {shifts} times (p = {p:.2g}): their clustering does not explain the score"
        )
    )
    return say(message, as_high=as_high, shifts=told["shifts"], p=told["p"])
