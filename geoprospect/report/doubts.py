"""How far to believe a score, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STEEP = 0.03
"""A fall of AUC from one size of block to twice it that counts as a fall."""


def interval(protocol: Mapping[str, Any]) -> str:
    """How far other deposits would move the score; empty where that is not known."""
    found = protocol.get("interval")
    if not found or found["auc"] is None:
        return ""
    low, high = found["auc"]
    told = (
        f"Had other deposits of the kind been found, the mean AUC would lie between {low:.2f} and "
        f"{high:.2f} in {100 * found['level']:.0f} of 100 cases ({found['resamples']:,} draws of "
        f"the {found['clusters']} deposit clusters). The models are held as they are: that they "
        "would have learnt otherwise too is not in it."
    )
    return f"{told} The interval reaches down to chance." if low <= 0.5 <= high else told


def falling(protocol: Mapping[str, Any]) -> str:
    """What the score by size of block says of nearness."""
    means = {level["label"]: level["auc"]["mean"] for level in protocol["levels"]}
    size = next((level["size"] for level in protocol["levels"] if level["label"] == "L"), None)
    if size is None:
        return ""
    found = (
        f"From random folds to blocks of {size / 1000:g} km the score goes from "
        f"{means['random']:.2f} to {means['L']:.2f}"
    )
    if "2L" not in means:
        return f"{found}; the area is too small for larger blocks."
    told = f"{found}, and to {means['2L']:.2f} at twice that size. "
    if means["L"] - means["2L"] >= STEEP:
        return (
            f"{told}It is still falling there, so blocks of {size / 1000:g} km do not hide all "
            "that nearness gives; believe the larger ones."
        )
    if means["random"] - means["L"] >= STEEP:
        return f"{told}It has levelled off: what is left is not owed to nearness."
    return f"{told}It hardly falls at all: little of it is owed to nearness."


def camps(protocol: Mapping[str, Any]) -> str:
    """How many clusters would have been found, and which would not."""
    captured, count = protocol["capture"]["10"], protocol["clusters"]
    told = (
        f"Of {count} deposit clusters, each left out by turns with all around it, "
        f"{100 * captured:.0f} % lie in the best 10 % of the area (counting deposits alike, "
        f"{100 * protocol['by_deposit']['capture']['10']:.0f} %). "
    )
    missed = [one for one in protocol["worst_clusters"] if one["percentile"] > 0.5]
    if not missed:
        return f"{told}None was found worse than by chance."
    names = ", ".join(str(one["name"]) for one in missed)
    return f"{told}Found worse than by chance: {names}. The others say little of ground like that."


def standing(board: Mapping[str, Any]) -> str:
    """Which model does best, and which cannot be told apart from it."""
    best, *others = board["models"]
    told = (
        f"{best['model']} does best where it does worst: its worst fold scores "
        f"{best['auc']['worst']:.2f}, its mean is {best['auc']['mean']:.2f}. "
    )
    if not others:
        return f"{told}No other model was judged."
    near = [row["model"] for row in others if not row["behind"]["auc"]["clear"]]
    if not near:
        return f"{told}All others differ from it by more than chance."
    return (
        f"{told}On these folds {', '.join(near)} cannot be told apart from it: choose among them "
        "by what they explain."
    )


def crossed(curve: Mapping[str, Any]) -> str:
    """What the crossing of a prediction-area plot says, and of which deposits."""
    crossing = curve["crossing"]
    which = (
        "learnt from, so this is a success rate and says how well the map fits"
        if curve["fitted"]
        else "held out, so this is a prediction rate"
    )
    told = (
        f"{curve['long_name']}: {100 * crossing['captured']:.0f} % of the known deposits lie in "
        f"{100 * crossing['area']:.0f} % of the area, {crossing['density']:.1f} to 1. The deposits "
        f"were {which}."
    )
    return told[:1].upper() + told[1:]


def better(layer: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The direction in which a layer tells more of deposits, and its crossing."""
    way = "low" if layer["low"]["density"] > layer["high"]["density"] else "high"
    return way, layer[way]
