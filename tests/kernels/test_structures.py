"""Nested variograms: closed forms along each axis, support of blocks, what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.errors import ContractError
from geoprospect.kernels.anisotropy import Orientation
from geoprospect.kernels.structures import Nested, Structure, block_variance, discretised

BODY = Structure("spherical", 3.0, 200.0, 100.0, 20.0, Orientation(30, -20, 10))
SHOOT = Structure("exponential", 2.0, 60.0, 60.0, 10.0)
MODEL = Nested(1.0, (BODY, SHOOT))
UNIT = Structure("spherical", 1.0, 1.0, 1.0, 1.0)


def spherical(h):
    return np.where(h < 1, 1.5 * h - 0.5 * h**3, 1)


@given(st.floats(1e-3, 400), st.sampled_from([0, 1, 2]))
def test_each_axis_has_its_own_range(away, axis):
    offset = away * BODY.orientation.axes[axis]
    long, short = away / BODY.ranges[axis], np.linalg.norm(offset / np.array([60, 60, 10]))
    expected = 1 + 3 * spherical(long) + 2 * (1 - np.exp(-3 * short))
    assert MODEL.gamma(offset) == pytest.approx(expected)
    assert MODEL.gamma(-offset) == pytest.approx(expected)


def test_the_nugget_is_shared_only_where_places_coincide():
    offsets = np.array([[0.0, 0, 0], [5e-7, 0, 0], [2e-6, 0, 0]])
    np.testing.assert_allclose(MODEL.covariance(offsets), [6, 6, 5], atol=1e-5)
    np.testing.assert_allclose(MODEL.structured(offsets), 5, atol=1e-5)
    np.testing.assert_allclose(MODEL.gamma(offsets), [0, 0, 1], atol=1e-5)
    assert MODEL.sill == 6
    assert MODEL.longest is BODY
    assert Nested(1.0).longest is None


def test_a_gaussian_structure_comes_to_95_percent_at_its_range():
    one = Nested(0.0, (Structure("gaussian", 4.0, 50.0, 50.0, 50.0),))
    assert one.gamma(np.array([50.0, 0, 0])) == pytest.approx(4 * (1 - np.exp(-3)))


@pytest.mark.parametrize(("share", "expected"), [(0.5, 0.24375), (1, 0.45), (2, 0.675)])
def test_variance_within_a_line_is_the_closed_form(share, expected):
    """F(L/a) of the spherical model, on 200 points; at 2 by the integral beyond the range."""
    points = discretised(np.array([share, 1e-9, 1e-9]), (200, 1, 1))
    assert 1 - block_variance(Nested(0.0, (UNIT,)), points) == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize(
    ("share", "four", "eight", "whole"),
    [(0.25, 0.2373, 0.2431, 0.2449), (0.5, 0.4572, 0.4673, 0.4704), (1, 0.7756, 0.7855, 0.7882)],
)
def test_variance_within_a_cube(share, four, eight, whole):
    """Figures of 4 and 8 points a side, and of four million random pairs."""
    model = Nested(0.7, (UNIT,))
    sides = np.full(3, share)
    within = [1 - block_variance(model, discretised(sides, (n, n, n))) for n in (4, 8)]
    np.testing.assert_allclose(within, [four, eight], atol=6e-5)
    # without the likeness of points to themselves the whole comes nearer
    between = within[1] * 512 / 511
    assert between == pytest.approx(whole, abs=3e-3)


def test_points_of_a_block_lie_evenly_about_its_middle():
    points = discretised(np.array([10.0, 4, 3]), (5, 2, 1))
    assert sorted(set(points[:, 0])) == [-4, -2, 0, 2, 4]
    assert sorted(set(points[:, 1])) == [-1, 1]
    assert set(points[:, 2]) == {0}
    assert len(points) == 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "cubic"}, "must be one of spherical, exponential, gaussian, got 'cubic'"),
        ({"sill": -1.0}, "the sill must be 0 or more, got -1"),
        ({"minor": 0.0}, r"ranges must be positive, got \(9.0, 9.0, 0.0\) m"),
        ({"orientation": Orientation(np.nan)}, "angles must be finite"),
    ],
)
def test_what_is_no_structure_is_refused(change, message):
    with pytest.raises(ContractError, match=message):
        Structure(**({"model": "spherical", "sill": 1.0, "major": 9.0, "semi": 9.0, "minor": 9.0}
                     | change))  # fmt: skip


def test_a_variogram_without_variance_is_refused():
    with pytest.raises(ContractError, match="nugget must be 0 or more, got -1"):
        Nested(-1.0, (UNIT,))
    with pytest.raises(ContractError, match="grades without a variance need none"):
        Nested(0.0)
