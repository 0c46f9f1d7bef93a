"""Maps on disk as GDAL reads them in place: Zarr, with overviews, block by block."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract
from geoprospect.errors import OutputError

Values = npt.NDArray[np.float32]
Counts = dict[str, Any]

TILE = 512
NO_CLASS = 255
NODATA = {"float32": -9999.0, "int16": -32768.0, "uint8": float(NO_CLASS)}
"""What stands for unknown, by the type that values are stored in."""


@dataclass(frozen=True)
class Coding:
    """How the values of one variable are stored: ``stored = (value - offset) / scale``."""

    name: str
    dtype: str
    scale: float
    offset: float
    classes: bool

    @property
    def nodata(self) -> float:
        """What stands for unknown."""
        return NODATA[self.dtype]


@dataclass(frozen=True)
class Pyramid:
    """The maps of one file: the Zarr array of each level, finest first, and how bands are coded."""

    arrays: Sequence[Any]
    codings: Sequence[Coding]

    def write(self, where: tuple[slice, slice], bands: Sequence[Values]) -> list[Counts]:
        """Write one block of every band, at every level; what was counted in each."""
        levels = [list(bands)]
        for _ in self.arrays[1:]:
            levels.append([_halved(v, c) for v, c in zip(levels[-1], self.codings, strict=True)])
        for level, (array, values) in enumerate(zip(self.arrays, levels, strict=True)):
            rows, columns = (slice(s.start >> level, -(-s.stop >> level)) for s in where)
            coded = [encoded(v, c) for v, c in zip(values, self.codings, strict=True)]
            array[:, rows, columns] = np.stack(coded)
        return [_counted(values) for values in bands]


def made(maps: xr.Dataset, group: Any, name: str, side: int) -> None:
    """Empty arrays in a Zarr group for the maps of one file, cut as the blocks will come."""
    height, width = contract.grid_of(maps).shape
    codings = codings_of(maps)
    for level in range(levels(height, width) + 1):
        cut = max(1, side >> level)
        group.create_array(
            f"{name}.{level}",
            shape=(len(codings), *(-(-n >> level) for n in (height, width))),
            chunks=(len(codings), cut, cut),
            dtype=codings[0].dtype,
            fill_value=np.dtype(codings[0].dtype).type(codings[0].nodata),
        )


def opened(maps: xr.Dataset, group: Any, name: str) -> Pyramid:
    """The arrays that were made for the maps of one file."""
    count = levels(*contract.grid_of(maps).shape) + 1
    return Pyramid([group[f"{name}.{level}"] for level in range(count)], codings_of(maps))


def levels(height: int, width: int) -> int:
    """Overviews down to a tile: one at least, so that viewers find one in small maps too."""
    side = max(height, width)
    return max(1 if side > 1 else 0, math.ceil(math.log2(side / TILE)))


def codings_of(maps: xr.Dataset) -> list[Coding]:
    """
    How each variable is stored; in one type, since a GeoTIFF knows one for all its bands.

    Bytes where all are classes with codes from 0 to 254; 16 bits where all ask for
    them by their ``encoding`` (``dtype``, ``scale_factor``, ``add_offset``); else float32.
    """
    layers = maps.data_vars.values()
    whole = all(contract.is_categorical(layer) and _in_bytes(layer) for layer in layers)
    short = all(layer.encoding.get("dtype") == "int16" for layer in layers)
    dtype = "uint8" if whole else "int16" if short else "float32"
    return [
        Coding(
            name=str(name),
            dtype=dtype,
            scale=float(layer.encoding.get("scale_factor", 1.0)) if short else 1.0,
            offset=float(layer.encoding.get("add_offset", 0.0)) if short else 0.0,
            classes=contract.is_categorical(layer),
        )
        for name, layer in maps.data_vars.items()
    ]


def encoded(values: Values, coding: Coding) -> npt.NDArray[Any]:
    """Values as they are stored; an error where 16 bits cannot hold one."""
    unknown = np.isnan(values)
    if coding.dtype != "int16":
        return np.where(unknown, np.float32(coding.nodata), values).astype(coding.dtype, copy=False)
    steps = np.rint((values.astype("float64") - coding.offset) / coding.scale)
    largest = np.abs(steps).max(initial=0, where=~unknown)
    if largest > 32767:
        raise OutputError(
            f"{coding.name} reaches {largest * coding.scale:.4g} from {coding.offset:g}, too far "
            f"for 16 bits in steps of {coding.scale:g}; ask for a larger step or for float32"
        )
    return np.where(unknown, coding.nodata, steps).astype("int16")


def statistics(counts: Sequence[Counts], cells: int) -> dict[str, str]:
    """A band's statistics as GDAL's tags, from what was counted in its blocks."""
    known = [one for one in counts if one["known"]]
    if not known:
        return {}
    number = sum(one["known"] for one in known)
    low, high = min(one["minimum"] for one in known), max(one["maximum"] for one in known)
    mean = math.fsum(one["sum"] for one in known) / number
    square = math.fsum(one["squares"] for one in known) / number
    # the last digits of a sum hang on how the map was cut; what is told of it must not
    order = math.ceil(math.log10(max(abs(low), abs(high), 1e-300)))
    told = {
        "MINIMUM": low,
        "MAXIMUM": high,
        "MEAN": round(mean, 9 - order),
        "STDDEV": round(math.sqrt(max(0.0, square - mean**2)), 6 - order),
    }
    share = f"{100 * number / cells:.4g}"
    return {f"STATISTICS_{key}": repr(value) for key, value in told.items()} | {
        "STATISTICS_VALID_PERCENT": share
    }


def size(maps: xr.Dataset) -> int:
    """Bytes of the maps, uncompressed and without overviews."""
    height, width = contract.grid_of(maps).shape
    return int(height) * int(width) * sum(np.dtype(c.dtype).itemsize for c in codings_of(maps))


def cells(height: int, width: int) -> int:
    """Cells of a map and of all its overviews."""
    sides = (2**level for level in range(levels(height, width) + 1))
    return sum(math.ceil(height / side) * math.ceil(width / side) for side in sides)


def _counted(values: Values) -> Counts:
    known = values[~np.isnan(values)].astype("float64")
    if known.size == 0:
        return {"known": 0}
    return {
        "known": known.size,
        "minimum": float(known.min()),
        "maximum": float(known.max()),
        "sum": float(known.sum()),
        "squares": float(known @ known),
    }


def _halved(values: Values, coding: Coding) -> Values:
    """Half the cells a side: the mean of the known ones of each four, or their commonest class."""
    height, width = (n % 2 for n in values.shape)
    if height or width:
        values = np.pad(values, ((0, height), (0, width)), constant_values=np.nan)
    four = [values[i::2, j::2] for i in (0, 1) for j in (0, 1)]
    return _commonest(np.stack(four)) if coding.classes else _mean(*four)


def _mean(a: Values, b: Values, c: Values, d: Values) -> Values:
    mean: Values = ((a + b) + (c + d)) * np.float32(0.25)
    gaps = np.isnan(mean)
    if gaps.any():
        some = np.stack([part[gaps] for part in (a, b, c, d)])
        known = (~np.isnan(some)).sum(axis=0, dtype="float32")
        total = np.where(np.isnan(some), np.float32(0), some)
        with np.errstate(invalid="ignore"):
            mean[gaps] = ((total[0] + total[1]) + (total[2] + total[3])) / known
    return mean


def _commonest(four: Values) -> Values:
    """Of four classes the commonest; of several, the first."""
    votes = (four[:, None] == four[None]).sum(axis=0)
    chosen: Values = np.take_along_axis(four, votes.argmax(axis=0)[None], axis=0)[0]
    return chosen


def _in_bytes(layer: xr.DataArray) -> bool:
    return all(0 <= code < NO_CLASS for code in layer.attrs["flag_values"])
