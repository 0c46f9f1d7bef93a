"""How far apart holes are, as blocks see it, and what spacings a standard asks for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from geoprospect.errors import DataError, did_you_mean

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

AT_ONCE = 16_384
"""Places whose neighbours are held at one time."""
FIRST = 32
"""Samples among which holes are looked for first."""
RULE = {1: 0.5, 2: 1.0, 3: 2.0}
"""Spacing of each level in parts of that of the middle one."""


def hole_spacing(samples: pd.DataFrame, places: npt.ArrayLike, *, holes: int = 3) -> Values:
    """
    Spacing of holes about each place [m].

    In the middle of a square grid the nearest holes lie half a diagonal away; so the mean
    distance to the nearest holes, times the root of two, is the spacing of the grid. Of each
    hole the nearest sample counts.

    Parameters
    ----------
    samples : DataFrame
        Composites: ``x``, ``y``, ``z`` [m] and ``hole``.
    places : array (n, 3)
        Such as middles of blocks [m].
    holes : int
        How many of the nearest.

    Returns
    -------
    array (n,)

    Raises
    ------
    DataError
        If a column is missing, or there are fewer holes.
    """
    for name in ("x", "y", "z", "hole"):
        if name not in samples.columns:
            known = did_you_mean(name, map(str, samples.columns))
            raise DataError(f"the samples have no column {name!r}{known}")
    numbers = pd.factorize(samples["hole"])[0]
    if len(np.unique(numbers)) < holes:
        raise DataError(f"spacing needs {holes} holes, and there are {len(np.unique(numbers))}")
    at = np.asarray(places, np.float64).reshape(-1, 3)
    tree = cKDTree(samples[["x", "y", "z"]].to_numpy(float))
    made = np.empty(len(at))
    for start in range(0, len(at), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        made[some] = _mean_distance(tree, numbers, at[some], holes)
    return np.asarray(made * np.sqrt(2))


def _mean_distance(tree: cKDTree, numbers: Index, places: Values, holes: int) -> Values:
    """To the nearest samples of the nearest holes [m]; looks farther if one hole is in the way."""
    made = np.full(len(places), np.nan)
    left, count = np.arange(len(places)), min(FIRST, len(numbers))
    while len(left):
        away, near = tree.query(places[left], k=list(range(1, count + 1)))
        of = numbers[near]
        fresh = np.ones(of.shape, bool)
        total = np.zeros(len(left))
        rows = np.arange(len(left))
        enough = np.ones(len(left), bool)
        for _ in range(holes):
            enough &= fresh.any(axis=1)
            first = fresh.argmax(axis=1)
            total += away[rows, first]
            fresh &= of != of[rows, first][:, None]
        made[left[enough]] = total[enough] / holes
        left, count = left[~enough], min(2 * count, len(numbers))
    return made


def spacing_table(controlled: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """
    Spacings that levels of knowledge ask for, by type of deposit [m]: a table to be edited.

    Chinese standards for each commodity state the spacing of works (工程间距) of the middle
    level, 控制, by type of exploration (勘查类型): I for large, regular bodies to III for small,
    broken ones. It is common practice to halve it for the level above and to double it for that
    below; where a standard says otherwise, change the table. No standard's numbers are
    shipped: look them up for the commodity.

    Parameters
    ----------
    controlled : mapping of type to (along strike, down dip)
        Spacings of the middle level [m].

    Returns
    -------
    DataFrame
        ``type``, ``level`` (1 to 3), ``along`` and ``down`` [m].

    Raises
    ------
    ValueError
        If a spacing is not positive.
    """
    for name, sides in controlled.items():
        if not min(sides) > 0:
            raise ValueError(f"spacings must be positive, got {sides} m for type {name}")
    return pd.DataFrame(
        [
            {"type": name, "level": level, "along": along * part, "down": down * part}
            for name, (along, down) in controlled.items()
            for level, part in RULE.items()
        ],
        columns=["type", "level", "along", "down"],
    )


def table_limits(table: pd.DataFrame, *, of_type: str) -> tuple[float, ...]:
    """
    The spacings of levels 1, 2, 3 for one type [m]: sides of squares as large as its oblongs.

    Raises
    ------
    DataError
        If the table does not have the type's three levels, or spacings do not grow with them.
    """
    rows = table[table["type"] == of_type].sort_values("level")
    if rows["level"].tolist() != list(RULE):
        kinds = ", ".join(sorted(map(str, table["type"].unique())))
        raise DataError(f"the table has no levels 1, 2, 3 of type {of_type!r}; it has {kinds}")
    limits = np.sqrt(rows["along"].to_numpy(float) * rows["down"].to_numpy(float))
    if not (limits[0] > 0 and (np.diff(limits) > 0).all()):
        raise DataError(f"spacings of type {of_type!r} must grow from level 1 to 3, got {limits} m")
    return tuple(limits.tolist())
