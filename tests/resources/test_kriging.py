"""Kriging in three dimensions: published cases, other libraries, a bordered system, invariances."""

from __future__ import annotations

import logging

import gstools
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pykrige.ok3d import OrdinaryKriging3D
from scipy.spatial.transform import Rotation

from geoprospect import lazy
from geoprospect.blocks import BlockGrid
from geoprospect.errors import ContractError, DataError
from geoprospect.kernels.anisotropy import Orientation, from_axes
from geoprospect.kernels.structures import Nested, Structure, discretised
from geoprospect.resources import kriging_system
from geoprospect.resources.kriging import kriged, kriging_weights
from geoprospect.resources.search import Search

CHAPTER_12 = pd.DataFrame(
    {
        "x": [61.0, 63, 64, 68, 71, 73, 75],
        "y": [139.0, 140, 129, 128, 140, 141, 128],
        "z": 0.0,
        "hole": range(7),
        "V": [477.0, 696, 227, 646, 606, 791, 783],
    }
)
EXPONENTIAL = Nested(0.0, (Structure("exponential", 10.0, 10.0, 10.0, 10.0),))
TILTED = Orientation(40, -25, 15)
ORE = Nested(
    0.3,
    (
        Structure("spherical", 0.6, 60.0, 40.0, 15.0, TILTED),
        Structure("exponential", 0.9, 150.0, 90.0, 40.0, Orientation(70, -10, 0)),
    ),
)
ROUND = Nested(0.2, (Structure("spherical", 0.8, 50.0, 50.0, 50.0),))
WIDE = Search(radii=(1e4, 1e4, 1e4), fewest=1, most=60)
SIZE = (20.0, 10.0, 5.0)


def drawn(seed: int, count: int = 20) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, y, z = rng.uniform(0, [[100], [100], [40]], (3, count))
    hole = rng.integers(0, 6, count)
    return pd.DataFrame({"x": x, "y": y, "z": z, "hole": hole, "Cu": rng.lognormal(size=count)})


def spots(seed: int, count: int = 5) -> np.ndarray:
    return np.random.default_rng(seed + 1).uniform(0, [100, 100, 40], (count, 3))


def places(samples: pd.DataFrame) -> np.ndarray:
    return samples[["x", "y", "z"]].to_numpy()


def call(samples, at, *, variogram=ORE, search=WIDE, **more):
    return kriged(samples, at, grade="Cu", variogram=variogram, search=search, **more)


# --- what was published, and what other libraries say -------------------------------------


def test_isaaks_and_srivastava_chapter_12():
    """Estimate, variance and weights of their worked example; slope by its definition."""
    at = np.array([[65.0, 137.0, 0.0]])
    found = kriged(CHAPTER_12, at, grade="V", variogram=EXPONENTIAL, search=WIDE).iloc[0]
    assert found["estimate"] == pytest.approx(592.7, abs=0.05)
    assert found["variance"] == pytest.approx(8.96, abs=0.005)
    assert found["lagrange"] == pytest.approx(-0.9066, abs=5e-5)
    assert found["slope"] == pytest.approx(0.6826883582997184, abs=1e-12)
    assert found["kriging_efficiency"] == pytest.approx(1 - found["variance"] / 10)
    assert found[["count", "holes", "search_pass"]].tolist() == [7, 7, 1]
    kept = kriging_weights(CHAPTER_12, at, grade="V", variogram=EXPONENTIAL, search=WIDE)
    of_sample = np.zeros(7)
    of_sample[kept.neighbours[0, :7]] = kept.weights[0, :7]
    published = [0.173, 0.318, 0.129, 0.086, 0.151, 0.057, 0.086]
    np.testing.assert_allclose(of_sample, published, atol=6e-4)


def test_gslibs_kt3d_on_its_clustered_samples(real_data):
    """
    Its default parameters: simple, mean 2.302, nugget .2 + spherical .8 of 10, 4 to 8 within 20.

    Published mean estimate and variance; where the eighth sample ties with the ninth its
    choice may differ from ours.
    """
    table = pd.read_csv(real_data / "walker_lake" / "cluster.csv")
    samples = table.set_axis(["x", "y", "Cu", "secondary", "weight"], axis=1)
    samples = samples.assign(z=0.0, hole=samples.index)
    middles = np.arange(50) + 0.5
    at = np.stack([*np.meshgrid(middles, middles), np.zeros((50, 50))], axis=-1).reshape(-1, 3)
    model = Nested(0.2, (Structure("spherical", 0.8, 10.0, 10.0, 10.0),))
    search = Search(radii=(20.0, 20.0, 20.0), fewest=4, most=8, passes=(1.0,))
    found = call(samples, at, variogram=model, search=search, kind="simple", mean=2.302)
    assert found["estimate"].mean() == pytest.approx(2.39387, abs=1e-3)
    assert found["variance"].mean() == pytest.approx(0.572948, abs=1e-4)


def test_pykrige_says_the_same():
    samples, at = drawn(3, 30), spots(3, 8)
    model = Nested(
        0.1, (Structure("spherical", 1.4, 60.0, 40.0, 15.0, Orientation(90 - 30, 0, 0)),)
    )
    theirs = OrdinaryKriging3D(
        *places(samples).T, samples["Cu"], variogram_model="spherical",
        variogram_parameters={"psill": 1.4, "range": 60.0, "nugget": 0.1},
        anisotropy_scaling_y=60 / 40, anisotropy_scaling_z=60 / 15, anisotropy_angle_z=30,
    )  # fmt: skip
    estimate, variance = theirs.execute("points", *at.T)
    ours = call(samples, at, variogram=model)
    np.testing.assert_allclose(ours["estimate"], estimate, rtol=1e-8)
    np.testing.assert_allclose(ours["variance"], variance, rtol=1e-7)


@pytest.mark.parametrize("kind", ["ordinary", "simple"])
def test_gstools_says_the_same_of_a_tilted_ellipsoid(kind):
    samples, at = drawn(4, 30), spots(4, 8)
    theirs = gstools.Exponential(
        dim=3, var=1.4, len_scale=[20, 12, 5], nugget=0.1, angles=[0.7, 0.4, -0.3]
    )
    lies = from_axes(theirs.main_axes())
    ours = Nested(0.1, (Structure("exponential", 1.4, 60.0, 36.0, 15.0, lies),))
    known = {} if kind == "ordinary" else {"mean": 1.5}
    krige = gstools.krige.Ordinary if kind == "ordinary" else gstools.krige.Simple
    conditioned = krige(theirs, places(samples).T, samples["Cu"], **known)
    estimate, variance = conditioned(at.T)
    found = call(samples, at, variogram=ours, kind=kind, **known)
    np.testing.assert_allclose(found["estimate"], estimate, rtol=1e-7)
    np.testing.assert_allclose(found["variance"], variance, rtol=1e-6)


# --- the system, written out --------------------------------------------------------------


def bordered(samples, place, through, model=ORE):
    """Weights, multiplier, covariances and block variance by the system with a border of ones."""
    at, n = places(samples), len(samples)
    system = np.ones((n + 1, n + 1))
    system[:n, :n], system[-1, -1] = model.covariance(at[:, None] - at), 0
    right = np.ones(n + 1)
    right[:n] = model.structured(at[:, None] - (place + through)).mean(axis=1)
    solved = np.linalg.solve(system, right)
    within = model.structured(through[:, None] - through).mean()
    block = model.sill if len(through) == 1 else within
    return solved[:n], solved[n], right[:n], system[:n, :n], block


@settings(max_examples=15)
@given(st.integers(0, 999), st.booleans())
def test_ordinary_kriging_is_that_of_the_bordered_system(seed, block):
    samples, at = drawn(seed), spots(seed)
    through = discretised(np.array(SIZE), (3, 2, 2)) if block else np.zeros((1, 3))
    more = {"block_size": SIZE, "discretisation": (3, 2, 2)} if block else {}
    found = call(samples, at, **more)
    for place, row in zip(at, found.itertuples(), strict=True):
        weights, mu, near, system, variance = bordered(samples, place, through)
        error = variance - weights @ near - mu
        assert row.estimate == pytest.approx(weights @ samples["Cu"])
        assert row.variance == pytest.approx(error)
        assert row.lagrange == pytest.approx(mu)
        assert row.kriging_efficiency == pytest.approx((variance - error) / variance)
        # slope of truth on estimate: Cov(Z, Z*) / Var(Z*)
        assert row.slope == pytest.approx(weights @ near / (weights @ system @ weights))
        assert row.negative_weights == pytest.approx(weights[weights < 0].sum(), abs=1e-9)
        away = np.linalg.norm(places(samples) - place, axis=1)
        assert row.mean_distance == pytest.approx(away.mean())
        assert (row.count, row.holes) == (20, samples["hole"].nunique())


def test_simple_kriging_solves_without_the_border():
    samples, at = drawn(5), spots(5)
    found = call(samples, at, kind="simple", mean=1.2)
    for place, row in zip(at, found.itertuples(), strict=True):
        _, _, near, system, sill = bordered(samples, place, np.zeros((1, 3)))
        weights = np.linalg.solve(system, near)
        assert row.estimate == pytest.approx(1.2 + weights @ (samples["Cu"] - 1.2))
        assert row.variance == pytest.approx(sill - weights @ near)
        assert (row.lagrange, row.slope) == (0, pytest.approx(1))


def test_a_block_is_the_mean_of_its_points():
    samples, at = drawn(6), spots(6, 3)
    through = discretised(np.array(SIZE), (5, 5, 3))
    whole = call(samples, at, block_size=SIZE)
    points = [call(samples, place + through)["estimate"].mean() for place in at]
    np.testing.assert_allclose(whole["estimate"], points)
    assert (whole["variance"] < call(samples, at)["variance"]).all()


def test_blocks_of_a_turned_grid_are_turned():
    samples = drawn(7)
    grid = BlockGrid((20.0, 60.0, 0.0), SIZE, (2, 2, 1), "EPSG:32633", azimuth=90)
    found = call(samples, grid)
    # turned by a right angle, x runs south and y east
    same = call(samples, grid.centres(), block_size=(10.0, 20.0, 5.0), discretisation=(5, 5, 3))
    np.testing.assert_allclose(found["estimate"], same["estimate"])
    level = BlockGrid((20.0, 60.0, 0.0), SIZE, (2, 2, 1), "EPSG:32633")
    straight = call(samples, level.centres(), block_size=SIZE)
    np.testing.assert_allclose(call(samples, level)["estimate"], straight["estimate"])


def test_a_sample_at_the_place_is_the_estimate_even_with_a_nugget():
    samples = drawn(8)
    found = call(samples, places(samples))
    np.testing.assert_allclose(found["estimate"], samples["Cu"])
    np.testing.assert_allclose(found["variance"], 0, atol=1e-12)


def test_out_of_range_there_is_nothing_but_the_mean():
    samples, far = drawn(9), np.array([[5000.0, 5000, 0]])
    model = Nested(0.0, (Structure("spherical", 2.0, 1.0, 1.0, 1.0),))
    ordinary = call(samples, far, variogram=model).iloc[0]
    assert ordinary["estimate"] == pytest.approx(samples["Cu"].mean())
    assert ordinary[["variance", "slope"]].tolist() == pytest.approx([2 * (1 + 1 / 20), 0])
    simple = call(samples, far, variogram=model, kind="simple", mean=9.0).iloc[0]
    assert simple[["estimate", "variance"]].tolist() == [9, 2]
    assert np.isnan(simple["slope"])


def test_of_nugget_alone_all_samples_weigh_alike():
    samples = drawn(10)
    found = call(samples, spots(10), variogram=Nested(2.0), search=Search(
        radii=(1e4, 1e4, 1e4), orientation=Orientation(), most=60
    ))  # fmt: skip
    np.testing.assert_allclose(found["estimate"], samples["Cu"].mean())


# --- weights ------------------------------------------------------------------------------


def test_weights_make_the_estimates_and_add_up_to_one():
    samples, at = drawn(11, 60), spots(11, 30)
    search = Search(radii=(25.0, 25.0, 15.0), fewest=2, most=8, passes=(1.0,))
    samples.loc[[3, 17], "Cu"] = np.nan
    found = call(samples, at, search=search)
    kept = kriging_weights(samples, at, grade="Cu", variogram=ORE, search=search)
    known = found["count"].to_numpy() >= 2
    assert kept.weights.shape == kept.neighbours.shape == (30, 8)
    assert not np.isin([3, 17], kept.neighbours).any()
    np.testing.assert_allclose(kept.weights[known].sum(axis=1), 1)
    grades = samples["Cu"].fillna(0).to_numpy()
    np.testing.assert_allclose((grades[kept.neighbours] * kept.weights).sum(axis=1),
                               found["estimate"])  # fmt: skip
    np.testing.assert_array_equal((kept.neighbours >= 0).sum(axis=1)[known], found["count"][known])
    assert np.isnan(kept.weights[~known]).all()
    assert (~known).any()


def test_samples_that_add_nothing_get_no_weight(caplog):
    model = Nested(0.0, (Structure("gaussian", 1.0, 1000.0, 1000.0, 1000.0),))
    samples = pd.DataFrame(
        {"x": [10.0, 10.001, -14], "y": 0.0, "z": 0.0, "hole": 1, "Cu": [1.0, 900, 3]}
    )
    with caplog.at_level(logging.WARNING):
        found = call(samples, np.zeros((1, 3)), variogram=model)
    assert "at 1 places some samples add nothing to nearer ones and get no weight" in caplog.text
    alone = call(samples.iloc[[0, 2]], np.zeros((1, 3)), variogram=model)
    assert found["estimate"].item() == pytest.approx(alone["estimate"].item())


# --- what must not matter -----------------------------------------------------------------

NEAR = Search(most=10, fewest=2, octant=3, hole=4)


@settings(max_examples=15)
@given(st.integers(0, 999), st.tuples(*[st.integers(-10_000, 10_000)] * 3))
def test_estimates_stay_wherever_the_district_lies(seed, moved):
    samples, at = drawn(seed, 40), spots(seed)
    there = samples.assign(
        **{name: samples[name] + by for name, by in zip("xyz", moved, strict=True)}
    )
    np.testing.assert_allclose(
        call(there, at + np.array(moved), search=NEAR), call(samples, at, search=NEAR), rtol=1e-6
    )


@settings(max_examples=15)
@given(st.integers(0, 999), st.integers(0, 999))
def test_estimates_stay_however_all_is_turned(seed, turn):
    samples, at = drawn(seed, 40), spots(seed)
    rotation = Rotation.random(rng=np.random.default_rng(turn)).as_matrix()
    turned = Nested(
        ORE.nugget,
        tuple(
            Structure(
                one.model, one.sill, *one.ranges, from_axes(one.orientation.axes @ rotation.T)
            )
            for one in ORE.structures
        ),
    )
    east, north, up = (places(samples) @ rotation.T).T
    there = samples.assign(x=east, y=north, z=up)
    search = Search(most=10, fewest=2, hole=4)
    np.testing.assert_allclose(
        call(there, at @ rotation.T, variogram=turned, search=search),
        call(samples, at, search=search),
        rtol=1e-6, atol=1e-9,
    )  # fmt: skip


@settings(max_examples=15)
@given(st.integers(0, 999), st.floats(0.01, 100))
def test_units_of_the_grade_scale_the_estimate(seed, factor):
    samples, at = drawn(seed, 40), spots(seed)
    scaled = Nested(
        ORE.nugget * factor**2,
        tuple(Structure(one.model, one.sill * factor**2, *one.ranges, one.orientation)
              for one in ORE.structures),
    )  # fmt: skip
    found = call(samples.assign(Cu=samples["Cu"] * factor), at, variogram=scaled, search=NEAR)
    expected = call(samples, at, search=NEAR)
    np.testing.assert_allclose(found["estimate"], expected["estimate"] * factor)
    np.testing.assert_allclose(found["variance"], expected["variance"] * factor**2)
    np.testing.assert_allclose(found["slope"], expected["slope"])


def test_neither_order_nor_chunks_nor_threads_change_a_bit(monkeypatch):
    samples, at = drawn(12, 60), spots(12, 50)
    whole = call(samples, at, search=NEAR)
    shuffled = samples.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(call(shuffled, at, search=NEAR), whole, check_exact=True)
    monkeypatch.setattr(kriging_system, "AT_ONCE", 7)
    heard: list[int] = []
    for threads in (1, 3):
        with lazy.threads(threads), lazy.told(lambda one: heard.append(one.done)):
            chunked = call(samples, at, search=NEAR)
            kept = kriging_weights(samples, at, grade="Cu", variogram=ORE, search=NEAR)
        pd.testing.assert_frame_equal(chunked, whole, check_exact=True)
        assert kept.weights.shape == (50, 10)
    assert heard == [7, 14, 21, 28, 35, 42, 49, 50] * 4


# --- what is said, and what is refused ----------------------------------------------------


def test_what_is_unknown_or_beyond_the_samples_is_said(caplog):
    samples = drawn(13)
    samples.loc[4, "Cu"] = np.nan
    with caplog.at_level(logging.INFO):
        found = call(samples, np.array([[9e4, 0, 0], [50, 50, 20]]))
    assert "1 of 20 samples have no Cu and are left out" in caplog.text
    assert "1 of 2 places have too few samples within 3 times the search" in caplog.text
    assert found["search_pass"].tolist() == [0, 1]
    assert found["estimate"].isna().tolist() == [True, False]
    line = pd.DataFrame({"x": [0.0, 10], "y": 0.0, "z": 0.0, "hole": 1, "Cu": [1.0, 2.0]})
    smooth = Nested(0.0, (Structure("gaussian", 1.0, 100.0, 100.0, 100.0),))
    with caplog.at_level(logging.INFO):
        found = call(line, np.array([[-5.0, 0, 0]]), variogram=smooth)
    assert found["estimate"].item() < 1
    assert found["negative_weights"].item() < 0
    assert "1 estimates lie below the least grade and 0 above the greatest" in caplog.text


def test_samples_at_one_place_are_refused_by_row():
    samples = drawn(14)
    twice = pd.concat([samples, samples.iloc[[2, 5]].assign(hole="X")], ignore_index=True)
    with pytest.raises(
        DataError, match=r"2 pairs of samples lie at one place, .* singular"
    ) as told:
        call(twice, spots(14))
    assert f"rows 2 and 20 (holes {samples['hole'][2]} and X)" in str(told.value)
    many = pd.concat([samples] * 2)
    with pytest.raises(DataError, match="and 15 more"):
        call(many, spots(14))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (drawn(1).drop(columns="hole"), "the samples have no column 'hole'"),
        (drawn(1).rename(columns={"Cu": "CU"}), "no column 'Cu'; known: CU, hole, x"),
        (drawn(1).assign(Cu=np.nan), "no sample has a grade 'Cu'"),
        (drawn(1).assign(z=np.nan), "20 samples have a grade, but no place; the first is row 0"),
    ],
)
def test_samples_that_cannot_be_kriged_are_refused(samples, message):
    with pytest.raises(DataError, match=message):
        call(samples, spots(1))


@pytest.mark.parametrize(
    ("at", "more", "message"),
    [
        (spots(1), {"kind": "simple"}, "simple kriging needs mean"),
        (spots(1), {"mean": 2.0}, "ordinary kriging finds its means itself"),
        (spots(1)[:, :2], {}, r"places must be \(n, 3\), all known, got \(5, 2\)"),
        (np.full((1, 3), np.nan), {}, "got .1, 3. with 3 unknown"),
        (spots(1), {"block_size": (5, 0, 5)}, "size must be positive along x, y and z"),
        (spots(1), {"block_size": SIZE, "discretisation": (1, 1, 1)}, "and 2 in all, got"),
        (
            BlockGrid((0.0, 0.0, 0.0), SIZE, (1, 1, 1), "EPSG:32633"),
            {"block_size": SIZE},
            "a grid has blocks of its own size",
        ),
        (spots(1), {"variogram": Nested(1.0), "search": Search()}, "nugget alone has no range"),
    ],
)
def test_what_does_not_fit_is_refused(at, more, message):
    with pytest.raises(ContractError, match=message):
        call(drawn(1), at, **more)
