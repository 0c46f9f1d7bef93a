"""Maps of how far to believe the map: quadrants of risk and return, and hatched guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract
from geoprospect.report import canvas
from geoprospect.report.figures import maps
from geoprospect.report.figures.confidence import QUADRANTS
from geoprospect.report.overview import overview

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ACROSS = 1400
"""Pixels of a hatching along its longer side, at least; so fine that it prints as lines."""

SPACING = 14
"""Pixels from one line of a hatching to the next."""


def quadrant_map(quadrant: xr.DataArray, *, deposits: gpd.GeoDataFrame | None = None) -> Figure:
    """Where return is high and risk low, and where not, with the known deposits."""
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch

    seen = overview(quadrant)
    told = contract.meanings(seen)
    codes = list(told)
    grid = contract.grid_of(seen)
    with canvas.paper():
        figure, axes = maps._framed(grid, beside=2.4)
        axes.imshow(
            seen.to_numpy(), extent=maps._extent(grid), cmap=ListedColormap(list(QUADRANTS)),
            norm=BoundaryNorm([codes[0] - 0.5, *(c + 0.5 for c in codes)], len(codes)),
            interpolation="none",
        )  # fmt: skip
        if deposits is not None and len(deposits):
            maps._draw_deposits(axes, deposits)
        key = [
            Patch(facecolor=colour, label=text.replace(": ", ":\n"))
            for colour, text in zip(QUADRANTS, told.values(), strict=True)
        ]
        figure.legend(handles=key, loc="outside right upper", title="Risk and return",
                      alignment="left", handlelength=1.2)  # fmt: skip
    return figure


def applicability_map(
    prospectivity: xr.DataArray,
    applicability: xr.DataArray,
    *,
    deposits: gpd.GeoDataFrame | None = None,
) -> Figure:
    """
    The score [1], hatched where the model has seen nothing like the ground.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
    applicability : DataArray (y, x)
        0 outside, 1 inside, on the same grid.
    deposits : GeoDataFrame, optional
    """
    figure = maps.prospectivity_map(prospectivity, deposits=deposits)
    with canvas.paper():
        hatched(figure.axes[0], applicability)
    return figure


def hatched(axes: Any, applicability: xr.DataArray) -> None:
    """
    Lines over the ground outside the area of applicability, and a key for them.

    Drawn as pixels, so that however ragged the ground is, the figure stays small.

    Parameters
    ----------
    axes : matplotlib Axes
        In kilometres, as the maps of this package are.
    applicability : DataArray (y, x)
        0 outside; all else is left as it is.
    """
    from matplotlib.patches import Patch

    seen = overview(applicability)
    axes.imshow(lines(seen.to_numpy() == 0), extent=maps._extent(contract.grid_of(seen)),
                interpolation="none", zorder=3)  # fmt: skip
    handles, _ = axes.get_legend_handles_labels()
    sign = Patch(facecolor="white", edgecolor=canvas.INK, hatch="//////", linewidth=0.5,
                 label="outside: scores are guesses")  # fmt: skip
    axes.legend(handles=[*handles, sign], loc="lower right", handletextpad=0.4, frameon=True,
                framealpha=0.85, edgecolor="none")  # fmt: skip


def lines(where: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Oblique lines of ink over some cells of a grid, as an image (rows, columns, RGBA)."""
    from matplotlib.colors import to_rgb

    times = -(-ACROSS // max(where.shape))
    fine = where.repeat(times, axis=0).repeat(times, axis=1)
    rows, columns = np.ogrid[: fine.shape[0], : fine.shape[1]]
    image = np.zeros((*fine.shape, 4), "float32")
    image[..., :3] = to_rgb(canvas.INK)
    image[..., 3] = fine & ((rows + columns) % SPACING < 2)
    return image
