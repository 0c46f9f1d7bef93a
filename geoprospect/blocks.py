"""Blocks in three dimensions: where they lie, and how values of theirs become a dataset."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect.errors import ContractError, listing

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Three = tuple[float, float, float]

DIMS = ("z", "y", "x")
"""Order of the dimensions of a block model: layers from the bottom up, rows from the south."""


@dataclass(frozen=True)
class BlockGrid:
    """
    Equal blocks side by side: the grid of a block model.

    *origin* is the lowest corner in the south-west [m], *size* a block's extent along x, y
    and z [m], *counts* how many blocks there are along each. With *azimuth* the rows of
    blocks run that many degrees clockwise from north, turned about the origin: block
    models follow the strike of the ore. Blocks are counted from the origin, x first,
    z last, so that an array of them has the shape (z, y, x).
    """

    origin: Three
    size: Three
    counts: tuple[int, int, int]
    crs: str
    azimuth: float = 0.0

    def __post_init__(self) -> None:
        problems = []
        if not all(map(math.isfinite, (*self.origin, self.azimuth))):
            problems.append(f"origin and azimuth must be finite, got {self.origin}, {self.azimuth}")
        if not all(math.isfinite(one) and one > 0 for one in self.size):
            problems.append(f"a block's size must be positive along x, y and z, got {self.size} m")
        if not all(one >= 1 for one in self.counts):
            problems.append(f"there must be a block or more along each axis, got {self.counts}")
        if problems:
            raise ContractError(listing("this is no grid of blocks:", problems))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of an array of the blocks: (z, y, x)."""
        x, y, z = self.counts
        return z, y, x

    @property
    def blocks(self) -> int:
        """How many there are."""
        return math.prod(self.counts)

    @property
    def volume(self) -> float:
        """Of a block [m3]."""
        return math.prod(self.size)

    def along(self, axis: int) -> Values:
        """Middles of blocks along an axis (0 x, 1 y, 2 z), from the origin [m]."""
        steps: Values = np.arange(self.counts[axis], dtype=np.float64) + 0.5
        return steps * self.size[axis]

    def centres(self) -> Values:
        """Middles of all blocks, in the order of a raveled array: (blocks, 3) as x, y, z [m]."""
        z, y, x = np.meshgrid(*(self.along(axis) for axis in (2, 1, 0)), indexing="ij")
        local = np.column_stack([part.ravel() for part in (x, y, z)])
        return self.from_axes(local)

    def from_axes(self, local: Values) -> Values:
        """Places from distances along the grid's own axes: (n, 3) -> (n, 3) [m]."""
        return np.asarray(local @ self._axes() + np.asarray(self.origin), np.float64)

    def to_axes(self, places: npt.ArrayLike) -> Values:
        """Distances along the grid's own axes from its origin: (n, 3) -> (n, 3) [m]."""
        away = np.asarray(places, np.float64) - np.asarray(self.origin)
        return np.asarray(away @ self._axes().T, np.float64)

    def blocks_at(self, places: npt.ArrayLike) -> tuple[Index, Index, Index, Flags]:
        """Layer, row and column of the block each place lies in, and whether it lies in any."""
        steps = np.floor(self.to_axes(places) / np.asarray(self.size)).astype(np.int64)
        inside = ((steps >= 0) & (steps < np.asarray(self.counts))).all(axis=1)
        column, row, layer = steps.T
        return layer, row, column, inside

    def dataset(self, **values: npt.ArrayLike) -> xr.Dataset:
        """
        Values of blocks, raveled or of the grid's shape, as variables (z, y, x).

        Coordinates x, y and z are the middles of blocks [m]; where the grid is turned, x
        and y are counted along its own axes from the origin, which stands in the
        attributes with the azimuth.
        """
        begin = self.origin if self.azimuth % 360 == 0 else (0.0, 0.0, self.origin[2])
        coords = {name: begin[axis] + self.along(axis) for axis, name in enumerate("xyz")}
        attrs = {
            "crs": self.crs,
            "origin": list(self.origin),
            "size": list(self.size),
            "azimuth": self.azimuth,
        }
        arrays = {name: (DIMS, np.reshape(one, self.shape)) for name, one in values.items()}
        return xr.Dataset(arrays, {name: coords[name] for name in DIMS}, attrs)

    def _axes(self) -> Values:
        """The grid's axes x, y and z as unit vectors, a row each."""
        turn = math.radians(self.azimuth)
        sine, cosine = math.sin(turn), math.cos(turn)
        return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def around(
    places: npt.ArrayLike, *, size: Three, crs: str, margin: float = 0.0, azimuth: float = 0.0
) -> BlockGrid:
    """
    The least grid of whole blocks about some places, its faces at multiples of a block's size.

    Parameters
    ----------
    places : (n, 3)
        x, y and z, such as those of composites [m]; NaN is passed over.
    size : (3,)
        Of a block along x, y and z [m].
    crs : str
    margin : float
        How far the grid reaches beyond the places at least, on all sides [m].
    azimuth : float
        Of the rows of blocks, clockwise from north [degrees].

    Raises
    ------
    ContractError
        If no place is known, or the grid is none.
    """
    known = np.asarray(places, np.float64)
    known = known[np.isfinite(known).all(axis=1)]
    if not len(known):
        raise ContractError("no place is known for blocks to lie about; are x, y and z filled in?")
    unit = BlockGrid((0.0, 0.0, 0.0), size, (1, 1, 1), crs, azimuth)
    local = unit.to_axes(known)
    steps = np.asarray(size)
    first = np.floor((local.min(axis=0) - margin) / steps)
    last = np.maximum(np.ceil((local.max(axis=0) + margin) / steps), first + 1)
    x, y, z = unit.from_axes((first * steps)[None, :])[0]
    nx, ny, nz = (last - first).astype(int)
    return replace(unit, origin=(float(x), float(y), float(z)), counts=(int(nx), int(ny), int(nz)))


def grid_of(model: xr.Dataset) -> BlockGrid:
    """
    The grid of a block model, from what :meth:`BlockGrid.dataset` wrote into it.

    Raises
    ------
    ContractError
        If its dimensions or attributes are not those of a block model.
    """
    lacking = {"crs", "origin", "size", "azimuth"} - set(map(str, model.attrs))
    if set(map(str, model.dims)) != set(DIMS) or lacking:
        raise ContractError(
            f"this dataset is no block model: it has dimensions {tuple(model.dims)} and lacks "
            f"{', '.join(sorted(lacking)) or 'no attribute'}; make it by BlockGrid.dataset"
        )
    (x, y, z), (dx, dy, dz) = model.attrs["origin"], model.attrs["size"]
    counts = (model.sizes["x"], model.sizes["y"], model.sizes["z"])
    return BlockGrid((x, y, z), (dx, dy, dz), counts, model.attrs["crs"], model.attrs["azimuth"])
