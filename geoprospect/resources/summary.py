"""All that was estimated of one deposit type, as a report and other programs take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geoprospect.errors import DataError
from geoprospect.quantities import GUARD, NAME
from geoprospect.resources.contained import Contained, drawn
from geoprospect.resources.deposits import DepositNumber, pooled
from geoprospect.resources.grade_tonnage import GradeTonnage
from geoprospect.resources.size_classes import SYMBOLS, size_shares
from geoprospect.resources.volume import Estimate

DRAWS = 20_000
"""Deposits that stand for a type when their sizes are parted into classes."""


def summary(
    numbers: Sequence[DepositNumber],
    *,
    pool: DepositNumber | None = None,
    model: GradeTonnage | None = None,
    contained: Contained | None = None,
    recovered: Contained | None = None,
    screen: Mapping[str, Any] | None = None,
    others: Sequence[Estimate] = (),
    areas: Mapping[str, pd.DataFrame] | None = None,
    seed: int,
) -> dict[str, Any]:
    """
    Everything that was estimated, ready for JSON and for the report's section.

    Parameters
    ----------
    numbers : sequence of DepositNumber
        All estimates, side by side; one at least.
    pool : DepositNumber, optional
        The one that is gone on with; pooled with equal weights if not given.
    model : GradeTonnage, optional
    contained, recovered : Contained, optional
        In the ground, and what an economic filter left of it.
    screen : mapping, optional
        What that filter assumed, of :func:`geoprospect.resources.economics.told`.
    others : sequence of Estimate
        By volume or geochemical block.
    areas : mapping of name to DataFrame, optional
        Of :func:`geoprospect.resources.allocation.allocated`, such as of targets.
    seed : int
        For the sizes of single deposits.

    Returns
    -------
    dict

    Raises
    ------
    DataError
        If there is no estimate of the number of deposits.
    """
    if not numbers:
        raise DataError("no estimate of the number of undiscovered deposits was made")
    metal = None if contained is None else {n: contained.quantity(n).mean for n in contained.names}
    return {
        "evidence_level": "predicted", "called": NAME, "guard": GUARD,
        "numbers": [one.told() for one in numbers],
        "pooled": (pool or pooled(numbers)).told(),
        "model": None if model is None else _model(model, seed),
        "contained": None if contained is None else contained.told(),
        "recovered": None if recovered is None else recovered.told(),
        "screen": None if screen is None else dict(screen),
        "others": [_other(one) for one in others],
        "areas": {name: _shared(table, metal) for name, table in (areas or {}).items()},
    }  # fmt: skip


def _model(model: GradeTonnage, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    ((_, ore, grades),) = drawn(model, np.array([DRAWS]), rng)
    return {
        "name": model.name, "source": model.source, "deposits": model.deposits,
        "graded": model.graded, "centre": model.centre, **model.told,
        "sizes": {metal: size_shares(metal, ore * grades[:, k])
                  for k, metal in enumerate(model.metals) if metal in SYMBOLS},
    }  # fmt: skip


def _other(one: Estimate) -> dict[str, Any]:
    told = one.quantity
    return {
        "method": one.method, "commodity": one.commodity, "evidence_level": one.evidence_level,
        "deterministic": one.deterministic, "mean": told.mean, "sd": told.sd,
        "quantiles": {f"{share:g}": q for share, q in told.quantiles.items()}, "told": one.told,
    }  # fmt: skip


def _shared(table: pd.DataFrame, metal: Mapping[str, float] | None) -> list[dict[str, Any]]:
    """Rows of areas, with their share of the expected metal."""
    rows = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    for row in rows:
        row["metal"] = {name: float(row["share"] * mean) for name, mean in (metal or {}).items()}
    return rows
