"""The section ``drilling`` of a pipeline file, bound."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from geoprospect.drilling.programme import programme
from geoprospect.errors import DataError, did_you_mean
from geoprospect.pipeline import backtesting
from geoprospect.pipeline.binding import Binder, Call
from geoprospect.pipeline.trial import trial

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


DRILLHOLES = "drillholes"
"""What ``collars`` says where they are those of the section of that name."""
FROM_RUN = ("cube", "fits", "features")


def tried(
    binder: Binder, known: frozenset[str], features: Sequence[str], labels: Call | None
) -> Call | None:
    """The test on the past of ``drilling.backtest``, bound; None where none is asked for."""
    stated = binder.document.values.get("drilling")
    if not isinstance(stated, dict) or stated.get(BACKTEST) is None:
        return None
    path, asked = ("drilling", BACKTEST), stated[BACKTEST]
    if not isinstance(asked, dict):
        binder.complain(path, f"expected date_column, cut and other settings, got {asked!r}")
        return None
    learnt = labels.data.get("deposits", "deposits") if labels else "deposits"
    asked = {"deposits": learnt} | {name: _as_text(value) for name, value in asked.items()}
    if binder.document.values.get(DRILLHOLES) is not None:
        known |= {DRILLHOLES}
    before = len(binder.problems)
    call = binder.arguments(path, trial, asked, known, FROM_RUN)
    _check_past(binder, path, asked, features)
    if call is None or len(binder.problems) > before:
        return None
    settings = {"placebos": backtesting.PLACEBOS, **call.settings}
    try:
        backtesting.check(
            **{name: settings[name] for name in ("cut", "holes_per_cell", "placebos")}
        )
    except (DataError, ValueError) as error:
        binder.complain(path, str(error))
    return call


def _check_past(
    binder: Binder, path: tuple[str, ...], asked: Mapping[str, Any], features: Sequence[str]
) -> None:
    """That dates are those of layers and of collars that there are."""
    acquired = asked.get("acquired")
    for name in acquired if isinstance(acquired, dict) else ():
        if not any(name == one or str(name).startswith(f"{one}_") for one in features):
            nearest = did_you_mean(str(name), features)
            binder.complain(
                (*path, "acquired", name), f"no feature gives a layer of that name{nearest}"
            )
    if (asked.get("collars") is None) != (asked.get("collar_date_column") is None):
        binder.complain(path, "collars and collar_date_column go together; state both or none")
    if asked.get("collars") == DRILLHOLES:
        holes = binder.document.values.get(DRILLHOLES)
        if isinstance(holes, dict) and holes.get("crs") is None:
            binder.complain((DRILLHOLES,), "need their crs to be laid onto the map; state it")


def _as_text(value: Any) -> Any:
    """Dates, which YAML makes of 1990-06-30, as they are written."""
    if isinstance(value, dict):
        return {name: _as_text(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_text(one) for one in value]
    return value.isoformat() if isinstance(value, datetime.date) else value
