"""A pipeline: the checked calls of a file, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geoprospect import contract, language, registry, storage
from geoprospect.errors import (
    GeoprospectError,
    MissingFileError,
    PipelineError,
    did_you_mean,
    listing,
)
from geoprospect.explain.shapley import explanations
from geoprospect.grid.target import target_grid
from geoprospect.ingest.drillholes import drillholes
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.pipeline import assessment, modelled, preferences, sections
from geoprospect.pipeline.assessment import Assessment
from geoprospect.pipeline.binding import Binder, Call, resolved
from geoprospect.pipeline.drill_section import drilling, tried
from geoprospect.pipeline.grammar import Document, parse
from geoprospect.pipeline.preferences import Ranking
from geoprospect.pipeline.subsurface import Subsurface, voxels
from geoprospect.storage import AnyPath, Location

SECTIONS = (
    "name", "title", "language", "about", "seed", "data", "grid", "inputs", "tables", "exclusions",
    "features", "roles", "labels", "validation", "model", "models", "mapped", "select", "tuning",
    "ensemble", "nulls", "explain", "by_role", "agreement", "uncertainty", "applicability",
    "search_area", "calibration", "prediction_area", "classes", "leave_pair_out", "importance",
    "weights", "targets", "ranking", "survey_areas", "resources", "report",
    "drillholes",
    "composites", "block_model",
    "drilling",
    "voxels",
)  # fmt: skip
REQUIRED = ("seed", "grid", "inputs", "features", "labels", "validation", "targets")
MAPPED = (*REQUIRED[1:], "model", "models")
"""Sections of which any one asks for a map."""
UNDERGROUND = (
    "name", "title", "language", "about", "seed", "data", "report",
    "drillholes",
    "composites", "block_model",
    "voxels",
)  # fmt: skip
"""The sections of a file on drill holes alone."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A pipeline file, understood: every call bound and checked, nothing opened yet."""

    document: Document
    folder: AnyPath
    name: str
    title: str
    language: str
    about: Call
    """What people say of the run, for catalogues."""
    seed: int
    drillholes: Call | None
    composites: Call | None
    block_model: Call | None
    voxels: Subsurface | None
    report: tuple[Call, ...]

    @property
    def calls(self) -> int:
        """Number of inputs and features."""
        return int(self.drillholes is not None)


@dataclass(frozen=True, kw_only=True)
class Pipeline(Plan):
    """The plan of a map, and of the holes that go with it."""

    grid: Call
    inputs: Mapping[str, Call]
    tables: Mapping[str, Call]
    exclusions: tuple[str, ...]
    features: Mapping[str, Call]
    labels: Call
    validation: Mapping[str, Call]
    models: Mapping[str, Call]
    mapped: str | None
    """The model that maps show, if it is not to be the best of several."""
    select: Call | None
    tuning: Call | None
    tuned: str | None
    """The model whose settings are searched for, if one's are."""
    ensemble: Call
    explain: Call
    by_role: bool
    agreement: bool
    nulls: Call | None
    uncertainty: Call | None
    applicability: bool
    prediction_area: bool
    classes: bool
    leave_pair_out: Call | None
    importance: Call | None
    search_area: Call | None
    calibration: Call | None
    weights: Call | None
    targets: Call
    ranking: Ranking
    survey_areas: Call | None
    tiling: Call | None
    """What parts the study area into survey areas, where they are not given."""
    drilling: Call | None
    """The holes to drill next, where they are asked for."""
    backtest: Call | None
    """The test on the past, where it is asked for."""
    resources: Assessment | None
    """How much there may be, where that is asked for."""
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    maps: frozenset[str] = sections.MAPS
    """What the run makes and a targeting may take."""

    @property
    def calls(self) -> int:
        """Number of inputs and features."""
        return super().calls + len(self.inputs) + len(self.features)


def load(path: Location) -> Plan:
    """
    Read a pipeline file and bind every call in it; no data file is opened.

    Returns
    -------
    Plan
        A :class:`Pipeline`, unless the file is on drill holes alone.

    Raises
    ------
    MissingFileError
        If there is no such file.
    PipelineError
        Listing all that is wrong, each with file, line and column.
    """
    path = storage.located(path)
    try:
        with storage.reaching(path):
            if not path.is_file():
                raise MissingFileError(
                    f"there is no pipeline file {path}; give the path of a .yaml file"
                )
            text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PipelineError(
            f"{path}: byte {error.start} is not UTF-8; save the pipeline file as UTF-8"
        ) from None
    here = path.resolve() if storage.is_local(path) else path
    return loads(text, source=str(path), folder=here.parent)


def loads(text: str, *, source: str = "pipeline", folder: AnyPath | None = None) -> Plan:
    """The same as :func:`load`, from a text; relative paths start at *folder*."""
    document = parse(text, source)
    here = folder or Path.cwd()
    binder = Binder(document, here)
    _check_sections(binder)
    if binder.problems:
        raise PipelineError(listing(f"{source} cannot be run:", binder.problems))
    _set_data_folder(binder, here)
    plan = _holes_alone(binder) if _underground(document.values) else _bound(binder)
    if binder.problems or plan is None:
        raise PipelineError(listing(f"{source} cannot be run:", binder.problems))
    return plan


def _underground(values: Mapping[str, object]) -> bool:
    """Whether a file is on drill holes, and asks for no map."""
    stated = {section for section, value in values.items() if value is not None}
    return "drillholes" in stated and not stated & set(MAPPED)


def _check_sections(binder: Binder) -> None:
    values = binder.document.values
    for section in values:
        if section not in SECTIONS:
            binder.complain((section,), f"is no section{did_you_mean(str(section), SECTIONS)}")
    if _underground(values):
        _check_alone(binder)
    else:
        _check_mapped(binder)
    spoken = values.get("language")
    if spoken is not None and spoken not in language.LANGUAGES:
        known = ", ".join(language.LANGUAGES)
        binder.complain(("language",), f"there is no catalogue for {spoken!r}; known: {known}")
    if not isinstance(values.get("seed", 0), int):
        binder.complain(("seed",), f"expected a whole number, got {values['seed']!r}")
    for section in ("inputs", "tables", "features", "validation", "models"):
        value = values.get(section)
        if value is not None and not (isinstance(value, dict) and value):
            binder.complain(
                (section,), f"expected entries as name: {{function: ...}}, got {value!r}"
            )
    for name in values.get("features") or ():
        if not contract.LAYER_ID.match(str(name)):
            binder.complain(
                ("features", name),
                "a layer is called in ASCII snake_case (a-z, 0-9, _), first a letter",
            )


def _check_alone(binder: Binder) -> None:
    """That a file on drill holes alone has what a run of them takes, and no more."""
    values = binder.document.values
    if values.get("seed") is None:
        binder.complain(("seed",), "this section is missing")
    for section in values:
        if section in SECTIONS and section not in UNDERGROUND:
            binder.complain(
                (section,),
                "belongs to a map, and this file is on drill holes alone; remove it, or state "
                f"{', '.join(REQUIRED[1:])} and a model too",
            )


def _check_mapped(binder: Binder) -> None:
    """That a file has all that a map takes."""
    values = binder.document.values
    for section in REQUIRED:
        if values.get(section) is None:
            binder.complain((section,), "this section is missing")
    stated = [section for section in ("model", "models") if values.get(section) is not None]
    if not stated:
        binder.complain(("model",), "this section is missing (models: for several)")
    elif len(stated) == 2:
        binder.complain(("models",), "stands beside model:; keep one of them")


def _set_data_folder(binder: Binder, here: AnyPath) -> None:
    stated = binder.document.values.get("data")
    if stated is None:
        return
    try:
        binder.folder = resolved(str(stated), here)
    except GeoprospectError as error:
        binder.complain(("data",), str(error))
        return
    if storage.is_local(binder.folder) and not binder.folder.is_dir():
        binder.complain(("data",), f"there is no folder {binder.folder}")


def _holes_alone(binder: Binder) -> Plan | None:
    """The calls of a file on drill holes alone; None if something is wrong with one."""
    said, drilled = sections.said(binder), _drilled(binder)
    report = sections.report(binder, sections.HOLES_ORDER, sections.HOLES_RESULTS)
    if binder.problems or not said:
        return None
    return Plan(**_called(binder), about=said, **drilled, report=report)


def _drilled(binder: Binder) -> dict[str, Any]:
    """The calls on drill holes, each where it is asked for."""
    holes = sections.optional(binder, "drillholes", drillholes, ())
    composites, blocks = modelled.modelled(binder)
    return {"drillholes": holes, "composites": composites, "block_model": blocks,
            "voxels": voxels(binder)}  # fmt: skip


def _called(binder: Binder) -> dict[str, Any]:
    """What every plan has, whatever it makes."""
    values = binder.document.values
    name = str(values.get("name") or Path(binder.document.source).stem)
    return {
        "document": binder.document,
        "folder": binder.folder,
        "name": name,
        "title": str(values.get("title") or name),
        "language": str(values.get("language") or language.SOURCE),
        "seed": values["seed"],
    }


def _bound(binder: Binder) -> Pipeline | None:
    """Every call of the document bound, in order; None if something is wrong with one."""
    values = binder.document.values
    inputs = sections.named(binder, "inputs", registry.INPUTS, frozenset())
    known = frozenset(values["inputs"])
    grid = binder.flat("grid", target_grid, known)
    exclusions = sections.exclusions(binder, known)
    tables = sections.in_turn(binder, "tables", registry.TABLES, known)
    known |= frozenset(tables)
    features = sections.in_turn(binder, "features", registry.FEATURES, known)
    known |= frozenset(features)
    roles = sections.roles(binder, tuple(features))
    labels = binder.single("labels", registry.LABELS, known)
    validation = sections.validation(binder)
    models = sections.models(binder)
    fitting = sections.fitting(binder, models)
    ensemble = binder.flat("ensemble", PositiveUnlabelled, (), given=("estimator",))
    explain = binder.flat("explain", explanations, (), given=("cube", "ensemble"))
    looked = sections.looked(binder, known)
    maps = sections.maps(validation, looked)
    targets = binder.single("targets", registry.TARGETS, known | maps)
    ranking = preferences.ranking(binder, known)
    areas, tiling = preferences.areas(binder, known)
    drilled: dict[str, Any] = {
        "drilling": drilling(binder, known, calibrated="probability" in maps),
        "backtest": tried(binder, known, tuple(features), labels),
        "resources": assessment.resources(binder, known, looked, validation),
        **_drilled(binder),
    }
    report = sections.report(binder)
    said = sections.said(binder)
    if binder.problems or not (
        grid and labels and models and ensemble and explain and targets and said
    ):
        return None
    assert ranking is not None
    return Pipeline(
        **_called(binder),
        about=said,
        **drilled,
        grid=grid,
        inputs=inputs,
        tables=tables,
        exclusions=exclusions,
        features=features,
        labels=labels,
        validation=validation,
        models=models,
        mapped=values.get("mapped"),
        **fitting,
        ensemble=ensemble,
        explain=explain,
        **looked,
        targets=targets,
        ranking=ranking,
        survey_areas=areas,
        tiling=tiling,
        maps=maps,
        report=report,
        roles=roles,
    )
