"""The section on ground between drill holes: where ore may lie, and whether to believe it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from markupsafe import Markup

from geoprospect.language import marked, say
from geoprospect.registry import SECTIONS
from geoprospect.report import canvas
from geoprospect.report import figures as draw
from geoprospect.report.page import figures, percent, render

PROTOCOLS = {
    "by_hole": marked("Holes left out"),
    "by_box": marked("Boxes of ground left out, with their holes"),
    "random": marked("At random, beside others of the same hole"),
}
"""What ways of holding out are called on the page."""
NAIVE = "random"
CHANCE = 0.5


@SECTIONS.register
def subsurface(subsurface: Mapping[str, Any] | None) -> Markup:
    """Under ground, between the drill holes."""
    if not subsurface:
        return Markup()
    told, maps = subsurface["told"], subsurface["maps"]
    counts = told["voxels"]
    return render(
        "subsurface.html",
        told=told,
        size=" × ".join(f"{side:g}" for side in told["grid"]["size"]),
        verdict=_verdict(told),
        protocols=[(say(PROTOCOLS.get(name, name)), name == NAIVE, one)
                   for name, one in told["validation"].items()],
        unknown=1 - counts["known"] / sum(counts.values()),
        layers=sorted(told["layers"], key=lambda one: -(one["size"] or 0)),
        called={one["layer"]: one["long_name"] for one in told["layers"]},
        slices=_slices(maps),
    )  # fmt: skip


def _verdict(told: Mapping[str, Any]) -> str:
    """Whether the map is any good in holes that it has not seen, in a sentence."""
    honest = {name: one for name, one in told["validation"].items() if name != NAIVE}
    name, worst = min(honest.items(), key=lambda item: item[1]["auc"]["mean"])
    auc, low = worst["auc"]["mean"], worst.get("interval", {}).get("auc", [None])[0]
    values = {"auc": figures(auc), "way": say(PROTOCOLS[name]).lower()}
    share = percent(auc)
    alone = [one for one in told["layers"] if one["alone"] is not None]
    best = max(alone, key=lambda one: one["alone"], default=None)
    if (low if low is not None else auc) <= CHANCE:
        return say(
            "In holes it has not seen the model cannot be told from chance (AUC {auc}, {way}): do "
            "not drill by this map.", **values,
        )  # fmt: skip
    sentence = say(
        "In holes it has not seen the model ranks ore above barren ground in {share} of pairs "
        "({way}); chance would in half of them.", share=share, way=values["way"],
    )  # fmt: skip
    first = next(iter(honest.values()))["auc"]["mean"]
    if best and best["alone"] >= first - 0.01:
        sentence += " " + say(
            "{layer} alone does as well ({auc}): the model adds nothing to it.",
            layer=best["long_name"], auc=figures(best["alone"]),
        )  # fmt: skip
    return sentence


def _slices(maps: xr.Dataset) -> Markup | None:
    """Slices through the best voxel; none where nothing is known."""
    score = maps["prospectivity"].to_numpy()
    if not np.isfinite(score).any():
        return None
    layer, row, column = np.unravel_index(int(np.nanargmax(score)), score.shape)
    place = int(layer), int(row), int(column)
    return Markup(canvas.svg(draw.voxel_slices(maps, place=place), "voxels"))  # noqa: S704
