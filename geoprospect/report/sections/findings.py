"""Sections that say where to look, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from markupsafe import Markup

from geoprospect.registry import SECTIONS
from geoprospect.report import canvas, interactive, words
from geoprospect.report import figures as draw
from geoprospect.report.overview import overview
from geoprospect.report.page import render

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_PLACES = 4
"""Deposits explained step by step."""
MOST = 8
"""Targets named in the summary."""
GLANCE = 600
"""Pixels a side of its map."""


@SECTIONS.register
def summary(
    targets: gpd.GeoDataFrame,
    validation: Mapping[str, Any],
    samples: gpd.GeoDataFrame,
    notices: Sequence[Mapping[str, str]],
    maps: xr.Dataset,
    deposits: gpd.GeoDataFrame,
) -> Markup:
    """In short."""
    protocol = words.main_protocol(validation)
    return render(
        "summary.html",
        targets=_records(targets.head(MOST)),
        count=len(targets),
        area=float(targets["area_km2"].sum()),
        deposits=int((samples["label"] == 1).sum()),
        protocol=protocol,
        verdict=words.verdict(protocol),
        warnings=sum(notice["level"] == "warning" for notice in notices),
        doubts=words.first_doubts(validation, targets),
        map=_at_a_glance(maps["prospectivity"], targets, deposits),
    )


def _at_a_glance(
    prospectivity: xr.DataArray, targets: gpd.GeoDataFrame, deposits: gpd.GeoDataFrame
) -> Markup:
    """The map as small as a first page asks for."""
    seen = overview(prospectivity, GLANCE)
    drawn = draw.prospectivity_map(seen, targets=targets, deposits=deposits, width=110)
    return Markup(canvas.svg(drawn, "glance"))  # noqa: S704


@SECTIONS.register
def map(  # noqa: A001
    maps: xr.Dataset,
    targets: gpd.GeoDataFrame,
    survey_areas: gpd.GeoDataFrame | None,
    deposits: gpd.GeoDataFrame,
) -> Markup:
    """Where to look."""
    seen = {
        name: overview(maps[name], interactive.LIMIT)
        for name in ("prospectivity", "spread")
        if name in maps
    }
    item = interactive.map_item(seen, targets=targets, survey_areas=survey_areas, deposits=deposits)
    return render(
        "map.html",
        library=interactive.library(),
        item=item,
        words=interactive.words(),
        paper=_on_paper(seen["prospectivity"], targets, deposits),
        legends=interactive.legends(seen),
        areas=survey_areas is not None and len(survey_areas) > 0,
        deposits=len(deposits),
    )


def _on_paper(
    prospectivity: xr.DataArray, targets: gpd.GeoDataFrame, deposits: gpd.GeoDataFrame
) -> Markup:
    """The map that stands in for the interactive one in print."""
    drawn = draw.prospectivity_map(prospectivity, targets=targets, deposits=deposits)
    return Markup(canvas.svg(drawn, "paper"))  # noqa: S704


@SECTIONS.register
def targets(targets: gpd.GeoDataFrame, ranking: Mapping[str, Any] | None = None) -> Markup:
    """Targets, best first."""
    if ranking is None or targets.empty:
        return render("targets.html", targets=_records(targets), ranking=None)
    counted = [one for one in ranking["criteria"] if one["weight"] > 0]
    return render(
        "targets.html",
        targets=_records(targets),
        ranking=ranking,
        counted=counted,
        total=sum(one["weight"] for one in counted),
        lost=[one for one in ranking["lost"] if one["area_km2"] > 0],
        figure=_figure(draw.target_ranking(targets, ranking), "ranking"),
    )


@SECTIONS.register
def survey_areas(survey_areas: gpd.GeoDataFrame | None) -> Markup:
    """Survey areas, best first."""
    if survey_areas is None:
        return Markup()
    expected = "expected_deposits" in survey_areas and survey_areas["expected_deposits"].notna()
    return render(
        "survey_areas.html", areas=_records(survey_areas), expected=bool(np.any(expected))
    )


@SECTIONS.register
def explanation(
    attributions: xr.Dataset | None,
    drivers: xr.DataArray | None,
    cube: xr.Dataset,
    strength: pd.DataFrame | None = None,
    dependence: pd.DataFrame | None = None,
    breakdown: pd.DataFrame | None = None,
) -> Markup:
    """Why it scores as it does."""
    if attributions is None or drivers is None:
        return render("unexplained.html")
    return render(
        "explanation.html",
        units=draw.unit_told(draw.contribution_units(attributions)),
        summary=_figure(draw.shap_summary(attributions, cube), "shap"),
        drivers=_figure(draw.drivers_map(drivers), "drivers"),
        strength=None if strength is None else _figure(draw.strength_bars(strength), "strength"),
        grouped=strength is not None and bool((strength["kind"] == "group").any()),
        dependence=None
        if dependence is None
        else _figure(draw.dependence(dependence, width=160), "dependence"),
        decimals=3 if draw.contribution_units(attributions) == "1" else 2,
        places=[] if breakdown is None else _places(breakdown),
    )


def _places(breakdown: pd.DataFrame) -> list[dict[str, Any]]:
    """The first places' waterfalls, and their steps as tables."""
    return [
        {
            "name": place,
            "figure": _figure(
                draw.waterfall(breakdown, place=place, width=105), f"waterfall-{number}"
            ),
            "steps": draw.waterfall_data(breakdown, place=place).to_dict("records"),
        }
        for number, place in enumerate(breakdown["place"].unique()[:MOST_PLACES])
    ]


def _figure(drawn: Figure, name: str) -> Markup:
    return Markup(canvas.svg(drawn, name))  # noqa: S704


def _records(features: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """One mapping for each feature, without its outline; None where nothing is known."""
    plain = features.drop(columns=features.geometry.name)
    records = plain.astype(object).where(plain.notna(), None).to_dict("records")
    return [{str(name): value for name, value in record.items()} for record in records]
