"""What each layer is worth on ground that the model has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from geoprospect import contract
from geoprospect.errors import DataError
from geoprospect.models import leakage, selection, validate
from geoprospect.models.bench import Bench, auc
from geoprospect.models.selection import Fits
from geoprospect.models.validate import Rows

Table = npt.NDArray[np.float64]


def importance(
    bench: Bench,
    fits: Fits,
    protocol: str,
    *,
    drop_one: bool = True,
    repeats: int = 5,
    like: float = selection.LIKE,
    needed: Sequence[str] = (),
    seed: int,
) -> dict[str, Any]:
    """
    Loss of AUC on held-out ground without each layer [1], fold by fold.

    Two questions: what if the layer's values were mixed up among the cells of ground the
    model has not seen (permutation [1]_), and what if the model had never had it (drop-one,
    refitted in every fold). Of two layers that say the same neither is missed alone, so
    groups of like layers are mixed up together as well.

    Parameters
    ----------
    bench : Bench
    fits : function of layers
        What makes a fit for some of the layers.
    protocol : str
        One of the bench's, best one that holds out ground.
    drop_one : bool
        Whether to refit without each layer: as many fits as layers, times the folds.
    repeats : int
        Mixings of each layer, averaged.
    like : float
        Size of Spearman's correlation from which layers form a group [1].
    needed : sequence of str
        Layers that the model's own settings name: it cannot be fitted without them, so
        they are not dropped.
    seed : int
        The same seed mixes alike.

    Returns
    -------
    dict
        ``auc`` (mean over folds), ``layers`` (one record each, most important first:
        ``layer``, ``permuted``, ``permuted_sd`` over folds, ``helps`` = share of folds in
        which mixing it up costs something, ``dropped``, ``dropped_sd`` or None, ``alone`` =
        AUC by itself at the samples, ``vif``, ``group``), ``groups`` (of two or more:
        ``layers``, ``permuted``, ``permuted_sd``), ``agreement`` (mean rank correlation of
        the folds' orders, None for fewer than two folds or layers); ready for JSON.
        ``dropped`` is None also of layers that are *needed*.

    Raises
    ------
    DataError
        If no fold holds a deposit.
    ValueError
        If *repeats* is less than 1.

    References
    ----------
    .. [1] Fisher, A., Rudin, C., Dominici, F. (2019). All models are wrong, but many are
       useful: learning a variable's importance by studying an entire class of prediction
       models simultaneously. Journal of Machine Learning Research 20, 177.
    """
    check(repeats)
    groups = selection.clusters(
        bench.area_rows, bench.layers, categorical=bench.categorical, like=like
    )
    grounds = list(_held_out(bench, protocol))
    if not grounds:
        raise DataError("no fold holds a deposit, so nothing can be validated")
    whole = _fitted(bench, fits, protocol, bench.layers)
    base = np.array([_auc(whole[fold], rows, labels) for fold, rows, labels in grounds])
    parts = [[name] for name in bench.layers] + [group for group in groups if len(group) > 1]
    permuted = _permuted(bench.layers, whole, grounds, parts, repeats, seed)
    losses = base[:, None] - permuted
    dropped = (
        base[:, None] - _dropped(bench, fits, protocol, grounds, set(needed)) if drop_one else None
    )
    return _told(bench, base, losses, dropped, groups, parts)


def check(repeats: int) -> None:
    """Raise a ValueError unless layers are mixed up once or more."""
    if repeats < 1:
        raise ValueError(f"repeats must be 1 or more, got {repeats}")


Ground = tuple[int, Rows, npt.NDArray[np.int64]]
"""A fold, its held-out deposits and cells, and which of them are deposits."""


def _held_out(bench: Bench, protocol: str) -> Iterator[Ground]:
    """Each fold that holds a deposit and other ground."""
    folds, of_cells = bench.folds[protocol], bench.of_cells[protocol]
    known = ~np.isnan(bench.rows).all(axis=1) & (bench.labels == 1)
    ground = ~np.isnan(bench.area_rows).all(axis=1)
    for fold in range(len(folds.training)):
        mine = bench.rows[known & (folds.of_samples == fold)]
        theirs = bench.area_rows[ground if of_cells is None else ground & (of_cells == fold)]
        if len(mine) and len(theirs):
            labels = np.repeat([1, 0], [len(mine), len(theirs)])
            yield fold, np.concatenate([mine, theirs]), labels


def _fitted(
    bench: Bench, fits: Fits, protocol: str, layers: Sequence[str]
) -> dict[int, contract.Ensemble]:
    columns = [list(bench.layers).index(name) for name in layers]
    return validate.cross_validated(
        bench.rows[:, columns], bench.samples, bench.folds[protocol], fits(layers)
    )


def _auc(ensemble: contract.Ensemble, rows: Rows, labels: npt.NDArray[Any]) -> float:
    return auc(ensemble.scores(rows).mean(axis=0), labels)


def _permuted(
    layers: Sequence[str],
    whole: Mapping[int, contract.Ensemble],
    grounds: Sequence[Ground],
    parts: Sequence[Sequence[str]],
    repeats: int,
    seed: int,
) -> Table:
    """Mean AUC of each fold with some layers mixed up together: (folds, parts)."""
    generator = np.random.default_rng(seed)
    found = np.zeros((len(grounds), len(parts)))
    for place, (fold, rows, labels) in enumerate(grounds):
        for number, names in enumerate(parts):
            columns = [list(layers).index(name) for name in names]
            for _ in range(repeats):
                mixed = rows.copy()
                mixed[:, columns] = rows[generator.permutation(len(rows))][:, columns]
                found[place, number] += _auc(whole[fold], mixed, labels) / repeats
    return found


def _dropped(
    bench: Bench, fits: Fits, protocol: str, grounds: Sequence[Ground], needed: set[str]
) -> Table:
    """AUC of each fold by models that never had a layer: (folds, layers); NaN if needed."""
    found = np.full((len(grounds), len(bench.layers)), 0.5)  # without any layer: chance
    if len(bench.layers) == 1:
        return found
    for number, name in enumerate(bench.layers):
        if name in needed:
            found[:, number] = np.nan
            continue
        others = [other for other in bench.layers if other != name]
        ensembles = _fitted(bench, fits, protocol, others)
        for place, (fold, rows, labels) in enumerate(grounds):
            without = np.delete(rows, number, axis=1)
            found[place, number] = _auc(ensembles[fold], without, labels)
    return found


def _told(
    bench: Bench,
    base: Table,
    losses: Table,
    dropped: Table | None,
    groups: Sequence[Sequence[str]],
    parts: Sequence[Sequence[str]],
) -> dict[str, Any]:
    count = len(bench.layers)
    vif = selection.inflation(bench.area_rows, bench.layers, categorical=bench.categorical)
    alone = [
        leakage.alone(values, bench.labels, classes=name in bench.categorical)
        for name, values in zip(bench.layers, bench.rows.T, strict=True)
    ]
    records = [
        {
            "layer": name,
            "permuted": float(losses[:, i].mean()),
            "permuted_sd": _sd(losses[:, i]),
            "helps": float((losses[:, i] > 0).mean()),
            "dropped": None if dropped is None else _known(dropped[:, i].mean()),
            "dropped_sd": None if dropped is None else _known(_sd(dropped[:, i])),
            "alone": None if np.isnan(alone[i]) else alone[i],
            "vif": vif[name],
            "group": next(n for n, group in enumerate(groups) if name in group),
        }
        for i, name in enumerate(bench.layers)
    ]
    return {
        "auc": float(base.mean()),
        "layers": sorted(records, key=lambda record: (-record["permuted"], record["layer"])),
        "groups": [
            {
                "layers": list(names),
                "permuted": float(losses[:, count + n].mean()),
                "permuted_sd": _sd(losses[:, count + n]),
            }
            for n, names in enumerate(parts[count:])
        ],
        "agreement": _agreement(losses[:, :count]),
    }


def _known(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def _sd(values: Table) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None


def _agreement(losses: Table) -> float | None:
    """Mean Spearman correlation between the folds' losses; folds that lose nothing count as 0."""
    if min(losses.shape) < 2:
        return None
    ranks = np.stack([stats.rankdata(fold) for fold in losses])
    ranks -= ranks.mean(axis=1, keepdims=True)
    sizes = np.sqrt((ranks**2).sum(axis=1))
    ranks /= np.where(sizes > 0, sizes, 1)[:, None]
    pairs = np.triu_indices(len(ranks), 1)
    return float((ranks @ ranks.T)[pairs].mean())
