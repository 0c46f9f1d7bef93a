"""From maps to ranked targets and survey areas."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import xarray as xr

from geoprospect import contract, storage
from geoprospect.errors import GeoprospectError, PipelineError
from geoprospect.explain import shapley
from geoprospect.grid import target
from geoprospect.grid.align import project
from geoprospect.pipeline import places
from geoprospect.pipeline.explained import Explained
from geoprospect.pipeline.inputs import Things
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import RANKING, TABLE, TARGETS
from geoprospect.report import export
from geoprospect.targets import areas as survey
from geoprospect.targets import exclusions, preference, rank, zonal
from geoprospect.targets.next_data import Survey, next_data

Told = dict[str, Any]


@dataclass
class Targeting(Explained):
    """The step that makes targets and survey areas of the maps."""

    def rank_targets(self) -> None:
        """Targets and survey areas, ranked."""
        pipeline = self.pipeline
        areas = [call for call in (pipeline.survey_areas, pipeline.tiling) if call is not None]
        self.prints["targets"] = fingerprint(
            self.prints["maps"], self.prints["validation"], self.prints["grid"],
            self.ledger.steps["trust"]["fingerprint"], self.call_print(pipeline.targets),
            [self.call_print(call) for call in areas], pipeline.ranking.told(),
            [self.call_print(call) for call in pipeline.ranking.calls()],
            [*pipeline.exclusions], self.prints[self._deposits],
            self.language,
            code_digest("grid", "targets", "explain", "report", "language.py", "locale"),
        )  # fmt: skip
        self.step("targets", self.prints["targets"], self._ranked, [TARGETS, TABLE, RANKING])

    def ranking_told(self) -> Told:
        """How the targets were ranked, for the report."""
        found: Told = json.loads(storage.read_text(self.folder / RANKING))
        return found

    def _ranked(self) -> dict[str, int]:
        things = self._with_maps()
        found = self.called(self.pipeline.targets, things)
        targets, told = self._preferred(found, things)
        areas = self._areas(things, rank_threshold(targets))
        layers = {
            "targets": targets, "survey_areas": areas, "samples": self._told_samples(),
            "deposits": self._known_deposits, "folds": self.blocks,
        }  # fmt: skip
        export.geopackage(layers, self.folder / TARGETS)
        export.csv(targets, self.folder / TABLE)
        export.write_text(export.json_text(told), self.folder / RANKING)
        return {"targets": len(targets), "survey_areas": 0 if areas is None else len(areas)}

    def _with_maps(self) -> Things:
        """What calls may take, and the maps that the run has made."""
        maps = self.outputs.maps()
        made = {str(name): functools.partial(maps.__getitem__, name) for name in maps}
        made |= {name: getattr(self.outputs, name) for name in self.pipeline.maps - set(made)}
        things = self.things
        for name, make in made.items():
            things = things.with_(name, make)
        return things

    # --- targets --------------------------------------------------------------------------

    def _preferred(self, found: gpd.GeoDataFrame, things: Things) -> tuple[gpd.GeoDataFrame, Told]:
        """Targets in their order, with all that is told of each, and how they were ordered."""
        polygons = [
            features
            for name in self.pipeline.exclusions
            if isinstance(features := self.things[name], gpd.GeoDataFrame)
        ]
        table = self._measured(exclusions.cut(found, polygons), things)
        area, lost = self._lost(float(found.attrs["least"]), table, things)
        table["area_lost_km2"] = area
        members = zonal.member_means(
            table, things["prospectivity"], self.shown, self.ensemble.scores, self.grid
        )
        asked = self.pipeline.ranking
        table, told = preference.preferred(
            table, [self._weighed(one, table, things) for one in asked.criteria],
            members=members, draws=asked.draws, concentration=asked.concentration,
            seed=self.pipeline.seed,
        )  # fmt: skip
        table["target_class"], told["classes"] = self._abc(table, things)
        table["next_data"] = next_data(
            table, cube=self.shown, surveys=self._surveys(), scores=self.ensemble.scores,
            rank_if=functools.partial(preference.rank_if, table, told), grid=self.grid,
        )  # fmt: skip
        last = [*(name for name in table.columns if name != "geometry"), "geometry"]
        return table[last], told | {"lost": lost}

    def _measured(self, found: gpd.GeoDataFrame, things: Things) -> gpd.GeoDataFrame:
        seen = "applicability" in self.pipeline.maps
        return rank.ranked(
            found, prospectivity=things["prospectivity"], spread=things["spread"], cube=self.shown,
            deposits=self._known_deposits, grid=self.grid,
            contributions=functools.partial(_contributions, self.ensemble),
            units=self.ensemble.raw_units,
            applicability=things["applicability"]["applicability"] if seen else None,
            probability=self._probability(things),
        )  # fmt: skip

    def _probability(self, things: Things) -> xr.DataArray | None:
        return things["probability"] if "probability" in self.pipeline.maps else None

    def _lost(
        self, least: float, table: gpd.GeoDataFrame, things: Things
    ) -> tuple[npt.NDArray[np.float64], list[Told]]:
        """What exclusions took of the ground that was chosen."""
        if not self.pipeline.exclusions:
            return np.zeros(len(table)), []
        chosen = things[next(iter(self.pipeline.targets.data.values()))]
        each = {
            name: target.burned([self.inputs[name].source], grid=self.grid)
            for name in self.pipeline.exclusions
        }
        return exclusions.lost(
            chosen, least, table, exclusions=self.exclusions, each=each, grid=self.grid
        )

    def _weighed(self, one: Any, table: gpd.GeoDataFrame, things: Things) -> preference.Weighed:
        measured = one.call(things, targets=table, grid=self.grid)
        return preference.Weighed(one.name, measured, one.weight, one.ends)

    def _abc(self, table: gpd.GeoDataFrame, things: Things) -> tuple[Any, Told | None]:
        call = self.pipeline.ranking.classes
        if call is None:
            return None, None
        found: tuple[list[str], Told] = call(
            {}, targets=table, prospectivity=things["prospectivity"], cube=self.cube,
            grid=self.grid,
        )  # fmt: skip
        return found

    def _surveys(self) -> dict[str, Survey]:
        """Evidence by the input that it was made from, and how far that input's samples lie."""
        source: dict[str, str] = {}
        for name, call in {**self.pipeline.tables, **self.pipeline.features}.items():
            used = next(iter(call.uses()), name)
            source[name] = source.get(used, used)
        evidence = set(contract.evidence(self.shown))
        layers: dict[str, list[str]] = {}
        for name in self.pipeline.features:
            made = self.ledger.steps[f"features.{name}"]["result"]
            layers.setdefault(source[name], []).extend(n for n in made if n in self.cube)
        return {
            name: Survey(
                name.replace("_", " "), tuple(n for n in own if n in evidence), self._distance(own)
            )
            for name, own in layers.items()
            if evidence & set(own)
        }

    def _distance(self, layers: list[str]) -> str | None:
        """Among layers of one survey the one that tells how far its samples lie."""
        return next(
            (
                name
                for name in layers
                if contract.is_quality(self.cube[name]) and self.cube[name].attrs["units"] == "m"
            ),
            None,
        )

    # --- survey areas ---------------------------------------------------------------------

    def _areas(self, things: Things, threshold: float | None) -> gpd.GeoDataFrame | None:
        call = self.pipeline.survey_areas
        if call is None:
            return None
        made = self._made_areas()
        judged: gpd.GeoDataFrame = call(
            things, grid=self.grid, deposits=self._known_deposits,
            prospectivity=things["prospectivity"], spread=things["spread"], threshold=threshold,
            probability=self._probability(things), **made,
        )  # fmt: skip
        return judged

    def _made_areas(self) -> Mapping[str, Any]:
        """The study area parted into areas, on the grid, and the column of their names."""
        call = self.pipeline.tiling
        if call is None:
            return {}
        crs = pyproj.CRS.from_user_input(call.function.__globals__["CRS"])
        box = self.grid.boundingbox
        bounds = places.moved((box.left, box.bottom, box.right, box.top), self.grid.crs.proj, crs)
        if bounds is None:
            raise PipelineError(f"{call.label}: the grid has no place in {crs.name}; check its CRS")
        try:
            parted = project(call({}, bounds=bounds), grid=self.grid)
        except GeoprospectError as error:
            error.add_note(f"in {call.label}")
            raise
        return {
            "areas": survey.within(parted, area=self.area, grid=self.grid),
            "label": str(parted.columns[0]),
        }

    # --- what later stages read of earlier ones -------------------------------------------

    @property
    def _known_deposits(self) -> gpd.GeoDataFrame:
        """The deposits as read; where labels are a raster, the cells that it calls so."""
        deposits = self.things[self._deposits]
        if isinstance(deposits, gpd.GeoDataFrame):
            return deposits
        return self.samples[self.samples["label"] == 1]

    @property
    def _deposits(self) -> str:
        """Name of the input that holds the known deposits."""
        return str(self.pipeline.labels.data["deposits"])

    def _told_samples(self) -> gpd.GeoDataFrame:
        """The samples as a reader wants them, with their fold."""
        samples = self.samples[["label", "group", "row", "column", "geometry"]].copy()
        for name, parted in self.folds.items():
            samples[f"fold_{name}"] = parted.of_samples
        return samples


def rank_threshold(targets: gpd.GeoDataFrame) -> float | None:
    """The score above which targets were drawn; None where no score was what chose them."""
    if "threshold" not in targets or targets["threshold"].isna().all():
        return None
    return float(targets["threshold"].min())


def _contributions(ensemble: contract.Explainable, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Contributions of each layer to some rows; nothing at all of a model that has none."""
    if ensemble.additive:
        return shapley.ensemble_contributions(ensemble, rows)
    return np.zeros((len(rows), len(ensemble.layers_) + 1))
