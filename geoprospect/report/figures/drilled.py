"""What plans and sections of drilled ground share: colours, frames and signs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from geoprospect.blocks import grid_of
from geoprospect.report import canvas, style
from geoprospect.report.figures.map_frame import NOTHING, round_length
from geoprospect.report.planes import Plane

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Extent = tuple[float, float, float, float]


def colours_of(grades: pd.Series[float]) -> dict[str, Any]:
    """Colours of grades: from 0 to what few exceed."""
    from matplotlib.colors import LinearSegmentedColormap

    known = grades.to_numpy(float)
    known = known[np.isfinite(known)]
    high = float(np.percentile(known, 97)) if known.size else 1.0
    ramp = LinearSegmentedColormap.from_list("quantity", list(style.QUANTITY))
    return {"cmap": ramp, "vmin": min(0.0, float(known.min(initial=0.0))),
            "vmax": max(high, 1e-12)}  # fmt: skip


def extent_of(
    samples: pd.DataFrame, sections: Sequence[Plane], model: xr.Dataset | None = None
) -> Extent:
    """West, east, south and north of samples, sections and blocks, with room about them [m]."""
    x, y = (samples[name].dropna().to_numpy(float) for name in ("x", "y"))
    for plane in sections:
        x = np.append(x, [plane.start[0], plane.end[0]])
        y = np.append(y, [plane.start[1], plane.end[1]])
    if model is not None:
        grid = grid_of(model)
        ends = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]])
        corners = grid.from_axes(ends * np.multiply(grid.counts, grid.size))
        x, y = np.append(x, corners[:, 0]), np.append(y, corners[:, 1])
    room = 0.05 * max(np.ptp(x), np.ptp(y), 25.0)
    return x.min() - room, x.max() + room, y.min() - room, y.max() + room


def framed(width: float, extent: Extent, stretch: float) -> tuple[Figure, Any]:
    """A sheet with an axes over an extent [m], as high as it needs; *width* in mm."""
    left, right, bottom, top = extent
    height = (width - 40) * stretch * (top - bottom) / (right - left) + 22
    figure = canvas.plate(width, min(200.0, max(52.0, height)))
    axes = figure.add_subplot(xlim=(left, right), ylim=(bottom, top))
    axes.set_facecolor(NOTHING)
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.locator_params(axis="x", nbins=5)
    axes.locator_params(axis="y", nbins=6)
    return figure, axes


def bar(figure: Figure, axes: Any, drawn: Any, told: str) -> None:
    """The key of a scale of colours, which goes on above its end."""
    bar = figure.colorbar(drawn, ax=axes, extend="max", aspect=24, shrink=0.85, pad=0.02)
    bar.set_label(told)
    bar.outline.set_visible(False)


def ruler(axes: Any, extent: Extent) -> None:
    """A bar of a round length, and north."""
    left, right, bottom, top = extent
    length = round_length(0.22 * (right - left))
    x, y = left + 0.03 * (right - left), bottom + 0.03 * (top - bottom)
    axes.plot([x, x + length], [y, y], color=canvas.INK, lw=2.4, solid_capstyle="butt", zorder=6)
    told = f"{length:g} m" if length < 1000 else f"{length / 1000:g} km"
    axes.text(x + length / 2, y, told, ha="center", va="bottom", fontsize=8, zorder=6)
    axes.annotate(
        "N", xy=(0.965, 0.98), xytext=(0.965, 0.88), xycoords="axes fraction", ha="center",
        va="center", fontsize=9, fontweight="bold", zorder=6,
        arrowprops={"arrowstyle": "-|>", "color": canvas.INK, "lw": 1.2},
    )  # fmt: skip
