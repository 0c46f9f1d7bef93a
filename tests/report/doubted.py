"""Made findings of the sceptic: null models, chance, and layers by their worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from tests.report.conftest import NASTY


def null(auc: float, full: float) -> dict[str, Any]:
    """A null model under two protocols."""
    told = {"auc": auc, "full": full, "difference": full - auc, "verdict": "beaten"}
    return {"knows": "nothing", "protocols": {"spatial_blocks": told, "random": told}}


def make_nulls() -> dict[str, Any]:
    """Trials that speak for and against the map."""
    rng = np.random.default_rng(0)
    return {
        "models": {"coordinates_trees": null(0.61, 0.83), "effort": null(0.7, 0.83)},
        "shift": {"ausrc": 0.8, "null": rng.normal(0.5, 0.05, 99).tolist(), "p": 0.01},
        "permutation": {"auc": 0.81, "null": rng.normal(0.5, 0.06, 99).tolist(), "p": 0.02},
        "leaks": [
            {"layer": "mines", "kind": "name", "value": "mines", "words": "", "alarming": True},
            {"layer": "magic", "kind": "alone", "value": 0.9912, "words": "", "alarming": True},
        ],
        "quality": None,
        "verdicts": [
            {"text": text, "said": {"en": text, "zh": f"试验：{text}"}, "alarming": alarming}
            for text, alarming in ((f"Trial of {NASTY} says so", True), ("All is well", False))
        ],
    }


def make_worth(cube: xr.Dataset) -> dict[str, Any]:
    """Each layer worth less than the one before, and a group of two."""
    names = [str(name) for name in cube]
    return {
        "auc": 0.8123,
        "layers": [
            {
                "layer": name, "permuted": 0.1 / (n + 1), "permuted_sd": 0.02, "helps": 0.8,
                "dropped": 0.05 / (n + 1), "dropped_sd": 0.01, "alone": 0.7, "vif": None,
                "group": n,
            }
            for n, name in enumerate(names)
        ],
        "groups": [{"layers": names[:2], "permuted": 0.1777, "permuted_sd": 0.01}],
        "agreement": 0.12,
    }  # fmt: skip
