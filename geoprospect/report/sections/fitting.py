"""Sections on what was found inside the folds: settings and layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from markupsafe import Markup

from geoprospect.language import say
from geoprospect.registry import SECTIONS
from geoprospect.report import canvas
from geoprospect.report import figures as draw
from geoprospect.report.page import NOTHING, render


@SECTIONS.register
def tuning(validation: Mapping[str, Any], card: Mapping[str, Any]) -> Markup:
    """How its settings were found."""
    board = validation.get("leaderboard") or {}
    told = validation.get("tuning") or board.get("tuning")
    if not told:
        return Markup()
    mapped = validation.get("tuning") is not None
    found = (card.get("tuned") or {}).get("settings") or {}
    values = [one["value"] for one in told["searches"] if one["value"] is not None]
    blocks = validation["protocols"].get(told["blocks"]["protocol"]) if mapped else None
    drawn = draw.tuned_settings(told, found) if values or found else None
    return render(
        "tuning.html",
        tuning=told,
        mapped=mapped,
        trials=sum(one["trials"] for one in told["searches"]),
        missed=sum(one["value"] is None for one in told["searches"]),
        inner=float(np.mean(values)) if values else None,
        outer=blocks["ausrc"]["mean"] if blocks else None,
        protocol=_called(told["blocks"]["protocol"]),
        rows=[_row(name, told, found) for name in told["space"]],
        figure="" if drawn is None else _drawn(drawn, "tuned"),
    )


def _row(name: str, told: Mapping[str, Any], found: Mapping[str, float]) -> dict[str, str]:
    """A setting with its ends, its value on the map, and what folds found."""
    low, high = told["space"][name]
    values = [one["settings"][name] for one in told["searches"] if name in one["settings"]]
    spread = np.quantile(values, [0, 0.5, 1]).tolist() if values else [None] * 3
    told_of = {"low": low, "high": high, "mapped": found.get(name)}
    told_of |= dict(zip(("least", "middle", "most"), spread, strict=True))
    short = {key: NOTHING if one is None else f"{one:.3g}" for key, one in told_of.items()}
    return {"setting": name, **short}


@SECTIONS.register
def selection(
    validation: Mapping[str, Any],
    card: Mapping[str, Any],
    layers: list[Mapping[str, Any]],
    cube: xr.Dataset,
) -> Markup:
    """Which layers it was given, and which not."""
    told = validation.get("selection")
    if not told:
        return Markup()
    names = {str(one["id"]): str(one["long_name"]) for one in layers}
    names |= {str(name): str(layer.attrs["long_name"]) for name, layer in cube.items()}
    out = {one["layer"] for one in card.get("left_out") or ()}
    return render(
        "selection.html",
        selection=told,
        protocol=_called(told["protocol"]),
        rows=[
            _left(one, names, out) for one in told["layers"] if one["left"] or one["layer"] in out
        ],
        figure=_drawn(draw.layer_choices(told, names), "chosen"),
    )


def _left(one: Mapping[str, Any], names: Mapping[str, str], out: set[str]) -> dict[str, Any]:
    """A layer that was left out somewhere, and why."""
    left = [dict(why) | {"by": names.get(why["by"], why["by"])} for why in one["left"]]
    return {
        "name": names.get(one["layer"], one["layer"]),
        "folds": sum(why["folds"] for why in left),
        "left": left,
        "mapped": one["layer"] not in out,
    }


def _called(protocol: str) -> str:
    return say(draw.PROTOCOLS.get(protocol, protocol)).lower()


def _drawn(figure: Any, name: str) -> Markup:
    return Markup(canvas.svg(figure, name))  # noqa: S704
