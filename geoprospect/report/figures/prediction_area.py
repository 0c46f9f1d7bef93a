"""Deposits found against ground set aside: prediction-area plots of maps and layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoprospect.language import marked, named, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.charts import told_apart

if TYPE_CHECKING:
    from matplotlib.figure import Figure


WAYS = {"high": marked("high values"), "low": marked("low values")}
"""Directions in which a layer can be read."""


@FIGURES.register
def prediction_area_plot(
    curve: Mapping[str, Any], *, title: str = "", width: float = canvas.ON_PAGE
) -> Figure:
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
    title : str
    width : float
        Of the figure [mm].

    References
    ----------
    .. [1] Yousefi, M., Carranza, E.J.M. (2015). Prediction-area (P-A) plot and C-A fractal
       analysis to classify and evaluate evidential maps for mineral prospectivity modeling.
       Computers & Geosciences 79, 69-81.
    """
    table, crossing = prediction_area_plot_data(curve), curve["crossing"]
    rate = (
        say("Success rate: deposits fitted")
        if curve["fitted"]
        else say("Prediction rate: held out")
    )
    name = named(curve["long_name"])
    unit = "" if curve["units"] in {"", "1"} else f" [{curve['units']}]"
    with canvas.paper(width):
        figure = canvas.plate(width, max(66.0, 0.61 * width))
        axes = figure.add_subplot(
            title=title or name, xlabel=f"{name}{unit}",
            ylabel=say("Known deposits at or above [%]"),
        )  # fmt: skip
        other = axes.twinx()
        score, shares = table["score"], 100 * table[["deposits", "area"]]
        (found,) = axes.plot(score, shares["deposits"], color=canvas.BLUE, lw=2.0)
        (ground,) = other.plot(score, shares["area"], color=canvas.ORANGE, lw=2.0)
        _cross(axes, crossing)
        other.set(ylabel=say("Area at or above [%]"), ylim=(101, -1))
        other.spines["right"].set_visible(True)
        axes.set(ylim=(-1, 101))  # the two axes mirror each other: they add up to 100
        axes.grid(visible=True)
        figure.legend([found, ground], [rate, say("Area")], loc="outside lower center", ncols=2)
    return figure


@DATA.register
def prediction_area_plot_data(curve: Mapping[str, Any]) -> pd.DataFrame:
    """``score`` [its unit], and ``deposits`` and ``area`` that score as high or higher [1]."""
    return pd.DataFrame({name: curve[name] for name in ("score", "deposits", "area")}, dtype=float)


def _cross(axes: Any, crossing: Mapping[str, float]) -> None:
    where, captured = crossing["score"], 100 * crossing["captured"]
    told = say(
        "{captured:.0f} % of deposits\nin {area:.0f} % of the area\ndensity {density:.2f}",
        captured=captured, area=100 * crossing["area"], density=crossing["density"],
    )  # fmt: skip
    axes.plot([where], [captured], "o", color=canvas.CRIMSON, ms=6, zorder=5)
    left = where > np.mean(axes.get_xlim())
    axes.annotate(told, (where, captured), (-12 if left else 12, 0), textcoords="offset points",
                  ha="right" if left else "left", va="center", fontsize=8.5)  # fmt: skip


@FIGURES.register
def layer_densities(
    layers: Sequence[Mapping[str, Any]], *, width: float = canvas.ON_PAGE
) -> Figure:
    """
    Normalised density of each evidence layer, high values rich and low values rich.

    Deposits found over ground set aside, where the two meet: 1 is chance. The better
    direction is filled.

    Parameters
    ----------
    layers : sequence of mapping
        ``long_name``, and ``high`` and ``low``: the crossing in each direction with
        ``density`` and, where known, ``interval`` (its two ends).
    width : float
        Of the figure [mm].
    """
    table = layer_densities_data(layers)
    rows = np.arange(len(table))
    with canvas.paper(width):
        figure = canvas.plate(width, 28 + 7.1 * len(table))
        axes = figure.add_subplot(
            title=say("Each layer by itself"), xlabel=say("Normalised density")
        )
        axes.axvline(1, color=canvas.MUTED, lw=0.9, ls="--")
        for way, colour, lift in (("high", canvas.BLUE, -0.13), ("low", canvas.ORANGE, 0.13)):
            at = table[way].to_numpy(float)
            ends = table[[f"{way}_from", f"{way}_to"]].sub(table[way], axis=0).abs().to_numpy().T
            better = (table["better"] == way).to_numpy()
            axes.errorbar(at, rows + lift, xerr=ends, fmt="none", ecolor=colour, lw=1.0)
            axes.scatter(at, rows + lift, s=30, edgecolors=colour, zorder=3, label=say(WAYS[way]),
                         c=[colour if one else "white" for one in better])  # fmt: skip
        axes.set_yticks(rows, told_apart([named(str(name)) for name in table["long_name"]]))
        axes.set(ylim=(len(table) - 0.4, -0.6))
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
        figure.legend(loc="outside lower center", ncols=2)
    return figure


@DATA.register
def layer_densities_data(layers: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
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
