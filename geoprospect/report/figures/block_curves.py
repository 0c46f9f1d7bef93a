"""What a block model rests on and amounts to: variograms, swaths, and what cut-offs leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoprospect.language import marked, named, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIRECTIONS = (canvas.BLUE, canvas.ORANGE, "#4d7c3a", "#7a5bb5", canvas.MUTED, canvas.CRIMSON)
"""Colours of directions, which people with colour-blindness can tell apart."""

AXES = {
    "x": marked("Easting, or along x [m]"),
    "y": marked("Northing, or along y [m]"),
    "z": marked("Elevation [m]"),
}


@DATA.register
def grade_tonnage_plot_data(curve: Sequence[Mapping[str, Any]], *, unit: str) -> pd.DataFrame:
    """What :func:`grade_tonnage_plot` draws: the curve as a table, a row for each cut-off."""
    del unit
    return pd.DataFrame(list(curve)).astype("float64")


@FIGURES.register
def grade_tonnage_plot(
    curve: Sequence[Mapping[str, Any]], *, unit: str, width: float = canvas.ON_PAGE
) -> Figure:
    """
    Ore [Mt] and its mean grade at and above each cut-off; of realisations with P90 to P10.

    As the cut-off rises there is less ore, and richer. The band is what eight realisations in
    ten lie within.

    Parameters
    ----------
    curve : sequence of mapping
        ``cut_off``, ``tonnes`` [t] and ``grade``; of realisations also each with ``_p90``,
        ``_p50`` and ``_p10``.
    unit : str
        Of grades and cut-offs.
    width : float
        Of the figure [mm].
    """
    table = grade_tonnage_plot_data(curve, unit=unit)
    with canvas.paper(width):
        figure = canvas.plate(width, 0.55 * width)
        axes = figure.add_subplot(xlabel=say("Cut-off [{unit}]", unit=unit))
        other = axes.twinx()
        _amount(axes, table, "tonnes", canvas.BLUE, 1e-6)
        _amount(other, table, "grade", canvas.ORANGE, 1.0)
        axes.set_ylabel(say("Ore at and above the cut-off [Mt]"), color=canvas.BLUE)
        other.set_ylabel(say("Mean grade of it [{unit}]", unit=unit), color=canvas.ORANGE)
        other.spines["right"].set_visible(True)
        axes.set_xlim(float(table["cut_off"].min()), float(table["cut_off"].max()))
        axes.grid(visible=True)
        if "tonnes_p50" in table:
            _band_told(figure)
    return figure


def _amount(axes: Any, table: pd.DataFrame, amount: str, colour: str, scale: float) -> None:
    if f"{amount}_p50" in table:
        low, high = (scale * table[f"{amount}_{end}"] for end in ("p90", "p10"))
        axes.fill_between(table["cut_off"], low, high, color=colour, alpha=0.2, lw=0)
        axes.plot(table["cut_off"], scale * table[f"{amount}_p50"], color=colour, lw=2)
        top = float(high.max())
    else:
        axes.plot(table["cut_off"], scale * table[amount], "o-", color=colour, lw=2, ms=3)
        top = float(scale * table[amount].max())
    axes.set_ylim(0, 1.06 * top if top > 0 else 1.0)


def _band_told(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    signs = [Line2D([], [], color=canvas.MUTED, lw=2, label="P50"),
             Patch(facecolor=canvas.MUTED, alpha=0.3, label=say("P90 to P10"))]  # fmt: skip
    figure.legend(handles=signs, loc="outside lower center", ncols=2)


@DATA.register
def swath_plot_data(swaths: pd.DataFrame, *, grade: str, unit: str) -> pd.DataFrame:
    """What :func:`swath_plot` draws: the swaths, and ``middle`` of each [m]."""
    del grade, unit
    return swaths.assign(middle=(swaths["begin"] + swaths["end"]) / 2)


@FIGURES.register
def swath_plot(
    swaths: pd.DataFrame, *, grade: str, unit: str, width: float = canvas.ON_PAGE
) -> Figure:
    """
    Mean grades of declustered composites and of blocks, slice by slice along x, y and z.

    Blocks should follow the composites, only smoother, where bars say that there are many.

    Parameters
    ----------
    swaths : DataFrame
        ``axis`` (x, y, z), ``begin``, ``end`` [m], ``samples``, ``sample_mean``, ``blocks`` and
        ``block_mean``.
    grade, unit : str
        Name of the grade, and what it is in.
    width : float
        Of the figure [mm].
    """
    table = swath_plot_data(swaths, grade=grade, unit=unit)
    with canvas.paper(width):
        figure = canvas.plate(width, 165.0)
        panels = figure.subplots(3, 1, sharey=True)
        for axes, (axis, told) in zip(panels, AXES.items(), strict=True):
            mine = table[table["axis"] == axis]
            count = axes.twinx()
            count.bar(mine["middle"], mine["samples"], 0.9 * (mine["end"] - mine["begin"]),
                      color=canvas.FAINT, lw=0)  # fmt: skip
            count.set(ylim=(0, 3 * max(1, mine["samples"].max())), yticks=[])
            count.spines[:].set_visible(False)
            axes.set_zorder(count.get_zorder() + 1)
            axes.set_facecolor("none")
            axes.plot(mine["middle"], mine["sample_mean"], "o-", color=canvas.ORANGE, lw=1.2, ms=3)
            axes.plot(mine["middle"], mine["block_mean"], color=canvas.BLUE, lw=2)
            axes.set_xlabel(say(told))
            axes.ticklabel_format(useOffset=False, style="plain", axis="x")
        panels[1].set_ylabel(f"{named(grade)} [{unit}]")
        panels[0].set_ylim(0, 1.08 * float(table[["sample_mean", "block_mean"]].max().max()))
        _swaths_told(figure)
    return figure


def _swaths_told(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown = {"marker": "o", "ms": 3, "lw": 1.2, "color": canvas.ORANGE}
    signs = [Line2D([], [], label=say("composites, declustered"), **shown),  # type: ignore[arg-type]
             Line2D([], [], color=canvas.BLUE, lw=2, label=say("blocks")),
             Patch(facecolor=canvas.FAINT, label=say("number of composites"))]  # fmt: skip
    figure.legend(handles=signs, loc="outside lower center", ncols=3)


@DATA.register
def variogram_plot_data(
    experimental: pd.DataFrame, fitted: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What :func:`variogram_plot` draws, a row for each point and ``kind``: data or model."""
    parts = [experimental.assign(kind="data")]
    if fitted is not None:
        parts.append(fitted.assign(kind="model"))
    return pd.concat(parts, ignore_index=True)


@FIGURES.register
def variogram_plot(
    experimental: pd.DataFrame,
    fitted: pd.DataFrame | None = None,
    *,
    width: float = canvas.ON_PAGE,
) -> Figure:
    """
    Half the mean squared difference of grades against how far apart they are, by direction.

    Where the curve begins says what two neighbours already differ by, and where it levels
    off how far a hole speaks for the ground about it. Larger dots are of more pairs.

    Parameters
    ----------
    experimental : DataFrame
        ``direction``, ``distance`` [m], ``semivariance`` and ``pairs``.
    fitted : DataFrame, optional
        ``direction``, ``distance`` [m] and ``semivariance`` of the model.
    width : float
        Of the figure [mm].
    """
    table = variogram_plot_data(experimental, fitted)
    most = max(1.0, float(experimental["pairs"].max()))
    names = list(dict.fromkeys(table["direction"]))
    with canvas.paper(width):
        figure = canvas.plate(width, 0.55 * width)
        axes = figure.add_subplot(xlabel=say("Distance [m]"), ylabel=say("Semivariance"))
        for number, name in enumerate(names):
            colour = DIRECTIONS[number % len(DIRECTIONS)]
            mine = table[table["direction"] == name]
            dots, line = (mine[mine["kind"] == kind] for kind in ("data", "model"))
            size = 8 + 40 * np.sqrt(dots["pairs"] / most)
            axes.scatter(dots["distance"], dots["semivariance"], s=size, color=colour, alpha=0.8,
                         lw=0, label=say(str(name)))  # fmt: skip
            axes.plot(line["distance"], line["semivariance"], color=colour, lw=1.8)
        axes.set(xlim=(0, None), ylim=(0, 1.08 * float(table["semivariance"].max())))
        axes.grid(visible=True)
        axes.legend(loc="lower right")
    return figure
