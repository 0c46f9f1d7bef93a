"""The test on the past: made deposits with dates, rankings whose ranks are counted by hand."""

import logging

import geopandas as gpd
import numpy as np
import pytest

from geoprospect.drilling.backtest import best_layer, fingerprint, judged, nearest_known, placebo
from geoprospect.drilling.discoveries import Finds, split
from geoprospect.errors import DataError


def deposits(years=(1970, 1985, 1995, 1996, 2001), groups=(0, 1, 1, 2, 3)):
    places = gpd.points_from_xy(range(len(years)), [0] * len(years))
    return gpd.GeoDataFrame({"year": list(years), "camp": list(groups)}, geometry=places)


def cut(date, **given):
    return split(deposits(**given), found="year", group="camp", cut=date)


def test_a_late_deposit_of_a_known_camp_is_no_discovery(caplog):
    with caplog.at_level(logging.INFO):
        found = cut("1990-01-01")
    assert found.before["year"].tolist() == [1970, 1985]
    assert found.after["year"].tolist() == [1996, 2001]
    assert "1 later deposits are in clusters known by 1990-01-01" in caplog.text


def test_what_was_found_on_the_day_is_a_discovery():
    assert cut("1996-01-01").after["year"].tolist() == [1996, 2001]
    dated = deposits().assign(year=["1970-05-01", "1985-01-01", "1990-06-30", "1990-07-01", "2001"])
    found = split(dated.iloc[:4], found="year", group="camp", cut="1990-07-01")
    assert found.after["year"].tolist() == ["1990-07-01"]


def test_deposits_without_a_date_are_on_neither_side(caplog):
    found = cut("1990-01-01", years=(1970, 1985, 1995, None, 2001))
    assert (len(found.before), len(found.after)) == (2, 1)
    assert "1 deposits have no date in 'year'" in caplog.text


def test_a_cut_without_later_discovery_is_refused():
    with pytest.raises(DataError, match=r"no discovery was made on 2010-01-01 or later \(the last "
                       r"deposit is dated 2001-01-01\).*cut earlier"):  # fmt: skip
        cut("2010-01-01")
    with pytest.raises(DataError, match="no deposit was known before 1950-01-01"):
        cut("1950-01-01")
    with pytest.raises(DataError, match="no column 'yaer'; did you mean 'year'"):
        split(deposits(), found="yaer", group="camp", cut="1990-01-01")


def finds(cells, groups=None, n=100):
    return Finds(np.ones(n, bool), np.array(cells), np.array(groups or range(len(cells))))


def test_ranks_count_open_cells_and_clusters_once():
    scores = np.array([9, 8, 7, 6, 5, 4, 3, 2, 1, np.nan])
    open_ = np.array([1, 0, 1, 1, 1, 1, 1, 1, 1, 1], bool)
    found = Finds(open_, np.array([2, 6, 8, 9]), np.array(["a", "a", "b", "c"]))
    assert found.ranks(scores).tolist() == [2, 8, 9]
    assert found.discoveries == 3


def test_cells_of_one_score_share_their_mean_rank():
    assert finds([0, 3], n=5).ranks([1, 1, 1, 0, 0]).tolist() == [2, 4.5]


def test_the_table_tells_holes_and_captures():
    best = np.arange(100.0)[::-1]
    table = judged({"model": best, "nearest": np.zeros(100)}, finds([0, 4, 9, 19, 49, 99]),
                   model="model", holes_per_cell=2, seed=1)  # fmt: skip
    assert table.index.tolist() == ["model", "nearest", "random"]
    assert (table["first"]["model"], table["half"]["model"]) == (2, 20)
    assert table.loc["model", ["top_1", "top_5", "top_10"]].tolist() == pytest.approx(
        [1 / 6, 2 / 6, 3 / 6]
    )
    assert table["area"]["nearest"] == pytest.approx(0.5)
    assert table["first"]["random"] == pytest.approx(2 * 101 / 7)
    assert table["half"]["random"] == pytest.approx(2 * 3 * 101 / 7)
    assert "times as many" in table["said"]["nearest"]
    assert table["factor"]["nearest"] > 1
    assert table.loc[["model", "random"], "said"].isna().all()


def test_the_worked_normalised_areas():
    from tests.drilling.test_comparison import BASELINE, MODEL

    best = np.arange(10_000.0)[::-1]
    for ranks, wanted in ((MODEL, 0.8361), (BASELINE, 0.7766)):
        found = finds(np.array(ranks) - 1, n=10_000)
        table = judged({"model": best}, found, model="model", holes_per_cell=1, seed=1)
        assert table["area"]["model"] == pytest.approx(wanted, abs=5.1e-5)


def test_missing_baselines_are_said(caplog):
    judged({"model": np.arange(100.0)}, finds([1]), model="model", holes_per_cell=1, seed=1)
    assert "not compared with nearest, best layer, weights of evidence" in caplog.text


def test_random_rankings_find_as_the_null_says():
    rng = np.random.default_rng(6)
    found = finds([3, 30, 60, 90, 95])
    ranks = np.sort([found.ranks(rng.random(100)) for _ in range(4000)], axis=1)
    assert ranks[:, 0].mean() == pytest.approx(101 / 6, rel=0.05)
    assert ranks[:, 2].mean() == pytest.approx(3 * 101 / 6, rel=0.03)


def test_the_nearest_known_deposit_ranks_first():
    found = nearest_known([[0, 0], [3, 4], [10, 0]], [[0, 0], [10, 1]])
    assert found.tolist() == [0, -5, -1]


def test_the_best_layer_is_chosen_on_known_deposits_either_way_up():
    layers = {"noise": [5, 1, 2, 4, 3], "low is good": [9, 1, 8, 2, 7], "gap": [np.nan] * 5}
    name, score = best_layer(layers, np.array([1, 3]))
    assert name == "low is good"
    assert score.tolist() == [-9, -1, -8, -2, -7]
    assert best_layer({"up": [1, 2, np.nan]}, np.array([1, 2]))[1][:2].tolist() == [1, 2]
    with pytest.raises(DataError, match="no layer is known at any known deposit"):
        best_layer({"gap": [np.nan] * 5}, np.array([1]))


def test_a_placebo_is_the_null_and_a_leak_is_not():
    places = np.column_stack([np.arange(400) % 20, np.arange(400) // 20]).astype(float)
    found = finds([25, 110, 290, 333, 371], n=400)
    null = placebo(lambda cells: nearest_known(places, places[cells]), found, known=3,
                   times=200, seed=2)  # fmt: skip
    assert abs(null.mean() - 0.5) < 4 * null.std() / np.sqrt(200) + 0.05
    leak = np.isin(np.arange(400), found.cells).astype(float)
    assert (placebo(lambda _: leak, found, known=3, times=2, seed=2) > 0.98).all()


def test_a_fingerprint_changes_with_the_ranking():
    assert fingerprint([1.0, 2.0]) == fingerprint(np.array([1, 2]))
    assert fingerprint([1.0, 2.0]) != fingerprint([2.0, 1.0])


def test_what_cannot_be_judged_is_named():
    with pytest.raises(DataError, match=r"1 discoveries lie in cells that were not open .* cell 2"):
        Finds(np.array([True, True, False]), np.array([0, 2]), np.array([0, 1]))
    with pytest.raises(DataError, match="0 discoveries and 0 clusters"):
        finds([])
    with pytest.raises(DataError, match="no ranking 'modle'; did you mean 'model'"):
        judged({"model": np.ones(100)}, finds([1]), model="modle", holes_per_cell=1, seed=1)
    with pytest.raises(ValueError, match=r"holes_per_cell must be 1 or more, got 0\.5"):
        judged({"model": np.ones(100)}, finds([1]), model="model", holes_per_cell=0.5, seed=1)
