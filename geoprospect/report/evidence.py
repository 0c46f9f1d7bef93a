"""What weights of evidence say, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from geoprospect.language import say
from geoprospect.report.page import figures

SURE = 0.05
"""Chance below which layers are held to hang together."""

SUSPICIOUS = 0.85
"""Known deposits over predicted ones below which layers are suspected of it."""

FEW = 5
"""Deposits expected in a field of a table, below which its test is rough."""


def verdict(independence: Mapping[str, Any]) -> str:
    """Whether layers may be added up, and what follows for the map."""
    predicted, deposits = independence["predicted"], independence["deposits"]
    counts = say(
        "Added up over the area, the layers predict {predicted:.0f} deposits, and {deposits:.0f} "
        "are known (ratio {ratio:.2f}; z = {z:.2f}, one-sided p = {p}).",
        predicted=predicted, deposits=deposits, ratio=independence["ratio"], z=independence["z"],
        p=chance(independence["p"]),
    )  # fmt: skip
    if independence["p"] < SURE:
        return say(
            "The layers are not independent. {counts} They tell some of the same thing more than "
            "once, so probabilities are too high where layers agree. Use the map for its ranks "
            "only; for values, believe logistic regression or LightGBM.",
            counts=counts,
        )
    if independence["ratio"] < SUSPICIOUS:
        return say(
            "The layers are suspected of telling the same thing twice. {counts} That may still "
            "be luck, but use the map for its ranks rather than its values.",
            counts=counts,
        )
    if together(independence):
        return say(
            "Taken all together the layers pass. {counts} But some pairs of them, below, go "
            "together at the deposits more than chance allows: leave out one of each, or "
            "join them.",
            counts=counts,
        )
    return say("Nothing speaks against adding the layers up. {counts}", counts=counts)


def together(independence: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Pairs that go together at the deposits beyond 5 % of luck over all pairs, surest first."""
    pairs = independence["pairs"]
    sure = [pair for pair in pairs if pair["p"] < SURE / len(pairs)]
    return sorted(sure, key=lambda pair: (pair["p"], -pair["chi_squared"], pair["layers"]))


def chance(p: float) -> str:
    """A probability as people write it."""
    return say("below 0.0001") if p < 1e-4 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def chosen(layer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """
    What each layer adds, as rows of a table: its pattern, or its classes that are sure.

    ``pattern`` in words, ``deposits`` on it, ``share`` of the known ground [1], weights and
    contrasts; a layer that tells nothing has one row without numbers.
    """
    return [row for row in _rows(layer) if row["pattern_is"] != "pooled"] or [_nothing()]


def _rows(layer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    classes = layer["classes"]
    pattern = classes["pattern"]
    if "none" in pattern:
        return
    places = range(len(pattern))
    if layer["mode"] != "categorical":
        places = range(pattern.count("inside") - 1, pattern.count("inside"))
    else:
        places = sorted(places, key=lambda i: -classes["studentised"][i])  # type: ignore[assignment]
    for i in places:
        yield {
            "pattern": _pattern(layer, i),
            "pattern_is": pattern[i],
            "deposits": classes["deposits"][i],
            "share": classes["units"][i] / layer["unit_cells"],
            "guarded": classes["guarded"][i],
            "weight": classes["weight"][i],
            **{
                name: classes[name][i]
                for name in ("w_plus", "w_minus", "contrast", "contrast_sd", "studentised")
            },
        }


def _pattern(layer: Mapping[str, Any], i: int) -> str:
    classes, units = layer["classes"], layer["layer_units"]
    unit = "" if units in ("", "1") else f" {units}"
    if layer["mode"] == "ascending":
        single = classes["low"][i] == classes["high"][i]
        end = f"{figures(classes['high'][i])}{unit}"
        return say("up to {value}", value=end) if single else say("below {value}", value=end)
    if layer["mode"] == "descending":
        return say("{value} and more", value=f"{figures(classes['low'][i])}{unit}")
    return classes["meaning"][i] or f"{classes['low'][i]:g}"


def _nothing() -> dict[str, Any]:
    empty = dict.fromkeys(("deposits", "share", "weight", "w_plus", "w_minus", "contrast"))
    return {
        "pattern": say("no pattern is sure: the layer weighs nothing"),
        "pattern_is": "none",
        "guarded": False,
        **empty,
        "contrast_sd": None,
        "studentised": None,
    }
