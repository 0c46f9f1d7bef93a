"""The section that says how much there may be, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from geoprospect import language, quantities
from geoprospect.language import say
from geoprospect.registry import SECTIONS
from geoprospect.report import amounts, canvas
from geoprospect.report import figures as draw
from geoprospect.report.figures.amounts import named
from geoprospect.report.page import render

MOST = 20
"""Areas of a kind that are shown."""


@SECTIONS.register
def how_much(resources: Mapping[str, Any] | None) -> Markup:
    """How much there may be."""
    if not resources:
        return Markup()
    given = resources
    mapped = next((one for one in given["numbers"] if one["estimator"] == "endowment"), None)
    model, held, left = given["model"], given["contained"], given["recovered"]
    made = render(
        "how_much.html",
        guard=quantities.guard(),
        numbers=[*given["numbers"], given["pooled"]],
        named=named,
        words=amounts.numbers(given),
        caveats=[
            say(text)
            for text in dict.fromkeys(text for one in given["numbers"] for text in one["caveats"])
        ],
        variance=amounts.variance(mapped) if mapped else "",
        in_the_large=amounts.in_the_large(mapped) if mapped else "",
        sensitivity=_drawn(draw.completeness_curve(mapped), "belief") if mapped else "",
        figure=_drawn(draw.deposit_numbers([*given["numbers"], given["pooled"]]), "numbers"),
        model=model,
        type=amounts.typed(model) if model else "",
        tails=amounts.tails(model) if model else "",
        metal=list(amounts.metal(given)) if held else [],
        curves=_drawn(draw.contained_metal(held, left), "metal") if held else "",
        checks=held["checks"] if held else [],
        failing=amounts.failing(given),
        screen=amounts.screened(given["screen"]) if given["screen"] else "",
        others=given["others"],
        areas=[
            (say(amounts.WHERE.get(name, name)), *amounts.shared(rows, MOST))
            for name, rows in given["areas"].items()
        ],
        called=language.named,
        tons=amounts.tons,
    )
    quantities.checked(_plain(made), given["evidence_level"], _names(given))
    return made


def _names(resources: Mapping[str, Any]) -> list[str]:
    """Names and titles in the section that are nobody's claim."""
    model = resources["model"]
    titles = [model["source"], model["name"]] if model else []
    return titles + [row["label"] for rows in resources["areas"].values() for row in rows]


def _plain(made: Markup) -> str:
    """The section's text, without marks."""
    return " ".join(made.striptags().split())


def _drawn(figure: Any, name: str) -> Markup:
    return Markup(canvas.svg(figure, name))  # noqa: S704
