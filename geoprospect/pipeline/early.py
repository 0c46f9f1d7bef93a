"""Settings of late steps, refused before the first: a run of hours must not end on a prior of 2."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from geoprospect.errors import PipelineError
from geoprospect.maps import quadrants
from geoprospect.models import calibration, conformal, importance, pairs, weights_tables
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.plan import Pipeline
from geoprospect.resources import endowment

Settings = Mapping[str, Any]


def _prior(settings: Settings) -> None:
    if settings.get("prior") is not None:
        calibration.checked_prior(settings["prior"])


def _bandwidth(settings: Settings) -> None:
    looked, bandwidth = settings.get("effort"), settings.get("bandwidth")
    if looked is not None and bandwidth is None:
        raise ValueError("effort needs a bandwidth [m], at which a point no longer counts")
    if bandwidth is not None and not bandwidth > 0:
        raise ValueError(f"bandwidth must be positive, got {bandwidth} m")


def _stated(function: Callable[..., Any], *names: str) -> Callable[[Settings], Any]:
    """A check of those settings that are stated; none of a default."""

    def check(settings: Settings) -> None:
        given = {name: settings[name] for name in names if name in settings}
        if given:
            function(**given)

    return check


LOOKS: dict[str, Callable[[Settings], Any]] = {
    "nulls": _bandwidth,
    "uncertainty": _stated(quadrants.check, "top"),
    "search_area": _stated(conformal.check, "alphas"),
    "calibration": _prior,
    "leave_pair_out": _stated(pairs.check, "distances", "pairs"),
    "importance": _stated(importance.check, "repeats"),
    "weights": _stated(weights_tables.check, "unit_cell", "classes", "choice", "confidence"),
}
"""By section: what is checked of its settings, and of the names of its data."""


def check_looks(pipeline: Pipeline) -> None:
    """
    Refuse settings of looks at the map that are out of range.

    Raises
    ------
    PipelineError
        Naming the section, the setting and its value.
    """
    for section, check in LOOKS.items():
        call = getattr(pipeline, section)
        if call is None:
            continue
        try:
            check({**call.data, **call.settings})
        except ValueError as error:
            raise PipelineError(f"{section}: {error}") from error


def check_amounts(pipeline: Pipeline) -> None:
    """
    Refuse settings of ``resources`` that are out of range, before anything is mapped.

    Estimates that need nothing of the run are made; what they say is left for when they count.

    Raises
    ------
    GeoprospectError
        Naming the estimate and what is wrong with it.
    """
    asked = pipeline.resources
    if asked is None:
        return
    with unheard("resources"):
        for call in (*asked.numbers.values(), *asked.volumes.values()):
            if not call.data:
                call({}, seed=pipeline.seed)
    if asked.endowment is not None:
        _frequency(asked.endowment)


def check_sizes(pipeline: Pipeline, sources: Mapping[str, Any]) -> None:
    """
    Refuse a model of sizes, or an economic filter of it, that cannot be made of the inputs.

    Parameters
    ----------
    pipeline : Pipeline
    sources : mapping
        The inputs as read: a table of deposits may lie anywhere in the world.

    Raises
    ------
    GeoprospectError
        Naming what is wrong with the table or the filter.
    """
    asked = pipeline.resources
    if asked is None or asked.model is None:
        return
    with unheard("resources"):
        model = asked.model(sources)
        if asked.economics is not None:
            asked.economics({}).keep(model.metals)


def _frequency(call: Call) -> None:
    try:
        endowment.check(call.settings["label_frequency"])
    except ValueError as error:
        raise PipelineError(f"{call.label}: {error}") from error


@contextlib.contextmanager
def unheard(*stages: str) -> Iterator[None]:
    """Within the block, what these stages say is not heard."""
    loggers = [logging.getLogger(f"geoprospect.{stage}") for stage in stages]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, was in zip(loggers, before, strict=True):
            logger.disabled = was
