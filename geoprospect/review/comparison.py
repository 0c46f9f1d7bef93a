"""What another run makes of the same ground."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from geoprospect.review.folder import Run


def compared(run: Run, other: Run) -> list[dict[str, Any]]:
    """
    Targets of two runs that share ground, and those that only one has.

    Each target is set beside the one of the other run that covers most of it. ``share`` is how
    much of the target the other covers [1]; ``rank`` and ``score`` are of this run,
    ``other_rank`` and ``other_score`` of the other; what is missing is None.
    """
    theirs = other.targets.to_crs(run.targets.crs)
    pairs = _pairs(run.targets, theirs)
    rows = [_row(run.targets, theirs, mine, pairs.get(mine)) for mine in range(len(run.targets))]
    met = {position for position, _ in pairs.values()}
    return rows + [_only(theirs, n) for n in range(len(theirs)) if n not in met]


def _pairs(mine: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> dict[int, tuple[int, float]]:
    """Position of a target to that of its counterpart and the share of it that is covered."""
    if not len(mine) or not len(theirs):
        return {}
    here, there = mine.sindex.query(theirs.geometry, predicate="intersects")[::-1]
    shapes, others = mine.geometry.to_numpy()[here], theirs.geometry.to_numpy()[there]
    common = gpd.GeoSeries(shapes).intersection(gpd.GeoSeries(others)).area
    share = common / gpd.GeoSeries(shapes).area
    table = pd.DataFrame({"here": here, "there": there, "share": share})
    table = table[table["share"] > 0].sort_values(
        ["here", "share", "there"], ascending=[True, False, True], kind="stable"
    )
    first = table.drop_duplicates("here")
    return {
        int(one.here): (int(one.there), float(one.share))  # type: ignore[arg-type]
        for one in first.itertuples()
    }


def _row(
    mine: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, n: int, pair: tuple[int, float] | None
) -> dict[str, Any]:
    place, share = pair if pair else (None, 0.0)
    return {
        "label": str(mine["label"].iloc[n]),
        "rank": int(mine["rank"].iloc[n]),
        "score": _score(mine, n),
        "share": share,
        "other": None if place is None else str(theirs["label"].iloc[place]),
        "other_rank": None if place is None else int(theirs["rank"].iloc[place]),
        "other_score": None if place is None else _score(theirs, place),
    }


def _only(theirs: gpd.GeoDataFrame, n: int) -> dict[str, Any]:
    return {
        "label": None, "rank": None, "score": None, "share": 0.0,
        "other": str(theirs["label"].iloc[n]), "other_rank": int(theirs["rank"].iloc[n]),
        "other_score": _score(theirs, n),
    }  # fmt: skip


def _score(targets: gpd.GeoDataFrame, n: int) -> float | None:
    """The score by which targets are told apart: the map's own, or the weighted one beside it."""
    for name in ("score", "mean_prospectivity"):
        if name in targets:
            found = float(targets[name].iloc[n])
            return None if found != found else found  # noqa: PLR0124
    return None
