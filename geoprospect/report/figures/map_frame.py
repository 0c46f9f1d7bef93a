"""Maps' frames and signs: kilometres, scale and north; targets, deposits, hatching."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.language import say
from geoprospect.report import canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOTHING = "#eceff2"


def framed(grid: GeoBox, width: float, *, beside: float) -> tuple[Figure, Any]:
    """A sheet with an axes over the grid, in kilometres, with scale and north; sizes in mm."""
    box = grid.boundingbox
    proportion = (box.top - box.bottom) / (box.right - box.left)
    height = (width - 15 - beside) * proportion + (15 if width > canvas.ONE_AND_A_HALF else 22)
    figure = canvas.plate(width, min(228.0, max(56.0, height)))
    axes = figure.add_subplot()
    axes.set_facecolor(NOTHING)
    axes.set(xlim=(box.left / 1e3, box.right / 1e3), ylim=(box.bottom / 1e3, box.top / 1e3))
    axes.set(xlabel=say("Easting [km]"), ylabel=say("Northing [km]"), aspect="equal")
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.locator_params(nbins=6)
    axes.spines[["top", "right"]].set_visible(True)
    _scale(axes, box)
    return figure, axes


def _scale(axes: Any, box: Any) -> None:
    """A bar of a round length, and north."""
    width = (box.right - box.left) / 1e3
    length = round_length(0.22 * width)
    pad = 0.025 * width
    left, bottom = box.left / 1e3 + pad, box.bottom / 1e3 + pad
    halo = _halo()
    axes.plot([left, left + length], [bottom, bottom], color=canvas.INK, lw=2.4,
              solid_capstyle="butt", path_effects=halo, zorder=6)  # fmt: skip
    axes.text(left + length / 2, bottom + 0.7 * pad, f"{length:g} km", ha="center", va="bottom",
              fontsize=8, path_effects=halo, zorder=6)  # fmt: skip
    axes.annotate(
        "N", xy=(0.965, 0.97), xytext=(0.965, 0.86), xycoords="axes fraction", ha="center",
        va="center", fontsize=9, fontweight="bold", zorder=6, path_effects=halo,
        arrowprops={"arrowstyle": "-|>", "color": canvas.INK, "lw": 1.2},
    )  # fmt: skip


def round_length(length: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is at most *length*."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(step * power for step in (1, 2, 5) if step * power <= length * (1 + 1e-9))


def hatch(axes: Any, applicable: xr.DataArray) -> None:
    """Lines over ground of which the model knows nothing alike."""
    from matplotlib.patches import Patch

    outside = (applicable.to_numpy() < 0.5).astype(float)
    left, right, bottom, top = extent(contract.grid_of(applicable))
    height, width = outside.shape
    axes.contourf(
        np.linspace(left, right, 2 * width + 1)[1::2],
        np.linspace(top, bottom, 2 * height + 1)[1::2],
        outside, levels=[0.5, 1.5], colors="none", hatches=["////"], zorder=2,
    )  # fmt: skip
    sign = Patch(facecolor="none", edgecolor=canvas.MUTED, hatch="////", lw=0.5)
    sign.set_label(say("unlike what was learnt from"))
    key(axes, sign)


def draw_places(
    axes: Any, targets: gpd.GeoDataFrame | None, deposits: gpd.GeoDataFrame | None
) -> None:
    """Ranked outlines and known deposits, where there are any."""
    if targets is not None:
        _draw_targets(axes, targets)
    if deposits is not None and len(deposits):
        _draw_deposits(axes, deposits)


def _draw_targets(axes: Any, targets: gpd.GeoDataFrame) -> None:
    from matplotlib.collections import LineCollection

    rings = [
        shapely.get_coordinates(ring) / 1e3
        for outline in targets.geometry
        for part in shapely.get_parts(outline)
        for ring in (part.exterior, *part.interiors)
    ]
    for colour, width in (("white", 2.0), (canvas.INK, 0.9)):
        axes.add_collection(LineCollection(rings, colors=colour, linewidths=width, zorder=4))
    for row in targets.itertuples():
        point = row.geometry.representative_point()
        axes.text(
            point.x / 1e3, point.y / 1e3, str(row.rank), fontsize="small", fontweight="bold",
            ha="center", va="center", path_effects=_halo(), zorder=7, clip_on=True,
        )  # fmt: skip


def _draw_deposits(axes: Any, deposits: gpd.GeoDataFrame) -> None:
    points = deposits.geometry.representative_point()
    size = 0.25 * axes.xaxis.label.get_size() ** 2
    dots = axes.scatter(
        points.x / 1e3, points.y / 1e3, marker="D", s=size, c=canvas.BLUE, edgecolors="white",
        linewidths=0.7, zorder=5, label=say("known deposit"),
    )  # fmt: skip
    key(axes, dots)


def key(axes: Any, sign: Any) -> None:
    """One more sign in the map's key, which stands above a narrow map."""
    figure = axes.figure
    before = [*figure.legends, *([axes.get_legend()] if axes.get_legend() else [])]
    signs = [*(old for legend in before for old in legend.legend_handles), sign]
    for legend in before:
        legend.remove()
    if figure.get_figwidth() <= canvas.ONE_AND_A_HALF * canvas.MM:
        figure.legend(handles=signs, handletextpad=0.4, ncols=2, loc="outside upper left")
    else:
        axes.legend(
            handles=signs, handletextpad=0.4, loc="lower right", frameon=True, framealpha=0.85,
            edgecolor="none",
        )  # fmt: skip


def _halo() -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.2, foreground="white")]


def extent(grid: GeoBox) -> tuple[float, float, float, float]:
    """West, east, south and north of a grid [km]."""
    box = grid.boundingbox
    return box.left / 1e3, box.right / 1e3, box.bottom / 1e3, box.top / 1e3
