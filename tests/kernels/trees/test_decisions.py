"""Decisions: every node sends a row where LightGBM sends it."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.kernels.trees.decisions import goes_left
from geoprospect.kernels.trees.forest import forest


def leaf(tree, left: np.ndarray) -> int:
    """Where one row ends, from the ways its tree's nodes send it."""
    place = 0 if len(tree.layers) else -1
    while place >= 0:
        place = int(tree.left[place] if left[place] else tree.right[place])
    return ~place


@pytest.mark.parametrize("zero_as_missing", [False, True])
@pytest.mark.parametrize("use_missing", [False, True])
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([np.float32, np.float64]))
def test_rows_end_in_the_leaves_that_lightgbm_names(use_missing, zero_as_missing, seed, dtype):
    random = np.random.default_rng(seed)
    rows = np.round(random.normal(size=(400, 4)), 1).astype(dtype)
    rows[:, 3] = random.integers(0, 300, 400)
    rows[random.random(rows.shape) < 0.1] = np.nan
    target = np.nan_to_num(rows[:, 0]) * (np.nan_to_num(rows[:, 3]) % 7 > 3) + (rows[:, 1] == 0)
    booster = lightgbm.train(
        {"verbosity": -1, "use_missing": use_missing, "zero_as_missing": zero_as_missing,
         "min_data_in_leaf": 3, "min_data_per_group": 3, "num_leaves": 12, "num_threads": 1},
        lightgbm.Dataset(rows, target, categorical_feature=[3]), 4,
    )  # fmt: skip
    asked = np.vstack([rows, np.zeros((1, 4)), np.full((1, 4), np.nan), np.full((1, 4), -1.7)])
    asked = np.vstack([asked, np.full((1, 4), 1e-36), np.full((1, 4), 999.5)]).astype(dtype)
    theirs = booster.predict(asked, pred_leaf=True)
    for number, tree in enumerate(forest(booster.model_to_string()).trees):
        left = goes_left(tree, asked)
        ours = [leaf(tree, left[:, cell]) for cell in range(len(asked))]
        np.testing.assert_array_equal(ours, theirs[:, number])
