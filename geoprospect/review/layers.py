"""
What a run can show as a map: the bands of its GeoTIFFs, and its evidence.

Every layer has an id that the page asks for it by; no path travels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import rasterio
import xarray as xr
from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import RasterioError

from geoprospect import contract
from geoprospect.errors import DataError
from geoprospect.report import style

MAPS, CONTRIBUTIONS, EVIDENCE = "maps", "contributions", "evidence"
GROUPS = (MAPS, CONTRIBUTIONS, EVIDENCE)
FIRST = ("prospectivity", "spread", "drivers", "applicability")
"""Maps named first; the others follow by name."""


@dataclass(frozen=True)
class Band:
    """A band of a GeoTIFF, counted from 1."""

    path: Path
    index: int


@dataclass(frozen=True)
class Variable:
    """An array of the cube's store, with the grid that it lies on."""

    store: Path
    name: str
    transform: Affine
    crs: CRS


Source: TypeAlias = Band | Variable


@dataclass(frozen=True)
class Layer:
    """
    One map to show.

    ``classes`` says what each code means, empty where values are quantities;
    ``limits`` are the least and largest value where the file tells them.
    """

    id: str
    name: str
    group: str
    title: str
    units: str
    source: Source
    classes: Mapping[int, str] = field(default_factory=dict)
    limits: tuple[float, float] | None = None

    def told(self) -> dict[str, Any]:
        """What the page lists it by."""
        return {
            "id": self.id, "name": self.name, "group": self.group, "title": self.title,
            "units": "" if self.units == "1" else self.units, "classes": bool(self.classes),
        }  # fmt: skip

    def described(self) -> xr.DataArray:
        """An empty array with the layer's attrs, as :mod:`geoprospect.report.style` takes it."""
        attrs: dict[str, Any] = {"long_name": self.title, "units": self.units}
        if self.classes:
            attrs |= {"flag_values": [*self.classes], "flag_meanings": [*self.classes.values()]}
        return xr.DataArray(0.0, attrs=attrs)

    def colours(self) -> dict[int, str]:
        """Code to colour, of a map of classes: as QGIS and the report draw it."""
        return style.class_colours(self.described())

    def ramp(self, low: float, high: float) -> style.Ramp:
        """The colours of quantities between two values: as QGIS and the report draw them."""
        return style.ramp(self.name, self.described()).over(low, high)


def catalogue(folder: Path) -> dict[str, Layer]:
    """
    All layers of a run folder by id, in the order in which the page lists them.

    Raises
    ------
    DataError
        If a map cannot be read, with its name.
    """
    paths = sorted((folder / "maps").glob("*.tif"), key=_order)
    made = [layer for path in paths for layer in _bands(path)]
    made += _variables(folder / "cube.zarr")
    made.sort(key=lambda layer: GROUPS.index(layer.group))
    return {layer.id: layer for layer in made}


def _order(path: Path) -> tuple[int, str]:
    return (FIRST.index(path.stem) if path.stem in FIRST else len(FIRST), path.stem)


def _bands(path: Path) -> Iterator[Layer]:
    try:
        with rasterio.open(path) as file:
            for index in file.indexes:
                tags = file.tags(index)
                name = tags.get("name", path.stem)
                yield Layer(
                    id=f"{path.stem}.{index}",
                    name=name,
                    group=CONTRIBUTIONS if path.stem == "attributions" else MAPS,
                    title=file.descriptions[index - 1] or name,
                    units=file.units[index - 1] or "1",
                    source=Band(path, index),
                    classes=_classes(tags),
                    limits=_limits(tags),
                )
    except RasterioError as error:
        raise DataError(
            f"{path} cannot be read as a map ({error}); restore it or run the pipeline again"
        ) from error


def _classes(tags: Mapping[str, str]) -> dict[int, str]:
    told = {int(k[6:]): v for k, v in tags.items() if k.startswith("class_") and k[6:].isdigit()}
    return dict(sorted(told.items()))


def _limits(tags: Mapping[str, str]) -> tuple[float, float] | None:
    ends = (tags.get("STATISTICS_MINIMUM"), tags.get("STATISTICS_MAXIMUM"))
    return (float(ends[0]), float(ends[1])) if ends[0] and ends[1] else None


def _variables(store: Path) -> Iterator[Layer]:
    """The evidence, where the run keeps its cube."""
    if not store.is_dir():
        return
    import zarr

    group = zarr.open_group(str(store), mode="r")
    about = dict(group["spatial_ref"].attrs)
    transform = Affine.from_gdal(*(float(n) for n in str(about["GeoTransform"]).split()))
    crs = CRS.from_wkt(str(about["spatial_ref"]))
    for name, array in sorted(group.arrays()):
        attrs = dict(array.attrs)
        if array.ndim == 2 and contract.LAYER_ID.match(name):
            codes = [int(code) for code in attrs.get("flag_values", ())]
            yield Layer(
                id=f"cube.{name}",
                name=name,
                group=EVIDENCE,
                title=str(attrs.get("long_name", name)),
                units=str(attrs.get("units", "1")),
                source=Variable(store, name, transform, crs),
                classes=dict(zip(codes, map(str, attrs.get("flag_meanings", ())), strict=True)),
            )
