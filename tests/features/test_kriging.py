import logging

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.interpolation import interpolated
from geoprospect.features.kriging import ordinary_kriging, simple_kriging
from tests.features import made
from tests.features.made import corner, frame, small_grid, values

WHOLE = {"nugget": 0.1, "sill": 1.3, "range": 1200.0}


def samples(seed: int = 0, count: int = 25, **units: str):
    rng = np.random.default_rng(seed)
    places = [shapely.Point(corner(*p)) for p in rng.uniform(-400, (3500, 2700), (count, 2))]
    found = frame(*places, Cu=rng.normal(5, 1, count), Au=rng.lognormal(size=count))
    found.loc[rng.random(count) < 0.2, "Au"] = np.nan
    found.attrs["units"] = units
    return found


def call(source, kriging=ordinary_kriging, **more):
    grid = more.pop("grid", small_grid())
    how = {"columns": ["Cu"], "model": "spherical", "radius": 9000.0, "seed": 1} | WHOLE
    return kriging(source, grid=grid, **how | more)


def by_pykrige(source, grid, model, angle=0.0, ratio=1.0, **more):
    """All samples for every cell; its gaussian has another practical range than ours."""
    from pykrige.ok import OrdinaryKriging

    xy = shapely.get_coordinates(source.geometry)
    reach = WHOLE["range"] * (7 / 4 / np.sqrt(3) if model == "gaussian" else 1)
    other = OrdinaryKriging(
        xy[:, 0] - made.WEST,
        xy[:, 1] - made.NORTH,
        source["Cu"].to_numpy(),
        variogram_model=model,
        variogram_parameters={"nugget": 0.1, "sill": 1.3, "range": reach},
        anisotropy_scaling=1 / ratio,
        anisotropy_angle=angle,
    )
    cells = shapely.get_coordinates(made.centres(grid).ravel()) - (made.WEST, made.NORTH)
    found = other.execute("points", cells[:, 0].copy(), cells[:, 1].copy(), **more)
    return [np.asarray(one).reshape(grid.shape) for one in found]


@pytest.mark.parametrize("model", ["spherical", "exponential", "gaussian"])
def test_it_is_that_of_pykrige(model):
    source, grid = samples(3), small_grid(12, 15)
    found = call(source, model=model, neighbours=25, grid=grid)
    estimate, variance = by_pykrige(source, grid, model)
    np.testing.assert_allclose(values(found["cu"]), estimate, rtol=1e-5)
    np.testing.assert_allclose(values(found["cu_kriging_sd"]) ** 2, variance, rtol=1e-4)


def test_a_direction_is_that_of_pykrige():
    source, grid = samples(4), small_grid(12, 15)
    found = call(source, neighbours=25, grid=grid, azimuth=60.0, ratio=0.4, radius=9e4)
    estimate, variance = by_pykrige(source, grid, "spherical", angle=30.0, ratio=0.4)
    np.testing.assert_allclose(values(found["cu"]), estimate, rtol=1e-5)
    np.testing.assert_allclose(values(found["cu_kriging_sd"]) ** 2, variance, rtol=1e-4)


def test_the_nearest_samples_are_those_of_pykrige():
    source, grid = samples(5), small_grid(12, 15)
    found = call(source, neighbours=6, grid=grid)
    estimate, variance = by_pykrige(source, grid, "spherical", n_closest_points=6, backend="loop")
    np.testing.assert_allclose(values(found["cu"]), estimate, rtol=1e-5)
    np.testing.assert_allclose(values(found["cu_kriging_sd"]) ** 2, variance, rtol=1e-4)


def test_northing_increases_upward():
    source = frame(
        shapely.Point(made.WEST + 50, made.NORTH - 50),
        shapely.Point(made.WEST + 50, made.NORTH - 950),
        Cu=[9.0, 1.0],
    )
    found = values(call(source, grid=small_grid(10, 1))["cu"])[:, 0]
    assert found[0] == 9
    assert found[-1] == 1
    assert (np.diff(found) < 0).all()


def test_azimuth_runs_from_north_to_east():
    """One rich sample amid the mean: its halo is long toward the north-east."""
    source = frame(shapely.Point(corner(1050, 1050)), Cu=[10.0])
    how = {"grid": small_grid(21, 21), "nugget": 0.0, "mean": 0.0, "azimuth": 45.0, "ratio": 0.2}
    found = values(call(source, simple_kriging, **how)["cu"])
    assert found[10, 10] == 10
    away = np.hypot(600, 600) / 1200
    assert found[4, 16] == pytest.approx(10 * (1 - 1.5 * away + 0.5 * away**3))  # up, to the right
    assert found[16, 4] == found[4, 16]
    assert found[4, 4] == 0
    assert found[16, 16] == 0


@given(st.integers(0, 100), st.sampled_from([3, 7, 16, 40]), st.sampled_from([None, (30.0, 0.5)]))
@settings(max_examples=12, deadline=None)
def test_chunking_changes_nothing(seed, side, direction):
    more = dict(zip(("azimuth", "ratio"), direction, strict=True)) if direction else {}
    how = {"columns": ["Cu", "Au"], "nugget": None, "sill": None, "neighbours": 5} | more
    source = samples(seed)
    whole = call(source, radius=800.0, **how).compute()
    with made.chunks_of(side):
        assert whole.identical(call(source, radius=800.0, **how).compute())


def test_the_order_of_samples_changes_nothing():
    source = samples(6)
    mixed = source.sample(frac=1, random_state=5)
    how = {"nugget": None, "sill": None, "range": None, "neighbours": 8}
    assert call(source, **how).compute().identical(call(mixed, **how).compute())


def test_a_cell_at_a_sample_takes_its_value_and_beyond_the_radius_nothing_is_known():
    source = frame(shapely.Point(corner(350, 150)), shapely.Point(corner(950, 150)), Cu=[7.0, 3.0])
    found = call(source, radius=250.0, grid=small_grid(6, 12)).compute()
    assert found["cu"].values[1, 3] == 7
    assert found["cu_kriging_sd"].values[1, 3] == 0
    assert np.isnan(found["cu"].values[1, 6])
    assert np.isnan(found["cu_kriging_sd"].values[4:]).all()


def test_across_the_azimuth_the_radius_is_shorter():
    source = frame(shapely.Point(corner(550, 550)), Cu=[7.0])
    found = values(
        call(source, radius=400.0, azimuth=90.0, ratio=0.5, grid=small_grid(11, 11))["cu"]
    )
    assert np.isfinite(found[5]).sum() == 9
    assert np.isfinite(found[:, 5]).sum() == 5


def test_equal_samples_make_an_even_map():
    source = samples(7)
    source["Cu"] = 4.0
    found = call(source, nugget=None, sill=None, range=None).compute()
    np.testing.assert_array_equal(found["cu"].values, 4)
    np.testing.assert_array_equal(found["cu_kriging_sd"].values, 0)


def test_simple_kriging_goes_back_to_the_mean():
    found = call(samples(8), simple_kriging, mean=2.0, radius=9e4, grid=small_grid(1, 90)).compute()
    np.testing.assert_allclose(found["cu"].values[0, -20:], 2)
    np.testing.assert_allclose(found["cu_kriging_sd"].values[0, -20:], np.sqrt(1.3), rtol=1e-6)


def test_on_the_logarithmic_scale_estimates_come_back_in_their_units():
    source = samples(9)
    source["lg"] = np.log10(source["Au"])
    logarithmic = call(source, columns=["Au"], transform="log10").compute()
    plain = call(source, columns=["lg"]).compute()
    np.testing.assert_allclose(logarithmic["au"], 10 ** plain["lg"], rtol=1e-5)
    np.testing.assert_allclose(logarithmic["au_kriging_sd"], plain["lg_kriging_sd"], rtol=1e-5)
    about = call(source, simple_kriging, columns=["Au"], transform="log10", mean=100.0, range=1e-3)
    np.testing.assert_allclose(np.median(values(about["au"])), 100, rtol=1e-5)


def test_samples_at_one_place_are_averaged_and_said(caplog):
    here = shapely.Point(corner(50, 50))
    found = values(call(frame(here, here, Cu=[1.0, 5.0]), grid=small_grid(1, 1))["cu"])
    assert found == 3
    assert "1 samples at the place of another were averaged with it" in caplog.text


def field(seed: int, reach: float, count: int = 700):
    """Samples of a random field with a spherical variogram of sill 4, nugget 1."""
    rng = np.random.default_rng(seed)
    down, right = rng.uniform(0, 6000, (2, count))
    away = np.hypot(np.subtract.outer(down, down), np.subtract.outer(right, right)) / reach
    covariance = np.where(away < 1, 3 * (1 - 1.5 * away + 0.5 * away**3), 0) + np.eye(count)
    drawn = np.linalg.cholesky(covariance) @ rng.normal(size=count)
    places = [shapely.Point(corner(*one)) for one in zip(right, down, strict=True)]
    return frame(*places, Cu=10 + drawn)


@pytest.mark.parametrize("estimator", ["matheron", "cressie_hawkins"])
def test_a_fitted_variogram_is_that_of_the_field(estimator, caplog):
    fitted = {"nugget": None, "sill": None, "range": None, "estimator": estimator}
    with caplog.at_level(logging.INFO, "geoprospect"):
        found = call(field(1, 1500.0), **fitted)
    told = found["cu"].attrs
    assert told["variogram_range"] == pytest.approx(1500, rel=0.35)
    assert told["variogram_sill"] == pytest.approx(4, rel=0.35)
    assert told["variogram_nugget"] == pytest.approx(1, abs=0.6)
    assert told["validation_samples"] == 700
    assert told["validation_standardised"] == pytest.approx(1, abs=0.2)
    assert abs(told["validation_mean_error"]) < 0.1
    assert told["validation_rmse"] < 1.6  # 1.4 is what the nugget and the spacing leave
    assert "variogram of 'Cu', from" in caplog.text
    assert "each of 700 samples foretold by the others" in caplog.text


def test_cross_validation_leaves_each_sample_out():
    source = samples(10, 12)
    told = call(source, neighbours=12)["cu"].attrs
    errors, parts = [], []
    for k in range(12):
        there = source.geometry[k]
        affine = Affine(100, 0, there.x - 50, 0, -100, there.y + 50)
        grid = GeoBox((1, 1), affine, made.CRS)
        one = call(source.drop(index=k), grid=grid, neighbours=12).compute()
        errors.append(float(one["cu"].item()) - source["Cu"][k])
        parts.append(errors[-1] / float(one["cu_kriging_sd"].item()))
    assert told["validation_mean_error"] == pytest.approx(np.mean(errors), abs=1e-5)
    assert told["validation_rmse"] == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-5)
    assert told["validation_standardised"] == pytest.approx(np.mean(np.square(parts)), rel=1e-4)


def test_a_variogram_without_structure_or_without_end_is_said(caplog):
    rng = np.random.default_rng(2)
    source = samples(11, 300)
    fitted = {"nugget": None, "sill": None, "range": None}
    source["Cu"] = source.geometry.x * 0.01 + rng.normal(0, 0.1, 300)
    call(source, **fitted)
    assert "it still rises at" in caplog.text
    assert "remove a trend, state range and sill, or raise max_lag" in caplog.text


def test_samples_that_no_other_is_near_are_said(caplog):
    call(samples(12), radius=1.0)
    assert "no sample has another within 1 m; raise the radius" in caplog.text


def test_lazy_on_the_grid_and_says_what_it_is():
    grid = small_grid()
    found = call(samples(1, Cu="mg kg-1"), columns=["Cu", "Au"], nugget=None, sill=None, grid=grid)
    assert list(found.data_vars) == ["cu", "cu_kriging_sd", "au", "au_kriging_sd"]
    assert all(lazy.is_lazy(layer) for layer in found.data_vars.values())
    assert found["cu"].attrs["units"] == found["cu_kriging_sd"].attrs["units"] == "mg kg-1"
    assert found["cu_kriging_sd"].attrs["long_name"] == "kriging standard deviation of Cu"
    assert found["cu"].attrs["variogram_model"] == "spherical"
    contract.check_cube(found, grid)
    assert contract.evidence(found) == ["cu", "au"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"radius": 0.0}, "radius must be positive and finite, got 0 m"),
        ({"neighbours": 0}, "neighbours must be at least 1, got 0"),
        ({"nugget": -1.0}, "nugget must be zero or more and finite, got -1"),
        ({"nugget": 2.0}, "sill is the whole of it, nugget included: 1.3 is below 2"),
        ({"range": 0.0}, "range must be positive and finite, got 0 m"),
        ({"max_lag": -5.0}, "max_lag must be positive and finite, got -5 m"),
        ({"azimuth": 30.0}, "azimuth and ratio go together; state both or neither"),
        ({"azimuth": 30.0, "ratio": 2.0}, "ratio must be above 0 and at most 1, got 2: azimuth"),
        ({"azimuth": np.nan, "ratio": 0.5}, "azimuth must be finite, got nan degree"),
        (
            {"azimuth": 30.0, "ratio": 0.5, "anisotropic": True},
            "anisotropic asks to fit azimuth and ratio, which are stated",
        ),
        ({"columns": ["Cu", "Au"]}, "nugget and sill are of one column, and columns names Cu, Au"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        call(samples(), **wrong)


def test_a_mean_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="mean must be finite, got nan"):
        call(samples(), simple_kriging, mean=np.nan)
    with pytest.raises(ValueError, match="mean, on a logarithmic scale, must be positive"):
        call(samples(), simple_kriging, mean=0.0, transform="log10")


def test_a_table_that_makes_no_map_is_refused():
    here = shapely.Point(corner(0, 0))
    with pytest.raises(DataError, match="no column 'Copper'; did you mean 'copper'"):
        call(frame(here, copper=[1.0]), columns=["Copper"])
    with pytest.raises(DataError, match=r"'Cu' has 1 samples .*; state nugget, sill and range"):
        call(frame(here, Cu=[1.0]), range=None)
    with pytest.raises(DataError, match=r"no two samples within 0\.001 m of each other"):
        call(samples(), range=None, max_lag=1e-3)
    with pytest.raises(DataError, match=r"made from points, and .* holds Polygon"):
        call(frame(here.buffer(3), Cu=[1.0]))
    with pytest.raises(ContractError, match=r"EPSG:4326.*grid\.project"):
        call(frame(shapely.Point(100, 30), crs="EPSG:4326", Cu=[1.0]))


@pytest.mark.real_data
def test_walker_lake_has_its_published_direction_and_kriging_comes_nearer_than_distance(real_data):
    """Isaaks and Srivastava find the longest range of V toward N 14 W, some 3 times that across."""
    folder = real_data / "walker_lake"
    lines = (folder / "walker.dat").read_text(encoding="ascii").splitlines()
    table = np.array([line.split()[:4] for line in lines[8:] if line.strip()], float)
    every = np.genfromtxt(folder / "Exhaustive_set.csv", delimiter=",", skip_header=1)
    truth = np.full((300, 260), np.nan)
    truth[300 - every[:, 1].astype(int), every[:, 0].astype(int) - 1] = every[:, 3]
    places = shapely.points(table[:, 1] * 10 + made.WEST - 5, table[:, 2] * 10 + made.NORTH - 3005)
    source = frame(*places, V=table[:, 3])
    where = {"grid": small_grid(300, 260, 10.0), "columns": ["V"], "radius": 1000.0}
    fitted = dict.fromkeys(WHOLE) | {"max_lag": 1000.0}
    told = call(source, anisotropic=True, **where, **fitted)["v"].attrs
    assert told["variogram_azimuth"] == pytest.approx(166, abs=6)
    assert told["variogram_ratio"] == pytest.approx(1 / 3, abs=0.1)
    by_distance = interpolated(source, method="inverse_distance", neighbours=16, **where)
    ours, theirs = (
        values(one["v"]) - truth for one in (call(source, **where, **fitted), by_distance)
    )
    assert np.sqrt(np.mean(ours**2)) < 0.95 * np.sqrt(np.mean(theirs**2))
    assert abs(ours.mean()) < 10 < theirs.mean()  # clusters in rich ground count once
