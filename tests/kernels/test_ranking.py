"""Ranking against sklearn, brute force and a published map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geoprospect.kernels import ranking

# few distinct values, so that ties are common
MAPS = hnp.arrays(np.float32, st.integers(6, 60), elements=st.sampled_from([0.0, 0.1, 0.3, 0.7, 1]))


def split(scores: np.ndarray, seed: int) -> np.ndarray:
    """Cells that hold a deposit: at least one, and not all."""
    return np.random.default_rng(seed).choice(len(scores), len(scores) // 3, replace=False)


def stepped_curve(scores: np.ndarray, deposits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Capture against area, cell by cell, tied cells joined by one straight line."""
    area, found = [0.0], [0.0]
    for threshold in sorted(set(scores.tolist()), reverse=True):
        area.append(sum(s >= threshold for s in scores) / len(scores))
        found.append(sum(s >= threshold for s in scores[deposits]) / len(deposits))
    return np.array(area), np.array(found)


@given(MAPS, st.integers(0, 99))
def test_counts_are_those_of_comparing_every_pair(scores, seed):
    wanted = scores[split(scores, seed)]
    above, at_or_above = ranking.ranks(scores, wanted)
    assert above.tolist() == [sum(s > w for s in scores) for w in wanted]
    assert at_or_above.tolist() == [sum(s >= w for s in scores) for w in wanted]


@given(MAPS, st.integers(0, 99), st.integers(1, 5))
def test_counts_add_up_over_blocks_and_skip_nan(scores, seed, pieces):
    wanted = scores[split(scores, seed)]
    holed = np.insert(scores, 2, np.nan)
    parts = [ranking.ranks(piece, wanted) for piece in np.array_split(holed, pieces)]
    np.testing.assert_array_equal(sum(parts), ranking.ranks(scores, wanted))


@given(MAPS, st.integers(0, 99))
def test_auc_is_that_of_sklearn(scores, seed):
    from sklearn.metrics import roc_auc_score

    deposits = split(scores, seed)
    counts = ranking.ranks(scores, scores[deposits])
    area = ranking.ausrc(*counts, len(scores))
    truth = np.isin(np.arange(len(scores)), deposits)
    assert ranking.auc(area, len(deposits), len(scores)) == pytest.approx(
        roc_auc_score(truth, scores), abs=1e-12
    )


@given(MAPS, st.integers(0, 99))
def test_ausrc_and_capture_are_those_of_the_stepped_curve(scores, seed):
    deposits = split(scores, seed)
    area, found = stepped_curve(scores, deposits)
    counts = ranking.ranks(scores, scores[deposits])
    assert ranking.ausrc(*counts, len(scores)) == pytest.approx(np.trapezoid(found, area))
    shares = np.linspace(0, 1, 37)
    np.testing.assert_allclose(
        ranking.capture(*counts, len(scores), shares), np.interp(shares, area, found), atol=1e-12
    )


@given(MAPS, st.integers(0, 99), st.floats(0.01, 1))
def test_the_area_needed_is_the_smallest_that_captures_so_much(scores, seed, wanted):
    deposits = split(scores, seed)
    counts = ranking.ranks(scores, scores[deposits])
    (needed,) = ranking.area_needed(*counts, len(scores), [wanted])
    assert ranking.capture(*counts, len(scores), [needed])[0] == pytest.approx(wanted, abs=1e-9)
    less = ranking.capture(*counts, len(scores), [needed - 1e-6])[0]
    assert less < wanted


@given(MAPS, st.integers(0, 99))
def test_curves_by_score_stand_at_each_threshold_and_just_above_it(scores, seed):
    deposits = split(scores, seed)
    own = scores[deposits]
    above, at_or_above = ranking.ranks(scores, own)
    place, found, ground = ranking.by_score(own, above, at_or_above, len(scores))
    assert place.tolist() == [s for s in sorted(set(own.tolist()), reverse=True) for _ in "ab"]
    for n, threshold in enumerate(place):
        beyond = np.greater_equal if n % 2 else np.greater
        assert found[n] == pytest.approx(beyond(own, np.float32(threshold)).mean())
        assert ground[n] == pytest.approx(beyond(scores, np.float32(threshold)).mean())


def test_ten_cells_counted_by_hand():
    scores = np.array([0.9, 0.8, 0.8, 0.5, 0.5, 0.5, 0.5, 0.2, 0.1, 0.1])
    above, at_or_above = ranking.ranks(scores, [0.8, 0.1])
    assert above.tolist() == [1, 8]
    assert at_or_above.tolist() == [3, 10]
    assert ranking.ausrc(above, at_or_above, 10) == pytest.approx(1 - (0.2 + 0.9) / 2)
    # one deposit somewhere in the second and third tenth, the other in the last two
    np.testing.assert_allclose(
        ranking.capture(above, at_or_above, 10, [0.1, 0.2, 0.3, 0.8, 0.9, 1]),
        [0, 0.25, 0.5, 0.5, 0.75, 1],
    )
    np.testing.assert_allclose(
        ranking.area_needed(above, at_or_above, 10, [0.25, 0.5, 0.75]), [0.2, 0.3, 0.9]
    )


def test_where_every_cell_holds_a_deposit_there_is_no_auc():
    assert np.isnan(ranking.auc(0.5, 4, 4))


@pytest.mark.real_data
def test_a_published_map_gives_its_published_ranking(real_data):
    # Geoscience Australia's weights-of-evidence map of Cloncurry and its 258 deposits
    import geopandas as gpd
    import rasterio

    folder = real_data / "cloncurry_iocg" / "CalculateAUC"
    deposits = gpd.read_file(folder / "IOCG_Deposits.shp")
    with rasterio.open(folder / "PosteriorProbability.tif") as file:
        scores = file.read(1, masked=True).astype("float64").filled(np.nan)
        points = deposits.to_crs(file.crs).geometry
        found = np.array([v[0] for v in file.sample(zip(points.x, points.y, strict=True))])
    cells = int(np.isfinite(scores).sum())
    counts = ranking.ranks(scores, found)
    assert ranking.ausrc(*counts, cells) == pytest.approx(0.71445, abs=5e-6)
    np.testing.assert_allclose(
        ranking.capture(*counts, cells, [0.01, 0.02, 0.05, 0.1, 0.2]),
        [0.090, 0.147, 0.188, 0.284, 0.474],
        atol=5e-4,
    )
