"""The section ``drilling`` of a pipeline file, bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoprospect.drilling.programme import programme
from geoprospect.pipeline.binding import Binder, Call

BACKTEST = "backtest"
"""The part of ``drilling`` that is no plan."""
GIVEN = ("targets", "probability", "scores", "traces", "intervals")
FROM_RESOURCES = "resources"
"""What ``worth`` says where deposits are worth what the economics of ``resources`` give."""


def drilling(binder: Binder, known: frozenset[str], *, calibrated: bool) -> Call | None:
    """The plan of ``drilling``, bound; None where none is asked for."""
    stated = binder.document.values.get("drilling")
    if stated is None:
        return None
    if not isinstance(stated, dict):
        binder.complain(("drilling",), f"expected budget and other settings, got {stated!r}")
        return None
    asked = {name: value for name, value in stated.items() if name != BACKTEST}
    if not asked:
        return None
    _check(binder, asked, calibrated=calibrated)
    from_resources = asked.get("worth") == FROM_RESOURCES
    given = (*GIVEN, "worth") if from_resources else GIVEN
    asked = {name: value for name, value in asked.items() if name != "worth" or not from_resources}
    return binder.arguments(("drilling",), programme, asked, known, given)


def _check(binder: Binder, asked: Mapping[str, Any], *, calibrated: bool) -> None:
    values = binder.document.values
    if not calibrated and not asked.get("chances"):
        binder.complain(
            ("drilling",),
            "needs the chance of a deposit in each target: state calibration: {prior: ...}, or "
            "chances: {T1: 0.1, ...}",
        )
    holes = values.get("drillholes")
    if isinstance(holes, dict):
        if asked.get("hit") is None:
            binder.complain(
                ("drilling",),
                "must say what makes a hole of drillholes a hit, as in hit: {grade: Cu, cutoff: "
                "0.3, length: 10}",
            )
        if holes.get("crs") is None:
            binder.complain(("drillholes",), "need their crs to be laid onto targets; state it")
    economics = (values.get("resources") or {}).get("economics")
    if asked.get("worth") == FROM_RESOURCES and economics is None:
        binder.complain(
            ("drilling", "worth"), "takes its worth from resources, which has no economics there"
        )
