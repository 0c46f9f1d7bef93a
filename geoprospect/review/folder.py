"""A finished run folder, as the page reads it."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from geoprospect import storage
from geoprospect.errors import DataError, MissingFileError
from geoprospect.storage import Location

log = logging.getLogger(__name__)

NEEDED = ("run.json", "targets.gpkg", "maps/prospectivity.tif")
BESIDE = ("deposits", "survey_areas", "folds")
"""Layers of ``targets.gpkg`` that are drawn under the targets."""
HOLES = "holes"
"""What planned holes are called among these."""
PLANNED = ("hole", "target", "easting", "northing", "azimuth", "dip", "length", "purpose", "cost",
           "value", "stop")  # fmt: skip
"""Columns of a drill plan."""


@dataclass(frozen=True)
class Run:
    """
    What a run folder holds.

    ``targets`` are best first, in the run's CRS, each with a ``label`` of its own; ``ground``
    is a fingerprint of each target's outline, by label: a decision holds for ground, not for
    a name that another run may give to other ground. ``ranking`` and ``explanations`` are the
    files of those names, None where the run has none.
    """

    folder: Path
    about: Mapping[str, Any]
    targets: gpd.GeoDataFrame
    beside: Mapping[str, gpd.GeoDataFrame]
    ground: Mapping[str, str]
    ranking: Mapping[str, Any] | None = None
    explanations: Mapping[str, Any] | None = None

    @property
    def title(self) -> str:
        """What the run is called."""
        return str(self.about.get("title") or self.about.get("name") or self.folder.name)

    def position(self, label: str) -> int:
        """The row of the target of that label; a LookupError if there is none."""
        found = (self.targets["label"] == label).to_numpy().nonzero()[0]
        if not len(found):
            raise LookupError(f"this run has no target {label!r}")
        return int(found[0])


def opened(location: Location) -> Run:
    """
    Read a run folder on this machine.

    Raises
    ------
    MissingFileError
        If it is no run folder, or is not on this machine.
    DataError
        If one of its files cannot be read, with its name.
    """
    folder = storage.located(location)
    if not storage.is_local(folder):
        raise MissingFileError(
            f"{location}: the review page reads run folders on this machine; copy it here first"
        )
    lacking = [name for name in NEEDED if not (folder / name).is_file()]
    if lacking:
        raise MissingFileError(
            f"{folder} is no finished run folder: {', '.join(lacking)} is not there; "
            "make one by: geoprospect run PIPELINE --out FOLDER"
        )
    about = _json(folder / "run.json")
    if about.get("status", "done") != "done":
        log.warning("%s: this run is not finished (%s)", folder, about["status"])
    targets = _targets(folder / "targets.gpkg")
    return Run(
        folder=folder.resolve(),
        about=about,
        targets=targets,
        beside=_beside(folder / "targets.gpkg") | _planned(folder / "drill_plan.gpkg"),
        ground={
            str(label): fingerprint(shape.wkb)
            for label, shape in zip(targets["label"], targets.geometry, strict=True)
        },
        ranking=_ranking(folder / "ranking.json", targets),
        explanations=_explanations(folder / "explanations.json"),
    )


def fingerprint(outline: bytes) -> str:
    """A short digest of an outline (WKB)."""
    return hashlib.sha256(outline).hexdigest()[:16]


def _targets(path: Path) -> gpd.GeoDataFrame:
    targets = _layer(path, "targets").reset_index(drop=True)
    lacking = [name for name in ("rank", "label") if name not in targets.columns]
    if lacking or targets.crs is None:
        what = f"column {lacking[0]!r}" if lacking else "a CRS"
        raise DataError(f"{path}: layer 'targets' lacks {what}; run the pipeline again")
    targets = targets.assign(label=targets["label"].astype(str))
    twice = targets["label"][targets["label"].duplicated()]
    if len(twice):
        raise DataError(f"{path}: two targets are called {twice.iloc[0]!r}; labels must differ")
    return targets


def _beside(path: Path) -> dict[str, gpd.GeoDataFrame]:
    import pyogrio

    known = {str(name) for name, _ in pyogrio.list_layers(path)}
    return {name: _layer(path, name) for name in BESIDE if name in known}


def _planned(path: Path) -> dict[str, gpd.GeoDataFrame]:
    """The collars of the drill plan, where the run has one."""
    if not path.is_file():
        return {}
    plan = _layer(path, "plan")
    lacking = [name for name in PLANNED if name not in plan.columns]
    if lacking:
        raise DataError(f"{path}: layer 'plan' lacks column {lacking[0]!r}; run the pipeline again")
    return {HOLES: plan.assign(label=plan["hole"])}


def _layer(path: Path, name: str) -> gpd.GeoDataFrame:
    import pyogrio

    try:
        return gpd.read_file(path, layer=name)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise DataError(
            f"{path}: layer {name!r} cannot be read ({error}); restore the file or run the "
            "pipeline again"
        ) from error


def _json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(storage.read_text(path))
    except ValueError as error:
        raise DataError(
            f"{path} cannot be read as JSON ({error}); restore it or run the pipeline again"
        ) from error
    if not isinstance(told, dict):
        raise DataError(f"{path} holds no JSON object; restore it or run the pipeline again")
    return told


def _ranking(path: Path, targets: gpd.GeoDataFrame) -> dict[str, Any] | None:
    """How the targets were ranked, where every criterion has its utility among the columns."""
    if not path.is_file():
        return None
    told = _json(path)
    named = told.get("criteria")
    if not isinstance(named, list) or not all(isinstance(c, dict) and "name" in c for c in named):
        raise DataError(f"{path} lists no criteria by name; run the pipeline again")
    lacking = [c["name"] for c in named if f"u_{c['name']}" not in targets.columns]
    if lacking:
        raise DataError(
            f"{path} ranks by {lacking[0]!r}, but targets.gpkg has no column 'u_{lacking[0]}'; "
            "the two are not of one run"
        )
    return told


def _explanations(path: Path) -> dict[str, Any] | None:
    """Why each target is there, as the run wrote it."""
    if not path.is_file():
        return None
    told = _json(path)
    if not isinstance(told.get("targets"), dict) or not isinstance(told.get("layers"), list):
        raise DataError(f"{path} lacks 'layers' or 'targets'; run the pipeline again")
    return told
