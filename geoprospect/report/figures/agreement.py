"""Whether members agree on which way layers speak; the score of pairs held out, by distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoprospect.language import named, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.charts import told_apart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 30
"""Layers drawn."""


@FIGURES.register
def agreement_bars(
    layers: Sequence[Mapping[str, Any]], names: Mapping[str, str], *, width: float = canvas.ON_PAGE
) -> Figure:
    """
    Share of the ground on which members agree which way a layer speaks [%]; dots, of deposits.

    Parameters
    ----------
    layers : sequence of mapping
        Of :func:`geoprospect.explain.agreement_table`: ``layer``, ``steady``, ``at_deposits``.
    names : mapping of layer to long name
    width : float
        Of the figure [mm].
    """
    shown = agreement_bars_data(layers, names).head(MOST)
    rows = np.arange(len(shown))
    with canvas.paper(width):
        figure = canvas.plate(width, 30 + 4.6 * len(shown))
        axes = figure.add_subplot(
            title=say("Do the members agree?"), xlabel=say("Where they agree [%]")
        )
        axes.barh(
            rows, 100 * shown["steady"], color=canvas.BLUE, height=0.6, label=say("of the ground")
        )
        axes.plot(100 * shown["at_deposits"], rows, "D", color=canvas.ORANGE, ms=4,
                  label=say("of the known deposits"))  # fmt: skip
        axes.set_yticks(rows, told_apart([named(str(name)) for name in shown["long_name"]]))
        axes.set(xlim=(0, 101), ylim=(len(shown) - 0.4, -0.6))
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
        axes.set_axisbelow(True)
        figure.legend(loc="outside lower center", ncols=2)
    return figure


@DATA.register
def agreement_bars_data(
    layers: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> pd.DataFrame:
    """``layer``, ``long_name``, ``mean``, ``steady`` and ``at_deposits`` [1]; NaN if unknown."""
    told = ["mean", "steady", "at_deposits"]
    table = pd.DataFrame(list(layers), columns=["layer", *told])
    table.insert(1, "long_name", [names.get(layer, layer) for layer in table["layer"]])
    return table.astype(dict.fromkeys(told, "float64"))


@FIGURES.register
def pair_curve(pairs: Mapping[str, Any], *, width: float = canvas.ON_PAGE) -> Figure:
    """
    How often a deposit outranks background [1], all within a distance of both held out.

    Where it falls with the distance, the score is nearness; where it stays, evidence.

    Parameters
    ----------
    pairs : mapping
        With ``curve``: ``distance`` [m], ``auc``, ``interval`` and ``pairs`` of each entry, as
        :func:`geoprospect.models.pairs.leave_pair_out` gives them.
    width : float
        Of the figure [mm].
    """
    table = pair_curve_data(pairs)
    reach = table[["low", "high"]].sub(table["auc"], axis=0).abs().to_numpy().T
    with canvas.paper(width):
        figure = canvas.plate(width, max(60.0, 0.5 * width))
        axes = figure.add_subplot(
            title=say("Pair by pair"), xlabel=say("Held out around both [km]"), ylabel="AUC"
        )
        axes.axhline(0.5, color=canvas.MUTED, lw=0.9, ls="--", label=say("random guess"))
        at = table["distance"] / 1000
        if np.isfinite(reach).any():
            axes.errorbar(at, table["auc"], yerr=reach, fmt="none", ecolor=canvas.BLUE, lw=1.2,
                          capsize=3, label=say("95 % interval"))  # fmt: skip
        axes.plot(
            at, table["auc"], "o-", color=canvas.BLUE, lw=2, ms=6, label=say("deposits first")
        )
        lowest = np.nanmin([0.5, *table["auc"], *table["low"]])
        axes.set(ylim=(max(0.0, lowest - 0.05), 1.01))
        axes.grid(visible=True, axis="y")
        figure.legend(loc="outside lower center", ncols=3)
    return figure


@DATA.register
def pair_curve_data(pairs: Mapping[str, Any]) -> pd.DataFrame:
    """``distance`` [m], ``auc`` [1] with ``low`` and ``high``, and ``pairs``; NaN if unknown."""
    rows = [
        [one["distance"], one["auc"], *(one["interval"] or (None, None)), one["pairs"]]
        for one in pairs["curve"]
    ]
    return pd.DataFrame(rows, columns=["distance", "auc", "low", "high", "pairs"], dtype=float)
