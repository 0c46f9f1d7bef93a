"""From files to samples: inputs, grid, layers in the cube, deposits and background."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, storage
from geoprospect.cube import stack, store
from geoprospect.errors import DataError
from geoprospect.grid import target
from geoprospect.pipeline import facts
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.hidden import warn_of_hidden
from geoprospect.pipeline.inputs import Input, Things, opened, placed, warn_if_unused
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import CUBE, Outputs
from geoprospect.pipeline.plan import Pipeline
from geoprospect.pipeline.steps import Steps

LOG = logging.getLogger("geoprospect.pipeline")


@dataclass
class Ground(Steps):
    """The steps that lay the ground for a model; each public method is one stage."""

    pipeline: Pipeline
    inputs: dict[str, Input] = field(default_factory=dict)

    grid: GeoBox = field(init=False)
    things: Things = field(init=False)
    outputs: Outputs = field(init=False)
    area: xr.DataArray = field(init=False)
    exclusions: xr.DataArray = field(init=False)
    cube: xr.Dataset = field(init=False)
    samples: gpd.GeoDataFrame = field(init=False)

    def names(self) -> list[str]:
        """Names of all steps, in order."""
        inputs = [f"inputs.{name}" for name in self.pipeline.inputs]
        features = [f"features.{name}" for name in self.pipeline.features]
        several = ["leaderboard"] if len(self.pipeline.models) > 1 else []
        nulls = ["nulls"] if self.pipeline.nulls else []
        made = [*inputs, *self.underground(), "grid", *features, "labels", "folds", *several]
        amounts = ["resources"] if self.pipeline.resources else []
        drilling = ["drilling"] if self.pipeline.drilling else []
        drilling += ["backtest"] if self.pipeline.backtest else []
        later = ["model", "maps", "trust", "targets", "explanations", *amounts, *drilling]
        last = ["report", "pdf", "catalogue"]
        return [*made, "validation", *nulls, *later, *last]

    # --- ground ---------------------------------------------------------------------------

    def open_inputs(self) -> None:
        """Every input, opened and hashed."""
        for name, call in self.pipeline.inputs.items():
            with self.heard(f"inputs.{name}"):
                self.inputs[name] = opened(call, self.ledger)
                self.prints[name] = self.inputs[name].digest
        self.ledger.record["inputs"] = facts.inputs(self.inputs.values())
        warn_if_unused(self.inputs, self._used())
        warn_of_hidden(self.pipeline)

    def lay_grid(self) -> None:
        """The target grid, the study area and the exclusions."""
        with self.heard("grid"), self.ledger.noted("grid"):
            sources = {name: one.source for name, one in self.inputs.items()}
            self.grid = _settled(self.pipeline.grid(sources))
            contract.check_grid(self.grid)
            self.things = placed(self.inputs.values(), self.grid)
            self.outputs = Outputs(self.folder, self.grid)
            named = self.pipeline.grid.data.get("area")
            self.area = target.study_area(sources[named] if named else None, grid=self.grid)
            excluded = [sources[name] for name in self.pipeline.exclusions]
            self.exclusions = target.burned(excluded, grid=self.grid)
        self._lay_tables()
        self.prints["grid"] = fingerprint(
            str(self.grid.crs), list(self.grid.affine), list(self.grid.shape),
            self.prints.get(named) if named else None,
            [self.prints[name] for name in self.pipeline.exclusions], code_digest("grid"),
        )  # fmt: skip

    def _lay_tables(self) -> None:
        """Tables made of tables: each made when a call first asks for it."""
        for name, call in self.pipeline.tables.items():
            self.prints[name] = fingerprint(
                self.call_print(call), self.pipeline.seed, code_digest("grid", "features")
            )
            make = functools.partial(self.called, call, self.things)
            self.things = self.things.with_(name, make)

    # --- evidence -------------------------------------------------------------------------

    def make_layers(self) -> None:
        """Every feature into the cube, each by itself."""
        cube = self.folder / CUBE
        if not store.grid_matches(cube, self.area):
            storage.remove(cube)
        wanted: list[str] = []
        for name, call in self.pipeline.features.items():
            stages = ("ingest", "grid", "features", "cube")
            self.prints[name] = fingerprint(
                self.prints["grid"],
                self.pipeline.seed,
                self.call_print(call),
                code_digest(*stages),
            )
            things = self.things.with_(name, functools.partial(self.called, call, self.things))
            made = self.step(
                f"features.{name}",
                self.prints[name],
                functools.partial(self._layers, name, things),
                _stored,
            )
            self.things = things
            wanted += [layer for layer, tally in made.items() if not tally["dropped"]]
        store.tidy(cube)
        for name in set(store.stored(cube)) - set(wanted):
            store.remove(cube, name)
        self.cube = store.open_cube(cube, wanted)
        contract.check_cube(self.cube, self.grid)

    def _layers(self, name: str, things: Things) -> dict[str, dict[str, Any]]:
        """Compute one feature into the cube; what each of its layers holds."""
        layers = stack.layers_of(name, things[name])
        cube = stack.stack(layers, grid=self.grid, area=self.area)
        tallies = store.write(cube, self.folder / CUBE, key=self.prints[name])
        return {name: tally | self._verdict(name, tally) for name, tally in tallies.items()}

    def _verdict(self, name: str, tally: Mapping[str, Any]) -> dict[str, bool]:
        """Whether a written layer may stay: a layer without values is an error."""
        if not tally["known"]:
            raise DataError(
                f"layer {name!r} has no value inside the study area; check its nodata codes, "
                "its CRS and where it lies (geoprospect check shows its coverage)"
            )
        constant = tally["minimum"] == tally["maximum"]
        if constant:
            LOG.warning(
                "layer %r is %g everywhere in the study area and tells nothing; it is left out",
                name, tally["minimum"],
            )  # fmt: skip
        return {"dropped": constant}

    def called(self, call: Call, things: Mapping[str, Any]) -> Any:
        """Make a call on things, with all that is filled in."""
        return call(
            things, grid=self.grid, area=self.area, exclusions=self.exclusions,
            seed=self.pipeline.seed,
        )  # fmt: skip

    # --- labels ---------------------------------------------------------------------------

    def draw_samples(self) -> None:
        """Deposits and background."""
        with self.heard("labels"), self.ledger.noted("labels") as step:
            self.samples = self.called(self.pipeline.labels, self.things)
            contract.check_samples(self.samples, self.grid)
            told_apart = ("label", "group", "row", "column", "weight", "year")
            drawn = self.samples[[name for name in told_apart if name in self.samples]]
            step["fingerprint"] = self.prints["samples"] = fingerprint(
                self.prints["grid"], list(drawn), drawn.to_numpy(str).tolist(),
                code_digest("labels"),
            )  # fmt: skip
            counts = self.samples["label"].value_counts()
            step["result"] = {"deposits": int(counts[1]), "background": int(counts[0])}

    def _used(self) -> set[str]:
        pipeline = self.pipeline
        calls = [
            pipeline.grid, *pipeline.tables.values(), *pipeline.features.values(),
            pipeline.labels, pipeline.targets, *pipeline.ranking.calls(),
        ]  # fmt: skip
        calls += [pipeline.survey_areas] if pipeline.survey_areas else []
        calls += pipeline.resources.calls() if pipeline.resources else []
        calls += [call for call in (pipeline.drilling, pipeline.backtest) if call]
        return {name for call in calls for name in call.uses()} | set(pipeline.exclusions)


def _settled(grid: GeoBox) -> GeoBox:
    """The grid with its CRS by its code: odc-geo may spell an equal one that it met before."""
    code = grid.crs.epsg if grid.crs else None
    return GeoBox(grid.shape, grid.affine, f"EPSG:{code}") if code else grid


def _stored(layers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Where a feature's layers stand in the run folder."""
    return [f"{CUBE}/{name}" for name, tally in layers.items() if not tally["dropped"]]
