"""How far to believe a score, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoprospect.kernels import conformal
from geoprospect.language import named, say

STEEP = 0.03
"""A fall of AUC from one size of block to twice it that counts as a fall."""


def interval(protocol: Mapping[str, Any]) -> str:
    """How far other deposits would move the score; empty where that is not known."""
    found = protocol.get("interval")
    if not found or found["auc"] is None:
        return ""
    low, high = found["auc"]
    told = say(
        "Had other deposits of the kind been found, the mean AUC would lie between {low:.2f} and "
        "{high:.2f} in {level:.0f} of 100 cases ({resamples:,} draws of the {clusters} deposit "
        "clusters). The models are held as they are: that they would have learnt otherwise too "
        "is not in it.",
        low=low, high=high, level=100 * found["level"], resamples=found["resamples"],
        clusters=found["clusters"],
    )  # fmt: skip
    return told + say(" The interval reaches down to chance.") if low <= 0.5 <= high else told


def falling(protocol: Mapping[str, Any]) -> str:
    """What the score by size of block says of nearness."""
    means = {level["label"]: level["auc"]["mean"] for level in protocol["levels"]}
    size = next((level["size"] for level in protocol["levels"] if level["label"] == "L"), None)
    if size is None:
        return ""
    found = say(
        "From random folds to blocks of {size:g} km the score goes from {random:.2f} to "
        "{blocks:.2f}",
        size=size / 1000, random=means["random"], blocks=means["L"],
    )  # fmt: skip
    if "2L" not in means:
        return found + say("; the area is too small for larger blocks.")
    told = found + say(", and to {larger:.2f} at twice that size. ", larger=means["2L"])
    if means["L"] - means["2L"] >= STEEP:
        return told + say(
            "It is still falling there, so blocks of {size:g} km do not hide all that nearness "
            "gives; believe the larger ones.", size=size / 1000,
        )  # fmt: skip
    if means["random"] - means["L"] >= STEEP:
        return told + say("It has levelled off: what is left is not owed to nearness.")
    return told + say("It hardly falls at all: little of it is owed to nearness.")


def camps(protocol: Mapping[str, Any]) -> str:
    """How many clusters would have been found, and which would not."""
    captured, count = protocol["capture"]["10"], protocol["clusters"]
    told = say(
        "Of {count} deposit clusters, each left out by turns with all around it, {captured:.0f} % "
        "lie in the best 10 % of the area (counting deposits alike, {alike:.0f} %). ",
        count=count, captured=100 * captured,
        alike=100 * protocol["by_deposit"]["capture"]["10"],
    )  # fmt: skip
    missed = [one for one in protocol["worst_clusters"] if one["percentile"] > 0.5]
    if not missed:
        return told + say("None was found worse than by chance.")
    return told + say(
        "Found worse than by chance: {names}. The others say little of ground like that.",
        names=say(", ").join(str(one["name"]) for one in missed),
    )


def standing(board: Mapping[str, Any]) -> str:
    """Which model does best, and which cannot be told apart from it."""
    best, *others = board["models"]
    told = say(
        "{model} does best where it does worst: its worst fold scores {worst:.2f}, its mean is "
        "{mean:.2f}. ", model=best["model"], worst=best["auc"]["worst"], mean=best["auc"]["mean"],
    )  # fmt: skip
    if not others:
        return told + say("No other model was judged.")
    near = [row["model"] for row in others if not row["behind"]["auc"]["clear"]]
    if not near:
        return told + say("All others differ from it by more than chance.")
    return told + say(
        "On these folds {models} cannot be told apart from it: choose among them by what they "
        "explain.", models=say(", ").join(near),
    )  # fmt: skip


def crossed(curve: Mapping[str, Any]) -> str:
    """What the crossing of a prediction-area plot says, and of which deposits."""
    crossing = curve["crossing"]
    which = (
        say("learnt from, so this is a success rate and says how well the map fits")
        if curve["fitted"]
        else say("held out, so this is a prediction rate")
    )
    told = say(
        "{name}: {captured:.0f} % of the known deposits lie in {area:.0f} % of the area, "
        "{density:.1f} to 1. The deposits were {which}.",
        name=named(curve["long_name"]), captured=100 * crossing["captured"],
        area=100 * crossing["area"], density=crossing["density"], which=which,
    )  # fmt: skip
    return told[:1].upper() + told[1:]


def searched(area: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """How much ground to search for how much confidence, and what of that is proved."""
    sure = 1 - area["alpha"]
    if area["whole"]:
        return say(
            "{clusters} deposit clusters are too few for {sure:.0%}: at least {fewest} of full "
            "weight are needed, so the whole area has to be searched.",
            clusters=told["clusters"], sure=sure, fewest=conformal.fewest(area["alpha"]),
        )  # fmt: skip
    held = say(
        "{share:.0%} of the ground holds a new deposit cluster like the known ones ",
        share=area["area"],
    )
    if told["how"] == "split":
        return held + say("with probability {sure:.0%} or more.", sure=sure)
    if told["how"] == "cross":
        return held + say(
            "with probability about {sure:.0%} ({proved:.0%} or more is proved, since models "
            "were fitted anew without each).", sure=sure, proved=area["guarantee"] or 0,
        )  # fmt: skip
    return held + say(
        "with probability about {sure:.0%}, if the models fitted anew without each score like "
        "the one mapped; nothing is proved.", sure=sure,
    )  # fmt: skip


def better(layer: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The direction in which a layer tells more of deposits, and its crossing."""
    way = "low" if layer["low"]["density"] > layer["high"]["density"] else "high"
    return way, layer[way]
