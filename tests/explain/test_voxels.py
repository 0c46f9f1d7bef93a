"""Why a voxel scores as it does: sums to the score, and names what made the ore."""

from __future__ import annotations

import numpy as np
import pytest

from geoprospect import contract
from geoprospect.explain.voxels import attributions, best_voxels
from geoprospect.maps.voxels import prospectivity
from tests import underground


@pytest.fixture(scope="module")
def maps():
    return prospectivity(
        underground.cube(), underground.ensemble(), unknown_beyond=60, known_by=["cu"]
    )


def test_contributions_sum_to_the_mean_raw_score(maps):
    few = maps["prospectivity"].copy()
    few[:, 1:] = np.nan
    made = attributions(underground.cube(), underground.ensemble(), where=few)
    asked = ~np.isnan(few.to_numpy())
    assert 0 < asked.sum() < 1000
    names = contract.evidence(underground.cube())
    rows = np.column_stack([underground.cube()[name].to_numpy()[asked] for name in names])
    raw = underground.ensemble().raw_scores(rows).mean(axis=0)
    total = sum(made[name].to_numpy()[asked] for name in made.data_vars)
    np.testing.assert_allclose(total, raw, rtol=1e-4, atol=1e-4)
    assert np.isnan(made["cu"].to_numpy()[~asked]).all()
    assert list(made.data_vars) == [*names, "base_value"]
    assert made["fault"].attrs["units"] == "log-odds"


def test_the_best_voxels_are_the_highest_with_their_reasons(maps):
    best = best_voxels(maps, underground.cube(), underground.ensemble(), count=6)
    score = maps["prospectivity"].to_numpy().ravel()
    top = np.sort(score[~np.isnan(score)])[::-1][:6]
    np.testing.assert_array_equal(best["prospectivity"], top)
    at = underground.BLOCKS.blocks_at(best[["x", "y", "z"]].to_numpy())
    one = best.iloc[0]
    value = underground.cube()[one["driver_1"]].to_numpy()[at[0][0], at[1][0], at[2][0]]
    assert one["value_1"] == value
    assert (best["contribution_1"] >= best["contribution_2"]).all()
    assert set(best["driver_1"]) <= {"contact", "fault", "cu", "rock"}


def test_only_known_voxels_are_best(maps):
    few = maps.copy()
    few["prospectivity"] = few["prospectivity"].where(few["prospectivity"] > 1)
    assert best_voxels(few, underground.cube(), underground.ensemble()).empty
    with pytest.raises(ValueError, match="count must be 1 or more, got 0"):
        best_voxels(maps, underground.cube(), underground.ensemble(), count=0)
