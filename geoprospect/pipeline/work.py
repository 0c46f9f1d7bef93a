"""
The work of a run, step by step: the one place where stages meet.

Each public method of :class:`Work` is one stage; what it needs of earlier ones it
reads back from their outputs, so that a run that went on where it stopped ends
with the same bytes as an undisturbed one.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import platform
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.cube import stack, store
from geoprospect.errors import DataError
from geoprospect.explain import shapley
from geoprospect.grid import target
from geoprospect.labels import background, folds
from geoprospect.maps import predict
from geoprospect.models import card, validate
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.pipeline import facts
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.inputs import Input, Things, opened, placed, warn_if_unused
from geoprospect.pipeline.ledger import (
    Ledger,
    code_digest,
    fingerprint,
    versions,
)
from geoprospect.pipeline.listener import Listener
from geoprospect.pipeline.outputs import (
    ATTRIBUTIONS,
    CARD,
    CUBE,
    DRIVERS,
    MODEL,
    OUT_OF_FOLD,
    PROSPECTIVITY,
    REPORT,
    SPREAD,
    TABLE,
    TARGETS,
    VALIDATION,
    Outputs,
)  # fmt: skip
from geoprospect.pipeline.plan import Pipeline
from geoprospect.report import export
from geoprospect.targets import rank

LOG = logging.getLogger("geoprospect.pipeline")

REPORTED = (
    "bokeh", "dask", "geopandas", "lightgbm", "numpy", "odc-geo", "pandas", "pyogrio", "pyproj",
    "rasterio", "scikit-learn", "scipy", "shap", "shapely", "xarray", "zarr",
)  # fmt: skip
"""Libraries whose versions a run notes."""

AREA_CELLS = 20_000
"""Cells that stand for the study area where no ground is held out."""


@dataclass
class Work:
    """What a run holds between its steps."""

    pipeline: Pipeline
    folder: Path
    ledger: Ledger
    listener: Listener
    inputs: dict[str, Input] = field(default_factory=dict)
    prints: dict[str, str] = field(default_factory=dict)

    grid: GeoBox = field(init=False)
    things: Things = field(init=False)
    outputs: Outputs = field(init=False)
    area: xr.DataArray = field(init=False)
    exclusions: xr.DataArray = field(init=False)
    samples: gpd.GeoDataFrame = field(init=False)
    cube: xr.Dataset = field(init=False)

    def facts(self) -> dict[str, Any]:
        """What ``run.json`` says of the run as a whole."""
        return {
            "name": self.pipeline.name,
            "title": self.pipeline.title,
            "seed": self.pipeline.seed,
            "pipeline": self.pipeline.document.text,
            "versions": versions(REPORTED),
            "platform": platform.platform(),
            "inputs": [],
        }

    def steps(self) -> list[str]:
        """Names of all steps, in order."""
        inputs = [f"inputs.{name}" for name in self.pipeline.inputs]
        features = [f"features.{name}" for name in self.pipeline.features]
        later = ["labels", "validation", "model", "maps", "explain", "targets", "report"]
        return [*inputs, "grid", *features, *later]

    def all_steps(self) -> None:
        """Every step, in order."""
        export.write_text(self.pipeline.document.text, self.folder / "pipeline.yaml")
        estimator = self.pipeline.model({}, seed=self.pipeline.seed)  # a typo in it shows now
        self.open_inputs()
        self.lay_grid()
        self.make_layers()
        self.draw_samples()
        self.cross_validate(estimator)
        self.train(estimator)
        self.draw_maps()
        self.explain()
        self.rank_targets()
        self.write_report()

    # --- ground ---------------------------------------------------------------------------

    def open_inputs(self) -> None:
        """Every input, opened and hashed."""
        for name, call in self.pipeline.inputs.items():
            with self._heard(f"inputs.{name}"):
                self.inputs[name] = opened(call, self.ledger)
                self.prints[name] = self.inputs[name].digest
        self.ledger.record["inputs"] = facts.inputs(self.inputs.values())
        warn_if_unused(self.inputs, self._used())

    def lay_grid(self) -> None:
        """The target grid, the study area and the exclusions."""
        with self._heard("grid"), self.ledger.noted("grid"):
            sources = {name: one.source for name, one in self.inputs.items()}
            self.grid = self.pipeline.grid(sources)
            contract.check_grid(self.grid)
            self.things = placed(self.inputs.values(), self.grid)
            self.outputs = Outputs(self.folder, self.grid)
            named = self.pipeline.grid.data.get("area")
            self.area = target.study_area(sources[named] if named else None, grid=self.grid)
            excluded = [sources[name] for name in self.pipeline.exclusions]
            self.exclusions = target.burned(excluded, grid=self.grid)
        self.prints["grid"] = fingerprint(
            str(self.grid.crs), list(self.grid.affine), list(self.grid.shape),
            self.prints.get(named) if named else None,
            [self.prints[name] for name in self.pipeline.exclusions], code_digest("grid"),
        )  # fmt: skip

    # --- evidence -------------------------------------------------------------------------

    def make_layers(self) -> None:
        """Every feature into the cube, each by itself."""
        cube = self.folder / CUBE
        if not store.grid_matches(cube, self.area):
            shutil.rmtree(cube)
        wanted: list[str] = []
        for name, call in self.pipeline.features.items():
            stages = ("ingest", "grid", "features", "cube")
            self.prints[name] = fingerprint(
                self.prints["grid"],
                self.pipeline.seed,
                self._call_print(call),
                code_digest(*stages),
            )
            things = self.things.with_(name, functools.partial(self._called, call, self.things))
            made = self._step(
                f"features.{name}",
                self.prints[name],
                functools.partial(self._layers, name, things),
                _stored,
            )
            self.things = things
            wanted += [layer for layer, tally in made.items() if not tally["dropped"]]
        for name in set(store.stored(cube)) - set(wanted):
            store.remove(cube, name)
        self.cube = store.open_cube(cube, wanted)
        contract.check_cube(self.cube, self.grid)

    def _layers(self, name: str, things: Things) -> dict[str, dict[str, Any]]:
        """Compute one feature into the cube; what each of its layers holds."""
        layers = stack.layers_of(name, things[name])
        cube = stack.stack(layers, grid=self.grid, area=self.area)
        tallies = store.write(cube, self.folder / CUBE)
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

    def _called(self, call: Call, things: Mapping[str, Any]) -> Any:
        """Make a call on things, with all that is filled in."""
        return call(
            things, grid=self.grid, area=self.area, exclusions=self.exclusions,
            seed=self.pipeline.seed,
        )  # fmt: skip

    # --- labels, validation, model --------------------------------------------------------

    def draw_samples(self) -> None:
        """Deposits and background."""
        with self._heard("labels"), self.ledger.noted("labels") as step:
            self.samples = self._called(self.pipeline.labels, self.things)
            contract.check_samples(self.samples, self.grid)
            drawn = self.samples[["label", "group", "row", "column"]]
            step["fingerprint"] = self.prints["samples"] = fingerprint(
                self.prints["grid"], drawn.to_numpy().tolist(), code_digest("labels")
            )
            counts = self.samples["label"].value_counts()
            step["result"] = {"deposits": int(counts[1]), "background": int(counts[0])}

    def cross_validate(self, estimator: Any) -> None:
        """Fit on folds, map out of fold, judge."""
        self.prints["model"] = fingerprint(
            self.prints["samples"], self._evidence_prints(), self.pipeline.seed,
            _told(self.pipeline.model), _told(self.pipeline.ensemble),
            code_digest("models", "cube"),
        )  # fmt: skip
        key = fingerprint(
            self.prints["model"], [_told(call) for call in self.pipeline.validation.values()],
            code_digest("labels", "models", "maps", "report"),
        )  # fmt: skip
        outputs = [VALIDATION, *([OUT_OF_FOLD] if self.blocks is not None else [])]
        self._step("validation", key, lambda: self._validated(estimator), outputs)

    def _validated(self, estimator: Any) -> None:
        protocols = {
            name: validate.summary(self._protocol(name, estimator))
            for name in self.pipeline.validation
        }
        validate.unseen_categories(self.cube, self.rows)
        export.write_text(export.json_text({"protocols": protocols}), self.folder / VALIDATION)

    def _protocol(self, name: str, estimator: Any) -> list[validate.Fold]:
        """What each fold of one protocol showed."""
        parted = self.folds[name]
        fitted = validate.cross_validated(self.rows, self.samples, parted, self._fit(estimator))
        if parted.blocks is None:
            ground = background.area_sample(
                grid=self.grid, area=self.area, count=AREA_CELLS, seed=self.pipeline.seed
            )
            rows = stack.table(self.cube, ground)
            return validate.folds_on_sample(fitted, self.rows, rows, self.samples, parted)
        ensembles: Mapping[int, contract.Ensemble] = fitted
        layer = folds.fold_layer(parted.blocks, grid=self.grid)
        export.geotiff(predict.out_of_fold(self.cube, ensembles, layer), self.folder / OUT_OF_FOLD)
        return validate.folds_on_map(self.outputs.out_of_fold(), self.samples, parted)

    def _fit(self, estimator: Any) -> validate.Fit:
        layers = contract.evidence(self.cube)
        categorical = [name for name in layers if contract.is_categorical(self.cube[name])]

        def fit(
            rows: npt.NDArray[np.float32], labels: npt.NDArray[Any], groups: npt.NDArray[Any]
        ) -> PositiveUnlabelled:
            ensemble: PositiveUnlabelled = self.pipeline.ensemble(
                {}, estimator=estimator, seed=self.pipeline.seed
            )
            return ensemble.fit(rows, labels, groups, layers=layers, categorical=categorical)

        return fit

    def train(self, estimator: Any) -> None:
        """The ensemble on all samples, as texts."""
        self._step("model", self.prints["model"], lambda: self._trained(estimator), [MODEL])

    def _trained(self, estimator: Any) -> None:
        fitted = self._fit(estimator)(
            self.rows, self.samples["label"].to_numpy(), self.samples["group"].to_numpy()
        )
        assert isinstance(fitted, PositiveUnlabelled)
        scores = {
            name: {key: told[key] for key in ("auc", "ausrc", "capture")}
            for name, told in self.outputs.scores()["protocols"].items()
        }
        described = card.card(fitted, self.cube, scores=scores, versions=versions(REPORTED))
        members = {f"member_{i:03d}.txt": text for i, text in enumerate(card.texts(fitted))}
        export.model_folder({CARD: card.to_json(described), **members}, self.folder / MODEL)

    # --- maps, explanations, targets, report ----------------------------------------------

    def draw_maps(self) -> None:
        """Prospectivity and spread."""

        def draw() -> None:
            maps = predict.prospectivity(self.cube, self.ensemble)
            export.geotiffs(
                {
                    self.folder / PROSPECTIVITY: maps[["prospectivity"]],
                    self.folder / SPREAD: maps[["spread"]],
                }
            )

        self.prints["maps"] = fingerprint(self.prints["model"], code_digest("maps", "report"))
        self._step("maps", self.prints["maps"], draw, [PROSPECTIVITY, SPREAD])

    def explain(self) -> None:
        """Attributions and the strongest driver."""

        def draw() -> None:
            shares = self.pipeline.explain({}, cube=self.cube, ensemble=self.ensemble)
            export.geotiff(shares, self.folder / ATTRIBUTIONS)
            driver = shapley.strongest_driver(self.attributions())
            export.geotiff(xr.Dataset({"driver": driver}), self.folder / DRIVERS)

        self.prints["explain"] = fingerprint(
            self.prints["model"], _told(self.pipeline.explain), code_digest("explain", "report")
        )
        self._step("explain", self.prints["explain"], draw, [ATTRIBUTIONS, DRIVERS])

    def rank_targets(self) -> None:
        """Targets and survey areas, ranked."""
        areas = self.pipeline.survey_areas
        self.prints["targets"] = fingerprint(
            self.prints["maps"], self.prints["grid"], self._call_print(self.pipeline.targets),
            self._call_print(areas) if areas else None, self.prints[self._deposits],
            code_digest("targets", "explain", "report"),
        )  # fmt: skip
        self._step("targets", self.prints["targets"], self._ranked, [TARGETS, TABLE])

    def _ranked(self) -> dict[str, int]:
        maps = self.outputs.maps()
        things = self.things
        for name in maps:
            things = things.with_(str(name), functools.partial(maps.__getitem__, name))
        found = self._called(self.pipeline.targets, things)
        rows, columns, _ = rank.cells_of(found, grid=self.grid)
        deposits = self.things[self._deposits]
        targets = rank.ranked(
            found, prospectivity=maps["prospectivity"], spread=maps["spread"], cube=self.cube,
            deposits=deposits, grid=self.grid,
            contributions=shapley.at_cells(self.cube, self.ensemble, rows, columns),
        )  # fmt: skip
        areas = None
        if self.pipeline.survey_areas is not None:
            areas = self.pipeline.survey_areas(
                things, grid=self.grid, deposits=deposits, prospectivity=maps["prospectivity"],
                spread=maps["spread"], threshold=_threshold(targets),
            )  # fmt: skip
        layers = {
            "targets": targets, "survey_areas": areas, "samples": self._told_samples(),
            "deposits": deposits, "folds": self.blocks,
        }  # fmt: skip
        export.geopackage(layers, self.folder / TARGETS)
        export.csv(targets, self.folder / TABLE)
        return {"targets": len(targets), "survey_areas": 0 if areas is None else len(areas)}

    def write_report(self) -> None:
        """One page to read."""
        self.ledger.arrange(self.steps())
        key = fingerprint(
            self.prints["targets"], self.prints["explain"], self.pipeline.document.text,
            {name: self.ledger.steps[name]["fingerprint"] for name in ("validation", "model")},
            [call.path for call in self.pipeline.report], self.ledger.notices(),
            self.pipeline.title, versions(REPORTED), code_digest("report"),
        )  # fmt: skip
        self._step("report", key, self._reported, [REPORT])

    def _reported(self) -> None:
        from geoprospect.report import page

        told = {
            "title": self.pipeline.title,
            "maps": self.outputs.maps(),
            "out_of_fold": self.outputs.out_of_fold() if self.blocks is not None else None,
            "validation": self.outputs.scores(),
            "targets": self.outputs.ranked("targets"),
            "survey_areas": self.outputs.ranked("survey_areas")
            if self.pipeline.survey_areas
            else None,
            "deposits": self.things[self._deposits],
            "samples": self.samples,
            "attributions": self.attributions(),
            "drivers": shapley.strongest_driver(self.attributions()),
            "cube": self.cube,
            "layers": facts.layers(self.pipeline, self.ledger, self.cube, self.area),
            "inputs": facts.inputs(self.inputs.values()),
            "notices": self.ledger.notices(),
            "pipeline": self.pipeline.document.text,
            "versions": versions(REPORTED),
        }
        sections = [(call.path[-1], call(told)) for call in self.pipeline.report]
        text = page.page(self.pipeline.title, sections)
        export.write_text(text, self.folder / REPORT)

    # --- what later stages read of earlier ones -------------------------------------------

    @functools.cached_property
    def rows(self) -> npt.NDArray[np.float32]:
        """Evidence at the samples."""
        return stack.table(self.cube, self.samples)

    @functools.cached_property
    def folds(self) -> dict[str, contract.Folds]:
        """The samples parted, by protocol."""
        return {
            name: call(
                {}, samples=self.samples, grid=self.grid, area=self.area, seed=self.pipeline.seed
            )
            for name, call in self.pipeline.validation.items()
        }

    @property
    def blocks(self) -> gpd.GeoDataFrame | None:
        """Blocks of ground held out, of the protocol that has them."""
        found = [parted.blocks for parted in self.folds.values() if parted.blocks is not None]
        return found[0] if found else None

    @functools.cached_property
    def ensemble(self) -> PositiveUnlabelled:
        """The ensemble, as written."""
        return self.outputs.ensemble(self.cube)

    def attributions(self) -> xr.Dataset:
        """Contributions, as written."""
        return self.outputs.attributions(contract.evidence(self.cube))

    # --- steps ----------------------------------------------------------------------------

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

    def _used(self) -> set[str]:
        pipeline = self.pipeline
        calls = [pipeline.grid, *pipeline.features.values(), pipeline.labels, pipeline.targets]
        calls += [pipeline.survey_areas] if pipeline.survey_areas else []
        return {name for call in calls for name in call.uses()} | set(pipeline.exclusions)

    def _evidence_prints(self) -> list[str]:
        return [self.prints[name] for name in self.pipeline.features]

    def _call_print(self, call: Call) -> str:
        """Fingerprint of a call on named things."""
        used = [self.prints.get(name, name) for name in call.uses()]
        return fingerprint(_told(call), used)

    def _step(
        self,
        name: str,
        key: str,
        make: Callable[[], Any],
        outputs: Iterable[str] | Callable[[Any], Iterable[str]],
    ) -> Any:
        """One recorded step, heard by the listener."""
        kept = self.ledger.is_done(name, key)
        with self._heard(name, kept=kept):
            return self.ledger.step(name, key, make, outputs)

    @contextlib.contextmanager
    def _heard(self, step: str, *, kept: bool = False) -> Iterator[None]:
        self.listener.begun(step)
        with lazy.told(lambda done, of: self.listener.advanced(step, done, of)):
            yield
        self.listener.ended(step, kept=kept)


def _stored(layers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Where a feature's layers stand in the run folder."""
    return [f"{CUBE}/{name}" for name, tally in layers.items() if not tally["dropped"]]


def _told(call: Call) -> list[Any]:
    """A call's function and settings, as far as they bear on its result."""
    settings = {name: value for name, value in call.settings.items() if not _holds_path(value)}
    return [call.function.__module__, call.function.__qualname__, settings, dict(call.data)]


def _holds_path(value: Any) -> bool:
    return isinstance(value, Path) or (isinstance(value, list) and any(map(_holds_path, value)))


def _threshold(targets: gpd.GeoDataFrame) -> float | None:
    """The score above which targets were drawn."""
    if "threshold" not in targets or targets.empty:
        return None
    return float(targets["threshold"].min())
