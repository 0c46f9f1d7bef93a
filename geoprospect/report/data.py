"""The data report: what each layer holds, before any model; one page that needs no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from geoprospect import contract
from geoprospect.language import marked, named, say
from geoprospect.report import canvas
from geoprospect.report.figures.layers import correlation_map, layer_at_a_glance
from geoprospect.report.likeness import Likeness
from geoprospect.report.page import page, render

SPARSE = 0.5
"""A layer unknown in more of the study area than this is named among the first things."""
FINER = 0.25
"""A grid's cell shorter than this share of the source's says more than was measured."""
MEANT = {
    "source": marked("what gave the metal, the water or the heat"),
    "pathway": marked("what let them through"),
    "trap": marked("what made them stay"),
    "preservation": marked("what kept the ore from erosion, or hides it"),
    "signature": marked("what the ore left behind for us to measure"),
}


@dataclass(frozen=True)
class Seen:
    """
    One layer as it was looked at.

    ``values`` (y, x) and ``inside`` (whether in the study area) are small; ``sample``
    (cells,) are values at cells drawn evenly, the same for each layer.
    """

    id: str
    feature: str
    long_name: str
    units: str
    known: float
    values: npt.NDArray[np.float32] = field(repr=False)
    inside: npt.NDArray[np.bool_] = field(repr=False)
    sample: npt.NDArray[np.float32] = field(repr=False)
    meanings: Mapping[int, str] = field(default_factory=dict)
    quality: bool = False

    @property
    def unit_text(self) -> str:
        """Its units, for an axis."""
        return "" if self.units == "1" else self.units

    @property
    def constant(self) -> bool:
        """Whether all its known values in the sample are one."""
        known = self.sample[np.isfinite(self.sample)]
        return known.size > 0 and bool((known == known[0]).all())


@dataclass(frozen=True)
class Fineness:
    """How a layer's source is resolved: its cell, or the distance between its samples [m]."""

    feature: str
    source: str
    what: str
    metres: float
    cell: float

    @property
    def too_fine(self) -> bool:
        """Whether the grid is finer than a quarter of it."""
        return self.cell < FINER * self.metres * (1 - 1e-9)


@dataclass(frozen=True)
class Findings:
    """All that the data report tells."""

    title: str
    inputs: Sequence[Mapping[str, Any]]
    layers: Sequence[Seen]
    failed: Mapping[str, str]
    fineness: Sequence[Fineness]
    likeness: Likeness
    roles: Mapping[str, Sequence[str]]
    cell: float
    looked_at: float
    notices: Sequence[str] = ()

    def missing_roles(self) -> list[str]:
        """Roles of a mineral system, but its signature, for which nothing stands."""
        return [role for role in contract.ROLES[:4] if not self.roles.get(role)]

    def warnings(self) -> list[str]:
        """What to mend or think over first, in sentences."""
        return [
            *(
                say("{name} cannot be made: {why}", name=name, why=why)
                for name, why in self.failed.items()
            ),
            *(
                say(
                    "{name} ({id}) is the same everywhere and tells nothing",
                    name=named(one.long_name),
                    id=one.id,
                )
                for one in self.layers
                if one.constant
            ),
            *(
                say(
                    "{name} ({id}) is unknown in {share:.0%} of the study area",
                    name=named(one.long_name),
                    id=one.id,
                    share=1 - one.known,
                )
                for one in self.layers
                if one.known < SPARSE
            ),
            *self._too_fine(),
            *(
                say(
                    "{layers} go together (correlation up to {strongest:.2f}) and share their "
                    "weight in a model",
                    layers=say(", ").join(group),
                    strongest=self.likeness.strongest(group),
                )
                for group in self.likeness.groups
            ),
            *(
                say(
                    "nothing stands for the {role} of the mineral system: {meant}",
                    role=say(role),
                    meant=say(MEANT[role]),
                )
                for role in (self.missing_roles() if self.roles else [])
            ),
        ]

    def _too_fine(self) -> Iterator[str]:
        """One sentence for each source that the grid is too fine for."""
        of: dict[str, list[Fineness]] = {}
        for one in self.fineness:
            if one.too_fine:
                of.setdefault(one.source, []).append(one)
        for source, several in of.items():
            one = several[0]
            yield say(
                "the grid's cells of {cell:g} m are finer than a quarter of the {what} of "
                "{source}, {metres:.4g} m: {features} would show detail that nobody measured; "
                "cells of {enough:.4g} m or more would not",
                cell=one.cell, what=say(one.what), source=source, metres=one.metres,
                features=say(", ").join(each.feature for each in several),
                enough=FINER * one.metres,
            )  # fmt: skip


def data_page(findings: Findings) -> str:
    """The whole data report as HTML; the same findings give the same text."""
    sections = [
        ("in_short", _in_short(findings)),
        ("layers", _layers(findings)),
        ("resolution", render("data_resolution.html", fineness=findings.fineness)),
        ("likeness", _likeness(findings)),
        ("mineral_system", _system(findings)),
        ("inputs", render("data_inputs.html", inputs=findings.inputs, notices=findings.notices)),
    ]
    return page(say("{title}: the data", title=findings.title), sections)


def _in_short(findings: Findings) -> Markup:
    return render(
        "data_short.html",
        layers=len(findings.layers),
        evidence=sum(not one.quality for one in findings.layers),
        features=len({one.feature for one in findings.layers}),
        inputs=len(findings.inputs) - 1,
        known=float(np.mean([one.known for one in findings.layers])) if findings.layers else None,
        cell=findings.cell,
        looked_at=findings.looked_at,
        warnings=findings.warnings(),
    )


def _layers(findings: Findings) -> Markup:
    shown = [
        {
            "layer": one,
            "figure": Markup(canvas.svg(layer_at_a_glance(one), f"layer-{one.id}")),  # noqa: S704
            "figures": _summary(one),
        }
        for one in findings.layers
    ]
    return render("data_layers.html", layers=shown, failed=findings.failed)


def _summary(seen: Seen) -> dict[str, float] | None:
    known = seen.sample[np.isfinite(seen.sample)]
    if seen.meanings or known.size == 0:
        return None
    low, middle, high = np.percentile(known, [2, 50, 98])
    return {"low": float(low), "middle": float(middle), "high": float(high)}


def _likeness(findings: Findings) -> Markup:
    found = findings.likeness
    names = {one.id: one.long_name for one in findings.layers}
    drawn = Markup(canvas.svg(correlation_map(found, names), "likeness")) if found.names else ""  # noqa: S704
    groups = [
        {"names": [names.get(name, name) for name in group], "strongest": found.strongest(group)}
        for group in found.groups
    ]
    return render("data_likeness.html", figure=drawn, groups=groups, count=len(found.names))


def _system(findings: Findings) -> Markup:
    placed = {name for named in findings.roles.values() for name in named}
    left = list(dict.fromkeys(one.feature for one in findings.layers if one.feature not in placed))
    return render(
        "data_system.html",
        roles=[(role, MEANT[role], findings.roles.get(role, ())) for role in contract.ROLES],
        stated=bool(findings.roles),
        missing=findings.missing_roles(),
        left=left,
    )
