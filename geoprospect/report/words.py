"""What validation found, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoprospect.language import counted, say

MAIN = "spatial_blocks"
CONTRAST = "random"
MUCH = 0.25
"""Share of a target's data whose lack is told on the first page."""


def main_protocol(validation: Mapping[str, Any]) -> dict[str, Any]:
    """The protocol to believe: spatial blocks, or the first where there are none."""
    protocols: Mapping[str, Any] = validation["protocols"]
    return dict(protocols.get(MAIN) or next(iter(protocols.values())))


def verdict(protocol: Mapping[str, Any]) -> str:
    """How much better than chance a map ranks ground that it has not seen."""
    mean, worst = protocol["auc"]["mean"], protocol["auc"]["worst"]
    told = (
        say("hardly better than a random choice")
        if mean < 0.6
        else say("somewhat better than a random choice")
        if mean < 0.7
        else say("clearly better than a random choice")
        if mean < 0.8
        else say("much better than a random choice")
    )
    if worst < 0.5 <= mean:
        return say(
            "{told} on average, though worse than one in at least one piece of ground", told=told
        )
    return told


def gap(validation: Mapping[str, Any]) -> str:
    """What the distance between spatial and random folds says; empty without both."""
    protocols = validation["protocols"]
    if MAIN not in protocols or CONTRAST not in protocols:
        return ""
    spatial, random = (protocols[name]["auc"]["mean"] for name in (MAIN, CONTRAST))
    found = say(
        "Random folds score {random:.2f}, spatial blocks {spatial:.2f}: a gap of {gap:.2f}. ",
        random=random, spatial=spatial, gap=abs(random - spatial),
    )  # fmt: skip
    if random - spatial >= 0.05:
        return found + say(
            "Random folds leave the neighbours of a test deposit in training, so the "
            "difference is what nearness alone gives. Believe the spatial blocks."
        )
    return found + say("The score hardly rests on deposits lying next to one another.")


def shares(protocol: Mapping[str, Any]) -> list[tuple[int, float]]:
    """Best shares of the area [%] and the shares of deposits inside, smallest first."""
    captured = protocol.get("capture") or {}
    return sorted((int(key), _mean(value)) for key, value in captured.items())


def tilings(protocol: Mapping[str, Any]) -> str:
    """How much the score depends on where blocks lie; empty where they lie one way."""
    if "tilings" not in protocol:
        return ""
    means = [tiling["auc"]["mean"] for tiling in protocol["tilings"]]
    return say(
        "Blocks were laid in {count} tilings, shifted at random. Their mean AUC runs from "
        "{low:.2f} to {high:.2f} (standard deviation between tilings {sd:.3f}): that much is "
        "owed to where the borders of blocks fall. Scores are over the folds of all of them; "
        "tiling 0 is judged on every cell, the others on cells drawn evenly over the area.",
        count=len(means), low=min(means), high=max(means),
        sd=protocol["auc"]["sd_between_tilings"],
    )  # fmt: skip


def on_the_map(protocol: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The folds that out_of_fold.tif shows: all, or those of the first tiling."""
    return [fold for fold in protocol["folds"] if not fold.get("tiling")]


def weak_folds(validation: Mapping[str, Any]) -> list[str]:
    """Sentences about folds that did badly or were not tested."""
    folds = main_protocol(validation).get("folds", [])
    few = say("few")
    told = [
        say(
            "In fold {fold} the map ranked unseen deposits no better than chance "
            "(AUC {auc:.2f}, {deposits} deposits).",
            fold=_called(fold),
            auc=fold["auc"],
            deposits=fold.get("deposits", few),
        )
        for fold in folds
        if fold.get("auc") is not None and fold["auc"] < 0.55
    ]
    empty = [_called(fold) for fold in folds if fold.get("auc") is None]
    if empty:
        told.append(
            say(
                "No known deposit lies in fold {folds}, so the map is untested there.",
                folds=say(", ").join(empty),
            )
        )
    return told


def first_doubts(validation: Mapping[str, Any], targets: Any) -> list[str]:
    """What a first page must not leave out: the weakest ground, known finds, gaps."""
    auc = main_protocol(validation)["auc"]
    told = [
        say(
            "On its worst piece of ground the map scored {worst:.2f}, on average {mean:.2f}: "
            "new ground may be like the worst.", worst=auc["worst"], mean=auc["mean"],
        ),
        *weak_folds(validation)[:2],
    ]  # fmt: skip
    held = int((targets["nearest_deposit_m"] == 0).sum())
    if held:
        told.append(
            counted(
                "{count} of {all} targets holds a known deposit: it confirms the map, no more.",
                "{count} of {all} targets hold known deposits: they confirm the map, no more.",
                held, all=len(targets),
            )
        )  # fmt: skip
    gaps = int((targets["missing_share"] > MUCH).sum())
    if gaps:
        told.append(
            counted(
                "{count} target lacks more than a quarter of its data.",
                "{count} targets lack more than a quarter of their data.", gaps,
            )
        )  # fmt: skip
    return [*told, say("Ground where nobody has looked may score low for that reason alone.")]


def digests(source: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The files of an input with the beginning of their SHA-256."""
    files, known = source.get("files") or [], source.get("sha256")
    if isinstance(known, Mapping):
        return [(str(name), str(known.get(name, ""))[:12]) for name in files]
    if isinstance(known, str):
        return [(", ".join(str(name) for name in files), known[:12])]
    return [
        (str(name), str(digest)[:12])
        for name, digest in zip(files, known or [""] * len(files), strict=True)
    ]


def _called(fold: Mapping[str, Any]) -> str:
    """A fold's number, with that of its tiling where there are several."""
    if "tiling" not in fold:
        return f"{fold['fold']}"
    return say("{fold} of tiling {tiling}", fold=fold["fold"], tiling=fold["tiling"])


def _mean(value: Any) -> float:
    return float(value["mean"] if isinstance(value, Mapping) else value)
