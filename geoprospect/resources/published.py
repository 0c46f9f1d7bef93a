"""Grade and tonnage of deposit types, as fitted to published tables; figures, not the tables."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

import numpy as np

from geoprospect.errors import DataError, did_you_mean
from geoprospect.registry import SIZES
from geoprospect.resources.grade_tonnage import GradeTonnage
from geoprospect.resources.tonnage import Tonnage, warn_of_tails


@SIZES.register
def published(*, name: str, truncated: bool = False) -> GradeTonnage:
    """
    Grade and tonnage of a type of deposit, from the figures that come with the package.

    Log-normal tonnages and normal balances of grades, fitted to tables of the
    U.S. Geological Survey; 0 there means missing. Without *truncated* a warning says what
    tonnages beyond any known one add to the mean.

    Parameters
    ----------
    name : str
        ``porphyry_copper`` (Cu), ``porphyry_copper_mo_au_ag``, ``massive_sulphide`` (Cu and Zn)
        or ``massive_sulphide_pb_au_ag``.
    truncated : bool
        Whether tonnages are kept between the smallest and the largest known.

    Returns
    -------
    GradeTonnage

    Raises
    ------
    DataError
        If there is no such type.
    """
    kept = figures().get(name)
    if kept is None:
        raise DataError(f"there is no model of {name!r}{did_you_mean(name, figures())}")
    if not truncated:
        warn_of_tails(name, kept["means"])
    ends = (kept["ln_least"], kept["ln_greatest"]) if truncated else (-np.inf, np.inf)
    return GradeTonnage(
        name, kept["source"], Tonnage(np.array([kept["ln_mean"]]), kept["ln_sd"], *ends),
        tuple(kept["metals"]), np.array(kept["balance_mean"]), np.array(kept["balance_covariance"]),
        kept["deposits"], kept["graded"],
        {"shape": "lognormal", "truncated": truncated, "means": kept["means"],
         "dependence": kept["dependence"], "without_a_grade": kept["deposits"] - kept["graded"]},
    )  # fmt: skip


@functools.cache
def figures() -> dict[str, Any]:
    """All figures, by type of deposit."""
    text = (
        resources.files("geoprospect.resources").joinpath("grade_tonnage.json").read_text("utf-8")
    )
    made: dict[str, Any] = json.loads(text)
    return made


def kept(model: GradeTonnage, least: float, greatest: float) -> dict[str, Any]:
    """A log-normal model as those figures are kept; *least* and *greatest* known tonnage [t]."""
    return {
        "source": model.source, "deposits": model.deposits, "graded": model.graded,
        "ln_mean": float(model.tonnage.centres[0]), "ln_sd": model.tonnage.width,
        "ln_least": float(np.log(least)), "ln_greatest": float(np.log(greatest)),
        "metals": list(model.metals), "balance_mean": model.mean.tolist(),
        "balance_covariance": model.covariance.tolist(),
        "means": model.told["means"], "dependence": model.told["dependence"],
    }  # fmt: skip
