from __future__ import annotations

import errno
import subprocess
import sys
import textwrap
import time
from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import xarray as xr
from odc.geo.geobox import GeoBox
from rasterio.enums import ColorInterp

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, OutputError
from geoprospect.ingest.raster import raster
from geoprospect.report import export, rasters
from tests.report.folder import make_folder
from tests.report.test_files import leftovers, small_files

LAMBERT = "+proj=lcc +lat_1=33 +lat_2=45 +lat_0=40 +lon_0=-96 +ellps=clrk66 +units=m +no_defs"


@pytest.fixture
def wide() -> GeoBox:
    """Larger than a tile, so that there are overviews."""
    return GeoBox.from_bbox((300_000, 2_000_000, 360_000, 2_070_000), crs=LAMBERT, resolution=100)


@pytest.fixture
def score(wide):
    rows, columns = np.mgrid[: wide.shape[0], : wide.shape[1]]
    values = ((rows * 7 + columns * 3) % 100 / 100).astype("float32")
    values[:40, 100:] = np.nan
    layer = contract.on_grid(values, wide)
    return contract.describe(layer, long_name="远景 prospectivity", units="1")


@pytest.fixture
def classes(wide):
    values = np.repeat(np.arange(wide.shape[1]) // 200, wide.shape[0]).reshape(-1, wide.shape[0]).T
    values = np.where(np.arange(wide.shape[0])[:, None] < 30, np.nan, values)
    layer = contract.on_grid(values.astype("float32"), wide)
    meanings = {0: "none", 1: "断层 fault", 2: "<granite> & co"}
    return contract.describe(layer, long_name="strongest driver", units="1", meanings=meanings)


def test_a_map_comes_back_as_it_went(tmp_path, score, wide):
    path = export.geotiff(xr.Dataset({"prospectivity": score}), tmp_path / "maps" / "p.tif")
    with rasterio.open(path) as file:
        assert np.array_equal(
            file.read(1, masked=True).filled(np.nan), score.values, equal_nan=True
        )
        assert (file.read(1)[:40, 100:] == -9999).all()
        assert (file.dtypes, file.nodata) == (("float32",), -9999)
        assert file.descriptions == ("远景 prospectivity",)
        assert file.units == ("1",)
        assert file.tags()["AREA_OR_POINT"] == "Area"
        there = GeoBox(file.shape, file.transform, file.crs.to_wkt())
        assert contract.same_grid(there, wide)


def test_it_is_a_cloud_optimised_geotiff(tmp_path, score):
    path = export.geotiff(xr.Dataset({"prospectivity": score}), tmp_path / "p.tif")
    with rasterio.open(path) as file:
        structure = file.tags(ns="IMAGE_STRUCTURE")
        assert structure["LAYOUT"] == "COG"
        assert structure["COMPRESSION"] == "DEFLATE"
        assert structure["PREDICTOR"] == "3"
        assert file.block_shapes == [(512, 512)]
        assert file.overviews(1) == [2]
        known = file.tags(1)
        assert float(known["STATISTICS_MAXIMUM"]) == pytest.approx(0.99)
        assert float(known["STATISTICS_MEAN"]) == pytest.approx(float(np.nanmean(score.values)))
    with rasterio.open(path, overview_level=0) as half:
        assert half.read(1)[100, 100] == pytest.approx(score.values[200:202, 200:202].mean())


def test_a_projection_without_a_number_survives(tmp_path, score):
    path = export.geotiff(xr.Dataset({"prospectivity": score}), tmp_path / "p.tif")
    with rasterio.open(path) as file:
        told = file.crs.to_dict()
    assert (told["proj"], told["lat_1"], told["lat_2"], told["lon_0"]) == ("lcc", 33, 45, -96)
    ellipsoid = rasterio.open(path).crs.to_wkt()
    assert 'SPHEROID["Clarke 1866",6378206.4,294.97' in ellipsoid


def test_a_numbered_projection_keeps_its_number(tmp_path, grid):
    layer = contract.describe(
        contract.on_grid(np.zeros(grid.shape, "float32"), grid), long_name="score", units="1"
    )
    with rasterio.open(export.geotiff(xr.Dataset({"score": layer}), tmp_path / "p.tif")) as file:
        assert file.crs.to_epsg() == 32648


def test_class_maps_are_bytes_with_colours_and_names(tmp_path, classes):
    path = export.geotiff(xr.Dataset({"driver": classes}), tmp_path / "d.tif")
    with rasterio.open(path) as file:
        assert (file.dtypes, file.nodata) == (("uint8",), 255)
        assert np.array_equal(file.read(1), np.nan_to_num(classes.values, nan=255).astype("uint8"))
        assert file.colorinterp == (ColorInterp.palette,)
        colours = file.colormap(1)
        assert len({colours[code] for code in (0, 1, 2)}) == 3
        assert file.tags(1)["class_1"] == "断层 fault"
        assert file.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "2"
    with rasterio.open(path, overview_level=0) as half:
        assert set(np.unique(half.read(1))) <= {0, 1, 2, 255}


def test_scores_and_classes_in_one_file_stay_classes_in_the_overviews(tmp_path, score, classes):
    maps = xr.Dataset({"score": score, "fold": classes})
    with rasterio.open(export.geotiff(maps, tmp_path / "o.tif"), overview_level=0) as half:
        assert half.count == 2
        assert set(np.unique(half.read(2))) <= {0, 1, 2, -9999}


def test_several_files_are_made_in_one_pass(tmp_path, wide):
    made = []

    def window(part: GeoBox) -> np.ndarray:
        made.append(part.shape)
        return np.full(part.shape, 0.5, "float32")

    layer = contract.describe(lazy.from_grid(window, wide), long_name="half", units="1")
    outputs = {
        tmp_path / "a.tif": xr.Dataset({"prospectivity": layer}),
        tmp_path / "b.tif": xr.Dataset({"spread": layer}),
    }
    assert export.geotiffs(outputs) == list(outputs)
    assert len(made) == 4
    assert leftovers(tmp_path) == ["a.qml", "a.sld", "a.tif", "b.qml", "b.sld", "b.tif"]


def test_the_same_maps_give_the_same_bytes_however_chunked(tmp_path, score, classes):
    one, other = tmp_path / "one", tmp_path / "other"
    maps = {"p.tif": xr.Dataset({"prospectivity": score}), "d.tif": xr.Dataset({"driver": classes})}
    export.geotiffs({one / name: each for name, each in maps.items()})
    export.geotiffs({other / name: each.chunk({"y": 77, "x": 300}) for name, each in maps.items()})
    assert leftovers(one) == ["d.qml", "d.sld", "d.tif", "p.qml", "p.sld", "p.tif"]
    for name in leftovers(one):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_a_map_without_a_value_can_be_written(tmp_path, score):
    path = export.geotiff(xr.Dataset({"spread": score * np.nan}), tmp_path / "nothing.tif")
    with rasterio.open(path) as file:
        assert (file.read(1) == -9999).all()


def test_qgis_finds_the_colours_beside_the_map(tmp_path, score, classes):
    export.geotiff(xr.Dataset({"prospectivity": score}), tmp_path / "p.tif")
    export.geotiff(xr.Dataset({"driver": classes}), tmp_path / "d.tif")
    ramp = ElementTree.parse(tmp_path / "p.qml").find("./pipe/rasterrenderer")
    assert (ramp.get("type"), ramp.get("classificationMin"), ramp.get("classificationMax")) == (
        *("singlebandpseudocolor", "0", "1"),
    )
    entries = ElementTree.parse(tmp_path / "d.qml").findall(".//paletteEntry")
    assert [entry.get("label") for entry in entries] == ["none", "断层 fault", "<granite> & co"]
    with rasterio.open(tmp_path / "d.tif") as file:
        red, green, blue, _ = file.colormap(1)[1]
    assert entries[1].get("color") == f"#{red:02x}{green:02x}{blue:02x}"


@pytest.mark.parametrize("most", [3_000, 30_000])  # a block, the whole file
def test_a_disk_that_fills_up_is_told_and_nothing_is_left(tmp_path, score, most):
    with small_files(most), pytest.raises(OutputError, match=r"cannot write .*p\.tif: .*disk"):
        export.geotiff(xr.Dataset({"prospectivity": score}), tmp_path / "p.tif")
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("missing", [1, 100, 2000, 50_000])
def test_a_disk_that_fills_up_at_the_very_end_is_told(tmp_path, wide, monkeypatch, missing):
    noise = np.random.default_rng(0).random(wide.shape, dtype="float32")
    maps = xr.Dataset(
        {"score": contract.describe(contract.on_grid(noise, wide), long_name="noise", units="1")}
    )
    size = export.geotiff(maps, tmp_path / "whole.tif").stat().st_size
    optimise = rasters._optimise

    def short_of_space(*arguments):
        with small_files(size - missing):
            optimise(*arguments)

    monkeypatch.setattr(rasters, "_optimise", short_of_space)
    with pytest.raises(OutputError, match=r"cannot write .*p\.tif"):
        export.geotiff(maps, tmp_path / "p.tif")
    assert leftovers(tmp_path) == ["whole.qml", "whole.sld", "whole.tif"]


def test_a_kill_in_the_middle_leaves_no_map(tmp_path):
    code = f"""
        import os, signal
        from pathlib import Path
        import numpy as np, xarray as xr
        from odc.geo.geobox import GeoBox
        from geoprospect import contract, lazy
        from geoprospect.report import export
        grid = GeoBox.from_bbox((0, 0, 90000, 90000), crs="EPSG:32648", resolution=100)
        count = []
        def window(part):
            count.append(1)
            if len(count) == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            return np.zeros(part.shape, "float32")
        layer = contract.describe(lazy.from_grid(window, grid), long_name="x", units="1")
        export.geotiff(xr.Dataset({{"score": layer}}), Path({str(tmp_path / "p.tif")!r}))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert done.returncode == -9
    assert not (tmp_path / "p.tif").exists()


def test_a_dataset_without_maps_is_refused(tmp_path, score):
    empty = xr.Dataset({"score": score})[[]]
    with pytest.raises(ContractError, match="no map in this Dataset"):
        export.geotiff(empty, tmp_path / "p.tif")
    assert leftovers(tmp_path) == []


def test_no_block_is_at_work_after_an_error(tmp_path, wide):
    working, seen = [], []

    def window(part: GeoBox) -> np.ndarray:
        if part.affine.f == wide.affine.f and part.affine.c == wide.affine.c:
            raise OSError(errno.ENOSPC, "No space left on device")
        working.append(1)
        time.sleep(0.3)
        working.pop()
        seen.append(1)
        return np.zeros(part.shape, "float32")

    layer = contract.describe(lazy.from_grid(window, wide), long_name="score", units="1")
    with lazy.threads(4), pytest.raises(OutputError, match="No space left on device; free some"):
        export.geotiff(xr.Dataset({"score": layer}), tmp_path / "p.tif")
    assert seen
    assert not working
    assert leftovers(tmp_path) == []


def test_a_call_under_the_same_key_goes_on_with_the_blocks_that_are_missing(tmp_path, wide):
    made: list[tuple[float, float]] = []
    broken: list[bool] = []

    def window(part: GeoBox) -> np.ndarray:
        if len(made) == 100 and broken:
            raise RuntimeError("power cut")
        made.append((part.affine.c, part.affine.f))
        place = [int(number) for number in made[-1]]
        return np.random.default_rng(place).random(part.shape, dtype="float32")

    def write(name):
        layer = lazy.from_grid(window, wide, chunk=64)
        described = contract.describe(layer, long_name="score", units="1")
        return export.geotiff(xr.Dataset({"a": described}), tmp_path / name, key="x").read_bytes()

    whole = write("whole.tif")
    made.clear()
    broken.append(True)
    with lazy.threads(1), pytest.raises(RuntimeError, match="power cut"):
        write("p.tif")
    broken.clear()
    assert len(made) == 100
    assert write("p.tif") == whole
    assert len(made) == len(set(made)) == 110
    assert leftovers(tmp_path) == ["p.qml", "p.sld", "p.tif", "whole.qml", "whole.sld", "whole.tif"]


def test_a_call_under_another_key_begins_anew(tmp_path, wide, monkeypatch):
    monkeypatch.setattr(rasters, "_finished", lambda *arguments: pytest.fail("stop"))
    made = []

    def window(part: GeoBox) -> np.ndarray:
        made.append(1)
        return np.zeros(part.shape, "float32")

    layer = contract.describe(lazy.from_grid(window, wide), long_name="score", units="1")
    counts = []
    for key in ("x", "x", "y"):
        with pytest.raises(pytest.fail.Exception, match="stop"):
            export.geotiff(xr.Dataset({"score": layer}), tmp_path / "p.tif", key=key)
        counts.append(len(made))
    assert counts == [4, 4, 8]


def test_files_that_stand_are_not_written_again_when_a_call_goes_on(tmp_path, score, monkeypatch):
    outputs = {tmp_path / f"{n}.tif": xr.Dataset({n: score}) for n in ("a", "b")}
    optimise = rasters._optimise
    written = []

    def cut_off(source, place, maps):
        if place.name == "b.tif" and len(written) == 1:
            raise KeyboardInterrupt
        optimise(source, place, maps)
        written.append(place.name)

    monkeypatch.setattr(rasters, "_optimise", cut_off)
    with pytest.raises(KeyboardInterrupt):
        export.geotiffs(outputs, key="x")
    written.append("interrupted")
    export.geotiffs(outputs, key="x")
    assert written == ["a.tif", "interrupted", "b.tif"]
    assert leftovers(tmp_path) == ["a.qml", "a.sld", "a.tif", "b.qml", "b.sld", "b.tif"]


def test_sixteen_bits_hold_a_map_to_half_a_step(tmp_path, score, wide):
    step = 0.003
    short = {}
    for number, name in enumerate(("a", "b")):
        layer = (score - number).assign_attrs(score.attrs)
        layer.encoding = {"dtype": "int16", "scale_factor": step, "add_offset": 0.5 * number}
        short[name] = layer
    path = export.geotiff(xr.Dataset(short), tmp_path / "p.tif")
    with rasterio.open(path) as file:
        assert (set(file.dtypes), file.nodata) == ({"int16"}, -32768)
        assert (file.scales, file.offsets) == ((step, step), (0.0, 0.5))
        assert file.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "2"
    for band, name in enumerate(short, start=1):
        read = raster(path=path, band=band).values
        assert np.array_equal(np.isnan(read), np.isnan(score.values))
        assert np.nanmax(np.abs(read - short[name].values)) <= step / 2 * 1.0001


def test_what_sixteen_bits_cannot_hold_is_refused(tmp_path, score):
    score.encoding = {"dtype": "int16", "scale_factor": 1e-5}
    with pytest.raises(OutputError, match=r"p reaches 0.99 from 0, too far for 16 bits in steps"):
        export.geotiff(xr.Dataset({"p": score}), tmp_path / "p.tif")
    assert leftovers(tmp_path) == []


def test_overviews_are_those_that_gdal_makes(tmp_path, wide):
    values = np.random.default_rng(1).random(wide.shape, dtype="float32")
    values[values > 0.6] = np.nan
    layer = contract.describe(contract.on_grid(values, wide), long_name="a", units="1")
    ours = export.geotiff(xr.Dataset({"a": layer}), tmp_path / "a.tif")
    theirs = tmp_path / "theirs.tif"
    with rasterio.open(ours) as file:
        profile = dict(file.profile, driver="GTiff", tiled=True)
        with rasterio.open(theirs, "w", **profile) as copy:
            copy.write(file.read())
            copy.build_overviews([2], rasterio.enums.Resampling.average)
    read = []
    for path in (ours, theirs):
        with rasterio.open(path, overview_level=0) as half:
            read.append(half.read(1))
    np.testing.assert_allclose(*read, rtol=1e-6)


def test_a_class_in_the_overviews_is_the_commonest_of_four(tmp_path):
    grid = GeoBox.from_bbox((0, 0, 30, 20), crs="EPSG:32648", resolution=10)
    values = np.array([[1, 2, np.nan], [2, 0, 1]], "float32")
    layer = contract.describe(
        contract.on_grid(values, grid), long_name="c", units="1", meanings={0: "n", 1: "a", 2: "b"}
    )
    path = export.geotiff(xr.Dataset({"c": layer}), tmp_path / "c.tif")
    with rasterio.open(path, overview_level=0) as half:
        assert half.read(1).tolist() == [[2, 1]]


def test_statistics_are_those_of_numpy(tmp_path, wide):
    values = np.random.default_rng(2).normal(3, 2, wide.shape).astype("float32")
    values[5:90] = np.nan
    layer = contract.describe(contract.on_grid(values, wide), long_name="a", units="1")
    path = export.geotiff(xr.Dataset({"a": layer}), tmp_path / "a.tif")
    with rasterio.open(path) as file:
        told = {key.removeprefix("STATISTICS_"): float(n) for key, n in file.tags(1).items()
                if key.startswith("STATISTICS_")}  # fmt: skip
    known = values[~np.isnan(values)].astype("float64")
    expected = {"MINIMUM": known.min(), "MAXIMUM": known.max(), "MEAN": known.mean(),
                "STDDEV": known.std(), "VALID_PERCENT": 100 * known.size / values.size}  # fmt: skip
    assert told == pytest.approx(expected, rel=1e-3)
    assert (told["MINIMUM"], told["MAXIMUM"]) == (known.min(), known.max())
    assert told["MEAN"] == pytest.approx(known.mean(), rel=1e-8)


@pytest.mark.parametrize(
    ("side", "overviews"), [(40, [2]), (512, [2]), (513, [2]), (1024, [2]), (1025, [2, 4])]
)
def test_every_map_has_overviews_down_to_a_tile(tmp_path, side, overviews):
    grid = GeoBox.from_bbox((0, 0, side * 10, 400), crs="EPSG:32648", resolution=10)
    layer = contract.on_grid(np.zeros(grid.shape, "float32"), grid)
    maps = xr.Dataset({"a": contract.describe(layer, long_name="a", units="1")})
    with rasterio.open(export.geotiff(maps, tmp_path / "a.tif")) as file:
        assert file.overviews(1) == overviews
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_every_kind_of_map_passes_an_outside_validator_strictly(tmp_path, case, score, classes):
    """Many bands, classes, both in one file, 16 bits, one cell, and larger than a tile."""
    rio_cogeo = pytest.importorskip("rio_cogeo", reason="rio-cogeo is not installed")
    make_folder(case, tmp_path)
    tiny = GeoBox.from_bbox((0, 0, 100, 100), crs="EPSG:4545", resolution=100)
    one = contract.on_grid(np.zeros((1, 1), "float32"), tiny)
    described = contract.describe(one, long_name="score", units="1")
    export.geotiff(xr.Dataset({"score": described}), tmp_path / "maps" / "one.tif")
    many = {f"layer_{n}": score * n for n in range(40)}
    named = {k: contract.describe(v, long_name=k, units="log-odds") for k, v in many.items()}
    export.geotiff(xr.Dataset(named), tmp_path / "maps" / "many.tif")
    export.geotiff(xr.Dataset({"driver": classes}), tmp_path / "maps" / "classes.tif")
    written = sorted((tmp_path / "maps").glob("*.tif"))
    assert len(written) == 9
    found = {path.name: rio_cogeo.cog_validate(path, strict=True, quiet=True) for path in written}
    assert [name for name, told in found.items() if told != (True, [], [])] == []
    with rasterio.open(tmp_path / "maps" / "classes.tif") as file:
        rasterio.shutil.copy(file, tmp_path / "plain.tif", driver="GTiff", tiled=False)
    assert rio_cogeo.cog_validate(tmp_path / "plain.tif", strict=True, quiet=True)[1] != []
