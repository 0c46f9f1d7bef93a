"""How far to trust a map, drawn: growing blocks, single camps, models side by side, P-A plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoprospect.report import canvas
from geoprospect.report.figures.charts import told_apart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CAMPS = 30
"""Clusters drawn; of more, those found worst."""


# --- growing blocks --------------------------------------------------------------------------


def degradation_table(protocol: Mapping[str, Any]) -> pd.DataFrame:
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


def degradation_curve(protocol: Mapping[str, Any]) -> Figure:
    """
    AUC [1] as ground is held out in larger blocks, from random folds on.

    Where it falls, the score rests on nearness to known deposits; where it levels off,
    blocks are as wide as the evidence reaches.

    Parameters
    ----------
    protocol : mapping
        With ``levels``: ``label``, ``size`` [m], ``auc`` and, where known, ``interval``.
    """
    table = degradation_table(protocol)
    place = np.arange(len(table))
    reach = table[["low", "high"]].sub(table["mean"], axis=0).abs().to_numpy().T
    with canvas.paper():
        figure = canvas.sheet(6.2, 3.4)
        axes = figure.add_subplot(title="Score by size of block", ylabel="AUC")
        axes.axhline(0.5, color=canvas.MUTED, lw=0.9, ls="--", label="random guess")
        axes.plot(place, table["worst"], "v", color=canvas.ORANGE, ms=5, label="worst fold")
        if np.isfinite(reach).any():
            axes.errorbar(place, table["mean"], yerr=reach, fmt="none", ecolor=canvas.BLUE,
                          lw=1.2, capsize=3, label="95 % interval")  # fmt: skip
        axes.plot(place, table["mean"], "o-", color=canvas.BLUE, lw=2.0, ms=6,
                  label="mean of the folds")  # fmt: skip
        for at, mean in zip(place, table["mean"], strict=True):
            axes.annotate(f"{mean:.2f}", (at, mean), (7, 6), textcoords="offset points",
                          color=canvas.BLUE, fontsize=8.5, fontweight="bold")  # fmt: skip
        told = zip(table["label"], table["size"], strict=True)
        axes.set_xticks(place, [_sized(label, size) for label, size in told])
        lowest = min(0.5, float(table[["worst", "low"]].min().min()))
        axes.set(xlim=(-0.4, len(table) - 0.4), ylim=(max(0.0, lowest - 0.05), 1.01))
        axes.grid(visible=True, axis="y")
        figure.legend(loc="outside lower center", ncols=4)
    return figure


def _sized(label: str, size: float) -> str:
    return f"{label}\n{size / 1000:g} km" if size else f"{label}\nfolds"


# --- single camps ----------------------------------------------------------------------------


def cluster_table(protocol: Mapping[str, Any]) -> pd.DataFrame:
    """
    What :func:`cluster_places` draws: one row for each cluster, the worst first.

    ``name``, ``deposits`` and ``percentile``: share of the area that scores higher [1].
    """
    rows = [
        {"name": fold.get("name") or f"cluster {fold['fold']}"}
        | {key: fold[key] for key in ("deposits", "percentile")}
        for fold in protocol["folds"]
        if fold.get("percentile") is not None
    ]
    table = pd.DataFrame(rows, columns=["name", "deposits", "percentile"])
    return table.sort_values("percentile", ascending=False, kind="stable", ignore_index=True)


def cluster_places(protocol: Mapping[str, Any]) -> Figure:
    """
    Share of the area to search before each deposit cluster is met, itself unknown [%].

    One row for each cluster, by name, those found worst on top; at 50 % a cluster was found
    no better than by chance.

    Parameters
    ----------
    protocol : mapping
        With ``folds``: ``name``, ``deposits`` and ``percentile`` [1] of each cluster.
    """
    table = cluster_table(protocol)
    shown = table.head(MOST_CAMPS)
    place = 100 * shown["percentile"].to_numpy()
    names = told_apart([str(name) for name in shown["name"]])
    with canvas.paper():
        figure = canvas.sheet(6.2, 1.0 + 0.2 * len(shown))
        title = "Each deposit cluster, left out"
        if len(table) > len(shown):
            title = f"{title}: the worst {len(shown)} of {len(table)}"
        axes = figure.add_subplot(title=title, xlabel="Area that scores higher [%]")
        rows = np.arange(len(shown))
        axes.hlines(rows, 0, place, color=canvas.FAINT, lw=3)
        colours = [canvas.ORANGE if one > 50 else canvas.BLUE for one in place]
        sizes = np.minimum(14 + 8 * shown["deposits"], 200)
        axes.scatter(place, rows, s=sizes, color=colours, zorder=3, linewidths=0)
        axes.axvline(50, color=canvas.MUTED, lw=0.9, ls="--")
        axes.text(50, -0.75, "random guess", color=canvas.MUTED, fontsize=7.5, ha="center")
        axes.set_yticks(rows, names)
        axes.set(xlim=(0, 100), ylim=(len(shown) - 0.4, -1.1))
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
    return figure


# --- models side by side ---------------------------------------------------------------------


def leaderboard_table(board: Mapping[str, Any]) -> pd.DataFrame:
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
    return pd.DataFrame(rows)  # fmt: skip


def leaderboard(board: Mapping[str, Any]) -> Figure:
    """
    AUC of every fold, one row for each model, and each model's distance from the best.

    An interval that crosses zero says that the folds cannot tell the two apart.

    Parameters
    ----------
    board : mapping
        Of :func:`geoprospect.models.leaderboard.leaderboard`.
    """
    table, models = leaderboard_table(board), board["models"]
    with canvas.paper():
        figure = canvas.sheet(6.2, 1.0 + 0.5 * len(models))
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
        for at, row in enumerate(models):
            colour = canvas.BLUE if at == 0 else canvas.ORANGE
            folds = row["folds"]
            heights = at + 0.12 * (np.arange(len(folds)) % 3 - 1)
            left.plot(folds, heights, "o", color=colour, ms=4.5, alpha=0.6, mew=0)
            left.plot([row["auc"]["mean"]] * 2, [at - 0.28, at + 0.28], color=colour, lw=2.2)
        _differences(right, table)
        left.axvline(0.5, color=canvas.MUTED, lw=0.9, ls="--")
        lowest = min([0.5, *(score for row in models for score in row["folds"])])
        left.set(title="Score of each fold", xlabel="AUC", xlim=(max(0.0, lowest - 0.05), 1.0),
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
    axes.set(title="Less the best", xlabel="Difference, 95 % interval")


# --- prediction-area plots -------------------------------------------------------------------


def prediction_area_plot(curve: Mapping[str, Any], *, title: str = "") -> Figure:
    """
    Deposits found and ground set aside against the score, and where the two meet [1]_.

    Left, the share of deposits on ground that scores as high or higher; right and upside
    down, the share of that ground. The nearer to the top they cross, the more deposits lie
    on the less ground.

    Parameters
    ----------
    curve : mapping
        ``score``, ``deposits`` and ``area`` (one list each [1], as
        :func:`geoprospect.kernels.ranking.by_score` gives them), ``fitted`` (whether the
        deposits were learnt from), ``crossing`` (``score``, ``captured``, ``area``,
        ``density``), and ``long_name`` and ``units`` of the score.

    References
    ----------
    .. [1] Yousefi, M., Carranza, E.J.M. (2015). Prediction-area (P-A) plot and C-A fractal
       analysis to classify and evaluate evidential maps for mineral prospectivity modeling.
       Computers & Geosciences 79, 69-81.
    """
    score, crossing = np.asarray(curve["score"], float), curve["crossing"]
    rate = "Success rate: deposits fitted" if curve["fitted"] else "Prediction rate: held out"
    unit = "" if curve["units"] in {"", "1"} else f" [{curve['units']}]"
    with canvas.paper():
        figure = canvas.sheet(6.2, 3.8)
        axes = figure.add_subplot(
            title=title or curve["long_name"], xlabel=f"{curve['long_name']}{unit}",
            ylabel="Known deposits at or above [%]",
        )  # fmt: skip
        other = axes.twinx()
        (found,) = axes.plot(score, 100 * np.asarray(curve["deposits"]), color=canvas.BLUE, lw=2.0)
        (ground,) = other.plot(score, 100 * np.asarray(curve["area"]), color=canvas.ORANGE, lw=2.0)
        _cross(axes, crossing)
        other.set(ylabel="Area at or above [%]", ylim=(101, -1))
        other.spines["right"].set_visible(True)
        axes.set(ylim=(-1, 101))  # the two axes mirror each other: they add up to 100
        axes.grid(visible=True)
        figure.legend([found, ground], [rate, "Area"], loc="outside lower center", ncols=2)
    return figure


def _cross(axes: Any, crossing: Mapping[str, float]) -> None:
    where, captured = crossing["score"], 100 * crossing["captured"]
    told = (
        f"{captured:.0f} % of deposits\nin {100 * crossing['area']:.0f} % of the area\n"
        f"density {crossing['density']:.2f}"
    )
    axes.plot([where], [captured], "o", color=canvas.CRIMSON, ms=6, zorder=5)
    left = where > np.mean(axes.get_xlim())
    axes.annotate(told, (where, captured), (-12 if left else 12, 0), textcoords="offset points",
                  ha="right" if left else "left", va="center", fontsize=8.5)  # fmt: skip


def layer_densities(layers: Sequence[Mapping[str, Any]]) -> Figure:
    """
    Normalised density of each evidence layer, high values rich and low values rich.

    Deposits found over ground set aside, where the two meet: 1 is chance. The better
    direction is filled.

    Parameters
    ----------
    layers : sequence of mapping
        ``long_name``, and ``high`` and ``low``: the crossing in each direction with
        ``density`` and, where known, ``interval`` (its two ends).
    """
    table = density_table(layers)
    rows = np.arange(len(table))
    with canvas.paper():
        figure = canvas.sheet(6.2, 1.1 + 0.28 * len(table))
        axes = figure.add_subplot(title="Each layer by itself", xlabel="Normalised density")
        axes.axvline(1, color=canvas.MUTED, lw=0.9, ls="--")
        for way, colour, lift in (("high", canvas.BLUE, -0.13), ("low", canvas.ORANGE, 0.13)):
            at = table[way].to_numpy(float)
            ends = table[[f"{way}_from", f"{way}_to"]].sub(table[way], axis=0).abs().to_numpy().T
            better = (table["better"] == way).to_numpy()
            axes.errorbar(at, rows + lift, xerr=ends, fmt="none", ecolor=colour, lw=1.0)
            axes.scatter(at, rows + lift, s=30, edgecolors=colour, zorder=3, label=f"{way} values",
                         c=[colour if one else "white" for one in better])  # fmt: skip
        axes.set_yticks(rows, told_apart([str(name) for name in table["long_name"]]))
        axes.set(ylim=(len(table) - 0.4, -0.6))
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
        axes.legend(loc="lower right")
    return figure


def density_table(layers: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """
    What :func:`layer_densities` draws: one row for each layer, the densest first.

    ``long_name``, density ``high`` and ``low`` with the ends of their intervals
    (``high_from``, ``high_to``, ...; NaN where unknown), and the ``better`` direction.
    """
    rows = []
    for layer in layers:
        row: dict[str, Any] = {"long_name": layer["long_name"]}
        for way in ("high", "low"):
            ends = layer[way].get("interval") or (np.nan, np.nan)
            row |= {way: layer[way]["density"], f"{way}_from": ends[0], f"{way}_to": ends[1]}
        rows.append(row | {"better": "low" if row["low"] > row["high"] else "high"})
    order = sorted(rows, key=lambda row: -max(row["high"], row["low"]))
    return pd.DataFrame(order)
