"""The economic screen from plain settings: as the functions by hand, and what it refuses."""

import logging

import numpy as np
import pytest

from geoprospect.errors import DataError
from geoprospect.resources.economics import DEFAULT, Operation, filtered
from geoprospect.resources.screen import screen

DEPTHS = [(0.5, 0, 60), (0.5, 61, 800)]


def test_it_is_the_filter_made_by_hand(caplog):
    with caplog.at_level(logging.WARNING):
        made = screen(body="massive", depths=DEPTHS)
    assert "no prices are stated, so the 2008 US$ default stands in" in caplog.text
    by_hand = filtered(metals=["Cu"], operation=Operation("massive"), deck=DEFAULT, depths=DEPTHS)
    ore, grades = np.array([1e8, 6e8, 2e9]), np.array([[0.005], [0.01], [0.02]])
    one, other = (keep(ore, grades, np.random.default_rng(1))
                  for keep in (made.keep(["Cu"]), by_hand))  # fmt: skip
    np.testing.assert_array_equal(one, other)


def test_stated_prices_and_recoveries_are_taken():
    made = screen(body="vein", depths=DEPTHS, prices={"Cu": 9000, "Ni": 2e4}, cost_index=2.1,
                  recoveries={"Ni": 0.8})  # fmt: skip
    told = made.told()
    assert (told["cost_index"], told["price"]["Ni"]) == (2.1, 2e4)
    assert told["prices"] == "prices stated in the pipeline"
    assert made.operation.recoveries["Ni"] == 0.8
    assert made.operation.recoveries["Cu"] == 0.91


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"prices": {"Cu": 9000}}, "prices and cost_index go together"),
        ({"cost_index": 2}, "prices and cost_index go together"),
        ({"prices": {"Cu": 0}, "cost_index": 2}, "must be above 0"),
        ({"prices": {"Cu": 9000}, "cost_index": 0}, "must be above 0"),
    ],
)
def test_half_a_price_deck_is_refused(given, message):
    with pytest.raises(DataError, match=message):
        screen(body="massive", depths=DEPTHS, **given)


def test_metals_without_a_price_are_refused_when_they_are_known():
    made = screen(body="massive", depths=DEPTHS, prices={"Cu": 9000}, cost_index=2)
    with pytest.raises(DataError, match="Mo has no price"):
        made.keep(["Cu", "Mo"])
