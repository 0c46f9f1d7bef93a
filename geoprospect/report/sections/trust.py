"""Sections that say how far to trust the map, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from geoprospect import language
from geoprospect.language import say
from geoprospect.registry import SECTIONS
from geoprospect.report import canvas, doubts, words
from geoprospect.report import figures as draw
from geoprospect.report.page import render


@SECTIONS.register
def validation(validation: Mapping[str, Any]) -> Markup:
    """How good it is."""
    protocols = validation["protocols"]
    protocol = words.main_protocol(validation)
    return render(
        "validation.html",
        protocols=protocols,
        names={name: say(told) for name, told in draw.PROTOCOLS.items()},
        protocol=protocol,
        gap=words.gap(validation),
        tilings=words.tilings(protocol),
        folds=words.on_the_map(protocol),
        shares=words.shares(protocol),
        interval=doubts.interval(protocol),
        rate=say(draw.charts.RATES[protocol.get("rate", "prediction_rate")]),
        predicted=protocol.get("rate", "prediction_rate") == "prediction_rate",
        sweep=_sweep(protocols),
        camps=_camps(protocols),
        curve=Markup(canvas.svg(draw.capture_curve(protocol), "curve")),  # noqa: S704
        scores=Markup(canvas.svg(draw.fold_scores(protocols), "folds")),  # noqa: S704
    )


def _sweep(protocols: Mapping[str, Any]) -> dict[str, Any] | None:
    """The score by size of block, where a protocol tells of it."""
    found = next((one for one in protocols.values() if "levels" in one), None)
    if found is None:
        return None
    figure = Markup(canvas.svg(draw.degradation_curve(found), "sweep"))  # noqa: S704
    return {"figure": figure, "words": doubts.falling(found)}


def _camps(protocols: Mapping[str, Any]) -> dict[str, Any] | None:
    """Each deposit cluster, left out, where a protocol tells of them."""
    found = next((one for one in protocols.values() if "worst_clusters" in one), None)
    if found is None:
        return None
    figure = Markup(canvas.svg(draw.cluster_places(found), "camps"))  # noqa: S704
    return {"figure": figure, "words": doubts.camps(found)}


@SECTIONS.register
def leaderboard(validation: Mapping[str, Any]) -> Markup:
    """Models side by side."""
    board = validation.get("leaderboard")
    if not board:
        return Markup()
    return render(
        "leaderboard.html",
        board=board,
        protocol=say(draw.PROTOCOLS.get(board["protocol"], board["protocol"])).lower(),
        words=doubts.standing(board),
        figure=Markup(canvas.svg(draw.leaderboard(board), "models")),  # noqa: S704
    )


@SECTIONS.register
def prediction_area(prediction_area: Mapping[str, Any] | None) -> Markup:
    """How many deposits on how little ground."""
    if not prediction_area:
        return Markup()
    layers = prediction_area.get("layers", [])
    return render(
        "prediction_area.html",
        maps=[
            {
                "words": doubts.crossed(curve),
                "figure": Markup(canvas.svg(draw.prediction_area_plot(curve), f"area{n}")),  # noqa: S704
            }
            for n, curve in enumerate(prediction_area["maps"])
        ],
        layers=sorted(layers, key=lambda layer: -doubts.better(layer)[1]["density"]),
        better=doubts.better,
        figure=Markup(canvas.svg(draw.layer_densities(layers), "dense")) if layers else "",  # noqa: S704
    )


@SECTIONS.register
def leave_pair_out(trust: Mapping[str, Any]) -> Markup:
    """Deposit against background, pair by pair."""
    told = trust.get("leave_pair_out")
    if not told:
        return Markup()
    curve = sorted(told["curve"], key=lambda one: one["distance"])
    first, last = curve[0], curve[-1]
    return render(
        "leave_pair_out.html",
        pairs=told,
        curve=curve,
        first=first["auc"] if not first["distance"] else None,
        last=last["auc"],
        reach=last["distance"],
        figure=Markup(canvas.svg(draw.pair_curve({"curve": curve}), "pairs")),  # noqa: S704
    )


@SECTIONS.register
def inputs(inputs: Sequence[Mapping[str, Any]], layers: Sequence[Mapping[str, Any]]) -> Markup:
    """What went in."""
    return render(
        "inputs.html",
        inputs=[dict(source) | {"digests": words.digests(source)} for source in inputs],
        layers=layers,
        coverage=Markup(canvas.svg(draw.coverage(layers), "coverage")) if layers else "",  # noqa: S704
    )


@SECTIONS.register
def caveats(notices: Sequence[Mapping[str, Any]], validation: Mapping[str, Any]) -> Markup:
    """What to distrust, and what to do next."""
    said = [
        notice | {"text": notice.get("said", {}).get(language.now(), notice["text"])}
        for notice in map(dict, notices)
    ]
    return render(
        "caveats.html",
        warnings=[notice for notice in said if notice["level"] == "warning"],
        others=[notice for notice in said if notice["level"] != "warning"],
        folds=words.weak_folds(validation),
    )


@SECTIONS.register
def provenance(pipeline: str, versions: Mapping[str, str]) -> Markup:
    """How it was made."""
    return render("provenance.html", pipeline=pipeline, versions=versions)
