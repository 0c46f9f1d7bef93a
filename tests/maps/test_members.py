"""Cells of members' maps by their log-odds, counted by hand and whatever the blocks."""

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.maps.members import A_UNIT, FARTHEST, tally

GRID = GeoBox.from_bbox((0, 0, 900, 700), crs="EPSG:32650", resolution=100)


def maps(*values):
    layers = {f"member_{k}": contract.describe(contract.on_grid(one.astype("float32"), GRID),
                                               long_name="p", units="1")
              for k, one in enumerate(values)}  # fmt: skip
    return xr.Dataset(layers)


def points(*places, crs="EPSG:32650"):
    x, y = zip(*places, strict=True)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=crs)


def test_each_cell_is_counted_once_near_its_log_odds():
    drawn = np.random.default_rng(2).random((2, *GRID.shape))
    drawn[:, 0, 0] = np.nan
    drawn[:, 0, 1], drawn[:, 0, 2] = 0, 1
    found = tally(maps(*drawn), points((150, 650), (160, 660), (50, 650), (5000, 5000)))
    assert (found.maps, found.cells, found.known) == (2, 62, 1)
    assert found.counts.sum() == 124
    assert found.counts[0] == found.counts[-1] == 2
    inner = drawn[(drawn > 0) & (drawn < 1)]
    summed = found.counts[1:-1] @ found.log_odds[1:-1]
    assert summed == pytest.approx(np.log(inner / (1 - inner)).sum(), abs=len(inner) / A_UNIT)
    assert found.log_odds[[0, -1]] == pytest.approx([-FARTHEST, FARTHEST], abs=1 / A_UNIT)


def test_chunking_changes_nothing():
    made, known = maps(np.random.default_rng(3).random(GRID.shape)), points((150, 650), (850, 50))
    with lazy.cut(2):
        pieces = tally(made, known)
    whole = tally(made, known)
    np.testing.assert_array_equal(pieces.counts, whole.counts)
    assert (pieces.cells, pieces.known) == (whole.cells, whole.known) == (63, 2)


def test_deposits_elsewhere_are_refused():
    with pytest.raises(ContractError, match="the known deposits"):
        tally(maps(np.full(GRID.shape, 0.5)), points((0, 0), crs="EPSG:4326"))
