"""Layers that know the answer: by their name, by their values, by the way data were gathered."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from geoprospect.kernels.nearness import nearest
from geoprospect.language import kept, marked, say
from geoprospect.models import quick
from geoprospect.models.bench import Bench, auc
from geoprospect.models.validate import Rows

log = logging.getLogger("geoprospect.models")

TOO_GOOD = 0.98
"""No single layer of honest evidence parts deposits from background so well [AUC]."""
TOO_NEAR = 0.9
"""Rank correlation with the distance to deposits at which a layer is that distance, made over."""
FEWEST = 5
"""Deposits and background cells that a layer must be known at to be judged by its values."""
TELLS = 0.7
"""AUC from which layers about the data tell ground with deposits from other ground."""
PARTS = 5
"""Parts in which blocks of ground are held out to see what data quality tells."""

NAMES = re.compile(
    r"\b(ore ?bod(y|ies)|(ore|mineral) deposits?|deposits?|occurrences?|prospects?|mines?|mining"
    r"|workings?|minfiles?|mrds|showings?|reserves?|resources?|tonnages?|ore grades?)\b"
    r"|矿床|矿点|矿产地|矿山|矿区|矿化点|采矿|探矿权|采矿权|矿体|品位|储量",
    re.IGNORECASE,
)
"""What layers are called that are made from the answer."""
SURFICIAL = re.compile(
    r"\b(alluvial|colluvial|eluvial|glacial|glaci\w+|fluvial|aeolian|eolian|lacustrine|marine"
    r"|surficial|superficial|quaternary|volcaniclastic|pyroclastic|terrace|till|loess)\s+deposits?\b",
    re.IGNORECASE,
)
"""Deposits that are no ore."""


def leaks(bench: Bench) -> list[dict[str, Any]]:
    """
    Layers that seem to know where the deposits are, each with why.

    A map of distance to mines finds mines perfectly and nothing else. Such a layer is
    looked for by its name, by parting deposits from background all alone, by being known
    just where deposits are, and by running with the distance to the nearest deposit
    over the study area [1]_.

    Parameters
    ----------
    bench : Bench

    Returns
    -------
    list of dict
        ``layer``, ``kind`` ("name", "alone", "gaps", "distance"), ``value`` (AUC or rank
        correlation [1], the word found for "name"), ``words`` and ``alarming``; ready for
        JSON. Also said.

    References
    ----------
    .. [1] Kaufman, S., Rosset, S., Perlich, C., Stitelman, O. (2012). Leakage in data
       mining: formulation, detection, and avoidance. ACM Transactions on Knowledge
       Discovery from Data 6, 15.
    """
    found = [*_by_name(bench), *_by_values(bench), *_by_distance(bench)]
    for leak in found:
        log.warning("%s", leak["words"])
    return found


def quality_tells(
    bench: Bench,
    names: Sequence[str],
    rows: Rows,
    blocks: npt.NDArray[np.int64],
    *,
    categorical: Sequence[str] = (),
    seed: int,
) -> dict[str, Any]:
    """
    How well layers about the data tell blocks of ground with deposits from the rest [1].

    Where deposits are known, lines are flown closer and sheets are newer. If the way data
    were gathered tells where deposits are, evidence may tell it for the same reason [1]_.

    Parameters
    ----------
    bench : Bench
    names : sequence of str
        Ids of the layers about the data.
    rows : (cells, names) float32
        Their values at the bench's cells, NaN where unknown.
    blocks : (cells,)
        Number of the block of ground around each cell; below 0 in none. Blocks are held
        out whole, five parts of them in turn.
    categorical : sequence of str
        Those of the layers that hold classes.
    seed : int
        The same seed gives the same parts.

    Returns
    -------
    dict
        ``layers``, ``auc`` (mean over parts, None where too few blocks tell), ``words`` and
        ``alarming`` (from 0.7); ready for JSON.

    References
    ----------
    .. [1] Pan, J., Pham, V., Dorairaj, M., Chen, H., Lee, J.-Y. (2020). Adversarial
       validation approach to concept drift problem in user targeting automation systems.
       arXiv:2004.03045.
    """
    scores = list(_held_out(bench, names, rows, blocks, categorical, seed))
    value = float(np.mean(scores)) if scores else None
    told = {"layers": list(names), "auc": value}
    if value is None:
        return told | kept(_too_few) | {"alarming": False}
    return told | kept(lambda: _tells(names, value)) | {"alarming": value >= TELLS}


def _too_few() -> str:
    return say(
        "too few blocks of ground, with and without deposits, to say whether the way data were "
        "gathered tells where deposits are"
    )


def _tells(names: Sequence[str], value: float) -> str:
    verdict = (
        say("evidence may tell where deposits are for the same reason")
        if value >= TELLS
        else say("that is too little to matter")
    )
    return say(
        "the way data were gathered ({names}) tells ground with deposits from other ground with "
        "AUC {value:.2f}: {verdict}", names=", ".join(names), value=value, verdict=verdict,
    )  # fmt: skip


def suspicious(text: str) -> str | None:
    """The word by which a layer's name says that it is made from known deposits, if any."""
    found = NAMES.search(SURFICIAL.sub(" ", text.replace("_", " ")))
    return found.group(0) if found else None


def alone(values: npt.NDArray[Any], labels: npt.NDArray[Any], *, classes: bool) -> float:
    """
    AUC of one layer by itself, whichever way round [1]; NaN where it is hardly known.

    Classes are ranked by their share of deposits among every other sample, judged on those
    between, and the other way round: a class with a single deposit proves nothing.
    """
    known = ~np.isnan(values)
    if min((labels[known] == 1).sum(), (labels[known] == 0).sum()) < FEWEST:
        return float("nan")
    if classes:
        return _classes_alone(values[known], labels[known])
    value = auc(values[known], labels[known])
    return max(value, 1 - value)


def _classes_alone(values: npt.NDArray[Any], labels: npt.NDArray[Any]) -> float:
    """Mean AUC of two halves, each by the other's share of deposits in each class."""
    _, of = np.unique(values, return_inverse=True)
    halves = np.arange(len(of)) % 2
    found = []
    for half in (0, 1):
        taught, held = halves != half, halves == half
        deposits = np.bincount(of[taught], labels[taught] == 1, minlength=of.max() + 1)
        count = np.bincount(of[taught], minlength=of.max() + 1)
        share = labels[taught].mean()  # of a class that this half has not seen
        found.append(auc(((deposits + share) / (count + 1))[of[held]], labels[held]))
    return float(np.mean(found))


def _by_name(bench: Bench) -> Iterator[dict[str, Any]]:
    for layer in bench.layers:
        word = suspicious(f"{layer} {bench.long_names.get(layer, '')}")
        if word:
            message = marked(
                "{layer} is called after {value!r}: if it is made from known deposits or mines it "
                "knows the answer; leave it out"
            )
            yield _leak(bench, layer, "name", word, message)


def _by_values(bench: Bench) -> Iterator[dict[str, Any]]:
    for layer, values in zip(bench.layers, bench.rows.T, strict=True):
        value = alone(values, bench.labels, classes=layer in bench.categorical)
        if value > TOO_GOOD:
            message = marked(
                "{layer} alone parts deposits from background with AUC {value:.3f}: no honest "
                "evidence does; see what it is made from"
            )
            yield _leak(bench, layer, "alone", value, message)
        gaps = auc((~np.isnan(values)).astype(float), bench.labels)
        if max(gaps, 1 - gaps) > TOO_GOOD:
            message = marked(
                "where {layer} is known at all tells deposits from background with AUC "
                "{value:.3f}; see why it is missing where it is"
            )
            yield _leak(bench, layer, "gaps", max(gaps, 1 - gaps), message)


def _by_distance(bench: Bench) -> Iterator[dict[str, Any]]:
    deposits = bench.samples[bench.labels == 1].geometry.get_coordinates().to_numpy()
    away = nearest(deposits, bench.cells.geometry.get_coordinates().to_numpy())
    for layer, values in zip(bench.layers, bench.area_rows.T, strict=True):
        known = ~np.isnan(values)
        if layer in bench.categorical or known.sum() < 30 or not quick.varies(values):
            continue
        value = float(stats.spearmanr(values[known], away[known]).statistic)
        if abs(value) > TOO_NEAR:
            message = marked(
                "{layer} runs with the distance to the nearest deposit over the study area (rank "
                "correlation {value:.2f}): it seems to be made from the deposits"
            )
            yield _leak(bench, layer, "distance", value, message)


def _leak(bench: Bench, layer: str, kind: str, value: float | str, message: str) -> dict[str, Any]:
    words = kept(lambda: say(message, layer=bench.called(layer), value=value))
    return {"layer": layer, "kind": kind, "value": value, **words, "alarming": True}


def _held_out(
    bench: Bench,
    names: Sequence[str],
    rows: Rows,
    blocks: npt.NDArray[np.int64],
    categorical: Sequence[str],
    seed: int,
) -> Iterator[float]:
    """AUC of each part of the blocks by a model of the others."""
    holding = _holding(bench, blocks)
    inside = (blocks >= 0) & ~np.isnan(rows).all(axis=1)
    labels = np.isin(blocks, holding).astype(np.int64)
    generator = np.random.default_rng(seed)
    part_of = np.zeros(int(blocks.max(initial=0)) + 1, np.int64)
    for kind in (0, 1):  # blocks with and without deposits are shared out apart
        mine = generator.permutation(np.unique(blocks[inside & (labels == kind)]))
        part_of[mine] = np.arange(len(mine)) % PARTS
    parts = np.where(inside, part_of[np.maximum(blocks, 0)], -1)
    fit = quick.trees(names, categorical=categorical, seed=seed)
    for part in range(PARTS):
        taught, held = inside & (parts != part), inside & (parts == part)
        if len(np.unique(labels[held])) < 2 or len(np.unique(labels[taught])) < 2:
            continue
        model = fit(rows[taught], labels[taught], blocks[taught])
        yield auc(model.scores(rows[held])[0], labels[held])


def _holding(bench: Bench, blocks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers of the blocks with a deposit: each deposit's is that of the cell nearest to it."""
    from scipy.spatial import KDTree

    cells = bench.cells.geometry.get_coordinates().to_numpy()
    deposits = bench.samples[bench.labels == 1].geometry.get_coordinates().to_numpy()
    return np.unique(blocks[KDTree(cells).query(deposits)[1]])
