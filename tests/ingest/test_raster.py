"""Rasters of every kind come out north up, float32, NaN where unknown."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr
from affine import Affine
from scipy.io import netcdf_file

from geoprospect import contract, lazy
from geoprospect.errors import DataError, MissingFileError
from geoprospect.ingest import gdal_file
from geoprospect.ingest.raster import raster
from tests.ingest.conftest import PLACE

UTM48 = rasterio.crs.CRS.from_epsg(32648)


def test_geotiff_is_read_as_written(tiff, numbers):
    layer = raster(path=tiff(numbers), units="nT", long_name="magnetic intensity")
    np.testing.assert_array_equal(layer.to_numpy(), numbers)
    assert lazy.is_lazy(layer)
    assert layer.dtype == np.float32
    assert layer.attrs == {
        "long_name": "magnetic intensity",
        "units": "nT",
        "kind": "continuous",
    }
    assert contract.grid_of(layer).affine == PLACE
    assert layer.y.to_numpy()[0] > layer.y.to_numpy()[-1]
    assert float(layer.sel(x=500_250, y=3_000_350)) == 2.0


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_every_dtype_becomes_float32(tiff, numbers, dtype):
    layer = raster(path=tiff(numbers.astype(dtype)))
    assert layer.to_numpy().dtype == np.float32
    np.testing.assert_array_equal(layer.to_numpy(), numbers)


def test_south_up_is_turned_north_up(tiff, numbers):
    upside_down = Affine(100.0, 0.0, 500_000.0, 0.0, 100.0, 3_000_000.0)
    layer = raster(path=tiff(numbers[::-1], transform=upside_down))
    np.testing.assert_array_equal(layer.to_numpy(), numbers)
    assert contract.grid_of(layer).affine == PLACE


def test_south_up_is_turned_in_every_block(tiff):
    values = np.arange(700 * 1100, dtype="float32").reshape(700, 1100)
    upside_down = Affine(100.0, 0.0, 500_000.0, 0.0, 100.0, 3_000_000.0)
    path = tiff(values[::-1], transform=upside_down, tiled=True, blockxsize=256, blockysize=256)
    layer = raster(path=path)
    assert len(layer.chunks[0]) > 1
    np.testing.assert_array_equal(layer.to_numpy(), values)


@pytest.mark.parametrize(
    "options",
    [
        {"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate"},
        {"tiled": True, "blockxsize": 16, "blockysize": 32},
        {"blockysize": 1},
        {"blockysize": 7, "compress": "lzw"},
    ],
)
def test_the_layout_of_the_file_changes_nothing(tiff, options):
    values = np.random.default_rng(3).normal(size=(1300, 1100)).astype("float32")
    layer = raster(path=tiff(values, **options))
    assert max(layer.data.chunksize) <= 1100
    np.testing.assert_array_equal(layer.to_numpy(), values)


def test_ascii_grid_is_north_up(tmp_path, numbers):
    rows = "\n".join(" ".join(f"{value:g}" for value in row) for row in numbers)
    text = "ncols 6\nnrows 4\nxllcorner 500000\nyllcorner 3000000\ncellsize 100\nNODATA_value 23\n"
    path = tmp_path / "gravity.asc"
    path.write_text(text + rows, encoding="utf-8")
    layer = raster(path=path, crs="EPSG:32648")
    np.testing.assert_array_equal(layer.to_numpy(), np.where(numbers == 23, np.nan, numbers))
    assert contract.grid_of(layer).affine == PLACE


@pytest.mark.parametrize("order", [1, -1])
def test_netcdf_is_north_up_whichever_way_y_runs(tmp_path, numbers, order):
    path = tmp_path / "grid.nc"
    with netcdf_file(path, "w") as file:
        file.createDimension("y", 4)
        file.createDimension("x", 6)
        places = {"x": 500_050 + 100 * np.arange(6), "y": 3_000_350 - 100 * np.arange(4)}
        for axis, values in places.items():
            variable = file.createVariable(axis, "f8", (axis,))
            variable[:] = values[:: order if axis == "y" else 1]
            variable.axis = axis.upper()
        file.createVariable("tmi", "f4", ("y", "x"))[:] = numbers[::order]
        file.createVariable("gravity", "f4", ("y", "x"))[:] = -numbers[::order]
    layer = raster(path=path, layer="tmi", crs="EPSG:32648")
    np.testing.assert_array_equal(layer.to_numpy(), numbers)
    assert contract.grid_of(layer).affine.almost_equals(PLACE)
    assert layer.attrs["long_name"] == "tmi"
    with pytest.raises(DataError, match=r"several variables; state which by layer: .*gravity, tmi"):
        raster(path=path, crs="EPSG:32648")
    with pytest.raises(DataError, match="no variable 'tni'; did you mean 'tmi'"):
        raster(path=path, layer="tni", crs="EPSG:32648")


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("order", [1, -1])
def test_zarr_is_north_up_whichever_way_y_runs(tmp_path, numbers, zarr_format, order):
    path = _store(tmp_path / "cube.zarr", numbers, order, zarr_format)
    layer = raster(path=path, layer="tmi", nodata=12)
    np.testing.assert_array_equal(layer.to_numpy(), np.where(numbers == 12, np.nan, numbers))
    assert contract.grid_of(layer).affine.almost_equals(PLACE)
    assert contract.grid_of(layer).crs == "EPSG:32648"
    with pytest.raises(DataError, match="several variables; state which by layer"):
        raster(path=path)
    with pytest.raises(DataError, match="no variable 'tni'; did you mean 'tmi'"):
        raster(path=path, layer="tni")


def test_zarr_tags_scales_and_class_names_count(tmp_path, numbers):
    path = _store(tmp_path / "cube.zarr", numbers, 1, 3)
    layer = raster(path=path, layer="units_map", kind="categorical")
    assert contract.meanings(layer) == {1: "shale", 2: "granite"}
    assert np.isnan(layer.to_numpy()[0, 0])
    assert float(raster(path=path, layer="packed").to_numpy()[1, 2]) == pytest.approx(
        12 * 0.5 + 100
    )


def _store(path: Path, numbers: np.ndarray, order: int, zarr_format: int) -> Path:
    layer = contract.on_grid(numbers, _grid())[::order]
    packed = layer.astype("int16").assign_attrs(scale_factor=0.5, add_offset=100.0)
    classes = (layer % 3).astype("int16")
    classes.attrs = {"flag_values": [1, 2], "flag_meanings": "shale granite", "missing_value": 0}
    cube = xr.Dataset({"tmi": layer, "packed": packed, "units_map": classes})
    for variable in cube.variables.values():
        variable.encoding.clear()
    cube.to_zarr(path, zarr_format=zarr_format, consolidated=False)
    return path


def _grid():
    from odc.geo.geobox import GeoBox

    return GeoBox((4, 6), PLACE, "EPSG:32648")


def test_bands_become_variables(tiff, numbers):
    path = tiff(np.stack([numbers, -numbers, 2 * numbers]), descriptions=("K", "Band 2", "U"))
    radiometrics = raster(path=path, bands={"uranium": 3, "thorium": 2}, units="mg kg-1")
    assert list(radiometrics) == ["uranium", "thorium"]
    np.testing.assert_array_equal(radiometrics["uranium"].to_numpy(), 2 * numbers)
    np.testing.assert_array_equal(radiometrics["thorium"].to_numpy(), -numbers)
    assert radiometrics["uranium"].attrs["long_name"] == "U"
    assert radiometrics["thorium"].attrs["long_name"] == "thorium"
    np.testing.assert_array_equal(raster(path=path, band=2).to_numpy(), -numbers)
    with pytest.raises(DataError, match=r"tmi\.tif has no band 4; it has 3, counted from 1"):
        raster(path=path, band=4)
    with pytest.raises(ValueError, match="either band or bands, not both"):
        raster(path=path, band=2, bands={"uranium": 3})


# --- one nodata rule --------------------------------------------------------------------


def test_tag_and_nan_are_unknown(tiff, numbers):
    values = numbers.copy()
    values[1, 1], values[2, 2] = -9999, np.nan
    layer = raster(path=tiff(values, nodata=-9999)).to_numpy()
    assert np.isnan(layer[[1, 2], [1, 2]]).all()
    assert np.isnan(layer).sum() == 2


def test_stated_codes_count_beside_the_tag(tiff, numbers):
    layer = raster(path=tiff(numbers, nodata=0), nodata=[11, 23]).to_numpy()
    assert np.isnan(layer).sum() == 3
    assert np.isnan(layer[0, 0])


def test_a_statement_overrides_a_wrong_tag_and_it_is_said(tiff, numbers, caplog):
    path = tiff(numbers, nodata=0)
    with caplog.at_level(logging.WARNING):
        layer = raster(path=path, nodata=[11, 23], nodata_tag=False).to_numpy()
    assert np.isnan(layer).sum() == 2
    assert layer[0, 0] == 0
    assert "tmi.tif tags 0 as nodata; the pipeline says not to believe it" in caplog.text
    assert not np.isnan(raster(path=path, nodata_tag=False).to_numpy()).any()


@pytest.mark.parametrize("blank", [-3.4028230607370965e38, 1.70141e38, 1e31, np.inf, -np.inf])
def test_blanks_beyond_nature_are_unknown_without_a_tag(tiff, numbers, blank):
    values = numbers.astype("float64")
    values[3, 5] = blank
    for dtype in ("float32", "float64"):
        layer = raster(path=tiff(values.astype(dtype)), nodata=-1).to_numpy()
        assert np.isnan(layer[3, 5])
        assert np.isnan(layer).sum() == 1


def test_a_code_with_decimals_matches_what_float32_made_of_it(tiff, numbers):
    values = numbers.copy()
    values[0, 1] = -99.9
    assert np.isnan(raster(path=tiff(values), nodata=-99.9).to_numpy()[0, 1])


def test_codes_are_compared_with_the_stored_numbers_and_scale_applies(tiff, numbers):
    path = tiff(numbers.astype("int16"), nodata=11)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (5.0,)
    layer = raster(path=path).to_numpy()
    assert np.isnan(layer[1, 1])
    assert layer[3, 4] == pytest.approx(34 * 0.1 + 5)


def test_a_mask_of_the_file_counts(tiff, numbers):
    path = tiff(numbers)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        file.write_mask(numbers != 21)
    layer = raster(path=path).to_numpy()
    assert np.isnan(layer[2, 1])
    assert np.isnan(layer).sum() == 1


# --- classes ----------------------------------------------------------------------------

TABLE = """<PAMDataset><PAMRasterBand band="1"><GDALRasterAttributeTable tableType="thematic">
<FieldDefn index="0"><Name>VALUE</Name><Type>0</Type><Usage>5</Usage></FieldDefn>
<FieldDefn index="1"><Name>UNIT</Name><Type>2</Type><Usage>0</Usage></FieldDefn>
<Row index="0"><F>1</F><F>花岗岩</F></Row><Row index="1"><F>2</F><F>shale</F></Row>
</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>"""


def test_class_names_come_from_the_attribute_table(tiff, numbers):
    path = tiff((numbers % 2 + 1).astype("uint8"))
    Path(f"{path}.aux.xml").write_text(TABLE, encoding="utf-8")
    layer = raster(path=path, kind="categorical")
    assert contract.meanings(layer) == {1: "花岗岩", 2: "shale"}
    assert layer.attrs["kind"] == "categorical"


def test_class_names_come_from_the_dbf_of_arcgis(tiff, numbers):
    import pandas as pd
    import pyogrio

    path = tiff((numbers % 2 + 1).astype("uint8"))
    table = pd.DataFrame({"Value": [1, 2], "Count": [12.0, 12.0], "ROCK": ["灰岩", "页岩"]})
    written = path.with_suffix(".dbf")
    pyogrio.write_dataframe(table, written, driver="ESRI Shapefile", encoding="gbk")
    written.rename(f"{path}.vat.dbf")
    written.with_suffix(".cpg").unlink(missing_ok=True)
    assert contract.meanings(raster(path=path, kind="categorical")) == {1: "灰岩", 2: "页岩"}


def test_stated_meanings_go_first(tiff, numbers):
    path = tiff((numbers % 2 + 1).astype("uint8"))
    Path(f"{path}.aux.xml").write_text(TABLE, encoding="utf-8")
    layer = raster(path=path, kind="categorical", meanings={1: "a", 2: "b"})
    assert contract.meanings(layer) == {1: "a", 2: "b"}


def test_classes_without_names_are_called_by_their_codes(tiff, numbers, caplog):
    with caplog.at_level(logging.INFO):
        layer = raster(path=tiff(numbers % 3), kind="categorical", nodata=0)
    assert contract.meanings(layer) == {1: "1", 2: "2"}
    assert "has no names for its 2 classes; their codes are used" in caplog.text


def test_values_that_are_no_classes_are_refused(tiff, numbers):
    with pytest.raises(DataError, match=r"holds 0\.5, which is no class code"):
        raster(path=tiff(numbers + 0.5), kind="categorical")
    many = np.arange(2000, dtype="float32").reshape(40, 50)
    with pytest.raises(DataError, match="more than 1000 different values: no classes"):
        raster(path=tiff(many), kind="categorical")


def test_codes_that_float32_cannot_hold_are_refused(tiff, numbers):
    values = numbers.astype("int32")
    values[0, 0] = 16_777_217
    layer = raster(path=tiff(values), kind="categorical", meanings={1: "one"})
    with pytest.raises(DataError, match="class code 16777217 is larger than"):
        lazy.compute(layer)
    with pytest.raises(DataError, match="class code 16777217 is larger than"):
        raster(path=tiff(values), kind="categorical")


# --- mosaics ----------------------------------------------------------------------------


def test_tiles_of_a_mosaic_make_one_raster(tiff):
    whole = np.arange(600 * 900, dtype="float32").reshape(600, 900)
    paths = [
        tiff(
            whole[top : top + 350, left : left + 500],
            f"part_{top}_{left}.tif",
            transform=PLACE @ Affine.translation(left, top),
        )
        for top, left in [(300, 400), (0, 0), (300, 0), (0, 400)]
    ]
    mosaic = raster(path=paths)
    np.testing.assert_array_equal(mosaic.to_numpy(), whole)
    assert contract.grid_of(mosaic).affine == PLACE


def test_a_gap_between_tiles_is_unknown_and_the_first_known_value_counts(tiff, numbers):
    east = PLACE @ Affine.translation(5, 1)
    first = numbers.copy()
    first[2, 5] = -1
    mosaic = raster(
        path=[tiff(first, "a.tif"), tiff(numbers + 100, "b.tif", transform=east)], nodata=-1
    ).to_numpy()
    assert mosaic.shape == (5, 11)
    assert mosaic[1, 5] == 15
    assert mosaic[2, 5] == 110
    assert np.isnan(mosaic[0, 6])
    assert np.isnan(mosaic[4, 4])


def test_tiles_off_the_lattice_are_refused(tiff, numbers):
    first = tiff(numbers, "a.tif")
    shifted = tiff(numbers, "b.tif", transform=PLACE @ Affine.translation(6.3, 0))
    with pytest.raises(DataError, match=r"b\.tif is 0\.30 cells east .* lattice of .*a\.tif"):
        raster(path=[first, shifted])
    coarse = tiff(numbers, "c.tif", transform=PLACE @ Affine.scale(2))
    with pytest.raises(DataError, match=r"c\.tif has cells of 200 x 200 and .*a\.tif of 100 x 100"):
        raster(path=[first, coarse])
    elsewhere = tiff(numbers, "d.tif", crs="EPSG:32647")
    with pytest.raises(DataError, match=r"d\.tif is in EPSG:32647 and .*a\.tif in EPSG:32648"):
        raster(path=[first, elsewhere])


# --- laziness ---------------------------------------------------------------------------


def test_a_window_reads_only_its_blocks(tiff, monkeypatch):
    read = []
    values = np.zeros((4096, 4096), "uint8")
    values[3000, 3500] = 7
    path = tiff(values, tiled=True, blockxsize=256, blockysize=256, compress="deflate")
    original = gdal_file._read

    def counted(*what):
        rows, columns = what[-2:]
        read.append((rows.stop - rows.start) * (columns.stop - columns.start))
        return original(*what)

    monkeypatch.setattr(gdal_file, "_read", counted)
    layer = raster(path=path)
    assert read == []
    assert float(layer[2990:3010, 3490:3510].max()) == 7
    assert sum(read) <= 512 * 512


def test_threads_read_alike(tiff):
    values = np.random.default_rng(0).normal(size=(1500, 1500)).astype("float32")
    layer = raster(path=tiff(values, tiled=True, blockxsize=256, blockysize=256))
    found = []

    def read():
        found.append(lazy.compute(layer.data)[0])

    workers = [threading.Thread(target=read) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 4
    for one in found:
        np.testing.assert_array_equal(one, values)


def test_a_replaced_file_is_read_anew(tiff, numbers):
    path = tiff(numbers)
    assert raster(path=path).to_numpy()[0, 1] == 1
    path = tiff(numbers + 1)
    os.utime(path, ns=(1, 1))
    assert raster(path=path).to_numpy()[0, 1] == 2


# --- bad input --------------------------------------------------------------------------


def test_no_crs_says_how_to_state_it(tiff, numbers):
    with pytest.raises(DataError, match=r"tmi\.tif has no CRS; state it, for example crs: 'EPSG:"):
        raster(path=tiff(numbers, crs=None))
    stated = raster(path=tiff(numbers, crs=None), crs="EPSG:32648")
    assert contract.grid_of(stated).crs == "EPSG:32648"


def test_a_stated_crs_overrides_the_file_and_it_is_said(tiff, numbers, caplog):
    with caplog.at_level(logging.WARNING):
        layer = raster(path=tiff(numbers), crs="EPSG:4544")
    assert contract.grid_of(layer).crs == "EPSG:4544"
    assert "says that it is in EPSG:32648" in caplog.text
    assert "the pipeline states EPSG:4544" in caplog.text
    caplog.clear()
    raster(path=tiff(numbers), crs="EPSG:32648")
    assert caplog.text == ""


def test_an_unknown_crs_is_refused(tiff, numbers):
    with pytest.raises(DataError, match="crs 'EPSG:454599' is not a known CRS"):
        raster(path=tiff(numbers), crs="EPSG:454599")


def test_a_crs_that_cannot_be_is_refused(tiff, numbers):
    with pytest.raises(DataError, match=r"lies outside the area of EPSG:2193 .*longitude 166\.37"):
        raster(path=tiff(numbers), crs="EPSG:2193")


def test_rotated_and_unplaced_rasters_are_refused(tiff, numbers):
    with pytest.raises(DataError, match=r"tmi\.tif is rotated or mirrored; warp it to north up"):
        raster(path=tiff(numbers, transform=PLACE @ Affine.rotation(20)))
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        path = tiff(numbers, transform=Affine.identity())
    with pytest.raises(DataError, match="does not say where it lies"):
        raster(path=path)


@pytest.mark.parametrize("driver", ["GTiff", "COG"])
@pytest.mark.parametrize("compress", ["deflate", None])
@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_truncated_geotiff_is_named(tiff, compress, kept, driver):
    values = np.random.default_rng(1).normal(size=(1200, 1200)).astype("float32")
    options = {} if driver == "COG" else {"tiled": True, "blockxsize": 256, "blockysize": 256}
    if compress:
        options["compress"] = compress
    path = tiff(values, driver=driver, **options)
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * kept))
    with pytest.raises(DataError, match=r"tmi\.tif .*(cut short|cannot be opened)"):
        raster(path=path)


def test_a_truncated_striped_geotiff_is_named(tiff, numbers):
    values = np.random.default_rng(1).normal(size=(300, 200)).astype("float32")
    path = tiff(values)
    os.truncate(path, path.stat().st_size - 10)
    with pytest.raises(DataError, match=r"tmi\.tif is cut short: band 1 goes on to byte"):
        raster(path=path)


def test_a_damaged_block_is_named_while_computing(tiff):
    values = np.random.default_rng(1).normal(size=(1200, 1200)).astype("float32")
    path = tiff(values, tiled=True, blockxsize=256, blockysize=256, compress="deflate")
    with rasterio.open(path) as file:
        offset = int(file.get_tag_item("BLOCK_OFFSET_3_3", "TIFF", bidx=1))
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 4000)
    layer = raster(path=path)
    assert np.isfinite(layer[:512, :512].to_numpy()).all()
    with pytest.raises(DataError, match=r"tmi\.tif: rows 512 to 1023 of band 1 cannot be read"):
        lazy.compute(layer)


def test_a_truncated_ascii_grid_is_named(tmp_path):
    path = tmp_path / "cut.asc"
    head = "ncols 6\nnrows 4\nxllcorner 500000\nyllcorner 3000000\ncellsize 100\n"
    path.write_text(head + "1 2 3 4 5 6\n1 2 3", encoding="utf-8")
    with pytest.raises(DataError, match=r"cut\.asc: the last cell of band 1 cannot be read"):
        raster(path=path, crs="EPSG:32648")


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "notes.tif"
    path.write_text("no raster at all", encoding="utf-8")
    with pytest.raises(DataError, match=r"notes\.tif cannot be opened as a raster"):
        raster(path=path)


def test_complex_numbers_are_refused(tiff, numbers):
    with pytest.raises(DataError, match="band 1 holds no real numbers but complex64"):
        raster(path=tiff(numbers.astype("complex64")))


def test_a_missing_file_names_its_neighbour(tiff, numbers):
    path = tiff(numbers)
    with pytest.raises(MissingFileError, match=r"tmj\.tif is not there; did you mean 'tmi\.tif'\?"):
        raster(path=path.with_name("tmj.tif"))


# --- the real districts -----------------------------------------------------------------


@pytest.mark.real_data
def test_carlin_geology_has_its_25_units_by_name(real_data):
    layer = raster(path=real_data / "carlin_greatbasin" / "geologia", kind="categorical")
    meanings = contract.meanings(layer)
    assert len(meanings) == 25
    assert meanings[1] == "TPC"
    assert meanings[50] == "JMI"
    values = layer.to_numpy()
    assert values.shape == (1114, 1010)
    assert np.nanmax(values) == 50
    assert (values == 13).sum() == 392_848


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", ["al_rcl", "as_rcl", "ca_rcl", "falha_rcl", "k_rcl", "sb_rcl", "stdyarea250"]
)
def test_carlin_grids_are_read_with_255_unknown(real_data, name):
    layer = raster(path=real_data / "carlin_greatbasin" / name)
    values = layer.to_numpy()
    assert np.nanmax(values) <= 25
    assert np.isnan(values).any()


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "unknown"),
    [
        ("caribou", 25_681),
        ("fractal_dim", 24_433),
        ("indigenous", 25_802),
        ("magnetics_rmi", 24_414),
        ("vms_lith", 24_433),
        ("water_bodies", 24_795),
    ],
)
def test_manitoba_codes_are_unknown(real_data, name, unknown):
    layer = raster(path=real_data / "manitoba_vms" / "rasters" / f"{name}.tif")
    values = layer.to_numpy()
    assert int(np.isnan(values).sum()) == unknown
    assert np.nanmin(values) > -600
    assert contract.grid_of(layer).crs == "EPSG:2957"


@pytest.mark.real_data
def test_cloncurry_rasters_are_read_whole(real_data):
    folder = real_data / "cloncurry_iocg"
    for path in sorted(folder.glob("Calculate*/*.tif")):
        layer = raster(path=path)
        with rasterio.open(path) as file:
            expected = file.read(1, masked=True).astype("float64").filled(np.nan)
        np.testing.assert_array_equal(layer.to_numpy(), expected.astype("float32"))
    classes = raster(path=folder / "CalculateWeights" / "StratNo.tif", kind="categorical")
    assert len(contract.meanings(classes)) == 87
