"""Order statistics and Kaplan-Meier, against published worked examples and another algorithm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.kernels.censoring import kaplan_meier, order_statistics, plotting_positions

# Arsenic in streams of Oahu: Helsel, D.R. (2005), Nondetects and Data Analysis, Wiley, with the
# estimates of the censored values as published there
OAHU = "3.2 2.8 <2 <2 <2 <2 <2 <2 <2 <2 1.7 1.5 <1 <1 <1 <1 0.9 <0.9 0.7 0.7 0.6 0.5 0.5 0.5"
OAHU_ESTIMATES = [
    0.35, 0.41, 0.46, 0.57, 0.58, 0.61, 0.68, 0.76, 0.81, 0.95, 0.98, 1.14, 1.42,
]  # fmt: skip
# Helsel, D.R., Cohn, T.A. (1988). Estimation of descriptive statistics for multiply censored water
# quality data. Water Resources Research 24, 1997-2004, appendix B
COHN = "<1 <1 <1 <1 <1 <1 <10 <10 <10 3 7 9 12 15 20 27 33 50"
COHN_ESTIMATES = [0.47, 0.85, 1.11, 1.27, 1.76, 2.34, 2.50, 3.03, 4.80]


def parsed(text):
    words = text.split()
    return (
        np.array([float(word.lstrip("<")) for word in words]),
        np.array([word.startswith("<") for word in words]),
    )


@pytest.mark.parametrize(
    ("text", "published"), [(OAHU, OAHU_ESTIMATES), (COHN, COHN_ESTIMATES)], ids=["oahu", "cohn"]
)
def test_estimates_are_those_published(text, published):
    values, below = parsed(text)
    found = order_statistics(values, below)
    np.testing.assert_allclose(np.sort(found[below]), published, atol=0.01)  # cut off there
    np.testing.assert_array_equal(found[~below], values[~below])


def test_the_probability_of_exceeding_each_limit_is_that_published():
    """Helsel and Cohn (1988): 0.5556 above 1 and 0.3333 above 10."""
    values, below = parsed(COHN)
    found = plotting_positions(values, below)
    assert found[values == 3][0] == pytest.approx(1 - 0.5556 + (0.5556 - 0.3333) / 4, abs=1e-4)
    assert found[values == 50][0] == pytest.approx(1 - 0.3333 / 7, abs=1e-4)


def test_without_censoring_nothing_is_estimated():
    values = np.array([3.0, 1.0, 2.0])
    none = np.zeros(3, bool)
    np.testing.assert_array_equal(order_statistics(values, none), values)
    np.testing.assert_allclose(plotting_positions(values, none), [0.75, 0.25, 0.5])
    steps = kaplan_meier(values, none)
    assert (steps.mean, steps.quantile(0.5)) == (pytest.approx(2.0), 2.0)
    assert steps.deviation == pytest.approx(values.std())


def test_estimates_of_a_censored_lognormal_sample_come_near_its_mean():
    random = np.random.default_rng(2)
    truth = random.lognormal(0.0, 1.0, 4000)
    limit = random.choice([0.3, 1.0], 4000)
    below = truth < limit
    found = order_statistics(np.where(below, limit, truth), below)
    assert found.mean() == pytest.approx(truth.mean(), rel=0.01)
    assert np.median(found) == pytest.approx(1.0, rel=0.06)


def redistributed(values, below):
    """Efron's algorithm turned to the left: the mass of a censored value goes to those below it."""
    mass = np.full(len(values), 1 / len(values))
    order = np.lexsort((below, -values))  # from the right; a measured value before its equal limit
    for place, i in enumerate(order):
        later = order[place + 1 :]
        if below[i] and len(later):
            mass[later] += mass[i] / len(later)
            mass[i] = 0.0
    return mass


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=15))
def test_kaplan_meier_is_redistribution_to_the_left(pairs):
    values, below = np.array([v for v, _ in pairs], float), np.array([b for _, b in pairs])
    below[0] = False
    mass = redistributed(values, below)
    steps = kaplan_meier(values, below)
    assert steps.mass.sum() == pytest.approx(1)
    assert steps.mean == pytest.approx(values @ mass)
    for share in (0.25, 0.5, 0.9):
        ordered = np.argsort(values)
        reached = values[ordered][np.cumsum(mass[ordered]) >= share - 1e-9]
        assert steps.quantile(share) == reached[0]


def test_kaplan_meier_of_the_arsenic_data():
    """Median 0.70 and mean 0.949 ug/l, as Helsel (2005) has them."""
    steps = kaplan_meier(*parsed(OAHU))
    assert steps.quantile(0.5) == 0.7
    assert steps.mean == pytest.approx(0.949, abs=5e-4)
