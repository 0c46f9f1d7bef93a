"""The section on the past: what the model would have found, taught what was known then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from geoprospect.language import counted, marked, say
from geoprospect.registry import SECTIONS
from geoprospect.report import page

HISTORIC = "historic order"

CALLED = {
    "model": marked("the model"),
    "nearest": marked("nearest to known deposits"),
    "best layer": marked("best single layer"),
    "weights of evidence": marked("weights of evidence"),
    HISTORIC: marked("as it was drilled in truth"),
    "random": marked("at random (exact)"),
}
"""What rankings are called."""


@SECTIONS.register
def backtest(backtest: Mapping[str, Any] | None) -> Markup:
    """What it would have found in the past."""
    if not backtest:
        return Markup()
    cuts = [_told(one, backtest["rankings"]) for one in backtest["cuts"]]
    return page.render(
        "backtest.html",
        cuts=cuts,
        undecided=sum(not one["decidable"] for one in cuts),
        leaks=[one["cut"] for one in cuts if one["leaks"]],
        historic=any(row["ranking"] == HISTORIC for row in backtest["rankings"]),
    )


def _told(cut: Mapping[str, Any], rankings: list[dict[str, Any]]) -> dict[str, Any]:
    """One date with its rankings in words."""
    rows = [
        (_hidden(row, cut) if _not_whole(row, cut) else row)
        | {"called": _called(row["ranking"], cut["best"]), "verdict": _verdict(row, cut)}
        for row in rankings
        if row["cut"] == cut["cut"]
    ]
    return {**cut, "rows": rows, "ranks": ", ".join(page.fixed(rank, 0) for rank in cut["ranks"])}


def _not_whole(row: Mapping[str, Any], cut: Mapping[str, Any]) -> bool:
    """Whether so few discoveries were met by the listed holes that their order tells nothing."""
    return bool(row["ranking"] == HISTORIC and cut["met"] < cut["discoveries"] / 2)


def _hidden(row: Mapping[str, Any], cut: Mapping[str, Any]) -> dict[str, Any]:
    """The row without numbers that rest on discoveries which no listed hole met."""
    none = ("half", "area", "reduction", "least", "most", *(() if cut["met"] else ("first",)))
    return {**row, **dict.fromkeys(none)}


def _called(ranking: str, best: str) -> str:
    name = say(CALLED[ranking])
    return f"{name} ({best})" if ranking == "best layer" else name


def _verdict(row: Mapping[str, Any], cut: Mapping[str, Any]) -> str:
    """What the model saves against a ranking, guarded."""
    if row["factor"] is None:
        return ""
    if _not_whole(row, cut):
        return say(
            "not comparable: the holes met {met} of {found} discoveries, so their list is not "
            "whole",
            met=cut["met"],
            found=cut["discoveries"],
        )
    if not cut["decidable"]:
        return counted(
            "not decidable: {count} later discovery, and fewer than 5 decide nothing",
            "not decidable: {count} later discoveries, and fewer than 5 decide nothing",
            cut["discoveries"],
        )
    numbers = {
        "factor": page.fixed(row["factor"]), "low": page.fixed(row["low"]),
        "high": page.fixed(row["high"]), "p": page.figures(row["p"]),
    }  # fmt: skip
    if row["low"] > 1:
        return say(
            "the model saves cells: this order drills {factor} times as many to a discovery "
            "({low} to {high}, p {p})",
            **numbers,
        )
    if row["high"] < 1:
        return say(
            "the model costs cells: this order drills {factor} times as many to a discovery "
            "({low} to {high}, p {p})",
            **numbers,
        )
    return say(
        "the model saves none for certain: this order drills {factor} times as many to a "
        "discovery ({low} to {high}, p {p})",
        **numbers,
    )
