"""How far to trust a map, drawn: growing blocks, single camps, models side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoprospect.language import say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.charts import told_apart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CAMPS = 30
"""Clusters drawn; of more, those found worst."""


# --- growing blocks --------------------------------------------------------------------------


@DATA.register
def degradation_curve_data(protocol: Mapping[str, Any]) -> pd.DataFrame:
    """
    What :func:`degradation_curve` draws: one row for each size.

    ``label``, ``size`` [m] (0 of random folds), ``mean``, ``worst``, and ``low`` and
    ``high`` of the interval of AUC (NaN where there is none).
    """
    rows = []
    for level in protocol["levels"]:
        low, high = (level.get("interval") or {}).get("auc") or (np.nan, np.nan)
        told = {key: level["auc"][key] for key in ("mean", "worst")}
        rows.append({"label": level["label"], "size": level["size"], **told}
                    | {"low": low, "high": high})  # fmt: skip
    return pd.DataFrame(rows)


@FIGURES.register
def degradation_curve(protocol: Mapping[str, Any], *, width: float = canvas.ON_PAGE) -> Figure:
    """
    AUC [1] as ground is held out in larger blocks, from random folds on.

    Where it falls, the score rests on nearness to known deposits; where it levels off,
    blocks are as wide as the evidence reaches.

    Parameters
    ----------
    protocol : mapping
        With ``levels``: ``label``, ``size`` [m], ``auc`` and, where known, ``interval``.
    width : float
        Of the figure [mm].
    """
    table = degradation_curve_data(protocol)
    place = np.arange(len(table))
    reach = table[["low", "high"]].sub(table["mean"], axis=0).abs().to_numpy().T
    with canvas.paper(width):
        figure = canvas.plate(width, max(66.0, 0.55 * width))
        axes = figure.add_subplot(title=say("Score by size of block"), ylabel="AUC")
        axes.axhline(0.5, color=canvas.MUTED, lw=0.9, ls="--", label=say("random guess"))
        axes.plot(place, table["worst"], "v", color=canvas.ORANGE, ms=5, label=say("worst fold"))
        if np.isfinite(reach).any():
            axes.errorbar(place, table["mean"], yerr=reach, fmt="none", ecolor=canvas.BLUE,
                          lw=1.2, capsize=3, label=say("95 % interval"))  # fmt: skip
        axes.plot(place, table["mean"], "o-", color=canvas.BLUE, lw=2.0, ms=6,
                  label=say("mean of the folds"))  # fmt: skip
        for at, mean in zip(place, table["mean"], strict=True):
            axes.annotate(f"{mean:.2f}", (at, mean), (7, 6), textcoords="offset points",
                          color=canvas.BLUE, fontsize=8.5, fontweight="bold")  # fmt: skip
        told = zip(table["label"], table["size"], strict=True)
        axes.set_xticks(place, [_sized(label, size) for label, size in told])
        lowest = min(0.5, float(table[["worst", "low"]].min().min()))
        axes.set(xlim=(-0.4, len(table) - 0.4), ylim=(max(0.0, lowest - 0.05), 1.01))
        axes.grid(visible=True, axis="y")
        figure.legend(loc="outside lower center", ncols=4 if width > canvas.ONE_AND_A_HALF else 2)
    return figure


def _sized(label: str, size: float) -> str:
    return f"{label}\n{size / 1000:g} km" if size else say("{label}\nfolds", label=label)


# --- single camps ----------------------------------------------------------------------------


@DATA.register
def cluster_places_data(protocol: Mapping[str, Any]) -> pd.DataFrame:
    """
    What :func:`cluster_places` draws: one row for each cluster, the worst first.

    ``name``, ``deposits`` and ``percentile``: share of the area that scores higher [1].
    """
    rows = [
        {"name": fold.get("name") or say("cluster {number}", number=fold["fold"])}
        | {key: fold[key] for key in ("deposits", "percentile")}
        for fold in protocol["folds"]
        if fold.get("percentile") is not None
    ]
    table = pd.DataFrame(rows, columns=["name", "deposits", "percentile"])
    return table.sort_values("percentile", ascending=False, kind="stable", ignore_index=True)


@FIGURES.register
def cluster_places(protocol: Mapping[str, Any], *, width: float = canvas.ON_PAGE) -> Figure:
    """
    Share of the area to search before each deposit cluster is met, itself unknown [%].

    One row for each cluster, by name, those found worst on top; at 50 % a cluster was found
    no better than by chance.

    Parameters
    ----------
    protocol : mapping
        With ``folds``: ``name``, ``deposits`` and ``percentile`` [1] of each cluster.
    width : float
        Of the figure [mm].
    """
    table = cluster_places_data(protocol)
    shown = table.head(MOST_CAMPS)
    place = 100 * shown["percentile"].to_numpy()
    names = told_apart([str(name) for name in shown["name"]])
    with canvas.paper(width):
        figure = canvas.plate(width, 25 + 5.1 * len(shown))
        title = say("Each deposit cluster, left out")
        if len(table) > len(shown):
            title = say(
                "{title}: the worst {shown} of {all}", title=title, shown=len(shown), all=len(table)
            )
        axes = figure.add_subplot(title=title, xlabel=say("Area that scores higher [%]"))
        rows = np.arange(len(shown))
        axes.hlines(rows, 0, place, color=canvas.FAINT, lw=3)
        colours = [canvas.ORANGE if one > 50 else canvas.BLUE for one in place]
        sizes = np.minimum(14 + 8 * shown["deposits"], 200)
        axes.scatter(place, rows, s=sizes, color=colours, zorder=3, linewidths=0)
        axes.axvline(50, color=canvas.MUTED, lw=0.9, ls="--")
        axes.text(50, -0.75, say("random guess"), color=canvas.MUTED, fontsize=7.5, ha="center")
        axes.set_yticks(rows, names)
        axes.set(xlim=(0, 100), ylim=(len(shown) - 0.4, -1.1))
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
    return figure


# --- models side by side ---------------------------------------------------------------------


@DATA.register
def leaderboard_data(board: Mapping[str, Any]) -> pd.DataFrame:
    """
    What :func:`leaderboard` draws: one row for each model, best first.

    ``model``, ``mean``, ``sd``, ``worst`` of AUC, and ``behind``, ``low`` and ``high``: its
    distance from the best and the ends of that (NaN of the best itself).
    """
    rows = []
    for row in board["models"]:
        behind = (row.get("behind") or {}).get("auc") or {"mean": np.nan}
        low, high = behind.get("interval") or (np.nan, np.nan)
        rows.append(
            {"model": row["model"], **{key: row["auc"][key] for key in ("mean", "sd", "worst")}}
            | {"behind": behind["mean"], "low": low, "high": high}
        )
    return pd.DataFrame(rows)


@FIGURES.register
def leaderboard(board: Mapping[str, Any], *, width: float = canvas.ON_PAGE) -> Figure:
    """
    AUC of every fold, one row for each model, and each model's distance from the best.

    An interval that crosses zero says that the folds cannot tell the two apart.

    Parameters
    ----------
    board : mapping
        Of :func:`geoprospect.models.leaderboard.leaderboard`.
    width : float
        Of the figure [mm].
    """
    table, models = leaderboard_data(board), board["models"]
    below = width <= canvas.ONE_AND_A_HALF
    with canvas.paper(width):
        figure = canvas.plate(width, (25 + 12.7 * len(models)) * (1.6 if below else 1))
        left, right = (
            figure.subplots(2, 1, sharey=True)
            if below
            else figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
        )
        for at, row in enumerate(models):
            colour = canvas.BLUE if at == 0 else canvas.ORANGE
            folds = row["folds"]
            heights = at + 0.12 * (np.arange(len(folds)) % 3 - 1)
            left.plot(folds, heights, "o", color=colour, ms=4.5, alpha=0.6, mew=0)
            left.plot([row["auc"]["mean"]] * 2, [at - 0.28, at + 0.28], color=colour, lw=2.2)
        _differences(right, table)
        left.axvline(0.5, color=canvas.MUTED, lw=0.9, ls="--")
        lowest = min([0.5, *(score for row in models for score in row["folds"])])
        left.set(title=say("Score of each fold"), xlabel="AUC", xlim=(max(0.0, lowest - 0.05), 1.0),
                 ylim=(len(models) - 0.4, -0.6))  # fmt: skip
        left.set_yticks(range(len(models)), told_apart([str(name) for name in table["model"]]))
        for axes in (left, right):
            axes.tick_params(axis="y", length=0)
            axes.grid(visible=True, axis="x")
    return figure


def _differences(axes: Any, table: pd.DataFrame) -> None:
    rows = np.arange(len(table))
    reach = table[["low", "high"]].sub(table["behind"], axis=0).abs().to_numpy().T
    axes.axvline(0, color=canvas.MUTED, lw=0.9, ls="--")
    axes.errorbar(table["behind"], rows, xerr=reach, fmt="o", color=canvas.ORANGE, ms=5, lw=1.4,
                  capsize=3)  # fmt: skip
    axes.set(title=say("Less the best"), xlabel=say("Difference, 95 % interval"))
