"""How much there may be, drawn: estimates side by side, metal by its odds, a belief's worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoprospect import language
from geoprospect.language import marked, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.charts import told_apart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = {
    "mark3": marked("one panel (Mark3)"),
    "negative_binomial": marked("several experts"),
    "poisson": marked("several experts (Poisson)"),
    "deposit_density": marked("deposit density"),
    "endowment": marked("from the map"),
    "one_level": marked("as rich as explored ground"),
    "rank_size": marked("rank and size"),
    "target_count": marked("target by target"),
    "pooled": marked("pooled"),
    "aggregated": marked("tracts together"),
}
"""What estimators are called on the page."""


def named(estimator: str) -> str:
    """An estimator's name on the page."""
    return say(NAMES[estimator]) if estimator in NAMES else estimator.replace("_", " ")


@DATA.register
def deposit_numbers_data(numbers: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """
    What :func:`deposit_numbers` draws: one row for each estimate.

    ``estimator``, ``n90``, ``n50``, ``n10``, ``mean``, ``sd`` and ``none``: P(N = 0).
    """
    keys = ("estimator", "n90", "n50", "n10", "mean", "sd", "none")
    return pd.DataFrame([{key: one[key] for key in keys} for one in numbers])


@FIGURES.register
def deposit_numbers(
    numbers: Sequence[Mapping[str, Any]], *, width: float = canvas.ON_PAGE
) -> Figure:
    """
    Number of undiscovered deposits by each estimator: N90 to N10, N50 and the mean.

    Estimates that do not overlap disagree on what is there; no average settles that.

    Parameters
    ----------
    numbers : sequence of mapping
        ``estimator``, ``n90``, ``n50``, ``n10``, ``mean``, ``sd`` and ``none``; one called
        ``pooled`` stands out.
    width : float
        Of the figure [mm].
    """
    from matplotlib.lines import Line2D

    table = deposit_numbers_data(numbers)
    rows = np.arange(len(table))
    colours = [canvas.ORANGE if one == "pooled" else canvas.BLUE for one in table["estimator"]]
    with canvas.paper(width):
        figure = canvas.plate(width, 27 + 9 * len(table))
        axes = figure.add_subplot(
            title=say("Undiscovered deposits"), xlabel=say("Number of deposits")
        )
        axes.hlines(rows, table["n90"], table["n10"], color=colours, lw=5, alpha=0.35)
        axes.scatter(table["n50"], rows, marker="|", s=160, color=colours, lw=2.2)
        axes.scatter(table["mean"], rows, marker="o", s=26, color=colours, zorder=3)
        for row, low, high in zip(rows, table["n90"], table["n10"], strict=True):
            reach = say("{low:,.0f} to {high:,.0f}", low=low, high=high)
            axes.text(high, row - 0.17, f"  {reach}", color=canvas.MUTED, fontsize=7.5,
                      va="bottom")  # fmt: skip
        axes.set_yticks(rows, told_apart([named(one) for one in table["estimator"]]))
        axes.set(ylim=(len(table) - 0.4, -0.7))
        axes.set_xlim(0, 1.18 * max(1.0, float(table[["n10", "mean"]].max().max())))
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
        shown: dict[str, Any] = {"ls": "", "color": canvas.MUTED}
        marks = [Line2D([], [], lw=5, alpha=0.35, color=canvas.MUTED, label=say("N90 to N10")),
                 Line2D([], [], marker="|", ms=11, mew=2, label="N50", **shown),
                 Line2D([], [], marker="o", ms=5, label=say("mean"), **shown)]  # fmt: skip
        figure.legend(handles=marks, loc="outside lower center", ncols=3)
    return figure


@DATA.register
def contained_metal_data(
    contained: Mapping[str, Any], recovered: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """
    What :func:`contained_metal` draws: ``kept``, ``what``, ``chance`` [1] and ``amount`` [t].

    ``chance`` is that of the amount or more.
    """
    rows = []
    for told in (contained, *([recovered] if recovered else [])):
        for what, one in told["amounts"].items():
            chance = 1 - np.arange(1, len(one["curve"]) + 1) / (len(one["curve"]) + 1)
            rows.append(pd.DataFrame(
                {"kept": told["kept"], "what": what, "chance": chance, "amount": one["curve"]}
            ))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


@FIGURES.register
def contained_metal(
    contained: Mapping[str, Any],
    recovered: Mapping[str, Any] | None = None,
    *,
    width: float = canvas.ON_PAGE,
) -> Figure:
    """
    Chance of that much ore or metal, or more [%], against the amount [t]; a panel for each.

    Amounts are on a logarithmic scale: the mean, dotted, lies far above the middle.

    Parameters
    ----------
    contained : mapping
        With ``kept`` and ``amounts``: of each ``mean`` [t] and ``curve``, its quantiles [t].
    recovered : mapping, optional
        The same, of what an economic filter left.
    width : float
        Of the figure [mm].
    """
    table = contained_metal_data(contained, recovered)
    names = list(contained["amounts"])
    across = min(len(names), 2 if width <= canvas.ONE_AND_A_HALF else 3)
    down = -(-len(names) // across)
    with canvas.paper(width):
        figure = canvas.plate(width, 18 + 52 * down)
        panels = figure.subplots(down, across, sharey=True, squeeze=False)
        for axes, name in zip(panels.flat, names, strict=False):
            for told, colour in ((contained, canvas.BLUE), (recovered, canvas.ORANGE)):
                if told:
                    mine = table[(table["what"] == name) & (table["kept"] == told["kept"])]
                    mine = mine[mine["amount"] > 0]
                    axes.plot(mine["amount"], 100 * mine["chance"], color=colour, lw=2)
                    if told["amounts"][name]["mean"] > 0:
                        axes.axvline(told["amounts"][name]["mean"], color=colour, lw=1, ls=":")
            axes.set(
                xscale="log", ylim=(0, 101), title=language.named(name), xlabel=say("Amount [t]")
            )
            axes.grid(visible=True)
        for axes in panels.flat[len(names) :]:
            axes.set_visible(False)
        for axes in panels[:, 0]:
            axes.set_ylabel(say("Chance of that much or more [%]"))
        _legend(figure, contained, recovered)
    return figure


def _legend(figure: Figure, contained: Mapping[str, Any], recovered: Any) -> None:
    from matplotlib.lines import Line2D

    shown = [(contained["kept"], canvas.BLUE)]
    if recovered:
        shown.append((recovered["kept"], canvas.ORANGE))
    handles = [Line2D([], [], color=colour, lw=2, label=say(label)) for label, colour in shown]
    handles.append(Line2D([], [], color=canvas.MUTED, lw=1, ls=":", label=say("mean")))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


@DATA.register
def completeness_curve_data(endowment: Mapping[str, Any]) -> pd.DataFrame:
    """What :func:`completeness_curve` draws: ``label_frequency`` [1] and ``mean`` deposits."""
    return pd.DataFrame(endowment["provenance"]["sensitivity"])


@FIGURES.register
def completeness_curve(
    endowment: Mapping[str, Any], *, width: float = canvas.ONE_AND_A_HALF
) -> Figure:
    """
    Expected undiscovered deposits from the map, by the share of all deposits that is known [%].

    That share is a belief; the curve says what it is worth.

    Parameters
    ----------
    endowment : mapping
        Of the estimator from the map, with its ``provenance``.
    width : float
        Of the figure [mm].
    """
    table = completeness_curve_data(endowment)
    stated = endowment["provenance"]["label_frequency"]
    with canvas.paper(width):
        figure = canvas.plate(width, 0.55 * width)
        axes = figure.add_subplot(
            title=say("What the belief is worth"),
            xlabel=say("Share of all deposits that is known [%]"),
            ylabel=say("Expected undiscovered deposits"),
        )  # fmt: skip
        axes.plot(100 * table["label_frequency"], table["mean"], "o-", color=canvas.BLUE, lw=1.8,
                  ms=4)  # fmt: skip
        axes.axvline(100 * stated, color=canvas.ORANGE, lw=1.2, ls="--")
        axes.plot([100 * stated], [endowment["mean"]], "o", color=canvas.ORANGE, ms=6, zorder=4)
        axes.annotate(say("stated: {share:.0f} %", share=100 * stated),
                      (100 * stated, endowment["mean"]), (8, 8), textcoords="offset points",
                      color=canvas.ORANGE, fontsize=8)  # fmt: skip
        axes.set(xlim=(0, 103), ylim=(0, 1.08 * float(table["mean"].max())))
        axes.grid(visible=True)
    return figure
