"""Made maps and figures of how far to believe a made map."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from geoprospect import contract
from geoprospect.maps.applicability import MEANINGS
from geoprospect.maps.quadrants import QUADRANTS


def make_maps(score: np.ndarray, grid: Any) -> xr.Dataset:
    """Return, risk, quadrant and applicability of a score; unknown where it is."""
    known = ~np.isnan(score)
    gain = np.full(score.shape, np.nan)
    gain[known] = np.argsort(np.argsort(score[known])) / known.sum()
    risk = np.where(known, np.linspace(0, 1, score.shape[1])[None, :], np.nan)
    quadrant = np.where(gain > 0.9, np.where(risk > 0.5, 2, 1), np.where(risk > 0.5, 3, 4))
    outside = np.zeros(score.shape, bool)
    outside[-20:, -30:] = True
    made: dict[str, tuple[Any, dict[int, str] | None]] = {
        "return": (gain, None),
        "risk": (risk, None),
        "quadrant": (np.where(known, quadrant, np.nan), QUADRANTS),
        "applicability": (np.where(known, ~outside, np.nan), MEANINGS),
    }
    return xr.Dataset(
        {
            name: contract.describe(
                contract.on_grid(values.astype("float32"), grid),
                long_name=name, units="1", meanings=meanings,
            )
            for name, (values, meanings) in made.items()
        }
    )  # fmt: skip


def make_trust() -> dict[str, Any]:
    """What a run tells of the trust in its map."""
    told = np.geomspace(0.0002, 0.03, 10)
    return {
        "quadrants": [
            {"quadrant": code, "name": name, "area": area, "deposits": share, "count": count,
             "lift": None if area == 0 else share / area}
            for (code, name), area, share, count in zip(
                QUADRANTS.items(), (0.043, 0.057, 0.0, 0.9), (0.6, 0.25, 0.0, 0.15), (12, 5, 0, 3),
                strict=True,
            )
        ],
        "applicability": {
            "inside": 0.934, "threshold": 0.41, "samples": 5120, "deposits": 20, "dimensions": 9,
            "training_dissimilarity": {"25": 0.05, "50": 0.09, "75": 0.2, "100": 0.77},
        },
        "search_area": {
            "clusters": 9, "models": 9, "how": "cross",
            "areas": [
                {"alpha": 0.1, "area": 0.62, "whole": False, "guarantee": 0.8,
                 "text": "62% of the ground holds a new deposit cluster like the known ones."},
                {"alpha": 0.2, "area": 0.4, "whole": False, "guarantee": 0.6,
                 "text": "40% of the ground, more or less."},
            ],
            "curve": {
                "confidence": [k / 10 for k in range(10)],
                "area": [0, 0.02, 0.05, 0.07, 0.1, 0.18, 0.22, 0.31, 0.4, 0.62],
            },
        },
        "calibration": {
            "prior": 0.0021,
            "expected": 31.4,
            "curve": {"method": "beta", "deposits": 81, "share": 0.04, "slopes": [1.1, 0.2],
                      "intercept": 0.4, "scores": [], "log_odds": []},
            "reliability": {
                "prior": 0.0021, "brier": 0.0019, "brier_skill": 0.0871, "slope": 0.71,
                "intercept": 0.02, "expected": 9.0, "observed": 10.0, "ratio": 0.9,
                "bins": {
                    "told": told.tolist(), "true": [0.0, *(0.9 * told[1:]).tolist()],
                    "low": (0.4 * told).tolist(), "high": (1.6 * told).tolist(),
                    "samples": [512] * 10, "deposits": list(range(10)),
                },
            },
        },
    }  # fmt: skip
