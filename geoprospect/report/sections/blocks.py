"""The section on blocks between drill holes: how they were estimated, and what they amount to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from markupsafe import Markup

from geoprospect import quantities
from geoprospect.language import marked, say
from geoprospect.registry import SECTIONS
from geoprospect.report import canvas, scene
from geoprospect.report import figures as draw
from geoprospect.report.page import figures, render
from geoprospect.report.planes import Plane, plane_through

ESTIMATORS = {
    "nearest": marked("nearest composite"),
    "inverse_distance": marked("inverse distance, squared"),
    "kriging": marked("ordinary kriging"),
    "lightgbm": marked("kriging corrected by LightGBM"),
}
"""What estimators are called on the page."""
HOLES = 3
"""Holes that are drawn down their length."""


@SECTIONS.register
def block_model(block_model: Mapping[str, Any] | None) -> Markup:
    """Blocks, between the drill holes."""
    if not block_model:
        return Markup()
    told, samples = block_model["told"], block_model["composites"]
    model: xr.Dataset = block_model["model"]
    grade, unit = told["grade"], told["unit"]
    known = samples[samples[grade].notna()]
    planes = _planes(known, grade, told)
    shown = {"grade": grade, "unit": unit}
    sections = [
        _drawn(
            draw.cross_section(known, plane, model=model, letter=letter, **shown), f"cut{letter}"
        )
        for letter, plane in zip("AB", planes, strict=False)
    ]
    return render(
        "block_model.html",
        told=told,
        size=" × ".join(f"{side:g}" for side in told["grid"]["size"]),
        level=_level(told["evidence_level"]),
        estimators=[
            (say(ESTIMATORS.get(one["estimator"], one["estimator"])), one)
            for one in told["out_of_hole"]["estimators"]
        ],
        against=_against(told["out_of_hole"]["estimators"]),
        odd=list(_odd(told["estimates"])),
        curve=told["simulated"] or told["curve"],
        variogram=_variogram(told["variogram"]),
        swaths=_drawn(draw.swath_plot(pd.DataFrame(told["swaths"]), **shown), "swaths"),
        tonnes=_drawn(draw.grade_tonnage_plot(told["simulated"] or told["curve"], unit=unit), "gt"),
        plan=_drawn(draw.collar_plan(known, model=model, sections=planes, **shown), "plan"),
        sections=sections,
        holes=_drawn(
            draw.down_hole(block_model["intervals"], holes=_richest(known, grade),
                           composites=samples, **shown), "holes",
        ),
        view=scene.view(known, model, cut_off=_cut_off(told), **shown),
    )  # fmt: skip


def _level(level: str) -> str:
    """How the amounts are known, in words that claim no more than that."""
    return {
        "drilled_unclassified": say(
            "Evidence level: drilled, unclassified. Nobody has classified these amounts under a "
            "code of reporting, and they say nothing of what could be mined at a profit."
        ),
    }.get(level, level) if level in quantities.LEVELS else level  # fmt: skip


def _against(estimators: list[Mapping[str, Any]]) -> str:
    """Whether kriging did better than the nearest composite, which it must."""
    of = {one["estimator"]: one["MAE"] for one in estimators}
    nearest, kriging = of["nearest"], of["kriging"]
    values = {"kriging": figures(kriging), "nearest": figures(nearest)}
    if kriging < nearest:
        return say(
            "Out of hole, kriging errs by {kriging} on average, the nearest composite by "
            "{nearest}.", **values,
        )  # fmt: skip
    return say(
        "Out of hole, kriging errs by {kriging} on average and does not beat the nearest "
        "composite, with {nearest}: do not believe these blocks before it is known why.", **values,
    )  # fmt: skip


def _odd(estimates: Mapping[str, Any]) -> Iterator[str]:
    """What a reader should know of the estimates."""
    beyond = {n: count for n, count in estimates["passes"].items() if int(n) > 1}
    if beyond:
        yield say(
            "{count} blocks were reached only by a wider search; they are less sure.",
            count=f"{sum(beyond.values()):,}",
        )
    if estimates["negative_weights"] > 0:
        yield say(
            "{share:.0f} % of the blocks have composites with a negative weight, which screening "
            "brings; {below} estimates lie below zero.",
            share=100 * estimates["negative_weights"], below=estimates["below_zero"],
        )  # fmt: skip


def _variogram(told: Mapping[str, Any]) -> Markup:
    measured, model = (pd.DataFrame(told[name]) for name in ("measured", "model"))
    if measured.empty:
        return Markup()
    return _drawn(draw.variogram_plot(measured, model), "variogram")


def _planes(samples: pd.DataFrame, grade: str, told: Mapping[str, Any]) -> list[Plane]:
    """Along the rows of blocks and across them, through the hole that holds most."""
    hole = _richest(samples, grade)[0]
    x, y = samples.loc[samples["hole"] == hole, ["x", "y"]].mean()
    tops = samples.groupby("hole")[["x", "y"]].mean().to_numpy(float)
    apart = np.sort(np.hypot(*(tops[:, None] - tops[None, :]).T), axis=0)[1]
    thickness = float(max(np.median(apart), *told["grid"]["size"][:2]))
    turns = [told["grid"]["azimuth"] + turn for turn in (90.0, 0.0)]
    return [
        plane_through(samples[["x", "y"]], azimuth=turn, thickness=thickness, centre=(x, y),
                      margin=thickness / 2)
        for turn in turns
    ]  # fmt: skip


def _richest(samples: pd.DataFrame, grade: str) -> list[str]:
    """Holes with most grade times length."""
    held = (samples[grade] * (samples["to"] - samples["from"])).groupby(samples["hole"]).sum()
    return [*held.sort_values(ascending=False, kind="stable").index[:HOLES]]


def _cut_off(told: Mapping[str, Any]) -> float:
    """The middle one of those stated."""
    curve = told["curve"]
    return float(curve[len(curve) // 2]["cut_off"])


def _drawn(figure: Any, name: str) -> Markup:
    return Markup(canvas.svg(figure, name))  # noqa: S704
