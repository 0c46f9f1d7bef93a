"""Grids of blocks: places and back, the least grid about places, datasets and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.blocks import BlockGrid, around, grid_of
from geoprospect.errors import ContractError

CRS = "EPSG:32633"
SOME = BlockGrid((100.0, 200.0, -50.0), (10.0, 20.0, 5.0), (3, 2, 4), CRS)

azimuths = st.floats(-360, 360)
numbers = st.floats(-1e4, 1e4)
places = st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=12).map(np.array)


def test_centres_come_x_first_and_z_last():
    centres = SOME.centres()
    np.testing.assert_allclose(centres[0], (105, 210, -47.5))
    np.testing.assert_allclose(centres[1], (115, 210, -47.5))
    np.testing.assert_allclose(centres[3], (105, 230, -47.5))
    np.testing.assert_allclose(centres[6], (105, 210, -42.5))
    assert (SOME.shape, SOME.blocks, SOME.volume) == ((4, 2, 3), 24, 1000)


def test_rows_of_a_turned_grid_run_along_the_azimuth():
    east = BlockGrid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1, 2, 1), CRS, azimuth=90)
    step = np.diff(east.centres(), axis=0)[0]
    np.testing.assert_allclose(step, (1, 0, 0), atol=1e-12)  # the second row lies east
    np.testing.assert_allclose(east.centres()[0], (0.5, -0.5, 0.5))


@given(azimuths)
def test_each_centre_lies_in_its_own_block(azimuth):
    grid = BlockGrid(SOME.origin, SOME.size, SOME.counts, CRS, azimuth)
    *found, inside = grid.blocks_at(grid.centres())
    assert inside.all()
    np.testing.assert_array_equal(np.ravel_multi_index(found, grid.shape), np.arange(24))


@given(azimuths, places)
def test_to_the_axes_and_back(azimuth, places):
    grid = BlockGrid(SOME.origin, SOME.size, SOME.counts, CRS, azimuth)
    np.testing.assert_allclose(grid.from_axes(grid.to_axes(places)), places, atol=1e-8)


def test_outside_is_outside():
    outside = [(99.9, 210, -40), (131, 210, -40), (105, 241, -40), (105, 210, -50.1)]
    assert not SOME.blocks_at(outside)[3].any()


@given(azimuths, places, st.floats(0, 100))
def test_the_least_grid_holds_all_places_and_their_margin(azimuth, places, margin):
    size = (700.0, 900.0, 500.0)
    grid = around(places, size=size, crs=CRS, margin=margin, azimuth=azimuth)
    local = grid.to_axes(places)
    far = np.asarray(size) * grid.counts
    assert (local >= margin - 1e-6).all()
    assert (local <= far - margin + 1e-6).all()
    # a block less on any side would not do
    assert (local.min(axis=0) - margin < np.asarray(size) + 1e-6).all()
    assert (far - local.max(axis=0) - margin < np.asarray(size) + 1e-6).all()


def test_faces_lie_at_multiples_of_the_size():
    grid = around([(12.0, 3.0, -7.0), (np.nan, 0, 0)], size=(5.0, 5.0, 5.0), crs=CRS, margin=1)
    assert grid.origin == (10, 0, -10)
    assert grid.counts == (1, 1, 1)


@pytest.mark.parametrize("azimuth", [0.0, 30.0])
def test_a_dataset_knows_its_grid(azimuth):
    grid = BlockGrid(SOME.origin, SOME.size, SOME.counts, CRS, azimuth)
    model = grid.dataset(grade=np.arange(24.0))
    assert grid_of(model) == grid
    assert model["grade"].dims == ("z", "y", "x")
    assert float(model["grade"].isel(z=1, y=0, x=2)) == 8
    assert float(model["z"][0]) == -47.5
    assert float(model["x"][0]) == (105 if azimuth == 0 else 5)


def test_what_is_no_grid_is_refused():
    with pytest.raises(ContractError, match=r"size must be positive .*\n.*a block or more"):
        BlockGrid((0.0, 0.0, 0.0), (1.0, 0.0, 1.0), (0, 1, 1), CRS)
    with pytest.raises(ContractError, match="no place is known"):
        around([(np.nan, 0, 0)], size=(1.0, 1.0, 1.0), crs=CRS)
    with pytest.raises(ContractError, match="no block model"):
        grid_of(SOME.dataset().drop_attrs())
