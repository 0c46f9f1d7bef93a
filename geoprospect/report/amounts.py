"""What was predicted of amounts, in plain words that claim no more than that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from geoprospect.report.figures.amounts import named


def numbers(resources: Mapping[str, Any]) -> str:
    """How many deposits, by the estimate gone on with, and how far the others lie from it."""
    pooled, several = resources["pooled"], resources["numbers"]
    told = (
        "The chance of one undiscovered deposit or more is "
        f"{100 * (1 - pooled['none']):.0f} %. "
        f"With a chance of 90 % there are {pooled['n90']:,} or more, of 50 % {pooled['n50']:,} or "
        f"more, of 10 % {pooled['n10']:,} or more; {pooled['mean']:,.3g} are expected."
    )
    if len(several) < 2:
        return f"{told} Only one estimate was made, so nothing says how far another would lie."
    low, high = (pick(several, key=lambda one: one["mean"]) for pick in (min, max))
    return (
        f"{told} The {len(several)} estimates expect between {low['mean']:,.3g} "
        f"({named(low['estimator'])}) and {high['mean']:,.3g} ({named(high['estimator'])})."
        + (" " + apart(low, high) if low["n10"] < high["n90"] else "")
    )


def apart(low: Mapping[str, Any], high: Mapping[str, Any]) -> str:
    """That two estimates do not overlap."""
    return (
        f"These two do not overlap ({low['n90']:,} to {low['n10']:,} against {high['n90']:,} to "
        f"{high['n10']:,}): find out why before either is believed."
    )


def variance(endowment: Mapping[str, Any]) -> str:
    """How much of the doubt about the number from the map is owed to the maps' disagreement."""
    told = endowment["provenance"]
    share = told["between"] / (told["within"] + told["between"])
    return (
        f"Of the variance of the number from the map, {100 * share:.0f} % is owed to the "
        f"disagreement of its {told['maps']} maps and {100 * (1 - share):.0f} % to chance within "
        f"each. It rests on the stated belief that {100 * told['label_frequency']:.0f} % of all "
        "deposits of the type are known."
    )


def metal(resources: Mapping[str, Any]) -> Iterator[str]:
    """Sentences on the ore and metal, and on what an economic filter left."""
    held = resources["contained"]
    for name, one in held["amounts"].items():
        ends = one["quantiles"]
        yield (
            f"{name}: {tons(one['mean'])} expected, with a chance of 90 % {tons(ends['0.1'])} or "
            f"more, of 50 % {tons(ends['0.5'])} or more, of 10 % {tons(ends['0.9'])} or more."
        )
    left = resources.get("recovered")
    if left:
        for name, one in left["amounts"].items():
            before = held["amounts"][name]["mean"]
            yield (
                f"{name} that would pay to mine: {tons(one['mean'])} expected, "
                f"{100 * one['mean'] / before:.0f} % of what is in the ground; with a chance of "
                f"{100 * left['nothing']:.0f} % nothing would pay."
            )


def tails(model: Mapping[str, Any]) -> str:
    """What tonnages beyond any known one add to the mean."""
    means = model["means"]
    how = "are kept within those known" if model["truncated"] else "go beyond any known one"
    return (
        f"Tonnages {how}: a deposit's mean ore is {tons(means['untruncated'])} with the tails and "
        f"{tons(means['truncated'])} without; that of the known is {tons(means['sample'])}."
    )


def failing(resources: Mapping[str, Any]) -> list[str]:
    """Checks of the simulation against formula that do not hold, in sentences."""
    held = resources["contained"]
    return [
        f"{row['what']}: simulation {row['simulated']:.4g}, formula {row['formula']:.4g}, "
        f"{abs(row['errors']):.1f} standard errors apart"
        for row in (held or {"checks": []})["checks"]
        if not row["holds"]
    ]


def tons(amount: float) -> str:
    """An amount in t, kt, Mt or Gt, to three figures."""
    for unit, size in (("Gt", 1e9), ("Mt", 1e6), ("kt", 1e3)):
        if abs(amount) >= size:
            return f"{amount / size:.3g} {unit}"
    return f"{amount:.3g} t"
