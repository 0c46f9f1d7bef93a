"""Made samples: deposits at the top of one layer and in one rare class, gaps, noise."""

from __future__ import annotations

import numpy as np

LAYERS = ["signal", "noise", "gappy", "rock", "distance"]
CLASSES = ["rock"]
NAMED = {"feature_name": LAYERS, "categorical_feature": CLASSES}
ROCK = LAYERS.index("rock")


def rows(count: int, seed: int, *, gaps: float = 0.1) -> np.ndarray:
    """(count, LAYERS) float32: a skewed signal, noise, 12 classes of which 7 is rare, distances."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, len(LAYERS)))
    values[:, 0] = random.exponential(size=count) - 1
    shares = np.where(np.arange(12) == 7, 0.3, 1.0)
    values[:, ROCK] = random.choice(12, count, p=shares / shares.sum())
    values[:, 4] = random.gamma(2, 500, count)
    values[:, 2][random.random(count) < 0.3] = np.nan
    values[random.random(values.shape) < gaps] = np.nan
    return values.astype("float32")


def labelled(count: int = 500, seed: int = 0, **more) -> tuple[np.ndarray, np.ndarray]:
    """Rows, and which of them are deposits: about one in eight."""
    values = rows(count, seed, **more)
    known = np.nan_to_num(values)
    favour = 2 * known[:, 0] + 3 * (values[:, ROCK] == 7) - known[:, 4] / 1000
    noise = np.random.default_rng(seed + 1000).logistic(size=count)
    return values, (favour + noise > 2).astype(int)


def area_under_curve(labels: np.ndarray, score: np.ndarray) -> float:
    """How often a deposit scores above background, by counting pairs; ties count half."""
    deposits, others = score[labels == 1][:, None], score[labels == 0][None]
    return float((deposits > others).mean() + (deposits == others).mean() / 2)
