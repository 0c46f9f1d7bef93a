"""Everything lands where it lies on the ground, whatever grid it comes on."""

from __future__ import annotations

import logging
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from shapely import Point

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.grid.align import align, project
from geoprospect.ingest.raster import raster
from geoprospect.ingest.vector import vector


def box(bbox, resolution, crs="EPSG:32648") -> GeoBox:
    west, south, east, north = bbox
    shape = round((north - south) / resolution), round((east - west) / resolution)
    return GeoBox(shape, Affine(resolution, 0, west, 0, -resolution, north), crs)


def centres(grid: GeoBox) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[0 : grid.shape[0], 0 : grid.shape[1]] + 0.5
    affine = grid.affine
    return affine.c + affine.a * columns, affine.f + affine.e * rows


# --- on the same lattice ----------------------------------------------------------------


def test_the_same_grid_gives_the_same_values(source, grid):
    values = np.random.default_rng(0).normal(size=grid.shape).astype("float32")
    layer = align(source(values), grid=grid)
    np.testing.assert_array_equal(layer.to_numpy(), values)
    contract.check_layer(layer, grid, "tmi")
    assert layer.attrs == {"long_name": "tmi", "units": "nT"}
    assert lazy.is_lazy(layer)


def test_a_shift_of_whole_cells_is_cut_out_and_padded(source, grid):
    values = np.arange(45 * 70, dtype="float32").reshape(45, 70)
    layer = align(source(values, west=499_800, north=3_003_700), grid=grid).to_numpy()
    expected = np.full((40, 60), np.nan, "float32")
    expected[3:, :] = values[:37, 2:62]
    np.testing.assert_array_equal(layer, expected)


def test_a_source_inside_the_grid_is_padded_on_all_sides(source, grid):
    values = np.arange(12, dtype="float32").reshape(3, 4)
    layer = align(source(values, west=500_500, north=3_003_000), grid=grid).to_numpy()
    np.testing.assert_array_equal(layer[10:13, 5:9], values)
    assert np.isfinite(layer).sum() == 12


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float64", "bool"])
def test_arrays_in_memory_of_any_dtype_are_taken(source, grid, dtype):
    values = (np.arange(2400).reshape(40, 60) % 2).astype(dtype)
    layer = align(source(values, chunk=None), grid=grid)
    assert layer.dtype == np.float32
    np.testing.assert_array_equal(layer.to_numpy(), values.astype("float32"))


def test_an_array_in_memory_with_south_on_top_is_turned(source, grid):
    values = np.arange(2400, dtype="float32").reshape(40, 60)
    upside_down = source(values, chunk=None).isel(y=slice(None, None, -1))
    assert upside_down.y.to_numpy()[0] < upside_down.y.to_numpy()[-1]
    np.testing.assert_array_equal(align(upside_down, grid=grid).to_numpy(), values)


def test_a_lattice_that_is_off_by_a_hair_is_the_same(source, grid):
    values = np.arange(2400, dtype="float32").reshape(40, 60)
    layer = align(source(values, west=500_000.0008, north=3_003_999.9992), grid=grid)
    np.testing.assert_array_equal(layer.to_numpy(), values)


# --- continuous -------------------------------------------------------------------------


def test_bilinear_reproduces_a_plane(source, grid):
    coarse = box((499_000, 2_999_000, 507_000, 3_005_000), 250)
    x, y = centres(coarse)
    plane = 3 + 2e-3 * (x - 5e5) - 5e-3 * (y - 3e6)
    layer = align(source(plane, west=499_000, north=3_005_000, cell=250), grid=grid)
    x, y = centres(grid)
    expected = 3 + 2e-3 * (x - 5e5) - 5e-3 * (y - 3e6)
    np.testing.assert_allclose(layer.to_numpy(), expected, rtol=0, atol=2e-5)


def test_bilinear_by_hand(source):
    values = np.array([[0, 10], [20, 40]], "float32")
    target = box((500_075, 3_003_800, 500_125, 3_004_000 - 75), 25)
    layer = align(source(values), grid=target).to_numpy()
    assert layer.shape == (5, 2)
    down, right = (87.5 - 50) / 100, (87.5 - 50) / 100
    by_hand = (1 - down) * (10 * right) + down * (20 * (1 - right) + 40 * right)
    assert layer[0, 0] == pytest.approx(by_hand)


def test_a_gap_stays_as_large_as_it_is(source):
    values = np.arange(36, dtype="float32").reshape(6, 6)
    values[2, 3] = np.nan
    target = box((500_000, 3_003_400, 500_600, 3_004_000), 50)
    layer = align(source(values), grid=target).to_numpy()
    unknown = np.isnan(layer)
    expected = np.zeros((12, 12), bool)
    expected[4:6, 6:8] = True
    np.testing.assert_array_equal(unknown, expected)


def test_beyond_the_source_is_unknown(source, grid):
    values = np.ones((10, 10), "float32")
    layer = align(source(values, west=500_030, north=3_003_970), grid=grid).to_numpy()
    assert np.isfinite(layer[:10, :10]).all()
    assert np.isnan(layer[10:]).all()
    assert np.isnan(layer[:, 10:]).all()


def test_a_finer_source_is_averaged_by_blocks(source, grid):
    values = np.random.default_rng(1).normal(size=(160, 240)).astype("float32")
    layer = align(source(values, cell=25), grid=grid)
    by_hand = values.reshape(40, 4, 60, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(layer.to_numpy(), by_hand, rtol=0, atol=1e-6)


def test_an_average_weighs_by_shared_area_and_leaves_out_the_unknown(source):
    values = np.array([[1, 2, 3, 4, 5]] * 5, "float32")
    values[0, 0] = np.nan
    target = box((500_000, 3_003_500, 500_500, 3_004_000), 250)
    layer = align(source(values), grid=target).to_numpy()
    weights = np.array([1, 1, 0.5])
    np.testing.assert_allclose(layer[1, 0], (weights * [1, 2, 3]).sum() / 2.5, rtol=1e-6)
    np.testing.assert_allclose(layer[1, 1], (weights * [5, 4, 3]).sum() / 2.5, rtol=1e-6)
    rows = np.array([1, 1, 0.5])[:, None] * weights
    rows[0, 0] = 0
    np.testing.assert_allclose(layer[0, 0], (rows * [1, 2, 3]).sum() / rows.sum(), rtol=1e-6)


# --- categorical and counts -------------------------------------------------------------


def test_a_coarse_class_map_gives_the_nearest_code(source, grid):
    codes = np.random.default_rng(2).integers(1, 9, (12, 16)).astype("float32")
    layer = align(
        source(codes, west=499_750, north=3_004_250, cell=400, kind="categorical"), grid=grid
    )
    x, y = centres(grid)
    rows = ((3_004_250 - y) // 400).astype(int)
    columns = ((x - 499_750) // 400).astype(int)
    np.testing.assert_array_equal(layer.to_numpy(), codes[rows, columns])


def test_a_fine_class_map_gives_the_majority(source):
    codes = np.array([[1, 1, 2, 2], [1, 3, 2, 7], [5, 5, 8, 8], [5, 6, 9, 8]], "float32")
    codes = np.where(codes == 9, np.nan, codes)
    target = box((500_000, 3_003_600, 500_400, 3_004_000), 200)
    layer = align(source(codes, kind="categorical"), grid=target)
    assert layer.to_numpy().tolist() == [[1, 2], [5, 8]]


def test_a_tie_goes_to_the_smaller_code(source):
    codes = np.array([[7, 2], [2, 7]], "float32")
    target = box((500_000, 3_003_800, 500_200, 3_004_000), 200)
    assert align(source(codes, kind="categorical"), grid=target).to_numpy().tolist() == [[2]]


def test_names_of_classes_travel_along(source, grid):
    codes = source(np.ones((12, 16)), cell=400, kind="categorical")
    codes.attrs |= {"flag_values": [1, 2], "flag_meanings": ["granite", "灰岩"]}
    layer = align(codes, grid=grid)
    assert contract.meanings(layer) == {1: "granite", 2: "灰岩"}
    assert "kind" not in layer.attrs


@pytest.mark.parametrize("cell", [30.0, 70.0, 170.0, 450.0])
def test_counts_keep_their_sum(source, grid, cell):
    counts = np.random.default_rng(3).poisson(3, (7, 8)).astype("float32")
    layer = align(
        source(counts, west=500_512, north=3_003_789, cell=cell, kind="counts"), grid=grid
    )
    assert float(np.nansum(layer.to_numpy())) == pytest.approx(counts.sum(), rel=1e-5)


def exact_share(values, own: GeoBox, grid: GeoBox, row: int, column: int) -> tuple[float, float]:
    """Sum and mean of the known cells under one target cell, in whole-number fractions."""
    cell, west, north = (Fraction(own.affine[k]) for k in (0, 2, 5))
    side = Fraction(grid.affine.a)
    left = Fraction(grid.affine.c) + side * column
    top = Fraction(grid.affine.f) - side * row
    total, area = Fraction(0), Fraction(0)
    for i, j in np.argwhere(~np.isnan(values)).tolist():
        x, y = west + cell * j, north - cell * i
        across = min(left + side, x + cell) - max(left, x)
        down = min(top, y) - max(top - side, y - cell)
        if across > 0 and down > 0:
            total += across * down * Fraction(float(values[i, j]))
            area += across * down
    return float(total / cell**2), float(total / area) if area else np.nan


@pytest.mark.parametrize("kind", ["continuous", "counts"])
def test_shared_areas_are_exact_inside_and_at_the_edge_of_the_source(source, grid, kind):
    values = np.random.default_rng(4).normal(size=(40, 50)).astype("float32")
    values[values > 1.2] = np.nan
    made = source(values, west=500_013, north=3_003_888, cell=43, kind=kind)
    found = align(made, grid=grid, chunk=13).to_numpy()
    own = contract.grid_of(made)
    places = [(1, 0), (1, 15), (1, 21), (18, 0), (18, 21), (7, 4), (12, 9), (3, 20)]
    for row, column in places:
        total, mean = exact_share(values, own, grid, row, column)
        expected = total if kind == "counts" else mean
        assert found[row, column] == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_gdal_agrees_on_averages_of_cells_that_the_source_covers_whole(source, grid):
    """At the edge of the source GDAL 3.10 weighs partly covered cells wrongly; see above."""
    from rasterio.enums import Resampling
    from rasterio.warp import reproject

    values = np.random.default_rng(4).normal(size=(90, 130)).astype("float32")
    values[values > 1.5] = np.nan
    own = source(values, west=500_013, north=3_003_888, cell=43)
    expected = np.full(grid.shape, np.nan, "float32")
    reproject(
        values,
        expected,
        src_transform=contract.grid_of(own).affine,
        src_crs="EPSG:32648",
        src_nodata=np.nan,
        dst_transform=grid.affine,
        dst_crs="EPSG:32648",
        dst_nodata=np.nan,
        resampling=Resampling.average,
        tolerance=0,
    )
    found = align(own, grid=grid, chunk=13).to_numpy()
    covered = np.s_[2:39, 1:55]
    np.testing.assert_allclose(found[covered], expected[covered], rtol=1e-4, atol=1e-5)


# --- between coordinate systems ---------------------------------------------------------


def test_a_field_in_longitude_and_latitude_lands_where_it_lies(source, grid):
    cell = 0.001
    lon = 104.995 + cell * (np.arange(80) + 0.5)
    lat = 27.165 - cell * (np.arange(60) + 0.5)
    values = 100 * (lon[None, :] - 105) - 300 * (lat[:, None] - 27.1)
    layer = align(
        source(values, west=104.995, north=27.165, cell=cell, crs="EPSG:4326"), grid=grid
    ).to_numpy()
    to_degrees = pyproj.Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(*centres(grid))
    expected = 100 * (longitude - 105) - 300 * (latitude - 27.1)
    known = np.isfinite(layer)
    assert known.mean() > 0.9
    np.testing.assert_allclose(layer[known], expected[known], rtol=0, atol=1e-4)


def test_an_average_between_coordinate_systems_lands_where_it_lies(source, grid):
    fine = box((499_000, 2_999_000, 508_000, 3_006_000), 20, "EPSG:4544")
    x, y = centres(fine)
    values = 1e-2 * (x - 5e5) + 3e-2 * (y - 3e6)
    layer = align(
        source(values, west=499_000, north=3_006_000, cell=20, crs="EPSG:4544"), grid=grid
    ).to_numpy()
    moved = pyproj.Transformer.from_crs("EPSG:32648", "EPSG:4544", always_xy=True)
    x, y = moved.transform(*centres(grid))
    np.testing.assert_allclose(layer, 1e-2 * (x - 5e5) + 3e-2 * (y - 3e6), rtol=0, atol=0.1)


@pytest.mark.parametrize("crs", ["EPSG:4544", "EPSG:32647", "EPSG:4326"])
def test_counts_keep_their_sum_between_coordinate_systems(source, grid, crs):
    move = pyproj.Transformer.from_crs("EPSG:32648", crs, always_xy=True)
    west, north = move.transform(501_234, 3_002_987)
    counts = np.random.default_rng(3).poisson(3, (20, 25)).astype("float32")
    counts[3, 4] = np.nan
    cell = 0.0007 if crs == "EPSG:4326" else 71.0
    own = source(counts, west=west, north=north, cell=cell, crs=crs, kind="counts")
    layer = align(own, grid=grid, chunk=17).to_numpy()
    assert float(np.nansum(layer)) == pytest.approx(float(np.nansum(counts)), rel=1e-6)


@pytest.mark.parametrize("cell", [20.0, 41.0])
def test_a_majority_between_coordinate_systems_is_that_of_the_cells_beneath(source, grid, cell):
    own = box((498_000, 2_998_000, 509_000, 3_007_000), cell, "EPSG:32647")
    move = pyproj.Transformer.from_crs("EPSG:32648", "EPSG:32647", always_xy=True)
    west, south, east, north = move.transform_bounds(499_900, 2_999_900, 506_100, 3_004_100)
    shape = round((north - south) / cell), round((east - west) / cell)
    own = GeoBox(shape, Affine(cell, 0, west, 0, -cell, north), "EPSG:32647")
    x, y = centres(own)
    codes = 1 + ((x // 700).astype(int) + (y // 900).astype(int)) % 3
    layer = align(
        source(codes, west=west, north=north, cell=cell, crs="EPSG:32647", kind="categorical"),
        grid=grid,
    ).to_numpy()
    x, y = move.transform(*centres(grid))
    at_centre = 1 + ((x // 700).astype(int) + (y // 900).astype(int)) % 3
    from_edge = np.minimum.reduce([x % 700, 700 - x % 700, y % 900, 900 - y % 900])
    np.testing.assert_array_equal(layer[from_edge > 75], at_centre[from_edge > 75])


def sampled(
    values, own: GeoBox, grid: GeoBox, row: int, column: int, side: int = 200
) -> np.ndarray:
    """The source values under a dense net of points in one target cell, by pyproj alone."""
    steps = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(
        grid.affine.c + grid.affine.a * (column + steps),
        grid.affine.f + grid.affine.e * (row + steps),
    )
    move = pyproj.Transformer.from_crs(grid.crs.proj, own.crs.proj, always_xy=True)
    x, y = move.transform(x, y)
    i = np.floor((own.affine.f - y) / -own.affine.e).astype(int)
    j = np.floor((x - own.affine.c) / own.affine.a).astype(int)
    return values[i, j]


@pytest.mark.parametrize(("width", "height"), [(0.0002, 0.0005), (0.0006, 0.00015)])
@pytest.mark.parametrize("kind", ["continuous", "categorical", "counts"])
def test_cells_of_unequal_sides_are_shared_out_by_area(kind, width, height):
    grid = box((500_000, 3_000_000, 501_200, 3_000_800), 100)
    shape = round(0.03 / height), round(0.03 / width)
    own = GeoBox(shape, Affine(width, 0, 104.99, 0, -height, 27.135), "EPSG:4326")
    values = np.random.default_rng(8).integers(1, 4, shape).astype("float32")
    made = contract.on_grid(values, own).assign_attrs(long_name="a", units="1", kind=kind)
    found = align(made, grid=grid, chunk=5).to_numpy()
    clear = 0
    for row, column in list(np.ndindex(*grid.shape))[::2]:
        beneath = sampled(values, own, grid, row, column)
        if kind == "continuous":
            assert found[row, column] == pytest.approx(beneath.mean(), abs=0.03)
        elif kind == "counts":
            cells_beneath = 100 * 100 / (width * 99_180 * height * 110_810)
            assert found[row, column] == pytest.approx(beneath.mean() * cells_beneath, rel=0.02)
        else:
            shares = np.bincount(beneath.astype(int).ravel(), minlength=4) / beneath.size
            if np.sort(shares)[-1] - np.sort(shares)[-2] > 0.04:
                clear += 1
                assert found[row, column] == shares.argmax()
    assert kind != "categorical" or clear > 15


def test_longitudes_that_count_to_360_are_the_same_places(source, grid):
    west = box((500_000, 3_000_000, 506_000, 3_004_000), 100, "EPSG:32611")
    values = np.random.default_rng(5).normal(size=(200, 300))
    one, other = (
        align(
            source(values, west=start, north=27.17, cell=0.0005, crs="EPSG:4326"), grid=west
        ).to_numpy()
        for start in (-117.04, 242.96)
    )
    assert np.isfinite(one).any()
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@settings(max_examples=30)
@given(
    chunk=st.integers(9, 70),
    source_chunk=st.integers(7, 90),
    kind=st.sampled_from(["continuous", "categorical", "counts"]),
    cell=st.sampled_from([37.0, 100.0, 260.0]),
    crs=st.sampled_from(["EPSG:32648", "EPSG:4544", "EPSG:32647"]),
)
def test_chunks_change_nothing(chunk, source_chunk, kind, cell, crs):
    grid = box((500_000, 3_000_000, 506_000, 3_004_000), 100)
    move = pyproj.Transformer.from_crs("EPSG:32648", crs, always_xy=True)
    west, south, east, north = move.transform_bounds(500_033, 3_000_211, 505_807, 3_003_700)
    shape = round((north - south) / cell), round((east - west) / cell)
    values = np.random.default_rng(7).integers(0, 6, shape).astype("float32")
    values[values == 5] = np.nan
    own = GeoBox(shape, Affine(cell, 0, west, 0, -cell, north), crs)
    made = contract.on_grid(values, own).assign_attrs(long_name="a", units="1", kind=kind)
    whole = align(made, grid=grid, chunk=1000).to_numpy()
    cut = align(lazy.chunked(made, source_chunk), grid=grid, chunk=chunk).to_numpy()
    assert np.isfinite(whole).any()
    np.testing.assert_allclose(cut, whole, rtol=1e-6, atol=1e-9)


def test_a_window_computes_only_its_piece_of_the_source():
    read = []

    def rows_and_columns(rows, columns):
        read.append((rows.start, columns.start))
        return np.ones((rows.stop - rows.start, columns.stop - columns.start), "float32")

    own = box((500_000, 3_000_000, 550_000, 3_050_000), 25)
    big = contract.on_grid(lazy.from_windows(rows_and_columns, own.shape, chunk=100), own)
    grid = box((500_000, 3_000_000, 550_000, 3_050_000), 50, "EPSG:4544")
    layer = align(big.assign_attrs(kind="continuous"), grid=grid, chunk=100)
    assert read == []
    lazy.compute(layer[500:600, 500:600].data)
    assert 0 < len(read) <= 16
    assert len(read) < own.shape[0] * own.shape[1] / 100**2 / 10


# --- bad input --------------------------------------------------------------------------


def test_a_layer_that_misses_the_study_area_names_both_bounds(source, grid):
    with pytest.raises(
        DataError,
        match=r"'tmi' misses the study area: in EPSG:32648 it lies at 600000 to 601000 east and "
        r"3003000 to 3004000 north, the grid at 500000 to 506000 east and 3000000 to 3004000",
    ):
        align(source(np.ones((10, 10)), west=600_000), grid=grid)
    with pytest.raises(DataError, match="misses the study area"):
        align(source(np.ones((10, 10)), west=10, north=50, cell=0.1, crs="EPSG:4326"), grid=grid)


def test_a_small_source_between_the_points_of_the_net_still_overlaps(source, grid):
    layer = align(source(np.ones((2, 2)), west=502_345, north=3_001_234, cell=60), grid=grid)
    assert np.isfinite(layer.to_numpy()).sum() >= 1


BEIJING = "+proj=tmerc +lat_0=0 +lon_0=105 +k=1 +x_0=500000 +y_0=0 +ellps=krass +units=m"


def test_an_unknown_shift_between_datums_is_refused(source, grid):
    chinese = box((500_000, 3_000_000, 506_000, 3_004_000), 100, "EPSG:4544")
    old = source(np.ones((40, 60)), crs="EPSG:2434")
    with pytest.raises(
        DataError,
        match=r"the shift between .*Beijing 1954.* is not known.*state the crs of the input",
    ):
        align(old, grid=chinese)
    points = gpd.GeoDataFrame(geometry=[Point(5e5, 3e6)], crs="EPSG:2434")
    with pytest.raises(DataError, match=r"the shift between Beijing 1954 .* is not known"):
        project(points, grid=chinese)


def test_a_shift_that_was_made_for_elsewhere_is_refused():
    """EPSG has shifts of Beijing 1954 for six basins only; PROJ takes one of them anywhere."""
    everywhere = box((500_000, 3_000_000, 506_000, 3_004_000), 100, "EPSG:32648")
    sichuan = gpd.GeoDataFrame(geometry=[Point(103, 30)], crs="EPSG:4214")
    with pytest.raises(DataError, match=r"not known where the data lie, only for: .*Ordos basin"):
        project(sichuan, grid=everywhere)
    ordos = gpd.GeoDataFrame(geometry=[Point(108, 37)], crs="EPSG:4214")
    moved = project(ordos, grid=everywhere).to_crs("EPSG:4326").geometry.iloc[0]
    assert 1e-4 < moved.distance(Point(108, 37)) < 2e-3


@pytest.mark.parametrize(
    ("crs", "place"),
    [
        ("EPSG:26711", (-116.5, 40.2)),
        ("EPSG:4267", (-116.5, 40.2)),
        ("EPSG:31370", (4.5, 50.6)),
        ("EPSG:27700", (-3.1, 54.2)),
    ],
)
def test_a_datum_with_shifts_all_over_it_is_moved(crs, place):
    there = gpd.GeoSeries([Point(place)], crs="EPSG:4326")
    utm = there.estimate_utm_crs()
    at = there.to_crs(utm).iloc[0]
    around = box((at.x - 500, at.y - 500, at.x + 500, at.y + 500), 100, str(utm))
    moved = project(gpd.GeoDataFrame(geometry=there.to_crs(crs)), grid=around)
    assert moved.geometry.iloc[0].distance(at) < 1


def test_a_stated_shift_between_datums_is_applied():
    chinese = box((500_000, 3_000_000, 506_000, 3_004_000), 100, "EPSG:4544")
    stated = f"{BEIJING} +towgs84=15.8,-154.4,-82.3,0,0,0,0 +type=crs"
    moved = project(gpd.GeoDataFrame(geometry=[Point(5e5, 3e6)], crs=stated), grid=chinese)
    distance = moved.geometry.iloc[0].distance(Point(5e5, 3e6))
    assert 30 < distance < 120


@pytest.mark.parametrize(
    ("one", "other"), [("EPSG:4326", "EPSG:4544"), ("EPSG:4490", "EPSG:32648")]
)
def test_cgcs2000_and_wgs84_are_alike(one, other):
    target = box((500_000, 3_000_000, 506_000, 3_004_000), 100, other)
    point = gpd.GeoDataFrame(geometry=[Point(105.01, 27.12)], crs=one)
    moved = project(point, grid=target).geometry.iloc[0]
    own = pyproj.CRS(other).geodetic_crs
    back = pyproj.Transformer.from_crs(other, own, always_xy=True).transform(moved.x, moved.y)
    assert back == pytest.approx((105.01, 27.12), abs=1e-8)


# --- vectors ----------------------------------------------------------------------------


def test_features_are_projected_and_it_is_said(grid, caplog):
    frame = gpd.GeoDataFrame(
        {"name": ["a", "b"]}, geometry=[Point(105.02, 27.13), Point(115, 30)], crs="EPSG:4326"
    )
    frame.attrs["units"] = {"Cu": "mg kg-1"}
    with caplog.at_level(logging.INFO):
        moved = project(frame, grid=grid)
    expected = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    assert moved.geometry.iloc[0].coords[0] == pytest.approx(expected.transform(105.02, 27.13))
    assert len(moved) == 2
    assert moved.attrs == frame.attrs
    contract.check_crs(moved, grid)
    assert "2 features were reprojected from EPSG:4326 to EPSG:32648" in caplog.text
    assert frame.geometry.iloc[0].x == 105.02


def test_features_in_the_grids_crs_are_left_alone(grid, caplog):
    frame = gpd.GeoDataFrame(geometry=[Point(5.01e5, 3.001e6)], crs="EPSG:32648")
    with caplog.at_level(logging.INFO):
        assert project(frame, grid=grid).geometry.equals(frame.geometry)
    assert caplog.text == ""


def test_long_edges_in_degrees_follow_the_parallel(grid):
    block = gpd.GeoDataFrame(geometry=[shapely.box(100, 26, 110, 28)], crs="EPSG:4326")
    moved = project(block, grid=grid).geometry.iloc[0]
    place = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    assert moved.boundary.distance(Point(place.transform(107.5, 28))) < 10


def test_features_beyond_the_grid_are_kept_and_said(grid, caplog):
    far = gpd.GeoDataFrame(geometry=[Point(7e5, 3e6)], crs="EPSG:32648")
    with caplog.at_level(logging.WARNING):
        assert len(project(far, grid=grid)) == 1
    assert "None of these 1 features lies within the grid" in caplog.text


def test_features_without_a_crs_or_a_place_are_refused(grid):
    with pytest.raises(ContractError, match="these features have no CRS; state it"):
        project(gpd.GeoDataFrame(geometry=[Point(0, 0)]), grid=grid)
    pole = gpd.GeoDataFrame(geometry=[Point(105, 27), Point(195, 0)], crs="EPSG:4326")
    with pytest.raises(DataError, match="1 of 2 features have no place in WGS 84 / UTM zone 48N"):
        project(pole, grid=grid)


# --- the real districts -----------------------------------------------------------------


@pytest.mark.real_data
def test_carlin_layers_land_on_one_grid(real_data):
    folder = real_data / "carlin_greatbasin"
    grid = contract.grid_of(raster(path=folder / "stdyarea250"))
    geology = raster(path=folder / "geologia", kind="categorical")
    assert np.array_equal(align(geology, grid=grid).to_numpy(), geology.to_numpy(), equal_nan=True)
    arsenic = raster(path=folder / "as_rcl")
    coarse, fine = arsenic.to_numpy(), align(arsenic, grid=grid).to_numpy()
    known = np.isfinite(fine)
    assert known.mean() == pytest.approx(np.isfinite(coarse).mean(), abs=0.01)
    assert fine[known].mean() == pytest.approx(np.nanmean(coarse), abs=0.01)
    faults = project(vector(path=folder / "gbfaults3.shp"), grid=grid)
    contract.check_crs(faults, grid)
    deposits = project(vector(path=folder / "TrainGP.shp"), grid=grid)
    inside = [float(geology.sel(x=p.x, y=p.y, method="nearest")) for p in deposits.geometry]
    assert np.isfinite(inside).mean() > 0.9


@pytest.mark.real_data
def test_manitoba_and_cloncurry_lattices_are_cut_out_unchanged(real_data):
    rasters = real_data / "manitoba_vms" / "rasters"
    grid = contract.grid_of(raster(path=rasters / "magnetics_rmi.tif"))
    for path in sorted(rasters.glob("*.tif")):
        own = raster(path=path)
        np.testing.assert_array_equal(align(own, grid=grid).to_numpy(), own.to_numpy())
    deposits = vector(path=real_data / "cloncurry_iocg" / "CalculateAUC" / "IOCG_Deposits.shp")
    target = contract.grid_of(
        raster(path=real_data / "cloncurry_iocg" / "CalculateResponse" / "StratNo.tif")
    )
    assert project(deposits, grid=target).crs == "EPSG:7845"
