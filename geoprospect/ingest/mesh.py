"""Surfaces in space: triangles of STL files, as modelling programs write them."""

from __future__ import annotations

import logging
import re
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geoprospect import storage
from geoprospect.errors import DataError
from geoprospect.ingest.drillholes import METRES
from geoprospect.ingest.files import at_hand, there
from geoprospect.ingest.reference import crs_of
from geoprospect.registry import INPUTS
from geoprospect.storage import Location

log = logging.getLogger("geoprospect.ingest")

HEADER = 84
"""Bytes before the first triangle of a binary file: a title, and how many there are."""
TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
NUMBER = rb"\s+([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)"
VERTEX = re.compile(rb"vertex" + 3 * NUMBER)


@INPUTS.register
def mesh(
    *, path: Location, unit: Literal["m", "ft", "us-ft"] = "m", crs: str | None = None
) -> gpd.GeoDataFrame:
    """
    Triangles of an STL file, a contact or a body modelled in space, in metres.

    Parameters
    ----------
    path : Path or URL
        An STL file, binary or text.
    unit : {"m", "ft", "us-ft"}
        Of all its coordinates.
    crs : str, optional
        Projected CRS that its x and y are in, once in metres; none for a mine's own grid. The
        file itself never says.

    Returns
    -------
    GeoDataFrame
        A polygon with elevations for each triangle [m]; those without an area are left out,
        which is said.

    Raises
    ------
    MissingFileError
        If the file is not there.
    DataError
        If it is no STL file, is cut short, or holds no triangle.
    """
    file = there(path)
    with at_hand(file) as place:
        content = storage.located(place).read_bytes()
    corners = _binary(content) if _is_binary(content) else _text(content)
    if corners is None or not len(corners) or not np.isfinite(corners).all():
        raise DataError(
            f"{file} is no STL file, cut short or without a triangle; export the surface anew, as "
            "STL"
        )
    corners = corners.astype(np.float64) * METRES[unit]
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    flat = ~np.cross(one, two).any(axis=1)
    if flat.any():
        log.warning("%s: %d triangles have no area and are left out.", file, flat.sum())
    rings = corners[~flat][:, [0, 1, 2, 0]]
    reference = None if crs is None else crs_of(crs, None, str(file))
    return gpd.GeoDataFrame(geometry=shapely.polygons(rings), crs=reference)


def _is_binary(content: bytes) -> bool:
    """Whether the file is as long as its count of triangles makes it."""
    if len(content) < HEADER:
        return False
    count = int(np.frombuffer(content[HEADER - 4 : HEADER], "<u4")[0])
    return len(content) == HEADER + count * TRIANGLE.itemsize


def _binary(content: bytes) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = np.frombuffer(content[HEADER:], TRIANGLE)["corners"]
    return found


def _text(content: bytes) -> npt.NDArray[np.float64] | None:
    """Corners of a text file; None if it is none, or its last triangle is not whole."""
    found = np.array(VERTEX.findall(content), dtype=object).astype(float).reshape(-1, 3)
    if not content.lstrip().startswith(b"solid") or len(found) % 3:
        return None
    return found.reshape(-1, 3, 3)
