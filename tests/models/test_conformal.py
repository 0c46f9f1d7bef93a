"""Search areas counted by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from geoprospect import contract
from geoprospect.errors import DataError
from geoprospect.models import conformal


def level_map(grid, clusters):
    """A tenth of the ground at each of ten levels k / (clusters + 1), and a gap."""
    steps = np.repeat(np.arange(1, 11), 4)[:, None] * np.ones(grid.shape[1])
    steps = np.minimum(steps, clusters + 1) / (clusters + 1)
    steps[:, :10] = np.nan
    return contract.describe(
        contract.on_grid(steps.astype("float32"), grid), long_name="level", units="1"
    )


def test_a_clusters_score_is_that_of_its_best_worst_or_mean_deposit(caplog):
    scores, groups = [0.2, 0.9, np.nan, 0.4, 0.5], [7, 7, 7, 2, 3]
    clusters, best, which = conformal.cluster_scores(scores, groups)
    assert clusters.tolist() == [2, 3, 7]
    np.testing.assert_allclose(best, [0.4, 0.5, 0.9])
    assert which.tolist() == [3, 4, 1]
    assert "1 of 5 deposits have no score out of fold" in caplog.text
    _, worst, which = conformal.cluster_scores(scores, groups, take="worst")
    np.testing.assert_allclose(worst, [0.4, 0.5, 0.2])
    assert which.tolist() == [3, 4, 0]
    _, mean, which = conformal.cluster_scores(scores, groups, take="mean")
    np.testing.assert_allclose(mean, [0.4, 0.5, 0.55])
    assert which.tolist() == [3, 4, 0]


def test_a_find_weighs_half_each_half_life():
    assert conformal.recency([1990, 2010, 1970], half_life=20).tolist() == [0.5, 1, 0.25]


def test_areas_and_curve_are_counted(grid):
    found = conformal.told(level_map(grid, 9), clusters=9, models=9, how="cross", alphas=[0.1, 0.5])
    assert [area["area"] for area in found["areas"]] == pytest.approx([0.9, 0.5])
    assert [area["whole"] for area in found["areas"]] == [False, False]
    assert [area["guarantee"] for area in found["areas"]] == pytest.approx([0.8, 0])
    assert found["curve"]["confidence"] == pytest.approx([k / 10 for k in range(10)])
    assert found["curve"]["area"] == pytest.approx([k / 10 for k in range(10)])
    assert found["areas"][0]["text"] == (
        "90% of the ground holds a new deposit cluster like the known ones with probability "
        "about 90% (80% or more is proved, since models were fitted anew without each)."
    )
    assert json.loads(json.dumps(found)) == found


def test_one_untaught_model_proves_what_it_says(grid):
    found = conformal.told(level_map(grid, 9), clusters=9, models=1, how="split", alphas=[0.2])
    assert found["areas"][0]["guarantee"] == pytest.approx(0.8)
    assert found["areas"][0]["text"].endswith("with probability 80% or more.")


def test_of_one_map_beside_models_fitted_anew_nothing_is_proved(grid):
    found = conformal.told(level_map(grid, 9), clusters=9, models=9, how="one_map", alphas=[0.2])
    assert found["areas"][0]["guarantee"] is None
    assert "about 80%, if the models fitted anew" in found["areas"][0]["text"]


def test_too_few_clusters_leave_the_whole_area(grid):
    found = conformal.told(level_map(grid, 8), clusters=8, models=8, how="cross")
    ninety, eighty = found["areas"]
    assert ninety["whole"]
    assert (ninety["area"], ninety["guarantee"]) == (1, 1)
    assert "8 deposit clusters are too few for 90%: at least 9" in ninety["text"]
    assert not eighty["whole"]


def test_weights_make_clusters_fewer(grid):
    weights = np.full(9, 0.5)
    level = contract.describe(
        level_map(grid, 9) * 0 + np.float32(1 / 5.5), long_name="level", units="1"
    )
    found = conformal.told(level, clusters=9, models=9, how="cross", weights=weights)
    assert [area["whole"] for area in found["areas"]] == [True, False]
    assert [area["area"] for area in found["areas"]] == [1, 0]


def test_what_cannot_be_told_is_refused(grid):
    with pytest.raises(DataError, match="no deposit has a score out of fold"):
        conformal.cluster_scores([np.nan], [1])
    with pytest.raises(ValueError, match="1 of 2 clusters have no year of discovery"):
        conformal.recency([1990, np.nan], half_life=5)
    with pytest.raises(ValueError, match="half_life must be positive, got 0 years"):
        conformal.recency([1990], half_life=0)
    with pytest.raises(ValueError, match="alpha must be between 0 and 1, got 1"):
        conformal.told(level_map(grid, 9), clusters=9, models=9, how="cross", alphas=[1])
    with pytest.raises(DataError, match="no cell of the search map is known"):
        conformal.told(level_map(grid, 9) * np.nan, clusters=9, models=9, how="cross")
