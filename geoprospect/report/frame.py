"""What a GeoTIFF says of its maps, as a GDAL virtual raster over their Zarr arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import xarray as xr

from geoprospect import contract
from geoprospect.report import pyramid, style
from geoprospect.report.pyramid import Coding

_GDAL_TYPES = {"float32": "Float32", "int16": "Int16", "uint8": "Byte"}


def frame(maps: xr.Dataset, store: Path, name: str, statistics: Sequence[Mapping[str, str]]) -> str:
    """
    A virtual raster (VRT) of the maps of one file.

    Grid, descriptions, units, classes, colours and statistics stand in it; cells and
    overviews lie in the Zarr arrays ``<name>.<level>`` of *store*, one for each level.
    """
    grid = contract.grid_of(maps)
    height, width = grid.shape
    root = ET.Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    ET.SubElement(root, "SRS").text = grid.crs.to_wkt()
    ET.SubElement(root, "GeoTransform").text = ", ".join(repr(n) for n in grid.affine.to_gdal())
    _tags(root, {"AREA_OR_POINT": "Area"})
    codings = pyramid.codings_of(maps)
    alone = codings[0].dtype == "uint8" and len(codings) == 1
    for number, (coding, layer, told) in enumerate(
        zip(codings, maps.data_vars.values(), statistics, strict=True), start=1
    ):
        band = ET.SubElement(
            root, "VRTRasterBand", dataType=_GDAL_TYPES[coding.dtype], band=str(number)
        )
        _describe(band, layer, coding, told)
        if alone:
            _colour(band, layer)
        sources = [f'ZARR:"{store.as_posix()}":/{name}.{level}'
                   for level in range(pyramid.levels(height, width) + 1)]  # fmt: skip
        _source(ET.SubElement(band, "SimpleSource"), sources[0], number)
        for source in sources[1:]:
            _source(ET.SubElement(band, "Overview"), source, number)
    return ET.tostring(root, encoding="unicode")


def _describe(
    band: ET.Element, layer: xr.DataArray, coding: Coding, statistics: Mapping[str, str]
) -> None:
    """What the band is."""
    tags = {"name": coding.name}
    if coding.classes:
        tags |= {f"class_{code}": text for code, text in contract.meanings(layer).items()}
    _tags(band, tags | dict(statistics))
    ET.SubElement(band, "Description").text = str(layer.attrs.get("long_name", coding.name))
    ET.SubElement(band, "NoDataValue").text = repr(coding.nodata)
    ET.SubElement(band, "UnitType").text = str(layer.attrs.get("units", ""))
    if coding.dtype == "int16":
        ET.SubElement(band, "Offset").text = repr(coding.offset)
        ET.SubElement(band, "Scale").text = repr(coding.scale)


def _colour(band: ET.Element, layer: xr.DataArray) -> None:
    """The colours of classes, in a table; GDAL wants an entry for every byte."""
    ET.SubElement(band, "ColorInterp").text = "Palette"
    table = ET.SubElement(band, "ColorTable")
    colours = style.class_colours(layer)
    for code in range(pyramid.NO_CLASS + 1):
        rgba = _rgba(colours[code]) if code in colours else (0, 0, 0, 0)
        ET.SubElement(table, "Entry", {f"c{i}": str(c) for i, c in enumerate(rgba, start=1)})


def _source(element: ET.Element, source: str, band: int) -> None:
    ET.SubElement(element, "SourceFilename", relativeToVRT="0").text = source
    ET.SubElement(element, "SourceBand").text = str(band)


def _tags(element: ET.Element, tags: Mapping[str, str]) -> None:
    metadata = ET.SubElement(element, "Metadata")
    for key, text in tags.items():
        ET.SubElement(metadata, "MDI", key=key).text = text


def _rgba(colour: str) -> tuple[int, int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16), 255
