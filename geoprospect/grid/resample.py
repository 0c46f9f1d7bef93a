"""Values of one window of the target grid from a piece of the source."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from odc.geo.geobox import GeoBox

from geoprospect.grid.lattice import Coordinates, Lattice

Block = npt.NDArray[np.float32]

Sums = npt.NDArray[np.float64]

PARTS = 3
"""About so many parts of source cells lie down and across each target cell."""
SLIVER = 1e-9
"""A smaller share of a cell is rounding [cell]."""
AT_ONCE = 2**18
"""About how many parts are shared out at once."""


def nearest(lattice: Lattice, window: GeoBox, values: Block) -> Block:
    """Value of the source cell under each cell's centre."""
    rows, columns = lattice.positions(window)
    return _picked(lattice, window, values, np.floor(rows), np.floor(columns))


def bilinear(lattice: Lattice, window: GeoBox, values: Block) -> Block:
    """
    Values interpolated between the centres of the four nearest source cells.

    Unknown neighbours are left out and the others weigh more; where the source
    cell under the centre is unknown, so is the result.
    """
    rows, columns = lattice.positions(window)
    up, left = np.floor(rows - 0.5), np.floor(columns - 0.5)
    down, right = rows - 0.5 - up, columns - 0.5 - left
    total = np.zeros(window.shape)
    weights = np.zeros(window.shape)
    for row, row_weight in ((up, 1 - down), (up + 1, down)):
        for column, column_weight in ((left, 1 - right), (left + 1, right)):
            value = _picked(lattice, window, values, row, column)
            weight = np.where(np.isnan(value), 0.0, row_weight * column_weight)
            total += weight * np.nan_to_num(value)
            weights += weight
    known = ~np.isnan(nearest(lattice, window, values)) & (weights > 0)
    return np.where(known, total / np.where(known, weights, 1), np.nan).astype("float32")


def average(lattice: Lattice, window: GeoBox, values: Block) -> Block:
    """Mean of the known source cells under each cell, by shared area."""
    sums, shares = _shared_out(lattice, window, values)
    return _block(np.divide(sums, shares, where=shares > 0, out=np.full_like(sums, np.nan)))


def total(lattice: Lattice, window: GeoBox, values: Block) -> Block:
    """Sum of the known source cells under each cell, each by the share of its area."""
    sums, shares = _shared_out(lattice, window, values)
    return _block(np.where(shares > 0, sums, np.nan))


def majority(lattice: Lattice, window: GeoBox, values: Block) -> Block:
    """Code with the largest area under each cell; the smaller one on a tie."""
    if not lattice.same_crs:
        return _majority_of_parts(lattice, window, values)
    rows, columns = _overlaps(lattice, window)
    most = np.full(window.shape, np.nan)
    area = np.zeros(window.shape)
    for code in np.unique(values[~np.isnan(values)]):
        share = rows @ (columns @ (values == code).T.astype("float64")).T
        larger = share > area + SLIVER
        most[larger], area[larger] = code, share[larger]
    return _block(most)


def _majority_of_parts(lattice: Lattice, window: GeoBox, values: Block) -> Block:
    """The majority where source cells are cut into parts: area by pairs of cell and code."""
    codes = np.unique(values[~np.isnan(values)])
    pairs: list[npt.NDArray[np.intp]] = []
    areas: list[npt.NDArray[np.float64]] = []
    for cell, value, share in _parts(lattice, window, values):
        found, where = np.unique(
            cell * codes.size + np.searchsorted(codes, value), return_inverse=True
        )
        pairs.append(found)
        areas.append(np.bincount(where, share, minlength=found.size).astype("float64"))
    pair, where = np.unique(np.concatenate(pairs), return_inverse=True)
    area = np.bincount(where, np.concatenate(areas), minlength=pair.size).round(9)
    cell, code = np.divmod(pair, max(codes.size, 1))
    order = np.lexsort((-code, area, cell))
    most = np.full(window.shape[0] * window.shape[1], np.nan)
    most[cell[order]] = codes[code[order]]
    return _block(most.reshape(window.shape))


def _picked(lattice: Lattice, window: GeoBox, values: Block, rows: Any, columns: Any) -> Block:
    """Values at rows and columns of the whole source, NaN beyond the piece at hand."""
    piece = _piece(lattice, window)
    top, left = piece[0].start, piece[1].start
    inside = (rows >= top) & (rows < piece[0].stop) & (columns >= left) & (columns < piece[1].stop)
    row = np.where(inside, rows - top, 0).astype(np.intp)
    column = np.where(inside, columns - left, 0).astype(np.intp)
    return np.where(inside, values[row, column], np.float32(np.nan))


def _piece(lattice: Lattice, window: GeoBox) -> tuple[slice, slice]:
    piece = lattice.piece(window)
    if piece is None:
        raise ValueError("this window lies beyond the source")
    return piece


def _fineness(lattice: Lattice) -> tuple[int, int]:
    """Into how many parts a source cell is cut, down and across, to be shared out by area."""
    down, across = (
        max(1, math.ceil(PARTS / cells - 0.2)) for cells in lattice.source_cells_across()
    )
    return down, across


def _shared_out(lattice: Lattice, window: GeoBox, values: Block) -> tuple[Sums, Sums]:
    """Of the known source cells in each of the window's cells: values by area, and area."""
    if lattice.same_crs:
        rows, columns = _overlaps(lattice, window)
        known = ~np.isnan(values)
        sums, shares = (
            rows @ (columns @ each.T.astype("float64")).T
            for each in (np.where(known, values, 0), known)
        )
        return sums, shares
    sums, areas = np.zeros((2, window.shape[0] * window.shape[1]))
    for cell, value, share in _parts(lattice, window, values):
        sums += np.bincount(cell, value * share, minlength=sums.size)
        areas += np.bincount(cell, share, minlength=sums.size)
    parts = np.prod(_fineness(lattice))
    return (sums / parts).reshape(window.shape), (areas / parts).reshape(window.shape)


def _overlaps(lattice: Lattice, window: GeoBox) -> tuple[Any, Any]:
    """How much of each source row lies in each row of the window, and likewise for columns."""
    from scipy.sparse import csr_array

    made = []
    for edges, piece in zip(lattice.edges(window), _piece(lattice, window), strict=True):
        low, high = edges[:-1, None], edges[1:, None]
        most = int(np.ceil((high - low).max())) + 1
        source = np.floor(low) + np.arange(most)
        share = np.minimum(high, source + 1) - np.maximum(low, source)
        used = (share > SLIVER) & (source >= piece.start) & (source < piece.stop)
        cell, _ = np.nonzero(used)
        shape = (len(edges) - 1, piece.stop - piece.start)
        where = (cell, source[used].astype(np.intp) - piece.start)
        made.append(csr_array((share[used], where), shape=shape))
    return made[0], made[1]


def _parts(
    lattice: Lattice, window: GeoBox, values: Block
) -> Iterator[tuple[npt.NDArray[np.intp], Block, npt.NDArray[np.float64]]]:
    """
    The known source cells in parts: a cell of the window, the value, the share of the part in it.

    A part is so small that its outline among the target's cells is taken for an
    upright box, whose shares add up to one: sums are kept, and windows neither
    share nor lose any. The parts come strip by strip.
    """
    piece, (down, across) = _piece(lattice, window), _fineness(lattice)
    seen_from_source = lattice.reversed((down, across))
    height, width = lattice.target_cells_across()
    top, left = lattice.offset(window)
    step = max(1, AT_ONCE // (values.shape[1] * across * down))
    for start in range(0, values.shape[0], step):
        strip = values[start : start + step]
        rows, columns = (piece[0].start + start) * down, piece[1].start * across
        row, column = seen_from_source.positions(
            seen_from_source.target[
                rows : rows + strip.shape[0] * down, columns : columns + strip.shape[1] * across
            ]
        )
        value = strip.repeat(down, axis=0).repeat(across, axis=1)
        known = ~np.isnan(value) & np.isfinite(row) & np.isfinite(column)
        value = value[known]
        split_rows = _split(row[known] - top, height / down, window.shape[0])
        split_columns = _split(column[known] - left, width / across, window.shape[1])
        for (i, of_row), (j, of_column) in product(split_rows, split_columns):
            share = of_row * of_column
            used = share > 0
            cell = i[used].astype(np.intp) * window.shape[1] + j[used].astype(np.intp)
            yield cell, value[used], share[used]


def _split(
    middle: Coordinates, size: float, count: int
) -> tuple[tuple[Coordinates, Coordinates], tuple[Coordinates, Coordinates]]:
    """The two cells of *count* that intervals shorter than a cell reach, with their shares."""
    low = middle - size / 2
    first = np.floor(low)
    share = np.minimum((first + 1 - low) / size, 1)
    here, there = (
        np.where((cell >= 0) & (cell < count), part, 0)
        for cell, part in ((first, share), (first + 1, 1 - share))
    )
    return (first, here), (first + 1, there)


def _block(cells: npt.NDArray[np.float64]) -> Block:
    return cells.astype("float32")
