"""From a run's model to a test of it on the past: what it would have found, taught the earlier."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geoprospect import storage
from geoprospect.grid.align import project
from geoprospect.models import validate
from geoprospect.pipeline.drill_section import DRILLHOLES
from geoprospect.pipeline.drilling import Drilling
from geoprospect.pipeline.early import unheard
from geoprospect.pipeline.inputs import Things
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import BACKTEST, BACKTEST_TABLE
from geoprospect.pipeline.steps import told
from geoprospect.pipeline.trial import Trial
from geoprospect.report import export

LOG = logging.getLogger("geoprospect.pipeline")

Told = dict[str, Any]

STEP = "backtest"


@dataclass
class PastTrial(Drilling):
    """The step that tests the model on the past."""

    def begin_backtest(self) -> None:
        """The past, parted at each date as soon as there are layers: what it refuses shows now."""
        if self.pipeline.backtest is None:
            return
        with unheard("drilling", "labels", "pipeline"):
            self._trial.check()

    def try_the_past(self) -> None:
        """The model as it would have been at each date, against what was found later."""
        call = self.pipeline.backtest
        if call is None:
            for path in (BACKTEST, BACKTEST_TABLE):
                storage.remove(self.folder / path)
            return
        self.prints[STEP] = fingerprint(
            self.prints["samples and layers"], self.prints["grid"], self.mapped,
            told(self.pipeline.models[self.mapped]), self.call_print(call),
            code_digest("drilling", "labels", "models", "cube", "report", "pipeline/past.py",
                        "pipeline/backtesting.py", "pipeline/trial.py"),
        )  # fmt: skip
        self.step(STEP, self.prints[STEP], self._tried, [BACKTEST, BACKTEST_TABLE])

    def past_told(self) -> Told | None:
        """How the test went, for the report; None where it was not asked for."""
        if self.pipeline.backtest is None:
            return None
        found: Told = json.loads(storage.read_text(self.folder / BACKTEST))
        return found

    def _tried(self) -> dict[str, int]:
        if self.pipeline.tuned == self.mapped:
            LOG.warning(
                "on the past %s has the settings of the pipeline file: those that were searched "
                "for have seen all deposits", self.mapped,
            )  # fmt: skip
        if len(self.estimators) > 1 and self.pipeline.mapped is None:
            LOG.warning(
                "%s was chosen among %d models on all deposits, later ones too: on the past it may "
                "look too good", self.mapped, len(self.estimators),
            )  # fmt: skip
        found = self._trial.made()
        export.csv(found.table, self.folder / BACKTEST_TABLE)
        export.write_text(export.json_text(found.told()), self.folder / BACKTEST)
        return {"cuts": len(found.cuts)}

    @functools.cached_property
    def _trial(self) -> Trial:
        call = self.pipeline.backtest
        assert call is not None
        made: Trial = call(
            self._with_holes, cube=self.cube, area=self.area, exclusions=self.exclusions,
            fits=self._fits, features=self._layers_of_features, seed=self.pipeline.seed,
        )  # fmt: skip
        return made

    def _fits(self, layers: Sequence[str]) -> validate.Fit:
        """The model that the maps show, on some layers; those it chooses, it chooses anew."""
        return self.fit_chosen(self.estimators[self.mapped], layers)

    @property
    def _layers_of_features(self) -> dict[str, list[str]]:
        return {
            name: list(self.ledger.steps[f"features.{name}"]["result"])
            for name in self.pipeline.features
        }

    @property
    def _with_holes(self) -> Things:
        """What calls may take, and the collars of the drill holes."""
        if self.pipeline.drillholes is None or DRILLHOLES in self.things:
            return self.things
        return self.things.with_(DRILLHOLES, lambda: project(self.holes.collars, grid=self.grid))
