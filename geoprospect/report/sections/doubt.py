"""Sections for the sceptic: chance, leaks, samples, and the layers that do the work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import xarray as xr
from markupsafe import Markup

from geoprospect import language
from geoprospect.language import marked, say
from geoprospect.registry import SECTIONS
from geoprospect.report import canvas
from geoprospect.report import figures as draw
from geoprospect.report.page import render

POLICIES = {
    "uniform": marked("drawn evenly over the study area, less excluded ground"),
    "buffered": marked("drawn evenly over the study area, away from deposits"),
    "target_group": marked("drawn where people have looked, the more the more they did"),
    "geological": marked("drawn from ground stated as barren of such deposits"),
    "dissimilar": marked(
        "drawn from the ground least like the deposits, which makes scores optimistic"
    ),
    "mapped": marked("drawn from the cells that the raster of labels says are barren"),
}
"""What each policy did, in words; others by their own names."""


@SECTIONS.register
def nulls(nulls: Mapping[str, Any] | None) -> Markup:
    """What chance and nearness would score."""
    if nulls is None:
        return Markup()
    chance = {name: nulls[name] for name in ("shift", "permutation") if nulls.get(name)}
    chance = {name: told for name, told in chance.items() if told["null"]}
    return render(
        "nulls.html",
        verdicts=[one | {"text": one["said"][language.now()]} for one in nulls["verdicts"]],
        alarms=sum(said["alarming"] for said in nulls["verdicts"]),
        models=_drawn(draw.null_scores(nulls["models"]), "null-models") if nulls["models"] else "",
        chance=_drawn(draw.chance_scores(chance), "chance") if chance else "",
        leaks=nulls["leaks"],
    )


@SECTIONS.register
def samples_drawn(samples: gpd.GeoDataFrame, maps: xr.Dataset) -> Markup:
    """What it learnt from."""
    policy = str(samples["policy"].iloc[0]) if "policy" in samples else ""
    held = samples["label"] == 1
    known = samples.loc[held, "year"].dropna() if "year" in samples else None
    return render(
        "samples_drawn.html",
        policy=policy,
        how=say(POLICIES[policy]) if policy in POLICIES else "",
        deposits=int(held.sum()),
        clusters=int(samples.loc[held, "group"].nunique()),
        background=int((~held).sum()),
        weighted="weight" in samples and samples.loc[held, "weight"].nunique() > 1,
        years=None if known is None or known.empty else (int(known.min()), int(known.max())),
        figure=_drawn(draw.samples_map(samples, maps["prospectivity"]), "samples-drawn"),
    )


@SECTIONS.register
def importance(importance: Mapping[str, Any] | None, cube: xr.Dataset) -> Markup:
    """What each layer is worth on unseen ground."""
    if importance is None:
        return Markup()
    names = {str(name): str(layer.attrs["long_name"]) for name, layer in cube.items()}
    groups = [
        group | {"names": [names.get(name, name) for name in group["layers"]]}
        for group in importance["groups"]
    ]
    return render(
        "importance.html",
        auc=importance["auc"],
        layers=importance["layers"],
        names=names,
        groups=groups,
        agreement=importance["agreement"],
        figure=_drawn(draw.layer_worth(importance["layers"], names), "layer-worth"),
    )


def _drawn(figure: Any, name: str) -> Markup:
    return Markup(canvas.svg(figure, name))  # noqa: S704
