"""Holes that may be drilled on targets: where they start, which way, and what forbids them."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import xarray as xr
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from geoprospect import contract, lazy
from geoprospect.drilling.drift import STRAIGHT, Drift
from geoprospect.drilling.fan import Limits, against_collars, fan
from geoprospect.drilling.holes import Plane
from geoprospect.errors import DataError

log = logging.getLogger("geoprospect.drilling")

Values = npt.NDArray[np.float64]

REACH = 3.0
"""How far around a target pads are of use, in lengths of the longest hole."""
SHAPE = ("azimuth", "dip", "length", "core_angle")


@dataclass(frozen=True)
class Pattern:
    """
    How holes are laid over a target, and what a rig can do.

    Points to be pierced lie ``depth`` below the ground [m], in rows along the target's longer
    axis, ``spacing`` apart [m], at most ``along_strike`` by ``across`` of them about its
    middle. Holes start at a ``dip`` [degree, below 0 downward], across a structure that dips by
    ``structure_dip`` towards ``dip_direction`` [degree]; without one it strikes along the
    target's longer axis. ``longest`` and the others are those of
    :class:`geoprospect.drilling.fan.Limits`.
    """

    spacing: float
    depth: float
    longest: float
    along_strike: int = 5
    across: int = 3
    dip: float = -60.0
    structure_dip: float = 90.0
    dip_direction: float | None = None
    steepest: float = -90.0
    flattest: float = -45.0
    core_angle: float = 30.0

    def __post_init__(self) -> None:
        if not (self.spacing > 0 and self.depth > 0):
            raise ValueError(
                f"spacing and depth must be above 0 m, got {self.spacing:g} and {self.depth:g}"
            )
        if self.along_strike < 1 or self.across < 1:
            raise ValueError(
                f"there must be 1 point or more each way, got {self.along_strike} and {self.across}"
            )
        if not -90 <= self.dip < 0:
            raise ValueError(f"dip of holes must be from -90 up to below 0, got {self.dip:g}")

    @property
    def limits(self) -> Limits:
        """What a rig and a geologist allow."""
        return Limits(self.longest, self.steepest, self.flattest, self.core_angle)

    @property
    def away(self) -> float:
        """How far from above its point a straight hole starts on level ground [m]."""
        return self.depth / math.tan(math.radians(-self.dip))


@dataclass(frozen=True, eq=False)
class Ground:
    """
    Where a rig may stand, and how high.

    ``elevation`` (y, x) of the ground [m], level at 0 without it; ``pads`` that collars must
    lie on, and ``no_go`` areas that they must not touch; all in the CRS of the targets.
    """

    elevation: xr.DataArray | None = None
    pads: gpd.GeoDataFrame | None = None
    no_go: gpd.GeoDataFrame | None = None

    def heights(self, points: Values) -> Values:
        """Height of the ground at points (n, 2) [m], of its cell; NaN where it is not known."""
        if self.elevation is None:
            return np.zeros(len(points))
        height = np.full(len(points), np.nan)
        cells = contract.grid_of(self.elevation)
        rows, columns, inside = contract.cells_at(points[:, 0], points[:, 1], cells)
        picked = [xr.DataArray(one[inside], dims="point") for one in (rows, columns)]
        names = self.elevation.dims
        height[inside] = self.elevation.isel({names[0]: picked[0], names[1]: picked[1]})
        return height

    def near(self, outline: BaseGeometry, reach: float) -> Ground:
        """The same, its elevation computed and of no more than so far around an outline [m]."""
        if self.elevation is None:
            return self
        west, south, east, north = outline.buffer(reach).bounds
        cells = contract.grid_of(self.elevation)
        columns, rows = ~cells.affine * (np.array([west, east]), np.array([north, south]))
        within = [
            slice(max(0, math.floor(ends[0])), max(0, math.ceil(ends[1])))
            for ends in (rows, columns)
        ]
        part = self.elevation[within[0], within[1]]
        (height,) = lazy.compute(lazy.chunked(part).data)
        return replace(self, elevation=part.copy(data=height))

    def start(self, wanted: shapely.Point) -> shapely.Point:
        """The place nearest to a wanted one where a rig may stand."""
        if self.pads is None:
            return wanted
        nearest = int(self.pads.distance(wanted).to_numpy().argmin())
        return nearest_points(self.pads.geometry.iloc[nearest], wanted)[0]

    def against(self, start: shapely.Point, crs: Any) -> str:
        """What speaks against a collar there; empty if nothing does."""
        place = gpd.GeoDataFrame(geometry=[start], crs=crs)
        return str(against_collars(place, no_go=self.no_go).iloc[0])


@dataclass(frozen=True)
class Frame:
    """A target's own axes: its ``middle`` [m] and the ``strike`` of its longer one [degree]."""

    middle: tuple[float, float]
    strike: float

    def local(self, points: Values) -> Values:
        """Points (n, 2) as distances along and across the longer axis [m]."""
        turn = math.radians(self.strike)
        apart = points - np.asarray(self.middle)
        along = apart @ np.array([math.sin(turn), math.cos(turn)])
        across = apart @ np.array([math.cos(turn), -math.sin(turn)])
        return np.column_stack([along, across])

    def placed(self, local: Values) -> Values:
        """The reverse of :meth:`local`."""
        turn = math.radians(self.strike)
        axes = np.array([[math.sin(turn), math.cos(turn)], [math.cos(turn), -math.sin(turn)]])
        found: Values = local @ axes + np.asarray(self.middle)
        return found


def frame_of(outline: BaseGeometry) -> Frame:
    """The axes of a target: of the smallest rectangle around it, the longer one in [0, 180)."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(outline))[:3]
    sides = np.diff(corners, axis=0)
    east, north = sides[np.hypot(*sides.T).argmax()]
    middle = outline.centroid
    return Frame((middle.x, middle.y), math.degrees(math.atan2(east, north)) % 180)


def lattice(outline: BaseGeometry, frame: Frame, spacing: float) -> Values:
    """
    Points (n, 2) inside a target, in rows along its longer axis, [m]; its middle at least.

    Rows lie evenly about the middle, with a point on it.
    """
    own = frame.local(shapely.get_coordinates(outline.envelope))
    reach = np.ceil(abs(own).max(axis=0) / spacing).astype(int)
    along, across = (np.arange(-n, n + 1) * spacing for n in reach)
    local = np.stack(np.meshgrid(along, across, indexing="ij"), axis=-1).reshape(-1, 2)
    points = frame.placed(local)
    inside = shapely.intersects_xy(outline, points[:, 0], points[:, 1])
    if not inside.any():
        within = outline.representative_point()
        return np.array([[within.x, within.y]])
    return points[inside]


def sites(
    targets: gpd.GeoDataFrame, ground: Ground, *, pattern: Pattern, drift: Drift = STRAIGHT
) -> gpd.GeoDataFrame:
    """
    Holes that may be drilled on targets; those that cannot are said and left out.

    A hole starts off its point so that it meets it at the wanted dip, from the side that the
    structure falls to; where that collar is barred, from the other. Where pads are given, it
    starts from the nearest place on one, and turns and steepens as it must.

    Parameters
    ----------
    targets : GeoDataFrame of Polygon
        With ``label``, in a CRS in metres.
    ground : Ground
    pattern : Pattern
    drift : Drift
        How holes bend; they are started so that they hit all the same.

    Returns
    -------
    GeoDataFrame of points, the collars
        ``target``, ``elevation`` of the collar [m], ``azimuth`` and ``dip`` there [degree],
        ``length`` [m], ``core_angle`` [degree], and ``point_x``, ``point_y``, ``point_z``, the
        point that is pierced [m].

    Raises
    ------
    DataError
        If no hole can be drilled, with the reasons and how often each.
    ContractError
        If pads or no-go areas are in another CRS than the targets.
    """
    against_collars(gpd.GeoDataFrame(geometry=[], crs=targets.crs), pads=ground.pads,
                    no_go=ground.no_go)  # fmt: skip
    tried = [
        {"target": str(label), **hole}
        for label, outline in zip(targets["label"], targets.geometry, strict=True)
        for hole in _of_target(outline, ground, pattern, drift, targets.crs)
    ]
    found = gpd.GeoDataFrame(pd.DataFrame(tried).drop(columns="start"),
                             geometry=[one["start"] for one in tried], crs=targets.crs)  # fmt: skip
    free = found["against"] == ""
    reasons = found.loc[~free, "against"].value_counts(sort=False)
    told = "; ".join(f"{reason} ({count})" for reason, count in reasons.items())
    if not free.any():
        raise DataError(
            f"none of {len(found)} holes can be drilled: {told}; give other pads, longer holes or "
            "other dips"
        )
    if len(reasons):
        log.info("%d of %d holes cannot be drilled: %s.", (~free).sum(), len(found), told)
    return found[free].drop(columns="against").reset_index(drop=True)


def _of_target(
    outline: BaseGeometry, ground: Ground, pattern: Pattern, drift: Drift, crs: Any
) -> list[dict[str, Any]]:
    """The holes of one target, each from the better side."""
    frame, ground = frame_of(outline), ground.near(outline, REACH * pattern.longest)
    points = _few(lattice(outline, frame, pattern.spacing), frame, pattern)
    stated = pattern.dip_direction
    towards = frame.strike + 90 if stated is None else stated
    rows = []
    for (x, y), height in zip(points.tolist(), ground.heights(points).tolist(), strict=True):
        point = (x, y, height - pattern.depth)
        ways = [
            _hole(point, towards, side, ground, pattern, drift, crs)
            for side in (towards, towards + 180)
        ]
        rows.append(next((way for way in ways if not way["against"]), ways[0]))
    return rows


def _few(points: Values, frame: Frame, pattern: Pattern) -> Values:
    """As many points each way as are wanted, those nearest to the target's middle."""
    steps = np.round(frame.local(points) / pattern.spacing)
    wanted = np.array([pattern.along_strike, pattern.across])
    least = -((wanted - 1) // 2)
    most = least + wanted - 1
    near = ((steps >= least) & (steps <= most)).all(axis=1)
    return points[near] if near.any() else points[:1]


def _hole(
    point: tuple[float, float, float],
    towards: float,
    side: float,
    ground: Ground,
    pattern: Pattern,
    drift: Drift,
    crs: Any,
) -> dict[str, Any]:
    """One hole to a point, from the side of it that lies in a direction."""
    turn = math.radians(side)
    wanted = (point[0] + pattern.away * math.sin(turn), point[1] + pattern.away * math.cos(turn))
    start = ground.start(shapely.Point(wanted))
    height = float(ground.heights(np.array([[start.x, start.y]]))[0])
    against = [ground.against(start, crs)]
    drilled: dict[str, Any] = dict.fromkeys(SHAPE, math.nan)
    if math.isfinite(height) and math.isfinite(point[2]):
        plane = Plane(point, towards, pattern.structure_dip)
        made = fan((start.x, start.y, height), [point], plane=plane, limits=pattern.limits,
                   drift=drift).iloc[0]  # fmt: skip
        drilled = {name: float(made[name]) for name in SHAPE}
        against.append(str(made["against"]))
    else:
        against.append("the height of the ground is not known")
    return {
        "start": start, "elevation": height, **drilled,
        **dict(zip(("point_x", "point_y", "point_z"), point, strict=True)),
        "against": "; ".join(one for one in against if one),
    }  # fmt: skip
