"""From ranked targets to a drill plan, beside what holes that are there already say of them."""

from __future__ import annotations

import functools
import json
import logging
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np

from geoprospect import storage
from geoprospect.drilling.programme import Programme
from geoprospect.errors import PipelineError
from geoprospect.grid.align import project
from geoprospect.pipeline.amounts import Amounts
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.holes import Holes
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import DRILL_PLAN, DRILL_PLAN_TABLE, DRILL_PLAN_TOLD
from geoprospect.report import export
from geoprospect.resources.drill_traces import lines
from geoprospect.resources.worths import worths
from geoprospect.targets import zonal

LOG = logging.getLogger("geoprospect.pipeline")

Told = dict[str, Any]


@dataclass
class Drilling(Amounts, Holes):
    """The step that plans holes."""

    def plan_holes(self) -> None:
        """The holes to drill next."""
        call = self.pipeline.drilling
        if call is None:
            for path in (DRILL_PLAN, DRILL_PLAN_TABLE, DRILL_PLAN_TOLD):
                storage.remove(self.folder / path)
            return
        self.prints["drilling"] = fingerprint(
            self.prints["targets"], self.prints["maps"], self.prints.get("resources"),
            self.prints.get("drillholes"), self.call_print(call), self.pipeline.seed,
            code_digest("drilling", "resources", "targets", "report"),
        )  # fmt: skip
        make = functools.partial(self._planned, call)
        written = [DRILL_PLAN, DRILL_PLAN_TABLE, DRILL_PLAN_TOLD]
        self.step("drilling", self.prints["drilling"], make, written)

    def plan_told(self) -> Told | None:
        """The drill plan, for the report; None where it was not asked for."""
        if self.pipeline.drilling is None:
            return None
        told: Told = json.loads(storage.read_text(self.folder / DRILL_PLAN_TOLD))
        layers = {name: self.outputs.planned(name) for name in ("holes", "plan")}
        if self.pipeline.drillholes is not None:
            layers["drilled"] = self.outputs.traces().to_crs(layers["plan"].crs)
        return told | layers

    def _planned(self, call: Call) -> dict[str, int]:
        chances = self._undiscovered()
        targets = self._open_targets(keep=bool(chances))
        made: Programme = call(
            self.things, targets=targets, probability=chances or _by_number(targets),
            scores=zonal.member_means(
                targets, self.outputs.maps()["prospectivity"], self.shown, self.ensemble.scores,
                self.grid,
            ),
            worth=self._worth(), **self._drilled_already(),
        )  # fmt: skip
        layers = {"plan": made.plan, "traces": made.traces, "holes": made.holes}
        export.geopackage(layers, self.folder / DRILL_PLAN)
        export.csv(made.plan, self.folder / DRILL_PLAN_TABLE)
        told = made.told | {"targets": made.targets.to_dict("records")}
        export.write_text(export.json_text(told), self.folder / DRILL_PLAN_TOLD)
        return {"holes": len(made.plan)}

    def _open_targets(self, *, keep: bool) -> gpd.GeoDataFrame:
        """
        The ranked targets, without those in which a deposit is known already.

        These are kept where their chance is that of one that is not known.
        """
        targets = self.outputs.ranked("targets")
        known = (targets["nearest_deposit_m"] == 0).to_numpy() & (not keep)
        if known.all():
            raise PipelineError(
                "drilling: there is no target without a known deposit in it, so there is none to "
                "drill; make more ground targets, or state resources, which tell the chance of "
                "one that is not known"
            )
        if known.any():
            LOG.info(
                "%d targets with a known deposit in them have no part in the drill plan: %s.",
                known.sum(), ", ".join(targets.loc[known, "label"]),
            )  # fmt: skip
        return targets[~known].reset_index(drop=True)

    def _undiscovered(self) -> dict[str, float]:
        """Chance of an undiscovered deposit in each target, where resources tell it."""
        told = self.amounts_told() or {}
        rows = told.get("areas", {}).get("targets", [])
        return {row["label"]: float(row["chance"]) for row in rows}

    def _worth(self) -> list[float] | None:
        """Draws of what a deposit is worth, where resources are to tell."""
        asked = self.pipeline.resources
        if asked is None or asked.model is None or asked.economics is None:
            return None
        drawn = worths(self._sizes(asked.model), asked.economics({}), seed=self.pipeline.seed)
        return [float(one) for one in drawn]

    def _drilled_already(self) -> Told:
        """The traces and assays of holes that are there, on the grid."""
        if self.pipeline.drillholes is None:
            return {}
        collars = project(self.holes.collars, grid=self.grid)
        collars = collars.assign(x=collars.geometry.x, y=collars.geometry.y)
        return {"traces": lines(collars, self.holes.surveys), "intervals": self.holes.intervals}


def _by_number(targets: gpd.GeoDataFrame) -> dict[str, float]:
    """Chance of a deposit in each target, known ones counted, by how many are expected."""
    if "expected_deposits" not in targets:
        return {}
    chance = -np.expm1(-targets["expected_deposits"].to_numpy(float))
    return dict(zip(targets["label"], chance.tolist(), strict=True))
