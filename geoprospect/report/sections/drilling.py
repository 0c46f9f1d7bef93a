"""Sections on drill holes: what was read of them, and which ones to drill next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import geopandas as gpd
from markupsafe import Markup

from geoprospect.language import marked, say
from geoprospect.registry import SECTIONS
from geoprospect.report import canvas
from geoprospect.report.figures.planned import planned_holes
from geoprospect.report.page import render

CHOICES = {
    "exact": marked("best for the budget (exact)"),
    "greedy": marked("one by one, what adds most for its cost"),
    "ranked": marked("ranked list: what each finds alone for its cost"),
}
"""What ways of choosing holes are called."""


@SECTIONS.register
def drill_holes(drill_holes: Mapping[str, Any] | None) -> Markup:
    """Drill holes, as they were read."""
    if not drill_holes:
        return Markup()
    return render(
        "drill_holes.html",
        told=drill_holes,
        stated=list(_understood(drill_holes["stated"])),
        warnings=drill_holes["warnings"],
    )


def _understood(stated: Mapping[str, Any]) -> Iterator[str]:
    """How the tables were understood, by what the pipeline file states of them."""
    if stated["unit"] != "m":
        yield say(
            "Depths and elevations are in {unit} in the tables, and in metres here.",
            unit={"ft": say("feet"), "us-ft": say("US survey feet")}[stated["unit"]],
        )
    if not stated["crs"]:
        yield say("Coordinates are those of a local grid; no CRS is stated.")
    if stated["dip_down"] == "positive":
        yield say("Dips below the horizontal are positive in the tables, and negative here.")
    for name, sentence in {
        "end_codes": say("Depths in surveys that stand for the end of a hole: {codes}."),
        "missing": say("Numbers and texts that mean that nothing was measured: {codes}."),
    }.items():
        if stated[name]:
            yield sentence.format(
                codes=", ".join(
                    code if isinstance(code, str) else f"{code:g}" for code in stated[name]
                )
            )
    if stated["zeros"] == "missing":
        yield say("A grade of 0 means that nothing was measured.")
    yield (
        say("A blank grade is 0: it was left out because the core was barren.")
        if stated["blanks"] == "zero"
        else say("A blank grade is unknown, not 0.")
    )
    if stated["negative"] == "below_limit":
        yield say("A negative grade lies below that limit of detection.")
    if stated["upward"]:
        yield say("Most holes may go up.")


@SECTIONS.register
def drill_plan(drill_plan: Mapping[str, Any] | None, targets: gpd.GeoDataFrame) -> Markup:
    """Which holes to drill next."""
    if not drill_plan:
        return Markup()
    plan, holes = drill_plan["plan"], drill_plan["holes"]
    figure = planned_holes(targets.to_crs(plan.crs), plan, holes, drill_plan.get("drilled"))
    return render(
        "drill_plan.html",
        told=drill_plan,
        plan=plan.drop(columns="geometry").to_dict("records"),
        figure=Markup(canvas.svg(figure, "drill-plan")),  # noqa: S704
        naive=next(one for one in drill_plan["choices"] if one["how"] == "ranked"),
        called=CHOICES,
        tested=any(one["barren"] or one["hits"] for one in drill_plan["targets"]),
        after=drill_plan["after_first"],
    )
