"""A layer at a glance: where it is known, and how its values are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geoprospect.language import named, say
from geoprospect.report import canvas, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from geoprospect.report.data import Seen
    from geoprospect.report.likeness import Likeness

CLASSES_DRAWN = 12
BINS = 40


def layer_at_a_glance(seen: Seen) -> Figure:
    """A small map (grey: unknown) beside a histogram, or the shares of the classes."""
    with canvas.paper():
        figure = canvas.sheet(6.2, 2.1)
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.5))
        _map(left, seen)
        if seen.meanings:
            _shares(right, seen)
        else:
            _histogram(right, seen)
    return figure


def _map(axes: Any, seen: Seen) -> None:
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap

    axes.set_axis_off()
    axes.imshow(
        np.where(seen.inside & np.isnan(seen.values), 1.0, np.nan),
        cmap=ListedColormap([style.NEUTRAL]),
        interpolation="none",
        vmin=0,
        vmax=1,
    )
    known = seen.values[np.isfinite(seen.values)]
    if known.size == 0:
        return
    if seen.meanings:
        codes = list(seen.meanings)
        place = np.searchsorted(codes, np.nan_to_num(seen.values, nan=codes[0]))
        colours = [style.CLASSES[number % len(style.CLASSES)] for number in range(len(codes))]
        shown = np.where(np.isnan(seen.values), np.nan, place)
        axes.imshow(
            shown, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(codes) - 0.5,
            interpolation="none",
        )  # fmt: skip
        return
    low, high = np.percentile(known, [2, 98])
    ramp = LinearSegmentedColormap.from_list("quantity", list(style.QUANTITY))
    axes.imshow(seen.values, cmap=ramp, vmin=low, vmax=max(high, low + 1e-12),
                interpolation="none")  # fmt: skip


def _histogram(axes: Any, seen: Seen) -> None:
    """Of nearly all values: a few far ones would leave one bar."""
    known = _finite(seen.sample)
    if known.size == 0:
        axes.set_axis_off()
        axes.text(0.5, 0.5, say("no values"), ha="center", color=canvas.MUTED)
        return
    low, high = np.percentile(known, [0.5, 99.5])
    drawn = known[(known >= low) & (known <= high)]
    axes.hist(drawn, bins=BINS, color=canvas.BLUE)
    axes.set(yticks=[], xlabel=seen.unit_text)
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=6)


def _shares(axes: Any, seen: Seen) -> None:
    from geoprospect.report.figures.charts import told_apart

    known = _finite(seen.sample)
    counted = {code: int((known == code).sum()) for code in seen.meanings}
    most = sorted(counted, key=lambda code: -counted[code])[:CLASSES_DRAWN]
    order = {code: number for number, code in enumerate(seen.meanings)}
    names = told_apart([seen.meanings[code][:28] for code in most])
    shares = [100 * counted[code] / max(1, known.size) for code in most]
    colours = [style.CLASSES[order[code] % len(style.CLASSES)] for code in most]
    axes.barh(names, shares, color=colours, height=0.7)
    axes.set(xlabel=say("Share of known cells [%]"))
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0, labelsize=6.5 if len(most) > 8 else 8)


def _finite(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    known: npt.NDArray[np.float32] = values[np.isfinite(values)]
    return known


def correlation_map(found: Likeness, names: dict[str, str]) -> Figure:
    """Spearman's correlation of every two layers [1], like beside like."""
    from matplotlib.colors import LinearSegmentedColormap

    from geoprospect.report.figures.charts import told_apart

    count = len(found.names)
    side = min(9.0, 2.6 + 0.22 * count)
    told = told_apart([named(names.get(name, name)) for name in found.names])
    with canvas.paper():
        figure = canvas.sheet(side + 0.6, side)
        axes = figure.add_subplot()
        ramp = LinearSegmentedColormap.from_list("either way", list(style.EITHER_WAY))
        colours = ramp.with_extremes(bad=style.NEUTRAL)
        drawn = axes.imshow(found.correlation, cmap=colours, vmin=-1, vmax=1, interpolation="none")
        axes.set_xticks(range(count), told, rotation=90)
        axes.set_yticks(range(count), told)
        axes.tick_params(length=0, labelsize=7 if count < 35 else 5.5)
        if count <= 25:
            _numbers(axes, found.correlation)
        figure.colorbar(drawn, ax=axes, shrink=0.5, label=say("Spearman's correlation"))
    return figure


def _numbers(axes: Any, values: npt.NDArray[np.float64]) -> None:
    for row, column in np.ndindex(values.shape):
        value = values[row, column]
        if row != column and np.isfinite(value) and abs(value) >= 0.3:
            ink = "white" if abs(value) > 0.75 else canvas.INK
            axes.text(column, row, f"{value:.1f}".replace("0.", "."), ha="center", va="center",
                      fontsize=5.5, color=ink)  # fmt: skip
