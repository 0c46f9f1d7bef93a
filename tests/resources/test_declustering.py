"""Declustering and top cuts: hand-counted cells, published sets, and what must not matter."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from geoprospect.errors import DataError
from geoprospect.resources.declustering import cell_sizes, cell_weights, chosen_cell, moments
from geoprospect.resources.top_cuts import capped, top_cuts


@pytest.fixture
def cluster(real_data):
    found = pd.read_csv(real_data / "walker_lake" / "cluster.csv")
    return found.set_axis(["x", "y", "primary", "secondary", "published"], axis=1)


def test_samples_of_one_cell_share_its_weight():
    places = np.array([[0.0, 0], [1, 1], [2, 2], [15, 1]])
    weights = cell_weights(places, cell=10, origins=1)
    np.testing.assert_allclose(weights, [2 / 3, 2 / 3, 2 / 3, 2])


def test_further_origins_lie_parts_of_a_cell_away():
    # from 0: cells {0, 4, 6} and {11}; half a cell on: {0, 4} and {6, 11}
    places = np.array([[0.0], [4], [6], [11]])
    first = np.array([1 / 3, 1 / 3, 1 / 3, 1]) / 2
    second = np.array([1, 1, 1, 1]) / 2 / 2
    expected = (first + second) * 4 / (first + second).sum()
    np.testing.assert_allclose(cell_weights(places, cell=10, origins=2), expected)


def test_sides_may_differ_by_direction():
    places = np.array([[0.0, 0, 0], [0, 0, 8], [0, 0, 30]])
    assert cell_weights(places, cell=(100, 100, 10), origins=1).tolist() == [0.75, 0.75, 1.5]
    assert cell_weights(places, cell=(100, 100, 5), origins=1).tolist() == [1, 1, 1]


places_drawn = arrays.arrays(
    float, st.tuples(st.integers(1, 20), st.just(2)), elements=st.integers(0, 99)
)


@settings(max_examples=30)
@given(places_drawn, st.integers(1, 40), st.tuples(st.integers(-999, 999), st.integers(-999, 999)))
def test_weights_sum_to_the_samples_wherever_the_district_lies(places, cell, moved):
    weights = cell_weights(places, cell=cell)
    assert weights.sum() == pytest.approx(len(places))
    assert (weights > 0).all()
    np.testing.assert_allclose(cell_weights(places + np.array(moved), cell=cell), weights)


def test_one_cell_or_a_cell_for_each_weighs_all_alike():
    places = np.random.default_rng(2).permutation(400).reshape(-1, 2).astype(float)
    for cell in (1e-3, 1e9):
        np.testing.assert_allclose(cell_weights(places, cell=cell, origins=1), 1)


def test_the_clustered_gslib_set_comes_near_the_truth(cluster):
    places = cluster[["x", "y"]].to_numpy()
    grades = cluster["primary"].to_numpy()
    published, spread = moments(grades, cluster["published"].to_numpy())
    assert [published, spread] == pytest.approx([2.5281, 4.700], abs=5e-4)
    assert grades.mean() == pytest.approx(4.3504, abs=5e-5)
    weights = cell_weights(places, cell=5, origins=5)
    assert moments(grades, weights)[0] == pytest.approx(2.5239, abs=5e-5)  # truth 2.5802
    assert np.corrcoef(weights, cluster["published"])[0, 1] > 0.9
    sizes = cell_sizes(places, grades, cells=[1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25])
    assert 2.4 < sizes["mean"].min() < 2.6
    assert 3 <= chosen_cell(sizes, clustered="high") <= 10


def test_walker_lakes_clusters_are_weighed_down(real_data):
    folder = real_data / "walker_lake"
    truth = pd.read_csv(folder / "Exhaustive_set.csv")["V"]
    assert len(truth) == 78_000
    assert [truth.mean(), truth.std(ddof=0)] == pytest.approx([277.98, 249.85], abs=0.03)
    samples = pd.read_csv(folder / "walker.dat", sep=r"\s+", skiprows=8, header=None)
    grades = samples[3].to_numpy(float)
    assert len(grades) == 470
    assert [grades.mean(), grades.std(ddof=1)] == pytest.approx([435.30, 299.88], abs=5e-3)
    sizes = cell_sizes(
        samples[[1, 2]].to_numpy(float), grades, cells=[2, 5, 10, 15, 20, 25, 30, 60]
    )
    assert abs(sizes["mean"].min() - truth.mean()) < 0.3 * (grades.mean() - truth.mean())


def test_an_end_of_the_sizes_is_no_answer(caplog):
    sizes = pd.DataFrame({"cell": [10.0, 20, 30], "mean": [3.0, 2, 1]})
    with caplog.at_level(logging.WARNING):
        assert chosen_cell(sizes, clustered="high") == 30
    assert "the mean is least at 30 m, which is an end of the sizes" in caplog.text
    assert chosen_cell(sizes.assign(mean=[1, 3, 2]), clustered="low") == 20


def test_samples_without_a_grade_are_left_out_and_said(caplog):
    places = np.array([[0.0, 0], [1, 1], [50, 50]])
    with caplog.at_level(logging.INFO):
        sizes = cell_sizes(places, np.array([2.0, np.nan, 4]), cells=[10])
    assert sizes["mean"].tolist() == [3]
    assert "1 of 3 samples have no value and are left out" in caplog.text


@pytest.mark.parametrize(
    ("places", "settings_", "error", "message"),
    [
        (np.zeros((0, 2)), {"cell": 5}, DataError, "no samples to weigh"),
        (np.array([[0.0, np.nan]]), {"cell": 5}, DataError, "1 of 1 samples have no place"),
        (np.zeros((2, 2)), {"cell": 0}, ValueError, "must be positive, got 0 m"),
        (np.zeros((2, 2)), {"cell": (1, 2, 3)}, ValueError, "3 sides of a cell do not fit 2"),
        (np.zeros((2, 2)), {"cell": 5, "origins": 0}, ValueError, "origins must be 1 or more"),
    ],
)
def test_what_cannot_be_weighed_is_refused(places, settings_, error, message):
    with pytest.raises(error, match=message):
        cell_weights(places, **settings_)


def test_a_cut_takes_the_metal_above_it():
    found = top_cuts(np.array([1.0, 1, 1, 1, 1, 1, 1, 1, 2, 90, np.nan]), quantiles=[0.8, 0.9, 1])
    assert found["cut"].tolist() == [1, 2, 90]
    assert found["samples"].tolist() == [2, 1, 0]
    assert found["mean"].tolist() == [1, 1.2, 10]
    assert found["removed"].tolist() == pytest.approx([90, 88, 0])
    assert found["cv"].tolist() == pytest.approx([0, 1 / 3, np.sqrt(711.2) / 10])


def test_long_samples_weigh_as_many_short_ones():
    values, lengths = np.array([1.0, 4, 9]), np.array([5, 3, 2])
    pd.testing.assert_frame_equal(
        top_cuts(values, weights=lengths).drop(columns="samples"),
        top_cuts(np.repeat(values, lengths)).drop(columns="samples"),
    )


def test_cutting_is_said_and_leaves_the_unknown_unknown(caplog):
    with caplog.at_level(logging.WARNING):
        found = capped(np.array([1.0, np.nan, 9]), cut=4)
    np.testing.assert_array_equal(found, [1, np.nan, 4])
    assert "1 of 2 grades lie above 4 and are set to it, which takes 50.00 %" in caplog.text


@pytest.mark.parametrize(
    ("values", "weights", "message"),
    [
        ([np.nan], None, "no grade is known"),
        ([1, -9.0], None, "1 grades are negative; name their code in missing"),
        ([0.0, 0], None, "all grades are zero"),
        ([1.0, 2], [1, 0], "weights must be positive"),
    ],
)
def test_grades_that_cannot_be_cut_are_refused(values, weights, message):
    with pytest.raises(DataError, match=message):
        top_cuts(np.array(values), weights=None if weights is None else np.array(weights))


def test_cuts_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"above 0 and not above 1, got 1\.5"):
        top_cuts(np.ones(3), quantiles=[1.5])
    with pytest.raises(ValueError, match="a cut must be positive, got 0"):
        capped(np.ones(3), cut=0)
