from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point

from geoprospect.targets.criteria import Measured
from geoprospect.targets.preference import Weighed, preferred, rank_if

SCORES = np.array([0.5, 0.9, 0.7, 0.6])
SIZES = np.array([4.0, 1.0, 2.0, np.nan])


@pytest.fixture
def targets():
    return gpd.GeoDataFrame(
        {
            "rank": [1, 2, 3, 4],
            "label": ["T1", "T2", "T3", "T4"],
            "mean_prospectivity": SCORES,
            "max_prospectivity": SCORES,
            "area_km2": SIZES,
            "name": list("abcd"),
        },
        geometry=[Point(n, 0) for n in range(4)],
        crs="EPSG:32648",
    )


def weighed(prospectivity=3.0, size=1.0, ends=None):
    return [
        Weighed("prospectivity", Measured(SCORES, "Prospectivity", "1", True), prospectivity),
        Weighed("size", Measured(SIZES, "Size", "km2", True), size, ends),
    ]


def ranked(targets, criteria, members=None, **settings):
    members = SCORES[:, None] if members is None else members
    given = {"draws": 50, "concentration": 20.0, "seed": 3} | settings
    return preferred(targets, criteria, members=members, **given)


def test_scores_are_the_weighted_sum_of_utilities(targets):
    table, told = ranked(targets, weighed())
    by_name = table.set_index("name")
    assert by_name["u_prospectivity"].to_dict() == pytest.approx(
        {"a": 0, "b": 1, "c": 0.5, "d": 0.25}
    )
    assert by_name["u_size"].to_dict() == pytest.approx({"a": 1, "b": 0, "c": 1 / 3, "d": 0})
    assert by_name["c_size"].drop("d").to_dict() == {"a": 4, "b": 1, "c": 2}
    expected = {"a": 1 / 4, "b": 3 / 4, "c": (3 * 0.5 + 1 / 3) / 4, "d": 3 * 0.25 / 4}
    assert by_name["weighted_score"].to_dict() == pytest.approx(expected)
    assert table["name"].tolist() == ["b", "c", "a", "d"]
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert table["label"].tolist() == ["T1", "T2", "T3", "T4"]
    assert table.geometry.x.tolist() == [1, 2, 0, 3], "outlines go with their numbers"
    assert json.loads(json.dumps(told)) == told


def test_what_is_told_gives_the_score_again(targets):
    """As a page with sliders works it out."""
    table, told = ranked(targets, weighed(2, 5, ends=(0.0, 10.0)))
    total = sum(one["weight"] for one in told["criteria"])
    score = sum(one["weight"] * table[one["utility"]] for one in told["criteria"]) / total
    np.testing.assert_allclose(score, table["weighted_score"])
    size = told["criteria"][1]
    assert (size["low"], size["high"], size["direction"]) == (0, 10, "higher")
    assert size["scaling"].startswith("0 km2 gives 0 and 10 km2 gives 1, on a straight line")
    utility = np.clip((table[size["column"]] - size["low"]) / (size["high"] - size["low"]), 0, 1)
    np.testing.assert_allclose(utility.fillna(0), table[size["utility"]])


def test_what_has_no_value_gets_nothing_and_is_said(targets, caplog):
    ranked(targets, weighed())
    assert "size: 1 of 4 targets have no value and get a utility of 0" in caplog.text
    caplog.clear()
    ranked(targets, weighed(size=0))
    assert not caplog.text


def test_the_front_is_of_what_counts(targets):
    table, _ = ranked(targets, weighed())
    assert table.set_index("name")["pareto"].to_dict() == {"a": 1, "b": 1, "c": 1, "d": 0}
    table, _ = ranked(targets, weighed(size=0))
    assert table.set_index("name")["pareto"].to_dict() == {"a": 0, "b": 1, "c": 0, "d": 0}


def test_prospectivity_alone_is_the_order_of_the_scores(targets):
    table, _ = ranked(targets, weighed(size=0))
    assert table["name"].tolist() == ["b", "c", "d", "a"]


def test_what_does_not_count_has_no_weight(targets):
    neutral = Weighed("size", Measured(SIZES, "Size", "km2", True, counts=False), 9.0)
    table, told = ranked(targets, [weighed()[0], neutral])
    assert told["criteria"][1]["weight"] == 0
    assert table["name"].tolist() == ["b", "c", "d", "a"]
    with pytest.raises(ValueError, match="no criterion that counts has a weight above 0"):
        ranked(targets, [neutral])


def many(count):
    scores = np.linspace(0.1, 0.9, count)
    targets = gpd.GeoDataFrame(
        {
            "mean_prospectivity": scores,
            "max_prospectivity": scores,
            "area_km2": 1.0,
            "n": range(count),
        },
        geometry=[Point(n, 0) for n in range(count)],
        crs="EPSG:32648",
    )
    one = Weighed("prospectivity", Measured(scores, "Prospectivity", "1", True), 1.0)
    other = Weighed("size", Measured(-np.arange(count) * 1.0, "Size", "km2", True), 0.0)
    return targets, scores, one, other


def test_members_that_see_it_the_other_way_round_are_counted():
    targets, scores, one, other = many(30)
    members = np.column_stack([scores, scores, scores, scores[::-1]])
    table, _ = ranked(targets, [one, other], members)
    first = table.set_index("n")["top10_members"].sort_index()
    assert (first.loc[20:] == 0.75).all()
    assert (first.loc[:9] == 0.25).all()
    assert (first.loc[10:19] == 0).all()
    assert (table["top10_weights"] == (table["rank"] <= 10)).all(), "one weight cannot stray"


def test_two_opposed_criteria_stray_as_a_beta_distribution_says():
    """Utilities u and 1 - u: which end is ahead hangs on whether a weight exceeds one half."""
    from scipy import stats

    targets, scores, one, other = many(30)
    equal = [one, Weighed("size", other.measured, 0.6)]
    table, _ = ranked(targets, equal, scores[:, None], draws=4000, concentration=10.0)
    first = table.set_index("n")["top10_weights"]
    ahead = stats.beta(10 / 1.6, 6 / 1.6).sf(0.5)
    assert first.loc[29] == pytest.approx(ahead, abs=0.02)
    assert first.loc[0] == pytest.approx(1 - ahead, abs=0.02)
    assert first.sum() == pytest.approx(10)


def test_the_same_seed_gives_the_same_draws(targets):
    one, _ = ranked(targets, weighed(), seed=8)
    two, _ = ranked(targets, weighed(), seed=8)
    assert one.equals(two)


def test_another_score_would_give_another_rank(targets):
    table, told = ranked(targets, weighed())  # b 0.75, c 0.458, a 0.25, d 0.1875
    same = rank_if(table, told, np.full(4, np.nan))
    assert same.tolist() == [1, 2, 3, 4]
    # b would fall to 0.25 with 0.6, behind c; c would rise to 0.83 with 0.9; a to 1 with 0.9
    assert rank_if(table, told, np.array([0.6, 0.9, 0.9, 0.5])).tolist() == [3, 1, 1, 4]
    # below the range both have no utility left: the higher mean score is ahead
    assert rank_if(table, told, np.array([np.nan, np.nan, np.nan, 0.2])).tolist()[-1] == 4


def test_a_rank_does_not_move_where_scores_do_not_count(targets):
    table, told = ranked(targets, weighed(prospectivity=0))
    assert rank_if(table, told, np.array([0.01, 0.01, np.nan, np.nan])).tolist() == [1, 2, 3, 4]
    assert rank_if(table, told, np.full(4, 0.01))[2] == 4, "but they break its ties"


def test_no_targets_are_ranked_too(targets):
    empty = [Weighed(one.name, Measured(np.empty(0), "x", "1", True), 1.0) for one in weighed()]
    table, told = ranked(targets.iloc[:0], empty, np.empty((0, 3)))
    assert len(table) == 0
    assert {"weighted_score", "pareto", "top10_members", "u_size"} <= set(table)
    assert told["criteria"][0]["low"] is None


@pytest.mark.parametrize(
    ("criteria", "settings", "message"),
    [
        (weighed(-1), {}, "the weight of prospectivity must not be negative, got -1"),
        (weighed(0, 0), {}, "no criterion that counts has a weight above 0"),
        (weighed(1, 1, (2.0, 2.0)), {}, r"range of size must be \[low, high\]"),
        (weighed(), {"draws": 0}, "draws must be 1 or more, got 0"),
        (weighed(), {"concentration": 0}, "concentration must be positive, got 0"),
    ],
)
def test_what_cannot_be_weighed_is_refused(targets, criteria, settings, message):
    with pytest.raises(ValueError, match=message):
        ranked(targets, criteria, **settings)
