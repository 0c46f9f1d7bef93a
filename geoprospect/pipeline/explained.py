"""What the report says of why the map scores as it does."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from geoprospect import contract, lazy, storage
from geoprospect.explain import shapley
from geoprospect.explain.breakdown import breakdown
from geoprospect.explain.dependence import dependence
from geoprospect.explain.grouped import drivers, group_table, grouped, grouped_rows
from geoprospect.explain.stability import (
    LEAST_AGREEMENT,
    agreement_table,
    sign_agreement,
    steady_driver,
)
from geoprospect.explain.strength import strength
from geoprospect.language import say
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import AGREEMENT, EXPLANATIONS, ROLE_DRIVERS, ROLES
from geoprospect.pipeline.trust import Trust
from geoprospect.report import export
from geoprospect.targets import rank
from geoprospect.targets.explanations import explanations

CELLS = 1_000
"""Cells drawn evenly over the area that stand for it in dependence and strength."""

MISSED = 2
"""Known deposits that are explained layer by layer: those that the map ranks lowest."""

MOST_TARGETS = 20
"""Targets that are explained role by role."""


@dataclass
class Explained(Trust):
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
            self.outputs.ranked("targets"), cube=self.shown, deposits=deposits, grid=self.grid,
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
        names = (
            "attributions", "drivers", "strength", "dependence", "breakdown", "steady_driver",
            "role_drivers", "role_targets",
        )  # fmt: skip
        if not self.ensemble.additive:
            return dict.fromkeys(names)
        scored = self.outputs.maps()["prospectivity"]
        thin = shapley.thinned(self.shown, known=scored)
        attributions = shapley.attributions(thin, self.ensemble)
        cells, rows = self._area_rows
        rows = rows[:, self.shown_columns]
        known = np.flatnonzero(~np.isnan(rows).all(axis=1))  # from north to south
        some = known[:: max(1, len(known) // CELLS)][:CELLS]
        deposits = self.samples[self.samples["label"] == 1]
        return {
            "attributions": attributions,
            "drivers": self.outputs.drivers(self.shown),
            "strength": strength(self.shown, self.ensemble, rows[some], groups=self._groups()),
            "dependence": dependence(
                self.shown, self.ensemble, cells=cells.iloc[some], deposits=deposits
            ),
            "breakdown": breakdown(self.shown, self.ensemble, self._missed_cells()),
            "steady_driver": self._steady_driver() if self.pipeline.agreement else None,
            "role_drivers": self.outputs.roles(self._role_names())[1]
            if self.pipeline.by_role
            else None,
            "role_targets": self._role_steps() if self.pipeline.by_role else None,
        }

    def _steady_driver(self) -> xr.DataArray:
        return steady_driver(self.outputs.drivers(self.shown), self.outputs.agreement(self.shown))

    def reason_maps(self, shares: xr.Dataset) -> dict[str, xr.Dataset]:
        """Further maps of why: members' agreement and contributions by role, where asked for."""
        drawn = {}
        if self.pipeline.agreement:
            drawn[AGREEMENT] = sign_agreement(self.shown, self.ensemble)
        if self.pipeline.by_role:
            whole = shapley.BASE in shares  # or else only the strongest layers are there
            layers = shares if whole else shapley.attributions(self.shown, self.ensemble)
            sums = grouped(layers.drop_vars(shapley.DRIVER, errors="ignore"),
                                   groups=self._groups() or {})  # fmt: skip
            drawn |= {ROLES: sums, ROLE_DRIVERS: drivers(sums)}
        return drawn

    def reasons_told(self) -> dict[str, Any]:
        """Tables of the maps of why, for ``trust.json``."""
        found: dict[str, Any] = {}
        deposits = self.samples[self.samples["label"] == 1]
        if not self.ensemble.additive:
            return found
        if self.pipeline.agreement:
            agreed = self.outputs.agreement(self.shown)
            found["agreement"] = {
                "least": LEAST_AGREEMENT, "layers": agreement_table(agreed, deposits)
            }  # fmt: skip
        if self.pipeline.by_role:
            sums, leading = self.outputs.roles(self._role_names())
            found["roles"] = {
                "units": self.ensemble.raw_units,
                "groups": group_table(sums, leading, deposits),
            }
        return found

    def _role_names(self) -> list[str]:
        return list(dict.fromkeys((self._groups() or {}).values()))

    def _role_steps(self) -> list[dict[str, Any]]:
        """What each role adds at the first targets, means over their cells; the best first."""
        targets = self.outputs.ranked("targets").head(MOST_TARGETS)
        names = self._role_names()
        if targets.empty:
            return []
        sums, _ = self.outputs.roles(names)
        rows, columns, which = rank.cells_of(targets, grid=self.grid)
        found = lazy.sample(sums, [*names, shapley.BASE], rows, columns).astype("float64")
        means = np.stack([found[which == number].mean(axis=0) for number in range(len(targets))])
        table = grouped_rows(means, names, groups={name: name for name in names})
        return [
            {"target": str(label)} | {str(name): value for name, value in row.items()}
            for label, row in zip(targets["label"], table.to_dict("records"), strict=True)
        ]

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
        return {layer: of_layer.get(layer, "other") for layer in contract.evidence(self.shown)}

    def _missed_cells(self) -> pd.DataFrame:
        """The cells of the known deposits that the map ranks lowest, under their names."""
        held = self.samples[self.samples["label"] == 1]
        at = held["row"].to_numpy(), held["column"].to_numpy()
        scores = lazy.sample(self.outputs.maps(), ["prospectivity"], *at)[:, 0]
        lowest = held.iloc[
            np.argsort(scores, kind="stable")[: min(MISSED, np.isfinite(scores).sum())]
        ]
        names = lowest["name"] if "name" in lowest else pd.Series(None, lowest.index, dtype=object)
        places = [
            say("{name}, known deposit", name=name)
            if isinstance(name, str) and name
            else say("known deposit {number}", number=n)
            for n, name in enumerate(names, start=1)
        ]
        return pd.DataFrame(
            {
                "place": places,
                "row": lowest["row"].to_numpy(),
                "column": lowest["column"].to_numpy(),
            }
        )
