"""Maps for print: with a scale, north, and a key."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.report import canvas, style
from geoprospect.report.overview import overview

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 7.0
"""Of a map on the page [inches]."""

NOTHING = "#eceff2"


def prospectivity_map(
    prospectivity: xr.DataArray,
    *,
    targets: gpd.GeoDataFrame | None = None,
    deposits: gpd.GeoDataFrame | None = None,
) -> Figure:
    """
    The score [1] with the ranked targets and the known deposits.

    Where to look, and whether what is known already would have been found. Big
    maps are averaged to 1500 pixels a side.
    """
    return _ramp_map(prospectivity, "prospectivity", "Prospectivity", targets, deposits)


def spread_map(
    spread: xr.DataArray,
    *,
    targets: gpd.GeoDataFrame | None = None,
    deposits: gpd.GeoDataFrame | None = None,
) -> Figure:
    """
    The ensemble's spread [1]: where its members disagree.

    A high score with a wide spread rests on few samples.
    """
    return _ramp_map(spread, "spread", "Spread of the ensemble", targets, deposits)


def drivers_map(drivers: xr.DataArray) -> Figure:
    """The layer that speaks most strongly for a deposit in each cell, with its key."""
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch

    seen = overview(drivers)
    colours, told = style.class_colours(seen), contract.meanings(seen)
    codes = list(colours)
    present = [code for code in codes if (seen.values == code).any()]
    with canvas.paper():
        figure, axes = _framed(contract.grid_of(seen), beside=2.2)
        edges = [codes[0] - 0.5, *(code + 0.5 for code in codes)]
        axes.imshow(
            seen.values,
            extent=_extent(contract.grid_of(seen)),
            cmap=ListedColormap(list(colours.values())),
            norm=BoundaryNorm(edges, len(codes)),
            interpolation="none",
        )
        key = [Patch(facecolor=colours[code], label=_short(told[code])) for code in present]
        axes.legend(
            handles=key, loc="upper left", bbox_to_anchor=(1.01, 1.0), title="Strongest driver",
            alignment="left", handlelength=1.2, borderaxespad=0.0,
        )  # fmt: skip
    return figure


def _ramp_map(
    layer: xr.DataArray,
    name: str,
    label: str,
    targets: gpd.GeoDataFrame | None,
    deposits: gpd.GeoDataFrame | None,
) -> Figure:
    from matplotlib.colors import LinearSegmentedColormap

    seen = overview(layer)
    known = seen.values[np.isfinite(seen.values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    ramp = style.ramp(name, seen).over(low, high)
    with canvas.paper():
        figure, axes = _framed(contract.grid_of(seen), beside=0.9)
        image = axes.imshow(
            seen.values,
            extent=_extent(contract.grid_of(seen)),
            cmap=LinearSegmentedColormap.from_list(name, list(ramp.colours)),
            vmin=ramp.low,
            vmax=ramp.high,
            interpolation="none",
        )
        bar = figure.colorbar(image, ax=axes, shrink=0.6, aspect=24, pad=0.02, label=label)
        bar.outline.set_linewidth(0.5)
        if targets is not None:
            _draw_targets(axes, targets)
        if deposits is not None and len(deposits):
            _draw_deposits(axes, deposits)
    return figure


def _framed(grid: GeoBox, *, beside: float) -> tuple[Figure, Any]:
    """A sheet with an axes over the grid, in kilometres, with scale and north."""
    box = grid.boundingbox
    proportion = (box.top - box.bottom) / (box.right - box.left)
    figure = canvas.sheet(WIDTH, min(9.0, max(2.2, (WIDTH - 0.6 - beside) * proportion + 0.6)))
    axes = figure.add_subplot()
    axes.set_facecolor(NOTHING)
    axes.set(xlim=(box.left / 1e3, box.right / 1e3), ylim=(box.bottom / 1e3, box.top / 1e3))
    axes.set(xlabel="Easting [km]", ylabel="Northing [km]", aspect="equal")
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
            point.x / 1e3, point.y / 1e3, str(row.rank), fontsize=7.5, fontweight="bold",
            ha="center", va="center", path_effects=_halo(), zorder=7, clip_on=True,
        )  # fmt: skip


def _draw_deposits(axes: Any, deposits: gpd.GeoDataFrame) -> None:
    points = deposits.geometry.representative_point()
    axes.scatter(
        points.x / 1e3, points.y / 1e3, marker="D", s=20, c=canvas.BLUE, edgecolors="white",
        linewidths=0.7, zorder=5, label="known deposit",
    )  # fmt: skip
    axes.legend(
        loc="lower right", handletextpad=0.2, frameon=True, framealpha=0.85, edgecolor="none"
    )


def _halo() -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.2, foreground="white")]


def _extent(grid: GeoBox) -> tuple[float, float, float, float]:
    box = grid.boundingbox
    return box.left / 1e3, box.right / 1e3, box.bottom / 1e3, box.top / 1e3


def _short(text: str, most: int = 30) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
