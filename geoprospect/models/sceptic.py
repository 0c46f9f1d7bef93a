"""Every reason to doubt a model, tried at one go and told in plain words."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect.language import kept, marked, say
from geoprospect.models import leakage, nulls, permutation, shifts
from geoprospect.models.bench import Bench
from geoprospect.models.nulls import AS_GOOD, BEATEN, CHANCE, UNCLEAR, WITHIN
from geoprospect.models.validate import Fit, Rows

PROTOCOLS = {
    "spatial_blocks": marked("on ground held out in blocks"),
    "random": marked("in random folds"),
}
"""Protocols in a sentence; others by their own names."""


def scan(
    bench: Bench,
    fit: Fit,
    full: Mapping[str, Mapping[str, Any]],
    *,
    out_of_fold: xr.Dataset | None = None,
    effort: tuple[Sequence[str], Rows, Rows] | None = None,
    quality: tuple[Sequence[str], Rows, Sequence[str]] | None = None,
    blocks_of_cells: npt.NDArray[np.int64] | None = None,
    permutations: int = 99,
    shifted: int = 99,
    seed: int,
) -> dict[str, Any]:
    """
    Every null model and every look for leaks, with the verdicts in plain words.

    Parameters
    ----------
    bench : Bench
    fit : function of (rows, labels, groups)
        What labels are shuffled under, by the hundred: :func:`quick.trees`, or the model
        itself where time allows.
    full : mapping of protocol to its scores
    out_of_fold : Dataset (score, fold), optional
        Each cell's score from the models that did not see it; without it no deposits are
        shifted.
    effort : (names, rows of samples, rows of cells), optional
    quality : (names, rows (cells, names), names of those with classes), optional
        Layers about the data at the bench's cells: survey, line spacing, map sheet.
    blocks_of_cells : (cells,), optional
        Number of the block of ground around each of the bench's cells, for *quality*.
    permutations, shifted : int
        How many; 0 for none.
    seed : int

    Returns
    -------
    dict
        ``models``, ``shift``, ``permutation``, ``leaks``, ``quality`` (None where not tried)
        and ``verdicts``, a list of ``text``, ``said`` (the same by language) and ``alarming``;
        ready for JSON.
    """
    protocol = _main(bench)
    found: dict[str, Any] = {
        "models": nulls.null_models(bench, full, effort=effort, seed=seed),
        "shift": shifts.shifted(out_of_fold, bench.samples, count=shifted, seed=seed)
        if out_of_fold is not None and shifted
        else None,
        "permutation": permutation.permuted(bench, fit, protocol, count=permutations, seed=seed)
        if permutations
        else None,
        "leaks": leakage.leaks(bench),
        "quality": leakage.quality_tells(
            bench, *quality[:2], blocks_of_cells, categorical=quality[2], seed=seed
        )
        if quality is not None and blocks_of_cells is not None
        else None,
    }
    return found | {"verdicts": verdicts(found)}


def verdicts(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was found, in sentences; ``alarming`` says whether it speaks against the model."""
    sentences = [
        (
            kept(functools.partial(_sentence, null["knows"], protocol, told)),
            told["verdict"] != BEATEN,
        )
        for null in found["models"].values()
        for protocol, told in null["protocols"].items()
    ]
    sentences += [
        (told, told["alarming"])
        for told in (found["shift"], found["permutation"], *found["leaks"], found["quality"])
        if told is not None
    ]
    return [
        {"text": _begun(told["words"]), "alarming": bool(alarm),
         "said": {language: _begun(text) for language, text in told["said"].items()}}
        for told, alarm in sentences
    ]  # fmt: skip


def _begun(text: str) -> str:
    """As the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def _main(bench: Bench) -> str:
    """The protocol to shuffle labels under: one that holds out ground, if there is one."""
    held = [name for name, parted in bench.folds.items() if parted.blocks is not None]
    return (held or list(bench.folds))[0]


def _sentence(knows: str, protocol: str, told: Mapping[str, Any]) -> str:
    where = (
        say(PROTOCOLS[protocol]) if protocol in PROTOCOLS else say("under {name}", name=protocol)
    )
    reads = say(
        "{knows} scores {auc:.2f} {where}, where this one scores {full:.2f}",
        knows=say(knows), auc=told["auc"], where=where, full=told["full"],
    )  # fmt: skip
    if told["full"] <= CHANCE + WITHIN:
        return say("{reads}: this one does no better than chance", reads=reads)
    if told["verdict"] == AS_GOOD:
        return say("{reads}: it does as well as this one", reads=reads)
    if told["verdict"] == UNCLEAR:
        return say(
            "{reads}: the folds scatter too much to say that this one knows more", reads=reads
        )
    return say("{reads}: this one knows more", reads=reads)
