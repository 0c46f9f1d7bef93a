"""Outlines of groups of cells: drawn smooth, at the same area, without overlaps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon

from geoprospect.kernels import runs

Path = npt.NDArray[np.complex128]

TOLERANCE = 0.03
"""How far thinning may move an outline [cells]."""


def of_runs(patch: runs.Runs) -> Polygon:
    """Outline of one group of cells, in columns and rows."""
    from rasterio.features import shapes

    cells, top, left = runs.burned(patch)
    ((found, _),) = shapes(cells, mask=cells.view(bool), connectivity=4)
    exterior, *interiors = [np.add(ring, (left, top)) for ring in found["coordinates"]]
    return Polygon(exterior, interiors)


def smooth(outlines: list[Polygon], width: float) -> list[Polygon]:
    """
    Outlines freed of their stair-steps, each at its own area.

    Each ring is averaged along itself with a Gaussian of *width* cells and moved
    outwards by what the averaging shrank it. Where that would make a polygon
    cross itself or its neighbour, the corners are only rounded within their own
    cells, which never can (see :func:`rounded`).
    """
    if width == 0:
        return outlines
    safe = [_thinned(_mapped(outline, rounded)) for outline in outlines]
    made = [_thinned(_mapped(outline, lambda ring: averaged(ring, width))) for outline in outlines]
    drawn = [
        fine if _fit(fine, outline) else plain
        for fine, plain, outline in zip(made, safe, outlines, strict=True)
    ]
    while len(meeting := _meeting(drawn) - {i for i, d in enumerate(drawn) if d is safe[i]}):
        for index in meeting:
            drawn[index] = safe[index]
    return drawn


def averaged(ring: Path, width: float) -> Path:
    """
    A ring averaged along itself, then moved along its normals back to its area.

    Small rings are averaged over a twelfth of their length at most, so that they
    keep their shape.
    """
    width = min(width, len(ring) / 12)
    damping = np.exp(-2 * (np.pi * width * np.fft.fftfreq(len(ring))) ** 2)
    even: Path = np.fft.ifft(np.fft.fft(ring) * damping)
    along = np.roll(even, -1) - np.roll(even, 1)
    length = np.abs(even - np.roll(even, 1)).sum()
    shift = (_signed_area(ring) - _signed_area(even)) / length
    moved: Path = even - 1j * along / np.maximum(np.abs(along), 1e-12) * shift
    return moved


def rounded(ring: Path) -> Path:
    """
    A ring with its corners rounded (Chaikin's cutting, twice).

    The curve leaves the cell edges only within the half-cell triangle at a
    corner, so outlines of different groups stay apart and every cell keeps its
    centre. A corner gains or loses at most a twentieth of a cell.
    """
    for _ in range(2):
        ahead = np.roll(ring, -1)
        ring = np.stack([0.75 * ring + 0.25 * ahead, 0.25 * ring + 0.75 * ahead], 1).ravel()
    return ring


def _mapped(outline: Polygon, change: Callable[[Path], Path]) -> Polygon:
    """The polygon with every ring (a step a cell edge) changed."""
    rings = [change(_steps(ring)) for ring in (outline.exterior, *outline.interiors)]
    exterior, *interiors = [np.column_stack([ring.real, ring.imag]) for ring in rings]
    return Polygon(exterior, interiors)


def _steps(ring: shapely.LinearRing) -> Path:
    """The corners of all cell edges along a ring, in order, the last not repeated."""
    corners = shapely.get_coordinates(ring) @ np.array([1, 1j])
    moves = np.diff(corners)
    counts = np.rint(np.abs(moves)).astype(int)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    steps: Path = np.repeat(corners[:-1], counts) + within * np.repeat(moves / counts, counts)
    return steps


def _signed_area(ring: Path) -> float:
    return float(np.sum(np.conj(ring) * np.roll(ring, -1)).imag) / 2


def _thinned(outline: Polygon) -> Polygon:
    return shapely.simplify(outline, TOLERANCE, preserve_topology=True)


def _fit(outline: Polygon, cells: Polygon) -> bool:
    """Whether a smoothed outline is sound and keeps its area to a percent or a fifth of a cell."""
    return bool(outline.is_valid and abs(outline.area - cells.area) <= max(0.01 * cells.area, 0.2))


def _meeting(outlines: list[Polygon]) -> set[int]:
    """Indices of the outlines that touch or overlap another."""
    placed = np.array(outlines, dtype=object)
    one, other = shapely.STRtree(placed).query(placed, predicate="intersects")
    return set(one[one != other].tolist())
