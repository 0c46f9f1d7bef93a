"""What the report says of why the map scores as it does."""

from __future__ import annotations

import functools
import json
from typing import Any

import geopandas as gpd
import numpy as np

from geoprospect import contract, storage
from geoprospect.explain import shapley
from geoprospect.explain.dependence import dependence
from geoprospect.explain.strength import strength
from geoprospect.pipeline.belief import Belief
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import EXPLANATIONS
from geoprospect.report import export
from geoprospect.targets.explanations import explanations

CELLS = 1_000
"""Cells drawn evenly over the area that stand for it in dependence and strength."""


class Explained(Belief):
    """Explanations for people, of the map as a whole and of its targets."""

    def explain_targets(self, deposits: gpd.GeoDataFrame) -> None:
        """Why each target scores as it does, in numbers and in words."""
        self.prints["explanations"] = fingerprint(
            self.prints["targets"], self._groups(),
            code_digest("targets", "explain", "language.py", "locale"),
        )  # fmt: skip
        make = functools.partial(self._targets_explained, deposits)
        self.step("explanations", self.prints["explanations"], make, [EXPLANATIONS])

    def _targets_explained(self, deposits: gpd.GeoDataFrame) -> None:
        additive = self.ensemble.additive
        stated = {k: role for k, role in (self._groups() or {}).items() if role in contract.ROLES}
        found = explanations(
            self.outputs.ranked("targets"), cube=self.cube, deposits=deposits, grid=self.grid,
            contributions=functools.partial(shapley.ensemble_contributions, self.ensemble)
            if additive else None,
            roles=stated, units=self.ensemble.raw_units,
        )  # fmt: skip
        export.write_text(export.json_text(found), self.folder / EXPLANATIONS)

    def reasons(self) -> dict[str, Any]:
        """The targets' explanations, as written."""
        found: dict[str, Any] = json.loads(storage.read_text(self.folder / EXPLANATIONS))
        return found

    def explained(self) -> dict[str, Any]:
        """By name, what the section on explanation takes; None of a model without contributions."""
        names = ("attributions", "drivers", "strength", "dependence")
        if not self.ensemble.additive:
            return dict.fromkeys(names)
        scored = self.outputs.maps()["prospectivity"]
        thin = shapley.thinned(self.cube, known=scored)
        attributions = shapley.attributions(thin, self.ensemble)
        cells, rows = self._area_rows
        known = np.flatnonzero(~np.isnan(rows).all(axis=1))  # from north to south
        some = known[:: max(1, len(known) // CELLS)][:CELLS]
        deposits = self.samples[self.samples["label"] == 1]
        return {
            "attributions": attributions,
            "drivers": self.outputs.drivers(self.cube),
            "strength": strength(self.cube, self.ensemble, rows[some], groups=self._groups()),
            "dependence": dependence(
                self.cube, self.ensemble, cells=cells.iloc[some], deposits=deposits
            ),
        }

    def _groups(self) -> dict[str, str] | None:
        """The role of each layer in the mineral system, where the pipeline states roles."""
        if not self.pipeline.roles:
            return None
        of_feature = {
            feature: role for role, features in self.pipeline.roles.items() for feature in features
        }
        of_layer = {
            layer: of_feature.get(name, "other")
            for name in self.pipeline.features
            for layer in self.ledger.steps[f"features.{name}"]["result"]
        }
        return {layer: of_layer.get(layer, "other") for layer in contract.evidence(self.cube)}
