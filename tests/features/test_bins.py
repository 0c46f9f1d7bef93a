import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract
from geoprospect.errors import ContractError
from geoprospect.features.bins import binned
from tests.features import made
from tests.features.made import small_grid, values
from tests.features.test_transform import patchy


def test_bins_between_stated_edges_by_hand():
    field = np.array([[-1, 0, 1.5, 2, np.nan, 5, 9]])
    source = made.layer(field, small_grid(1, 7), units="mg kg-1", long_name="Cu")
    found = binned(source, method="edges", edges=[0, 2, 5])
    np.testing.assert_array_equal(values(found), [[1, 2, 2, 3, np.nan, 4, 4]])
    assert contract.meanings(found) == {
        1: "below 0 mg kg-1",
        2: "0 to 2 mg kg-1",
        3: "2 to 5 mg kg-1",
        4: "5 mg kg-1 and more",
    }
    contract.check_layer(found, small_grid(1, 7), "cu")


def test_bins_of_equal_width_and_of_equal_number():
    field = np.array([[0, 1, 2, 3, 4, 100, 200, 300, 400.0]])
    source = made.layer(field, small_grid(1, 9))
    equal = values(binned(source, method="equal", number=4))
    np.testing.assert_array_equal(equal, [[1, 1, 1, 1, 1, 2, 3, 4, 4]])
    quantile = values(binned(source, method="quantile", number=3))
    np.testing.assert_array_equal(quantile, [[1, 1, 1, 2, 2, 2, 3, 3, 3]])


@given(st.integers(0, 1000), st.integers(1, 20), st.sampled_from(["quantile", "equal"]))
@settings(max_examples=15)
def test_bins_are_the_same_whatever_the_chunks(seed, side, method):
    source = made.layer(patchy(seed), small_grid(13, 17))
    whole = binned(source, method=method, number=5)
    with made.chunks_of(side):
        cut = binned(source.chunk({"y": side, "x": side}), method=method, number=5)
    np.testing.assert_array_equal(values(whole), values(cut))
    assert whole.attrs == cut.attrs


def test_many_equal_values_leave_fewer_bins_and_it_is_said(caplog):
    field = np.array([[0, 0, 0, 0, 0, 0, 1, 2.0]])
    found = binned(made.layer(field, small_grid(1, 8)), method="quantile", number=4)
    np.testing.assert_array_equal(values(found), [[1, 1, 1, 1, 1, 1, 2, 2]])
    assert "'made' has so many equal values that 2 bins by quantile are left of 4" in caplog.text


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"method": "quantile"}, "binned by quantile needs number"),
        ({"method": "equal", "number": 3, "edges": [1]}, "binned by equal needs number"),
        ({"method": "equal", "number": 1}, "number of bins must be 2 or more, got 1"),
        ({"method": "edges"}, "binned by edges needs edges"),
        ({"method": "edges", "edges": [1], "number": 2}, "binned by edges needs edges"),
        ({"method": "edges", "edges": [2, 1]}, r"must be finite and rise, got \[2, 1\]"),
        ({"method": "edges", "edges": [1, float("inf")]}, "must be finite and rise"),
    ],
)
def test_settings_that_make_no_bins_are_refused(stated, told):
    with pytest.raises(ValueError, match=told):
        binned(made.layer(np.ones((1, 2)), small_grid(1, 2)), **stated)


def test_what_is_unknown_stays_so_and_classes_are_refused():
    grid = small_grid(3, 4)
    nothing = made.layer(np.full((3, 4), np.nan), grid)
    for method in ("quantile", "equal"):
        assert np.isnan(values(binned(nothing, method=method, number=3))).all()
    classes = made.layer(np.ones((3, 4)), grid, long_name="units", meanings={1: "a"})
    with pytest.raises(ContractError, match="needs measured values, and 'units' holds codes"):
        binned(classes, method="equal", number=3)
