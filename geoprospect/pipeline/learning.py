"""From samples to a model that has been judged: folds, other models beside it, the fit."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract, storage
from geoprospect.cube import stack
from geoprospect.labels import background, folds, reach
from geoprospect.maps import predict
from geoprospect.models import boosting, card, judging, leaderboard, soundness, validate
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.models.selection import Selected
from geoprospect.pipeline.fitting import with_settings
from geoprospect.pipeline.ledger import code_digest, fingerprint, versions
from geoprospect.pipeline.nesting import Nesting, main_of
from geoprospect.pipeline.outputs import (
    CARD,
    LEADERBOARD,
    MODEL,
    OUT_OF_FOLD,
    SEARCH,
    TUNING,
    VALIDATION,
)
from geoprospect.pipeline.steps import REPORTED, told
from geoprospect.report import export

AREA_CELLS = 20_000
"""Cells that stand for the study area where no map is made: random folds, further tilings."""


@dataclass
class Learning(Nesting):
    """The steps between samples and maps; each public method is one stage."""

    # --- validation -----------------------------------------------------------------------

    def part_samples(self) -> None:
        """How each protocol of validation parts the samples."""
        with self.heard("folds"), self.ledger.noted("folds"):
            for name, call in self.pipeline.validation.items():
                wanted = {call.settings.get("size"), call.settings.get("radius")}
                self.folds[name] = call(
                    {}, samples=self.samples, grid=self.grid, area=self.area,
                    seed=self.pipeline.seed,
                    ranges=self._ranges if "auto" in wanted else None,
                )  # fmt: skip
                if self.folds[name].blocks is not None:
                    layers = contract.evidence(self.cube)
                    soundness.check_folds(
                        self.rows, self.samples, self.folds[name], layers=layers,
                        meanings=self.meanings,
                    )  # fmt: skip

    @functools.cached_property
    def _ranges(self) -> pd.DataFrame:
        """How far each layer's values reach, weighed by what a first model makes of it."""
        first = self.fit_on(boosting.lightgbm(seed=self.pipeline.seed))
        fitted = first(self.rows, *validate.learnt_from(self.samples))
        assert isinstance(fitted, PositiveUnlabelled)
        gains = np.mean([one.feature_importance("gain") for one in fitted.members_], axis=0)
        layers = contract.evidence(self.cube)
        return reach.effective_ranges(
            self.cube, grid=self.grid, area=self.area, seed=self.pipeline.seed,
            importance=dict(zip(layers, gains.tolist(), strict=True)),
        )  # fmt: skip

    @property
    def blocks(self) -> gpd.GeoDataFrame | None:
        """Blocks of ground held out, of the protocol that has them."""
        found = [parted.blocks for parted in self.folds.values() if parted.blocks is not None]
        return found[0] if found else None

    def compare(self) -> None:
        """Every model on the same folds, judged on the same cells; the best of them."""
        self.prints["samples and layers"] = fingerprint(
            self.prints["samples"], [self.prints[name] for name in self.pipeline.features],
            self.pipeline.seed, told(self.pipeline.ensemble),
            *([told(self.pipeline.select)] if self.pipeline.select else []),
            code_digest("models", "cube"),
        )  # fmt: skip
        if self.pipeline.tuning is None:
            storage.remove(self.folder / TUNING)
        if len(self.estimators) == 1:
            return
        self.prints["leaderboard"] = fingerprint(
            self.prints["samples and layers"],
            {name: told(call) for name, call in self.pipeline.models.items()},
            [told(call) for call in self.pipeline.validation.values()],
            self.pipeline.mapped, self._tuning_print, code_digest("labels"),
        )  # fmt: skip
        self.step("leaderboard", self.prints["leaderboard"], self._compared, [LEADERBOARD])

    def _compared(self) -> None:
        main = main_of(self.folds)
        protocols = {
            model: {main: self._judged(main, self._on_samples(self.folds[main], model))}
            for model in self.estimators
        }
        board = leaderboard.leaderboard(protocols, protocol=main)
        board["mapped"] = self.pipeline.mapped or board["best"]
        if self.pipeline.tuned is not None:
            board["tuning"] = self.tuning_told()
        export.write_text(export.json_text(board), self.folder / LEADERBOARD)

    @property
    def _tuning_print(self) -> Any:
        """What bears on how settings are found; nothing where they are not searched for."""
        call = self.pipeline.tuning
        return None if call is None else [self.pipeline.tuned, told(call)]

    @functools.cached_property
    def mapped(self) -> str:
        """Name of the model that the maps show."""
        if len(self.estimators) == 1:
            return next(iter(self.estimators))
        return str(json.loads(storage.read_text(self.folder / LEADERBOARD))["mapped"])

    def cross_validate(self) -> None:
        """Fit on folds, map out of fold, judge."""
        self.prints["model"] = fingerprint(
            self.prints["samples and layers"],
            told(self.pipeline.models[self.mapped]),
            *([self._tuning_print] if self.mapped == self.pipeline.tuned else []),
        )
        self.prints["validation"] = fingerprint(
            self.prints["model"], [told(call) for call in self.pipeline.validation.values()],
            self.prints.get("leaderboard"), bool(self.pipeline.search_area),
            code_digest("labels", "models", "maps", "report"),
        )  # fmt: skip
        outputs = [VALIDATION]
        if self.blocks is not None:
            outputs += [OUT_OF_FOLD, *([SEARCH] if self.pipeline.search_area else [])]
        self.step("validation", self.prints["validation"], self._validated, outputs)

    def _validated(self) -> None:
        self.searches.clear()
        self.choices.clear()
        judged: dict[str, Any] = {"model": self.mapped}
        judged["protocols"] = {
            name: self._judged(name, self._protocol(name)) for name in self.pipeline.validation
        }
        if len(self.estimators) > 1:
            judged["leaderboard"] = json.loads(storage.read_text(self.folder / LEADERBOARD))
        if self.mapped == self.pipeline.tuned:
            judged["tuning"] = self.tuning_told()
            for scores in judged["protocols"].values():
                scores["settings"] = "tuned inside each fold (nested)"
        if self.pipeline.select is not None:
            judged["selection"] = self.chosen_told()
        validate.unseen_categories(self.cube, self.rows)
        export.write_text(export.json_text(judged), self.folder / VALIDATION)

    def _judged(self, name: str, shown: list[list[validate.Fold]]) -> dict[str, Any]:
        return judging.judged(self.folds[name], shown, seed=self.pipeline.seed)

    def _protocol(self, name: str) -> list[list[validate.Fold]]:
        """What each fold of one protocol showed, tiling by tiling; the first as a map."""
        first = self.folds[name]
        if first.blocks is None:
            return self._on_samples(first, self.mapped)
        return [
            self._on_map(first, first.blocks),
            *(self._on_sample(other, self.mapped) for other in first.further),
        ]

    def _on_map(self, parted: contract.Folds, blocks: gpd.GeoDataFrame) -> list[validate.Fold]:
        """What each fold showed among every cell of its ground, as the map has it."""
        ensembles = self.cross_validated(parted, self.mapped)
        layer = folds.fold_layer(blocks, grid=self.grid)
        scores = predict.out_of_fold(self.cube, ensembles, layer)
        maps = {OUT_OF_FOLD: scores, **self.search_map(parted, ensembles)}
        outputs = {self.folder / path: layers for path, layers in maps.items()}
        export.geotiffs(outputs, key=self.prints["validation"])
        return validate.folds_on_map(self.outputs.out_of_fold(), self.samples, parted)

    def search_map(
        self, parted: contract.Folds, ensembles: Mapping[int, contract.Ensemble]
    ) -> dict[str, xr.Dataset]:
        """Further maps that rest on the folds' ensembles."""
        return {}

    def _on_samples(self, first: contract.Folds, model: str) -> list[list[validate.Fold]]:
        """What each fold of one protocol showed among sampled cells, tiling by tiling."""
        return [self._on_sample(parted, model) for parted in (first, *first.further)]

    def _on_sample(self, parted: contract.Folds, model: str) -> list[validate.Fold]:
        """What each fold showed among cells that stand for its ground, or for the study area."""
        ensembles = self.cross_validated(parted, model)
        cells, rows = self._area_rows
        of_cells = (
            None if parted.blocks is None else folds.fold_of(cells, parted.blocks, grid=self.grid)
        )
        return validate.folds_on_sample(
            ensembles, self.rows, rows, self.samples, parted, of_cells=of_cells
        )

    @functools.cached_property
    def _area_rows(self) -> tuple[gpd.GeoDataFrame, npt.NDArray[np.float32]]:
        """Cells drawn evenly over the study area, and their evidence."""
        cells = background.area_sample(
            grid=self.grid, area=self.area, count=AREA_CELLS, seed=self.pipeline.seed
        )
        return cells, stack.table(self.cube, cells)

    # --- the model ------------------------------------------------------------------------

    def train(self) -> None:
        """The ensemble on all samples, as texts."""
        self.step("model", self.prints["model"], self._trained, [MODEL])

    def _trained(self) -> None:
        found = self.found_for_map() if self.mapped == self.pipeline.tuned else None
        fitted = self.fit_of(self.mapped, found.settings if found else {})(
            self.rows, *validate.learnt_from(self.samples)
        )
        left = fitted.choice_.left if isinstance(fitted, Selected) else {}
        ensemble = fitted.inner if isinstance(fitted, Selected) else fitted
        assert isinstance(ensemble, PositiveUnlabelled)
        scores = {
            name: {key: told[key] for key in ("auc", "ausrc", "capture")}
            for name, told in self.outputs.scores()["protocols"].items()
        }
        call = self.pipeline.models[self.mapped]
        if found is not None:
            call = with_settings(call, found.settings)
        described = card.card(
            ensemble, self.cube, model=call.function.__name__, settings=call.settings,
            scores=scores, versions=versions(REPORTED), left_out=left, tuned=found,
        )  # fmt: skip
        members = {f"member_{i:03d}.txt": text for i, text in enumerate(card.texts(ensemble))}
        export.model_folder({CARD: card.to_json(described), **members}, self.folder / MODEL)

    # --- what later stages read of earlier ones -------------------------------------------

    @functools.cached_property
    def shown(self) -> xr.Dataset:
        """The cube as the maps' model sees it, without the layers that it was not given."""
        if self.pipeline.select is None:
            return self.cube
        given = {entry["name"] for entry in self.outputs.card()["layers"]}
        return self.cube.drop_vars([n for n in contract.evidence(self.cube) if n not in given])

    @functools.cached_property
    def shown_columns(self) -> list[int]:
        """Places of the layers that the maps' model was given among those of the cube."""
        layers = contract.evidence(self.cube)
        return [layers.index(name) for name in contract.evidence(self.shown)]

    @functools.cached_property
    def ensemble(self) -> PositiveUnlabelled:
        """The ensemble, as written."""
        return self.outputs.ensemble(self.shown)
