"""
Memberships and an inference tree, as a pipeline file states them.

A membership is ``{form: {parameter: number}}``. A tree is the name of a layer, or
``{operator: parts}``, where parts are a list of trees, or trees by name: the roles of a
mineral system, say. All is data, checked before it is used.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from geoprospect.errors import did_you_mean
from geoprospect.kernels import fuzzy
from geoprospect.kernels.fuzzy import CURVES, FROM_ZERO, OPERATORS, Values
from geoprospect.models.training import Rows

LEAST = 0.01
"""No membership is below it or above 1 - it: what an expert knows is never certain."""

CURVE, LINE = ("midpoint", "spread"), ("zero", "one")
PARAMETERS = dict.fromkeys(CURVES, CURVE) | {"linear": LINE}
FITTED, CLASSES, OTHER = "fitted", "classes", "other"
WAYS = ("rising", "falling")
FORMS = (*PARAMETERS, FITTED, CLASSES)

Stated = Mapping[str, Any]
"""A membership as it is stated."""


# --- what is wrong with them --------------------------------------------------------------


def problems(memberships: Mapping[str, Stated], tree: Any) -> list[str]:
    """All that is wrong with memberships by layer, and with a tree over them."""
    found = [
        f"membership.{layer}: {problem}"
        for layer, stated in memberships.items()
        for problem in _of_membership(stated)
    ]
    found += _of_tree(tree, memberships, "tree")
    unused = [layer for layer in memberships if layer not in set(layers_of(tree))]
    return found + [f"membership.{layer}: the tree does not use it; remove it" for layer in unused]


def _of_membership(stated: Any) -> list[str]:
    if not isinstance(stated, Mapping) or len([key for key in stated if key != OTHER]) != 1:
        return [
            f"expected one form, such as {{large: {{midpoint: ..., spread: ...}}}}, got {stated!r}"
        ]
    form = _form(stated)
    if form not in FORMS:
        return [f"no form is called {form!r}{did_you_mean(str(form), FORMS)}"]
    if OTHER in stated and form != CLASSES:
        return [f"only {CLASSES!r} have {OTHER!r}"]
    given = stated[form]
    if form == FITTED:
        return [] if given in WAYS else [f"fitted must be rising or falling, got {given!r}"]
    return _of_classes(stated) if form == CLASSES else _of_curve(form, given)


def _of_classes(stated: Stated) -> list[str]:
    classes = stated[CLASSES]
    if not isinstance(classes, Mapping) or not classes:
        return [f"expected classes such as {{granite: 0.8}}, got {classes!r}"]
    named = [(f"class {name!r}", member) for name, member in classes.items()]
    named += [(OTHER, stated[OTHER])] if OTHER in stated else []
    return [
        f"{name}: a membership is a number from 0 to 1, got {member!r}"
        for name, member in named
        if not (_is_number(member) and 0 <= member <= 1)
    ]


def _of_curve(form: str, given: Any) -> list[str]:
    wanted = PARAMETERS[form]
    if not isinstance(given, Mapping) or set(given) != set(wanted):
        return [f"{form} takes {' and '.join(wanted)}, got {given!r}"]
    wrong = [
        f"{key} must be a number, got {given[key]!r}"
        for key in wanted
        if not _is_number(given[key])
    ]
    if wrong:
        return wrong
    check = fuzzy.check_line if form == "linear" else functools.partial(fuzzy.check_curve, form)
    try:
        check(*(given[key] for key in wanted))
    except ValueError as error:
        return [str(error)]
    return []


def _of_tree(tree: Any, layers: Mapping[str, Any], place: str) -> list[str]:
    if isinstance(tree, str):
        told = f"no membership is stated for {tree!r}{did_you_mean(tree, layers)}"
        return [] if tree in layers else [f"{place}: {told}"]
    if not isinstance(tree, Mapping) or len(tree) != 1:
        return [f"{place}: expected a layer, or one operator as {{and: [...]}}, got {tree!r}"]
    ((operator, parts),) = tree.items()
    if operator not in OPERATORS:
        told = did_you_mean(str(operator), OPERATORS)
        return [f"{place}: no operator is called {operator!r}{told}"]
    place = f"{place}.{operator}"
    return _of_parts(parts, place) or [
        problem
        for name, part in _named(parts)
        for problem in _of_tree(part, layers, f"{place}.{name}")
    ]


def _of_parts(parts: Any, place: str) -> list[str]:
    if not isinstance(parts, (list, Mapping)) or not parts:
        return [f"{place}: expected a list of parts, or parts by name, got {parts!r}"]
    if isinstance(parts, Mapping) and set(parts) & set(OPERATORS):
        return [f"{place}: an operator among its parts; write them as a list, or give it a name"]
    return []


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


# --- what they say ------------------------------------------------------------------------


def layers_of(tree: Any) -> Iterator[str]:
    """The layers of a tree, in its order, each as often as it is there."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for parts in tree.values():
            for _, part in _named(parts):
                yield from layers_of(part)


def member(stated: Stated, values: Rows) -> Values:
    """
    How far each value speaks for ore, (n,) float64 from LEAST to 1 - LEAST.

    NaN where it is unknown, or has none: below 0 of large and small. Classes are by code.
    """
    form, known = _form(stated), values.astype("f8")
    if form == CLASSES:
        made = np.where(np.isnan(known), np.nan, stated.get(OTHER, LEAST))
        for code, membership in stated[CLASSES].items():
            made[known == int(code)] = membership
    else:
        if form in FROM_ZERO:
            known[known < 0] = np.nan
        curve = fuzzy.ramp if form == "linear" else CURVES[form]
        with np.errstate(over="ignore", under="ignore", divide="ignore"):
            made = curve(known, **stated[form])
    limited: Values = np.clip(made, LEAST, 1 - LEAST)
    return limited


def inferred(tree: Any, members: Mapping[str, Values], gamma: float, *, left_out: bool) -> Values:
    """The tree's membership (n,); unknown where a part is, or if these are left out, all are."""
    if isinstance(tree, str):
        return members[tree]
    ((operator, parts),) = tree.items()
    of_parts = [inferred(part, members, gamma, left_out=left_out) for _, part in _named(parts)]
    return fuzzy.joined(operator, np.stack(of_parts), gamma, left_out=left_out)


def by_text(memberships: Mapping[str, Stated]) -> dict[str, dict[str, Any]]:
    """The same memberships, each class by a text: JSON has no other keys."""
    made = {layer: dict(stated) for layer, stated in memberships.items()}
    for stated in made.values():
        if CLASSES in stated:
            stated[CLASSES] = {str(name): value for name, value in stated[CLASSES].items()}
    return made


def _form(stated: Stated) -> str:
    return next(str(key) for key in stated if key != OTHER)


def _named(parts: Any) -> list[tuple[Any, Any]]:
    return list(parts.items() if isinstance(parts, Mapping) else enumerate(parts))
