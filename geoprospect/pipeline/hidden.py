"""Names that two things of a pipeline bear, and which of the two a later call takes."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.plan import Pipeline

LOG = logging.getLogger("geoprospect.pipeline")

SAME = frozenset({"raster", "category"})
"""Features that, without settings, are their input: it does not matter which is taken."""


def warn_of_hidden(pipeline: Pipeline) -> None:
    """Say which calls take a table or a feature and not the input of the same name."""
    for told in hidden(pipeline):
        LOG.warning("%s", told)


def hidden(pipeline: Pipeline) -> list[str]:
    """
    Each name that hides another which is not the same thing, with the calls that take it.

    A call takes what stands nearest above it: a feature before a table, a table before an
    input. What makes the feature itself takes what stood there before.
    """
    told = []
    for maker, above in _twice(pipeline):
        takers = [call.label for call in _after(pipeline, maker) if maker.name in call.uses()]
        if takers:
            told.append(
                f"{_listed(takers)} {'takes' if len(takers) == 1 else 'take'} {maker.name!r} as "
                f"{maker.label} makes it, and not the {above} of that name; if that is not "
                "meant, give one of the two another name"
            )
    return told


def _twice(pipeline: Pipeline) -> Iterator[tuple[Call, str]]:
    """Calls whose name stands above already, and what bears it there."""
    kinds = dict.fromkeys(pipeline.inputs, "input")
    for section, calls in (("table", pipeline.tables), ("feature", pipeline.features)):
        for name, call in calls.items():
            same = call.path[-1] in SAME and call.uses() == [name] and not call.settings
            if name in kinds and not same:
                yield call, kinds[name]
            kinds[name] = section


def _after(pipeline: Pipeline, maker: Call) -> list[Call]:
    """All calls below one that may take what it makes."""
    made = [*pipeline.tables.values(), *pipeline.features.values()]
    later = [pipeline.labels, pipeline.targets, *pipeline.ranking.calls(), pipeline.survey_areas]
    below = made[made.index(maker) + 1 :]
    hides = next((call for call in below if call.name == maker.name), None)
    if hides is not None:  # which takes it itself, and what stands below takes that
        return below[: below.index(hides) + 1]
    later += pipeline.resources.calls() if pipeline.resources else []
    return [*below, *(call for call in later if call is not None)]


def _listed(labels: list[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
