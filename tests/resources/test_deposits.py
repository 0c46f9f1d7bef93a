"""Distributions of the number of deposits, one by one and pooled."""

import json

import numpy as np
import pytest

from geoprospect.errors import DataError
from geoprospect.resources.deposits import DepositNumber, counted, pooled


def test_moments_and_ends_are_those_counted_by_hand():
    one = counted([0.1, 0.4, 0.3, 0.2], "made")
    assert one.mean == pytest.approx(1.6)
    assert one.variance == pytest.approx(0.4 + 1.2 + 1.8 - 1.6**2)
    assert one.sd == pytest.approx(one.variance**0.5)
    assert (one.mode, one.at_least(0.9), one.at_least(0.5), one.at_least(0.1)) == (1, 1, 2, 3)
    assert one.chance_of(2) == pytest.approx(0.5)
    assert one.entropy == pytest.approx(-sum(p * np.log(p) for p in (0.1, 0.4, 0.3, 0.2)))
    assert one.evidence_level == one.quantity.evidence_level == "predicted"
    assert dict(one.quantity.quantiles) == {0.1: 1, 0.5: 2, 0.9: 3}


def test_it_goes_through_json():
    told = json.loads(json.dumps(counted([0.25, 0.5, 0.25], "made").told(), allow_nan=False))
    assert told["none"] == pytest.approx(0.25)
    assert (told["n90"], told["n50"], told["n10"]) == (0, 1, 2)
    assert told["evidence_level"] == "predicted"


@pytest.mark.parametrize("p", [[0, 0, 0, 1.0], [1.0]])
def test_a_single_number_is_refused(p):
    with pytest.raises(DataError, match=r"gives the single number \d; nobody knows how many"):
        counted(p, "made")


@pytest.mark.parametrize(
    ("n", "p", "why"),
    [
        ([0, 1], [0.5, 0.6], "sum to 1, not 1.1"),
        ([1, 0], [0.5, 0.5], "must rise"),
        ([-1, 0], [0.5, 0.5], "from 0 or more"),
        ([0, 1, 2], [0.5, 0.5], "3 numbers and 2 chances"),
        ([0, 1, 2], [0.5, 0.7, -0.2], "single number"),
    ],
)
def test_what_is_no_distribution_is_refused(n, p, why):
    with pytest.raises(DataError, match=why):
        DepositNumber(np.array(n), np.array(p), "made")


def test_a_pool_keeps_disagreement_as_doubt():
    low, high = counted([0.5, 0.5], "low"), counted([0, 0, 0, 0, 0.5, 0.5], "high")
    both = pooled([low, high])
    np.testing.assert_allclose(both.p, [0.25, 0.25, 0, 0, 0.25, 0.25])
    within = (low.variance + high.variance) / 2
    assert both.variance == pytest.approx(within + ((4.5 - 0.5) / 2) ** 2)
    weighed = pooled([low, high], weights=[3, 1])
    assert weighed.mean == pytest.approx(0.75 * 0.5 + 0.25 * 4.5)
    assert weighed.provenance["weights"] == {"1 low": 0.75, "2 high": 0.25}


def test_an_optional_estimate_enters_no_pool_unless_asked():
    plain = counted([0.5, 0.5], "plain")
    doubtful = counted([0, 0.5, 0.5], "doubtful", caveats=("beware",), optional=True)
    both = pooled([plain, doubtful])
    assert both.mean == 0.5
    assert both.caveats == ()
    asked = pooled([plain, doubtful], weights=[1, 1])
    assert asked.mean == 1.0
    assert asked.caveats == ("beware",)
    with pytest.raises(ValueError, match="one positive at least"):
        pooled([doubtful])


@pytest.mark.parametrize("weights", [[1], [1, -1], [0, 0]])
def test_weights_that_do_not_fit_are_refused(weights):
    both = [counted([0.5, 0.5], "a"), counted([0.5, 0.5], "b")]
    with pytest.raises(ValueError, match="one for each of the 2 estimates"):
        pooled(both, weights=weights)
