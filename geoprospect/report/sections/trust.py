"""Sections that say how far to trust the map, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from geoprospect.registry import SECTIONS
from geoprospect.report import canvas, words
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
        names=draw.PROTOCOLS,
        protocol=protocol,
        gap=words.gap(validation),
        tilings=words.tilings(protocol),
        folds=words.on_the_map(protocol),
        shares=words.shares(protocol),
        curve=Markup(canvas.svg(draw.capture_curve(protocol), "curve")),  # noqa: S704
        scores=Markup(canvas.svg(draw.fold_scores(protocols), "folds")),  # noqa: S704
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
def caveats(notices: Sequence[Mapping[str, str]], validation: Mapping[str, Any]) -> Markup:
    """What to distrust, and what to do next."""
    return render(
        "caveats.html",
        warnings=[notice for notice in notices if notice["level"] == "warning"],
        others=[notice for notice in notices if notice["level"] != "warning"],
        folds=words.weak_folds(validation),
    )


@SECTIONS.register
def provenance(pipeline: str, versions: Mapping[str, str]) -> Markup:
    """How it was made."""
    return render("provenance.html", pipeline=pipeline, versions=versions)
