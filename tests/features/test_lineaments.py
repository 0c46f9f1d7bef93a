import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features.lineaments import lineaments
from geoprospect.features.terrain import horizontal_gradient
from tests.features import made
from tests.features.made import small_grid, values


def away(strike, rows=80, columns=90, through=(42, 47)):
    """Metres from a line of a strike [degree] through a cell: to its right, cells of 100 m."""
    y, x = np.mgrid[:rows, :columns] * 100.0
    north, east = math.cos(math.radians(strike)), math.sin(math.radians(strike))
    return (x - through[1] * 100) * north - (through[0] * 100 - y) * east


def ground(strike, form, seed=0):
    """Tilted, noisy ground with a valley, a rib or a scarp through it."""
    off = away(strike)
    shape = {
        "low": -60 * np.exp(-((off / 200) ** 2)),
        "high": 60 * np.exp(-((off / 200) ** 2)),
        "step": 40 * np.tanh(off / 500),
    }[form]
    noise = np.random.default_rng(seed).normal(size=off.shape)
    tilt = 0.01 * away(77)
    return made.layer(shape + noise + tilt, small_grid(80, 90))


@pytest.mark.parametrize("form", ["low", "high"])
@pytest.mark.parametrize("strike", [0, 30, 71, 90, 135, 168])
def test_a_line_is_found_where_it_runs_and_with_its_strike(form, strike):
    found = lineaments(ground(strike, form), form=form, length=3000, width=300)
    sure = values(found["confidence"])
    inner = np.s_[20:-20, 20:-20]
    on = np.abs(away(strike)) < 60
    assert np.median(sure[inner][on[inner]]) > 0.999
    assert sure[inner][on[inner]].min() > 0.9
    cosine, sine = values(found["strike_cosine"]), values(found["strike_sine"])
    angle = np.degrees(np.arctan2(sine[inner][on[inner]], cosine[inner][on[inner]])) / 2
    error = (angle - strike + 90) % 180 - 90
    assert np.abs(np.median(error)) < 6
    np.testing.assert_allclose(np.hypot(cosine, sine), sure, atol=1e-6)


@pytest.mark.parametrize("form", ["low", "high"])
def test_noise_has_no_more_sure_lines_than_chance_allows(form):
    noise = np.random.default_rng(1).normal(size=(200, 200))
    source = made.layer(noise, small_grid(200, 200))
    sure = values(lineaments(source, form=form, length=1000, width=100)["confidence"])
    for level in (0.5, 0.9, 0.99):
        assert np.mean(sure > level) <= 1.05 * (1 - level)


def test_a_scarp_is_a_high_of_the_gradient():
    steep = horizontal_gradient(ground(71, "step"))
    found = lineaments(steep, form="high", length=3000, width=300)
    on = np.abs(away(71)) < 60
    inner = np.s_[20:-20, 20:-20]
    assert np.median(values(found["confidence"])[inner][on[inner]]) > 0.999


def test_a_plane_has_neither_lows_nor_highs():
    source = made.layer(away(20), small_grid(80, 90))
    for form in ("low", "high"):
        assert not values(lineaments(source, form=form, length=2000, width=200)["confidence"]).any()


def test_the_confidence_of_a_line_by_hand():
    field = np.full((41, 41), 5.0)
    field[:, 20] = 1.0
    source = made.layer(field, small_grid(41, 41))
    found = lineaments(source, form="low", length=1000, width=100)
    directions = math.ceil(math.pi * 500 / 100)
    assert values(found["confidence"])[20, 20] == pytest.approx(1 - 16 / 3**11, abs=1e-5)
    assert directions == 16
    # One place short: at a corner of the ditch's end only some places are below both sides.
    field[:20, 20] = 5.0
    short = lineaments(made.layer(field, small_grid(41, 41)), form="low", length=1000, width=100)
    expected = max(0, 1 - 16 * binom.sf(5, 11, 1 / 3))
    assert values(short["confidence"])[20, 20] == pytest.approx(expected, abs=1e-5)


def test_unknown_places_count_for_nothing():
    field = np.full((41, 41), 5.0)
    field[:, 20] = 1.0
    field[:18] = np.nan  # three places of the line to the north
    source = made.layer(field, small_grid(41, 41))
    found = lineaments(source, form="low", length=1000, width=100)
    assert values(found["confidence"])[20, 20] == pytest.approx(1 - 16 / 3**8, abs=1e-5)


@pytest.mark.parametrize(("north", "east", "cosine"), [(-10, -1, 1), (-1, -10, -1)])
def test_of_lines_as_sure_the_deepest_has_the_strike(north, east, cosine):
    field = np.zeros((41, 41))
    field[:, 20], field[20], field[20, 20] = north, east, -12
    source = made.layer(field, small_grid(41, 41))
    found = lineaments(source, form="low", length=1000, width=100)
    assert values(found["confidence"])[20, 20] == pytest.approx(1 - 16 / 3**11, abs=1e-5)
    assert values(found["strike_cosine"])[20, 20] == pytest.approx(cosine, abs=2e-4)


@given(st.integers(0, 500), st.integers(7, 40), st.sampled_from(["low", "high"]))
@settings(max_examples=6)
def test_chunking_changes_nothing(seed, side, form):
    rng = np.random.default_rng(seed)
    field = rng.normal(size=(37, 29)).cumsum(axis=0)
    field[rng.random(field.shape) < 0.05] = np.nan
    source = made.layer(field, small_grid(37, 29))
    whole = lineaments(source, form=form, length=1200, width=250)
    with made.chunks_of(side):
        cut = lineaments(source.chunk({"y": side, "x": side}), form=form, length=1200, width=250)
        for name in whole:
            np.testing.assert_array_equal(values(whole[name]), values(cut[name]))
    assert np.array_equal(np.isnan(values(whole["confidence"])), np.isnan(field))


def test_a_grid_smaller_than_a_line_is_no_obstacle():
    source = made.layer(np.random.default_rng(0).normal(size=(5, 7)), small_grid(5, 7))
    found = values(lineaments(source, form="low", length=5000, width=300)["confidence"])
    assert ((found >= 0) & (found <= 1)).all()


def test_lazy_on_the_grid_and_say_what_they_are():
    found = lineaments(ground(30, "low"), form="low", length=3000, width=300)
    assert list(found.data_vars) == ["confidence", "strike_cosine", "strike_sine"]
    assert found["confidence"].attrs == {
        "long_name": "confidence, low lines of 3000 m in made",
        "units": "1",
    }
    for layer in found.values():
        assert lazy.is_lazy(layer)
        contract.check_layer(layer, small_grid(80, 90), "line")


def test_lines_that_make_no_sense_are_refused():
    source = ground(0, "low")
    with pytest.raises(ValueError, match="width is 50 m and reaches no neighbour among cells of"):
        lineaments(source, form="low", length=3000, width=50)
    with pytest.raises(
        ValueError, match="length is 1000 m, and must be 4 times the width of 300 m"
    ):
        lineaments(source, form="low", length=1000, width=300)
    with pytest.raises(ValueError, match="length must be positive and finite, got -1 m"):
        lineaments(source, form="low", length=-1, width=300)
    classes = made.layer(np.ones((2, 2)), small_grid(2, 2), long_name="rock", meanings={1: "a"})
    with pytest.raises(ContractError, match="needs measured values, and 'rock' holds codes"):
        lineaments(classes, form="low", length=3000, width=300)
