"""Drill holes from above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from geoprospect.blocks import DIMS, grid_of
from geoprospect.language import named, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.drilled import bar, colours_of, extent_of, framed, ruler
from geoprospect.report.planes import Plane

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMED = 30
"""Most holes whose names a plan shows."""


@DATA.register
def collar_plan_data(
    samples: pd.DataFrame,
    *,
    grade: str,
    unit: str,
    model: xr.Dataset | None = None,
    value: str = "estimate",
    sections: Sequence[Plane] = (),
) -> pd.DataFrame:
    """What :func:`collar_plan` draws: ``hole``, ``x``, ``y`` of its top [m] and mean grade."""
    del unit, model, value, sections
    order = samples.sort_values(["hole", "from"], kind="stable")
    length = (order["to"] - order["from"]).where(order[grade].notna())
    sums = pd.DataFrame({"metal": length * order[grade], "length": length}).groupby(order["hole"])
    made = order.groupby("hole")[["x", "y"]].first()
    made[grade] = sums["metal"].sum() / sums["length"].sum()
    return made.reset_index()


@FIGURES.register
def collar_plan(
    samples: pd.DataFrame,
    *,
    grade: str,
    unit: str,
    model: xr.Dataset | None = None,
    value: str = "estimate",
    sections: Sequence[Plane] = (),
    width: float = canvas.ON_PAGE,
) -> Figure:
    """
    Drill holes from above: their tops by mean grade, their ways, and the mean of blocks below.

    Ground between holes is only as well known as they are close.

    Parameters
    ----------
    samples : DataFrame
        Composites: ``hole``, ``from``, ``to``, ``x``, ``y``, ``z`` [m] and the grade.
    grade, unit : str
        The column, and what it is in.
    model : Dataset (z, y, x), optional
        Blocks; the mean of *value* over each column of them is drawn.
    value : str
        Variable of *model*.
    sections : sequence of Plane
        Drawn as lines A to A', B to B' and on.
    width : float
        Of the figure [mm].
    """
    from matplotlib.collections import LineCollection

    tops = collar_plan_data(samples, grade=grade, unit=unit)
    scale = colours_of(tops[grade])
    extent = extent_of(samples, sections, model)
    with canvas.paper(width):
        figure, axes = framed(width, extent, 1.0)
        if model is not None:
            _columns(axes, model, value, scale)
        order = samples.sort_values(["hole", "from"], kind="stable")
        ways = [one[["x", "y"]].to_numpy(float) for _, one in order.groupby("hole")]
        axes.add_collection(LineCollection(ways, colors=canvas.INK, linewidths=0.6, zorder=3))
        dots = axes.scatter(tops["x"], tops["y"], c=tops[grade], s=16, edgecolors=canvas.INK,
                            linewidths=0.5, zorder=4, **scale)  # fmt: skip
        if len(tops) <= NAMED:
            for row in tops.itertuples():
                axes.annotate(str(row.hole), (row.x, row.y), (3, 3), textcoords="offset points",
                              fontsize=6.5, zorder=5)  # fmt: skip
        for number, plane in enumerate(sections):
            _line(axes, plane, lettered(number))
        bar(figure, axes, dots, f"{named(grade)} [{unit}]")
        axes.set(xlabel=say("Easting [m]"), ylabel=say("Northing [m]"), aspect="equal")
        ruler(axes, extent)
    return figure


def lettered(number: int) -> str:
    """What a section is called: A, B, ..."""
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number % 26]


def _line(axes: Any, plane: Plane, letter: str) -> None:
    (x0, y0), (x1, y1) = plane.start, plane.end
    axes.plot([x0, x1], [y0, y1], color=canvas.CRIMSON, lw=1.1, ls=(0, (6, 3)), zorder=5)
    for x, y, told in ((x0, y0, letter), (x1, y1, f"{letter}′")):
        axes.text(x, y, told, color=canvas.CRIMSON, fontweight="bold", ha="center", va="center",
                  zorder=6, bbox={"fc": "white", "ec": "none", "pad": 1.0})  # fmt: skip


def _columns(axes: Any, model: xr.Dataset, value: str, scale: dict[str, Any]) -> None:
    """The mean over each column of blocks, turned as the grid is."""
    grid = grid_of(model)
    blocks = model[value].transpose(*DIMS).to_numpy()
    known = np.isfinite(blocks)
    count = known.sum(axis=0)
    sums = np.where(known, blocks, 0.0).sum(axis=0)
    means = np.divide(sums, count, out=np.full(count.shape, np.nan), where=count > 0)
    nx, ny, _ = grid.counts
    edges = np.meshgrid(np.arange(nx + 1) * grid.size[0], np.arange(ny + 1) * grid.size[1])
    corners = np.column_stack([*(one.ravel() for one in edges), np.zeros(edges[0].size)])
    x, y, _ = grid.from_axes(corners).T
    axes.pcolormesh(x.reshape(edges[0].shape), y.reshape(edges[0].shape), means,
                    rasterized=True, zorder=1, **scale)  # fmt: skip
