"""Maps of how far to believe the map: quadrants of risk and return."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import xarray as xr

from geoprospect import contract
from geoprospect.language import say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.confidence import QUADRANTS
from geoprospect.report.figures.map_frame import draw_places, extent, framed
from geoprospect.report.figures.maps import WIDTH, cells_drawn
from geoprospect.report.overview import overview

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@FIGURES.register
def quadrant_map(
    quadrant: xr.DataArray, *, deposits: gpd.GeoDataFrame | None = None, width: float = WIDTH
) -> Figure:
    """Where return is high and risk low, and where not, with the known deposits."""
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch

    seen = overview(quadrant)
    told = contract.meanings(seen)
    codes = list(told)
    grid = contract.grid_of(seen)
    with canvas.paper(width):
        figure, axes = framed(grid, width, beside=61)
        axes.imshow(
            seen.to_numpy(), extent=extent(grid), cmap=ListedColormap(list(QUADRANTS)),
            norm=BoundaryNorm([codes[0] - 0.5, *(c + 0.5 for c in codes)], len(codes)),
            interpolation="none",
        )  # fmt: skip
        draw_places(axes, None, deposits)
        key = [
            Patch(facecolor=colour, label=say(text).replace(": ", ":\n"))
            for colour, text in zip(QUADRANTS, told.values(), strict=True)
        ]
        figure.legend(handles=key, loc="outside right upper", title=say("Risk and return"),
                      alignment="left", handlelength=1.2)  # fmt: skip
    return figure


@DATA.register
def quadrant_map_data(quadrant: xr.DataArray) -> pd.DataFrame:
    """``x``, ``y`` [m] and ``quadrant`` (code) of each pixel drawn."""
    return cells_drawn({"quadrant": quadrant})
