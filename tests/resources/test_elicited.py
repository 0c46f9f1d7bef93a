"""What experts say, against published tables."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from geoprospect.errors import DataError
from geoprospect.resources.elicited import REACHED, closed_form, mark3
from geoprospect.resources.experts import named, negative_binomial

PANEL = (
    *((0.5, 3, 10, 25), (1, 2, 5, 10), (1, 5, 7, 10), (1, 2, 10, 20), (1, 1, 2, 4)),
    *((3, 3, 10, 20), (1, 5, 10, 20), (1, 3, 5, 7), (1, 1, 2, 5), (0.01, 10, 20, 60)),
)
"""ExampleDepEst1 of MapMark4: weight, N90, N50, N10."""


def experts(rows):
    return {
        f"expert {k}": dict(zip(("weight", "n90", "n50", "n10"), row, strict=True))
        for k, row in enumerate(rows)
    }


# --- Mark3 ---------------------------------------------------------------------------------


def test_mark3_is_the_published_table():
    made = mark3(thresholds=[1, 2, 4])
    assert made.p.round(3).tolist() == [0.067, 0.233, 0.300, 0.200, 0.200]


@pytest.mark.parametrize(
    ("thresholds", "mean", "told_mean", "sd", "told_sd"),
    [([1, 2, 4], 2.2333, 2.233, 1.202, 1.214), ([3, 10, 20], 10.729, 10.699, 6.10, 6.06)],
)
def test_the_closed_forms_are_near_the_distribution(thresholds, mean, told_mean, sd, told_sd):
    made = mark3(thresholds=thresholds)
    assert made.mean == pytest.approx(mean, abs=6e-4)
    assert made.sd == pytest.approx(sd, abs=4e-3)
    told = made.provenance["closed_form"]
    assert told["mean"] == pytest.approx(told_mean, abs=1e-9)
    assert told["sd"] == pytest.approx(told_sd, abs=1e-9)


@given(st.lists(st.integers(0, 12), min_size=3, max_size=7))
def test_its_mean_is_that_of_trapezoids(gaps):
    """Even spread between thresholds: each segment's mean is its middle."""
    thresholds = np.cumsum(gaps).tolist()
    if thresholds[-1] == 0:
        return
    made = mark3(thresholds=thresholds)
    ends = [*REACHED[: len(thresholds)]]
    mean = ends[-1] * thresholds[-1]
    mean += sum((a - b) * (low + high) / 2 for a, b, low, high
                in zip(ends, ends[1:], thresholds, thresholds[1:], strict=False))  # fmt: skip
    first = thresholds[0]
    part = 0.1 / (2 * first + 1)
    mean += part * first + 2 * part * sum(range(first)) if first else 0
    assert made.mean == pytest.approx(mean)
    assert made.p.sum() == pytest.approx(1)


def test_equal_thresholds_share_one_point():
    made = mark3(thresholds=[2, 2, 2, 3])
    assert made.p[2] == pytest.approx(0.1 / 5 + 0.4 + 0.4 + 0.05 / 2)


def test_a_low_end_of_none_is_called_odd():
    made = mark3(thresholds=[0, 2, 4])
    assert made.chance_of(1) < 0.9
    assert "falls below 90 %" in made.caveats[0]
    assert mark3(thresholds=[1, 2, 4]).caveats == ()


@pytest.mark.parametrize("thresholds", [[3, 2, 4], [1, 2, 4, 3], [-1, 2, 4]])
def test_an_elicitation_that_is_not_monotone_is_refused(thresholds):
    with pytest.raises(DataError, match=r"not monotone: N90 <= N50 <= N10 must hold(.|\n)*panel: "):
        mark3(thresholds=thresholds)


@pytest.mark.parametrize("thresholds", [[1, 2], list(range(8))])
def test_too_few_or_too_many_thresholds_are_refused(thresholds):
    with pytest.raises(DataError, match=f"3 to 7 thresholds, got {len(thresholds)}"):
        mark3(thresholds=thresholds)


def test_a_panel_sure_of_one_number_is_refused():
    with pytest.raises(DataError, match="gives the single number 0"):
        mark3(thresholds=[0, 0, 0])


def test_missing_thresholds_of_the_closed_form_are_the_last():
    assert closed_form([1, 2, 4]) == closed_form([1, 2, 4, 4, 4])


# --- several experts -------------------------------------------------------------------------


def test_the_fit_is_the_published_one():
    made = negative_binomial(experts=experts(PANEL))
    assert made.mean == pytest.approx(10.66135, abs=2e-5)
    assert made.variance == pytest.approx(43.09226, abs=2e-4)
    assert made.sd == pytest.approx(6.56447, abs=1e-5)
    assert (made.mode, made.n[0], made.n[-1]) == (7, 0, 42)
    assert made.entropy == pytest.approx(3.19684, abs=5e-6)
    assert made.p[:2] == pytest.approx([0.00787, 0.02039], abs=6e-6)


def test_one_expert_alone_is_met():
    made = negative_binomial(experts=experts([(1, 3, 10, 20)]))
    assert made.provenance["cost"] == 0
    frozen = stats.nbinom(made.provenance["r"], made.provenance["p"])
    assert frozen.ppf([0.1, 0.5, 0.9]).tolist() == [3, 10, 20]


def test_experts_surer_than_chance_get_a_poisson_and_are_told(caplog):
    with caplog.at_level(logging.WARNING):
        made = negative_binomial(experts=experts([(1, 4, 5, 6), (2, 4, 5, 6)]))
    assert made.estimator == "poisson"
    assert "no more doubt than a Poisson" in caplog.text
    rate = made.provenance["rate"]
    costs = [abs(stats.poisson(one).ppf([0.1, 0.5, 0.9]) - [4, 5, 6]).sum()
             for one in np.linspace(3, 8, 501)]  # fmt: skip
    assert abs(stats.poisson(rate).ppf([0.1, 0.5, 0.9]) - [4, 5, 6]).sum() == min(costs)


def test_nearly_poisson_is_told(caplog):
    frozen = stats.poisson(1.115)
    answers = [(1, *frozen.ppf([0.1, 0.5, 0.9]))]
    with caplog.at_level(logging.WARNING):
        made = negative_binomial(experts=experts(answers))
    assert made.n[0] == 0
    if made.estimator == "negative_binomial" and made.provenance["p"] > 0.99:
        assert "no more than a Poisson" in caplog.text


def test_what_is_as_unlikely_as_the_cut_goes_at_the_low_end_too():
    made = named(mean=40)
    p = stats.poisson.pmf(np.arange(120), 40)
    last = int(stats.poisson.ppf(0.999, 40))
    assert made.n[-1] == last
    assert p[made.n[0]] >= p[last] > p[made.n[0] - 1]
    np.testing.assert_allclose(made.p, p[made.n[0] : last + 1] / p[made.n[0] : last + 1].sum())


def test_named_distributions_are_the_published_ones():
    poisson = named(mean=5, tail=1e-4)
    assert len(poisson.p) == 16
    assert poisson.p[[0, -1]] == pytest.approx([0.00674, 0.000157], rel=3e-3)
    binomial = named(mean=5, sd=4, tail=1.5e-4)
    assert len(binomial.p) == 32
    assert binomial.p[[0, -1]] == pytest.approx([7.11e-2, 4.63e-5], rel=1e-3)


def test_the_published_fit_that_is_nearly_poisson_is_cut_as_published():
    """ExampleDepEst4 of MapMark4 ended at p = 0.991: mean 1.1089, variance 1.1137, 0 to 6."""

    def cut(mean):
        return named(mean=mean, sd=(mean / 0.991) ** 0.5)

    made = cut(optimize.brentq(lambda mean: cut(mean).mean - 1.1089, 1.0, 1.2))
    assert made.variance == pytest.approx(1.1137, abs=5e-5)
    assert (made.mode, made.n[0], made.n[-1]) == (1, 0, 6)


@pytest.mark.parametrize(
    ("given", "why"),
    [({"mean": 0}, "mean must be above 0"), ({"mean": 5, "sd": 2}, "variance above its mean")],
)
def test_distributions_that_cannot_be_are_refused(given, why):
    with pytest.raises(ValueError, match=why):
        named(**given)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({}, "it is empty"),
        ({"Li": {"n90": 1, "n50": 2, "n10": 3}}, "Li: needs weight, n90, n50 and n10, got n10"),
        ({"Li": {"weight": 0, "n90": 1, "n50": 2, "n10": 3}}, "Li: weight must be above 0, got 0"),
        ({"Li": {"weight": 1, "n90": 3, "n50": 2, "n10": 3}}, "not monotone(.|\n)*Li: 3, 2, 3"),
    ],
)
def test_a_table_that_is_unusable_is_refused_by_name(table, why):
    with pytest.raises(DataError, match=why):
        negative_binomial(experts=table)
