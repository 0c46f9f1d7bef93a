"""Groups of chosen cells, drawn as targets: merged, cut, smoothed, none too small."""

from __future__ import annotations

import functools
import logging
import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy import ndimage, sparse
from shapely import MultiPolygon, Polygon

from geoprospect import contract, lazy
from geoprospect.kernels import cutting, runs
from geoprospect.kernels.runs import Runs
from geoprospect.targets import outline

log = logging.getLogger("geoprospect.targets")

Scores = npt.NDArray[np.float32]
Outline = Polygon | MultiPolygon

MARGIN = 4
"""Cells beyond a group to which a smoothed outline may reach, as far as a cut goes."""


@dataclass(frozen=True)
class Shape:
    """
    What a target may look like, the same for every targeting.

    ``minimum_area`` [km2]: smaller ones are dropped. ``maximum_area`` [km2]: larger ones are cut
    across their length into equal pieces. ``gap`` [m]: groups of cells no farther apart
    are one target of several parts, if together they are not too large. ``elongation``: groups
    longer than this many times their width are cut across, along their structure.
    ``smoothing`` [m]: length along the outline over which stair-steps are averaged away.
    """

    minimum_area: float
    maximum_area: float | None = None
    gap: float = 0.0
    elongation: float | None = None
    smoothing: float | None = None

    def __post_init__(self) -> None:
        if self.minimum_area < 0:
            raise ValueError(f"minimum_area must not be negative, got {self.minimum_area} km2")
        if self.maximum_area is not None and not self.maximum_area > 0:
            raise ValueError(f"maximum_area must be positive, got {self.maximum_area} km2")
        if self.maximum_area is not None and self.maximum_area < 2 * self.minimum_area:
            raise ValueError(
                f"maximum_area must be twice minimum_area or more, or halves of what is just too "
                f"large were too small; got {self.maximum_area} and {self.minimum_area} km2"
            )
        if self.gap < 0:
            raise ValueError(f"gap must not be negative, got {self.gap} m")
        if self.elongation is not None and self.elongation < 2:
            raise ValueError(f"elongation must be 2 or more, got {self.elongation}")
        if self.smoothing is not None and self.smoothing < 0:
            raise ValueError(f"smoothing must not be negative, got {self.smoothing} m")


def drawn(
    scores: xr.DataArray, least: float, *, shape: Shape, grid: GeoBox, threshold: float
) -> gpd.GeoDataFrame:
    """
    Targets of the cells of *scores* that reach *least*, from the north-west.

    ``id``, ``threshold`` (as given: what the cells have in common, on the map of scores) and
    ``area_km2``; ``attrs`` has *least*. Computed on purpose; holds the chosen cells.
    """
    groups = _patches(scores, least)
    cell = contract.cell_size(grid)
    square_km = contract.cell_area_km2(grid)
    areas = np.array([np.sum(one[:, 2] - one[:, 1]) for one in groups]) * square_km
    cuts = {n: plan for n, one in enumerate(groups) if (plan := _cut(one, shape, cell)) is not None}
    member = _merged(groups, areas, cuts, shape, grid) if shape.gap else np.arange(len(groups))
    kept = _large_enough(member, areas, shape, square_km)
    cells = 2.0 if shape.smoothing is None else shape.smoothing / math.sqrt(math.prod(cell))
    outlines = outline.smooth([outline.of_runs(groups[n]) for n in kept], cells)
    made: list[Outline] = []
    for number, parts in _by_target(member[kept], outlines, kept):
        pieces = _pieces(parts[0], *cuts[number]) if number in cuts else [_one(parts)]
        made += pieces
    found = _framed(made, grid, threshold)
    found.attrs["least"] = least
    return found


def placed(outlines: list[Outline], grid: GeoBox) -> npt.NDArray[np.object_]:
    """Outlines in columns and rows, brought to where the grid lies."""
    to_metres = grid.affine
    found: npt.NDArray[np.object_] = shapely.transform(
        np.array(outlines, object),
        lambda p: p * [to_metres.a, to_metres.e] + [to_metres.c, to_metres.f],
    )
    return found


def _framed(made: list[Outline], grid: GeoBox, threshold: float) -> gpd.GeoDataFrame:
    there = placed(made, grid)
    return gpd.GeoDataFrame(
        {
            "id": np.arange(1, len(made) + 1),
            "threshold": np.full(len(made), threshold),
            "area_km2": shapely.area(there) / 1e6,
        },
        geometry=gpd.GeoSeries(there, crs=grid.crs.proj),
    )


def _patches(scores: xr.DataArray, least: float) -> list[Runs]:
    """Edge-connected groups of the cells that reach *least*."""
    chosen = runs.joined(lazy.gathered(functools.partial(_chosen, least), scores))
    patch = runs.patches(chosen)
    order = np.argsort(patch, kind="stable")
    ends = np.cumsum(np.bincount(patch))
    return np.split(chosen[order], ends)[:-1]


def _chosen(least: float, where: tuple[slice, slice], scores: Scores) -> Runs:
    return runs.of_block(scores >= np.float32(least), where[0].start, where[1].start)


def _large_enough(
    member: npt.NDArray[np.intp], areas: npt.NDArray[np.float64], shape: Shape, cell: float
) -> npt.NDArray[np.intp]:
    """The groups that belong to a target of the minimum area or more, in order."""
    sizes = np.bincount(member, weights=areas, minlength=len(areas))
    targets = np.unique(member)
    small = sizes < shape.minimum_area - 1e-6 * cell
    dropped = int(small[targets].sum())
    if len(targets) and dropped == len(targets):
        log.warning(
            "None of the %d patches above the threshold reaches minimum_area (the largest has "
            "%d cells and %.0f are asked for), so there are no targets; lower minimum_area.",
            len(targets), round(sizes.max() / cell), shape.minimum_area / cell,
        )  # fmt: skip
    elif dropped:
        log.info("%d of %d patches are below minimum_area and were dropped.", dropped, len(targets))
    return np.flatnonzero(~small[member])


# --- merging ------------------------------------------------------------------------------


def _merged(
    groups: list[Runs],
    areas: npt.NDArray[np.float64],
    cuts: dict[int, tuple[npt.NDArray[np.int32], int, int]],
    shape: Shape,
    grid: GeoBox,
) -> npt.NDArray[np.intp]:
    """The first group of the target that each belongs to: those no farther apart than the gap."""
    there = placed([outline.of_runs(one) for one in groups], grid)
    one, other = shapely.STRtree(there).query(
        there, predicate="dwithin", distance=shape.gap * (1 + 1e-9)
    )
    whole = ~np.isin(one, list(cuts)) & ~np.isin(other, list(cuts))
    links = sparse.coo_array(
        (np.ones(whole.sum(), np.int8), (one[whole], other[whole])), (len(groups),) * 2
    )
    _, found = sparse.csgraph.connected_components(links, directed=False)
    together = np.bincount(found, weights=areas, minlength=1)
    most = math.inf if shape.maximum_area is None else shape.maximum_area * (1 + 1e-9)
    _, firsts, target = np.unique(found, return_index=True, return_inverse=True)
    apart = together[found] > most
    left = int((np.bincount(found, minlength=1) > 1)[together > most].sum())
    if left:
        log.info("%d targets stay in parts: merged over the gap they were too large.", left)
    member: npt.NDArray[np.intp] = np.where(apart, np.arange(len(groups)), firsts[target])
    return member


def _by_target(
    member: npt.NDArray[np.intp], outlines: list[Polygon], kept: npt.NDArray[np.intp]
) -> list[tuple[int, list[Polygon]]]:
    """Each target's first group with the outlines of its groups, in the order of the first."""
    found: dict[int, list[Polygon]] = {}
    for target, one in zip(member.tolist(), outlines, strict=True):
        found.setdefault(target, []).append(one)
    return sorted(found.items())


def _one(parts: list[Polygon]) -> Outline:
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


# --- cutting ------------------------------------------------------------------------------


def _cut(
    group: Runs, shape: Shape, cell: tuple[float, float]
) -> tuple[npt.NDArray[np.int32], int, int] | None:
    """Which piece each cell of a group goes to (in a window), its top and left; None: uncut."""
    count = int(np.sum(group[:, 2] - group[:, 1]))
    area = count * math.prod(cell) / 1e6
    wanted = 1 if shape.maximum_area is None else math.ceil(area / shape.maximum_area - 1e-9)
    most = math.floor(area / shape.minimum_area + 1e-9) if shape.minimum_area else count
    if most < 2 or (wanted < 2 and shape.elongation is None):
        return None
    cells, top, left = runs.burned(group)
    position, length = cutting.along(cells.view(bool), cell)
    if shape.elongation is not None:
        wanted = max(wanted, math.ceil(length**2 / (1e6 * area) / shape.elongation - 1e-9))
    pieces = min(wanted, most)
    return None if pieces < 2 else (cutting.cut(cells.view(bool), position, pieces), top, left)


def _pieces(whole: Polygon, labels: npt.NDArray[np.int32], top: int, left: int) -> list[Outline]:
    """A drawn outline cut where its cells were: no piece overlaps another, and nothing is lost."""
    from rasterio.features import shapes

    wide = np.pad(labels, MARGIN)
    nearest = ndimage.distance_transform_edt(wide == 0, return_distances=False, return_indices=True)
    parts: dict[int, list[Polygon]] = {}
    for found, number in shapes(wide[tuple(nearest)], connectivity=4):
        rings = [np.add(ring, (left - MARGIN, top - MARGIN)) for ring in found["coordinates"]]
        parts.setdefault(int(number), []).append(Polygon(rings[0], rings[1:]))
    regions = [shapely.union_all(parts[number]) for number in sorted(parts)]
    cut = [shapely.intersection(whole, region) for region in regions]
    return [_areal(piece) for piece in cut]


def _areal(piece: shapely.Geometry) -> Outline:
    """The polygons of what an intersection left."""
    polygons = [part for part in shapely.get_parts(piece) if isinstance(part, Polygon)]
    return _one(polygons)
