"""Planned holes on their targets, from above."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from geoprospect.language import say
from geoprospect.report import canvas
from geoprospect.report.figures.map_frame import NOTHING, round_length

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 6
"""Targets that are drawn."""
ACROSS = 3
"""Of them beside each other."""


def planned_holes(
    targets: gpd.GeoDataFrame,
    plan: gpd.GeoDataFrame,
    holes: gpd.GeoDataFrame,
    drilled: gpd.GeoDataFrame | None = None,
    *,
    width: float = canvas.ON_PAGE,
) -> Figure:
    """
    Targets with most to find, each with the holes planned on it, from above.

    Parameters
    ----------
    targets : GeoDataFrame of Polygon
        With ``label``, in the CRS of the holes.
    plan, holes : GeoDataFrame of points, the collars
        Planned holes, best first, and all that could be drilled: ``target``, ``point_x`` and
        ``point_y``, where they pierce the depth of the search [m].
    drilled : GeoDataFrame of LineString, optional
        Holes that are there already.
    width : float
        Of the figure [mm].
    """
    names = list(dict.fromkeys(plan["target"]))[:MOST]
    rows = math.ceil(len(names) / ACROSS)
    with canvas.paper(width):
        figure = canvas.plate(width, 8 + 58.0 * rows)
        for number, name in enumerate(names):
            axes = figure.add_subplot(rows, ACROSS, number + 1)
            outline = targets.loc[targets["label"] == name, targets.geometry.name].iloc[0]
            _target(axes, name, outline, plan[plan["target"] == name])
            others = holes[holes["target"] == name]
            axes.scatter(others["point_x"], others["point_y"], s=9, marker="o", zorder=3,
                         facecolors="none", edgecolors=canvas.MUTED, linewidths=0.6,
                         label=say("could be drilled"))  # fmt: skip
            _planned(axes, plan[plan["target"] == name])
            if drilled is not None:
                _drilled(axes, drilled)
        signs, told = figure.axes[0].get_legend_handles_labels()
        figure.legend(signs, told, loc="outside upper left", ncols=3, handletextpad=0.4)
    return figure


def _target(axes: Any, name: str, outline: Any, plan: gpd.GeoDataFrame) -> None:
    """One target's outline, with a scale; no coordinates, which stand in the table."""
    for part in shapely.get_parts(outline):
        axes.fill(*part.exterior.xy, fc="#f3dfdc", ec=canvas.INK, lw=0.9, zorder=1)
    west, south, east, north = gpd.GeoSeries([outline, *plan.geometry]).total_bounds
    half = 0.58 * max(east - west, north - south)
    x, y = (west + east) / 2, (south + north) / 2
    axes.set(xlim=(x - half, x + half), ylim=(y - half, y + half), aspect="equal", title=name)
    axes.set(xticks=[], yticks=[])
    axes.set_facecolor(NOTHING)
    axes.spines[["top", "right"]].set_visible(True)
    length = round_length(0.6 * half)
    left, low = x - 0.94 * half, y - 0.92 * half
    axes.plot([left, left + length], [low, low], color=canvas.INK, lw=2.2, zorder=6)
    axes.text(left + length / 2, low, f"{length:g} m", ha="center", va="bottom", fontsize=7)


def _planned(axes: Any, plan: gpd.GeoDataFrame) -> None:
    """Collars, and the way of each hole to where it pierces the depth of the search."""
    x, y = plan.geometry.x, plan.geometry.y
    axes.plot([x, plan["point_x"]], [y, plan["point_y"]], color=canvas.CRIMSON, lw=1.1, zorder=4)
    axes.scatter(x, y, s=14, marker="s", color=canvas.CRIMSON, zorder=5,
                 label=say("planned, from its collar"))  # fmt: skip
    for name, at_x, at_y in zip(plan["hole"], x, y, strict=True):
        axes.annotate(name, (at_x, at_y), (3, 3), textcoords="offset points", fontsize=6.5,
                      zorder=6, clip_on=True)  # fmt: skip


def _drilled(axes: Any, drilled: gpd.GeoDataFrame) -> None:
    """Holes that are there already, as far as they lie in the frame."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    near = drilled[drilled.intersects(shapely.box(left, low, right, high))]
    for line in near.geometry:
        axes.plot(*shapely.get_coordinates(line).T, color=canvas.BLUE, lw=1.4, zorder=4)
    if len(near):
        first = near.geometry.map(lambda line: shapely.Point(line.coords[0]))
        axes.scatter(first.x, first.y, s=14, color=canvas.BLUE, zorder=5, label=say("drilled"))
    axes.set(xlim=(left, right), ylim=(low, high))
