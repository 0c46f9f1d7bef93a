"""Surfaces of STL files: written here byte by byte, and a real one."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import shapely

from geoprospect.errors import DataError, MissingFileError
from geoprospect.ingest.mesh import mesh

CORNERS = [[[0, 0, 0], [4, 0, 1], [0, 3, 2]], [[4, 0, 1], [4, 3, 0], [0, 3, 2]]]


def binary(corners, count=None):
    parts = [b"solid, though binary".ljust(80), struct.pack("<I", count or len(corners))]
    parts += [struct.pack("<12fH", 0, 0, 1, *np.ravel(one), 0) for one in corners]
    return b"".join(parts)


def text(corners):
    lines = ["solid roof"]
    for one in corners:
        lines += ["facet normal 0 0 1", "outer loop"]
        lines += [f"  vertex {x:e} {y:g} {z:g}" for x, y, z in one]
        lines += ["endloop", "endfacet"]
    return "\n".join([*lines, "endsolid roof"]).encode()


@pytest.mark.parametrize("written", [binary, text])
@pytest.mark.parametrize(("unit", "metres"), [("m", 1.0), ("ft", 0.3048)])
def test_triangles_are_those_written_in_metres(tmp_path, written, unit, metres):
    path = tmp_path / "roof.stl"
    path.write_bytes(written(CORNERS))
    found = mesh(path=path, unit=unit, crs="EPSG:32648")
    places = shapely.get_coordinates(found.geometry, include_z=True).reshape(2, 4, 3)
    np.testing.assert_allclose(places[:, :3], np.array(CORNERS) * metres)
    assert found.crs.to_epsg() == 32648
    assert mesh(path=path).crs is None


def test_triangles_without_area_are_left_out_and_said(tmp_path, caplog):
    path = tmp_path / "roof.stl"
    path.write_bytes(binary([*CORNERS, [[1, 1, 1], [2, 2, 2], [3, 3, 3]]]))
    assert len(mesh(path=path)) == 2
    assert "roof.stl: 1 triangles have no area and are left out" in caplog.text


@pytest.mark.parametrize(
    "content",
    [b"", b"not a mesh", binary(CORNERS)[:-7], binary([]), text(CORNERS)[:-75],
     binary([[[np.nan] * 3] * 3])],
)  # fmt: skip
def test_what_is_no_mesh_is_refused(tmp_path, content):
    path = tmp_path / "roof.stl"
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=r"roof.stl is no STL file, cut short or without a triangle"
    ):
        mesh(path=path)


def test_a_mesh_that_is_not_there_is_told(tmp_path):
    with pytest.raises(MissingFileError, match=r"roof\.stl"):
        mesh(path=tmp_path / "roof.stl")


def test_the_mesh_of_babbitt_lies_where_its_holes_do(real_data):
    found = mesh(path=real_data / "drill_babbitt" / "Mpz.stl", unit="ft")
    assert len(found) == 63_749
    west, south, east, north = found.total_bounds
    assert 697_000 < west < east < 703_000
    assert 126_000 < south < north < 130_000
