import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from shapely import Polygon

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.contacts import contact_distance
from geoprospect.features.geology import category
from tests.features import made
from tests.features.made import corner, frame, small_grid, values


def quarters(grid: GeoBox) -> gpd.GeoDataFrame:
    """Two units that meet on a slanting line, west and east of it, in a frame of nothing."""
    west, south, east, north = grid.extent.boundingbox
    line = [(west + 1_520, south - 900), (west + 3_480, north + 900)]
    one = Polygon([*line, (west - 900, north + 900), (west - 900, south - 900)])
    two = Polygon([*line, (east + 900, north + 900), (east + 900, south - 900)])
    return gpd.GeoDataFrame({"unit": ["页岩", "granite"]}, geometry=[one, two], crs=grid.crs.proj)


@given(st.integers(5, 70), st.sampled_from([400.0, 1_500.0]))
def test_contacts_are_where_two_units_meet_and_not_the_edge_of_the_map(chunk, cap):
    grid = GeoBox.from_bbox((0, 0, 6000, 4000), crs="EPSG:32648", resolution=100)
    units = quarters(grid)
    contact = units.geometry.iloc[0].intersection(units.geometry.iloc[1])
    x, y = np.meshgrid(np.arange(50, 6000, 100), np.arange(3950, 0, -100))
    exact = np.minimum(shapely.distance(shapely.points(x, y), contact), cap)
    with made.chunks_of(chunk):
        distances = contact_distance(units, grid=grid, column="unit", max_distance=cap).values
        classes = category(units, grid=grid, column="unit")
        in_layer = contact_distance(classes, grid=grid, max_distance=cap).values
    assert np.abs(distances - exact).max() <= 0.5 * np.hypot(100, 100)
    assert np.abs(in_layer - exact).max() <= np.hypot(100, 100)


def test_units_that_never_meet_have_no_contact():
    grid = GeoBox.from_bbox((0, 0, 6000, 4000), crs="EPSG:32648", resolution=100)
    apart = quarters(grid).iloc[[0, 0]].assign(unit=["a", "b"])
    apart.geometry = [apart.geometry.iloc[0], apart.geometry.iloc[0].centroid.buffer(10)]
    with pytest.raises(DataError, match="no two classes of column 'unit' share an edge"):
        contact_distance(apart, grid=grid, column="unit", max_distance=100)


def test_contacts_need_classes():
    grid = GeoBox.from_bbox((0, 0, 6000, 4000), crs="EPSG:32648", resolution=100)
    measured = contract.describe(
        contract.on_grid(np.zeros(grid.shape, "float32"), grid), long_name="field", units="nT"
    )
    with pytest.raises(ContractError, match="contact_distance needs classes, and 'field' holds"):
        contact_distance(measured, grid=grid, max_distance=100)


# --- pairs --------------------------------------------------------------------------------


def mosaic() -> gpd.GeoDataFrame:
    """Cells of a Voronoi diagram of a few classes, which reach beyond the grid."""
    rng = np.random.default_rng(5)
    low, high = corner(-1500, 3800), corner(4600, -1500)
    seeds = shapely.MultiPoint(rng.uniform(low, high, (60, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds))
    return frame(*cells, unit=[f"u{k % 5}" for k in range(len(cells))])


def shared(units, pairs):
    """The edges that polygons of two classes have in common, one pair of polygons at a time."""
    found = []
    for one, other in pairs:
        for a in units.geometry[units.unit == one]:
            found += [a.intersection(b) for b in units.geometry[units.unit == other]]
    return shapely.union_all([line for line in found if line.length > 0])


@given(st.sampled_from([3, 7, 16, 40]), st.sampled_from([250.0, 3000.0]))
@effort(max_examples=8)
def test_only_contacts_between_the_pairs_asked_for_count(side, cap):
    units, grid = mosaic(), small_grid()
    pairs = [["u0", "u1"], ["u3", "u2"]]
    exact = np.minimum(shapely.distance(shared(units, pairs), made.centres(grid)), cap)
    with made.chunks_of(side):
        found = values(
            contact_distance(units, grid=grid, column="unit", max_distance=cap, between=pairs)
        )
    assert np.abs(found - exact).max() <= 0.5 * np.hypot(100, 100) + 0.01


def test_pairs_in_a_layer_by_hand():
    codes = np.array([[1, 1, 2, 2, 3, 3, 1, np.nan, 2]])
    meanings = {1: "granite", 2: "灰岩", 3: "shale"}
    grid = small_grid(1, 9)
    layer = made.layer(codes, grid, units="1", meanings=meanings)
    for side in (2, 40):
        with made.chunks_of(side):
            found = contact_distance(
                lazy.chunked(layer), grid=grid, max_distance=900.0, between=[["灰岩", 1]]
            )
        expected = [[100, 0, 0, 100, 200, 300, 400, np.nan, 600]]
        np.testing.assert_array_equal(values(found), expected)


def test_lazy_on_the_grid_and_says_what_it_is():
    grid = small_grid()
    found = contact_distance(
        mosaic(), grid=grid, column="unit", max_distance=900.0, between=[["u0", "u1"]]
    )
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "distance to contact of u0 and u1", "units": "m"}
    contract.check_layer(found, grid, "contact")


def test_what_is_no_pair_is_refused():
    def call(*between):
        grid = small_grid()
        contact_distance(mosaic(), grid=grid, column="unit", max_distance=9.0, between=[*between])

    with pytest.raises(ValueError, match=r"between holds pairs of two classes, and \['u0'\] is"):
        call(["u0"])
    with pytest.raises(ValueError, match=r"pairs of two classes, and \['u0', 'u0 '\] is none"):
        call(["u0", "u0 "])
    with pytest.raises(ValueError, match="between names no pair"):
        call()
    with pytest.raises(DataError, match="'unit' has no class 'u9'; known: u0, u1"):
        call(["u0", "u9"])
    strip = [shapely.box(*corner(100 * k, 100), *corner(100 * k + 100, 0)) for k in range(3)]
    with pytest.raises(DataError, match="none of the pairs a and c of column 'unit' share an edge"):
        contact_distance(
            frame(*strip, unit=["a", "b", "c"]),
            grid=small_grid(),
            column="unit",
            max_distance=9.0,
            between=[["a", "c"]],
        )
