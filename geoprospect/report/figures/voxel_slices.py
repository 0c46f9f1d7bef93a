"""Prospectivity under ground in three slices through one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from geoprospect.language import say
from geoprospect.report import canvas, style
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.map_frame import NOTHING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Place = tuple[int, int, int]

SLICES = (("z", "x", "y"), ("y", "x", "z"), ("x", "y", "z"))
"""What is held fast, what goes along and what up the paper, of each slice."""
LOWEST = 0.22
"""Height over width below which a section is stretched upwards, which is said."""
STRETCHES = (1, 2, 3, 5, 10, 20, 50)


@DATA.register
def voxel_slices_data(maps: xr.Dataset, *, place: Place) -> pd.DataFrame:
    """
    What :func:`voxel_slices` draws: of each voxel of a ``slice`` its score, NaN where unknown.

    ``slice`` is the coordinate held fast, ``x``, ``y`` and ``z`` the middle of the voxel [m].
    """
    at = dict(zip("zyx", place, strict=True))
    parts = []
    for fast, _, _ in SLICES:
        flat = maps["prospectivity"].isel({fast: at[fast]})
        table = flat.to_dataframe().reset_index()[["x", "y", "z", "prospectivity"]]
        parts.append(table.assign(slice=fast))
    return pd.concat(parts, ignore_index=True)


@FIGURES.register
def voxel_slices(maps: xr.Dataset, *, place: Place, width: float = canvas.ON_PAGE) -> Figure:
    """
    Prospectivity in a level and two upright sections through a voxel; hatched where unknown.

    White would read as barren; hatched, the ground says that nobody knows.

    Parameters
    ----------
    maps : Dataset (z, y, x)
        ``prospectivity`` on blocks, NaN where unknown.
    place : (layer, row, column)
        Of the voxel; dashed lines say where the other slices run.
    width : float
        Of the figure [mm].
    """
    from matplotlib.colors import LinearSegmentedColormap

    ramp = LinearSegmentedColormap.from_list("favourability", list(style.FAVOURABILITY))
    edges = {name: _edges(maps[name].to_numpy()) for name in "xyz"}
    at = dict(zip("zyx", place, strict=True))
    spans = {name: float(edges[name][-1] - edges[name][0]) for name in "xyz"}
    shapes = [(1 if up != "z" else _stretch(spans[along], spans["z"]), along, up)
              for _, along, up in SLICES]  # fmt: skip
    heights = [stretch * spans[up] / spans[along] for stretch, along, up in shapes]
    with canvas.paper(width):
        room = (width - 45) * sum(min(one, 1.2) for one in heights) + 3 * 16
        figure = canvas.plate(width, min(240.0, room))
        rows = figure.subplots(3, 1, gridspec_kw={"height_ratios": [min(h, 1.2) for h in heights]})
        for axes, (fast, along, up), (stretch, _, _) in zip(rows, SLICES, shapes, strict=True):
            values = maps["prospectivity"].isel({fast: at[fast]}).transpose(up, along).to_numpy()
            drawn = _slice(axes, edges[along], edges[up], values, ramp)
            _lines(axes, *(float(maps[name][at[name]]) for name in (along, up)))
            axes.set(xlabel=_axis(along), ylabel=_axis(up), aspect=stretch,
                     title=_title(fast, float(maps[fast][at[fast]]), stretch))  # fmt: skip
        bar = figure.colorbar(drawn, ax=list(rows), aspect=40, shrink=0.6, pad=0.02)
        bar.set_label(say("Prospectivity [1]"))
        bar.outline.set_visible(False)
    return figure


def _slice(axes: Any, along: Any, up: Any, values: Any, ramp: Any) -> Any:
    """Scores over hatched ground, which shows where there are none."""
    from matplotlib.patches import Rectangle

    left, bottom = along[0], up[0]
    axes.add_patch(
        Rectangle((left, bottom), along[-1] - left, up[-1] - bottom, facecolor=NOTHING,
                  edgecolor=canvas.MUTED, hatch="////", lw=0, zorder=0.5)
    )  # fmt: skip
    drawn = axes.pcolormesh(
        along, up, np.ma.masked_invalid(values), cmap=ramp, vmin=0, vmax=1, rasterized=True,
        zorder=1,
    )  # fmt: skip
    axes.set(xlim=(along[0], along[-1]), ylim=(up[0], up[-1]))
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.locator_params(axis="x", nbins=5)
    axes.locator_params(axis="y", nbins=4)
    return drawn


def _lines(axes: Any, along: float, up: float) -> None:
    for draw, value in ((axes.axvline, along), (axes.axhline, up)):
        draw(value, color=canvas.INK, lw=0.7, ls=(0, (6, 4)), zorder=3)


def _edges(middles: Any) -> Any:
    """Faces of blocks from their middles; a single block is as wide as a metre."""
    step = middles[1] - middles[0] if len(middles) > 1 else 1.0
    return np.append(middles - step / 2, middles[-1] + step / 2)


def _stretch(along: float, up: float) -> int:
    return next((one for one in STRETCHES if one * up / along >= LOWEST), STRETCHES[-1])


def _axis(name: str) -> str:
    told = {"x": say("Easting [m]"), "y": say("Northing [m]"), "z": say("Elevation [m]")}
    return told[name]


def _title(fast: str, value: float, stretch: int) -> str:
    told = {
        "z": say("Level at {value:.0f} m", value=value),
        "y": say("Section along northing {value:.0f} m", value=value),
        "x": say("Section along easting {value:.0f} m", value=value),
    }[fast]
    return told if stretch == 1 else say("{told}, heights × {stretch}", told=told, stretch=stretch)
