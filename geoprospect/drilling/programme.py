"""A drilling programme: which holes on which targets for a budget, and what it may come to."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from shapely import LineString

from geoprospect.drilling import choice
from geoprospect.drilling.bodies import Body, places
from geoprospect.drilling.choice import Candidates
from geoprospect.drilling.drift import STRAIGHT, Drift
from geoprospect.drilling.information import Accuracy, Prospect, best_batch, of_a_hole, of_batches
from geoprospect.drilling.known import Hit, outcomes
from geoprospect.drilling.plan import drill_plan
from geoprospect.drilling.sites import Ground, Pattern, sites
from geoprospect.drilling.stages import expected_values
from geoprospect.drilling.views import Views, by_member

log = logging.getLogger("geoprospect.drilling")

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

POINTS = 20
"""Of the line that a planned hole is drawn as."""
EXACT = 300
"""Holes up to which the choice is exact."""


@dataclass(frozen=True, eq=False)
class Programme:
    """
    A drilling programme.

    ``plan`` and all ``holes`` that could be drilled, points at their collars; ``traces`` of the
    planned ones, lines in three dimensions; ``targets``, a row for each: its chances, worth and
    what holes tell of it; ``told``, the rest.
    """

    plan: gpd.GeoDataFrame
    traces: gpd.GeoDataFrame
    holes: gpd.GeoDataFrame
    targets: pd.DataFrame
    told: dict[str, Any]


def programme(
    elevation: xr.DataArray | None = None,
    pads: gpd.GeoDataFrame | None = None,
    no_go: gpd.GeoDataFrame | list[gpd.GeoDataFrame] | None = None,
    *,
    targets: gpd.GeoDataFrame,
    probability: Mapping[str, float],
    scores: Values,
    traces: gpd.GeoDataFrame | None = None,
    intervals: pd.DataFrame | None = None,
    budget: float,
    cost_per_metre: float,
    worth: float | list[float],
    loss: float,
    body: Body,
    holes: Pattern,
    accuracy: Accuracy,
    cost_per_hole: float = 0.0,
    hit: Hit | None = None,
    drift: Drift = STRAIGHT,
    chances: dict[str, float] = {},  # noqa: B006  (never changed; the schema shows it)
    targets_at_most: int = 20,
) -> Programme:
    """
    Which holes to drill on which targets for a budget, and the odds that they find nothing.

    Holes are paid for by what they add: a second one into the same body adds little. Chances
    of targets hang together by the members of the ensemble that favour them
    (:func:`geoprospect.drilling.views.by_member`): that changes no target's own value, but what
    a barren hole tells of the others, and how likely all fail together.

    Parameters
    ----------
    elevation : DataArray (y, x), optional
        Of the ground [m]; without it the ground is level at 0.
    pads : GeoDataFrame of Polygon, optional
        Where collars must lie.
    no_go : GeoDataFrame of Polygon, or several, optional
        Where none may lie.
    targets : GeoDataFrame of Polygon
        Best first, with ``label``, in a CRS in metres.
    probability : mapping of label to float
        Chance of a deposit in each, for those that *chances* does not state [1].
    scores : (targets, members)
        Mean score of each target by each member of the ensemble [1].
    traces, intervals : GeoDataFrame of LineString Z, DataFrame, optional
        Holes that are there already, as :func:`geoprospect.drilling.known.outcomes` takes them, in
        the CRS of the targets. Barren ones lower the chances of the ground that they pass.
    budget, cost_per_metre, cost_per_hole : float
        All in one currency.
    worth : float or list of float
        Net present value of a deposit, or equally likely draws of it [currency].
    loss : float
        What it costs to develop ground that holds none [currency].
    body : Body
        What is sought.
    holes : Pattern
        How holes are laid over a target.
    accuracy : Accuracy
        Chance of a hole that meets a body to show it, and of one that does not to show nothing.
    hit : Hit
        What makes a hole that is there a hit.
    drift : Drift
        How holes bend.
    chances : dict of label to float
        Of a deposit in a target, where it is not to be that of the map [1].
    targets_at_most : int
        Best targets that are looked at.

    Returns
    -------
    Programme

    Raises
    ------
    DataError
        If a chance is 0 or 1, no hole can be drilled, or the budget is below the cheapest hole.
    ValueError
        If a cost or the loss is not above 0, or *hit* is not stated though there are holes.
    """
    _check(cost_per_metre=cost_per_metre, loss=loss)
    looked = targets.head(targets_at_most).reset_index(drop=True)
    names = [str(label) for label in looked["label"]]
    where = places(looked, body)
    prior = [chances.get(name, probability.get(name, np.nan)) for name in names]
    before = Views.begun(by_member(prior, scores[: len(names)]), where.target)
    drilled = _drilled(traces, intervals, hit, holes.depth)
    views, known = _informed(before, where.met(_points(drilled), body), drilled, accuracy)
    barred = pd.concat(no_go) if isinstance(no_go, list) else no_go
    sited = sites(looked, Ground(elevation, pads, barred), pattern=holes, drift=drift)
    sited["cost"] = sited["length"] * cost_per_metre + cost_per_hole
    finds = where.met(sited[["point_x", "point_y"]].to_numpy(float), body)
    draws = np.atleast_1d(np.asarray(worth, float))
    each = views.probability[where.target] * views.place * np.maximum(draws, 0).mean()
    candidates = Candidates(
        finds, each * accuracy.sensitivity, sited["cost"].to_numpy(float), budget
    )
    exactly = len(sited) <= EXACT
    chosen = choice.exact(candidates) if exactly else choice.greedy(candidates)
    table = known.assign(target=names, before=before.probability, probability=views.probability)
    table = _judged(table, _Met(views, finds, sited, chosen, accuracy), draws, loss)
    plan = drill_plan(sited, table.set_index("target"), chosen=chosen,
                      adds=choice.marginal(candidates, chosen))  # fmt: skip
    told = {
        "budget": budget, "exact": exactly, "candidates": len(sited),
        "spent": float(plan["cost"].sum()), "metres": float(plan["length"].sum()),
        "worth": candidates.value(chosen),
        "choices": choice.compared(candidates, exactly=exactly).reset_index().to_dict("records"),
        **_nothing(views, finds, chosen, accuracy),
        "after_first": _after_first(views, finds, sited, plan, accuracy, names),
    }  # fmt: skip
    return Programme(plan, _traces(plan, drift), sited.assign(chosen=chosen), table, told)


@dataclass(frozen=True, eq=False)
class _Met:
    """What holes would meet: of which targets they are, and how likely each meets a deposit."""

    views: Views
    finds: Flags
    sited: gpd.GeoDataFrame
    chosen: Flags
    accuracy: Accuracy

    def together(self, which: Flags, target: int) -> float:
        """Chance that one at least of some holes shows the deposit of a target, if it is there."""
        return float(_shown(self.views, self.finds[which], self.accuracy)[target])


def _drilled(
    traces: gpd.GeoDataFrame | None, intervals: pd.DataFrame | None, hit: Hit | None, depth: float
) -> pd.DataFrame:
    """The holes that are there: where they pass the depth, and whether they hit."""
    if traces is None or intervals is None:
        return pd.DataFrame({"hole": [], "x": [], "y": [], "hit": []})
    if hit is None:
        raise ValueError(
            "there are drill holes already; state by hit what makes one a hit, as in "
            "{grade: Cu, cutoff: 0.3, length: 10}"
        )
    return outcomes(traces, intervals, hit=hit, depth=depth)


def _points(drilled: pd.DataFrame) -> Values:
    return drilled[["x", "y"]].to_numpy(float).reshape(-1, 2)


def _shown(views: Views, finds: Flags, accuracy: Accuracy) -> Values:
    """Chance that one at least of some holes shows each target's deposit, if it is there: (n,)."""
    missed = (1 - accuracy.sensitivity) ** finds.sum(axis=0)
    return np.asarray(np.bincount(views.target, views.place * (1 - missed), len(views.chance)))


def _informed(
    views: Views, met: Flags, drilled: pd.DataFrame, accuracy: Accuracy
) -> tuple[Views, pd.DataFrame]:
    """What is believed after the holes that are there, and how many of each kind a target has."""
    counts = np.zeros((len(views.chance), 2), int)
    for flags, hit in zip(met, drilled["hit"].to_numpy(bool), strict=True):
        if flags.any():
            target, own = _of_one(views, flags)
            views = views.after(own, bool(hit), accuracy)
            counts[target, int(hit)] += 1
    told = int(met.any(axis=1).sum())
    if len(drilled):
        log.info(
            "%d of %d holes that are there already would have met a body in a target; the others "
            "lie elsewhere, or end above the depth of the search, and tell nothing.",
            told, len(drilled),
        )  # fmt: skip
    return views, pd.DataFrame(counts, columns=["barren", "hits"])


def _of_one(views: Views, flags: Flags) -> tuple[int, Flags]:
    """The target that a hole tells most of, and the places in it that it meets."""
    target = int(np.bincount(views.target, views.place * flags).argmax())
    return target, flags & (views.target == target)


def _judged(table: pd.DataFrame, met: _Met, draws: Values, loss: float) -> pd.DataFrame:
    """The targets that can be drilled: what holes tell of each, and what that is worth."""
    owner = met.sited["target"].to_numpy()
    rows = []
    for number, one in enumerate(table.to_dict("records")):
        mine = owner == one["target"]
        if mine.any():
            rows.append(one | _of_target(number, one["probability"], mine, met, draws, loss))
    made = pd.DataFrame(rows)
    lost = [name for name in table["target"] if name not in set(made["target"])]
    if lost:
        log.warning("no hole can be drilled on %s; it has no part in the plan.", ", ".join(lost))
    tested = expected_values(
        made["target"].tolist(), (made["probability"] * made["met_by_all"]).tolist(),
        [draws] * len(made), made["cost_of_all"].tolist(),
    )  # fmt: skip
    return made.assign(
        worth=tested["worth"], value=tested["value"], loss=tested["loss"], pays=tested["pays"],
        value_per_cost=tested["value_per_cost"],
    )  # fmt: skip


def _of_target(
    number: int, chance: float, mine: Flags, met: _Met, draws: Values, loss: float
) -> dict[str, Any]:
    """Detection by one hole and by all, and the value of information of one and of batches."""
    costs = met.sited["cost"].to_numpy(float)[mine]
    alone = met.views.met(met.finds[mine])[:, number].mean() * met.accuracy.sensitivity
    prospect = Prospect(chance, float(np.maximum(draws, 0).mean()), -loss)
    hole = Accuracy(float(alone), met.accuracy.specificity)
    told = of_a_hole(prospect, hole)
    batches = of_batches(prospect, hole, cost=float(costs.mean()))
    return {
        "holes": int(mine.sum()), "cost_of_all": float(costs.sum()),
        "detection": float(alone), "met_by_all": met.together(mine, number),
        "planned": int((mine & met.chosen).sum()),
        "met_by_plan": met.together(mine & met.chosen, number),
        "one_hole": told.sample, "perfect": told.perfect, "shown": told.shown,
        "missed": told.barren, "batches": batches.to_dict("records"),
        "best_batch": best_batch(batches),
    }  # fmt: skip


def _nothing(views: Views, finds: Flags, chosen: Flags, accuracy: Accuracy) -> dict[str, float]:
    """Chance that the plan finds nothing: as targets hang together, and if they did not."""
    together, apart = views.nothing_found(_shown(views, finds[chosen], accuracy))
    return {"ruin": together, "ruin_apart": apart}


def _after_first(
    views: Views, finds: Flags, sited: gpd.GeoDataFrame, plan: gpd.GeoDataFrame,
    accuracy: Accuracy, names: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """Chances of all targets once the plan's first hole is barren."""
    first = plan.iloc[0]
    same = (sited["point_x"] == first["point_x"]) & (sited["point_y"] == first["point_y"])
    _, own = _of_one(views, finds[int(np.flatnonzero(same)[0])])
    after = views.after(own, False, accuracy).probability
    return {
        "hole": first["hole"], "target": first["target"],
        "chances": dict(zip(names, after.tolist(), strict=True)),
    }  # fmt: skip


def _traces(plan: gpd.GeoDataFrame, drift: Drift) -> gpd.GeoDataFrame:
    """The way of each planned hole, as it is expected to bend."""
    ways = [
        LineString(
            drift.trace(one.azimuth, one.dip, np.linspace(0, one.length, POINTS))
            + np.array([one.easting, one.northing, one.elevation])
        )
        for one in plan.itertuples()
    ]
    return gpd.GeoDataFrame(plan[["hole", "target"]], geometry=ways, crs=plan.crs)


def _check(**costs: float) -> None:
    for name, cost in costs.items():
        if not cost > 0:
            raise ValueError(f"{name} must be above 0, got {cost:g}")
