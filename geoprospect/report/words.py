"""What validation found, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAIN = "spatial_blocks"
CONTRAST = "random"


def main_protocol(validation: Mapping[str, Any]) -> dict[str, Any]:
    """The protocol to believe: spatial blocks, or the first where there are none."""
    protocols: Mapping[str, Any] = validation["protocols"]
    return dict(protocols.get(MAIN) or next(iter(protocols.values())))


def verdict(protocol: Mapping[str, Any]) -> str:
    """How much better than chance a map ranks ground that it has not seen."""
    mean, worst = protocol["auc"]["mean"], protocol["auc"]["worst"]
    told = (
        "hardly better than a random choice"
        if mean < 0.6
        else "somewhat better than a random choice"
        if mean < 0.7
        else "clearly better than a random choice"
        if mean < 0.8
        else "much better than a random choice"
    )
    if worst < 0.5 <= mean:
        return f"{told} on average, though worse than one in at least one piece of ground"
    return told


def gap(validation: Mapping[str, Any]) -> str:
    """What the distance between spatial and random folds says; empty without both."""
    protocols = validation["protocols"]
    if MAIN not in protocols or CONTRAST not in protocols:
        return ""
    spatial, random = (protocols[name]["auc"]["mean"] for name in (MAIN, CONTRAST))
    found = (
        f"Random folds score {random:.2f}, spatial blocks {spatial:.2f}: "
        f"a gap of {abs(random - spatial):.2f}. "
    )
    if random - spatial >= 0.05:
        return (
            f"{found}Random folds leave the neighbours of a test deposit in training, so the "
            "difference is what nearness alone gives. Believe the spatial blocks."
        )
    return f"{found}The score hardly rests on deposits lying next to one another."


def shares(protocol: Mapping[str, Any]) -> list[tuple[int, float]]:
    """Best shares of the area [%] and the shares of deposits inside, smallest first."""
    captured = protocol.get("capture") or {}
    return sorted((int(key), _mean(value)) for key, value in captured.items())


def tilings(protocol: Mapping[str, Any]) -> str:
    """How much the score depends on where blocks lie; empty where they lie one way."""
    if "tilings" not in protocol:
        return ""
    means = [tiling["auc"]["mean"] for tiling in protocol["tilings"]]
    return (
        f"Blocks were laid in {len(means)} tilings, shifted at random. Their mean AUC runs from "
        f"{min(means):.2f} to {max(means):.2f} (standard deviation between tilings "
        f"{protocol['auc']['sd_between_tilings']:.3f}): that much is owed to where the borders "
        "of blocks fall. Scores are over the folds of all of them; tiling 0 is judged on every "
        "cell, the others on cells drawn evenly over the area."
    )


def on_the_map(protocol: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The folds that out_of_fold.tif shows: all, or those of the first tiling."""
    return [fold for fold in protocol["folds"] if not fold.get("tiling")]


def weak_folds(validation: Mapping[str, Any]) -> list[str]:
    """Sentences about folds that did badly or were not tested."""
    folds = main_protocol(validation).get("folds", [])
    told = [
        f"In fold {_called(fold)} the map ranked unseen deposits no better than chance "
        f"(AUC {fold['auc']:.2f}, {fold.get('deposits', 'few')} deposits)."
        for fold in folds
        if fold.get("auc") is not None and fold["auc"] < 0.55
    ]
    empty = [_called(fold) for fold in folds if fold.get("auc") is None]
    if empty:
        told.append(
            f"No known deposit lies in fold {', '.join(empty)}, so the map is untested there."
        )
    return told


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
    return f"{fold['fold']} of tiling {fold['tiling']}" if "tiling" in fold else f"{fold['fold']}"


def _mean(value: Any) -> float:
    return float(value["mean"] if isinstance(value, Mapping) else value)
