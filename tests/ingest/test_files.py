"""Paths: there, readable, local; and all the files of a data set."""

from __future__ import annotations

import os

import numpy as np
import pytest

from geoprospect.errors import MissingFileError
from geoprospect.ingest.files import files_of, there
from geoprospect.ingest.raster import raster
from geoprospect.ingest.table import table


def test_a_virtual_raster_may_not_point_to_the_network(tmp_path):
    path = tmp_path / "mosaic.vrt"
    path.write_text(
        "<VRTDataset><SourceFilename>/vsicurl/http://a.b/c.tif</SourceFilename></VRTDataset>",
        encoding="utf-8",
    )
    with pytest.raises(
        MissingFileError, match=r"mosaic\.vrt points to /vsicurl/http://a\.b/c\.tif"
    ):
        raster(path=path)


def test_a_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "faults.gpkg").touch()
    with pytest.raises(MissingFileError, match=r"fualts\.gpkg is not there; did you mean 'faults"):
        there(tmp_path / "fualts.gpkg")
    with pytest.raises(MissingFileError, match=r"is not there; .* holds 1 other entries"):
        there(tmp_path / "zzz")
    with pytest.raises(MissingFileError, match=f"of its folders only {tmp_path} exists"):
        there(tmp_path / "no" / "such" / "faults.gpkg")


def test_a_file_out_of_reach_is_named(tmp_path, monkeypatch):
    path = tmp_path / "secret.csv"
    path.write_text("x,y\n1,2\n", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(MissingFileError, match=r"secret\.csv may not be read: permission denied"):
        table(path=path, x="x", y="y", crs="EPSG:4326")


def test_files_of_a_shapefile_are_its_parts_alone(tmp_path):
    for name in ("f.shp", "f.dbf", "f.SHX", "f.cpg", "f.shp.xml", "f.csv", "ff.dbf", "f2.prj"):
        (tmp_path / name).touch()
    found = [path.name for path in files_of(tmp_path / "f.shp")]
    assert found == sorted(["f.SHX", "f.cpg", "f.dbf", "f.shp", "f.shp.xml"])


def test_files_of_a_folder_are_all_within_and_its_sidecars(tmp_path):
    for name in ("grid/hdr.adf", "grid/w001001.adf", "grid.aux.xml", "info/arc.dir", "other.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in files_of(tmp_path / "grid")]
    assert found == ["grid/hdr.adf", "grid/w001001.adf", "grid.aux.xml", "info/arc.dir"]


def test_files_of_a_virtual_raster_are_its_sources(tiff, numbers):
    import rasterio.shutil

    path = tiff(numbers)
    virtual = path.with_name("view.vrt")
    rasterio.shutil.copy(path, virtual, driver="VRT")
    assert files_of(virtual) == sorted([path, virtual])
    np.testing.assert_array_equal(raster(path=virtual).to_numpy(), numbers)
