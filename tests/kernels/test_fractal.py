"""Concentration-area breaks, against curves whose breaks and exponents are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from geoprospect.kernels.fractal import concentration_area

CELLS = 40_000


def power_law(breaks, exponents, cells=CELLS):
    """Values whose area above v is v to the minus exponent, piece by piece, from 1 upwards."""
    area = (np.arange(cells) + 0.5) / cells
    value, at, start = np.empty(cells), 1.0, 1.0
    for i, exponent in enumerate(exponents):
        end = breaks[i] if i < len(breaks) else np.inf
        piece = area <= at
        value[piece] = start * (area[piece] / at) ** (-1 / exponent)
        at, start = at * (end / start) ** -exponent, end
    return value


@pytest.mark.parametrize(
    ("breaks", "exponents"),
    [([10.0], [0.5, 2.0]), ([10.0, 100.0], [0.5, 1.0, 3.0]), ([4.0, 20.0], [0.3, 1.0, 2.5])],
)
def test_breaks_and_exponents_of_a_made_curve_are_found(breaks, exponents):
    values = np.random.default_rng(1).permutation(power_law(breaks, exponents))
    found = concentration_area(values, seed=1)
    np.testing.assert_allclose(found.breaks, breaks, rtol=0.06)  # a step between thresholds
    np.testing.assert_allclose(found.exponents, exponents, rtol=0.05)
    assert (found.fits > 0.99).all()
    assert (found.low <= found.breaks).all()
    assert (found.breaks <= found.high).all()
    assert (found.low > np.array(breaks) * 0.7).all()
    assert (found.high < np.array(breaks) * 1.4).all()


def test_units_and_order_do_not_matter():
    values = power_law([10.0], [0.5, 2.0])
    one = concentration_area(values, seed=1)
    other = concentration_area(1000 * values[::-1], seed=1)
    np.testing.assert_allclose(other.breaks, 1000 * one.breaks, rtol=1e-9)
    np.testing.assert_allclose(other.exponents, one.exponents, rtol=1e-9)


@pytest.mark.parametrize(
    ("breaks", "exponents", "cells"), [([10.0], [0.5, 2.0], 200), ([5.0], [0.5, 1.5], 2000)]
)
def test_a_break_more_must_earn_its_keep(breaks, exponents, cells):
    found = concentration_area(power_law(breaks, exponents, cells), seed=1)
    np.testing.assert_allclose(found.breaks, breaks, rtol=0.06)


def test_pieces_always_steepen():
    values = np.random.default_rng(4).lognormal(2, 1, 5000)
    found = concentration_area(values, seed=1)
    assert (np.diff(found.exponents) > 0).all()
    assert (np.diff(found.breaks) > 0).all()


@pytest.mark.parametrize("values", [np.full(50, 3.0), np.arange(1.0, 9.0), np.array([])])
def test_too_little_to_fit_gives_none(values):
    assert concentration_area(values, seed=1) is None
