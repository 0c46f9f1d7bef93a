"""A map cut into classes, and the curve by which it was cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from geoprospect import contract
from geoprospect.language import marked, say
from geoprospect.report import canvas, style
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.map_frame import draw_places, extent, framed
from geoprospect.report.figures.maps import WIDTH, cells_drawn
from geoprospect.report.overview import overview

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@FIGURES.register
def class_map(
    classes: xr.DataArray,
    *,
    title: str = marked("Class"),
    deposits: gpd.GeoDataFrame | None = None,
    width: float = WIDTH,
) -> Figure:
    """
    A map in a few classes, darker the higher, with the known deposits.

    Parameters
    ----------
    classes : DataArray (y, x)
        Class map, its codes in the order of what they mean.
    title : str
        Of the key.
    deposits : GeoDataFrame, optional
        In the map's CRS.
    width : float
        Of the figure [mm].
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch

    seen = overview(classes)
    told, grid = contract.meanings(seen), contract.grid_of(seen)
    codes, colours = list(told), shades(len(told))
    with canvas.paper(width):
        figure, axes = framed(grid, width, beside=45)
        axes.imshow(
            seen.to_numpy(), extent=extent(grid), cmap=ListedColormap(colours),
            norm=BoundaryNorm([codes[0] - 0.5, *(c + 0.5 for c in codes)], len(codes)),
            interpolation="none",
        )  # fmt: skip
        draw_places(axes, None, deposits)
        key = [
            Patch(facecolor=colour, label=text)
            for colour, text in reversed(list(zip(colours, told.values(), strict=True)))
        ]
        figure.legend(handles=key, loc="outside right upper", title=say(title), alignment="left",
                      handlelength=1.2)  # fmt: skip
    return figure


@DATA.register
def class_map_data(classes: xr.DataArray) -> pd.DataFrame:
    """``x``, ``y`` [m], ``class`` (its code) and ``meaning`` of each pixel drawn."""
    table = cells_drawn({"class": classes})
    return table.assign(meaning=table["class"].map(contract.meanings(classes)))


def shades(count: int) -> list[str]:
    """So many colours from pale to dark."""
    ramp = style.FAVOURABILITY[1:-1]
    return [ramp[round(place)] for place in np.linspace(0, len(ramp) - 1, count)]


@FIGURES.register
def concentration_area_curve(told: Mapping[str, Any], *, width: float = canvas.ON_PAGE) -> Figure:
    """
    Ground that scores as high or higher against the score, both logarithmic, with its breaks [1]_.

    Where the line gets steeper one kind of ground ends and another begins; a band is where
    a break lies in 95 of 100 draws of the cells.

    Parameters
    ----------
    told : mapping
        With ``curve`` (``score`` and ``area`` [1]) and ``breaks`` (``value``, ``low``,
        ``high``), of :func:`geoprospect.maps.classes.concentration_area_classes`.
    width : float
        Of the figure [mm].

    References
    ----------
    .. [1] Cheng, Q., Agterberg, F.P., Ballantyne, S.B. (1994). The separation of
       geochemical anomalies from background by fractal methods. Journal of Geochemical
       Exploration 51, 109-130.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    table = concentration_area_curve_data(told)
    with canvas.paper(width):
        figure = canvas.plate(width, max(66.0, 0.55 * width))
        axes = figure.add_subplot(
            title=say("How ground shrinks as the score rises"), xlabel=say("Score"),
            ylabel=say("Area at or above [%]"), xscale="log", yscale="log",
        )  # fmt: skip
        axes.plot(table["score"], 100 * table["area"], "o", color=canvas.BLUE, ms=3, mew=0)
        for number, one in enumerate(told["breaks"]):
            axes.axvspan(one["low"], one["high"], color=canvas.ORANGE, alpha=0.15, lw=0)
            axes.axvline(one["value"], color=canvas.ORANGE, lw=1.3)
            axes.annotate(
                f"{one['value']:.3g}", (one["value"], 0.97 - 0.08 * (number % 3)),
                (4, 0), xycoords=("data", "axes fraction"), textcoords="offset points",
                color=canvas.ORANGE, fontsize="small", va="top",
            )  # fmt: skip
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=16))
        axes.xaxis.set_minor_formatter(NullFormatter())
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:g}")
        axes.grid(visible=True)
    return figure


@DATA.register
def concentration_area_curve_data(told: Mapping[str, Any]) -> pd.DataFrame:
    """``score`` and ``area`` [1] at or above it, of scores that any cell reaches."""
    table = pd.DataFrame(dict(told["curve"]), dtype=float)
    return table[table["area"] > 0].reset_index(drop=True)
