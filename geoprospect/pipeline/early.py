"""Settings of late steps, refused before the first: a run of hours must not end on a prior of 2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from geoprospect.errors import PipelineError
from geoprospect.maps import quadrants
from geoprospect.models import calibration, conformal, importance, pairs, weights_tables
from geoprospect.pipeline.plan import Pipeline

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
