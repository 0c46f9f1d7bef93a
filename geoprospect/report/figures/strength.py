"""How far layers, and groups of layers, move the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geoprospect.language import named, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.charts import told_apart, unit_told

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 14
"""Layers drawn, and groups."""


@FIGURES.register
def strength_bars(
    strength: pd.DataFrame, *, most: int = MOST, width: float = canvas.ON_PAGE
) -> Figure:
    """
    Mean size of the contributions of groups and layers [the model's unit], with their spread.

    The bar is the mean over the ensemble's members, the line from the least to the most of
    them: long where it depends on which deposits and background a member drew. Groups by
    role show on which parts of the mineral system the map rests [1]_.

    Parameters
    ----------
    strength : DataFrame
        ``kind`` ("group" or "layer"), ``long_name``, ``mean``, ``lowest``, ``highest`` and
        ``contribution_units``, the strongest first; see
        :func:`geoprospect.explain.strength.strength`.
    most : int
        Drawn of each kind.
    width : float
        Of the figure [mm].

    References
    ----------
    .. [1] McCuaig, T.C., Beresford, S., Hronsky, J. (2010). Translating the mineral
       systems approach into an effective exploration targeting system. Ore Geology
       Reviews 38, 128-138.
    """
    drawn = strength_bars_data(strength, most=most)
    parts = [
        (title, drawn[drawn["kind"] == kind])
        for kind, title in (("group", say("Groups")), ("layer", say("Layers")))
        if (drawn["kind"] == kind).any()
    ]
    counts = [len(part) for _, part in parts]
    with canvas.paper(width):
        figure = canvas.plate(width, 12 + sum(9 + 5.2 * count for count in counts))
        axes = figure.subplots(
            len(parts), 1, sharex=True, squeeze=False,
            height_ratios=[1.2 + count for count in counts],
        ).ravel()  # fmt: skip
        for axis, (title, part) in zip(axes, parts, strict=True):
            _bars(axis, part, canvas.BLUE if title == say("Layers") else canvas.ORANGE)
            axis.set_title(title)
        units = unit_told(drawn["contribution_units"].iloc[0])
        axes[-1].set_xlabel(say("mean |contribution| [{units}]", units=units))
    return figure


@DATA.register
def strength_bars_data(strength: pd.DataFrame, *, most: int = MOST) -> pd.DataFrame:
    """The rows of *strength* that :func:`strength_bars` draws."""
    return strength.groupby("kind", sort=False).head(most).reset_index(drop=True)


def _bars(axes: Any, part: pd.DataFrame, colour: str) -> None:
    rows = range(len(part))
    axes.barh(rows, part["mean"], color=colour, height=0.62)
    axes.hlines(rows, part["lowest"], part["highest"], color=canvas.INK, lw=1.2)
    axes.set_yticks(rows, told_apart([named(str(name)) for name in part["long_name"]]))
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(len(part) - 0.4, -0.6), xlim=(0, None))
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
