"""Made models of every kind that LightGBM trains, and rows to try them on."""

from __future__ import annotations

import lightgbm
import numpy as np
from hypothesis import strategies as st

LAYERS = 7
CATEGORICAL = 5
"""Layer whose values are codes of classes, where a model is asked to take it so."""


def rows(count: int, seed: int, *, zeros: float = 0.2, gaps: float = 0.2) -> np.ndarray:
    """Independent noise with gaps and exact zeros, and a layer of 30 classes: (count, LAYERS)."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, LAYERS)).astype("float32")
    values[:, 1] = np.round(values[:, 1], 1)
    values[:, CATEGORICAL] = random.integers(0, 30, count)
    plain = np.arange(LAYERS) != CATEGORICAL
    values[(random.random(values.shape) < zeros) & plain] = 0
    values[random.random(values.shape) < gaps] = np.nan
    return values


def smooth(side: int, seed: int) -> np.ndarray:
    """Layers (LAYERS, side, side) that change slowly, with a survey gap."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    values = np.empty((LAYERS, side, side), "float32")
    for layer in range(LAYERS):
        a, b, c = random.uniform(-0.15, 0.15, 3)
        values[layer] = 1.5 * np.sin(a * x + b * y + 20 * c)
    values[CATEGORICAL] = x // 20 + 5 * (y // 25)
    values[0, :, : side // 5] = np.nan
    return values


def trained(trees: int = 8, *, seed: int = 0, data: np.ndarray | None = None, **settings):
    """A model of noise, deep where *settings* let it be."""
    values = rows(1500, seed + 1000) if data is None else data
    random = np.random.default_rng(seed)
    filled = np.nan_to_num(values)
    label = (
        filled[:, 0] * filled[:, 2] + filled[:, 1] + (filled[:, CATEGORICAL] % 3 == 1)
        + random.normal(0, 1, len(values)) > 0.5
    )  # fmt: skip
    settings = {
        "objective": "binary", "verbosity": -1, "num_threads": 1, "seed": seed,
        "min_data_in_leaf": 3, "deterministic": True, "force_row_wise": True,
        "max_cat_to_onehot": 2, "cat_smooth": 1, "min_data_per_group": 5,
    } | settings  # fmt: skip
    categorical = settings.pop("categorical", True)
    data = lightgbm.Dataset(
        values, label, categorical_feature=[CATEGORICAL] if categorical else [],
        params={"verbosity": -1},
    )  # fmt: skip
    return lightgbm.train(settings, data, trees)


kinds = st.fixed_dictionaries(
    {
        "num_leaves": st.sampled_from([2, 3, 8, 31, 63, 255]),
        "max_depth": st.sampled_from([-1, 3]),
        "use_missing": st.booleans(),
        "zero_as_missing": st.booleans(),
        "categorical": st.booleans(),
        "max_bin": st.sampled_from([15, 255]),
        "feature_fraction": st.sampled_from([0.5, 1.0]),
        "boosting": st.sampled_from(["gbdt", "dart"]),
        "trees": st.integers(1, 12),
        "seed": st.integers(0, 50),
    }
)
"""Settings that change what the trees look like."""
