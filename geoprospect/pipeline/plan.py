"""A pipeline: the checked calls of a file, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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
from geoprospect.labels.folds import spatial_blocks
from geoprospect.maps import quadrants
from geoprospect.models import conformal, importance, pairs, weights_tables
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.models.searching import SPACES, search
from geoprospect.models.selection import selected
from geoprospect.pipeline import looks, preferences
from geoprospect.pipeline.binding import Binder, Call, resolved
from geoprospect.pipeline.grammar import Document, parse
from geoprospect.pipeline.preferences import Ranking
from geoprospect.report.about import about
from geoprospect.storage import AnyPath, Location

SECTIONS = (
    "name", "title", "language", "about", "seed", "data", "grid", "inputs", "tables", "exclusions",
    "features", "roles", "labels", "validation", "model", "models", "mapped", "select", "tuning",
    "ensemble", "nulls", "explain", "by_role", "agreement", "uncertainty", "applicability",
    "search_area", "calibration", "prediction_area", "classes", "leave_pair_out", "importance",
    "weights", "targets", "ranking", "survey_areas", "report",
)  # fmt: skip
REQUIRED = ("seed", "grid", "inputs", "features", "labels", "validation", "targets")

MAPS = frozenset({"prospectivity", "spread"})
"""What the run makes and a targeting may take, beside inputs and layers."""

RESULTS = frozenset(
    {
        "title", "maps", "out_of_fold", "validation", "targets", "survey_areas", "deposits",
        "samples", "attributions", "drivers", "cube", "layers", "inputs", "notices", "pipeline",
        "versions", "trust", "card", "nulls", "prediction_area", "importance", "weights",
        "independence", "strength",
        "dependence", "breakdown", "steady_driver", "role_drivers", "role_targets", "explanations",
        "roles", "learnt", "files", "ranking",
    }
)  # fmt: skip
"""What the run makes and a report section may take."""


@dataclass(frozen=True)
class Pipeline:
    """A pipeline file, understood: every call bound and checked, nothing opened yet."""

    document: Document
    folder: AnyPath
    name: str
    title: str
    language: str
    about: Call
    """What people say of the run, for catalogues."""
    seed: int
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
    report: tuple[Call, ...]
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    maps: frozenset[str] = MAPS
    """What the run makes and a targeting may take."""


def load(path: Location) -> Pipeline:
    """
    Read a pipeline file and bind every call in it; no data file is opened.

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


def loads(text: str, *, source: str = "pipeline", folder: AnyPath | None = None) -> Pipeline:
    """The same as :func:`load`, from a text; relative paths start at *folder*."""
    document = parse(text, source)
    here = folder or Path.cwd()
    binder = Binder(document, here)
    _check_sections(binder)
    if binder.problems:
        raise PipelineError(listing(f"{source} cannot be run:", binder.problems))
    _set_data_folder(binder, here)
    pipeline = _bound(binder)
    if binder.problems or pipeline is None:
        raise PipelineError(listing(f"{source} cannot be run:", binder.problems))
    return pipeline


def _check_sections(binder: Binder) -> None:
    values = binder.document.values
    for section in values:
        if section not in SECTIONS:
            binder.complain((section,), f"is no section{did_you_mean(str(section), SECTIONS)}")
    for section in REQUIRED:
        if values.get(section) is None:
            binder.complain((section,), "this section is missing")
    stated = [section for section in ("model", "models") if values.get(section) is not None]
    if not stated:
        binder.complain(("model",), "this section is missing (models: for several)")
    elif len(stated) == 2:
        binder.complain(("models",), "stands beside model:; keep one of them")
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


def _bound(binder: Binder) -> Pipeline | None:
    """Every call of the document bound, in order; None if something is wrong with one."""
    values = binder.document.values
    inputs = _named(binder, "inputs", registry.INPUTS, frozenset())
    known = frozenset(values["inputs"])
    grid = binder.flat("grid", target_grid, known)
    exclusions = _exclusions(binder, known)
    tables = _in_turn(binder, "tables", registry.TABLES, known)
    known |= frozenset(tables)
    features = _in_turn(binder, "features", registry.FEATURES, known)
    known |= frozenset(features)
    roles = _roles(binder, tuple(features))
    labels = binder.single("labels", registry.LABELS, known)
    validation = _validation(binder)
    models = _models(binder)
    select = _optional(binder, "select", selected, ("fits", "layers", "categorical", "keep"))
    tuning = _optional(binder, "tuning", search, ("made", "called"))
    tuned = _tuned(binder, models) if tuning else None
    ensemble = binder.flat("ensemble", PositiveUnlabelled, (), given=("estimator",))
    explain = binder.flat("explain", explanations, (), given=("cube", "ensemble"))
    looked = _looks(binder, known)
    maps = _maps(validation, looked)
    targets = binder.single("targets", registry.TARGETS, known | maps)
    ranking = preferences.ranking(binder, known)
    areas, tiling = preferences.areas(binder, known)
    report = _report(binder)
    said = _about(binder)
    if binder.problems or not (
        grid and labels and models and ensemble and explain and targets and said
    ):
        return None
    assert ranking is not None
    name = str(values.get("name") or Path(binder.document.source).stem)
    return Pipeline(
        document=binder.document,
        folder=binder.folder,
        name=name,
        title=str(values.get("title") or name),
        language=str(values.get("language") or language.SOURCE),
        about=said,
        seed=values["seed"],
        grid=grid,
        inputs=inputs,
        tables=tables,
        exclusions=exclusions,
        features=features,
        labels=labels,
        validation=validation,
        models=models,
        mapped=values.get("mapped"),
        select=select,
        tuning=tuning,
        tuned=tuned,
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


def _about(binder: Binder) -> Call | None:
    """What people say of the run; wrong forms show now, not at the end of a run."""
    call = binder.flat("about", about, ())
    try:
        about(**(call.settings if call else {}))
    except ValueError as error:
        binder.complain(("about",), str(error))
    return call


def _validation(binder: Binder) -> dict[str, Any]:
    """Each protocol under its own name."""
    return {
        name: binder.arguments(
            ("validation", name),
            registry.FOLDS[name],
            arguments or {},
            (),
            given=("samples", "ranges"),
        )
        for name, arguments in binder.document.values["validation"].items()
        if _is_protocol(binder, name)
    }


def _models(binder: Binder) -> dict[str, Any]:
    """The model under the name of its function, or each of several under its own."""
    values = binder.document.values
    if values.get("models") is None:
        _check_mapped(binder, ())
        model = binder.single("model", registry.MODELS, ())
        return {model.path[-1]: model} if model else {}
    models = _named(binder, "models", registry.MODELS, frozenset())
    _check_mapped(binder, models)
    return models


def _looks(binder: Binder, known: frozenset[str]) -> dict[str, Any]:
    """How far the map can be believed: each look that is asked for, None where it is not."""
    asked: dict[str, tuple[Callable[..., Any], Collection[str], tuple[str, ...]]] = {
        "nulls": (looks.null_models, known, ("bench", "full", "others")),
        "uncertainty": (quadrants.risk_return, (), ("prospectivity", "epistemic")),
        "search_area": (
            conformal.told, (), ("level", "clusters", "models", "how", "weights")
        ),
        "calibration": (looks.calibrated, (), ("scores", "samples", "of_samples")),
        "importance": (importance.importance, (), ("bench", "fits", "protocol", "needed")),
        "leave_pair_out": (pairs.leave_pair_out, (), ("rows", "samples", "fit")),
        "weights": (weights_tables.weights_tables, (), ("cube", "deposits", "background")),
    }  # fmt: skip
    values = binder.document.values
    found: dict[str, Any] = {
        section: binder.flat(section, function, names, given)
        if values.get(section) is not None
        else None
        for section, (function, names, given) in asked.items()
    }
    for section in ("applicability", "prediction_area", "classes", "by_role", "agreement"):
        stated = values.get(section)
        if stated not in (None, True, False, {}):
            binder.complain((section,), f"has no settings: true or false, got {stated!r}")
        found[section] = stated not in (None, False)
    if found["by_role"] and not values.get("roles"):
        binder.complain(("by_role",), "adds up layers by their roles; state these under roles:")
    return found


def _optional(
    binder: Binder, section: str, function: Callable[..., Any], given: tuple[str, ...]
) -> Call | None:
    """A section that need not be there."""
    if binder.document.values.get(section) is None:
        return None
    return binder.flat(section, function, (), given)


def _tuned(binder: Binder, models: Mapping[str, Call | None]) -> str | None:
    """The model whose settings are searched for: as stated, the mapped one, or the only one."""
    values = binder.document.values
    if "spatial_blocks" not in (values.get("validation") or {}):
        binder.complain(
            ("tuning",), "parts training samples by spatial_blocks; state it under validation"
        )
    stated = values["tuning"].get("model")
    if stated is not None and stated not in models:
        nearest = did_you_mean(str(stated), models)
        binder.complain(("tuning", "model"), f"no model is called {stated!r}{nearest}")
        return None
    known = [name for name, call in models.items() if call and call.path[-1] in SPACES]
    only = [name for some in (list(models), known) if len(some) == 1 for name in some]
    found = stated or values.get("mapped") or next(iter(only), None)
    if found is None and models:
        binder.complain(("tuning",), "state by model which of several is tuned")
    return found if found in models else None


def _check_mapped(binder: Binder, models: Collection[str]) -> None:
    mapped = binder.document.values.get("mapped")
    if mapped is None:
        return
    if not models:
        binder.complain(("mapped",), "chooses among several models; list them under models:")
    elif mapped not in models:
        nearest = did_you_mean(str(mapped), models)
        binder.complain(("mapped",), f"no model is called {mapped!r}{nearest}")


def _maps(validation: Mapping[str, Any], looked: Mapping[str, Any]) -> frozenset[str]:
    """The maps that the run will have when it makes targets."""
    functions = [call.function for call in validation.values() if call is not None]
    found = set(MAPS)
    if spatial_blocks in functions:
        found.add("out_of_fold")
        found |= {"search_level"} if looked["search_area"] is not None else set()
        calibrated = looked["calibration"]
        stated = calibrated is not None and calibrated.settings.get("prior") is not None
        found |= {"probability"} if stated else set()
    found |= {"applicability"} if looked["applicability"] else set()
    return frozenset(found)


def _named(
    binder: Binder, section: str, plugins: registry.Registry, known: frozenset[str]
) -> dict[str, Any]:
    names = binder.document.values[section]
    return {name: binder.named(section, name, plugins, known) for name in names}


def _in_turn(
    binder: Binder, section: str, plugins: registry.Registry, known: frozenset[str]
) -> dict[str, Any]:
    """Each call of a section may use what is known and what stands above it."""
    calls: dict[str, Any] = {}
    for name in binder.document.values.get(section) or ():
        calls[name] = binder.named(section, name, plugins, known | frozenset(calls))
    return calls


def _exclusions(binder: Binder, known: frozenset[str]) -> tuple[str, ...]:
    stated = binder.document.values.get("exclusions") or []
    names = stated if isinstance(stated, list) else [stated]
    for name in names:
        if name not in known:
            binder.complain(
                ("exclusions",), f"no input is called {name!r}{did_you_mean(str(name), known)}"
            )
    return tuple(names)


def _roles(binder: Binder, features: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Features by their role in the mineral system, each under one role at most."""
    stated = binder.document.values.get("roles")
    if stated is None:
        return {}
    if not isinstance(stated, dict):
        binder.complain(("roles",), f"expected entries as role: [feature, ...], got {stated!r}")
        return {}
    roles: dict[str, tuple[str, ...]] = {}
    of: dict[str, str] = {}
    for role, named in stated.items():
        if role not in contract.ROLES:
            nearest = did_you_mean(str(role), contract.ROLES)
            binder.complain(("roles", role), f"is no role in a mineral system{nearest}")
        names = tuple(
            map(str, named if isinstance(named, list) else [] if named is None else [named])
        )
        for name in names:
            if name not in features:
                nearest = did_you_mean(name, features)
                binder.complain(("roles", role), f"no feature is called {name!r}{nearest}")
            elif name in of:
                binder.complain(
                    ("roles", role),
                    f"{name!r} stands under {of[name]} as well; a feature has one role",
                )
            of[name] = str(role)
        roles[str(role)] = names
    return roles


def _is_protocol(binder: Binder, name: str) -> bool:
    if name in registry.FOLDS:
        return True
    binder.complain(
        ("validation", name),
        f"no validation protocol is called {name!r}{did_you_mean(str(name), registry.FOLDS)}",
    )
    return False


def _report(binder: Binder) -> tuple[Any, ...]:
    stated = binder.document.values.get("report")
    stated = ORDER if stated is None else stated
    calls = []
    names = stated if isinstance(stated, (list, tuple)) else [stated]
    for name in map(str, names):
        if name not in registry.SECTIONS:
            binder.complain(
                ("report",),
                f"no report section is called {name!r}{did_you_mean(str(name), registry.SECTIONS)}",
            )
            continue
        calls.append(binder.arguments(("report", name), registry.SECTIONS[name], {}, RESULTS))
    return tuple(calls)


ORDER = (
    "summary", "map", "mineral_system", "inputs", "samples_drawn", "method", "validation",
    "leaderboard", "tuning", "prediction_area", "leave_pair_out", "nulls", "importance",
    "selection", "weights", "explanation", "roles", "agreement", "uncertainty", "applicability",
    "search_area", "calibration", "classes", "targets", "first_targets", "survey_areas", "limits",
    "caveats", "provenance", "annex",
)  # fmt: skip
"""The report's sections, if a pipeline does not choose."""
