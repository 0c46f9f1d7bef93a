"""
The work of a run, step by step: the one place where stages meet.

Each public method of :class:`Work` is one stage; what it needs of earlier ones it
reads back from their outputs, so that a run that went on where it stopped ends
with the same bytes as an undisturbed one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import xarray as xr

from geoprospect import storage
from geoprospect.explain import shapley
from geoprospect.maps import predict, uncertainty
from geoprospect.pipeline import facts
from geoprospect.pipeline.catalogued import Catalogued
from geoprospect.pipeline.ledger import (
    RECORD,
    code_digest,
    fingerprint,
    versions,
)
from geoprospect.pipeline.outputs import (
    AGREEMENT,
    ATTRIBUTIONS,
    CATALOGUE,
    CUBE,
    DRIVERS,
    METADATA,
    PROJECT,
    PROSPECTIVITY,
    REPORT,
    ROLE_DRIVERS,
    ROLES,
    SPREAD,
)  # fmt: skip
from geoprospect.pipeline.past_trial import PastTrial
from geoprospect.pipeline.steps import REPORTED, told
from geoprospect.pipeline.voxels import Voxels
from geoprospect.report import export

LOG = logging.getLogger("geoprospect.pipeline")


@dataclass
class Work(PastTrial, Catalogued, Voxels):
    """All steps of a run; each public method is one stage."""

    def all_steps(self) -> None:
        """Every step, in order."""
        export.write_text(self.pipeline.document.text, self.folder / "pipeline.yaml")
        self.begin_models()
        with self.within_memory(len(self.pipeline.features)):
            self.open_inputs()
            self.read_holes()
            self.make_composites()
            self.make_block_model()
            self.make_voxels()
            self.begin_amounts()
            self.lay_grid()
            self.make_layers()
        with self.within_memory(len(self.cube)):  # a feature may give several layers
            self.begin_backtest()
            self.draw_samples()
            self.part_samples()
            self.compare()
            self.cross_validate()
            self.try_nulls()
            self.train()
            self.draw_maps()
            self.judge_map()
            self.rank_targets()
            self.explain_targets(self._known_deposits)
            self.estimate_amounts()
            self.plan_holes()
            self.try_the_past()
            self.write_report()
            self.print_report()
            self.describe_outputs()

    # --- maps, explanations, targets, report ----------------------------------------------

    def draw_maps(self) -> None:
        """Every map that the model gives of the cube, in one pass over its blocks."""
        self.prints["maps"] = fingerprint(
            self.prints["model"], told(self.pipeline.explain),
            self.pipeline.uncertainty is not None, self.pipeline.applicability,
            self.pipeline.agreement,
            self.pipeline.by_role and {k: list(v) for k, v in self.pipeline.roles.items()},
            [told(call) for call in self.pipeline.validation.values()],
            code_digest("maps", "explain", "report"),
        )  # fmt: skip
        self.step("maps", self.prints["maps"], self._drawn, list)

    def _drawn(self) -> list[str]:
        doubt = self.pipeline.uncertainty is not None
        scored = uncertainty.uncertainty if doubt else predict.prospectivity
        maps = scored(self.shown, self.ensemble)
        drawn = {PROSPECTIVITY: maps[["prospectivity"]], SPREAD: maps[["spread"]]}
        if self.ensemble.additive:
            shares = self.pipeline.explain({}, cube=self.shown, ensemble=self.ensemble)
            drawn[ATTRIBUTIONS] = shares.drop_vars(shapley.DRIVER)
            drawn[DRIVERS] = shares[[shapley.DRIVER]]
            drawn |= self.reason_maps(shares)
        drawn |= self.trust_maps(maps)
        if not self.ensemble.additive:
            LOG.warning(
                "the scores of %s are no sums over layers, so cells have no contributions: there "
                "are no maps of attributions and drivers, and targets come without reasons",
                self.mapped,
            )
        for path in {ATTRIBUTIONS, DRIVERS, AGREEMENT, ROLES, ROLE_DRIVERS} - set(drawn):
            storage.remove(self.folder / path)
        outputs = {self.folder / path: layers for path, layers in drawn.items()}
        export.geotiffs(outputs, key=self.prints["maps"])
        return list(drawn)

    def write_report(self) -> None:
        """One page to read."""
        self.ledger.arrange(self.names())
        self.prints["report"] = fingerprint(
            self.prints["targets"], self.prints["maps"], self.pipeline.document.text,
            [self.prints.get(n)
             for n in ("drillholes", "block_model", "voxels", "resources", "drilling",
                       "backtest")],
            {name: self.ledger.steps[name]["fingerprint"] for name in ("validation", "model")},
            [call.path for call in self.pipeline.report], self.ledger.notices(),
            self.pipeline.title, versions(REPORTED), self.language, self._files(),
            code_digest("report", "language.py", "locale"),
        )  # fmt: skip
        self.step("report", self.prints["report"], self._reported, [REPORT])

    def _reported(self) -> None:
        from geoprospect.report import page

        told = {
            "title": self.pipeline.title,
            "maps": self._all_maps(),
            "card": self.outputs.card(),
            "trust": (trusted := self.trusted()),
            "prediction_area": trusted.get("prediction_area"),
            "importance": trusted.get("importance"),
            "weights": trusted.get("weights"),
            "independence": trusted.get("independence"),
            "nulls": self.nulls_told(),
            "out_of_fold": self.outputs.out_of_fold() if self.blocks is not None else None,
            "validation": self.outputs.scores(),
            "targets": self.outputs.ranked("targets"),
            "ranking": self.ranking_told(),
            "resources": self.amounts_told(),
            "survey_areas": self.outputs.ranked("survey_areas")
            if self.pipeline.survey_areas
            else None,
            "deposits": self._known_deposits,
            "samples": self.samples,
            **self.explained(),
            "explanations": self.reasons(),
            "roles": self.pipeline.roles,
            "learnt": {
                "model": self.mapped,
                "members": len(self.ensemble.members_),
                "additive": self.ensemble.additive,
            },
            "files": self._files(),
            "cube": self.shown,
            "layers": facts.layers(self.pipeline, self.ledger, self.cube, self.area),
            "inputs": self.ledger.record["inputs"],
            "drill_holes": self.holes_told(),
            "block_model": self.blocks_told(),
            "subsurface": self.voxels_told(),
            "drill_plan": self.plan_told(),
            "backtest": self.past_told(),
            "notices": self.ledger.notices(),
            "pipeline": self.pipeline.document.text,
            "versions": versions(REPORTED),
        }
        sections = [(call.path[-1], call(told)) for call in self.pipeline.report]
        text = page.page(self.pipeline.title, sections)
        export.write_text(text, self.folder / REPORT)

    def _files(self) -> list[str]:
        """What the run folder will hold, by the ledger; the layers of the cube together."""
        before = self.names()[: self.names().index("report")]
        done = [self.ledger.steps[name] for name in before if name in self.ledger.steps]
        written = [name for step in done for name in step["outputs"]]
        whole = {CUBE if name.startswith(f"{CUBE}/") else name for name in written}
        return sorted(whole | {RECORD, REPORT, PROJECT, METADATA, CATALOGUE})

    def _all_maps(self) -> xr.Dataset:
        """The maps that the report shows."""
        maps = self.outputs.maps()
        if self.pipeline.uncertainty is not None:
            maps = maps.assign(self.outputs.risk_return().data_vars)
        if self.pipeline.applicability:
            maps = maps.assign(self.outputs.applicability().data_vars)
        if self.pipeline.classes:
            maps = maps.assign(self.class_maps().data_vars)
        return maps
