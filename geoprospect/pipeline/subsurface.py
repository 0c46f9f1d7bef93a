"""The section ``voxels`` of a pipeline file, bound: prospectivity of ground between drill holes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from geoprospect import registry
from geoprospect.blocks import around
from geoprospect.errors import did_you_mean
from geoprospect.explain.voxels import best_voxels
from geoprospect.labels.voxel_folds import by_box, by_hole
from geoprospect.labels.voxels import samples
from geoprospect.maps.voxels import prospectivity
from geoprospect.models.boosting import lightgbm
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.pipeline.binding import Binder, Call

PARTS = (
    "inputs", "blocks", "label", "features", "validation", "model", "ensemble", "unknown_beyond",
    "known_by", "best", "ground",
)  # fmt: skip
NEEDED = ("blocks", "label", "features", "validation", "unknown_beyond")
PROTOCOLS: dict[str, Callable[..., Any]] = {"by_hole": by_hole, "by_box": by_box}
GIVEN = ("holes", "at", "blocks", "codes", "own_hole")
"""What the run hands to a feature."""


@dataclass(frozen=True)
class Subsurface:
    """What is asked of the ground between holes, each call bound."""

    inputs: Mapping[str, Call]
    """Surfaces, faults, volumes and maps that features take."""
    blocks: Call
    label: Call
    features: Mapping[str, Call]
    validation: Mapping[str, Call]
    model: Call
    ensemble: Call
    score: Call
    best: Call
    ground: str | None
    """The input that holds the elevation of the ground, above which nothing is mapped."""

    @property
    def steps(self) -> list[str]:
        """Names of the steps that it takes, in order."""
        return [*(f"voxels.{name}" for name in self.inputs), "voxels"]

    def calls(self) -> list[Call]:
        """All calls but those of inputs, in order."""
        single = [self.blocks, self.label, self.model, self.ensemble, self.score, self.best]
        return [*self.features.values(), *self.validation.values(), *single]


def voxels(binder: Binder) -> Subsurface | None:
    """
    Bind ``voxels: {blocks: {...}, label: {...}, features: {name: {feature: {...}}}, ...}``.

    None where it is not asked for, or something is wrong with it.
    """
    stated = binder.document.values.get("voxels")
    if stated is None:
        return None
    before = len(binder.problems)
    if not isinstance(stated, dict):
        binder.complain(("voxels",), f"expected {', '.join(NEEDED)}, got {stated!r}")
        return None
    if binder.document.values.get("composites") is None:
        binder.complain(("voxels",), "learns from composites; state composites: too")
    _check_parts(binder, stated)
    if len(binder.problems) > before:
        return None
    inputs = _named(binder, stated, "inputs", registry.INPUTS, frozenset())
    features = _named(binder, stated, "features", registry.VOXELS, frozenset(inputs), GIVEN)
    learnt = (
        Call(("voxels", "model", "lightgbm"), lightgbm, {}, {})
        if stated.get("model") is None
        else binder.at(("voxels", "model"), registry.MODELS, ())
    )
    score = {name: stated[name] for name in ("unknown_beyond", "known_by") if name in stated}
    best = {"count": stated["best"]} if "best" in stated else {}
    parts: dict[str, Any] = {
        "blocks": binder.arguments(
            ("voxels", "blocks"), around, stated["blocks"], (), ("places", "crs")
        ),
        "label": binder.arguments(
            ("voxels", "label"), samples, stated["label"], (), ("composites", "blocks")
        ),
        "ensemble": binder.arguments(
            ("voxels", "ensemble"), PositiveUnlabelled, stated.get("ensemble") or {}, (),
            ("estimator",),
        ),
        "score": binder.arguments(
            ("voxels",), prospectivity, score, (), ("cube", "ensemble", "ground")
        ),
        "best": binder.arguments(
            ("voxels",), best_voxels, best, (), ("maps", "cube", "ensemble")
        ),
    }  # fmt: skip
    validation = _validation(binder, stated["validation"])
    _check_known(binder, stated, features)
    ground = stated.get("ground")
    if ground is not None and ground not in inputs:
        nearest = did_you_mean(str(ground), inputs)
        binder.complain(("voxels", "ground"), f"no input of voxels is called {ground!r}{nearest}")
    if len(binder.problems) > before or learnt is None:
        return None
    return Subsurface(
        inputs=inputs,
        features=features,
        validation=validation,
        model=learnt,
        ground=ground,
        **parts,
    )


def _check_parts(binder: Binder, stated: Mapping[str, Any]) -> None:
    binder.check_parts("voxels", stated, PARTS)
    for name in NEEDED:
        if stated.get(name) is None:
            binder.complain(("voxels",), f"missing {name}")
    for name in ("inputs", "features", "validation"):
        value = stated.get(name)
        if value is not None and not (isinstance(value, dict) and value):
            binder.complain(
                ("voxels", name), f"expected entries as name: {{function: ...}}, got {value!r}"
            )


def _named(
    binder: Binder,
    stated: Mapping[str, Any],
    part: str,
    plugins: registry.Registry,
    known: frozenset[str],
    given: tuple[str, ...] = (),
) -> dict[str, Call]:
    found = {
        str(name): binder.at(("voxels", part, name), plugins, known, given)
        for name in stated.get(part) or {}
    }
    return {name: call for name, call in found.items() if call is not None}


def _validation(binder: Binder, stated: Mapping[str, Any]) -> dict[str, Call]:
    found = {}
    for name, arguments in stated.items():
        if name not in PROTOCOLS:
            binder.complain(
                ("voxels", "validation", name),
                f"is no way to hold out holes{did_you_mean(str(name), PROTOCOLS)}",
            )
            continue
        path = ("voxels", "validation", str(name))
        call = binder.arguments(path, PROTOCOLS[name], arguments or {}, (), ("samples", "blocks"))
        if call is not None:
            found[str(name)] = call
    return found


def _check_known(binder: Binder, stated: Mapping[str, Any], features: Mapping[str, Call]) -> None:
    known_by = stated.get("known_by")
    for name in known_by if isinstance(known_by, list) else ():
        if name not in features:
            binder.complain(
                ("voxels", "known_by"),
                f"no feature is called {name!r}{did_you_mean(str(name), features)}",
            )
