"""Weights against tables counted by hand, odds ratios, a logistic regression and plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats.contingency import odds_ratio

from geoprospect.kernels import weights as kernel


def told(on, area, deposits, units):
    return kernel.weights([on], [area], deposits=deposits, units=units)


def test_a_table_counted_by_hand():
    # 10 deposits on 110 unit cells; the pattern has 30 cells and 6 of the deposits
    found = told(6, 30, 10, 110)
    assert found.plus[0] == pytest.approx(math.log((6 / 10) / (24 / 100)))
    assert found.minus[0] == pytest.approx(math.log((4 / 10) / (76 / 100)))
    assert found.plus_sd[0] == pytest.approx(math.sqrt(1 / 6 + 1 / 24))
    assert found.minus_sd[0] == pytest.approx(math.sqrt(1 / 4 + 1 / 76))
    assert found.contrast[0] == pytest.approx(math.log(6 * 76 / (4 * 24)))
    assert found.contrast_sd[0] == pytest.approx(math.sqrt(1 / 6 + 1 / 24 + 1 / 4 + 1 / 76))
    assert found.studentised[0] == pytest.approx(found.contrast[0] / found.contrast_sd[0])
    assert not found.guarded[0]


COUNTS = st.tuples(st.integers(1, 30), st.integers(1, 30), st.integers(1, 400), st.integers(1, 400))


@given(COUNTS)
def test_the_contrast_is_the_log_odds_ratio(counts):
    on, off, barren_on, barren_off = counts
    found = told(on, on + barren_on, on + off, sum(counts))
    ratio = odds_ratio([[on, off], [barren_on, barren_off]], kind="sample")
    assert found.contrast[0] == pytest.approx(math.log(ratio.statistic), abs=1e-9)
    low, high = ratio.confidence_interval(0.95)
    half = (math.log(high) - math.log(low)) / 2
    assert found.contrast_sd[0] == pytest.approx(half / 1.959963984540054, rel=1e-6)


@given(COUNTS)
def test_the_rest_of_the_ground_has_the_weights_the_other_way(counts):
    on, off, barren_on, barren_off = counts
    total = {"deposits": on + off, "units": sum(counts)}
    one = kernel.weights([on], [on + barren_on], **total)
    other = kernel.weights([off], [off + barren_off], **total)
    assert one.plus == pytest.approx(other.minus)
    assert one.minus_sd == pytest.approx(other.plus_sd)
    assert one.contrast == pytest.approx(-other.contrast)


def test_a_pattern_without_deposits_weighs_nothing():
    found = told(0, 30, 10, 110)
    assert all(getattr(found, name)[0] == 0 for name in ("plus", "minus", "contrast", "plus_sd"))
    assert found.guarded[0]


@pytest.mark.parametrize(
    ("on", "area", "plus", "minus"),
    [
        # all deposits on it: 0.99 fewer
        (10, 60, (9.01 / 10) / (50.99 / 100), (0.99 / 10) / (49.01 / 100)),
        # no barren ground outside: 0.99 units of it
        (6, 106, (6 / 10) / (99.01 / 100), (4 / 10) / (0.99 / 100)),
        # all of the ground: both
        (10, 110, (9.01 / 10) / (99.01 / 100), (0.99 / 10) / (0.99 / 100)),
        # no barren ground inside: one unit of it
        (6, 6, (6 / 10) / (1 / 100), (4 / 10) / (99 / 100)),
    ],
)
def test_counts_without_a_logarithm_are_moved(on, area, plus, minus):
    found = told(on, area, 10, 110)
    assert found.plus[0] == pytest.approx(math.log(plus))
    assert found.minus[0] == pytest.approx(math.log(minus))
    assert found.guarded[0]


@given(st.integers(0, 12), st.floats(0, 60), st.integers(1, 12))
def test_weights_are_always_finite(on, area, deposits):
    found = told(min(on, deposits), area, deposits, 60)
    assert np.isfinite([found.plus, found.minus, found.contrast, found.studentised]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 30, 0, 110), "weights need deposits, and there are 0"),
        ((12, 30, 10, 110), "a pattern has 12 deposits, and there are 10 in all"),
        ((6, 7, 10, 11), "10 deposits on 11 unit cells leave no barren ground; choose a smaller"),
    ],
)
def test_counts_that_cannot_be_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        told(*arguments)


def test_patterns_grow_up_down_or_not_at_all():
    counts = [1, 2, 4]
    assert kernel.patterns(counts, "ascending").tolist() == [1, 3, 7]
    assert kernel.patterns(counts, "descending").tolist() == [7, 6, 4]
    assert kernel.patterns(counts, "categorical").tolist() == [1, 2, 4]


def test_the_best_pattern_is_sure_and_then_of_the_rule():
    found = kernel.weights([2, 10, 1], [3, 30, 1.2], deposits=20, units=400)
    high = int(np.argmax(found.contrast))
    assert high == 2
    assert kernel.best(found, rule="contrast", confidence=found.studentised[2] + 0.1) == 0
    assert kernel.best(found, rule="contrast", confidence=0.1) == 2
    assert kernel.best(found, rule="studentised", confidence=0.1) == 1
    assert kernel.best(found, rule="contrast", confidence=99) is None


def test_classes_that_are_not_sure_weigh_together():
    on, area = np.array([12, 1, 0, 2.0]), np.array([60, 40, 60, 140.0])
    own, weight, sd = kernel.pooled(on, area, deposits=15, units=300, confidence=1.645)
    assert own.tolist() == [True, False, False, True]
    rest = told(1, 100, 15, 300)
    assert weight[1] == weight[2] == rest.plus[0]
    assert sd[1] == rest.plus_sd[0]
    assert weight[0] == pytest.approx(math.log((12 / 15) / (48 / 285)))
    assert weight[3] == pytest.approx(math.log((2 / 15) / (138 / 285)))


def test_where_no_class_is_sure_the_layer_weighs_nothing():
    own, weight, sd = kernel.pooled([5, 5], [50, 50], deposits=10, units=100, confidence=1.645)
    assert not own.any()
    assert not weight.any()
    assert not sd.any()


def test_independent_layers_give_what_logistic_regression_gives():
    """Given deposits, and given none, layers are exactly independent in these counts."""
    from sklearn.linear_model import LogisticRegression

    shares = {1: (0.8, 0.5, 0.3), 0: (0.2, 0.4, 0.1)}  # of deposits, and of barren ground
    totals = {1: 1000.0, 0: 50_000.0}
    corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    rows = np.concatenate([corners, corners])
    labels = np.repeat([1, 0], 8)
    counts = np.array(
        [
            totals[y] * math.prod(p if x else 1 - p for x, p in zip(row, shares[y], strict=True))
            for row, y in zip(rows, labels, strict=True)
        ]
    )
    units = sum(totals.values())
    on = [(counts * (labels == 1) * rows[:, i]).sum() for i in range(3)]
    area = [(counts * rows[:, i]).sum() for i in range(3)]
    found = kernel.weights(on, area, deposits=totals[1], units=units)
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
        rows, labels, sample_weight=counts
    )
    np.testing.assert_allclose(fitted.coef_[0], found.contrast, atol=1e-3)
    layers = [
        kernel.Evidence(np.array([m, p]), np.zeros(2), np.ones(2) / 2)
        for m, p in zip(found.minus, found.plus, strict=True)
    ]
    posterior, _ = kernel.response(corners.T, layers, prior=totals[1] / units, deposits=totals[1])
    np.testing.assert_allclose(posterior, fitted.predict_proba(corners)[:, 1], rtol=1e-3)
    # and what is counted on each condition
    truth = counts[:8] / (counts[:8] + counts[8:])
    np.testing.assert_allclose(posterior, truth, rtol=1e-12)


def plain(condition, layers, prior, deposits):
    """One cell by the textbook, with no arrays."""

    def chance(log_odds):
        return 1 / (1 + math.exp(-log_odds))

    log_odds, variance, missing = math.log(prior / (1 - prior)), 1 / deposits, 0.0
    for code, layer in zip(condition, layers, strict=True):
        if code >= 0:
            log_odds += layer.weight[code]
            variance += layer.sd[code] ** 2
    posterior = chance(log_odds)
    for code, layer in zip(condition, layers, strict=True):
        if code < 0:
            for weight, share in zip(layer.weight, layer.share, strict=True):
                missing += (chance(log_odds + weight) - posterior) ** 2 * share
    return posterior, math.sqrt(posterior**2 * variance + missing)


def made_layers(rng, classes=(2, 3, 2)):
    return [
        kernel.Evidence(rng.normal(0, 1, k), rng.uniform(0.05, 0.4, k), rng.dirichlet(np.ones(k)))
        for k in classes
    ]


def test_posterior_and_deviation_are_those_of_plain_loops():
    rng = np.random.default_rng(3)
    layers = made_layers(rng)
    codes = np.stack([rng.integers(-1, len(layer.weight), 60) for layer in layers])
    assert (codes < 0).any(axis=0).sum() > 10
    found = kernel.response(codes, layers, prior=0.01, deposits=40)
    wanted = [plain(condition, layers, 0.01, 40) for condition in codes.T.tolist()]
    np.testing.assert_allclose(np.transpose(found), wanted, rtol=1e-12)


def test_a_cell_is_the_same_alone_and_among_others():
    rng = np.random.default_rng(4)
    layers = made_layers(rng, (2, 9, 2))
    codes = np.stack([rng.integers(-1, len(layer.weight), 40) for layer in layers])
    whole = np.stack(kernel.response(codes, layers, prior=0.01, deposits=40))
    alone = [
        np.stack(kernel.response(codes[:, [i]], layers, prior=0.01, deposits=40)) for i in range(40)
    ]
    np.testing.assert_array_equal(np.concatenate(alone, axis=1), whole)
