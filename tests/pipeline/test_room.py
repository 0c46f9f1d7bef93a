"""The room a run needs, held against the files it writes and against GDAL."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import zarr

from geoprospect import pipeline
from geoprospect.pipeline import room
from tests.pipeline.conftest import District, write_raster


def told(district):
    return pipeline.sizes(pipeline.load(district.write())).set_index("file")


def cells_of(path):
    """Bytes of a GeoTIFF's cells and overviews as GDAL tells their shapes."""
    with rasterio.open(path) as file:
        count, dtype, factors = file.count, np.dtype(file.dtypes[0]), file.overviews(1)
        total = file.width * file.height
    for level in range(len(factors)):
        with rasterio.open(path, overview_level=level) as file:
            total += file.width * file.height
    return total * count * dtype.itemsize


def on_disk(path):
    if path.is_file():
        return path.stat().st_size
    return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())


@pytest.mark.slow
@pytest.mark.parametrize("explain", [{}, {"strongest": 2, "bits": 16}], ids=str)
def test_files_are_as_told_and_never_larger(tmp_path, explain):
    (tmp_path / "data").mkdir()
    district = District(tmp_path / "data")
    district.plan["explain"] = explain
    expected = told(district)
    run = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
    written = {f"maps/{path.name}" for path in (run.folder / "maps").glob("*.tif")}
    assert written | {"cube.zarr"} == set(expected.index[:-1])
    for name in written:
        row = expected.loc[name]
        assert cells_of(run.folder / name) == row.bytes - row.layers * room.HEADER
        with rasterio.open(run.folder / name) as file:
            assert (file.count, file.dtypes[0]) == (row.layers, row.type)
    cube = zarr.open_group(run.folder / "cube.zarr", mode="r")
    layers = [array for _, array in cube.arrays() if array.ndim == 2]
    row = expected.loc["cube.zarr"]
    assert sum(array.nbytes for array in layers) == row.bytes - row.layers * room.HEADER
    for name, row in expected.iloc[:-1].iterrows():
        assert on_disk(run.folder / name) <= row.bytes
    assert not expected.about.any()


def test_overviews_are_counted_as_gdal_makes_them(tmp_path, district):
    plan = district.plan
    west, south, _, _ = plan["grid"]["bbox"]
    plan["grid"]["bbox"] = [west, south, west + 150_400, south + 91_200]
    source = write_raster(tmp_path / "plain.tif", np.ones((912, 1504), "float32"))
    rasterio.shutil.copy(source, tmp_path / "cog.tif", driver="COG", COMPRESS="NONE")
    row = told(district).loc["maps/spread.tif"]
    assert cells_of(tmp_path / "cog.tif") == row.bytes - room.HEADER


def test_the_room_holds_all_files_and_three_times_the_maps(district):
    district.plan["grid"]["resolution"] = 5
    expected = told(district)
    maps = 1200**2 * (4 + 4 + 4 * 4 + 1)
    kept = expected.bytes[["cube.zarr", "maps/out_of_fold.tif"]].sum()
    assert expected.bytes.iloc[-1] == kept + 3 * maps > expected.bytes.iloc[:-1].sum()


def test_layers_of_all_kinds_of_calls_are_counted(tmp_path, district):
    bands = np.ones((3, 60, 60), "float32")
    plain = write_raster(tmp_path / "plain.tif", bands[0])
    with rasterio.open(plain) as file:
        profile = file.profile | {"count": 3}
    with rasterio.open(district.folder / "three.tif", "w", **profile) as file:
        file.write(bands)
    plan = district.plan
    plan["inputs"]["three"] = {"raster": {"path": "three.tif", "bands": {"a": 1, "b": 2, "c": 3}}}
    plan["features"] |= {
        "radiometrics": {"raster": {"source": "three"}},
        "ranks": {"rank": {"source": "radiometrics"}},
        "metals": {
            "interpolated": {"source": "deposits", "columns": ["cu", "mo"],
                             "method": "nearest", "radius": 500}
        },
    }  # fmt: skip
    expected = told(district)
    assert expected.layers["maps/attributions.tif"] == 3 + 3 + 3 + 2 + 1
    assert expected.layers["cube.zarr"] == 3 + 3 + 3 + 2 + 1  # and how far the samples lie
    assert not expected.about.any()


def test_what_is_not_known_is_said(district, monkeypatch):
    monkeypatch.setattr(room, "_bands", lambda *_: None)
    expected = told(district)
    assert expected.about.to_dict() == {
        "cube.zarr": True,
        "maps/out_of_fold.tif": False,
        "maps/prospectivity.tif": False,
        "maps/spread.tif": False,
        "maps/attributions.tif": True,
        "maps/drivers.tif": False,
        "room needed while it runs": True,
    }
    district.plan["explain"] = {"strongest": 1}
    assert not told(district).about["maps/attributions.tif"]


def test_no_map_of_folds_is_told_where_none_is_made(district):
    district.plan["validation"] = {"random": {"folds": 3}}
    assert "maps/out_of_fold.tif" not in told(district).index


def test_tables_of_points_are_not_read(district):
    (district.folder / "faults.gpkg").write_bytes(b"no such thing")
    assert len(told(district)) == 7
