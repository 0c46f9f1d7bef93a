"""The target grid, the study area and exclusions."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from shapely import Point, Polygon

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.grid import target
from geoprospect.grid.target import burned, study_area, target_grid

CRS = "EPSG:32648"


@pytest.fixture
def wedge() -> gpd.GeoDataFrame:
    """A triangle that is symmetric about nothing, wholly inside the grid."""
    corners = [(500_420, 3_000_310), (505_130, 3_001_050), (501_340, 3_003_620)]
    return gpd.GeoDataFrame({"name": ["wedge"]}, geometry=[Polygon(corners)], crs=CRS)


def covered(shape: shapely.Geometry, grid: GeoBox) -> np.ndarray:
    """By geometry: whether each cell's centre lies in the shape."""
    rows, columns = np.mgrid[0 : grid.shape[0], 0 : grid.shape[1]] + 0.5
    affine = grid.affine
    return shapely.contains_xy(shape, affine.c + affine.a * columns, affine.f + affine.e * rows)


# --- the grid ---------------------------------------------------------------------------


def test_bounds_are_snapped_outwards_to_multiples_of_the_resolution():
    grid = target_grid(bbox=[500_010, 3_000_010, 505_990, 3_003_990], crs=CRS, resolution=100)
    assert grid.shape == (40, 60)
    assert tuple(grid.affine)[:6] == (100, 0, 500_000, 0, -100, 3_004_000)
    past_the_half = target_grid(
        bbox=[500_060, 3_000_060, 505_940, 3_003_940], crs=CRS, resolution=100
    )
    assert past_the_half == grid
    exact = target_grid(bbox=[500_000, 3_000_000, 506_000, 3_004_000], crs=CRS, resolution=100)
    assert exact == grid
    odd = target_grid(bbox=[500_000, 3_000_000, 506_000, 3_004_000], crs=CRS, resolution=30)
    assert odd.affine.c % 30 == 0
    assert odd.affine.f % 30 == 0


def test_like_takes_the_grid_as_it_is(grid):
    raster = contract.on_grid(np.zeros(grid.shape, "float32"), grid)
    assert target_grid(raster) == grid
    assert target_grid(xr.Dataset({"a": raster})) == grid
    assert target_grid(raster.isel(y=slice(None, None, -1))) == grid


def test_an_area_in_any_crs_is_covered(wedge):
    grid = target_grid(None, wedge.to_crs("EPSG:4326"), crs=CRS, resolution=100)
    west, south, east, north = wedge.total_bounds
    box = grid.extent.boundingbox
    assert 0 <= west - box.left < 100
    assert 0 <= box.right - east < 100
    assert 0 <= south - box.bottom < 100
    assert 0 <= box.top - north < 100


def test_a_raster_serves_as_an_area(grid):
    raster = contract.on_grid(np.zeros(grid.shape, "float32"), grid)
    found = target_grid(area=raster, crs=CRS, resolution=200)
    assert found.extent.boundingbox == grid.extent.boundingbox
    moved = target_grid(area=raster, crs="EPSG:4544", resolution=200)
    assert moved.crs == "EPSG:4544"


def test_an_area_beside_bounds_is_only_a_mask(wedge, grid):
    bbox = [500_000, 3_000_000, 506_000, 3_004_000]
    assert target_grid(None, wedge, bbox=bbox, crs=CRS, resolution=100) == grid


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "crs and resolution missing"),
        ({"crs": CRS}, "resolution missing; state for example"),
        ({"resolution": 100}, "crs missing"),
        ({"crs": CRS, "resolution": 100}, "its extent is missing; state bbox, area or like"),
        ({"bbox": [0, 0, 1, 1], "crs": CRS, "resolution": -5}, "must be positive, got -5 m"),
        ({"bbox": [2, 0, 1, 1], "crs": CRS, "resolution": 5}, "west below east"),
        ({"bbox": [0, 1, 1, 0], "crs": CRS, "resolution": 5}, "south below north"),
        ({"bbox": [0, 1, 1], "crs": CRS, "resolution": 5}, "got 3 numbers"),
        ({"bbox": [102, 28, 103, 29], "crs": CRS, "resolution": 100}, "too few for a map"),
        ({"bbox": [0, 0, 1e6, 1e6], "crs": CRS, "resolution": 1}, "are more than 4e.09"),
        ({"bbox": [0, 0, 1, 1], "crs": "EPSG:999999", "resolution": 1}, "is not a known CRS"),
    ],
)
def test_a_grid_that_makes_no_sense_says_why(settings, message):
    with pytest.raises(ValueError, match=message):
        target_grid(**settings)


def test_an_extent_is_stated_once(grid):
    raster = contract.on_grid(np.zeros(grid.shape, "float32"), grid)
    with pytest.raises(ValueError, match="either like or bbox as its extent, not both"):
        target_grid(raster, bbox=[0, 0, 1, 1])
    with pytest.raises(ValueError, match="like brings its own crs and resolution"):
        target_grid(raster, resolution=50)


def test_degrees_and_feet_are_refused():
    with pytest.raises(ContractError, match="geographic: distances and areas need metres"):
        target_grid(bbox=[102, 28, 103, 29], crs="EPSG:4326", resolution=0.01)
    with pytest.raises(ContractError, match="US survey foot; choose one in metres"):
        target_grid(bbox=[1e6, 1e6, 1.1e6, 1.1e6], crs="EPSG:2263", resolution=100)


# --- the study area ---------------------------------------------------------------------


def test_the_study_area_is_where_centres_lie_inside(wedge, grid):
    area = study_area(wedge, grid=grid)
    inside = covered(wedge.geometry.iloc[0], grid)
    np.testing.assert_array_equal(area.to_numpy() == 1, inside)
    np.testing.assert_array_equal(np.isnan(area.to_numpy()), ~inside)
    contract.check_layer(area, grid, "area")
    assert lazy.is_lazy(area)


def test_a_study_area_in_another_crs_is_projected(wedge, grid):
    moved = study_area(wedge.to_crs("EPSG:4326"), grid=grid).to_numpy()
    here = study_area(wedge, grid=grid).to_numpy()
    assert (np.isnan(moved) != np.isnan(here)).mean() < 0.01


def test_no_area_is_the_whole_grid(grid):
    assert study_area(None, grid=grid).to_numpy().tolist() == np.ones(grid.shape).tolist()


def test_a_raster_area_is_where_it_is_known_and_not_zero(grid):
    values = np.zeros(grid.shape, "float32")
    values[3:17, 5:40] = 7
    values[20:, :10] = np.nan
    raster = contract.on_grid(values, grid).assign_attrs(long_name="mask", kind="continuous")
    found = study_area(raster, grid=grid).to_numpy()
    np.testing.assert_array_equal(found == 1, values == 7)
    np.testing.assert_array_equal(np.isnan(found), values != 7)


def test_a_finer_raster_area_goes_by_majority(grid):
    fine = GeoBox((80, 120), grid.affine @ grid.affine.scale(0.5), grid.crs)
    values = np.zeros((80, 120), "float32")
    values[0:2, 0:2] = [[1, 1], [1, 0]]
    values[0:2, 2:4] = [[1, 0], [0, 0]]
    found = study_area(contract.on_grid(values, fine), grid=grid).to_numpy()
    assert found[0, 0] == 1
    assert np.isnan(found[0, 1])


def test_a_study_area_elsewhere_or_of_points_is_refused(wedge, grid):
    with pytest.raises(DataError, match=r"misses the grid: in EPSG:32648 it lies at 700420 to"):
        study_area(wedge.translate(2e5).to_frame("geometry"), grid=grid)
    points = gpd.GeoDataFrame(geometry=[Point(5e5, 3e6)], crs=CRS)
    with pytest.raises(DataError, match="consists of polygons; this one has Point"):
        study_area(points, grid=grid)


# --- exclusions -------------------------------------------------------------------------


def test_nothing_excluded_is_zero_everywhere(grid):
    layer = burned([], grid=grid)
    assert layer.to_numpy().tolist() == np.zeros(grid.shape).tolist()
    contract.check_layer(layer, grid, "excluded")


def test_polygons_and_rasters_exclude_together(wedge, grid):
    values = np.full(grid.shape, np.nan, "float32")
    values[:4, 50:] = 1
    values[4:6, 50:] = 0
    water = contract.on_grid(values, grid).assign_attrs(long_name="water", kind="categorical")
    park = gpd.GeoDataFrame(geometry=[shapely.box(503_000, 3_000_000, 506_000, 3_000_700)], crs=CRS)
    layer = burned([wedge, water, park.to_crs("EPSG:4544")], grid=grid).to_numpy()
    expected = covered(wedge.geometry.iloc[0], grid) | (values == 1)
    expected |= covered(park.geometry.iloc[0], grid)
    np.testing.assert_array_equal(layer, expected.astype("float32"))


def test_an_exclusion_beyond_the_grid_excludes_nothing(wedge, grid, caplog):
    there = GeoBox((5, 5), grid.affine @ grid.affine.translation(500, 0), grid.crs)
    far = contract.on_grid(np.ones((5, 5), "float32"), there).assign_attrs(long_name="lake")
    with caplog.at_level(logging.WARNING):
        layer = burned([far, wedge.translate(2e5).to_frame("geometry")], grid=grid)
    assert float(layer.max()) == 0
    assert "The exclusion 'lake' lies beyond the grid" in caplog.text


@settings(max_examples=30)
@given(
    chunk=st.integers(7, 61),
    centres=st.lists(
        st.tuples(st.integers(499_500, 506_500), st.integers(2_999_500, 3_004_500)),
        min_size=1,
        max_size=6,
    ),
)
def test_chunks_change_nothing(chunk, centres):
    grid = target_grid(bbox=[500_000, 3_000_000, 506_000, 3_004_000], crs=CRS, resolution=100)
    discs = gpd.GeoDataFrame(geometry=[Point(c).buffer(731.7) for c in centres], crs=CRS)
    whole = burned([discs], grid=grid).to_numpy()
    with lazy.cut(chunk):
        cut = burned([discs], grid=grid).to_numpy()
    np.testing.assert_array_equal(cut, whole)
    np.testing.assert_array_equal(whole == 1, covered(shapely.union_all(discs.geometry), grid))


def test_a_window_burns_only_the_shapes_that_reach_it(grid, monkeypatch):
    burnt = []
    import rasterio.features

    original = rasterio.features.rasterize

    def counted(shapes, **options):
        burnt.append(len(shapes))
        return original(shapes, **options)

    monkeypatch.setattr(rasterio.features, "rasterize", counted)
    boxes = [shapely.box(x, 3_000_000, x + 50, 3_000_050) for x in range(500_000, 506_000, 100)]
    shapes = gpd.GeoDataFrame(geometry=boxes, crs=CRS)
    layer = burned([shapes], grid=grid)
    assert burnt == []
    window = target._burner(list(shapes.geometry))(grid[30:40, 0:10])
    assert sum(burnt) <= 11
    assert window.shape == (10, 10)
    assert lazy.is_lazy(layer)
