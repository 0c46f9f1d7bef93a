"""What was predicted of amounts, in plain words that claim no more than that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from geoprospect import language
from geoprospect.language import counted, marked, say
from geoprospect.report.figures.amounts import named

TYPES = {
    "porphyry_copper": marked("porphyry copper"),
    "porphyry_copper_mo_au_ag": marked("porphyry copper with molybdenum, gold and silver"),
    "massive_sulphide": marked("massive sulphide"),
    "massive_sulphide_pb_au_ag": marked("massive sulphide with lead, gold and silver"),
}
"""Types of deposits whose sizes come with the package; others by their own names."""

BODIES = {
    "massive": marked("massive"), "flat": marked("flat-lying"), "vein": marked("steep vein"),
}  # fmt: skip
MILLS = {
    "flotation_1": marked("flotation of one product"),
    "flotation_2": marked("flotation of two products"),
    "flotation_3": marked("flotation of three products"),
    "solvent_extraction": marked("solvent extraction and electrowinning"),
    "carbon_in_pulp": marked("carbon in pulp"),
    "counter_current": marked("countercurrent decantation"),
    "heap_leach": marked("heap leaching"),
}
MOMENTS = {
    "mean": marked("mean of {what}"),
    "variance": marked("variance of {what}"),
    "covariance": marked("covariance of {what}"),
}
WHERE = {"targets": marked("targets"), "survey_areas": marked("survey areas")}
ORE = marked("ore")
"""What stands beside the metals."""


def numbers(resources: Mapping[str, Any]) -> str:
    """How many deposits, by the estimate gone on with, and how far the others lie from it."""
    pooled, several = resources["pooled"], resources["numbers"]
    told = say(
        "The chance of one undiscovered deposit or more is {any:.0f} %. With a chance of 90 % "
        "there are {n90:,} or more, of 50 % {n50:,} or more, of 10 % {n10:,} or more; {mean:,.3g} "
        "are expected.",
        any=100 * (1 - pooled["none"]), n90=pooled["n90"], n50=pooled["n50"], n10=pooled["n10"],
        mean=pooled["mean"],
    )  # fmt: skip
    if len(several) < 2:
        return told + say(" Only one estimate was made, so nothing says how far another would lie.")
    low, high = (pick(several, key=lambda one: one["mean"]) for pick in (min, max))
    told += say(
        " The {count} estimates expect between {low:,.3g} ({one}) and {high:,.3g} ({other}).",
        count=len(several), low=low["mean"], one=named(low["estimator"]), high=high["mean"],
        other=named(high["estimator"]),
    )  # fmt: skip
    return told + (apart(low, high) if low["n10"] < high["n90"] else "")


def apart(low: Mapping[str, Any], high: Mapping[str, Any]) -> str:
    """That two estimates do not overlap."""
    return say(
        " These two do not overlap ({a:,} to {b:,} against {c:,} to {d:,}): find out why before "
        "either is believed.", a=low["n90"], b=low["n10"], c=high["n90"], d=high["n10"],
    )  # fmt: skip


def variance(endowment: Mapping[str, Any]) -> str:
    """How much of the doubt about the number from the map is owed to the maps' disagreement."""
    told = endowment["provenance"]
    share = told["between"] / (told["within"] + told["between"])
    return say(
        "Of the variance of the number from the map, {between:.0f} % is owed to the disagreement "
        "of its {maps} maps and {within:.0f} % to chance within each. It rests on the stated "
        "belief that {known:.0f} % of all deposits of the type are known.",
        between=100 * share, maps=told["maps"], within=100 * (1 - share),
        known=100 * told["label_frequency"],
    )  # fmt: skip


def in_the_large(endowment: Mapping[str, Any]) -> str:
    """How the maps were brought to expect what is known; empty where they were not."""
    told = endowment["provenance"]
    if "expected_before" not in told:
        return ""
    return say(
        "The members' maps were calibrated in the large: by themselves they would expect "
        "{before:.3g} known deposits where {known} cells hold one, so all of them were shifted "
        "alike in log-odds until they expect {known}.",
        before=told["expected_before"], known=told["known"],
    )  # fmt: skip


def metal(resources: Mapping[str, Any]) -> Iterator[str]:
    """Sentences on the ore and metal, and on what an economic filter left."""
    held = resources["contained"]
    for name, one in held["amounts"].items():
        ends = one["quantiles"]
        yield say(
            "{name}: {mean} expected, with a chance of 90 % {low} or more, of 50 % {middle} or "
            "more, of 10 % {high} or more.",
            name=language.named(name), mean=tons(one["mean"]), low=tons(ends["0.1"]),
            middle=tons(ends["0.5"]), high=tons(ends["0.9"]),
        )  # fmt: skip
    left = resources.get("recovered")
    if left:
        for name, one in left["amounts"].items():
            before = held["amounts"][name]["mean"]
            yield say(
                "{name} that would pay to mine: {mean} expected, {share:.0f} % of what is in the "
                "ground; with a chance of {nothing:.0f} % nothing would pay.",
                name=language.named(name), mean=tons(one["mean"]), share=100 * one["mean"] / before,
                nothing=100 * left["nothing"],
            )  # fmt: skip


def tails(model: Mapping[str, Any]) -> str:
    """What tonnages beyond any known one add to the mean."""
    means = model["means"]
    told = (
        say("Tonnages are kept within those known: ")
        if model["truncated"]
        else say("Tonnages go beyond any known one: ")
    )
    return told + say(
        "a deposit's mean ore is {tails} with the tails and {cut} without; that of the known is "
        "{known}.", tails=tons(means["untruncated"]), cut=tons(means["truncated"]),
        known=tons(means["sample"]),
    )  # fmt: skip


def failing(resources: Mapping[str, Any]) -> list[str]:
    """Checks of the simulation against formula that do not hold, in sentences."""
    held = resources["contained"]
    return [_apart(row) for row in (held or {"checks": []})["checks"] if not row["holds"]]


def _apart(row: Mapping[str, Any]) -> str:
    return say(
        "{what}: simulation {simulated:.4g}, formula {formula:.4g}, {errors:.1f} standard errors "
        "apart", what=_checked(row), simulated=row["simulated"], formula=row["formula"],
        errors=abs(row["errors"]),
    )  # fmt: skip


def _checked(row: Mapping[str, Any]) -> str:
    """What a check is of, such as the covariance of two metals."""
    message = MOMENTS[row["moment"]]
    return say(message, what=say(" and ").join(map(language.named, row["of"])))


def screened(screen: Mapping[str, Any]) -> str:
    """What the economic filter assumed."""
    told = say(
        "What would pay: {prices}, costs {index:g} times those of 1989; body {body}, mill {mill}, "
        "{days} days a year, discounted at {discount:.0f} % a year.",
        prices=language.text(screen["prices"]), index=screen["cost_index"],
        body=language.text(BODIES[screen["body"]]), mill=language.text(MILLS[screen["mill"]]),
        days=screen["days"], discount=100 * screen["discount"],
    )  # fmt: skip
    return f"{told} {language.text(screen['cliff'])}"


def typed(model: Mapping[str, Any]) -> str:
    """What a type of deposits is called."""
    name = str(model["name"])
    return say(TYPES[name]) if name in TYPES else name.replace("_", " ")


def shared(rows: list[dict[str, Any]], most: int) -> tuple[list[dict[str, Any]], str]:
    """The areas that may expect most, in their order, the rest of the ground, and who is left."""
    *areas, rest = rows
    best = sorted(areas, key=lambda row: -row["expected"])[:most]
    shown = [row for row in areas if row in best] + [rest | {"label": language.text(rest["label"])}]
    left = len(areas) - len(best)
    if not left:
        return shown, ""
    return shown, counted(
        "{count} area that may expect less is left out here.",
        "{count} areas that may expect less are left out here.", left,
    )  # fmt: skip


def tons(amount: float) -> str:
    """An amount in t, kt, Mt or Gt, to three figures."""
    for unit, size in (("Gt", 1e9), ("Mt", 1e6), ("kt", 1e3)):
        if abs(amount) >= size:
            return f"{amount / size:.3g} {unit}"
    return f"{amount:.3g} t"
