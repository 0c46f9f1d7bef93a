"""From maps to amounts: how many deposits are undiscovered, what they hold, and where."""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract, lazy, storage
from geoprospect.cube import stack
from geoprospect.grid import target
from geoprospect.maps import members, predict
from geoprospect.models import calibration, in_the_large
from geoprospect.pipeline.assessment import Assessment
from geoprospect.pipeline.belief import Belief
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.early import check_sizes
from geoprospect.pipeline.inputs import Things
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import RESOURCES, UNDISCOVERED
from geoprospect.pipeline.targeting import Targeting
from geoprospect.report import export
from geoprospect.resources.allocation import allocated, chance_of_undiscovered
from geoprospect.resources.contained import Contained, contained, recovered
from geoprospect.resources.deposits import DepositNumber, pooled
from geoprospect.resources.endowment import endowment
from geoprospect.resources.grade_tonnage import GradeTonnage
from geoprospect.resources.screen import Screen
from geoprospect.resources.summary import summary

LOG = logging.getLogger("geoprospect.pipeline")

Scores = npt.NDArray[np.float64]
Told = dict[str, Any]

CHANCE = "probability of a known deposit in a cell"


@dataclass(frozen=True)
class _Large:
    """The curve of calibration, and the prior under which the members expect what is known."""

    curve: calibration.Calibration
    prior: float
    told: Mapping[str, float]

    @property
    def probable(self) -> Any:
        """Of scores: probabilities [1]."""
        return functools.partial(calibration.calibrated, calibration=self.curve, prior=self.prior)


@dataclass
class Amounts(Targeting, Belief):
    """The step that asks how much there may be."""

    def begin_amounts(self) -> None:
        """The model of sizes, as soon as the inputs are open: what it refuses shows now."""
        check_sizes(self.pipeline, self._sources)

    def estimate_amounts(self) -> None:
        """Numbers of deposits by every estimator, metal, and what each target may expect of it."""
        asked = self.pipeline.resources
        if asked is None:
            for path in (RESOURCES, UNDISCOVERED):
                storage.remove(self.folder / path)
            return
        self.prints["resources"] = fingerprint(
            self.prints["targets"], self.prints["maps"], self.prints["grid"],
            self.ledger.steps["trust"]["fingerprint"],
            self._stated,
            [self.call_print(call) for call in asked.layers.values()],
            [self.prints.get(name, name) for call in asked.calls() for name in call.uses()],
            self.pipeline.seed, code_digest("features", "maps", "models", "resources", "report"),
        )  # fmt: skip
        self.step("resources", self.prints["resources"], self._estimated, list)

    @property
    def _stated(self) -> Any:
        """The section as it stands in the file."""
        document = self.pipeline.document
        return document.values["resources"]  # noqa: PD011

    def amounts_told(self) -> Told | None:
        """What was estimated, for the report; None where it was not asked for."""
        if self.pipeline.resources is None:
            return None
        found: Told = json.loads(storage.read_text(self.folder / RESOURCES))
        return found

    def _estimated(self) -> list[str]:
        asked = self.pipeline.resources
        assert asked is not None
        with self.within_memory(len(self.cube) + 2 * len(self.ensemble.members_)):
            numbers = self._numbers(asked)
            pool = pooled(
                [*numbers.values()],
                weights=None if asked.weights is None else [asked.weights[n] for n in numbers],
            )
            model, held, left, filtered = self._metal(asked, pool)
            areas, written = self._shared_out(asked, pool)
        told = summary(
            [*numbers.values()], pool=pool, model=model, contained=held, recovered=left,
            screen=None if filtered is None else filtered.told(), areas=areas,
            others=[call({}, seed=self.pipeline.seed) for call in asked.volumes.values()],
            seed=self.pipeline.seed,
        )  # fmt: skip
        export.write_text(export.json_text(told), self.folder / RESOURCES)
        return [RESOURCES, *written]

    # --- how many -------------------------------------------------------------------------

    def _numbers(self, asked: Assessment) -> dict[str, DepositNumber]:
        things = self._for_amounts(asked)
        made: dict[str, DepositNumber] = {}
        for name, call in asked.numbers.items():
            if call.function is endowment:
                made[name] = self._from_the_map(call, things)
            else:
                made[name] = self.called(call, things)
        return made

    def _for_amounts(self, asked: Assessment) -> Things:
        """What calls may take: inputs, features, the section's own layers, the run's targets."""
        things = self.things
        if "targets" not in things:
            things = things.with_("targets", lambda: self.outputs.ranked("targets"))
        for name, call in asked.layers.items():
            things = things.with_(name, functools.partial(self.called, call, things))
        return things

    def _from_the_map(self, call: Call, things: Things) -> DepositNumber:
        large, name = self._in_the_large, str(call.data["completeness"])
        found: DepositNumber = call(
            things.with_(name, lambda: self._explored(call, things)),
            probabilities=self._members(large.probable), deposits=self._cells_with_deposits,
        )  # fmt: skip
        return dataclasses.replace(found, provenance={**found.provenance, **large.told})

    def _explored(self, call: Call, things: Mapping[str, Any]) -> xr.DataArray:
        """How well each cell of the study area is explored [1]."""
        name = str(call.data["completeness"])
        return stack.stack({name: things[name]}, grid=self.grid, area=self.area)[name]

    @property
    def _cells_with_deposits(self) -> gpd.GeoDataFrame:
        """The deposits that the model knows, one to a cell."""
        return self.samples[self.samples["label"] == 1]

    def _members(self, made: Any) -> xr.Dataset:
        """What *made* makes of each member's scores, as maps."""
        names = {f"member_{k}": CHANCE for k in range(len(self.ensemble.members_))}
        return predict.of_members(self.shown, self.ensemble, made, names)

    @functools.cached_property
    def _in_the_large(self) -> _Large:
        """The prior under which the members' maps expect as many deposits as cells hold one."""
        curve = calibration.from_json(self.trusted()["calibration"]["curve"])
        plain = functools.partial(calibration.calibrated, calibration=curve)
        found = members.tally(self._members(plain), self._cells_with_deposits)
        counts: Told = {"log_odds": found.log_odds, "counts": found.counts,
                        "share": curve.share, "maps": found.maps}  # fmt: skip
        prior = in_the_large.prior_expecting(found.known, **counts)
        stated = found.known / found.cells
        before = in_the_large.expected(prior=stated, **counts)
        LOG.info(
            "the members' maps would expect %.3g known deposits where %d cells hold one; they are "
            "calibrated in the large, with a prior of %.3g for %.3g to a cell",
            before, found.known, prior, stated,
        )  # fmt: skip
        return _Large(curve, prior, {"prior": prior, "known_to_a_cell": stated,
                                     "expected_before": before})  # fmt: skip

    # --- how much -------------------------------------------------------------------------

    def _sizes(self, call: Call) -> GradeTonnage:
        """Grade and tonnage; of a table of deposits, wherever in the world they lie."""
        made: GradeTonnage = call(self._sources)
        return made

    @property
    def _sources(self) -> dict[str, Any]:
        """The inputs as read."""
        return {name: one.source for name, one in self.inputs.items()}

    def _metal(
        self, asked: Assessment, pool: DepositNumber
    ) -> tuple[GradeTonnage | None, Contained | None, Contained | None, Screen | None]:
        if asked.model is None:
            return None, None, None, None
        model, draws = self._sizes(asked.model), {"seed": self.pipeline.seed,
                                                  "trials": asked.trials}  # fmt: skip
        held = contained(pool, model, **draws)
        if asked.economics is None:
            return model, held, None, None
        filtered: Screen = asked.economics({})
        return model, held, recovered(pool, model, filtered.keep(model.metals), **draws), filtered

    # --- where ----------------------------------------------------------------------------

    def _shared_out(
        self, asked: Assessment, pool: DepositNumber
    ) -> tuple[dict[str, pd.DataFrame], list[str]]:
        """The expected deposits by target and by survey area, as far as a map can tell."""
        call = asked.endowment
        if call is None:
            storage.remove(self.folder / UNDISCOVERED)
            return {}, []
        self._draw_undiscovered(call, self._for_amounts(asked))
        wanted = {"targets": True, "survey_areas": self.pipeline.survey_areas is not None}
        ranked = {name: self.outputs.ranked(name) for name, there in wanted.items() if there}
        return {
            name: allocated(
                self.outputs.undiscovered(), areas, number=pool, label="label", grid=self.grid
            )
            for name, areas in ranked.items()
            if len(areas)
        }, [UNDISCOVERED]

    def _draw_undiscovered(self, call: Call, things: Mapping[str, Any]) -> None:
        probable = self._in_the_large.probable
        mean = predict.of_members(
            self.shown, self.ensemble, functools.partial(_mean_of, probable), {"mean": CHANCE}
        )["mean"]
        known = target.burned([self._cells_with_deposits], grid=self.grid)
        explored = self._explored(call, things)
        done = contract.describe(
            explored.where(lazy.chunked(known).data == 0, 1.0),
            long_name=str(explored.attrs["long_name"]), units="1",
        )  # fmt: skip
        chance = chance_of_undiscovered(
            mean, done, label_frequency=call.settings["label_frequency"]
        )
        export.geotiff(xr.Dataset({"undiscovered": chance}), self.folder / UNDISCOVERED)


def _mean_of(probable: Any, scores: Scores) -> Scores:
    """Mean over members of what their scores come to."""
    found: Scores = np.asarray(probable(scores)).mean(axis=0)[None]
    return found
