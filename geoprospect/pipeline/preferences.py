"""The sections ``ranking`` and ``survey_areas`` of a pipeline file, bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoprospect.errors import did_you_mean
from geoprospect.pipeline.binding import Binder, Call
from geoprospect.targets.areas import survey_areas
from geoprospect.targets.classes import target_classes
from geoprospect.targets.criteria import CRITERIA
from geoprospect.targets.tilings import TILINGS

SETTINGS = ("criteria", "draws", "concentration", "classes")
PLAIN: dict[str, Any] = {
    "prospectivity": {"weight": 1}, "uncertainty": {"weight": 0}, "novelty": {"weight": 0},
    "size": {"weight": 0}, "coverage": {"weight": 0},
}  # fmt: skip
"""Criteria where none are stated: prospectivity alone, and what else is known for nothing."""
GIVEN = ("prospectivity", "spread", "deposits", "threshold", "probability")


@dataclass(frozen=True)
class Preference:
    """One criterion of a pipeline: its call, its weight, and the ends of its range if stated."""

    name: str
    call: Call
    weight: float
    ends: tuple[float, float] | None


@dataclass(frozen=True)
class Ranking:
    """How targets are ranked."""

    criteria: tuple[Preference, ...]
    draws: int
    concentration: float
    classes: Call | None

    def calls(self) -> list[Call]:
        """The calls of all criteria, and of the classes."""
        return [
            *(one.call for one in self.criteria), *([self.classes] if self.classes else []),
        ]  # fmt: skip

    def told(self) -> list[Any]:
        """Weights, ranges and settings, as far as they bear on the result."""
        weights = [(one.name, one.weight, one.ends) for one in self.criteria]
        return [weights, self.draws, self.concentration]


def ranking(binder: Binder, known: frozenset[str]) -> Ranking | None:
    """
    Bind ``ranking: {criteria: {name: {weight: ..., argument: value}}, classes: {...}}``.

    Without the section targets are ranked by prospectivity alone.
    """
    stated = binder.document.values.get("ranking")
    stated = {} if stated is None else stated
    if not isinstance(stated, dict):
        binder.complain(
            ("ranking",), f"expected criteria: {{name: {{weight: ...}}}}, got {stated!r}"
        )
        return None
    binder.check_parts("ranking", stated, SETTINGS)
    criteria = _criteria(binder, stated.get("criteria", PLAIN), known)
    draws = _number(binder, ("ranking", "draws"), int, stated.get("draws", 1000), least=1)
    concentration = _number(
        binder, ("ranking", "concentration"), float, stated.get("concentration", 20.0), least=1e-3
    )
    classes = _classes(binder, stated.get("classes"))
    if criteria is None or draws is None or concentration is None:
        return None
    return Ranking(tuple(criteria), draws, concentration, classes)


def areas(binder: Binder, known: frozenset[str]) -> tuple[Call | None, Call | None]:
    """
    Bind ``survey_areas``: given areas, or ``{function: {...}}`` that parts the study area.

    The call that judges the areas, and the one that makes them, where they are made.
    """
    stated = binder.document.values.get("survey_areas")
    if stated is None:
        return None, None
    one = next(iter(stated.items())) if isinstance(stated, dict) and len(stated) == 1 else None
    if one is None or not (one[0] in TILINGS or isinstance(one[1], dict)):
        return binder.flat("survey_areas", survey_areas, known, GIVEN), None
    name, arguments = str(one[0]), one[1] or {}
    if name not in TILINGS:
        binder.complain(
            ("survey_areas", name),
            f"no {TILINGS.kind} is called {name!r}{did_you_mean(name, TILINGS)}",
        )
        return None, None
    made = binder.arguments(("survey_areas", name), TILINGS[name], arguments, (), ("bounds",))
    judged = binder.arguments(
        ("survey_areas",), survey_areas, {}, known, (*GIVEN, "areas", "label")
    )
    return judged, made


def _criteria(binder: Binder, stated: Any, known: frozenset[str]) -> list[Preference] | None:
    path = ("ranking", "criteria")
    if not isinstance(stated, dict) or not stated:
        binder.complain(path, f"expected entries as name: {{weight: ...}}, got {stated!r}")
        return None
    found = [_criterion(binder, str(name), one, known) for name, one in stated.items()]
    whole = [one for one in found if one is not None]
    if len(whole) < len(found):
        return None
    if not sum(one.weight for one in whole) > 0:
        binder.complain(path, "all weights are 0; give one above 0 to at least one criterion")
    return whole


def _criterion(binder: Binder, name: str, stated: Any, known: frozenset[str]) -> Preference | None:
    path = ("ranking", "criteria", name)
    if name not in CRITERIA:
        binder.complain(path, f"no criterion is called {name!r}{did_you_mean(name, CRITERIA)}")
        return None
    if not isinstance(stated, dict) or "weight" not in stated:
        binder.complain(path, f"missing a required setting 'weight', as in {name}: {{weight: 1}}")
        return None
    weight = _number(binder, (*path, "weight"), float, stated["weight"], least=0)
    ends = _range(binder, (*path, "range"), stated.get("range"))
    arguments = {key: value for key, value in stated.items() if key not in ("weight", "range")}
    call = binder.arguments(path, CRITERIA[name], arguments, known, ("targets",))
    return None if call is None or weight is None else Preference(name, call, weight, ends)


def _number(binder: Binder, path: tuple[str, ...], kind: type, stated: Any, *, least: float) -> Any:
    """A number of at least so much, or a complaint and None."""
    fits = isinstance(stated, (int, float) if kind is float else int)
    if isinstance(stated, bool) or not fits or not stated >= least:
        binder.complain(path, f"expected a number of {least:g} or more, got {stated!r}")
        return None
    return kind(stated)


def _range(binder: Binder, path: tuple[str, ...], stated: Any) -> tuple[float, float] | None:
    if stated is None:
        return None
    fits = isinstance(stated, list) and len(stated) == 2
    if not fits or not all(isinstance(end, (int, float)) for end in stated):
        binder.complain(path, f"expected [low, high], got {stated!r}")
        return None
    if not stated[0] < stated[1]:
        binder.complain(path, f"expected [low, high] with low below high, got {stated!r}")
        return None
    return float(stated[0]), float(stated[1])


def _classes(binder: Binder, stated: Mapping[str, Any] | None) -> Call | None:
    if stated is None:
        return None
    given = ("targets", "prospectivity", "cube")
    return binder.arguments(("ranking", "classes"), target_classes, stated, (), given)
