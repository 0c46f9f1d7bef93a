"""Sections on drill holes: what was read of them, and which ones to drill next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from geoprospect.language import say
from geoprospect.registry import SECTIONS
from geoprospect.report.page import render


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
            yield sentence.format(codes=", ".join(str(code) for code in stated[name]))
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
