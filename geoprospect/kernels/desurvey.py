"""Where a drill hole goes: minimum curvature between its stations, true arcs within."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

STRAIGHT = 1e-7
"""Bend below which a stretch counts as straight [rad]."""
REVERSED = 1e-6
"""How near to a half turn a bend may come [rad]; there the plane of the arc is unknown."""


@dataclass(frozen=True, eq=False)
class Traces:
    """
    Stations of holes 0, 1, ..., hole by hole and downwards.

    ``starts`` (holes + 1,) says where each begins; ``depths`` (stations,) lie along the hole [m];
    ``tangents`` and ``offsets`` (stations, 3) are unit vectors and places from the collar [m],
    each east, north, up; ``bends`` (stations,) is the turn to the next station [rad], 0 at the
    last.
    """

    starts: Index
    depths: Values
    tangents: Values
    offsets: Values
    bends: Values


def direction(azimuth: Values, dip: Values) -> Values:
    """Unit vectors (n, 3), east, north, up, of azimuths and dips, negative down [degrees]."""
    a, d = np.radians(azimuth), np.radians(dip)
    return np.stack([np.cos(d) * np.sin(a), np.cos(d) * np.cos(a), np.sin(d)], axis=-1)


def bend(one: Values, other: Values) -> Values:
    """Angle between unit vectors (..., 3) [rad], exact where it is small too."""
    chord = np.linalg.norm(other - one, axis=-1) / 2
    return np.asarray(2 * np.arcsin(np.minimum(chord, 1.0)))


def traces(holes: Index, depths: Values, azimuth: Values, dip: Values) -> Traces:
    """
    Places of stations by minimum curvature: each stretch is an arc of a circle [1]_.

    Above the first station the hole is straight as it is there.

    Parameters
    ----------
    holes : (stations,) int
        Hole of each station, 0 and on, every hole at least once, in order.
    depths : (stations,)
        Along the hole, rising within each hole [m].
    azimuth, dip : (stations,)
        Clockwise from north, and negative down [degrees].

    Raises
    ------
    ValueError
        If holes or depths are not in order, or a hole turns back on itself between two stations.

    References
    ----------
    .. [1] Sawaryn, S.J., Thorogood, J.L. (2005). A compendium of directional calculations
       based on the minimum curvature method. SPE Drilling & Completion 20, 24-36.
    """
    same = holes[1:] == holes[:-1]
    steps = np.diff(depths)
    if holes[0] != 0 or not np.isin(np.diff(holes), (0, 1)).all():
        raise ValueError("stations must come hole by hole, of holes 0, 1, ... without a gap")
    if (steps[same] <= 0).any():
        raise ValueError("stations must come downwards, each deeper than the one before")
    tangents = direction(azimuth, dip)
    turns = np.where(same, bend(tangents[:-1], tangents[1:]), 0.0)
    if (turns > np.pi - REVERSED).any():
        at = depths[int(np.argmax(turns))]
        raise ValueError(f"a hole turns back on itself below the station at {at:g} m")
    chords = _chords(np.where(same, steps, 0.0), turns, tangents[:-1], tangents[1:])
    starts = np.flatnonzero(np.concatenate([[True], ~same, [True]])).astype(np.int64)
    offsets = np.concatenate([np.zeros((1, 3)), chords])
    offsets[starts[:-1]] = depths[starts[:-1], None] * tangents[starts[:-1]]
    for first, end in itertools.pairwise(starts):
        offsets[first:end] = np.cumsum(offsets[first:end], axis=0)
    return Traces(starts, depths, tangents, offsets, np.append(turns, 0.0))


def along(traced: Traces, holes: Index, depths: Values) -> tuple[Values, Values]:
    """
    Places from the collar [m] and tangents, both (n, 3), at depths along holes.

    Within a stretch they follow its arc; below the last station the hole goes straight on.
    """
    at = _last_station(traced, holes, depths)
    above = at < 0
    at = np.where(above, traced.starts[holes], at)
    begin = traced.depths[at]
    final = at + 1 == traced.starts[holes + 1]
    after = np.where(final, at, at + 1)
    length = np.where(final, 1.0, traced.depths[after] - begin)
    share = (depths - begin) / length
    start, turn = traced.tangents[at], np.where(above, 0.0, traced.bends[at])
    tangents = _turned(start, traced.tangents[after], turn, share)
    tangents = np.where((above | final)[:, None], start, tangents)
    moved = _chords(depths - begin, np.where(above | final, 0.0, share * turn), start, tangents)
    return traced.offsets[at] + moved, tangents


def _turned(one: Values, other: Values, turn: Values, share: Values) -> Values:
    """Unit vectors a share of the way along the arc from one to the other."""
    straight = turn < STRAIGHT
    safe = np.where(straight, 1.0, turn)
    near = np.where(straight, 1 - share, np.sin((1 - share) * safe) / np.sin(safe))
    far = np.where(straight, share, np.sin(share * safe) / np.sin(safe))
    made = near[:, None] * one + far[:, None] * other
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True))


def _chords(length: Values, turn: Values, one: Values, other: Values) -> Values:
    """From the begin to the end of arcs of that length and turn."""
    safe = np.where(turn < STRAIGHT, 1.0, turn)
    ratio = np.where(turn < STRAIGHT, 1 + turn**2 / 12, 2 / safe * np.tan(safe / 2))
    return np.asarray((length / 2 * ratio)[:, None] * (one + other))


def _last_station(traced: Traces, holes: Index, depths: Values) -> Index:
    """Number of the deepest station at or above each depth of its hole; -1 where there is none."""
    count = len(traced.depths)
    of = np.repeat(np.arange(len(traced.starts) - 1), np.diff(traced.starts))
    asked = np.repeat([False, True], [count, len(depths)])
    every = np.concatenate([of, holes])
    order = np.lexsort((asked, np.concatenate([traced.depths, depths]), every))
    passed = np.empty(len(order), np.int64)
    passed[order] = np.cumsum(~asked[order]) - 1
    found = passed[count:]
    return np.where(found < traced.starts[holes], -1, found)
