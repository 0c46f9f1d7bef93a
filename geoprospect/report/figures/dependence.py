"""What a layer says at each of its values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.language import named, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.charts import signed, unit_told
from geoprospect.report.figures.shap import crowding

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LAYERS = 6
MOST_CLASSES = 8
"""The commonest are drawn."""
STEPS = 16
"""Points of the line, each the median of as many cells."""
FEWEST = 5
"""Cells that a point of the line must stand for."""
AREA, DEPOSIT, LINE = "area", "deposit", "line"


@FIGURES.register
def dependence(
    table: pd.DataFrame,
    *,
    most: int = MOST_LAYERS,
    smooth: bool = True,
    width: float = canvas.TWO_COLUMNS,
) -> Figure:
    """
    Contribution of a layer [the model's unit] against its value, for the strongest layers.

    Dots are cells drawn evenly over the ground, ticks along the foot the known deposits.
    Above zero a value speaks for a deposit. Where the dots rise and no tick is near, the
    model goes by little. Association, not cause [1]_.

    Parameters
    ----------
    table : DataFrame
        ``layer``, ``long_name``, ``units``, ``kind`` ("area" or "deposit"), ``value``,
        ``meaning``, ``contribution`` and ``contribution_units``, the layers in the order in
        which they are drawn; see :func:`geoprospect.explain.dependence.dependence`.
    most : int
        Layers drawn.
    smooth : bool
        Whether to draw a line: medians of the contributions of cells alike in value.
    width : float
        Of the figure [mm].

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    drawn = dependence_data(table, most=most, smooth=smooth)
    layers = list(drawn["layer"].unique())
    units = unit_told(str(drawn["contribution_units"].iloc[0]))
    across = max(1, min(3 if width > canvas.ONE_AND_A_HALF else 2, len(layers)))
    down = max(1, math.ceil(len(layers) / across))
    with canvas.paper(canvas.ONE_COLUMN):
        figure = canvas.plate(width, 8 + 0.82 * width / across * down)
        axes = figure.subplots(down, across, sharey=True, squeeze=False).ravel()
        for axis in axes[len(layers) :]:
            axis.set_axis_off()
        low, high = drawn["contribution"].min(), drawn["contribution"].max()
        axes[0].set_ylim(low - 0.12 * (high - low), high + 0.04 * (high - low))
        for number, layer in enumerate(layers):
            part = drawn[drawn["layer"] == layer]
            _panel(axes[number], part, letters=int(0.6 * width / across))
            if number % across == 0:
                axes[number].set_ylabel(say("contribution [{units}]", units=units))
        _key(figure, smooth=smooth, narrow=width < canvas.ONE_AND_A_HALF)
    return figure


@DATA.register
def dependence_data(
    table: pd.DataFrame, *, most: int = MOST_LAYERS, smooth: bool = True
) -> pd.DataFrame:
    """
    The dots, ticks and lines of :func:`dependence`: *table*'s rows of the layers drawn.

    Those of ``kind`` "line" are the points of the line; they are at no cell.
    """
    layers = list(table["layer"].unique())[:most]
    kept = table[table["layer"].isin(layers)]
    lines = [_line(kept[kept["layer"] == layer]) for layer in layers] if smooth else []
    return pd.concat([kept, *(line for line in lines if len(line))], ignore_index=True)


def _line(part: pd.DataFrame) -> pd.DataFrame:
    """Medians of value and contribution in classes of as many cells; none for classes."""
    known = part[(part["kind"] == AREA) & part["value"].notna()].sort_values("value", kind="stable")
    count = min(STEPS, len(known) // FEWEST)
    if count < 2 or (part["meaning"] != "").any():
        return part.iloc[:0]
    pieces = np.array_split(np.arange(len(known)), count)
    medians = [known.iloc[piece][["value", "contribution"]].median() for piece in pieces]
    points = pd.DataFrame(medians).drop_duplicates("value").reset_index(drop=True)
    first = part.iloc[0]
    return points.assign(
        layer=first["layer"], long_name=first["long_name"], units=first["units"], kind=LINE,
        meaning="", contribution_units=first["contribution_units"],
    )  # fmt: skip


def _panel(axes: Any, part: pd.DataFrame, *, letters: int) -> None:
    axes.axhline(0, color=canvas.MUTED, lw=0.7, zorder=1)
    axes.set_title(
        _short(named(str(part["long_name"].iloc[0])), letters), fontsize=7.5, fontweight="normal"
    )
    axes.tick_params(labelsize=6.5)
    if (part["meaning"] != "").any():
        _by_class(axes, part)
    else:
        _by_value(axes, part)


def _by_value(axes: Any, part: pd.DataFrame) -> None:
    area, deposits, line = (part[part["kind"] == kind] for kind in (AREA, DEPOSIT, LINE))
    axes.scatter(area["value"], area["contribution"], s=4, c=canvas.BLUE, alpha=0.35,
                 linewidths=0, rasterized=True, zorder=2)  # fmt: skip
    axes.plot(line["value"], line["contribution"], color=canvas.INK, lw=1.3, zorder=4)
    axes.plot(deposits["value"], np.full(len(deposits), 0.03), "|", color=canvas.ORANGE, ms=7,
              mew=0.8, transform=axes.get_xaxis_transform(), zorder=5, clip_on=False)  # fmt: skip
    known = np.concatenate(
        [np.nanpercentile(area["value"], [0.5, 99.5])] if area["value"].notna().any() else [[0, 1]]
    )
    low = min([known[0], *deposits["value"].dropna()])
    high = max([known[1], *deposits["value"].dropna()])
    pad = 0.03 * (high - low) or 0.5
    axes.set_xlim(low - pad, high + pad)
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel(_below(area), fontsize=6.5, labelpad=1)


def _below(area: pd.DataFrame) -> str:
    """The units, and what the layer says where it is unknown."""
    units = str(area["units"].iloc[0]) if len(area) else "1"
    unknown = area["value"].isna()
    told = [] if units == "1" else [units]
    if unknown.any():
        mean = area["contribution"][unknown].mean()
        amount = signed(mean, area["contribution_units"].iloc[0])
        told.append(
            say("unknown {share:.0f} %: {amount}", share=100 * unknown.mean(), amount=amount)
        )
    return "; ".join(told)


def _by_class(axes: Any, part: pd.DataFrame) -> None:
    """One strip for each class, the highest mean first; ticks count the deposits on it."""
    area, deposits = (part[part["kind"] == kind] for kind in (AREA, DEPOSIT))
    common = area.loc[area["meaning"] != "", "meaning"].value_counts().index[:MOST_CLASSES]
    means = area.groupby("meaning")["contribution"].mean()[list(common)]
    order = list(means.sort_values(ascending=False, kind="stable").index)
    for place, meaning in enumerate(order):
        here = area.loc[area["meaning"] == meaning, "contribution"].to_numpy()
        axes.scatter(place + 0.3 * crowding(here), here, s=4, c=canvas.BLUE, alpha=0.35,
                     linewidths=0, rasterized=True, zorder=2)  # fmt: skip
        axes.plot([place - 0.3, place + 0.3], [means[meaning]] * 2, color=canvas.INK, lw=1.3)
        count = int((deposits["meaning"] == meaning).sum())
        axes.plot(_side_by_side(place, count), np.full(count, 0.03), "|", color=canvas.ORANGE,
                  ms=7, mew=0.8, transform=axes.get_xaxis_transform(), clip_on=False)  # fmt: skip
    axes.set_xticks(range(len(order)), [_short(name, 14) for name in order], rotation=40,
                    ha="right", rotation_mode="anchor", fontsize=6)  # fmt: skip
    axes.set_xlim(-0.6, len(order) - 0.4)


def _side_by_side(place: int, count: int) -> npt.NDArray[np.float64]:
    """*count* places beside each other around *place*."""
    step = min(0.05, 0.8 / max(1, count))
    places: npt.NDArray[np.float64] = np.linspace(-0.5, 0.5, count) * step * (count - 1) + place
    return places


def _key(figure: Figure, *, smooth: bool, narrow: bool) -> None:
    from matplotlib.lines import Line2D

    signs = [
        Line2D(
            [], [], ls="", marker="o", ms=3, color=canvas.BLUE, alpha=0.6, label=say("the ground")
        ),
        Line2D([], [], ls="", marker="|", ms=7, color=canvas.ORANGE, label=say("known deposits")),
    ]
    if smooth:
        signs.insert(
            1, Line2D([], [], color=canvas.INK, lw=1.3, label=say("median, mean of a class"))
        )
    figure.legend(
        handles=signs, loc="outside upper right", ncols=2 if narrow else 3,
        fontsize=6.5 if narrow else 7,
    )  # fmt: skip


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
