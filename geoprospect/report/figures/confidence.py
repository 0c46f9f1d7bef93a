"""Whether scores come true, how much ground to search, and return against risk, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.language import say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELLS = 4000
"""Cells of a map, evenly picked, that a scatter shows."""

PLOT, CURVE = 117.0, 142.0
"""Widths of figures on the page [mm]."""

QUADRANTS = ("#9c3c04", "#f6a03c", "#8fa6bd", "#d3dae2")
"""Warm where return is high, dark where risk is low; grey and blue elsewhere."""


@FIGURES.register
def reliability_diagram(reliability: Mapping[str, Any], *, width: float = PLOT) -> Figure:
    """
    True share of deposits against the told probability [1], bin by bin, with 95 % bars.

    On the diagonal, as many deposits came as were told; below it the map promises too
    much. Both axes in log-odds where probabilities are small, so that the rare are seen.

    Parameters
    ----------
    reliability : mapping
        With ``bins``: ``told``, ``true``, ``low``, ``high``; and ``prior``, ``slope``,
        ``brier_skill``.
    width : float
        Of the figure [mm].
    """
    bins = reliability_diagram_data(reliability)
    small = bool((bins["told"] < 0.05).any())
    told, true, low, high = (bins[n].to_numpy() for n in ("told", "true", "low", "high"))
    least = 0.5 * min(told.min(), *(v for v in true if v > 0)) if small else 0.0
    with canvas.paper(width):
        figure = canvas.plate(width, 0.91 * width)
        axes = figure.add_subplot(
            title=say("Told and true"),
            xlabel=say("Told probability"),
            ylabel=say("True share of deposits"),
        )
        ends = [least, 0.5 if small and max(told.max(), high.max()) < 0.5 else 1.0]
        axes.plot(ends, ends, color=canvas.MUTED, lw=0.9, ls="--", label=say("as told"))
        axes.axhline(reliability["prior"], color=canvas.MUTED, lw=0.7, ls=":", label=say("prior"))
        shown, low = np.maximum(true, least), np.maximum(low, least)
        axes.errorbar(
            told, shown, yerr=np.maximum([shown - low, high - shown], 0), fmt="o",
            color=canvas.BLUE, ms=5, lw=1.1, capsize=2.5, label=say("bin of equal size"),
        )  # fmt: skip
        if small:
            axes.set(xscale="log", yscale="log")
        axes.set(xlim=ends, ylim=ends)
        axes.grid(visible=True)
        axes.legend(loc="upper left")
    return figure


@DATA.register
def reliability_diagram_data(reliability: Mapping[str, Any]) -> pd.DataFrame:
    """``told``, ``true``, ``low``, ``high`` [1], ``samples`` and ``deposits`` of each bin."""
    return pd.DataFrame(dict(reliability["bins"]))


@FIGURES.register
def search_curve(search_area: Mapping[str, Any], *, width: float = CURVE) -> Figure:
    """
    Share of the ground to search [%] against the confidence of not missing the next deposit [%].

    It rises by steps, one for each known cluster: beyond the last the whole area has to be
    searched. A guess would lie on the diagonal.

    Parameters
    ----------
    search_area : mapping
        With ``curve`` (``confidence`` and ``area`` [1]) and ``areas`` (``alpha``, ``area``).
    width : float
        Of the figure [mm].
    """
    curve = 100 * search_curve_data(search_area)
    with canvas.paper(width):
        figure = canvas.plate(width, 0.68 * width)
        axes = figure.add_subplot(
            title=say("How much ground to search"),
            xlabel=say("Confidence that the next deposit is inside [%]"),
            ylabel=say("Ground to search [%]"),
        )
        axes.plot(
            [0, 100], [0, 100], color=canvas.MUTED, lw=0.9, ls="--", label=say("random search")
        )
        # between two clusters' levels the larger area is the one that keeps the promise
        x = np.append(curve["confidence"], 100)
        y = np.append(curve["area"], 100)
        axes.step(x, y, where="pre", color=canvas.BLUE, lw=2.0, label=say("this map"))
        for area in search_area["areas"]:
            share, sure = 100 * area["area"], 100 * (1 - area["alpha"])
            axes.plot([sure], [share], "o", color=canvas.ORANGE, ms=5.5, zorder=5,
                      label=say("{sure:.0f} %: {share:.0f} % of the ground", sure=sure,
                                share=share))  # fmt: skip
        axes.set(xlim=(0, 101), ylim=(0, 101))
        axes.grid(visible=True)
        axes.legend(loc="upper left")
    return figure


@DATA.register
def search_curve_data(search_area: Mapping[str, Any]) -> pd.DataFrame:
    """``confidence`` and ``area`` [1] of :func:`search_curve`."""
    return pd.DataFrame(dict(search_area["curve"]))


@FIGURES.register
def risk_return(
    maps: xr.Dataset, deposits: gpd.GeoDataFrame, *, cells: int = CELLS, width: float = CURVE
) -> Figure:
    """
    Risk against return, as percentiles [%]: the map's cells by quadrant, deposits above them.

    Lower right is where to drill, upper right where to survey first.

    Parameters
    ----------
    maps : Dataset
        With ``return``, ``risk`` [1] and ``quadrant``, and what its codes mean.
    deposits : GeoDataFrame
        In the maps' CRS; those beyond the maps are left out.
    cells : int
        Of the maps, evenly picked; about so many are drawn.
    width : float
        Of the figure [mm].
    """
    points = risk_return_data(maps, deposits, cells=cells)
    meanings = contract.meanings(maps["quadrant"])
    colours = dict(zip(meanings, QUADRANTS, strict=True))
    narrow = width <= canvas.ONE_AND_A_HALF
    with canvas.paper(width):
        figure = canvas.plate(width, 0.75 * width + (18 if narrow else 0))
        axes = figure.add_subplot(
            title=say("Risk and return"),
            xlabel=say("Return: percentile of the score [%]"),
            ylabel=say("Risk: percentile of disagreement\namong like scores [%]"),
        )
        for code, text in meanings.items():
            mine = points[(points["quadrant"] == code) & ~points["deposit"]]
            axes.scatter(100 * mine["return"], 100 * mine["risk"], s=4, color=colours[code],
                         alpha=0.7, linewidths=0, label=say(text), rasterized=True)  # fmt: skip
        known = points[points["deposit"]]
        axes.scatter(100 * known["return"], 100 * known["risk"], marker="D", s=20, c=canvas.INK,
                     edgecolors="white", linewidths=0.7, label=say("known deposit"))  # fmt: skip
        axes.set(xlim=(-1, 101), ylim=(-1, 101))
        figure.legend(loc="outside lower center", ncols=1 if narrow else 2, markerscale=2)
    return figure


@DATA.register
def risk_return_data(
    maps: xr.Dataset, deposits: gpd.GeoDataFrame, *, cells: int = CELLS
) -> pd.DataFrame:
    """
    ``return``, ``risk`` [1] and ``quadrant`` of evenly picked cells and of deposits (``deposit``).

    Computed on purpose, at those cells.

    Parameters
    ----------
    maps : Dataset
        With ``return``, ``risk`` and ``quadrant``.
    deposits : GeoDataFrame
        In the maps' CRS; those beyond the maps are left out.
    cells : int
    """
    grid = contract.grid_of(maps)
    step = max(1.0, (grid.shape[0] * grid.shape[1] / cells) ** 0.5)
    rows, columns = (np.arange(step / 2, side, step).astype(int) for side in grid.shape)
    even = [part.ravel() for part in np.meshgrid(rows, columns, indexing="ij")]
    points = deposits.geometry.representative_point()
    *places, inside = contract.cells_at(points.x, points.y, grid)
    at = [np.concatenate([whole, own[inside]]) for whole, own in zip(even, places, strict=True)]
    names = ["return", "risk", "quadrant"]
    table = pd.DataFrame(lazy.sample(maps, names, *at), columns=names)
    table["deposit"] = np.arange(len(table)) >= len(even[0])
    return table.dropna(ignore_index=True)
