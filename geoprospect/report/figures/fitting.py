"""What each fold found for itself: its layers and its settings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoprospect.language import named, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.charts import told_apart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FACTOR = 10
"""Settings that span so much are drawn by their logarithm."""


@FIGURES.register
def layer_choices(
    selection: Mapping[str, Any], names: Mapping[str, str], *, width: float = canvas.ON_PAGE
) -> Figure:
    """
    In how many of the folds each layer was chosen [%], those chosen most first.

    A layer near 100 or near 0 is a finding; one in between hangs on which deposits were at
    hand.

    Parameters
    ----------
    selection : mapping
        Of :func:`geoprospect.models.choices.choices`.
    names : mapping of layer to long name
    width : float
        Of the figure [mm].
    """
    table = layer_choices_data(selection, names)
    rows = np.arange(len(table))
    with canvas.paper(width):
        figure = canvas.plate(width, 24 + 4.6 * len(table))
        axes = figure.add_subplot(
            title=say("Layers chosen"),
            xlabel=say("Folds that chose it [%], of {count}", count=selection["folds"]),
        )
        share = 100 * table["chosen"].to_numpy()
        colours = [canvas.BLUE if one in (0, 100) else canvas.ORANGE for one in share]
        axes.hlines(rows, 0, 100, color=canvas.FAINT, lw=0.8, zorder=0)
        axes.barh(rows, share, color=colours, height=0.6)
        axes.set_yticks(rows, told_apart([named(str(name)) for name in table["long_name"]]))
        axes.set(xlim=(0, 100), ylim=(len(table) - 0.4, -0.6))
        axes.tick_params(axis="y", length=0)
    return figure


@DATA.register
def layer_choices_data(selection: Mapping[str, Any], names: Mapping[str, str]) -> pd.DataFrame:
    """``layer``, ``long_name`` and ``chosen``, the share of the folds [1]; the highest first."""
    rows = [
        {"layer": one["layer"], "long_name": names.get(one["layer"], one["layer"])}
        | {"chosen": one["chosen"]}
        for one in selection["layers"]
    ]
    table = pd.DataFrame(rows, columns=["layer", "long_name", "chosen"])
    return table.sort_values("chosen", ascending=False, kind="stable", ignore_index=True)


@FIGURES.register
def tuned_settings(
    tuning: Mapping[str, Any],
    mapped: Mapping[str, float] | None = None,
    *,
    width: float = canvas.ON_PAGE,
) -> Figure:
    """
    Where between its ends each fold found each setting, and where the map's model has it.

    Dots that lie close say that the ground asks for that setting; dots all over, that it
    hardly matters or that there are too few deposits to tell.

    Parameters
    ----------
    tuning : mapping
        With ``space`` (setting to its two ends) and ``searches`` (``settings`` of each
        fold, empty where it was not searched).
    mapped : mapping of setting to value, optional
        Those of the map's model.
    width : float
        Of the figure [mm].
    """
    table, space = tuned_settings_data(tuning, mapped), tuning["space"]
    rows = {name: row for row, name in enumerate(space)}
    with canvas.paper(width):
        figure = canvas.plate(width, 30 + 9.5 * len(rows))
        axes = figure.add_subplot(title=say("Settings found"))
        axes.hlines(list(rows.values()), 0, 1, color=canvas.FAINT, lw=3)
        for kind, mark, colour, size in (
            ("fold", "o", canvas.BLUE, 18), ("map", "D", canvas.ORANGE, 34)
        ):  # fmt: skip
            mine = table[table["kind"] == kind]
            height = mine["setting"].map(rows).astype(float) + (
                0.0 if kind == "map" else _spread(mine)
            )
            axes.scatter(mine["place"], height, marker=mark, s=size, color=colour, zorder=3,
                         alpha=1 if kind == "map" else 0.55, linewidths=0,
                         label=say("the map's") if kind == "map" else say("a fold's"))  # fmt: skip
        for name, row in rows.items():
            for end, at, side in zip(space[name], (0, 1), ("right", "left"), strict=True):
                axes.annotate(f"{end:g}", (at, row), (-5 if at == 0 else 5, 0), fontsize="small",
                              textcoords="offset points", ha=side, va="center")  # fmt: skip
        axes.set_yticks(list(rows.values()), list(rows))
        axes.set(xlim=(-0.12, 1.12), ylim=(len(rows) - 0.4, -0.6))
        axes.set_xticks([])
        axes.tick_params(axis="y", length=0)
        axes.spines["bottom"].set_visible(False)
        figure.legend(loc="outside lower center", ncols=2)
    return figure


@DATA.register
def tuned_settings_data(
    tuning: Mapping[str, Any], mapped: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """
    One row for each setting of each search, and of the map's model.

    ``kind`` ("fold" or "map"), ``search`` (protocol, tiling and fold), ``setting``,
    ``value``, and ``place`` between the setting's ends, from 0 to 1; by its logarithm where
    they span a factor of 10 or more.
    """
    found = [
        ("fold", f"{one['protocol']} {one['tiling']}, fold {one['fold']}", one["settings"])
        for one in tuning["searches"]
    ]
    found += [("map", "map", mapped)] if mapped else []
    rows = [
        {"kind": kind, "search": search, "setting": name, "value": settings[name],
         "place": _place(settings[name], *tuning["space"][name])}
        for kind, search, settings in found
        for name in tuning["space"]
        if name in settings
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["kind", "search", "setting", "value", "place"])


def _place(value: float, low: float, high: float) -> float:
    if low > 0 and high / low >= FACTOR:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def _spread(table: pd.DataFrame) -> pd.Series[float]:
    """A little up or down, so that dots of one setting do not hide each other."""
    order = table.groupby("setting").cumcount()
    return 0.14 * (order % 3 - 1)
