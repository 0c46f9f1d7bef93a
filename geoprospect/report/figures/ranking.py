"""What puts targets in their order, and how firmly they stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geoprospect.language import say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 15
"""Targets drawn, best first."""

COLOURS = ("#0b6fa4", "#c2590b", "#5f8f3c", "#7a5195", "#b8860b", "#66727f", "#b2182b", "#2a9d8f")
"""Of the criteria, in their order."""


@FIGURES.register
def target_ranking(
    targets: gpd.GeoDataFrame,
    ranking: Mapping[str, Any],
    *,
    most: int = MOST,
    width: float = canvas.ON_PAGE,
) -> Figure:
    """
    What each criterion brings to a target's weighted score [1], and how firmly it stands.

    On the left the weighted score in its parts; a diamond marks the Pareto front: no other target
    is at least as good in everything and better in something. On the right how often
    a target stays among the first [%] when the weights are drawn anew around the stated ones, and
    when each member of the ensemble scores by itself.

    Parameters
    ----------
    targets : GeoDataFrame
        With the columns that *ranking* names, best first.
    ranking : mapping
        The content of ``ranking.json``.
    most : int
        Targets drawn.
    width : float
        Of the figure [mm].
    """
    drawn = target_ranking_data(targets, ranking, most=most)
    criteria = _counted(ranking)
    rows = max(1, drawn["label"].nunique())
    with canvas.paper(width):
        figure = canvas.plate(width, 27 + 5.0 * rows + 4 * ((len(criteria) + 2) // 3))
        parts, firm = figure.subplots(1, 2, sharey=True, width_ratios=[1.7, 1])
        _parts(parts, drawn, criteria)
        _firm(firm, drawn, int(ranking["first"]))
        firm.set(ylim=(rows - 0.4, -0.6))
        figure.legend(loc="outside lower center", ncols=2 if width < canvas.ONE_AND_A_HALF else 3)
    return figure


@DATA.register
def target_ranking_data(
    targets: gpd.GeoDataFrame, ranking: Mapping[str, Any], *, most: int = MOST
) -> pd.DataFrame:
    """
    A row for each target and each criterion with a weight.

    ``label``, ``criterion``, ``units``, ``value``, ``utility``, ``part`` (of the weighted score)
    [1], ``weighted_score``, ``pareto``, ``top10_members`` and ``top10_weights`` [1].
    """
    shown = targets.head(most)
    criteria = _counted(ranking)
    total = sum(one["weight"] for one in criteria)
    same = ["label", "weighted_score", "pareto", "top10_members", "top10_weights"]
    tables = [
        pd.DataFrame(shown[same]).assign(
            criterion=one["label"],
            units=one["units"],
            value=shown[one["column"]],
            utility=shown[one["utility"]],
            part=one["weight"] / total * shown[one["utility"]],
        )
        for one in criteria
    ]
    order = ["label", "criterion", "units", "value", "utility", "part", *same[1:]]
    return pd.concat(tables, ignore_index=True)[order]


def _counted(ranking: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in ranking["criteria"] if one["weight"] > 0]


def _parts(axes: Axes, drawn: pd.DataFrame, criteria: list[Mapping[str, Any]]) -> None:
    labels = list(drawn["label"].unique())
    left = pd.Series(0.0, index=labels)
    for number, one in enumerate(criteria):
        criterion = str(one["label"])
        mine = drawn[drawn["criterion"] == criterion].set_index("label")["part"]
        axes.barh(
            range(len(labels)), mine, left=left, height=0.66,
            color=COLOURS[number % len(COLOURS)], label=say(criterion),
        )  # fmt: skip
        left = left + mine
    front = drawn.drop_duplicates("label")["pareto"].to_numpy() == 1
    axes.plot(
        left[front] + 0.03, [n for n, first in enumerate(front) if first], ls="none", marker="D",
        ms=4, color=canvas.INK, label=say("on the Pareto front"),
    )  # fmt: skip
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0)
    axes.set(title=say("What makes the score"), xlabel=say("weighted score"), xlim=(0, 1.06))
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)


def _firm(axes: Axes, drawn: pd.DataFrame, first: int) -> None:
    each = drawn.drop_duplicates("label")
    rows = range(len(each))
    ends = 100 * each[["top10_weights", "top10_members"]]
    axes.hlines(rows, ends.min(axis=1), ends.max(axis=1), color=canvas.FAINT, lw=2)
    for column, colour, marker, text in (
        ("top10_weights", canvas.INK, "o", say("other weights")),
        ("top10_members", canvas.ORANGE, "s", say("single members")),
    ):
        axes.plot(ends[column], rows, ls="none", marker=marker, ms=4.5, color=colour, label=text)
    axes.tick_params(axis="y", length=0)
    axes.set(
        title=say("Among the first {first}", first=first),
        xlabel=say("of the draws [%]"),
        xlim=(-4, 104),
    )
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
