"""The sections ``composites`` and ``block_model`` of a pipeline file, bound."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from typing import Any

from geoprospect.errors import did_you_mean
from geoprospect.kernels.structures import Nested, Structure
from geoprospect.pipeline.binding import Binder, Call
from geoprospect.pipeline.sections import optional
from geoprospect.resources.block_chances import Indicators
from geoprospect.resources.block_model import block_model
from geoprospect.resources.block_variogram import Fit
from geoprospect.resources.composited import composited
from geoprospect.resources.search import Search


def modelled(binder: Binder) -> tuple[Call | None, Call | None]:
    """Composites and block model of drill holes, where they are asked for."""
    values = binder.document.values
    for section, needed in (("composites", "drillholes"), ("block_model", "composites")):
        if values.get(section) is not None and values.get(needed) is None:
            binder.complain((section,), f"is made from {needed}; state that section too")
    made = optional(binder, "composites", composited, ("intervals", "collars", "surveys"))
    model = optional(binder, "block_model", block_model, ("samples", "unit", "crs", "collars"))
    for path, problem in _unknown_parts(values.get("block_model")):
        binder.complain(("block_model", *path), problem)
    if made and model:
        _check_grade(binder, made, model)
    return made, model


def _check_grade(binder: Binder, made: Call, model: Call) -> None:
    length, bench = made.settings.get("length"), made.settings.get("bench")
    if (length is None) == (bench is None):
        binder.complain(
            ("composites",), "state either length, down the hole, or bench, the height of a bench"
        )
    grade, grades = model.settings["grade"], made.settings["grades"]
    if grade not in grades:
        binder.complain(
            ("block_model", "grade"), f"{grade!r} is not composited{did_you_mean(grade, grades)}"
        )


def _unknown_parts(stated: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Settings within settings that nothing has; they would go unheard."""
    if not isinstance(stated, dict):
        return
    variogram = stated.get("variogram")
    kind: type = Nested if isinstance(variogram, dict) and "structures" in variogram else Fit
    parts = {"search": Search, "variogram": kind, "classes": Indicators}
    for name, of in parts.items():
        yield from (((name,), problem) for problem in _odd(stated.get(name), of))
    structures = variogram.get("structures") if isinstance(variogram, dict) else None
    for one in structures if isinstance(structures, list) else []:
        yield from ((("variogram", "structures"), problem) for problem in _odd(one, Structure))


def _odd(stated: Any, kind: typing.Any) -> Iterator[str]:
    known = [field.name for field in dataclasses.fields(kind)]
    for name in stated if isinstance(stated, dict) else ():
        if name not in known:
            yield f"has no setting {name!r}{did_you_mean(str(name), known)}"
