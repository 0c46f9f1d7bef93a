"""Deposits from the map, against binomials, Bayes by simulation, and itself cut otherwise."""

import logging

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from geoprospect import lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.resources.endowment import endowment, side_by_side, undiscovered
from tests.resources.maps import GRID, layer, points

CELLS = GRID.shape[0] * GRID.shape[1]
NOBODY = points().set_crs("EPSG:32648")


def one_map(chance):
    return xr.Dataset({"only": layer(chance)})


def test_bayes_by_simulation():
    rng = np.random.default_rng(1)
    there = rng.random(1_000_000) < 0.3
    found = there & (rng.random(1_000_000) < 0.6)
    simulated = there[~found].mean()
    assert undiscovered(np.array([0.3]), np.array([0.6]))[0] == pytest.approx(simulated, abs=0.002)


def test_ends_of_exploration():
    chance = np.array([0.0, 0.2, 1.0, np.nan])
    np.testing.assert_array_equal(undiscovered(chance, np.zeros(4)), chance)
    np.testing.assert_array_equal(undiscovered(chance, np.ones(4)), [0, 0, 0, np.nan])


def test_like_cells_are_binomial():
    made = endowment(one_map(0.002), layer(0.0), NOBODY, label_frequency=1.0)
    wanted = stats.binom.pmf(made.n, CELLS, np.float64(np.float32(0.002)))
    np.testing.assert_allclose(made.p, wanted, atol=1e-9)
    assert made.mean == pytest.approx(0.002 * CELLS, rel=1e-6), "e = 0: the sum of pi"


def test_the_label_frequency_raises_the_chance_and_exploration_lowers_it():
    made = endowment(one_map(0.001), layer(0.4), NOBODY, label_frequency=0.25)
    pi = 0.004
    assert made.mean == pytest.approx(CELLS * pi * 0.6 / (1 - pi * 0.4), rel=1e-6)


def test_nothing_left_to_find_is_no_estimate():
    with pytest.raises(DataError, match="no cell in which a deposit could be undiscovered"):
        endowment(one_map(0.01), layer(1.0), NOBODY, label_frequency=1.0)


def test_two_maps_mix_and_their_variance_is_parted():
    maps = xr.Dataset({"a": layer(0.001), "b": layer(0.003)})
    made = endowment(maps, layer(0.0), NOBODY, label_frequency=1.0)
    q = np.array([0.001, 0.003])
    within, between = (CELLS * q * (1 - q)).mean(), np.var(CELLS * q)
    assert made.provenance["within"] == pytest.approx(within, rel=1e-5)
    assert made.provenance["between"] == pytest.approx(between, rel=1e-5)
    assert made.variance == pytest.approx(within + between, rel=1e-5), "E[var] + var[E]"
    halves = [stats.binom.pmf(made.n, CELLS, float(np.float32(one))) for one in q]
    np.testing.assert_allclose(made.p, np.mean(halves, axis=0), atol=1e-9)
    told = made.provenance["moments"]
    frozen = stats.nbinom(told["r"], told["p"])
    assert (frozen.mean(), frozen.var()) == pytest.approx((made.mean, made.variance), rel=1e-5)


def test_how_the_grid_is_cut_changes_no_bit():
    rng = np.random.default_rng(5)
    maps = xr.Dataset({f"m{k}": layer(rng.random(GRID.shape) ** 5 * 0.5) for k in range(3)})
    explored = layer(rng.random(GRID.shape))
    known = points((3, 4), (39, 59))
    made = []
    for side in (64, 16, 7):
        with lazy.cut(side):
            made.append(endowment(lazy.chunked(maps), lazy.chunked(explored), known,
                                  label_frequency=0.7))  # fmt: skip
    for other in made[1:]:
        assert other.p.tobytes() == made[0].p.tobytes()
        assert other.provenance == made[0].provenance


def test_cells_with_a_known_deposit_are_done():
    without = endowment(one_map(0.01), layer(0.0), NOBODY, label_frequency=1.0)
    known = points((0, 0), (10, 20), (10, 20))
    beyond = points((-5, 3))
    made = endowment(one_map(0.01), layer(0.0), known, label_frequency=1.0)
    assert without.mean - made.mean == pytest.approx(0.02, rel=1e-4)
    same = endowment(one_map(0.01), layer(0.0), beyond, label_frequency=1.0)
    assert same.mean == without.mean


def test_the_expected_number_by_label_frequency_is_told():
    rng = np.random.default_rng(6)
    values = (0.2 * rng.random(GRID.shape)).astype("float32")
    made = endowment(one_map(values), layer(0.3), NOBODY, label_frequency=0.5)
    for row in made.provenance["sensitivity"]:
        pi = np.minimum(values.astype(float) / row["label_frequency"], 1)
        wanted = (pi * 0.7 / (1 - pi * np.float32(0.3))).sum()
        assert row["mean"] == pytest.approx(wanted, rel=1e-6)
    means = [row["mean"] for row in made.provenance["sensitivity"]]
    assert means == sorted(means, reverse=True)


def test_unknown_and_capped_cells_are_told(caplog):
    values = np.full(GRID.shape, 0.01, "float32")
    values[:4] = np.nan
    values[-1] = 0.6
    with caplog.at_level(logging.WARNING):
        made = endowment(one_map(values), layer(0.0), NOBODY, label_frequency=0.5)
    assert made.provenance["unknown"] == pytest.approx(0.1)
    assert made.provenance["capped"] == pytest.approx(1 / 40)
    assert "10 % of the cells have no probability or no completeness" in caplog.text
    assert "in 2.5 % of the cells the probability of a known deposit exceeds" in caplog.text
    assert made.mean == pytest.approx(60 + 35 * 60 * 0.02, rel=1e-4)


def test_ground_without_both_lies_outside_and_is_no_news(caplog):
    values = np.full(GRID.shape, 0.01, "float32")
    values[:4] = np.nan
    made = endowment(one_map(values), layer(0 * values), NOBODY, label_frequency=0.5)
    assert made.provenance["unknown"] == 0
    assert not caplog.text
    assert made.mean == pytest.approx(36 * 60 * 0.02, rel=1e-4)


def test_maps_that_expect_another_number_of_known_deposits_are_told(caplog):
    known = points((0, 0), (1, 5), (9, 9), (9, 9))
    made = endowment(one_map(0.00125), layer(0.3), known, label_frequency=0.5)
    assert made.provenance["known"] == 3, "two lie in one cell"
    assert made.provenance["expected"] == pytest.approx(3, rel=1e-6)
    assert "known deposits" not in caplog.text
    endowment(one_map(0.002), layer(0.3), known, label_frequency=0.5)
    assert "the maps expect 4.8 known deposits and 3 cells hold one" in caplog.text
    caplog.clear()
    endowment(one_map(0.002), layer(0.3), known, label_frequency=1.0)
    assert "known deposits" not in caplog.text, "a prior of all deposits was stated"


@pytest.mark.parametrize("frequency", [0, -0.1, 1.1])
def test_a_label_frequency_that_is_no_share_is_refused(frequency):
    with pytest.raises(ValueError, match=r"must lie in \(0, 1\]"):
        endowment(one_map(0.01), layer(0.0), NOBODY, label_frequency=frequency)


@pytest.mark.parametrize(("chance", "explored"), [(1.2, 0.0), (-0.1, 0.0), (0.1, 1.5)])
def test_what_is_no_probability_is_refused(chance, explored):
    with pytest.raises(DataError, match=r"lie beyond \[0, 1\]; scores have to be calibrated"):
        endowment(one_map(chance), layer(explored), NOBODY, label_frequency=1.0)


def test_ground_that_is_all_unknown_is_refused():
    with pytest.raises(DataError, match="no cell has both"):
        endowment(one_map(np.nan), layer(0.0), NOBODY, label_frequency=1.0)


def test_deposits_in_another_crs_are_refused():
    with pytest.raises(ContractError, match="the known deposits"):
        endowment(one_map(0.1), layer(0.0), points((1, 1)).to_crs(4326), label_frequency=1.0)


def test_estimates_stand_side_by_side():
    made = endowment(one_map(0.001), layer(0.0), NOBODY, label_frequency=1.0)
    (row,) = side_by_side([made])
    assert row["estimator"] == "endowment"
    assert row["n90"] <= row["n50"] <= row["n10"]
    assert "One map: what it gets wrong is not in the spread." in made.caveats
