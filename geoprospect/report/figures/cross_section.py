"""Drill holes and blocks in upright sections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect.blocks import DIMS, grid_of
from geoprospect.language import named, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.drilled import bar, colours_of, framed
from geoprospect.report.planes import Plane

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Values = npt.NDArray[np.float64]

FLAT = 0.22
"""Height over width below which a section is stretched upwards, which is said."""
STRETCHES = (2, 3, 5, 10, 20, 50)
SAMPLED = 900
"""Points along a section at which blocks are looked up."""


@DATA.register
def cross_section_data(
    samples: pd.DataFrame,
    plane: Plane,
    *,
    grade: str,
    unit: str,
    model: xr.Dataset | None = None,
    value: str = "estimate",
    letter: str = "A",
) -> pd.DataFrame:
    """
    What :func:`cross_section` draws of samples: ``hole``, grade and both ends on the plane.

    ``begin`` and ``end`` are distances along it, ``top`` and ``bottom`` elevations [m], and
    ``across`` how far the middle lies from it.
    """
    del unit, model, value, letter
    places = samples[["x", "y", "z"]].to_numpy(float)
    half = _direction(samples) * ((samples["to"] - samples["from"]).to_numpy(float) / 2)[:, None]
    upper, lower = places - half, places + half
    table = pd.DataFrame({
        "hole": samples["hole"].to_numpy(), grade: samples[grade].to_numpy(float),
        "begin": plane.along(upper), "top": upper[:, 2],
        "end": plane.along(lower), "bottom": lower[:, 2], "across": plane.across(places),
    })  # fmt: skip
    return table[plane.within(places)].reset_index(drop=True)


@FIGURES.register
def cross_section(
    samples: pd.DataFrame,
    plane: Plane,
    *,
    grade: str,
    unit: str,
    model: xr.Dataset | None = None,
    value: str = "estimate",
    letter: str = "A",
    width: float = canvas.ON_PAGE,
) -> Figure:
    """
    Drill holes within an upright slice of ground, with their grades, and blocks behind them.

    Whether grades run on from hole to hole, and whether blocks follow them, is seen here
    before it is believed of a table. Blocks without an estimate are left blank.

    Parameters
    ----------
    samples : DataFrame
        Composites: ``hole``, ``from``, ``to``, ``x``, ``y``, ``z`` [m], ``azimuth``, ``dip``
        [degrees] and the grade.
    plane : Plane
        Where the section lies, and how thick it is.
    grade, unit : str
        The column, and what it is in.
    model : Dataset (z, y, x), optional
        Blocks, of which *value* is drawn where the plane cuts them.
    value : str
        Variable of *model*.
    letter : str
        What the section is called.
    width : float
        Of the figure [mm].
    """
    from matplotlib.collections import LineCollection

    table = cross_section_data(samples, plane, grade=grade, unit=unit)
    scale = colours_of(samples[grade])
    low, high = _heights(samples, model, value)
    stretch = _stretch((high - low) / plane.length)
    with canvas.paper(width):
        figure, axes = framed(width, (0, plane.length, low, high), stretch)
        if model is not None:
            _slice(axes, model, value, plane, (low, high), scale)
        ends = [*table[["begin", "top", "end", "bottom"]].to_numpy(float).reshape(-1, 2, 2)]
        lines: dict[str, Any] = {"capstyle": "butt", "zorder": 3}
        axes.add_collection(LineCollection(ends, colors="white", linewidths=4.4, **lines))
        lines["zorder"] = 4
        colours = LineCollection(ends, array=table[grade].to_numpy(float), linewidths=2.6,
                                 cmap=scale["cmap"], **lines)  # fmt: skip
        colours.set_clim(scale["vmin"], scale["vmax"])
        axes.add_collection(colours)
        bar(figure, axes, colours, f"{named(grade)} [{unit}]")
        axes.set(xlabel=say("Distance along the section [m]"), ylabel=say("Elevation [m]"),
                 aspect=stretch)  # fmt: skip
        told = say("Section {letter}–{letter}′, {thickness:.0f} m thick", letter=letter,
                   thickness=plane.thickness)  # fmt: skip
        if stretch > 1:
            told += say(", heights times {stretch:g}", stretch=stretch)
        axes.set_title(told)
    return figure


def _direction(samples: pd.DataFrame) -> Values:
    """Unit vectors down the hole (n, 3)."""
    azimuth, dip = (np.radians(samples[one].to_numpy(float)) for one in ("azimuth", "dip"))
    return np.stack(
        [np.cos(dip) * np.sin(azimuth), np.cos(dip) * np.cos(azimuth), np.sin(dip)], axis=1
    )


def _slice(
    axes: Any, model: xr.Dataset, value: str, plane: Plane, heights: Any, scale: dict[str, Any]
) -> None:
    """Blocks where the plane cuts them, looked up on a fine mesh."""
    grid = grid_of(model)
    fine = max(min(grid.size[:2]) / 4, plane.length / SAMPLED)
    along = np.arange(fine / 2, plane.length, fine)
    levels = np.arange(heights[0] + grid.size[2] / 8, heights[1], grid.size[2] / 4)
    spots = np.repeat(plane.at(along)[None, :, :], len(levels), axis=0).reshape(-1, 2)
    layer, row, column, inside = grid.blocks_at(
        np.column_stack([spots, np.repeat(levels, len(along))])
    )
    seen = np.full(len(spots), np.nan)
    blocks = model[value].transpose(*DIMS).to_numpy()
    seen[inside] = blocks[layer[inside], row[inside], column[inside]]
    axes.imshow(
        seen.reshape(len(levels), len(along)), origin="lower", aspect="auto", zorder=1,
        extent=(0, plane.length, *heights), interpolation="nearest", **scale,
    )  # fmt: skip


def _heights(samples: pd.DataFrame, model: xr.Dataset | None, value: str) -> tuple[float, float]:
    """From the lowest to the highest sample, or known block."""
    known = samples["z"].dropna()
    low, high = float(known.min()), float(known.max())
    if model is not None:
        grid = grid_of(model)
        levels = np.flatnonzero(
            np.isfinite(model[value].transpose(*DIMS).to_numpy()).any(axis=(1, 2))
        )
        if levels.size:
            bottom, height = grid.origin[2], grid.size[2]
            low = min(low, bottom + height * float(levels[0]))
            high = max(high, bottom + height * float(levels[-1] + 1))
    room = 0.03 * (high - low) + 1.0
    return low - room, high + room


def _stretch(proportion: float) -> float:
    """How many times heights are drawn larger, so that a flat section can be read."""
    if proportion >= FLAT:
        return 1.0
    return float(next((one for one in STRETCHES if one * proportion >= FLAT), STRETCHES[-1]))
