"""All evidence at a glance: one small map for each layer."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from geoprospect import contract
from geoprospect.language import named
from geoprospect.report import canvas, style
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.map_frame import NOTHING, extent
from geoprospect.report.figures.maps import cells_drawn
from geoprospect.report.overview import overview

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIMIT = 400
"""Pixels a side of a small map."""
NARROW = 44.0
"""Width of a small map that is still legible [mm]."""
MOST_CLASSES = 6
"""Named in a small map's key; the commonest."""


@FIGURES.register
def evidence_maps(
    cube: xr.Dataset,
    *,
    deposits: gpd.GeoDataFrame | None = None,
    width: float = canvas.TWO_COLUMNS,
) -> Figure:
    """
    Every layer as a small map with its units, and the known deposits.

    What the model was given to see; a layer whose pattern follows a survey's edge or its
    flight lines shows here before it shows in a score [1]_. Colours run from the 2nd to the
    98th percentile; grey is unknown.

    Parameters
    ----------
    cube : Dataset
        Layers on one grid; big ones are averaged to 400 pixels a side.
    deposits : GeoDataFrame, optional
        Points in the grid's CRS.
    width : float
        Of the figure [mm].

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    names = [str(name) for name in cube.data_vars]
    box = contract.grid_of(cube).boundingbox
    across = min(len(names), max(1, int(width // NARROW)))
    down = math.ceil(len(names) / across)
    each = (box.top - box.bottom) / (box.right - box.left) * (width / across - 4) + 17
    with canvas.paper(canvas.ONE_COLUMN):
        figure = canvas.plate(width, down * min(90.0, max(32.0, each)))
        axes = np.atleast_1d(figure.subplots(down, across, squeeze=False)).ravel()
        for axis in axes[len(names) :]:
            axis.set_axis_off()
        for axis, name in zip(axes, names, strict=False):
            _small_map(figure, axis, overview(cube[name], LIMIT))
            if deposits is not None and len(deposits):
                points = deposits.geometry.representative_point()
                axis.scatter(points.x / 1e3, points.y / 1e3, s=2.5, c="white",
                             edgecolors=canvas.INK, linewidths=0.4, zorder=5)  # fmt: skip
    return figure


@DATA.register
def evidence_maps_data(cube: xr.Dataset) -> pd.DataFrame:
    """``x``, ``y`` [m] and a column for each layer [in its units], at each pixel drawn."""
    return cells_drawn({str(name): layer for name, layer in cube.data_vars.items()}, LIMIT)


def _small_map(figure: Figure, axes: Any, seen: xr.DataArray) -> None:
    axes.set(xticks=[], yticks=[], facecolor=NOTHING)
    axes.spines[["top", "right"]].set_visible(True)
    axes.spines[:].set_linewidth(0.4)
    axes.set_title(_wrapped(named(str(seen.attrs["long_name"]))), fontsize=7, fontweight="normal")
    where = extent(contract.grid_of(seen))
    if contract.is_categorical(seen):
        _classes(axes, seen, where)
    else:
        _quantity(figure, axes, seen, where)
    axes.set(xlim=where[:2], ylim=where[2:], aspect="equal")


def _quantity(figure: Figure, axes: Any, seen: xr.DataArray, where: Any) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    values = seen.to_numpy()
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, [2, 98]) if known.size else (0.0, 1.0)
    ramp = LinearSegmentedColormap.from_list("quantity", list(style.QUANTITY))
    drawn = axes.imshow(
        values, extent=where, cmap=ramp, vmin=low, vmax=max(high, low + 1e-12),
        interpolation="none",
    )  # fmt: skip
    units = str(seen.attrs["units"])
    bar = figure.colorbar(drawn, ax=axes, orientation="horizontal", aspect=26, shrink=0.9, pad=0.02)
    bar.set_label("" if units == "1" else units, fontsize=6, labelpad=1)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=5.5, length=1.5, pad=1)
    bar.ax.locator_params(nbins=4)


def _classes(axes: Any, seen: xr.DataArray, where: Any) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch

    colours, told, values = style.class_colours(seen), contract.meanings(seen), seen.to_numpy()
    codes = list(colours)
    axes.imshow(
        values, extent=where, cmap=ListedColormap(list(colours.values())), interpolation="none",
        norm=BoundaryNorm([codes[0] - 0.5, *(code + 0.5 for code in codes)], len(codes)),
    )  # fmt: skip
    counts = {code: int((values == code).sum()) for code in codes}
    most = [code for code in sorted(codes, key=lambda code: -counts[code]) if counts[code]]
    key = [Patch(facecolor=colours[code], label=_short(told[code])) for code in most[:MOST_CLASSES]]
    axes.legend(
        handles=key, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2, fontsize=5.5,
        handlelength=0.9, handleheight=0.9, columnspacing=0.8, labelspacing=0.25, borderaxespad=0,
    )  # fmt: skip


def _short(text: str, most: int = 16) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _wrapped(text: str, most: int = 32) -> str:
    """In two lines at most."""
    first, *more = textwrap.wrap(text, most) or [""]
    return first if not more else f"{first}\n{more[0]}{'…' if more[1:] else ''}"
