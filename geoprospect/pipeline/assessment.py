"""The section ``resources`` of a pipeline file, bound: how much undiscovered metal there may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoprospect import registry
from geoprospect.labels.folds import spatial_blocks
from geoprospect.pipeline.binding import Binder, Call
from geoprospect.resources.contained import TRIALS
from geoprospect.resources.endowment import endowment
from geoprospect.resources.screen import screen

PARTS = ("layers", "numbers", "weights", "model", "economics", "volumes", "trials")
GIVEN = ("probabilities", "deposits")
"""What the run hands to the estimator from the map."""
FEWEST_TRIALS = 100


@dataclass(frozen=True)
class Assessment:
    """What is asked of undiscovered deposits, each call bound."""

    layers: Mapping[str, Call]
    """On the grid, for what follows; no model learns from them."""
    numbers: Mapping[str, Call]
    weights: Mapping[str, float] | None
    """Of the estimates in the pool; None: alike."""
    model: Call | None
    economics: Call | None
    volumes: Mapping[str, Call]
    trials: int

    def calls(self) -> list[Call]:
        """All calls, in order."""
        single = [call for call in (self.model, self.economics) if call is not None]
        return [*self.layers.values(), *self.numbers.values(), *single, *self.volumes.values()]

    @property
    def endowment(self) -> Call | None:
        """The estimate from the map, if it is asked for."""
        from_map = (call for call in self.numbers.values() if call.function is endowment)
        return next(from_map, None)


def resources(
    binder: Binder,
    known: frozenset[str],
    looked: Mapping[str, Any],
    validation: Mapping[str, Any],
) -> Assessment | None:
    """
    Bind ``resources: {numbers: {name: {estimator: {...}}}, model: {...}, ...}``.

    Parameters
    ----------
    binder : Binder
    known : frozenset of str
        Names of inputs, tables and features.
    looked, validation : mapping
        What else the file asks for: the map counts deposits only where it is calibrated.
    """
    stated = binder.document.values.get("resources")
    if stated is None:
        return None
    if not isinstance(stated, dict):
        binder.complain(
            ("resources",), f"expected numbers: {{name: {{estimator: ...}}}}, got {stated!r}"
        )
        return None
    binder.check_parts("resources", stated, PARTS)
    layers: dict[str, Call] = {}
    for name in _entries(binder, "layers"):
        path = ("resources", "layers", name)
        _add(layers, name, binder.at(path, registry.FEATURES, known | frozenset(layers)))
    at_hand = known | frozenset(layers) | {"targets"}
    numbers = _named(binder, "numbers", registry.ESTIMATORS, at_hand, GIVEN)
    volumes = _named(binder, "volumes", registry.VOLUMES, frozenset())
    if not stated.get("numbers"):
        binder.complain(
            ("resources",), "missing numbers: {name: {estimator: ...}}, one estimate at least"
        )
    model = _model(binder, stated, frozenset(binder.document.values["inputs"]))
    filtered = _economics(binder, stated)
    made = Assessment(layers, numbers, _weights(binder, stated), model, filtered, volumes,
                      _trials(binder, stated))  # fmt: skip
    _check_calibrated(binder, made, looked, validation)
    return made


def _entries(binder: Binder, part: str) -> list[str]:
    """Names of the entries of one part; a complaint where it is no mapping."""
    stated = binder.document.values["resources"].get(part)
    if stated is None:
        return []
    if not isinstance(stated, dict):
        binder.complain(
            ("resources", part), f"expected entries as name: {{function: ...}}, got {stated!r}"
        )
        return []
    return [*stated]


def _named(
    binder: Binder,
    part: str,
    plugins: registry.Registry,
    known: frozenset[str],
    given: tuple[str, ...] = (),
) -> dict[str, Call]:
    found: dict[str, Call] = {}
    for name in _entries(binder, part):
        _add(found, name, binder.at(("resources", part, name), plugins, known, given))
    return found


def _add(calls: dict[str, Call], name: str, call: Call | None) -> None:
    if call is not None:
        calls[str(name)] = call


def _model(binder: Binder, stated: Mapping[str, Any], inputs: frozenset[str]) -> Call | None:
    if stated.get("model") is None:
        return None
    return binder.at(("resources", "model"), registry.SIZES, inputs)


def _economics(binder: Binder, stated: Mapping[str, Any]) -> Call | None:
    if stated.get("economics") is None:
        return None
    if stated.get("model") is None:
        binder.complain(
            ("resources", "economics"), "filters the deposits of a model; state it under model:"
        )
    return binder.arguments(("resources", "economics"), screen, stated["economics"], ())


def _weights(binder: Binder, stated: Mapping[str, Any]) -> dict[str, float] | None:
    given, path = stated.get("weights"), ("resources", "weights")
    if given is None:
        return None
    names = [*(stated.get("numbers") or ())]
    if not isinstance(given, dict) or set(given) != set(names):
        binder.complain(
            path, f"expected a weight for each of {', '.join(map(str, names))}, got {given!r}"
        )
        return None
    wrong = [f"{name}: {one!r}" for name, one in given.items() if not _is_weight(one)]
    if wrong or not sum(given.values()) > 0:
        binder.complain(
            path,
            f"expected numbers of 0 or more, one above 0, got {', '.join(wrong) or 'only zeros'}",
        )
        return None
    return {str(name): float(one) for name, one in given.items()}


def _is_weight(stated: Any) -> bool:
    is_number = isinstance(stated, (int, float)) and not isinstance(stated, bool)
    return is_number and bool(stated >= 0)


def _trials(binder: Binder, stated: Mapping[str, Any]) -> int:
    given = stated.get("trials", TRIALS)
    if isinstance(given, bool) or not isinstance(given, int) or given < FEWEST_TRIALS:
        binder.complain(
            ("resources", "trials"),
            f"expected a whole number of {FEWEST_TRIALS} or more, got {given!r}",
        )
        return TRIALS
    return given


def _check_calibrated(
    binder: Binder, made: Assessment, looked: Mapping[str, Any], validation: Mapping[str, Any]
) -> None:
    """The map counts deposits only by scores that were calibrated on ground held out."""
    name = next((n for n, one in made.numbers.items() if one.function is endowment), None)
    if name is None:
        return
    held = [call for call in validation.values() if call and call.function is spatial_blocks]
    lacking = [
        *(["validation: {spatial_blocks: {...}}"] if not held else []),
        *(["calibration: {}"] if looked.get("calibration") is None else []),
    ]
    if lacking:
        binder.complain(
            ("resources", "numbers", name),
            "endowment counts deposits by calibrated maps; the file lacks " + " and ".join(lacking),
        )
