"""The drill plan: a row for each hole, why it is drilled and what result would stop it all."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.drilling.detection import after_barren
from geoprospect.errors import DataError
from geoprospect.language import counted, marked, say

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

HOLE = ("target", "elevation", "azimuth", "dip", "length", "cost")
"""Columns that a planned hole must have."""

OWN = (*HOLE, "adds", "geometry")
"""Columns of holes that a plan has in places of their own."""

TARGET = ("probability", "worth", "detection")
"""Columns that a target must have."""

FIND, CONFIRM = marked("find"), marked("confirm")
"""What the first hole of a target is for, and what later ones are."""

MOST = 1000
"""Barren holes after which a count is not worth stating."""


def barren_to_stop(probability: float, *, detection: float, worth: float, cost: float) -> int:
    """
    Barren holes after which another would lose money, on average; 0 if the first would.

    Each barren hole lowers the chance of a deposit by Bayes' rule; drilling goes on while the
    chance that the next hole meets one, times its worth, pays for the hole.

    Parameters
    ----------
    probability : float
        Of a deposit before drilling [1].
    detection : float
        Chance of one hole to meet it if it is there [1], above 0.
    worth, cost : float
        Of a deposit that is met, and of a hole [currency].

    Raises
    ------
    DataError
        If the probability is 0 or 1.
    ValueError
        If holes never meet a deposit, or never stop paying within 1,000.
    """
    if not 0 < detection <= 1:
        raise ValueError(f"detection must be above 0 and up to 1, got {detection:g}")
    for barren in range(MOST + 1):
        # after a hole that must meet it, nothing is left
        now = float(after_barren(probability, [detection] * barren))
        if now * detection * worth < cost:
            return barren
    raise ValueError(
        f"{MOST} barren holes would not stop the drilling: a hole costs {cost:g} and a deposit is "
        f"worth {worth:g}; are both in the same currency?"
    )


def drill_plan(
    holes: gpd.GeoDataFrame, targets: pd.DataFrame, *, chosen: Flags, adds: npt.ArrayLike
) -> gpd.GeoDataFrame:
    """
    The chosen holes, best value for cost first, ready to be written.

    Parameters
    ----------
    holes : GeoDataFrame of points, the collars
        With ``target``, ``elevation`` [m], ``azimuth`` and ``dip`` at the collar [degree],
        ``length`` [m] and ``cost`` [currency]; further columns are kept.
    targets : DataFrame
        By target: ``probability`` of a deposit [1], its ``worth`` [currency] and
        ``detection``, the chance of one hole to meet it [1].
    chosen : (holes,) bool
        As :mod:`geoprospect.drilling.choice` gives it.
    adds : (holes,)
        What each adds to the others, before its cost [currency], as
        :func:`geoprospect.drilling.choice.marginal` gives it.

    Returns
    -------
    GeoDataFrame of points
        A row for each chosen hole: ``hole`` (H1, H2, ...), ``target``, ``easting``,
        ``northing``, ``elevation``, ``azimuth``, ``dip``, ``length``, ``purpose`` ("find", and
        "confirm" for later holes of a target), ``cost``, ``value`` (what it adds less its
        cost), ``stop`` (what result would end drilling on the target).

    Raises
    ------
    DataError
        If a column or a target is missing or listed twice, or no hole is chosen.
    """
    _check(holes, targets, chosen)
    added = np.asarray(adds, float)
    picked = holes.assign(adds=added)[chosen]
    order = np.argsort(-(picked["adds"] / picked["cost"]).to_numpy(float), kind="stable")
    picked = picked.iloc[order].reset_index(drop=True)
    again = picked["target"].duplicated().to_numpy()
    stops = {name: _stop(targets.loc[name], of["cost"].mean())
             for name, of in picked.groupby("target")}  # fmt: skip
    return gpd.GeoDataFrame(
        {"hole": [f"H{k + 1}" for k in range(len(picked))], "target": picked["target"],
         "easting": picked.geometry.x, "northing": picked.geometry.y,
         **{name: picked[name] for name in ("elevation", "azimuth", "dip", "length")},
         "purpose": np.where(again, CONFIRM, FIND), "cost": picked["cost"],
         "value": picked["adds"] - picked["cost"], "stop": picked["target"].map(stops),
         **{name: picked[name] for name in picked.columns.difference(OWN, sort=False)}},
        geometry=picked.geometry, crs=holes.crs,
    )  # fmt: skip


def _stop(target: pd.Series[float], cost: float) -> str:
    probability, detection = float(target["probability"]), float(target["detection"])
    barren = barren_to_stop(
        probability, detection=detection, worth=float(target["worth"]), cost=float(cost)
    )
    if not barren:
        return say("does not pay on its own: drill only if another result raises its chance")
    left = float(after_barren(probability, [detection] * barren))
    return counted(
        "{count} barren hole: the chance of a deposit is then {left:.2g}",
        "{count} barren holes: the chance of a deposit is then {left:.2g}",
        barren, left=left,
    )  # fmt: skip


def _check(holes: gpd.GeoDataFrame, targets: pd.DataFrame, chosen: Flags) -> None:
    for what, table, names in (("holes", holes, HOLE), ("targets", targets, TARGET)):
        missing = [name for name in names if name not in table.columns]
        if missing:
            raise DataError(f"the {what} have no {', '.join(missing)}; add what a plan needs")
    twice = targets.index[targets.index.duplicated()]
    if len(twice):
        raise DataError(f"target {twice[0]} is listed twice; keep one row for each")
    if not chosen.any():
        raise DataError("no hole is chosen, so there is no plan; raise the budget or add holes")
    unknown = sorted(set(holes["target"][chosen]) - set(targets.index))
    if unknown:
        raise DataError(f"holes aim at {', '.join(map(str, unknown))}, and there is no such target")
    incomplete = [name for name in HOLE[1:] if not holes[name][chosen].map(math.isfinite).all()]
    if incomplete:
        raise DataError(f"of a chosen hole {', '.join(incomplete)} is not known; leave it out")
