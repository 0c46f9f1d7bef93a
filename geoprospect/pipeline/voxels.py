"""Prospectivity of the ground between drill holes: judged by hole, mapped, written, told."""

from __future__ import annotations

import io
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
from geoprospect.blocks import BlockGrid
from geoprospect.cube import voxels as cubes
from geoprospect.explain import voxels as reasons
from geoprospect.features.voxels.volumes import depth
from geoprospect.labels.folds import random
from geoprospect.maps.voxels import UNKNOWN
from geoprospect.models import validate
from geoprospect.models import voxels as judging
from geoprospect.pipeline import facts
from geoprospect.pipeline.blocks import Blocks
from geoprospect.pipeline.inputs import opened
from geoprospect.pipeline.ledger import code_digest, fingerprint, versions
from geoprospect.pipeline.outputs import SUBSURFACE, SUBSURFACE_TABLE, SUBSURFACE_TOLD
from geoprospect.pipeline.steps import told
from geoprospect.pipeline.subsurface import Subsurface
from geoprospect.report import export

OUTPUTS = (SUBSURFACE, SUBSURFACE_TABLE, SUBSURFACE_TOLD)
NAIVE = "random"
"""What the contrast is called: samples at random, beside others of their own holes."""
CONTRAST_FOLDS = 5
SHOWN = ("prospectivity", "spread", "data_distance", "unknown")
DIGITS = 10
CODE = ("features", "cube", "labels", "models", "maps", "explain", "kernels", "report")

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.float32]


@dataclass
class Voxels(Blocks):
    """The step that asks where between the holes ore may lie."""

    def make_voxels(self) -> None:
        """Evidence, folds, model, map and reasons of the ground between holes."""
        plan = self.pipeline.voxels
        if plan is None:
            for path in OUTPUTS:
                storage.remove(self.folder / path)
            return
        things = self._opened_below(plan)
        self.prints["voxels"] = fingerprint(
            self.prints["composites"], [told(call) for call in plan.calls()],
            [self.prints[f"voxels.{name}"] for name in plan.inputs], plan.ground,
            self.pipeline.seed,
            versions(["lightgbm", "numpy", "scipy"]), code_digest(*CODE),
        )  # fmt: skip
        self.step(
            "voxels", self.prints["voxels"], lambda: self._scored_below(plan, things), OUTPUTS
        )

    def voxels_told(self) -> dict[str, Any] | None:
        """What the report says and shows of the ground between holes, where it is asked for."""
        if self.pipeline.voxels is None:
            return None
        made: dict[str, Any] = json.loads(storage.read_text(self.folder / SUBSURFACE_TOLD))
        stated = made["grid"]
        grid = BlockGrid(tuple(stated["origin"]), tuple(stated["size"]), tuple(stated["counts"]),
                         stated["crs"], stated["azimuth"])  # fmt: skip
        text = storage.read_text(self.folder / SUBSURFACE_TABLE).removeprefix("\ufeff")
        table = pd.read_csv(io.StringIO(text), usecols=[*SHOWN])
        return {
            "told": made,
            "maps": grid.dataset(**{name: table[name].to_numpy() for name in SHOWN}),
            "composites": self._composites(),
        }

    def _opened_below(self, plan: Subsurface) -> dict[str, Any]:
        things: dict[str, Any] = {}
        for name, call in plan.inputs.items():
            step = f"voxels.{name}"
            with self.heard(step):
                one = opened(call, self.ledger, step=step)
            self.prints[step] = one.digest
            self.ledger.record["inputs"] += facts.inputs([one])
            source = one.source
            if isinstance(source, gpd.GeoDataFrame | xr.DataArray):
                source.attrs.setdefault("long_name", name.replace("_", " "))
            things[name] = source
        return things

    def _scored_below(self, plan: Subsurface, things: Mapping[str, Any]) -> dict[str, int]:
        composites, crs = self._composites(), self.holes.collars.crs
        blocks: BlockGrid = plan.blocks(
            {}, places=composites[["x", "y", "z"]],
            crs="" if crs is None else contract.crs_name(crs),
        )  # fmt: skip
        drilled = plan.label({}, composites=composites, blocks=blocks)
        ground = _Ground(plan, things, blocks, drilled)
        fit = self._fit_below(plan, ground.cube)
        scores = self._out_of_hole(plan, ground, fit)
        everything = ground.evidence(np.ones(len(drilled), bool))
        ensemble: Any = fit(everything, drilled["label"].to_numpy(), drilled["group"].to_numpy())
        maps = plan.score({}, cube=ground.cube, ensemble=ensemble, ground=ground.solid())
        shares = reasons.attributions(ground.cube, ensemble, where=maps["prospectivity"])
        best = plan.best({}, maps=maps, cube=ground.cube, ensemble=ensemble)
        export.vti(maps.merge(ground.cube, combine_attrs="override"), self.folder / SUBSURFACE)
        whole = maps.merge(shares.rename({name: f"adds_{name}" for name in shares.data_vars}),
                           combine_attrs="override")  # fmt: skip
        export.csv(export.block_table(whole), self.folder / SUBSURFACE_TABLE, digits=DIGITS)
        alone = judging.alone(everything, drilled["label"], ensemble.layers_)
        facts_told = _told(plan, ground, maps) | {
            "validation": scores,
            "layers": [_layer(ground.cube[name], shares[name], name, alone[name])
                       for name in ensemble.layers_],
            "best": json.loads(best.to_json(orient="records")),
        }  # fmt: skip
        export.write_text(export.json_text(facts_told), self.folder / SUBSURFACE_TOLD)
        return {"samples": len(drilled), "ore": int(drilled["label"].sum())}

    def _fit_below(self, plan: Subsurface, cube: xr.Dataset) -> validate.Fit:
        layers = contract.evidence(cube)
        meanings = {name: contract.meanings(cube[name]) for name in layers
                    if contract.is_categorical(cube[name])}  # fmt: skip

        def fit(rows: Rows, labels: npt.NDArray[Any], groups: npt.NDArray[Any]) -> Any:
            estimator = plan.model({}, seed=self.pipeline.seed)
            ensemble = plan.ensemble({}, estimator=estimator, seed=self.pipeline.seed)
            return ensemble.fit(
                rows, labels, groups, layers=layers, categorical=list(meanings), meanings=meanings
            )

        return fit

    def _out_of_hole(self, plan: Subsurface, ground: _Ground, fit: validate.Fit) -> dict[str, Any]:
        """Scores of each protocol, and of samples at random beside others of their own holes."""
        drilled, seed = ground.samples, self.pipeline.seed
        found = {}
        for name, call in plan.validation.items():
            folds = call({}, samples=drilled, blocks=ground.blocks, seed=seed)
            shown = judging.out_of_fold(ground.evidence, drilled, folds, fit)
            found[name] = validate.judged(folds, [shown], seed=seed)
        folds = random(drilled, folds=CONTRAST_FOLDS, seed=seed)
        shown = judging.out_of_fold(lambda _: ground.praised(), drilled, folds, fit)
        return found | {NAIVE: validate.judged(folds, [shown], seed=seed)}


class _Ground:
    """Evidence of blocks, and of samples by what is known of other holes."""

    def __init__(
        self, plan: Subsurface, things: Mapping[str, Any], blocks: BlockGrid,
        samples: gpd.GeoDataFrame,
    ) -> None:  # fmt: skip
        self.plan, self.things, self.blocks, self.samples = plan, things, blocks, samples
        layers = {name: self._made(call, samples, blocks) for name, call in plan.features.items()}
        self.cube = cubes.stacked(layers, blocks=blocks)

    def evidence(self, known: Flags) -> Rows:
        """At all samples, made of the known ones, and nothing of a sample's own hole."""
        return self._table(self.samples[known], own_hole=False)

    def praised(self) -> Rows:
        """At all samples, made of all, their own holes too: a leak, to show its worth."""
        return self._table(self.samples, own_hole=True)

    def solid(self) -> xr.DataArray | None:
        """Which blocks lie below the ground, where its elevation is given."""
        if self.plan.ground is None:
            return None
        below = depth(self.things[self.plan.ground], blocks=self.blocks)["value"]
        return below >= 0

    def _table(self, known: gpd.GeoDataFrame, *, own_hole: bool) -> Rows:
        of_others = {
            name: self._made(call, known, self.samples, own_hole)
            for name, call in self.plan.features.items()
            if "at" in call.takes
        }
        return cubes.table(self.cube, self.samples, of_others=of_others)

    def _made(
        self, call: Any, known: gpd.GeoDataFrame, at: Any, own_hole: bool = False
    ) -> xr.Dataset:
        column = call.settings.get("column")
        codes = self.samples[column] if "codes" in call.takes and column in self.samples else ()
        made: xr.Dataset = call(
            self.things, holes=known, at=at, blocks=self.blocks, own_hole=own_hole,
            codes=sorted({str(one) for one in pd.Series(codes).dropna()}) or None,
        )  # fmt: skip
        return made


def _told(plan: Subsurface, ground: _Ground, maps: xr.Dataset) -> dict[str, Any]:
    drilled, label, blocks = ground.samples, plan.label.settings, ground.blocks
    counts = np.bincount(maps["unknown"].to_numpy().ravel().astype(int), minlength=len(UNKNOWN))
    return {
        "grid": {"origin": blocks.origin, "size": blocks.size, "counts": blocks.counts,
                 "crs": blocks.crs, "azimuth": blocks.azimuth},
        "grade": label["grade"],
        "cut_off": label["cut_off"],
        "samples": len(drilled),
        "ore": int(drilled["label"].sum()),
        "holes": int(drilled["hole"].nunique()),
        "unknown_beyond": plan.score.settings["unknown_beyond"],
        "known_by": list(plan.score.settings.get("known_by") or ground.plan.features),
        "voxels": {name: int(counts[code]) for code, name in UNKNOWN.items()},
    }  # fmt: skip


def _layer(
    layer: xr.DataArray, shares: xr.DataArray, name: str, alone: float | None
) -> dict[str, Any]:
    """What a layer is called, adds on average [log-odds], and is worth alone."""
    known = shares.to_numpy()[~np.isnan(shares.to_numpy())]
    return {
        "layer": name, "long_name": layer.attrs["long_name"], "units": layer.attrs["units"],
        "size": float(np.abs(known.astype(float)).mean()) if known.size else None,
        "alone": None if contract.is_categorical(layer) else alone,
    }  # fmt: skip
