"""Transforms of a layer by wavenumber: lazy, and the same whatever the chunks."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.features.sources import log
from geoprospect.kernels import wavenumber
from geoprospect.kernels.wavenumber import Transform, Values

Combine = Callable[..., Values]

WHOLE = 4_000_000
"""Cells up to which a grid is transformed as a whole; above, its broad shape is, and tiles."""

STEPPED = 0.2
"""Share of cells equal to their neighbour above which a field is said to go in steps."""

TILE = 1024
"""Cells a side of a tile, laid from the grid's upper left corner."""


def transformed(
    layer: xr.DataArray, transforms: Sequence[Transform], combine: Combine | None = None
) -> xr.DataArray:
    """
    A transform of a layer, or what *combine* makes of several, cell by cell.

    Unknown cells are filled for the transform, said in the log, and unknown in the result.
    A grid above :data:`WHOLE` cells is read once for its broad shape, at once, on purpose.
    """
    grid = contract.grid_of(layer)
    contract.check_grid(grid)
    source = layer if lazy.is_lazy(layer) else lazy.chunked(layer)
    every = coarseness(layer.shape)
    if every > 1:
        found = _by_tiles(source, grid, every, transforms, combine)
    else:
        make = functools.partial(_whole, transforms, combine, str(layer.attrs["long_name"]))
        found = lazy.tile(make, grid, lambda window: source.data, chunk=max(layer.shape))
    return lazy.chunked(found)


def rate_units(layer: xr.DataArray, order: int = 1) -> str:
    """Units of a layer's derivative by place."""
    units = str(layer.attrs["units"])
    parts = ([] if units == "1" and order else [units]) + [f"m-{order}"] * (order > 0)
    return " ".join(parts)


def coarseness(shape: tuple[int, ...]) -> int:
    """Cells a side of the coarse cells on which the broad shape is worked out; 1 for the whole."""
    every = 1
    while math.prod(-(-n // every) for n in shape) > WHOLE:
        every *= 2
    return every


def _whole(
    transforms: Sequence[Transform], combine: Combine | None, name: str, window: GeoBox,
    field: npt.NDArray[np.float32],
) -> lazy.Block:  # fmt: skip
    _say(name, _looked_at(field), field.size)
    made = wavenumber.transform(field.astype("f8"), contract.cell_size(window), transforms)
    return _known(made, combine, field)


def _known(made: Sequence[Values], combine: Combine | None, field: Values) -> lazy.Block:
    values = made[0] if combine is None else combine(*made)
    return np.where(np.isnan(field), np.nan, values).astype("float32")


def _looked_at(field: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Unknown cells; cells with a known neighbour east and those equal to it; the same south."""
    known = ~np.isnan(field)
    found = [np.count_nonzero(~known)]
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        found.append(np.count_nonzero(known[here] & known[there]))
        found.append(np.count_nonzero(field[here] == field[there]))
    return np.array(found)


def _say(name: str, counts: npt.NDArray[np.int64], cells: int) -> None:
    unknown, *pairs = (int(count) for count in counts)
    if unknown:
        log.info(
            "%s: %.1f %% of the grid is unknown; filled for the transform, unknown in its result",
            name, 100 * unknown / cells,
        )  # fmt: skip
    equal = min(pairs[1] / max(pairs[0], 1), pairs[3] / max(pairs[2], 1))
    if equal > STEPPED:
        log.warning(
            "%s goes in steps: %.0f %% of cells equal their neighbour, as if a coarser grid "
            "had been resampled by nearest neighbour. Derivatives show the steps; resample it "
            "smoothly, or take upward_continuation by a cell or two of it first",
            name, 100 * equal,
        )  # fmt: skip


# --- tiles --------------------------------------------------------------------------------------


def _by_tiles(
    source: xr.DataArray, grid: GeoBox, every: int, transforms: Sequence[Transform],
    combine: Combine | None,
) -> xr.DataArray:  # fmt: skip
    cell = contract.cell_size(grid)
    means, counts, seen = _coarse(source, every)
    _say(str(source.attrs["long_name"]), seen, math.prod(grid.shape))
    shape = wavenumber.broad(means, counts, every, cell, transforms)
    margin = wavenumber.margin(every)
    kernels = [wavenumber.kernel(one, TILE + 2 * margin, every, cell) for one in transforms]
    make = functools.partial(_tile, grid, margin, shape, kernels, combine)
    pieces = functools.partial(_piece, source, grid, margin)
    return lazy.tile(make, grid, pieces, chunk=TILE)


def _coarse(source: xr.DataArray, every: int) -> tuple[Values, Values, npt.NDArray[np.int64]]:
    """Means of the known cells of each coarse cell, their number, and what was looked at."""
    size = [-(-n // every) for n in source.shape]
    means, counts, seen = np.zeros(size), np.zeros(size), np.zeros(5, np.int64)
    with lazy.cut(TILE):
        blocks = lazy.gathered(functools.partial(_coarse_block, every), source)
        for at, mean, count, looked in blocks:
            means[at], counts[at] = mean, count
            seen += looked
    return means, counts, seen


def _coarse_block(
    every: int, where: tuple[slice, slice], block: npt.NDArray[np.float32]
) -> tuple[tuple[slice, ...], Values, Values, npt.NDArray[np.int64]]:
    at = tuple(slice(one.start // every, -(-one.stop // every)) for one in where)
    return at, *wavenumber.block_means(block, every), _looked_at(block)


def _places(grid: GeoBox, window: GeoBox, margin: int) -> list[tuple[slice, slice]]:
    """Rows and columns of a window of the grid, and of the window with a margin."""
    column, row = (round(v) for v in ~grid.affine @ (window.affine.c, window.affine.f))
    starts = list(zip((row, column), window.shape, grid.shape, strict=True))
    core = tuple(slice(at, at + n) for at, n, _ in starts)
    wide = tuple(slice(max(at - margin, 0), min(at + TILE + margin, n)) for at, _, n in starts)
    return [core, wide]  # type: ignore[list-item]


def _piece(source: xr.DataArray, grid: GeoBox, margin: int, window: GeoBox) -> Any:
    return source.data[_places(grid, window, margin)[1]]


def _tile(
    grid: GeoBox, margin: int, shape: wavenumber.Broad, kernels: Sequence[wavenumber.Spectrum],
    combine: Combine | None, window: GeoBox, piece: npt.NDArray[np.float32],
) -> lazy.Block:  # fmt: skip
    core, wide = _places(grid, window, margin)
    made = wavenumber.transform_tile(piece, wide, core, shape, kernels)
    inner = tuple(
        slice(c.start - w.start, c.stop - w.start) for c, w in zip(core, wide, strict=True)
    )
    return _known(made, combine, piece[inner])
