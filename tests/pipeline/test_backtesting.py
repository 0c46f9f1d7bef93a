"""A run's model against the past: dates dealt to a made district, ranks counted by hand."""

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from geoprospect import contract
from geoprospect.drilling.made import made_district
from geoprospect.errors import DataError
from geoprospect.pipeline.backtesting import backtest
from geoprospect.pipeline.past import Past

CUTS = (1980, 1990, "2000-01-01")


class Likeness:
    """One member that likes what is like the mean deposit, layer by layer."""

    def __init__(self, rows, labels, layers):
        self.layers_ = list(layers)
        self.spread = np.nanstd(rows, axis=0)
        self.middle = np.nanmean(rows[labels == 1], axis=0)

    def scores(self, rows):
        apart = np.nanmean(((rows - self.middle) / self.spread) ** 2, axis=1)
        return np.exp(-apart)[None]


def fits(layers):
    return lambda rows, labels, groups: Likeness(rows, labels, layers)


@pytest.fixture(scope="module")
def ground():
    """The district, all its deposits with a year; those under gravel were found late."""
    district = made_district(seed=5, shape=(44, 44))
    rng = np.random.default_rng(1)
    rows, columns = np.divmod(district.hidden, 44)
    x, y = district.grid.affine * (columns + 0.5, rows + 0.5)
    late = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=district.known.crs)
    deposits = pd.concat([district.known[["geometry"]], late], ignore_index=True)
    years = np.concatenate([
        rng.integers(1950, 1995, len(district.known)), rng.integers(1970, 2015, len(late))
    ])  # fmt: skip
    return district, deposits.assign(found=years)


def layer(district, value):
    made = contract.on_grid(np.full(district.grid.shape, value, "float32"), district.grid)
    return contract.describe(made, long_name="layer", units="1")


def past(ground, **given):
    district, deposits = ground
    cube = district.cube[["magnetics", "copper", "arsenic", "lithology"]]
    settings = {
        "cube": cube, "area": layer(district, 1), "exclusions": layer(district, 0),
        "deposits": deposits, "fits": fits, "date_column": "found", "count": 300, "seed": 3,
        "cluster_distance": 600.0,
    }  # fmt: skip
    return Past(**(settings | given))


@pytest.fixture(scope="module")
def told(ground):
    return backtest(past(ground), cut=CUTS, holes_per_cell=2, placebos=2)


def test_every_date_is_reported_with_every_baseline(told):
    assert [one.cut for one in told.cuts] == ["1980", "1990", "2000-01-01"]
    rankings = ["model", "nearest", "best layer", "weights of evidence", "random"]
    assert told.table.groupby("cut", sort=False)["ranking"].agg(list).tolist() == [rankings] * 3
    known = [one.known for one in told.cuts]
    assert known == sorted(known)
    assert told.told()["rankings"][-1]["said"] is None
    assert told.told()["cuts"][0]["used"] == ["magnetics", "copper", "arsenic", "lithology"]


def test_holes_are_those_counted_cell_by_cell(ground, told):
    """The model of 1990, its discoveries and their ranks, worked out anew from the cube."""
    district, deposits = ground
    cells = np.stack([district.cube[name].to_numpy().ravel() for name in
                      ("magnetics", "copper", "arsenic", "lithology")], axis=1)  # fmt: skip
    rows, columns, _ = contract.cells_at(deposits.geometry.x, deposits.geometry.y, district.grid)
    at, year = rows * 44 + columns, deposits["found"].to_numpy()
    places = deposits.geometry.get_coordinates().to_numpy()
    near = np.hypot(*(places[:, None] - places[None]).T) <= 600
    linked = np.linalg.matrix_power(near.astype(int), len(near)) > 0
    known = year < 1990
    discovered = ~known & ~linked[:, known].any(axis=1)
    open_ = np.ones(44 * 44, bool)
    open_[at[known]] = False
    everywhere = np.column_stack(np.divmod(np.arange(44 * 44), 44))
    steps = everywhere[:, None] - np.column_stack([rows, columns])[known][None]
    nearest = np.hypot(*steps.T).min(axis=0)
    better = [(nearest[open_] < nearest[one]).sum() for one in at[discovered]]
    equal = [(nearest[open_] == nearest[one]).sum() for one in at[discovered]]
    ranks = np.array(better) + (np.array(equal) + 1) / 2
    firsts = [ranks[linked[discovered][:, discovered][k]].min() for k in range(len(ranks))]
    row = told.table.set_index(["cut", "ranking"]).loc[("1990", "nearest")]
    assert row["first"] == pytest.approx(2 * min(firsts))
    assert told.cuts[1].cells == open_.sum() == len(cells) - known.sum()
    clusters = {tuple(one) for one in linked[discovered][:, discovered]}
    assert told.cuts[1].discoveries == len(clusters)
    assert told.cuts[1].decidable == (len(clusters) >= 5)


def test_few_discoveries_decide_nothing(told):
    last = told.cuts[-1]
    rows = told.table[told.table["cut"] == last.cut].set_index("ranking")
    for one in told.cuts:
        said = told.table[told.table["cut"] == one.cut].set_index("ranking")["said"]["nearest"]
        assert said.startswith("not decidable") == (one.discoveries < 5)
    assert rows["said"].isna()["model"]


def test_a_model_that_knows_nothing_is_near_chance_and_frozen_rankings_are_hashed(told):
    for one in told.cuts:
        assert len(one.ranking) == 64
        assert not one.leaks
        assert abs(one.placebo - 0.5) < 3 / np.sqrt(12 * one.discoveries)
        assert 0.3 < one.shuffled < 1
    assert len({one.ranking for one in told.cuts}) == 3


def test_layers_of_later_years_are_kept_from_the_model(ground, caplog):
    acquired = {"magnetics": 1970, "copper": 1985, "lithology": 1960}
    seen = []

    def spied(layers):
        seen.append(list(layers))
        return fits(layers)

    with caplog.at_level(logging.WARNING):
        found = backtest(past(ground, acquired=acquired, fits=spied), cut=CUTS, holes_per_cell=1,
                         placebos=1)  # fmt: skip
    assert [one.left_out for one in found.cuts] == [["copper"], [], []]
    assert all(one.risk == ["arsenic"] for one in found.cuts)
    assert "leak risk: nobody says when arsenic existed" in caplog.text
    early = ["magnetics", "arsenic", "lithology"]
    assert sum(layers == early for layers in seen) >= 2  # the model and its placebo
    assert sum("copper" in layers for layers in seen) >= 4


def test_a_layer_made_with_the_discoveries_at_hand_refuses_the_report(ground):
    district, deposits = ground
    mined = district.cube["magnetics"].to_numpy().copy()
    rows, columns, _ = contract.cells_at(deposits.geometry.x, deposits.geometry.y, district.grid)
    mined[rows, columns] = deposits["found"]
    cube = district.cube[["copper"]].assign(
        tailings=contract.describe(
            contract.on_grid(mined, district.grid), long_name="tailings", units="1"
        )
    )
    with pytest.raises(DataError, match=r"layers know when deposits were found.*\n.*tailings") as e:
        backtest(past(ground, cube=cube), cut=CUTS, holes_per_cell=1)
    assert e.value.__notes__ == ["at the cut date 1980"]


def test_a_model_fed_with_the_answer_is_told_as_a_leak(ground, caplog):
    _, deposits = ground

    class Knows(Likeness):
        def scores(self, rows):
            return rows[None, :, 0].astype(float)

    district, _ = ground
    answer = np.zeros(district.grid.shape, "float32")
    rows, columns, _ = contract.cells_at(deposits.geometry.x, deposits.geometry.y, district.grid)
    answer[rows, columns] = 1
    cube = xr.Dataset({
        "answer": contract.describe(contract.on_grid(answer, district.grid), long_name="a",
                                    units="1"),
        "copper": district.cube["copper"],
    })  # fmt: skip
    found = backtest(
        past(ground, cube=cube, fits=lambda layers: lambda r, y, g: Knows(r, y, layers)),
        cut=(1975, 1980, 1985), holes_per_cell=1, placebos=1,
    )  # fmt: skip
    assert all(one.leaks for one in found.cuts)
    assert "a model taught with random cells captures discoveries" in caplog.text


def test_holes_of_the_past_shut_cells_and_rank_the_others(ground):
    _, deposits = ground
    later = deposits[deposits["found"] >= 1990]
    x = 400_250.0 + 500 * np.arange(5)
    barren = gpd.GeoDataFrame(
        {"drilled": [1960] * 5}, geometry=gpd.points_from_xy(x, [3_200_250.0] * 5),
        crs=deposits.crs,
    )  # fmt: skip
    collars = pd.concat([barren, later.rename(columns={"found": "drilled"})], ignore_index=True)
    given = past(ground, collars=collars, collar_date_column="drilled")
    drilled, historic = given.history("1990")
    found, plain = (
        given.finds(given.split("1990"), done) for done in (drilled, np.zeros_like(drilled))
    )
    assert found.open.sum() == plain.open.sum() - 5
    ranks = found.ranks(historic["historic order"])
    assert ranks.max() <= len(later)
    year = later["found"].to_numpy()[np.isin(given.cells(later), found.cells)]
    assert ranks.min() == pytest.approx(((later["found"] < year.min()).sum() + 1), abs=1)
    told = backtest(given, cut=(1988, 1989, 1990), holes_per_cell=1, placebos=1)
    rows = told.table.set_index(["cut", "ranking"])
    assert rows.loc[("1990", "historic order"), "first"] == ranks.min()
    assert [one.met for one in told.cuts][-1] == told.cuts[-1].discoveries


def test_a_date_without_later_discovery_is_named(ground):
    with pytest.raises(
        DataError, match=r"no discovery was made on 2020 or later.*cut earlier"
    ) as e:
        backtest(past(ground), cut=(1990, 2000, 2020), holes_per_cell=1, placebos=1)
    assert e.value.__notes__ == ["at the cut date 2020"]


def test_what_cannot_be_tested_is_named(ground):
    with pytest.raises(ValueError, match=r"3 different dates or more, .* got 1990, 1990, 2000"):
        backtest(past(ground), cut=(1990, 1990, 2000), holes_per_cell=1)
    with pytest.raises(ValueError, match=r"3 different dates or more, .* got 1990, 2000"):
        backtest(past(ground), cut=(1990, 2000), holes_per_cell=1)
    with pytest.raises(ValueError, match="placebos must be 1 or more, got 0"):
        backtest(past(ground), cut=CUTS, holes_per_cell=1, placebos=0)
    with pytest.raises(
        DataError, match="the deposits have no column 'fuond'; did you mean 'found'"
    ):
        backtest(past(ground, date_column="fuond"), cut=CUTS, holes_per_cell=1)
    district, _ = ground
    with pytest.raises(DataError, match="no later discovery lies on ground that may be drilled"):
        past(ground, exclusions=layer(district, 1)).finds(
            past(ground).split("1990"), np.zeros(0, bool)
        )
