"""Expected deposits shared out: sums to the last one, areas counted by hand, chunks alike."""

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.resources.allocation import allocated, chance_of_undiscovered
from geoprospect.resources.deposits import counted
from geoprospect.resources.endowment import undiscovered
from tests.resources.maps import GRID, layer

NUMBER = counted([0.1, 0.2, 0.3, 0.4], "made")


def areas(*parts):
    """Areas from rows and columns: top, left, bottom, right."""
    made = []
    for top, left, bottom, right in parts:
        west, north = GRID.affine * (left, top)
        east, south = GRID.affine * (right, bottom)
        made.append(box(west, south, east, north))
    return gpd.GeoDataFrame({"name": [f"a{k}" for k in range(len(made))]},
                            geometry=gpd.GeoSeries(made, crs="EPSG:32648"))  # fmt: skip


def test_like_cells_are_shared_out_by_area():
    table = allocated(layer(0.01), areas((0, 0, 10, 30), (20, 10, 40, 20)), number=NUMBER,
                      label="name", grid=GRID)  # fmt: skip
    shares = [300 / 2400, 200 / 2400, 1900 / 2400]
    assert table["label"].tolist() == ["a0", "a1", "elsewhere"]
    assert table["share"].tolist() == pytest.approx(shares)
    assert table["expected"].tolist() == pytest.approx([2.0 * one for one in shares])
    chance = sum(p * (1 - (1 - shares[0]) ** n) for n, p in enumerate(NUMBER.p))
    assert table["chance"].iloc[0] == pytest.approx(chance)


def test_sums_are_the_mean_and_richer_ground_gets_more():
    rng = np.random.default_rng(1)
    values = rng.random(GRID.shape) ** 8
    values[3, 5] = np.nan
    parts = areas(*((r, c, r + 8, c + 12) for r in range(0, 40, 8) for c in range(0, 60, 12)))
    table = allocated(layer(values), parts, number=NUMBER, label="name", grid=GRID)
    assert float(table["expected"].sum()) == NUMBER.mean
    assert table["expected"].iloc[-1] == pytest.approx(0, abs=1e-12), "the areas cover all"
    cells = np.nan_to_num(values.astype("float32").astype(float))
    wanted = cells.reshape(5, 8, 5, 12).sum(axis=(1, 3)).ravel() / cells.sum()
    np.testing.assert_allclose(table["share"][:-1], wanted, atol=1e-9)


def test_how_the_grid_is_cut_changes_no_bit():
    values = np.random.default_rng(2).random(GRID.shape)
    parts = areas((1, 2, 17, 33), (10, 20, 39, 58))
    made = []
    for side in (64, 16, 7):
        with lazy.cut(side):
            made.append(allocated(lazy.chunked(layer(values)), parts, number=NUMBER, label="name",
                                  grid=GRID))  # fmt: skip
    assert made[0].equals(made[1])
    assert made[0].equals(made[2])


def test_ground_in_two_areas_counts_once_and_is_told(caplog):
    table = allocated(layer(0.01), areas((0, 0, 10, 10), (5, 0, 15, 10)), number=NUMBER,
                      label="name", grid=GRID)  # fmt: skip
    assert table["share"].tolist() == pytest.approx([100 / 2400, 50 / 2400, 2250 / 2400])
    assert "areas overlap in 50 cells, which count for the area that comes first" in caplog.text


def test_what_cannot_be_shared_out_is_refused():
    parts = areas((0, 0, 10, 10))
    with pytest.raises(DataError, match="no cell has a chance"):
        allocated(layer(0.0), parts, number=NUMBER, label="name", grid=GRID)
    with pytest.raises(DataError, match="no column 'nam'; did you mean 'name'"):
        allocated(layer(0.1), parts, number=NUMBER, label="nam", grid=GRID)
    with pytest.raises(ContractError, match="the areas is in"):
        allocated(layer(0.1), parts.to_crs(4326), number=NUMBER, label="name", grid=GRID)


def test_the_map_of_chance_is_bayes_cell_by_cell():
    rng = np.random.default_rng(3)
    probability, explored = 0.3 * rng.random(GRID.shape), rng.random(GRID.shape)
    made = chance_of_undiscovered(layer(probability), layer(explored), label_frequency=0.5)
    contract.check_layer(made, GRID, "chance")
    assert lazy.is_lazy(made)
    wanted = undiscovered(np.minimum(probability / 0.5, 1), explored)
    np.testing.assert_allclose(made.values, wanted, rtol=1e-5, atol=1e-7)
    with lazy.cut(7):
        pieces = chance_of_undiscovered(
            lazy.chunked(layer(probability)), lazy.chunked(layer(explored)), label_frequency=0.5
        )
        np.testing.assert_array_equal(pieces.values, made.values)
