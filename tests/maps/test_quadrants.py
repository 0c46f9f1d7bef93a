"""Risk and return against ranks counted cell by cell."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.maps import quadrants


def layer(values, grid):
    made = contract.on_grid(np.asarray(values, "float32"), grid)
    return contract.describe(made, long_name="made", units="1")


@pytest.fixture
def maps(grid):
    """A score with ties, and a doubt that goes with it; a corner of each unknown."""
    rng = np.random.default_rng(0)
    score = np.round(rng.beta(1, 4, grid.shape), 2)
    doubt = score * (1 - score) * rng.random(grid.shape)
    score[:3, :5], doubt[-4:, -6:] = np.nan, np.nan
    return layer(score, grid), layer(doubt, grid)


def share_below(values, of):
    """Percent of *of* below each value and at most it, rounded down, averaged; in plain numpy."""
    n = len(of)
    less = np.array([(of < v).sum() * 100 // n for v in values])
    no_more = np.array([(of <= v).sum() * 100 // n for v in values])
    return (less + no_more) / 200


def test_return_risk_and_index_are_counted_cell_by_cell(maps):
    score, doubt = (one.to_numpy() for one in maps)
    known = ~(np.isnan(score) | np.isnan(doubt))
    made = quadrants.risk_return(*maps).compute()
    gain = share_below(score[known], score[known])
    np.testing.assert_allclose(made["return"].to_numpy()[known], gain, atol=1e-6)
    tenth = np.minimum((gain * 200).round().astype(int) * 10 // 200, 9)
    risk = np.empty_like(gain)
    for number in range(10):
        mine = tenth == number
        risk[mine] = share_below(doubt[known][mine], doubt[known][mine])
    np.testing.assert_allclose(made["risk"].to_numpy()[known], risk, atol=1e-6)
    index = made["exploration_index"].to_numpy()
    np.testing.assert_allclose(index[known], gain * (1 - risk), atol=1e-6)
    assert all(np.isnan(made[name].to_numpy()[~known]).all() for name in made)


@pytest.mark.parametrize("settings", [{"top": 0.07}, {"threshold": 0.31}, {"threshold": 0.0}])
def test_quadrants_are_cut_at_the_score_and_at_the_median_risk_above_it(maps, settings):
    made = quadrants.risk_return(*maps, **settings).compute()
    score, risk = maps[0].to_numpy(), made["risk"].to_numpy()
    known = ~np.isnan(risk)
    if "top" in settings:
        cut = np.sort(score[known])[::-1][int(np.ceil(0.07 * known.sum())) - 1]
    else:
        cut = np.float32(settings["threshold"])
    high = known & (score >= cut)
    middle = np.sort(risk[high])[int(np.ceil(high.sum() / 2)) - 1]
    assert made.attrs["score_threshold"] == cut
    assert made.attrs["risk_threshold"] == pytest.approx(middle)
    wanted = np.where(high, np.where(risk <= middle, 1, 2), np.where(risk <= middle, 4, 3))
    np.testing.assert_array_equal(made["quadrant"].to_numpy()[known], wanted[known])


def test_members_that_always_agree_leave_no_one_riskier_than_another(grid):
    score = layer(np.arange(2400).reshape(grid.shape) / 2400, grid)
    made = quadrants.risk_return(score, layer(np.zeros(grid.shape), grid)).compute()
    assert (made["risk"] == 0.5).all()
    assert set(np.unique(made["quadrant"])) == {1, 4}


@pytest.mark.parametrize("chunk", [7, 33])
def test_chunking_changes_nothing(maps, chunk):
    whole = quadrants.risk_return(*maps).compute()
    with lazy.cut(chunk):
        again = quadrants.risk_return(*maps).compute()
    assert whole.identical(again)


def test_a_monotone_change_of_the_score_changes_no_quadrant(maps):
    score, doubt = maps
    odd = score.copy(data=score.to_numpy() ** 3)
    one, two = (quadrants.risk_return(s, doubt).compute() for s in (score, odd))
    assert one["quadrant"].equals(two["quadrant"])


def test_maps_say_what_they_are(maps, grid):
    made = quadrants.risk_return(*maps)
    assert all(lazy.is_lazy(one) for one in made.values())
    assert all(contract.layer_problems(one, grid) == [] for one in made.values())
    assert contract.meanings(made["quadrant"])[1] == "drill-ready: high return, low risk"


def test_the_table_counts_ground_and_deposits(grid, caplog):
    codes = np.full(grid.shape, 4.0)
    codes[:4], codes[4:10] = 1, 2  # 240, 360 and 1800 cells
    codes[-1, -1] = np.nan
    quadrant = contract.describe(
        contract.on_grid(codes.astype("float32"), grid),
        long_name="q", units="1", meanings=quadrants.QUADRANTS,
    )  # fmt: skip
    samples = gpd.GeoDataFrame(
        {"label": [1, 1, 1, 1, 1, 0], "row": [0, 1, 5, 20, 39, 3], "column": [0, 9, 9, 9, 59, 3]},
        geometry=gpd.points_from_xy([0] * 6, [0] * 6, crs=grid.crs.proj),
    )
    told = quadrants.table(quadrant, samples)
    assert [one["count"] for one in told] == [2, 1, 0, 1]
    assert told[0]["area"] == pytest.approx(240 / 2399)
    assert told[0]["lift"] == pytest.approx(0.5 / (240 / 2399))
    assert told[2]["lift"] is None
    assert sum(one["area"] for one in told) == pytest.approx(1)
    assert "1 of 5 deposits lie where the map is unknown" in caplog.text


def test_what_cannot_be_told_is_refused(maps, grid):
    with pytest.raises(ValueError, match="top must be a share between 0 and 1, got 1"):
        quadrants.risk_return(*maps, top=1)
    with pytest.raises(DataError, match=r"no cell reaches the threshold 2; the highest score is"):
        quadrants.risk_return(*maps, threshold=2)
    empty = layer(np.full(grid.shape, np.nan), grid)
    with pytest.raises(DataError, match="no cell has both a score and an uncertainty"):
        quadrants.risk_return(maps[0], empty)
    with pytest.raises(DataError, match="no cell has both a score and an uncertainty"):
        quadrants.risk_return(maps[0], empty, threshold=0.5)
    other = GeoBox.from_bbox((0, 0, 6000, 4000), crs="EPSG:32648", resolution=100)
    with pytest.raises(ContractError, match="not on the target grid"):
        quadrants.risk_return(maps[0], layer(np.zeros(grid.shape), other))
    nothing = quadrants.risk_return(*maps)["quadrant"] * np.nan
    nothing = contract.describe(nothing, long_name="q", units="1", meanings=quadrants.QUADRANTS)
    with pytest.raises(DataError, match="no cell of the quadrant map is known"):
        quadrants.table(nothing, gpd.GeoDataFrame({"label": [], "row": [], "column": []}))
