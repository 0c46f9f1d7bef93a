"""Files at URLs read as the same files do on disk, where they lie or from a copy."""

from __future__ import annotations

import functools
import http.server
import logging
import os
import re
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cloudpickle
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import rasterio.shutil
import xarray as xr
from affine import Affine
from geopandas.testing import assert_geodataframe_equal
from rasterio.errors import NotGeoreferencedWarning
from scipy.io import netcdf_file
from shapely.geometry import LineString
from upath import UPath

from geoprospect import contract, lazy, storage
from geoprospect.errors import DataError, MissingFileError
from geoprospect.ingest import gdal_file, remote
from geoprospect.ingest.files import files_of, there
from geoprospect.ingest.raster import raster
from geoprospect.ingest.table import table
from geoprospect.ingest.vector import vector
from tests.ingest.conftest import PLACE


def put(files: Path, folder: UPath) -> UPath:
    """Copy a file, or all that is in a folder, to a URL."""
    for file in [files] if files.is_file() else sorted(files.rglob("*")):
        if file.is_file():
            target = folder / (file.name if file == files else file.relative_to(files).as_posix())
            target.write_bytes(file.read_bytes())
    return folder


def write(
    path: Path, values: np.ndarray, *, transform: Affine | None = PLACE, **options: Any
) -> None:
    """A raster of one band, in any format that GDAL writes."""
    profile = {"driver": "GTiff", "dtype": values.dtype, "count": 1} | options
    shape = dict(zip(("height", "width"), values.shape, strict=True))
    with warnings.catch_warnings(), rasterio.open(path, "w", **profile, **shape) as file:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        if transform is not None:
            file.transform = transform
        file.write(values, 1)


def same(here: xr.DataArray, there: xr.DataArray) -> None:
    """Equal in cells, place and what is said of them."""
    np.testing.assert_array_equal(here.to_numpy(), there.to_numpy())
    assert contract.grid_of(here) == contract.grid_of(there)
    assert here.attrs == there.attrs


# --- rasters ------------------------------------------------------------------------------


def test_a_geotiff_reads_as_on_disk(tiff, numbers, bucket):
    path = tiff(numbers, "磁异常 1.tif", nodata=3, descriptions=["magnetic intensity"])
    put(path, bucket / "district")
    same(raster(path=path), raster(path=str(bucket / "district" / path.name)))
    same(raster(path=path), raster(path=bucket / "district" / path.name))


def test_a_window_fetches_a_part_of_the_object(tiff, bucket, monkeypatch, caplog):
    values = np.random.default_rng(1).normal(size=(4096, 2048)).astype("float32")
    path = tiff(values, tiled=True, blockxsize=256, blockysize=256)
    put(path, bucket)
    monkeypatch.setattr(remote, "fetched", None)  # no copy can be made
    with rasterio.Env(CPL_DEBUG=True), caplog.at_level(logging.DEBUG, "rasterio"):
        layer = raster(path=str(bucket / path.name))
        assert lazy.is_lazy(layer)
        with lazy.threads(1):
            part = layer[3000:3020, 1000:1020].to_numpy()
    np.testing.assert_array_equal(part, values[3000:3020, 1000:1020])
    told = re.findall(r"Downloading (\d+)-(\d+)", caplog.text)
    fetched = sum(int(last) + 1 - int(first) for first, last in told)
    assert 0 < fetched < path.stat().st_size / 8


def test_files_beside_a_raster_count_as_on_disk(tmp_path, numbers, bucket):
    path = tmp_path / "lithology.tif"
    write(path, numbers.astype("uint8"), transform=None)
    path.with_suffix(".tfw").write_text("100\n0\n0\n-100\n500050\n3000350\n", encoding="ascii")
    Path(f"{path}.aux.xml").write_text(
        "<PAMDataset><SRS>EPSG:32648</SRS><PAMRasterBand band='1'><Description>map units"
        "</Description><NoDataValue>13</NoDataValue></PAMRasterBand></PAMDataset>",
        encoding="utf-8",
    )
    names = pd.DataFrame({"Value": [0, 1, 2], "ROCK": ["granite", "schist", "basalt"]})
    pyogrio.write_dataframe(names, tmp_path / "table.dbf", driver="ESRI Shapefile")
    (tmp_path / "table.dbf").rename(tmp_path / "lithology.tif.vat.dbf")
    put(tmp_path, bucket)
    here = raster(path=path, kind="categorical")
    same(here, raster(path=str(bucket / path.name), kind="categorical"))
    assert here.attrs["long_name"] == "map units"
    assert contract.meanings(here) == {0: "granite", 1: "schist", 2: "basalt"}
    assert np.isnan(here.to_numpy()[1, 3])


def test_formats_that_are_not_read_in_part_are_copied_once(tmp_path, numbers, bucket, caplog):
    write(tmp_path / "tmi.asc", numbers, driver="AAIGrid")
    with netcdf_file(tmp_path / "tmi.nc", "w") as file:
        for name, values in (
            ("y", 3_000_350 - 100 * np.arange(4.0)),
            ("x", 500_050 + 100 * np.arange(6.0)),
        ):
            file.createDimension(name, values.size)
            file.createVariable(name, "f8", (name,))[:] = values
            file.variables[name].axis = name.upper()
        for name, factor in (("tmi", 1), ("gravity", 2)):
            file.createVariable(name, "f4", ("y", "x"))[:] = factor * numbers
    put(tmp_path, bucket)
    caplog.set_level(logging.INFO)
    ascii_grid = functools.partial(raster, crs="EPSG:32648")
    same(ascii_grid(path=tmp_path / "tmi.asc"), ascii_grid(path=str(bucket / "tmi.asc")))
    told = [text for text in caplog.messages if "is read from a copy on this machine" in text]
    assert told == [f"{bucket / 'tmi.asc'} is read from a copy on this machine."]
    gravity = functools.partial(raster, layer="gravity", crs="EPSG:32648")
    same(gravity(path=tmp_path / "tmi.nc"), gravity(path=str(bucket / "tmi.nc")))


def test_a_mosaic_may_lie_partly_on_disk(tiff, numbers, bucket):
    west, east = (
        tiff(numbers[:, :3], "west.tif"),
        tiff(numbers[:, 3:], "east.tif", transform=PLACE @ Affine.translation(3, 0)),
    )
    put(east, bucket)
    same(raster(path=[west, east]), raster(path=[west, str(bucket / "east.tif")]))


def test_a_virtual_raster_finds_what_lies_beside_it(tiff, numbers, bucket):
    path = tiff(numbers)
    view = path.with_name("view.vrt")
    rasterio.shutil.copy(path, view, driver="VRT")
    assert 'relativeToVRT="1"' in view.read_text(encoding="utf-8")
    put(path.parent, bucket / "deep")
    same(raster(path=view), raster(path=str(bucket / "deep" / "view.vrt")))
    assert [file.name for file in files_of(bucket / "deep" / "view.vrt")] == ["tmi.tif", "view.vrt"]
    text = view.read_text(encoding="utf-8")
    (bucket / "far.vrt").write_text(text.replace('"1">tmi', '"0">/data/tmi'), encoding="utf-8")
    with pytest.raises(MissingFileError, match=r"far\.vrt points to /data/tmi\.tif, which is a pa"):
        raster(path=str(bucket / "far.vrt"))


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_zarr_store_reads_as_on_disk(tmp_path, bucket, numbers, zarr_format):
    rows, columns = np.arange(4), np.arange(6)
    cube = xr.Dataset(
        {"tmi": (("y", "x"), numbers), "gravity": (("y", "x"), -numbers)},
        coords={"y": 3_000_350.0 - 100 * rows, "x": 500_050.0 + 100 * columns},
    )
    cube.to_zarr(tmp_path / "cube.zarr", zarr_format=zarr_format, consolidated=False)
    put(tmp_path, bucket)
    read = functools.partial(raster, layer="gravity", crs="EPSG:32648")
    same(read(path=tmp_path / "cube.zarr"), read(path=str(bucket / "cube.zarr")))
    with pytest.raises(DataError, match="has no variable 'gravty'; did you mean 'gravity'"):
        raster(path=str(bucket / "cube.zarr"), layer="gravty")


# --- threads, processes, change ----------------------------------------------------------


def test_threads_read_alike_and_may_end_in_any_order(tiff, bucket, monkeypatch):
    values = np.random.default_rng(0).normal(size=(900, 700)).astype("float32")
    path = tiff(values, tiled=True, blockxsize=256, blockysize=256, compress="deflate")
    put(path, bucket)
    layer = raster(path=str(bucket / path.name))

    def read(_: int) -> np.ndarray:
        with lazy.threads(1):
            return layer.to_numpy()

    for _ in range(3):  # threads of an earlier round are gone, their datasets are still open
        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(read, range(8)):
                np.testing.assert_array_equal(found, values)
    gdal_file._kept_open.cache_clear()  # closes here what other threads opened


def test_a_layer_goes_to_another_process(tiff, numbers, bucket, tmp_path):
    path = tiff(numbers)
    put(path, bucket)
    write(tmp_path / "tmi.asc", numbers, driver="AAIGrid")
    put(tmp_path / "tmi.asc", bucket)
    layers = [
        raster(path=str(bucket / "tmi.tif")),
        raster(path=str(bucket / "tmi.asc"), crs="EPSG:32648"),
    ]
    (tmp_path / "layers").write_bytes(cloudpickle.dumps(layers))
    program = (
        "import pathlib, pickle, sys, numpy\n"
        "for i, layer in enumerate(pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())):\n"
        "    numpy.save(f'{sys.argv[1]}_{i}.npy', layer.to_numpy())\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "layers")], check=True)
    for i in range(2):
        np.testing.assert_array_equal(np.load(tmp_path / f"layers_{i}.npy"), numbers)


def test_an_object_written_anew_is_read_anew(tiff, numbers, bucket):
    address = str(bucket / "tmi.tif")
    put(tiff(numbers), bucket)
    before = raster(path=address)
    assert before.to_numpy()[0, 0] == 0
    digest = storage.digest(bucket / "tmi.tif")
    put(tiff(numbers + 1), bucket)
    assert raster(path=address).to_numpy()[0, 0] == 1
    assert storage.digest(bucket / "tmi.tif") != digest
    gdal_file._kept_open.cache_clear()
    with pytest.raises(DataError, match=r"tmi\.tif was written anew while it was read; run again"):
        before.to_numpy()


def test_an_object_cut_short_is_told(tiff, numbers, bucket):
    content = tiff(np.tile(numbers, (100, 100))).read_bytes()
    (bucket / "tmi.tif").write_bytes(content[:-1000])
    with pytest.raises(DataError, match=r"s3://.*/tmi\.tif is cut short: band 1 goes on to byte"):
        raster(path=str(bucket / "tmi.tif"))


def test_an_object_that_goes_away_is_told(tiff, numbers, bucket):
    put(tiff(numbers), bucket)
    layer = raster(path=str(bucket / "tmi.tif"))
    (bucket / "tmi.tif").unlink()
    with pytest.raises(DataError, match="was written anew while it was read"):
        layer.to_numpy()


# --- vectors and tables --------------------------------------------------------------------


@pytest.fixture
def faults() -> gpd.GeoDataFrame:
    """Two lines with names in Chinese."""
    lines = [LineString([(500_000, 3_000_000), (500_300 + i, 3_000_400)]) for i in range(2)]
    return gpd.GeoDataFrame({"断层": ["红河", "小江"]}, geometry=lines, crs="EPSG:32648")


@pytest.mark.parametrize("name", ["faults.gpkg", "faults.geojson", "faults.gdb"])
def test_vectors_read_as_on_disk(tmp_path, faults, bucket, name):
    driver = {"faults.gdb": "OpenFileGDB"}.get(name)
    faults.to_file(tmp_path / name, driver=driver)
    put(tmp_path, bucket / "a b")
    here, away = vector(path=tmp_path / name), vector(path=str(bucket / "a b" / name))
    assert_geodataframe_equal(here, away)
    assert list(away["断层"]) == ["红河", "小江"]


def test_a_shapefile_comes_with_its_parts(tmp_path, faults, bucket, caplog):
    faults.to_file(tmp_path / "faults.shp", encoding="gbk")
    (tmp_path / "faults.cpg").unlink()
    table_file = bytearray((tmp_path / "faults.dbf").read_bytes())
    table_file[29] = 0
    (tmp_path / "faults.dbf").write_bytes(table_file)
    (tmp_path / "faults_2.shp").write_bytes(b"another")
    put(tmp_path, bucket)
    address = str(bucket / "faults.shp")
    assert_geodataframe_equal(vector(path=tmp_path / "faults.shp"), vector(path=address))
    assert f"{address} does not state how its text is encoded; it is read as GBK" in caplog.text
    assert [file.name for file in files_of(address)] == [
        f"faults.{end}" for end in ("dbf", "prj", "shp", "shx")
    ]
    (bucket / "faults.shx").unlink()
    (bucket / "faults.dbf").unlink()
    with pytest.raises(DataError, match=r"s3://.*faults\.shp cannot be opened as vector data"):
        vector(path=address)


@pytest.mark.parametrize("name", ["soil.csv", "soil.xlsx", "soil.parquet"])
def test_tables_read_as_on_disk(tmp_path, bucket, name):
    frame = pd.DataFrame({"x": [102.1, 102.2], "y": [28.1, 28.2], "铜含量": ["<0.5", "12"]})
    if name.endswith("csv"):
        frame.to_csv(tmp_path / name, index=False, encoding="gbk")
    elif name.endswith("xlsx"):
        frame.to_excel(tmp_path / name, index=False)
    else:
        frame.to_parquet(tmp_path / name)
    put(tmp_path, bucket)
    read = functools.partial(table, x="x", y="y", crs="EPSG:4490")
    here, away = read(path=tmp_path / name), read(path=str(bucket / name))
    assert_geodataframe_equal(here, away)
    assert list(away["铜含量"]) == [0.25, 12]


# --- other stores --------------------------------------------------------------------------


def test_any_store_of_fsspec_will_do(tiff, numbers, tmp_path):
    path = tiff(numbers)
    Path(f"{path}.aux.xml").write_text(
        "<PAMDataset><PAMRasterBand band='1'><Description>TMI</Description></PAMRasterBand>"
        "</PAMDataset>",
        encoding="utf-8",
    )
    put(path.parent, UPath("memory://district/maps"))
    same(raster(path=path), raster(path="memory://district/maps/tmi.tif"))
    same(raster(path=path), raster(path=path.as_uri()))
    assert storage.digest(UPath("memory://district/maps/tmi.tif")) == storage.digest(path)


def test_files_come_over_http_alone(tiff, numbers, faults, tmp_path):
    path = tiff(numbers)
    faults.to_file(tmp_path / "faults.gpkg")

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *what: object) -> None:
            pass

    serve = functools.partial(Silent, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        same(raster(path=path), raster(path=f"{address}/tmi.tif"))
        same(raster(path=path), raster(path=f"{address}/tmi.tif?signature=1"))
        assert_geodataframe_equal(
            vector(path=tmp_path / "faults.gpkg"), vector(path=f"{address}/faults.gpkg")
        )
        with pytest.raises(MissingFileError, match=r"faults\.shp is not there; check the address"):
            vector(path=f"{address}/faults.shp")
        server.shutdown()
    with pytest.raises(MissingFileError, match=r"it cannot be reached .*check the network"):
        raster(path=f"{address}/tmi.tif")


# --- what can go wrong on the way ----------------------------------------------------------


def test_what_is_missing_is_named(tiff, numbers, bucket):
    put(tiff(numbers), bucket / "maps")
    with pytest.raises(
        MissingFileError, match=r"maps/tmy\.tif is not there; did you mean 'tmi\.tif"
    ):
        raster(path=str(bucket / "maps" / "tmy.tif"))
    with pytest.raises(MissingFileError, match=r"is not there; s3://survey-\d+/maps holds 1 other"):
        raster(path=str(bucket / "maps" / "zzz"))
    with pytest.raises(
        MissingFileError, match=r"is not there: of its folders only s3://survey-\d+"
    ):
        raster(path=str(bucket / "maps" / "deep" / "er" / "tmi.tif"))
    with pytest.raises(MissingFileError, match=r"is not there: there is no s3://nowhere"):
        raster(path="s3://nowhere/maps/tmi.tif")


def test_missing_credentials_are_named(bucket, monkeypatch):
    import s3fs

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(MissingFileError, match=r"there are no credentials; set AWS_ACCESS_KEY_ID"):
        raster(path=str(bucket / "tmi.tif"))


def test_a_public_bucket_needs_no_credentials(tiff, numbers, bucket, monkeypatch):
    path = tiff(numbers)
    public = UPath(f"{str(bucket).rstrip('/')}-public")
    public.fs.mkdir(public.path, acl="public-read")
    put(path, public)
    public.fs.chmod((public / "tmi.tif").path, acl="public-read")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    address = str(public / "tmi.tif")
    same(raster(path=path), raster(path=UPath(address, anon=True)))


def test_keys_and_address_may_be_stated_beside_the_url(tiff, numbers, bucket, monkeypatch):
    path = tiff(numbers)
    put(path, bucket)
    there_too = {"key": "k", "secret": "s", "endpoint_url": os.environ["AWS_ENDPOINT_URL"]}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    same(raster(path=path), raster(path=UPath(str(bucket / "tmi.tif"), **there_too)))


def test_keys_and_address_may_come_from_a_profile(tiff, numbers, bucket, monkeypatch, tmp_path):
    import s3fs

    path = tiff(numbers)
    put(path, bucket)
    config = f"[profile field]\nendpoint_url = {os.environ['AWS_ENDPOINT_URL']}\n"
    keys = "[field]\naws_access_key_id = k\naws_secret_access_key = s\n"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    for name, text in (("AWS_CONFIG_FILE", config), ("AWS_SHARED_CREDENTIALS_FILE", keys)):
        (tmp_path / name).write_text(text, encoding="ascii")
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_PROFILE", "field")
    s3fs.S3FileSystem.clear_instance_cache()
    same(raster(path=path), raster(path=str(bucket / "tmi.tif")))


def test_refused_access_is_named(bucket, monkeypatch):
    def refused(*_: object) -> None:
        raise PermissionError("Forbidden")

    monkeypatch.setattr(bucket.fs, "info", refused)
    with pytest.raises(MissingFileError, match=r"access denied \(Forbidden\); check the credentia"):
        there(bucket / "tmi.tif")


def test_a_dead_address_is_named(bucket, monkeypatch):
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(
        MissingFileError, match=r"it cannot be reached \(Could not connect .*127\.0"
    ):
        vector(path=str(bucket / "faults.gpkg"))


def test_a_missing_package_is_named(bucket, monkeypatch):
    from fsspec.registry import _registry

    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(_registry, "s3")
    with pytest.raises(MissingFileError, match=r"pip install geoprospect\[s3\]"):
        there("s3://another/tmi.tif")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("foo://bucket/tmi.tif", "Unsupported filesystem: 'foo'; give a path, or a URL such as"),
        (Path("s3://bucket/tmi.tif"), "as a Path a URL loses one of its slashes; give it as text"),
        ("/vsicurl/https://example.org/tmi.tif", "is an address of GDAL's own; give a path or a"),
    ],
)
@pytest.mark.parametrize("reader", [raster, vector, table])
def test_addresses_of_no_known_kind_are_refused(reader, address, told):
    settings = {"x": "x", "y": "y", "crs": "EPSG:4326"} if reader is table else {}
    with pytest.raises(MissingFileError, match=told):
        reader(path=address, **settings)
