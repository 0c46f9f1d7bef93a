"""Grades down drill holes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoprospect.errors import ContractError, did_you_mean
from geoprospect.language import named, say
from geoprospect.report import canvas, style
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.map_frame import NOTHING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STRIP = 0.05
"""Width of the codes beside the bars, of the panel's."""


@DATA.register
def down_hole_data(
    intervals: pd.DataFrame,
    *,
    holes: Sequence[str],
    grade: str,
    unit: str,
    code: str | None = None,
    composites: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What :func:`down_hole` draws: ``hole``, ``from``, ``to`` [m], grade, code and ``kind``."""
    del unit
    lost = [hole for hole in holes if not (intervals["hole"] == hole).any()]
    if lost:
        known = did_you_mean(str(lost[0]), intervals["hole"].astype(str).unique()[:200])
        raise ContractError(f"no interval is of hole {lost[0]!r}{known}")
    parts = [intervals.assign(kind="interval")]
    if composites is not None:
        parts.append(composites.assign(kind="composite"))
    table = pd.concat(parts, ignore_index=True)
    columns = ["hole", "from", "to", grade, *([code] if code else []), "kind"]
    kept = table[table["hole"].isin(holes)][columns]
    order = pd.Categorical(kept["hole"], categories=list(holes), ordered=True)
    return kept.assign(hole=order).sort_values(["hole", "kind", "from"]).reset_index(drop=True)


@FIGURES.register
def down_hole(
    intervals: pd.DataFrame,
    *,
    holes: Sequence[str],
    grade: str,
    unit: str,
    code: str | None = None,
    composites: pd.DataFrame | None = None,
    width: float = canvas.ON_PAGE,
) -> Figure:
    """
    Grades down one or a few holes, as bars by interval, with codes beside and composites over.

    Where ore begins and ends, whether it follows the rock, and what compositing made of it.
    Where there is no bar, nothing was assayed.

    Parameters
    ----------
    intervals : DataFrame
        ``hole``, ``from``, ``to`` [m], the grade, and the code.
    holes : sequence of str
        One to about five, a panel each.
    grade, unit : str
        The column, and what it is in.
    code : str, optional
        Column of rock or domain.
    composites : DataFrame, optional
        ``hole``, ``from``, ``to`` and the grade.
    width : float
        Of the figure [mm].
    """
    table = down_hole_data(intervals, holes=holes, grade=grade, unit=unit, code=code,
                           composites=composites)  # fmt: skip
    colours = _colours(table, code)
    with canvas.paper(width):
        figure = canvas.plate(width, 105.0)
        panels = figure.subplots(1, len(holes), sharey=True, sharex=True, squeeze=False)[0]
        for axes, (hole, mine) in zip(panels, table.groupby("hole", observed=True), strict=True):
            _bars(axes, mine, grade, code, colours)
            axes.set(title=_short(str(hole)), xlabel=f"{named(grade)} [{unit}]")
            axes.grid(visible=True, axis="x")
            highest = float(mine[grade].max())
            if highest > _top(table[grade]):
                axes.text(1, 1, say("up to {grade:.3g}", grade=highest), ha="right", va="bottom",
                          color=canvas.MUTED, fontsize=7.5, transform=axes.transAxes)  # fmt: skip
        top = _top(table[grade])
        panels[0].set_xlim(-0.09 * top if code else 0, 1.04 * top)
        panels[0].set(ylim=(float(table["to"].max()), 0), ylabel=say("Depth along the hole [m]"))
        _key(figure, colours, composites is not None)
    return figure


def _top(grades: pd.Series[float]) -> float:
    """Where the scale ends: a few bars may run on, so that the others can be read."""
    known = grades.dropna()
    if known.empty or not known.max() > 0:
        return 1.0
    return min(float(known.max()), 2 * float(known.quantile(0.95)))


def _short(name: str, most: int = 16) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _bars(
    axes: Any, mine: pd.DataFrame, grade: str, code: str | None, colours: dict[str, str]
) -> None:
    assayed = mine[mine["kind"] == "interval"]
    height = assayed["to"] - assayed["from"]
    axes.barh(assayed["from"], assayed[grade], height, align="edge", color=canvas.BLUE, alpha=0.55,
              lw=0)  # fmt: skip
    if code:
        axes.barh(
            assayed["from"], STRIP, height, align="edge", lw=0,
            color=[colours.get(str(one), NOTHING) for one in assayed[code]],
            transform=axes.get_yaxis_transform(),
        )  # fmt: skip
    over = mine[mine["kind"] == "composite"]
    if len(over):
        depths = np.column_stack([over["from"], over["to"]]).ravel()
        axes.plot(np.repeat(over[grade].to_numpy(float), 2), depths, color=canvas.ORANGE, lw=1.2)


def _colours(table: pd.DataFrame, code: str | None) -> dict[str, str]:
    """A colour for each code, the most drilled first."""
    if code is None:
        return {}
    known = table.dropna(subset=[code])
    metres = (known["to"] - known["from"]).groupby(known[code].astype(str)).sum()
    names = metres.sort_values(ascending=False, kind="stable").index[: len(style.CLASSES)]
    return dict(zip(names, style.CLASSES, strict=False))


def _key(figure: Figure, colours: dict[str, str], composited: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    signs: list[Any] = [Patch(facecolor=canvas.BLUE, alpha=0.55, label=say("assay"))]
    if composited:
        signs.append(Line2D([], [], color=canvas.ORANGE, lw=1.2, label=say("composite")))
    signs += [Patch(facecolor=colour, label=name) for name, colour in colours.items()]
    figure.legend(handles=signs, loc="outside lower center", ncols=6, handlelength=1.2)
