"""The contributions that count most, held against sorting all of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as made

from geoprospect.kernels.largest import driver, largest

SHARES = made.arrays(
    np.float32,
    st.tuples(st.integers(1, 9), st.integers(1, 20)),
    elements=st.sampled_from([-3.0, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 2.0]),
)


@given(SHARES, st.data())
def test_the_largest_either_way_are_those_that_sorting_finds(shares, data):
    count = data.draw(st.integers(1, len(shares)))
    order = np.argsort(-np.abs(shares), axis=0, kind="stable")[:count]
    found = largest(shares, count)
    np.testing.assert_array_equal(found[::2], order + 1)
    np.testing.assert_array_equal(found[1::2], np.take_along_axis(shares, order, axis=0))


@given(SHARES)
def test_the_driver_adds_most_or_there_is_none(shares):
    expected = np.where(shares.max(axis=0) > 0, shares.argmax(axis=0) + 1, 0)
    np.testing.assert_array_equal(driver(shares), expected)


def test_by_hand():
    shares = np.array([[1, 0, -1, np.nan], [-2, 0, -3, 1], [0.5, 0, -3, 2]], np.float32)
    np.testing.assert_array_equal(driver(shares), [1, 0, 0, np.nan])
    np.testing.assert_array_equal(
        largest(shares, 2), [[2, 1, 2, np.nan], [-2, 0, -3, np.nan], [1, 2, 3, np.nan],
                             [1, 0, -3, np.nan]],
    )  # fmt: skip
