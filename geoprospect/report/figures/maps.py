"""Maps for print: with a scale, north, and a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from geoprospect import contract
from geoprospect.language import named, say
from geoprospect.report import canvas, style
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.map_frame import draw_places, extent, framed, hatch
from geoprospect.report.overview import LIMIT, overview

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 177.8
"""Of a map on the page [mm]."""
MOST_NAMED = 12
"""Drivers with a colour of their own."""
OTHERS = "#8d96a0"


@FIGURES.register
def prospectivity_map(
    prospectivity: xr.DataArray,
    *,
    targets: gpd.GeoDataFrame | None = None,
    deposits: gpd.GeoDataFrame | None = None,
    applicable: xr.DataArray | None = None,
    width: float = WIDTH,
) -> Figure:
    """
    The score [1] with the ranked targets and the known deposits.

    Where to look, and whether what is known already would have been found; hatched, where
    the ground is unlike any that the model learnt from, so that its score is a guess [1]_.
    Big maps are averaged to 1500 pixels a side.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
        The score [1].
    targets, deposits : GeoDataFrame, optional
        Outlines with their ``rank``; points. In the map's CRS.
    applicable : DataArray (y, x), optional
        1 where the model may be believed, 0 where not, NaN where unknown; on the same grid.
    width : float
        Of the figure [mm].

    References
    ----------
    .. [1] Meyer, H., Pebesma, E. (2021). Predicting into unknown space? Estimating the area
       of applicability of spatial prediction models. Methods in Ecology and Evolution 12,
       1620-1633.
    """
    figure, axes = _ramp_map(prospectivity, "prospectivity", say("Prospectivity"), width)
    with canvas.paper(width):
        if applicable is not None:
            hatch(axes, overview(applicable))
        draw_places(axes, targets, deposits)
    return figure


@DATA.register
def prospectivity_map_data(
    prospectivity: xr.DataArray, *, applicable: xr.DataArray | None = None
) -> pd.DataFrame:
    """``x``, ``y`` [m], ``prospectivity`` [1] and, if given, ``applicable`` of each pixel drawn."""
    layers = {"prospectivity": prospectivity, "applicable": applicable}
    return cells_drawn({name: layer for name, layer in layers.items() if layer is not None})


@FIGURES.register
def spread_map(
    spread: xr.DataArray,
    *,
    targets: gpd.GeoDataFrame | None = None,
    deposits: gpd.GeoDataFrame | None = None,
    width: float = WIDTH,
) -> Figure:
    """
    The ensemble's spread [1]: where its members disagree.

    A high score with a wide spread rests on few samples.
    """
    figure, axes = _ramp_map(spread, "spread", say("Spread of the ensemble"), width)
    with canvas.paper(width):
        draw_places(axes, targets, deposits)
    return figure


@DATA.register
def spread_map_data(spread: xr.DataArray) -> pd.DataFrame:
    """``x``, ``y`` [m] and ``spread`` [1] of each pixel drawn."""
    return cells_drawn({"spread": spread})


@DATA.register
def drivers_map_data(drivers: xr.DataArray) -> pd.DataFrame:
    """``x``, ``y`` [m], ``driver`` (its code) and ``meaning`` of each pixel drawn."""
    table = cells_drawn({"driver": drivers})
    return table.assign(meaning=table["driver"].map(contract.meanings(drivers)))


def cells_drawn(layers: Mapping[str, xr.DataArray], limit: int = LIMIT) -> pd.DataFrame:
    """``x``, ``y`` [m] and each layer's value at every pixel where any is known."""
    seen = {name: overview(layer, limit) for name, layer in layers.items()}
    grid = contract.grid_of(next(iter(seen.values())))
    rows, columns = np.indices(grid.shape)
    x, y = grid.affine * (columns.ravel() + 0.5, rows.ravel() + 0.5)
    table = pd.DataFrame(
        {"x": x, "y": y, **{n: layer.to_numpy().ravel() for n, layer in seen.items()}}
    )
    return table.dropna(subset=list(seen), how="all", ignore_index=True)


@FIGURES.register
def drivers_map(drivers: xr.DataArray, *, width: float = WIDTH) -> Figure:
    """
    The layer that speaks most strongly for a deposit in each cell, with its key.

    Of many layers the twelve that drive most cells have colours of their own; the others share
    one.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch

    seen = overview(drivers)
    colours, told = style.class_colours(seen), contract.meanings(seen)
    codes, values = list(colours), seen.to_numpy()
    counts = {code: int((values == code).sum()) for code in codes}
    picked = [code for code in codes if counts[code]]
    if len(picked) > MOST_NAMED + 1:
        picked = sorted(picked, key=lambda code: -counts[code])[:MOST_NAMED]
        colours = _apart(picked, told) | {code: OTHERS for code in codes if code not in picked}
    key = [Patch(facecolor=colours[code], label=_short(named(told[code]))) for code in picked]
    if len(picked) < sum(map(bool, counts.values())):
        key.append(Patch(facecolor=OTHERS, label=say("other layers")))
    with canvas.paper(width):
        figure, axes = framed(contract.grid_of(seen), width, beside=56)
        edges = [codes[0] - 0.5, *(code + 0.5 for code in codes)]
        axes.imshow(
            values,
            extent=extent(contract.grid_of(seen)),
            cmap=ListedColormap([colours[code] for code in codes]),
            norm=BoundaryNorm(edges, len(codes)),
            interpolation="none",
        )
        axes.legend(
            handles=key, loc="upper left", bbox_to_anchor=(1.01, 1.0),
            title=say("Strongest driver"), alignment="left", handlelength=1.2, borderaxespad=0.0,
        )  # fmt: skip
    return figure


def _apart(picked: Sequence[int], told: Mapping[int, str]) -> dict[int, str]:
    """A colour of its own for each class, the commonest first."""
    coloured = [code for code in picked if told[code] != style.NO_CLASS]
    own = dict(zip(coloured, style.CLASSES, strict=False))
    return {code: own.get(code, style.NEUTRAL) for code in picked}


def _ramp_map(layer: xr.DataArray, name: str, label: str, width: float) -> tuple[Figure, Any]:
    from matplotlib.colors import LinearSegmentedColormap

    seen = overview(layer)
    known = seen.to_numpy()[np.isfinite(seen.to_numpy())]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    ramp = style.ramp(name, seen).over(low, high)
    with canvas.paper(width):
        figure, axes = framed(contract.grid_of(seen), width, beside=23)
        image = axes.imshow(
            seen.to_numpy(),
            extent=extent(contract.grid_of(seen)),
            cmap=LinearSegmentedColormap.from_list(name, list(ramp.colours)),
            vmin=ramp.low,
            vmax=ramp.high,
            interpolation="none",
        )
        bar = figure.colorbar(image, ax=axes, shrink=0.6, aspect=24, pad=0.02, label=label)
        bar.outline.set_linewidth(0.5)
    return figure, axes


def _short(text: str, most: int = 30) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
