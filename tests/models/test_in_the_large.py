"""The prior under which maps expect what is known: closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.errors import ModelError
from geoprospect.models.in_the_large import expected, prior_expecting


def test_one_score_for_all_ground_needs_the_known_share():
    # every cell has odds 3 among samples of which a quarter are deposits: nine times its share
    log_odds, counts = np.array([np.log(3.0)]), np.array([2000])
    prior = prior_expecting(50, log_odds, counts, share=0.25)
    odds = prior / (1 - prior)
    assert 9 * odds == pytest.approx(50 / 1950)


def test_members_count_together_and_each_may_disagree():
    log_odds, counts = np.array([-2.0, 1.0]), np.array([900, 100])
    alone = prior_expecting(30, log_odds, counts, share=0.1)
    several = prior_expecting(30, log_odds, 4 * counts, share=0.1, maps=4)
    assert several == pytest.approx(alone)
    found = expected(log_odds, 4 * counts, share=0.1, prior=several, maps=4)
    assert found == pytest.approx(30)


@given(
    st.lists(st.tuples(st.floats(-20, 20), st.integers(1, 1000)), min_size=1, max_size=8),
    st.floats(0.01, 0.99),
    st.floats(0.01, 0.99),
)
def test_what_is_expected_is_what_was_asked_for(cells, share, part):
    log_odds, counts = (np.array(one) for one in zip(*cells, strict=True))
    known = part * counts.sum()
    prior = prior_expecting(known, log_odds, counts, share=share)
    if 1e-12 < prior < 1 - 1e-6:  # nearer the ends, a prior has no digits left
        found = expected(log_odds, counts, share=share, prior=prior)
        assert found == pytest.approx(known, rel=1e-6)


@pytest.mark.parametrize("known", [0, 10, 11])
def test_all_or_nothing_is_no_prior(known):
    with pytest.raises(ModelError, match=rf"{known} of 10 cells hold a known deposit; .*others no"):
        prior_expecting(known, np.array([0.0]), np.array([10]), share=0.5)
