"""Stream sediments over their catchments, on valleys whose water anyone can follow."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.errors import ContractError, DataError
from geoprospect.features.catchments import catchment_values
from tests.features.made import chunks_of, corner, frame, layer, small_grid, values

ROWS, COLUMNS = 20, 24
GRID = small_grid(ROWS, COLUMNS)
VALLEYS = np.array([5, 17])
NEAREST = np.abs(np.arange(COLUMNS)[:, None] - VALLEYS).argmin(axis=1)
AWAY = np.abs(np.arange(COLUMNS)[:, None] - VALLEYS).min(axis=1)
ARRIVES = np.arange(ROWS)[:, None] + AWAY
"""The row at which a cell's water comes into the valley."""


def valleys():
    """Two straight valleys to the south: water runs south-east or south-west into the nearer."""
    return 1000.0 + 10.0 * AWAY[None, :] - 10.0 * np.arange(ROWS)[:, None]


def above(row, west):
    return (row >= ARRIVES) & ((NEAREST == 0) == west)


def elevation():
    return layer(valleys(), GRID, units="m", long_name="elevation")


def sampled(*places, **columns):
    """Samples at (row, column) of the grid."""
    points = [shapely.Point(*corner(100 * c + 50, 100 * r + 50)) for r, c in places]
    made = frame(*points, **columns)
    made.attrs["units"] = dict.fromkeys(columns, "ug/g")
    return made


def test_each_cell_takes_the_sample_it_drains_to(caplog):
    made = sampled((8, 5), (15, 5), (12, 17), Cu=[10.0, 20, 30])
    with caplog.at_level(logging.INFO):
        found = values(catchment_values(made, elevation(), grid=GRID, columns=["Cu"], snap=0)["cu"])
    expected = np.full(GRID.shape, np.nan)
    expected[above(15, west=True)] = 20
    expected[above(8, west=True)] = 10
    expected[above(12, west=False)] = 30
    np.testing.assert_array_equal(found, expected)
    assert "0 of 3 samples were moved" in caplog.text


def test_a_sample_beside_its_stream_is_moved_into_it(caplog):
    made = sampled((8, 11), Cu=[10.0])  # on the divide: no cell drains to it
    there = values(catchment_values(made, elevation(), grid=GRID, columns=["Cu"], snap=0)["cu"])
    assert np.argwhere(there == 10).tolist() == [[8, 11]]
    with caplog.at_level(logging.INFO):
        moved = values(
            catchment_values(made, elevation(), grid=GRID, columns=["Cu"], snap=600)["cu"]
        )
    assert (moved[above(8, west=True)] == 10).all()
    assert "1 of 1 samples were moved" in caplog.text


def test_samples_without_a_value_leave_the_ground_to_the_next_below():
    made = sampled((8, 5), (15, 5), Cu=[np.nan, 20.0], Zn=[1.0, 2.0])
    found = catchment_values(made, elevation(), grid=GRID, columns=["Cu", "Zn"], snap=0)
    assert values(found["cu"])[0, 0] == 20
    assert values(found["zn"])[0, 0] == 1
    assert found["zn"].attrs == {"long_name": "Zn of the catchment", "units": "ug/g"}


def test_a_sample_that_stands_for_too_much_ground_is_left_out(caplog):
    made = sampled((8, 5), (15, 5), Cu=[10.0, 20.0])
    upper = above(8, west=True)
    own = above(15, west=True) & ~upper
    assert own.sum() > upper.sum()
    with caplog.at_level(logging.INFO):
        found = catchment_values(
            made, elevation(), grid=GRID, columns=["Cu"], snap=0, largest=0.01 * upper.sum()
        )
        found = values(found["cu"])
    assert (found[upper] == 10).all()
    assert np.isnan(found[own]).all()
    assert "1 of 2 samples stand for more ground than largest" in caplog.text
    with pytest.raises(ValueError, match="largest must be positive and finite, got 0 km2"):
        catchment_values(made, elevation(), grid=GRID, columns=["Cu"], snap=0, largest=0)


def test_samples_in_one_cell_are_averaged():
    made = sampled((8, 5), (8, 5), Cu=[10.0, 20.0])
    found = values(catchment_values(made, elevation(), grid=GRID, columns=["Cu"], snap=0)["cu"])
    assert found[0, 0] == 15


@settings(max_examples=10)
@given(st.integers(1, 25))
def test_chunking_changes_nothing(side):
    made = sampled((8, 6), (15, 5), (12, 16), Cu=[10.0, 20, 30])
    whole = values(catchment_values(made, elevation(), grid=GRID, columns=["Cu"], snap=150)["cu"])
    with chunks_of(side):
        cut = catchment_values(made, elevation().chunk(side), grid=GRID, columns=["Cu"], snap=150)[
            "cu"
        ]
        np.testing.assert_array_equal(values(cut), whole)


def test_unknown_ground_stays_unknown():
    ground = valleys()
    ground[:, :2] = np.nan
    made = sampled((15, 5), Cu=[20.0])
    found = values(
        catchment_values(
            made, layer(ground, GRID, units="m", long_name="z"), grid=GRID, columns=["Cu"], snap=0
        )["cu"]
    )
    assert np.isnan(found[:, :2]).all()
    assert (found[above(15, west=True) & (np.arange(COLUMNS) > 1)] == 20).all()


def test_what_cannot_be_laid_out_is_said(caplog):
    made = sampled((8, 5), (40, 5), Cu=[10.0, 20.0])
    with caplog.at_level(logging.WARNING):
        catchment_values(made, elevation(), grid=GRID, columns=["Cu"], snap=0)
    assert "1 of 2 samples lie beyond the grid" in caplog.text
    with pytest.raises(DataError, match="none of 1 samples lies on the grid"):
        catchment_values(sampled((40, 5), Cu=[1.0]), elevation(), grid=GRID, columns=["Cu"], snap=0)
    with pytest.raises(ValueError, match="snap must be zero or more and finite, got -1 m"):
        catchment_values(made, elevation(), grid=GRID, columns=["Cu"], snap=-1)
    with pytest.raises(ContractError, match="is in EPSG:4326 and the grid in EPSG:32648"):
        catchment_values(made.to_crs(4326), elevation(), grid=GRID, columns=["Cu"], snap=0)
    with pytest.raises(ContractError, match="needs elevation in metres"):
        catchment_values(
            made, layer(valleys(), GRID, units="nT"), grid=GRID, columns=["Cu"], snap=0
        )
