"""The crossing of a prediction-area plot against a search of the drawn curves, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.kernels import prediction_area as pa
from geoprospect.kernels import ranking
from tests.kernels.test_ranking import MAPS, split, stepped_curve


@given(MAPS, st.integers(0, 99))
def test_the_crossing_lies_where_the_drawn_curves_meet(scores, seed):
    deposits = split(scores, seed)
    area, found = stepped_curve(scores, deposits)
    fine = np.linspace(0, 1, 200_001)
    drawn = np.interp(fine, area, found)
    wanted = fine[np.argmin(np.abs(drawn - (1 - fine)))]
    counts = ranking.ranks(scores, scores[deposits])
    told = pa.crossing(*counts, len(scores))
    assert told.area == pytest.approx(wanted, abs=1e-5)
    assert told.captured == pytest.approx(1 - told.area)
    assert told.density == pytest.approx(told.captured / told.area)
    assert told.weight == pytest.approx(math.log(told.density))


def test_ten_cells_counted_by_hand():
    # deposits in the first cell and among the four of 0.5; the curve rises by 1/8 a cell there
    scores = np.array([0.9, 0.8, 0.8, 0.5, 0.5, 0.5, 0.5, 0.2, 0.1, 0.1])
    counts = ranking.ranks(scores, [0.9, 0.5])
    told = pa.crossing(*counts, 10, scores=[0.9, 0.5])
    # 0.5 + (x - 0.3) / 0.8 = 1 - x
    assert told.area == pytest.approx(0.875 / 2.25)
    assert told.score == pytest.approx(0.5)


def test_between_two_deposits_the_score_is_interpolated():
    scores = np.arange(10, 0, -1.0)
    found = np.array([10.0, 9, 4, 1])
    told = pa.crossing(*ranking.ranks(scores, found), 10, scores=found)
    assert told.area == pytest.approx(0.5)  # half of the deposits, and none near
    assert told.score == pytest.approx(9 + (0.5 - 0.2) / (0.6 - 0.2) * (4 - 9))


def test_ground_of_one_score_crosses_at_one_half():
    told = pa.crossing([0, 0], [50, 50], 50, scores=[0.3, 0.3])
    assert (told.area, told.density, told.weight, told.score) == (0.5, 1, 0, 0.3)


def test_a_published_laterite_map_has_its_density():
    """93 % of deposits in 7 % of the area: 13.3 times chance."""
    cells, deposits = 10_000, 100
    above = np.concatenate([np.linspace(0, 690, 93).astype(int), np.full(7, 9000)])
    told = pa.crossing(above, above + 1, cells)
    assert (told.captured, told.area) == (pytest.approx(0.93), pytest.approx(0.07))
    assert told.density == pytest.approx(13.3, abs=0.05)
    assert deposits == len(above)


def test_no_ground_above_gives_the_number_of_deposits():
    told = pa.crossing([0, 0, 0], [0, 0, 0], 10)
    assert (told.captured, told.area, told.density) == (1, 0, 3)


def test_deposits_off_the_map_make_jumps():
    # both jump from none to all where 4 of 10 cells lie above
    told = pa.crossing([4, 4], [4, 4], 10)
    assert told.area == pytest.approx(0.4)
    # one of two by then: the other is below everything
    assert pa.crossing([4, 10], [4, 10], 10).area == pytest.approx(0.5)


def test_the_worst_map_has_no_density():
    told = pa.crossing([10, 10], [10, 10], 10)
    assert (told.captured, told.density, told.weight) == (0, 0, -math.inf)


@given(MAPS, st.integers(0, 99))
def test_upside_down_the_crossing_is_the_mirror_image(scores, seed):
    found = scores[split(scores, seed)]
    counts = ranking.ranks(scores, found)
    turned = pa.other_way(*counts, len(scores))
    np.testing.assert_array_equal(turned, ranking.ranks(-scores, -found))
    one, other = pa.crossing(*counts, len(scores)), pa.crossing(*turned, len(scores))
    assert one.area == pytest.approx(1 - other.area)
    better, low_values = pa.either_way(*counts, len(scores))
    assert better.area == (other if low_values else one).area
    assert better.density == max(one.density, other.density) >= 1 - 1e-12


@given(MAPS, st.integers(0, 99), st.floats(0.1, 9))
def test_any_rising_scale_gives_the_same_crossing(scores, seed, power):
    deposits = split(scores, seed)
    one = pa.crossing(*ranking.ranks(scores, scores[deposits]), len(scores))
    bent = np.exp(power * scores.astype(float))
    other = pa.crossing(*ranking.ranks(bent, bent[deposits]), len(scores))
    assert other.area == one.area


def test_layers_weigh_by_what_they_tell_and_no_less_than_nothing():
    found = [pa.crossing([a], [a + 1], 1001) for a in (100, 300, 700)]
    shares = pa.layer_weights(found)
    assert shares[2] == 0
    assert shares.sum() == pytest.approx(1)
    assert shares[0] / shares[1] == pytest.approx(found[0].weight / found[1].weight)
    assert pa.layer_weights(found[2:]).tolist() == [0]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (([], []), "needs deposits, and there are none"),
        (([5], [3]), "0 <= above <= at_or_above <= 10 cells"),
        (([5], [11]), "pass those of kernels.ranking.ranks"),
    ],
)
def test_counts_that_cannot_be_are_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        pa.crossing(*counts, 10)


def test_intervals_are_the_same_for_the_same_seed_and_wider_for_clusters():
    above = np.sort(np.random.default_rng(1).integers(0, 600, 60))
    alone = pa.interval(above, above + 1, 1000, clusters=np.arange(60), draws=300, seed=5)
    again = pa.interval(above, above + 1, 1000, clusters=np.arange(60), draws=300, seed=5)
    assert [end.area for end in alone] == [end.area for end in again]
    together = pa.interval(above, above + 1, 1000, clusters=np.arange(60) // 10, draws=300, seed=5)
    assert together[1].density / together[0].density > alone[1].density / alone[0].density
    here = pa.crossing(above, above + 1, 1000)
    assert alone[0].density < here.density < alone[1].density


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    """Deposits at x = u^2 of the area: captured sqrt(x), crossing where sqrt(x) = 1 - x."""
    rng = np.random.default_rng(2)
    truth = ((math.sqrt(5) - 1) / 2) ** 2
    inside = 0
    for repeat in range(200):
        above = (rng.random(80) ** 2 * 1e6).astype(int)
        low, high = pa.interval(
            above, above + 1, 10**6 + 1, clusters=np.arange(80), draws=200, seed=repeat
        )
        inside += high.area <= truth <= low.area
    # binomial: 95 % of 200 is 190, deviation 3
    assert 178 <= inside <= 199


@pytest.mark.real_data
def test_a_published_map_gives_its_published_crossing(real_data):
    import geopandas as gpd
    import rasterio

    folder = real_data / "cloncurry_iocg" / "CalculateAUC"
    deposits = gpd.read_file(folder / "IOCG_Deposits.shp")
    with rasterio.open(folder / "PosteriorProbability.tif") as file:
        scores = file.read(1, masked=True).astype("float64").filled(np.nan)
        points = deposits.geometry
        found = np.array([v[0] for v in file.sample(zip(points.x, points.y, strict=True))])
    cells = int(np.isfinite(scores).sum())
    told = pa.crossing(*ranking.ranks(scores, found), cells, scores=found)
    assert (round(told.captured, 3), round(told.area, 3)) == (0.662, 0.338)
    assert (round(told.density, 3), round(told.weight, 3)) == (1.955, 0.671)
