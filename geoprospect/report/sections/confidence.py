"""Sections that say how sure the scores are, and of which ground they tell nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import xarray as xr
from markupsafe import Markup

from geoprospect.language import say
from geoprospect.registry import SECTIONS
from geoprospect.report import canvas, doubts
from geoprospect.report import figures as draw
from geoprospect.report.page import render


@SECTIONS.register
def uncertainty(maps: xr.Dataset, trust: Mapping[str, Any], deposits: gpd.GeoDataFrame) -> Markup:
    """How sure it is, and what that is worth."""
    if not {"return", "risk", "quadrant"} <= set(maps) or not trust.get("quadrants"):
        return Markup()
    return render(
        "uncertainty.html",
        quadrants=trust["quadrants"],
        scatter=_drawn(draw.risk_return(maps, deposits), "riskreturn"),
        map=_drawn(draw.quadrant_map(maps["quadrant"], deposits=deposits), "quadrants"),
    )


@SECTIONS.register
def applicability(maps: xr.Dataset, trust: Mapping[str, Any], deposits: gpd.GeoDataFrame) -> Markup:
    """Where it has seen nothing like the ground."""
    told = trust.get("applicability")
    if "applicability" not in maps or not told:
        return Markup()
    drawn = draw.prospectivity_map(
        maps["prospectivity"], deposits=deposits, applicable=maps["applicability"]
    )
    return render("applicability.html", told=told, map=_drawn(drawn, "applicability"))


@SECTIONS.register
def search_area(trust: Mapping[str, Any]) -> Markup:
    """How much ground to search."""
    told = trust.get("search_area")
    if not told:
        return Markup()
    return render(
        "search_area.html",
        told=told,
        areas=[doubts.searched(area, told) for area in told["areas"]],
        curve=_drawn(draw.search_curve(told), "search"),
    )


@SECTIONS.register
def calibration(trust: Mapping[str, Any]) -> Markup:
    """What a score means."""
    told = trust.get("calibration")
    if not told:
        return Markup()
    judged = told.get("reliability")
    return render(
        "calibration.html",
        curve=told["curve"],
        prior=told.get("prior"),
        expected=told.get("expected"),
        judged=judged,
        verdict=spread(judged["slope"]) if judged else "",
        diagram=_drawn(draw.reliability_diagram(judged), "reliability") if judged else "",
    )


@SECTIONS.register
def classes(maps: xr.Dataset, trust: Mapping[str, Any], deposits: gpd.GeoDataFrame) -> Markup:
    """The map in classes."""
    told = trust.get("classes")
    if not told or not {"concentration_area", "prediction_area"} <= set(maps):
        return Markup()
    broken, crossed = (
        draw.class_map(maps[name], deposits=deposits)
        for name in ("concentration_area", "prediction_area")
    )
    curve = told["concentration_area"]
    return render(
        "classes.html",
        told=told,
        broken=_drawn(broken, "broken"),
        crossed=_drawn(crossed, "crossed"),
        curve=_drawn(draw.concentration_area_curve(curve), "bends")
        if curve["curve"]["score"]
        else "",
    )


def spread(slope: float | None) -> str:
    """What the slope of told log-odds says, in plain words."""
    if slope is None:
        return say(
            "One and the same probability is told of all ground, so the map tells nothing apart."
        )
    if slope < 0.8:
        return say(
            "Probabilities are too extreme (slope {slope:.2f}): high ones should be lower and low "
            "ones higher.", slope=slope,
        )  # fmt: skip
    if slope > 1.25:
        return say(
            "Probabilities are too timid (slope {slope:.2f}): high ones could be higher and low "
            "ones lower.", slope=slope,
        )  # fmt: skip
    return say(
        "Probabilities are about as far apart as they should be (slope {slope:.2f}).", slope=slope
    )


def _drawn(figure: Any, name: str) -> Markup:
    return Markup(canvas.svg(figure, name))  # noqa: S704
