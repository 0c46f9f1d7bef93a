"""The sections of a pipeline file, each bound to what it calls and checked by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from geoprospect import contract, registry
from geoprospect.errors import did_you_mean
from geoprospect.labels.folds import spatial_blocks
from geoprospect.maps import quadrants
from geoprospect.models import conformal, importance, pairs, weights_tables
from geoprospect.models.searching import SPACES, search
from geoprospect.models.selection import selected
from geoprospect.pipeline import looks
from geoprospect.pipeline.binding import Binder, Call
from geoprospect.report.about import about

MAPS = frozenset({"prospectivity", "spread"})
"""What the run makes and a targeting may take, beside inputs and layers."""

RESULTS = frozenset(
    {
        "title", "maps", "out_of_fold", "validation", "targets", "survey_areas", "deposits",
        "samples", "attributions", "drivers", "cube", "layers", "inputs", "notices", "pipeline",
        "versions", "trust", "card", "nulls", "prediction_area", "importance", "weights",
        "independence", "strength",
        "dependence", "breakdown", "steady_driver", "role_drivers", "role_targets", "explanations",
        "roles", "learnt", "files", "ranking", "resources",
        "drill_holes",
        "block_model",
        "subsurface",
        "drill_plan", "backtest",
    }
)  # fmt: skip
"""What the run makes and a report section may take."""

HOLES_RESULTS = frozenset(
    {
        "title", "inputs", "layers", "notices", "pipeline", "versions", "files",
        "drill_holes",
        "block_model",
        "subsurface",
    }
)  # fmt: skip
"""The same of a run on drill holes alone."""


def said(binder: Binder) -> Call | None:
    """What people say of the run; wrong forms show now, not at the end of a run."""
    call = binder.flat("about", about, ())
    try:
        about(**(call.settings if call else {}))
    except ValueError as error:
        binder.complain(("about",), str(error))
    return call


def validation(binder: Binder) -> dict[str, Any]:
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


def models(binder: Binder) -> dict[str, Any]:
    """The model under the name of its function, or each of several under its own."""
    values = binder.document.values
    if values.get("models") is None:
        _check_mapped(binder, ())
        model = binder.single("model", registry.MODELS, ())
        return {model.path[-1]: model} if model else {}
    found = named(binder, "models", registry.MODELS, frozenset())
    _check_mapped(binder, found)
    return found


def looked(binder: Binder, known: frozenset[str]) -> dict[str, Any]:
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


def fitting(binder: Binder, models: Mapping[str, Call | None]) -> dict[str, Any]:
    """What is chosen inside each fit, layers and settings; None where it is not asked for."""
    given = ("fits", "layers", "categorical", "keep")
    tuning = optional(binder, "tuning", search, ("made", "called"))
    return {
        "select": optional(binder, "select", selected, given),
        "tuning": tuning,
        "tuned": _tuned(binder, models) if tuning else None,
    }


def optional(
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


def maps(validation: Mapping[str, Any], looked: Mapping[str, Any]) -> frozenset[str]:
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


def named(
    binder: Binder, section: str, plugins: registry.Registry, known: frozenset[str]
) -> dict[str, Any]:
    """Each call of a section under its own name; none may use another."""
    names = binder.document.values[section]
    return {name: binder.named(section, name, plugins, known) for name in names}


def in_turn(
    binder: Binder, section: str, plugins: registry.Registry, known: frozenset[str]
) -> dict[str, Any]:
    """Each call of a section may use what is known and what stands above it."""
    calls: dict[str, Any] = {}
    for name in binder.document.values.get(section) or ():
        calls[name] = binder.named(section, name, plugins, known | frozenset(calls))
    return calls


def exclusions(binder: Binder, known: frozenset[str]) -> tuple[str, ...]:
    """The inputs where no background is drawn and no target lies."""
    stated = binder.document.values.get("exclusions") or []
    names = stated if isinstance(stated, list) else [stated]
    for name in names:
        if name not in known:
            binder.complain(
                ("exclusions",), f"no input is called {name!r}{did_you_mean(str(name), known)}"
            )
    return tuple(names)


def roles(binder: Binder, features: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
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


def report(
    binder: Binder, order: tuple[str, ...] | None = None, results: frozenset[str] = RESULTS
) -> tuple[Any, ...]:
    """The report's sections, in the order in which they are read."""
    stated = binder.document.values.get("report")
    stated = (order or ORDER) if stated is None else stated
    calls = []
    names = stated if isinstance(stated, (list, tuple)) else [stated]
    for name in map(str, names):
        if name not in registry.SECTIONS:
            binder.complain(
                ("report",),
                f"no report section is called {name!r}{did_you_mean(str(name), registry.SECTIONS)}",
            )
            continue
        calls.append(binder.arguments(("report", name), registry.SECTIONS[name], {}, results))
    return tuple(calls)


ORDER = (
    "summary", "map", "mineral_system", "inputs", "samples_drawn", "method", "validation",
    "leaderboard", "tuning", "prediction_area", "leave_pair_out", "nulls", "importance",
    "selection", "weights", "explanation", "roles", "agreement", "uncertainty", "applicability",
    "search_area", "calibration", "classes", "targets", "first_targets", "survey_areas",
    "how_much",
    "drill_holes",
    "block_model",
    "subsurface",
    "drill_plan", "backtest",
    "limits", "caveats", "provenance", "annex",
)  # fmt: skip
"""The report's sections, if a pipeline does not choose."""

HOLES_ORDER = (
    "drill_holes",
    "block_model",
    "subsurface",
    "inputs", "provenance", "annex",
)  # fmt: skip
"""The same of a file on drill holes alone."""
