"""Models side by side, judged on the same folds and the same cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAIN = "spatial_blocks"


def leaderboard(protocols: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """
    Scores of each model by protocol, and the model that is best where it is worst.

    Parameters
    ----------
    protocols : mapping of model to mapping of protocol to scores
        Each from :func:`geoprospect.models.validate.summary`.
    """
    worst = {
        model: (each.get(MAIN) or next(iter(each.values())))["auc"]["worst"]
        for model, each in protocols.items()
    }
    return {"models": dict(protocols), "best": max(worst, key=lambda model: worst[model])}
