"""What deposits of a type are worth: the published one, were all like it, and depths as stated."""

import numpy as np
import pandas as pd
import pytest

from geoprospect.resources.grade_tonnage import grade_tonnage
from geoprospect.resources.screen import screen
from geoprospect.resources.worths import worths


@pytest.fixture(scope="module")
def alike():
    """Deposits that are all but the published one: ore [t] and grades [%]."""
    rng = np.random.default_rng(5)
    published = {"ore": 1_075_970_635.0, "Cu": 0.768576186, "Mo": 0.007146007, "Au": 1.06e-5,
                 "Ag": 0.000142627}  # fmt: skip
    table = pd.DataFrame(
        {name: value * (1 + 1e-6 * rng.standard_normal(9)) for name, value in published.items()}
    )
    metals = ("Cu", "Mo", "Au", "Ag")
    return grade_tonnage(
        table, name="alike", source="Robinson and Menzie (2012)", tonnage="ore", tonnage_unit="t",
        grades={one: one for one in metals}, grade_units=dict.fromkeys(metals, "%"),
    )  # fmt: skip


def test_deposits_like_the_published_one_are_worth_what_it_is(alike):
    found = worths(alike, screen(body="massive", depths=[(1.0, 474, 474)]), draws=50, seed=1)
    assert found.shape == (50,)
    assert found == pytest.approx(np.full(50, 475_557_534.7), rel=1e-4)


def test_depths_are_drawn_as_stated_and_the_same_for_a_seed(alike):
    deep = screen(body="massive", depths=[(0.25, 474, 474), (0.75, 900, 900)])
    found = worths(alike, deep, draws=4000, seed=1)
    shallow = found > found.mean() if found.max() > found.min() else found > 0
    assert shallow.mean() == pytest.approx(0.25, abs=0.03)
    np.testing.assert_array_equal(found, worths(alike, deep, draws=4000, seed=1))
    assert (found != worths(alike, deep, draws=4000, seed=2)).any()
