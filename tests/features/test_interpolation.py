import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RBFInterpolator

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.focal import focal_mean
from geoprospect.features.interpolation import interpolated
from geoprospect.features.scattered import layer_ids
from tests.features import made
from tests.features.made import corner, frame, small_grid, values


def samples(seed: int = 0, count: int = 12, **units: str) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    places = [shapely.Point(corner(*p)) for p in rng.uniform(-400, (3500, 2700), (count, 2))]
    gold = rng.lognormal(size=count)
    gold[rng.random(count) < 0.3] = np.nan
    found = frame(*places, Cu=rng.lognormal(size=count), Au=gold)
    found.attrs["units"] = units
    return found


def brute(source, column, grid, *, neighbours, radius, power):
    """One cell and one sample at a time."""
    known = source[source[column].notna()]
    xy, value = shapely.get_coordinates(known.geometry), known[column].to_numpy()
    found = np.full(grid.shape, np.nan)
    for place, cell in np.ndenumerate(made.centres(grid)):
        away = np.hypot(xy[:, 0] - cell.x, xy[:, 1] - cell.y)
        near = [k for k in np.argsort(away)[:neighbours] if away[k] <= radius]
        if near:
            weight = away[near] ** -power
            found[place] = weight @ value[near] / weight.sum()
    return found


def call(source, **more):
    more = {"columns": ["Cu"], "method": "inverse_distance", "radius": 1500.0} | more
    return interpolated(source, grid=more.pop("grid", small_grid()), **more)


@given(
    st.integers(0, 1000),
    st.integers(1, 15),
    st.sampled_from([300.0, 1000.0, 9000.0]),
    st.sampled_from([1.0, 2.0, 3.0]),
    st.sampled_from([3, 7, 16, 40]),
)
@settings(max_examples=25)
def test_inverse_distance_is_that_of_looking_at_every_sample(seed, neighbours, radius, power, side):
    grid, source = small_grid(9, 11), samples(seed)
    how = {"neighbours": neighbours, "radius": radius, "power": power}
    with made.chunks_of(side):
        found = call(source, grid=grid, columns=["Cu", "Au"], **how)
        for column in ("Cu", "Au"):
            expected = brute(source, column, grid, **how)
            np.testing.assert_allclose(values(found[column.lower()]), expected, rtol=1e-5)


@given(
    st.integers(0, 1000),
    st.sampled_from([3, 7, 16, 40]),
    st.sampled_from(["inverse_distance", "nearest", "natural_neighbour", "thin_plate"]),
)
@settings(max_examples=20, deadline=None)
def test_chunking_changes_nothing(seed, side, method):
    source = samples(seed)
    whole = call(source, columns=["Cu", "Au"], method=method).compute()
    with made.chunks_of(side):
        cut = call(source, columns=["Cu", "Au"], method=method).compute()
    assert whole.identical(cut)


def test_the_order_of_samples_changes_nothing_not_even_among_equally_near_ones():
    lattice = [shapely.Point(corner(200 * i, 200 * j)) for i in range(12) for j in range(10)]
    source = frame(*lattice, Cu=list(np.random.default_rng(1).lognormal(size=120)))
    mixed = source.sample(frac=1, random_state=5)
    assert call(source, neighbours=3).compute().identical(call(mixed, neighbours=3).compute())


def test_nearest_takes_the_value_of_the_nearest_sample():
    grid, source = small_grid(), samples(3)
    found = values(call(source, method="nearest", radius=9e4)["cu"])
    away = np.stack([shapely.distance(point, made.centres(grid)) for point in source.geometry])
    np.testing.assert_allclose(found, source["Cu"].to_numpy()[away.argmin(axis=0)], rtol=1e-6)


def test_minimum_curvature_is_that_of_scipy():
    grid, source = small_grid(), samples(3)
    found = values(call(source, method="thin_plate", radius=9e4, neighbours=7)["cu"])
    xy = shapely.get_coordinates(source.geometry)
    other = RBFInterpolator(xy, source["Cu"], neighbors=7, kernel="thin_plate_spline")
    expected = other(shapely.get_coordinates(made.centres(grid).ravel())).reshape(grid.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_natural_neighbours_meet_a_plane_within_the_samples_hull_and_know_nothing_outside():
    grid, source = small_grid(), samples(5)
    xy = shapely.get_coordinates(source.geometry) - (made.WEST, made.NORTH)
    source["Cu"] = 3 + xy @ [0.002, -0.001]
    found = call(source, method="natural_neighbour", radius=9e4, columns=["Cu", "Au"])
    cells = made.centres(grid)
    plane = 3 + (shapely.get_coordinates(cells.ravel()) - (made.WEST, made.NORTH)) @ [0.002, -0.001]
    hull = shapely.union_all(source.geometry).convex_hull
    expected = np.where(shapely.within(cells, hull), plane.reshape(grid.shape), np.nan)
    np.testing.assert_allclose(values(found["cu"]), expected, rtol=1e-6)
    narrower = shapely.union_all(source.geometry[source["Au"].notna()]).convex_hull
    np.testing.assert_array_equal(np.isfinite(values(found["au"])), shapely.within(cells, narrower))


def test_natural_neighbours_end_at_the_radius_too():
    found = call(samples(5), method="natural_neighbour", radius=300.0).compute()
    far = found["sample_distance"].values > 300
    assert np.isnan(found["cu"].values[far]).all()
    assert np.isfinite(found["cu"].values[~far]).any()


@pytest.mark.parametrize("places", [[(50, 50)], [(50, 50), (950, 50)], [(0, 0), (7, 7), (35, 35)]])
def test_natural_neighbours_of_samples_on_one_line_are_refused(places):
    points = [shapely.Point(corner(*place)) for place in [*places, (10, 900), (900, 700)]]
    copper = [1.0] * len(places) + [np.nan, np.nan]
    source = frame(*points, Cu=copper, Au=[1.0] * len(points))
    with pytest.raises(DataError, match=r"column 'Cu' lie on one line, .* take the method inverse"):
        call(source, method="natural_neighbour", columns=["Au", "Cu"])


def test_a_cell_at_a_sample_takes_its_value_and_beyond_the_radius_nothing_is_known():
    source = frame(shapely.Point(corner(350, 150)), shapely.Point(corner(950, 150)), Cu=[7.0, 3.0])
    found = values(call(source, radius=250.0, grid=small_grid(6, 12))["cu"])
    assert found[1, 3] == 7  # second row, fourth column: north is up
    assert found[1, 9] == 3
    assert np.isnan(found[1, 6])
    assert np.isnan(found[4:]).all()
    assert found[3, 3] == 7  # 200 m below


def test_samples_beyond_the_edge_count():
    source = frame(shapely.Point(corner(-150, 50)), Cu=[7.0])
    found = values(call(source, radius=200.0)["cu"])
    assert found[0, 0] == 7
    assert np.isfinite(found).sum() == 1


def test_a_companion_tells_how_far_the_nearest_sample_is():
    grid, source = small_grid(), samples(4)
    found = call(source, columns=["Au", "Cu"], grid=grid)["sample_distance"]
    exact = shapely.distance(shapely.MultiPoint(list(source.geometry)), made.centres(grid))
    np.testing.assert_allclose(values(found), exact, rtol=1e-5)
    assert found.attrs == {"long_name": "distance to nearest sample", "units": "m", "quality": 1}


def test_on_the_logarithmic_scale_the_mean_is_geometric():
    source = frame(shapely.Point(corner(50, 50)), shapely.Point(corner(450, 50)), Cu=[1.0, 100.0])
    found = values(call(source, transform="log10", grid=small_grid(1, 5))["cu"])
    np.testing.assert_allclose(found[0, [0, 2, 4]], [1, 10, 100], rtol=1e-6)


def test_values_without_a_logarithm_are_left_out_and_said(caplog):
    source = frame(shapely.Point(corner(50, 50)), shapely.Point(corner(450, 50)), Cu=[5.0, 0.0])
    found = values(call(source, transform="log10", grid=small_grid(1, 5))["cu"])
    np.testing.assert_allclose(found, 5, rtol=1e-6)
    assert "column 'Cu': 1 samples at or below zero have no logarithm" in caplog.text
    with pytest.raises(DataError, match="'Cu' has no value above zero to take a logarithm of"):
        call(frame(shapely.Point(corner(0, 0)), Cu=[-1.0]), transform="log10")


def test_samples_at_one_place_are_averaged_and_said(caplog):
    here = shapely.Point(corner(50, 50))
    found = values(
        call(frame(here, here, here, Cu=[1.0, np.nan, 5.0]), grid=small_grid(2, 2))["cu"]
    )
    np.testing.assert_allclose(found, 3)
    assert "1 samples at the place of another were averaged with it" in caplog.text


def test_lazy_on_the_grid_and_says_what_it_is():
    grid = small_grid()
    found = call(samples(1, Cu="mg kg-1"), columns=["Cu", "Au"], grid=grid)
    assert list(found.data_vars) == ["cu", "au", "sample_distance"]
    assert all(lazy.is_lazy(layer) for layer in found.data_vars.values())
    assert found["cu"].attrs == {"long_name": "Cu", "units": "mg kg-1"}
    assert found["au"].attrs == {"long_name": "Au", "units": "1"}
    contract.check_cube(found, grid)
    assert contract.evidence(found) == ["cu", "au"]


def test_ids_are_ascii_and_no_two_the_same():
    columns = ["Cu", "Cu (ppm)", "铜", "cu", "1st", "MgO", "sample distance", "铜 Cu", "锌"]
    ids = layer_ids(columns)
    assert ids == [
        "cu",
        "cu_ppm",
        "column_3",
        "cu_4",
        "column_5",
        "mgo",
        "sample_distance_7",
        "cu_8",
        "column_9",
    ]
    assert all(contract.LAYER_ID.match(name) for name in ids)


def test_a_chinese_column_keeps_its_name_for_readers():
    found = call(frame(shapely.Point(corner(0, 0)), 铜含量=[3.0]), columns=["铜含量"])
    assert found["column_1"].attrs["long_name"] == "铜含量"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"radius": 0.0}, "radius must be positive and finite, got 0 m"),
        ({"power": -1.0}, r"power must be positive and finite, got -1 \[1\]"),
        ({"neighbours": 0}, "neighbours must be at least 1, got 0"),
        ({"columns": []}, "columns names none"),
        ({"columns": ["Cu", "Cu"]}, "columns names Cu more than once"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        call(samples(), **wrong)


def test_a_table_that_makes_no_map_is_refused():
    here = shapely.Point(corner(0, 0))
    with pytest.raises(DataError, match="no column 'Copper'; did you mean 'copper'"):
        call(frame(here, copper=[1.0]), columns=["Copper"])
    with pytest.raises(DataError, match="column 'Cu' holds text, not numbers; see to its missing"):
        call(frame(here, Cu=["<0.5"]))
    with pytest.raises(DataError, match="column 'Cu' has no value at all"):
        call(frame(here, Cu=[np.nan]))
    with pytest.raises(DataError, match=r"made from points, and .* holds Polygon"):
        call(frame(here.buffer(3), Cu=[1.0]))
    with pytest.raises(ContractError, match=r"EPSG:4326.*grid\.project"):
        call(frame(shapely.Point(100, 30), crs="EPSG:4326", Cu=[1.0]))


def test_a_column_with_its_companion_serves_as_one_layer():
    """Whoever takes one layer takes the column, and leaves how far its samples are."""
    found = call(samples(1), radius=5000)
    assert list(found) == ["cu", "sample_distance"]
    one = focal_mean(found, radius=300)
    np.testing.assert_array_equal(values(one), values(focal_mean(found["cu"], radius=300)))
    assert one.attrs["long_name"] == "mean of Cu within 300 m"
