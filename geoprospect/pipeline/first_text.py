"""A first pipeline as text: YAML with the reasons beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from geoprospect import contract
from geoprospect.pipeline import places, roles
from geoprospect.pipeline.first_grid import Feature, Grid
from geoprospect.pipeline.things import Thing, ordered

SYSTEM = {
    "intrusions": "source",
    "faults": "pathway",
    "geology": "trap",
    "elevation": "preservation",
    "samples": "signature",
}
"""The role in a mineral system that a kind of data mostly has."""


def _flow(value: Any) -> str:
    """A value as YAML in one line."""
    text = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=1_000_000
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _scalar(value: Any) -> str:
    """A text as it may stand behind a colon."""
    return _flow([value])[1:-1]


def text(
    things: Sequence[Thing],
    grid: Grid | None,
    features: Sequence[Feature],
    *,
    data: str,
    name: str,
    title: str,
    whole: bool,
) -> str:
    """The pipeline file."""
    parts = [
        _head(name, title, data, whole=whole), _grid_text(things, grid), _inputs_text(things),
        _exclusions_text(things), _features_text(features),
        _roles_text(things, features), _rest(things, grid),
    ]  # fmt: skip
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(name: str, title: str, data: str, *, whole: bool) -> list[str]:
    state = (
        "It runs as it is; each guess stands in a comment beside it."
        if whole
        else "It does not run yet: what is missing is marked with TO DECIDE."
    )
    return [
        "# A first pipeline, written from a look at the data by `geoprospect init`.",
        f"# {state}",
        "# Next: geoprospect check FILE, then geoprospect run FILE --out FOLDER.",
        "# geoprospect list names all functions, geoprospect show NAME explains one.",
        f"name: {_scalar(name)}",
        f"title: {_scalar(title)}",
        "seed: 7",
        f"data: {_scalar(data)}",
        "",
    ]


def _grid_text(things: Sequence[Thing], grid: Grid | None) -> list[str]:
    if grid is None:
        return [
            "# TO DECIDE: no data say where they lie, or all lie at one place.",
            '# grid: {bbox: [west, south, east, north], crs: "EPSG:????", resolution: 100}',
            "",
        ]
    area = next((one.name for one in things if one.role == "study_area" and one.used), None)
    side = grid.resolution
    west, south = (math.floor(edge / side) * side for edge in grid.bounds[:2])
    east, north = (math.ceil(edge / side) * side for edge in grid.bounds[2:])
    stated: dict[str, Any] = {"area": area} if area else {"bbox": [west, south, east, north]}
    stated |= {"crs": places.written(grid.crs), "resolution": side}
    return [
        f"# crs: {grid.why}.",
        f"# extent: {grid.extent}.",
        f"# resolution [m]: {grid.cells}.",
        f"grid: {_flow(_plain(stated))}",
        "",
    ]


def _inputs_text(things: Sequence[Thing]) -> list[str]:
    used = [one for one in ordered(things) if one.used]
    lines = ["inputs:"] if used else ["# inputs:"]
    for one in used:
        lines += [f"  # {said}" for said in one.said]
        lines.append(f"  {one.name}: {_flow(_plain(one.call))}")
    left = [one for one in things if not one.used]
    if left:
        lines.append("  # TO DECIDE: found as well, and not read.")
    for one in left:
        lines.append(f"  # {one.found.called}: {_one_line(one.unsure)}")
        if one.found.reader:
            lines.append(f"  #   {one.name}: {_flow(_plain(one.call))}")
    return [*lines, ""]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _exclusions_text(things: Sequence[Thing]) -> list[str]:
    names = [one.name for one in things if one.role == "protected_area" and one.used]
    if not names:
        return [
            "# exclusions: [...]     # where nothing may be explored: no background, no targets",
            "",
        ]
    return [f"exclusions: {_flow(names)}     # no background is drawn there, and no target", ""]


def _features_text(features: Sequence[Feature]) -> list[str]:
    lines = ["features:"] if features else ["# TO DECIDE: evidence.", "# features:"]
    for name, call, said in features:
        lines += [f"  # {said}"] if said else []
        lines.append(f"  {name}: {_flow(_plain(call))}")
    return [*lines, ""]


def _roles_text(things: Sequence[Thing], features: Sequence[Feature]) -> list[str]:
    """What each feature is in the mineral system, as far as its source tells."""
    of = {one.name: one.role for one in things}
    stated: dict[str, list[str]] = {}
    left = []
    for name, call, _ in features:
        ((_, arguments),) = call.items()
        role = SYSTEM.get(of.get(arguments["source"], ""))
        if role is None:
            left.append(name)
        else:
            stated.setdefault(role, []).append(name)
    if not stated:
        return []
    order = sorted(stated, key=contract.ROLES.index)
    lines = ["# What each is in the mineral system: guesses; check --report tells what is missing."]
    lines += [f"# Left to you: {', '.join(left)}."] if left else []
    return [*lines, "roles:", *(f"  {role}: {_flow(stated[role])}" for role in order), ""]


def _rest(things: Sequence[Thing], grid: Grid | None) -> list[str]:
    deposits = next((one.name for one in things if one.role == "deposits" and one.used), None)
    count = int(places.nice(min(5000, max(50, (grid.count if grid else 5e4) / 10))))
    block = places.nice((grid.side if grid else 2e4) / 4)
    cell = grid.resolution if grid else 100.0
    labels = f"labels: {{uniform: {{deposits: {deposits or '????'}, count: {count}}}}}"
    folds = {"size": block, "folds": 5, "dead_zone": places.nice(block / 8)}
    least = places.nice(10 * cell**2 / 1e6)
    return [
        "# Deposits against so many cells drawn evenly over the study area.",
        *([] if deposits else ["# TO DECIDE: which points are the known deposits."]),
        labels if deposits else f"# {labels}",
        "validation:",
        "  # blocks of a quarter of the area's side [m]; what is near one teaches it nothing",
        f"  spatial_blocks: {_flow(_plain(folds))}",
        "  random: {folds: 5}",
        "model: {lightgbm: {n_estimators: 60, num_leaves: 8}}",
        "ensemble: {members: 20}",
        f"targets: {{top_fraction: {{fraction: 0.02, minimum_area: {least:g}}}}}   # [km2]",
        *_areas_text(things),
    ]


def _areas_text(things: Sequence[Thing]) -> list[str]:
    one = next((one for one in things if one.role == "licences" and one.used), None)
    if one is None:
        return []
    label = roles.label_column(one.found.texts, one.found.count)
    if label is None:
        named = ", ".join(map(str, one.found.columns))
        return [
            f"# TO DECIDE: which column of {one.found.called} names each block: {named}",
            f"# survey_areas: {{areas: {one.name}, label: ????}}",
        ]
    return [f"survey_areas: {_flow({'areas': one.name, 'label': label})}"]


def _plain(values: Mapping[str, Any]) -> Any:
    """The same with whole numbers written as such."""
    return json.loads(json.dumps(values, ensure_ascii=False), parse_float=_whole)


def _whole(text: str) -> float | int:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
