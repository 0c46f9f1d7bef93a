import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoprospect.kernels import selection

floats = st.floats(width=32, allow_infinity=True, allow_nan=True)


@given(values=arrays("float32", st.integers(0, 60), elements=floats))
def test_keys_are_in_the_order_of_the_known_values_and_give_them_back(values):
    known = values[~np.isnan(values)]
    keys = selection.keys(values)
    np.testing.assert_array_equal(np.sort(known), known[np.argsort(keys, kind="stable")])
    np.testing.assert_array_equal(selection.values(keys), known)
    assert len(np.unique(keys)) == len(np.unique(known))


def test_numbers_beside_each_other_are_told_apart():
    one = np.float32(0.7)
    values = np.array([one, np.nextafter(one, np.float32(1)), -one, 0.0, -0.0], "float32")
    assert np.argsort(selection.keys(values), kind="stable").tolist() == [2, 3, 4, 0, 1]


def test_groups_stand_before_values_and_cells_in_none_are_left_out():
    values = np.array([5, 1, 9, np.nan, 2], "float32")
    group = np.array([0, 1, 0, 1, np.nan], "float32")
    keys = selection.keys(values, group)
    assert selection.values(np.sort(keys)).tolist() == [5, 9, 1]
    assert (np.sort(keys) >> 32).tolist() == [0, 0, 1]


def test_a_tally_counts_what_begins_alike():
    keys = selection.keys(np.array([1, 1, 1.5, -2, 7], "float32"))
    places, counts = selection.tallies(keys, np.array([0]), 0)
    assert counts.sum() == 5
    top = np.unique(keys >> 21)
    assert places.tolist() == top.tolist()
    places, counts = selection.tallies(keys, np.array([keys[0] >> 21]), 1)
    assert counts.tolist() == [2]  # the two ones and nothing else; 1.5 has another first digit
    assert selection.tallies(keys, np.array([], int), 1)[0].size == 0
