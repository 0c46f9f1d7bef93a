"""Made districts: what is hidden is nowhere to be read, and surveys tell of it as they should."""

import numpy as np
import pytest

from geoprospect import contract
from geoprospect.drilling.made import FEWEST_HIDDEN, FEWEST_KNOWN, ROCKS, STATED, made_district
from geoprospect.errors import DataError


@pytest.fixture(scope="module")
def districts():
    return [made_district(seed=seed) for seed in range(8)]


def test_each_keeps_the_contract_and_its_deposits_apart(districts):
    for district in districts:
        contract.check_cube(district.cube, district.grid)
        contract.check_crs(district.known, district.grid)
        cells = np.ravel_multi_index((district.known["row"], district.known["column"]), (64, 64))
        assert not set(cells) & set(district.hidden)
        assert len(set(cells) | set(district.hidden)) == len(cells) + len(district.hidden)
        assert district.open.sum() == 64 * 64 - len(cells)
        assert len(cells) >= FEWEST_KNOWN
        assert len(district.hidden) >= FEWEST_HIDDEN


def test_points_lie_in_the_cells_they_name(districts):
    x, y = districts[0].known.geometry.x, districts[0].known.geometry.y
    rows, columns, inside = contract.cells_at(x, y, districts[0].grid)
    assert inside.all()
    assert (rows == districts[0].known["row"]).all()
    assert (columns == districts[0].known["column"]).all()


def test_gravel_hides_deposits_halos_and_faults(districts):
    hidden, known, spread = [], [], []
    for district in districts:
        covered = (district.explored < STATED).ravel()
        hidden.append(covered[district.hidden].mean())
        known.append(covered[~district.open].mean())
        potassium = district.cube["potassium"].to_numpy().ravel()
        deep = district.cube["gravel"].to_numpy().ravel() > 40
        spread.append(potassium[deep].std() / potassium[~covered].std())
        rock = district.cube["lithology"].to_numpy().ravel()
        assert (rock[covered] == 5).all()
        assert set(np.unique(rock)) <= set(ROCKS)
    assert np.mean(hidden) > np.mean(known) + 0.2
    assert np.mean(spread) < 0.4


def test_what_matters_in_the_west_is_not_what_matters_in_the_east(districts):
    """Magnetics rise over deposits of the west more than of the east; arsenic the other way."""
    columns = np.arange(64 * 64) % 64
    rise = {"magnetics": [], "arsenic": []}
    for district in districts:
        at = np.concatenate([np.flatnonzero(~district.open), district.hidden])
        for name, found in rise.items():
            layer = district.cube[name].to_numpy().ravel()
            over = (layer[at] - layer.mean()) / layer.std()
            west, east = over[columns[at] < 24], over[columns[at] >= 40]
            found.append(west.mean() - east.mean())
    assert np.mean(rise["magnetics"]) > 0.3
    assert np.mean(rise["arsenic"]) < -0.3


def test_a_seed_makes_the_same_district_and_another_a_different_one():
    one, same, other = (made_district(seed=seed, shape=(44, 44)) for seed in (3, 3, 4))
    assert one.cube.identical(same.cube)
    assert np.array_equal(one.hidden, same.hidden)
    assert not np.array_equal(one.cube["copper"], other.cube["copper"])


def test_too_small_a_district_is_refused():
    with pytest.raises(DataError, match=r"the district of seed 0 has \d+ known and \d+ hidden "
                       r"deposits, and 8 and 5 are needed; make it larger"):  # fmt: skip
        made_district(seed=0, shape=(8, 8))
