"""Targets counted one by one, and Zipf's ranks."""

import numpy as np
import pandas as pd
import pytest

from geoprospect.errors import DataError
from geoprospect.resources.counting import missing_ranks, rank_size, target_count

GOLD = [8.78, 70.58, 168.62, 174.80, 8.97, 13.26, 0.71, 38.53, 5.28, 332.02, 35.08, 67.11, 56.80]
"""Published sizes [t Au]."""


def test_three_targets_by_hand():
    made = target_count(pd.DataFrame({"chance": [0.5, 0.2, 0.1]}), column="chance")
    none, three = 0.5 * 0.8 * 0.9, 0.5 * 0.2 * 0.1
    assert made.p[[0, 3]] == pytest.approx([none, three])
    assert made.mean == pytest.approx(0.8)
    assert made.variance == pytest.approx(0.25 + 0.16 + 0.09)


@pytest.mark.parametrize(
    ("chances", "why"),
    [
        ([0.5, 0.0], r"both excluded.*rows 1 \(0\)"),
        ([1.0, 0.5], r"claim to know; rows 0 \(1\)"),
        ([0.5, 1.2, -0.1], r"rows 1 \(1.2\), 2 \(-0.1\)"),
        ([0.5, None], r"rows 1 \(nan\)"),
        ([], "there are no targets"),
    ],
)
def test_a_probability_of_0_or_1_or_none_is_refused(chances, why):
    with pytest.raises(DataError, match=why):
        target_count(pd.DataFrame({"chance": chances}), column="chance")


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(DataError, match="no column 'chanse'; did you mean 'chance'"):
        target_count(pd.DataFrame({"chance": [0.5]}), column="chanse")


# --- rank and size --------------------------------------------------------------------------


def test_zipf_leaves_the_ranks_that_nothing_fills():
    """332.02 / 4 = 83 ranks; twelve known reach 4 t, and fill twelve of them."""
    missing = missing_ranks(GOLD, 4.0)
    assert len(missing) == 83 - 12
    filled = sorted(set(range(1, 84)) - set(missing))
    # 332, 175 and 169 (both nearest to 166: the next down), 71 and 67 (both to 66.4), 57, 39, ...
    assert filled == [1, 2, 3, 5, 6, 7, 9, 10, 25, 37, 38, 63]
    assert missing[4] == pytest.approx(332.02 / 4)
    assert missing_ranks(GOLD, 4.0, exponent=1.01)[4] == pytest.approx(332.02 / 4**1.01)


def test_the_distribution_is_that_of_simulated_districts(caplog):
    """Districts of any number of Pareto sizes whose largest is 10 cut-offs or so."""
    made = rank_size(sizes=[10.0, 2.0, 1.5], cutoff=1.0)
    rng = np.random.default_rng(2)
    number = rng.integers(3, 400, 3_000_000)
    largest = 1 / (1 - rng.random(len(number)) ** (1 / number))  # the greatest of so many
    met = number[(largest > 9.5) & (largest < 10.5)] - 3
    assert len(met) > 3000
    assert made.mean == pytest.approx(met.mean(), abs=4 * met.std() / len(met) ** 0.5 + 0.3)
    assert made.at_least(0.5) == pytest.approx(np.median(met), abs=1.5)
    assert "largest deposit is already found" in caplog.text


def test_it_is_optional_and_says_what_it_takes_for_granted():
    made = rank_size(sizes=GOLD, cutoff=4.0)
    assert made.optional
    assert "Log-normal and exponential sizes mostly fit as well" in made.caveats[1]
    assert made.provenance["ranks"] == 83
    assert made.mode + 12 == pytest.approx(83, abs=1), "likeliest in all: Zipf's own ranks"


@pytest.mark.parametrize(
    ("given", "error", "why"),
    [
        ({"sizes": [1, 2], "cutoff": 0}, ValueError, "cutoff must be above 0"),
        ({"sizes": [1, 0], "cutoff": 0.5}, DataError, "0 often means missing"),
        ({"sizes": [5, 0.1], "cutoff": 1}, DataError, "1 known deposits reach the cut-off 1"),
    ],
)
def test_sizes_that_tell_nothing_are_refused(given, error, why):
    with pytest.raises(error, match=why):
        rank_size(**given)
