"""Realisations: kriging's mean and variance, histogram, variogram, samples; Walker Lake's truth."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from geoprospect.blocks import BlockGrid
from geoprospect.errors import ContractError
from geoprospect.kernels.anisotropy import Orientation
from geoprospect.kernels.structures import Nested, Structure
from geoprospect.resources import simulation as module
from geoprospect.resources.coverage import coverage, hole_coverage
from geoprospect.resources.declustering import cell_weights
from geoprospect.resources.grade_tonnage_curve import simulated_curve
from geoprospect.resources.kriging import kriged
from geoprospect.resources.normal_scores import normal_scores
from geoprospect.resources.search import Search
from geoprospect.resources.simulation import simulation
from geoprospect.resources.simulation_checks import simulation_checks

SMOOTH = Nested(0.0, (Structure("spherical", 1.0, 60, 40, 20, Orientation(30, 0, 0)),))
ROUGH = Nested(0.3, (Structure("exponential", 0.7, 60, 40, 20, Orientation(30, 0, 0)),))
ALL_ABOUT = Search(fewest=1)
GRID = BlockGrid((0.0, 0.0, 0.0), (20.0, 20.0, 10.0), (5, 4, 2), "EPSG:32633", azimuth=20)


@pytest.fixture(scope="module")
def samples():
    """Grades are their own scores but for the tails."""
    rng = np.random.default_rng(8)
    places = rng.uniform(0, 100, (80, 3)) * (1, 1, 0.3)
    scores = rng.permutation(stats.norm.ppf((np.arange(80) + 0.5) / 80))
    return pd.DataFrame({**dict(zip("xyz", places.T, strict=True)), "hole": np.arange(80) // 4,
                         "grade": scores})  # fmt: skip


def made(samples, variogram=SMOOTH, search=ALL_ABOUT, **settings):
    scores = normal_scores(samples["grade"], weights=np.ones(len(samples)), seed=0, limits=(-4, 4))
    return simulation(samples, scores=scores, variogram=variogram, search=search,
                      **{"seed": 1, **settings})  # fmt: skip


@pytest.mark.parametrize("variogram", [SMOOTH, ROUGH])
def test_realisations_scatter_about_kriging_as_far_as_its_variance_says(samples, variogram):
    places = np.random.default_rng(3).uniform(0, 100, (150, 3)) * (1, 1, 0.3)
    drawn = made(samples, variogram, realisations=1000).at(places)
    wanted = kriged(samples, places, grade="grade", variogram=variogram, search=ALL_ABOUT,
                    kind="simple", mean=0.0)  # fmt: skip
    error = np.sqrt(wanted["variance"] / 1000)
    off = (drawn.mean(axis=0) - wanted["estimate"]) / error
    assert off.abs().mean() == pytest.approx(np.sqrt(2 / np.pi), abs=0.35)
    assert drawn.var(axis=0).mean() == pytest.approx(wanted["variance"].mean(), rel=0.05)
    assert np.corrcoef(drawn.var(axis=0), wanted["variance"])[0, 1] > 0.85


@pytest.mark.parametrize("variogram", [SMOOTH, ROUGH])
def test_samples_keep_their_grades(samples, variogram):
    drawn = made(samples, variogram).at(samples[["x", "y", "z"]])
    np.testing.assert_allclose(drawn, np.tile(samples["grade"], (100, 1)), atol=1e-6)


def test_far_from_samples_histogram_and_variogram_are_those_of_the_ground(samples):
    far = Search(radii=(1e5, 1e5, 1e5), fewest=1)
    steps = np.array([[0, 0, 0], [20, 0, 0], [0, 20, 0], [0, 0, 10], [300, 0, 0]])
    places = steps + np.array([5000.0, 0, 0])
    drawn = made(samples, ROUGH, far, realisations=3000).at(places)
    assert np.quantile(drawn, [0.1, 0.5, 0.9]) == pytest.approx(
        samples["grade"].quantile([0.1, 0.5, 0.9]).to_numpy(), abs=0.05
    )
    found = ((drawn[:, 1:] - drawn[:, :1]) ** 2).mean(axis=0) / 2
    # scores of a sample of 80 have a variance a little below 1, and waves are a thousand
    np.testing.assert_allclose(found, ROUGH.gamma(places[1:] - places[0]), atol=0.06)


def test_blocks_are_means_of_points_whatever_is_held_at_one_time(samples, monkeypatch):
    one = made(samples)
    blocks = one.blocks(GRID, points=(2, 2, 1))
    steps = np.array([(x, y, 0) for x in (-5, 5) for y in (-5, 5)], float)
    turned = GRID.from_axes(steps) - np.array(GRID.origin)
    points = one.at((GRID.centres()[:, None] + turned).reshape(-1, 3))
    np.testing.assert_allclose(blocks, points.reshape(100, 40, 4).mean(axis=2), atol=1e-5)
    rough = made(samples, ROUGH).blocks(GRID, points=(2, 2, 1))
    monkeypatch.setattr(module, "AT_ONCE", 60)
    monkeypatch.setattr(module, "TOGETHER", 25)
    again = made(samples, ROUGH)
    np.testing.assert_allclose(again.blocks(GRID, points=(2, 2, 1)), rough, atol=1e-5)
    settings = {"cut_offs": [-1, 0, 0.5], "density": 2.5, "unit": "%"}
    np.testing.assert_allclose(
        again.curve(GRID, points=(2, 2, 1), **settings).table,
        simulated_curve(rough, volume=4000, **settings).table, rtol=1e-3,
    )  # fmt: skip
    wanted = np.arange(40) % 3 == 0
    some = again.blocks(GRID, points=(2, 2, 1), wanted=wanted)
    np.testing.assert_allclose(some[:, wanted], rough[:, wanted], atol=1e-5)
    assert np.isnan(some[:, ~wanted]).all()
    some_curve = again.curve(GRID, points=(2, 2, 1), wanted=wanted, **settings)
    np.testing.assert_allclose(
        some_curve.table, simulated_curve(some, volume=4000, **settings).table, rtol=1e-3
    )


def test_a_seed_is_a_set_of_realisations(samples):
    one, same, other = (made(samples, ROUGH, seed=k).at(GRID.centres()) for k in (4, 4, 5))
    np.testing.assert_array_equal(one, same)
    assert not np.isclose(one, other).all()


def test_ground_beyond_the_search_stays_unknown_and_is_said_once(samples, caplog):
    near = Search(radii=(10, 10, 10), orientation=Orientation(), passes=(1.0,), fewest=1)
    with caplog.at_level(logging.INFO):
        drawn = made(samples, search=near).at([[50, 50, 9000], samples[["x", "y", "z"]].iloc[3]])
    assert [one.getMessage()[:36] for one in caplog.records] == [
        "1 of 2 places have too few samples a"
    ]
    assert np.isnan(drawn[:, 0]).all()
    assert not np.isnan(drawn[:, 1]).any()


def test_samples_without_a_grade_change_nothing(samples):
    more = pd.concat([samples, samples.assign(x=samples["x"] + 1, grade=np.nan)])
    places = GRID.centres()[:10]
    smooth = (made(some, realisations=1000).at(places) for some in (samples, more))
    means = [one.mean(axis=0) for one in smooth]
    np.testing.assert_allclose(*means, atol=0.15)


@pytest.fixture(scope="module")
def walker(real_data):
    folder = real_data / "walker_lake"
    truth = pd.read_csv(folder / "Exhaustive_set.csv").sort_values(["Y", "X"])["V"]
    table = pd.read_csv(folder / "walker.dat", sep=r"\s+", skiprows=8, header=None)
    samples = pd.DataFrame({"x": table[1], "y": table[2], "z": 0.0, "hole": table.index,
                            "V": table[3]})  # fmt: skip
    return samples.astype({"x": float, "y": float}), truth.to_numpy().reshape(300, 260)


def test_intervals_hold_walker_lakes_truth_as_often_as_they_say(walker):
    samples, truth = walker
    weights = cell_weights(samples[["x", "y"]].to_numpy(), cell=20)
    scores = normal_scores(samples["V"], weights=weights, seed=1, limits=(0, 1700))
    lies = Orientation(-10, 0, 0)  # the model is one of the samples' scores, not of the truth
    variogram = Nested(0.05, (Structure("exponential", 0.35, 20, 20, 20),
                              Structure("spherical", 0.6, 60, 42, 42, lies)))  # fmt: skip
    search = Search(radii=(100, 100, 100), orientation=Orientation(), fewest=1)
    one = simulation(samples, scores=scores, variogram=variogram, search=search, seed=3)
    grid = BlockGrid((0.5, 0.5, -0.5), (10.0, 10.0, 1.0), (26, 30, 1), "EPSG:32633")
    drawn = one.blocks(grid, points=(3, 3, 1))
    panels = truth.reshape(30, 10, 26, 10).mean(axis=(1, 3)).ravel()
    found = coverage(drawn, panels, shares=(0.5, 0.8, 0.9))
    # panels within a range are alike: 780 weigh as some 100, so two errors are 2 sqrt(p q / 100)
    for share, covered in zip(found["share"], found["covered"], strict=True):
        assert abs(covered - share) < 2 * np.sqrt(share * (1 - share) / 100), found
    low, high = np.quantile(drawn.mean(axis=1), [0.05, 0.95])
    assert low < panels.mean() < high
    curve = simulated_curve(drawn, cut_offs=[200, 400, 600], volume=100, density=1, unit="ppm")
    true = [panels[panels >= cut].sum() * 100e-6 for cut in (200, 400, 600)]
    assert (curve.table["metal_p90"] * 0.95 < true).all()
    assert (true < curve.table["metal_p10"]).all()
    assert drawn.std(axis=1).mean() == pytest.approx(panels.std(), rel=0.05), (
        "as rough as the truth"
    )


def test_coverage_by_hand():
    drawn = np.tile(np.arange(11.0)[:, None], (1, 4))  # the middle 80 % run from 1 to 9
    found = coverage(drawn, [1, 5, 9.5, np.nan], shares=[0.8])
    assert found.iloc[0].tolist() == pytest.approx([0.8, 2 / 3, 8])
    with pytest.raises(ValueError, match="shares lie between 0 and 1 and a truth must be known"):
        coverage(drawn, [np.nan] * 4)


def test_each_run_is_held_against_kriging(samples, caplog):
    places = np.random.default_rng(3).uniform(0, 100, (300, 3)) * (1, 1, 0.3)
    one = made(samples, ROUGH)
    with caplog.at_level(logging.WARNING):
        rows = simulation_checks(one, [*places, [9e5, 0, 0]])
    assert [row["what"] for row in rows] == ["mean of scores", "variance of scores"]
    assert all(row["holds"] for row in rows), rows
    assert "realisations and kriging" not in caplog.text
    unheld = replace(one, residuals=np.zeros_like(one.residuals))  # as if samples did not matter
    with caplog.at_level(logging.WARNING):
        rows = simulation_checks(unheld, places)
    assert not rows[1]["holds"]
    assert "differ by more than two standard errors" in caplog.text
    with pytest.raises(ValueError, match="no place lies within the search"):
        simulation_checks(one, [[9e5, 0, 0]])


def test_holes_left_out_are_held_as_often_as_intervals_say():
    rng = np.random.default_rng(3)
    places = np.column_stack([np.repeat(rng.uniform(0, 150, (50, 2)), 6, axis=0),
                              np.tile(-6.0 * np.arange(6), 50)])  # fmt: skip
    covariance = ROUGH.covariance(places[:, None] - places[None])
    grades = np.exp(np.linalg.cholesky(covariance) @ rng.standard_normal(300))
    some = pd.DataFrame({**dict(zip("xyz", places.T, strict=True)), "Cu": grades,
                         "hole": np.repeat(np.arange(50), 6)})  # fmt: skip
    settings = {"grade": "Cu", "search": ALL_ABOUT, "cell": 1.0, "seed": 1, "limits": (0, 50),
                "folds": np.repeat(np.arange(50) % 5, 6), "shares": [0.8]}  # fmt: skip
    found = hole_coverage(some, variogram=ROUGH, **settings).iloc[0]
    assert abs(found["covered"] - 0.8) < 2 * np.sqrt(0.8 * 0.2 / 100)  # holes' samples are alike
    sure = Nested(0.0, (Structure("gaussian", 1.0, 500, 500, 500),))  # likeness that is not there
    false = hole_coverage(some, variogram=sure, **settings).iloc[0]
    assert false["covered"] < 0.5, "false confidence shows"


def test_what_cannot_be_simulated_is_refused(samples):
    with pytest.raises(ValueError, match="realisations must be 100 or more, got 99"):
        made(samples, realisations=99)
    scores = normal_scores([1, 2, 3], weights=np.ones(3), seed=0)
    with pytest.raises(ContractError, match="3 scores do not fit 80 samples"):
        simulation(samples, scores=scores, variogram=SMOOTH, search=ALL_ABOUT, seed=1)
    with pytest.raises(ContractError, match="wanted tells of 3 blocks, the grid has 40"):
        made(samples).blocks(GRID, points=(1, 1, 1), wanted=[True] * 3)
    lost = Search(radii=(1, 1, 1), orientation=Orientation(), passes=(1.0,), fewest=20)
    with pytest.raises(ContractError, match="no block lies within the search"):
        made(samples, search=lost).curve(GRID, points=(1, 1, 1), cut_offs=[0], density=1, unit="%")
