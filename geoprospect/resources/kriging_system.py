"""The system of a kriging: samples and points checked, searched and solved in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from geoprospect import lazy
from geoprospect.blocks import BlockGrid, Three
from geoprospect.errors import ContractError, DataError, listing
from geoprospect.kernels import block_kriging as kernel
from geoprospect.kernels.structures import (
    COINCIDING,
    Coded,
    Nested,
    block_variance,
    discretised,
)
from geoprospect.lazy.progress import tell
from geoprospect.resources.graded import graded
from geoprospect.resources.search import Search

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Kind = Literal["ordinary", "simple"]

AT_ONCE = 8192
"""Places worked on together; candidates of no more are held at one time by a thread."""
NAMED = 5
"""Pairs of samples that a message names."""


class Weights(NamedTuple):
    """
    Samples and weights of each place, both (places, most).

    ``neighbours`` are rows of the samples, counted from 0, and -1 where there are no more.
    A weight is 0 there; all are NaN where a place has no estimate. An ordinary estimate is
    the sum of weights times grades, so that many realisations share one set of weights.
    """

    neighbours: Index
    weights: Values


class System(NamedTuple):
    """All that chunks of places have in common."""

    tree: cKDTree
    grades: Values
    ground: kernel.Ground
    places: Values
    matrix: Values
    points: Values
    model: Coded
    search: Search
    block: float
    mean: float
    rows: Index
    keep: bool


def system(
    samples: pd.DataFrame,
    places: Values | BlockGrid,
    grade: str,
    variogram: Nested,
    search: Search,
    kind: Kind,
    mean: float | None,
    block_size: Three | None,
    discretisation: tuple[int, int, int],
    *,
    keep: bool,
) -> System:
    """All that is the same for every place, once what was given is found to fit."""
    if (kind == "simple") == (mean is None):
        raise ContractError(
            "simple kriging needs mean, that of the declustered grades" if kind == "simple"
            else "ordinary kriging finds its means itself; leave mean out, or ask for kind simple"
        )  # fmt: skip
    rows = graded(samples, grade)
    at = samples[["x", "y", "z"]].to_numpy(np.float64)[rows]
    _apart(samples, at, rows)
    offsets = _through(places, block_size, discretisation)
    model, matrix = variogram.coded, search.matrix(variogram)
    grades = samples[grade].to_numpy(np.float64)[rows]
    ground = kernel.Ground(
        at,
        at @ matrix.T,
        np.ascontiguousarray(np.einsum("sij,nj->sni", model.matrices, at)),
        grades,
        pd.factorize(samples["hole"])[0][rows].astype(np.int64),
    )
    return System(
        cKDTree(ground.searched),
        grades,
        ground,
        _places(places),
        matrix,
        np.ascontiguousarray(np.einsum("sij,nj->sni", model.matrices, offsets)),
        model,
        search,
        variogram.sill if len(offsets) == 1 else block_variance(variogram, offsets),
        np.nan if mean is None else float(mean),
        rows,
        keep,
    )


def _apart(samples: pd.DataFrame, at: Values, rows: Index) -> None:
    """Two samples at one place have one likeness to all others: no weights tell them apart."""
    pairs = cKDTree(at).query_pairs(COINCIDING, output_type="ndarray")
    if not len(pairs):
        return
    both = np.sort(rows[pairs], axis=1)
    both = both[np.lexsort(both.T[::-1])]
    holes = samples["hole"].to_numpy()
    named = [
        f"rows {one} and {other} (holes {holes[one]} and {holes[other]}) at "
        + ", ".join(f"{part:g}" for part in samples[["x", "y", "z"]].to_numpy(float)[one])
        for one, other in both[:NAMED]
    ]
    if len(both) > NAMED:
        named.append(f"and {len(both) - NAMED} more")
    raise DataError(
        listing(
            f"{len(both)} pairs of samples lie at one place, which makes kriging singular; keep "
            "one of each, or their mean:",
            named,
        )
    )


def _through(
    places: Values | BlockGrid, size: Three | None, counts: tuple[int, int, int]
) -> Values:
    """Points through a block, from its middle; one where places are points."""
    if isinstance(places, BlockGrid):
        if size is not None:
            raise ContractError("a grid has blocks of its own size; leave block_size out")
        turned = places.from_axes(_checked(places.size, counts))
        return np.asarray(turned - np.asarray(places.origin))
    return np.zeros((1, 3)) if size is None else _checked(size, counts)


def _checked(size: Three, counts: tuple[int, int, int]) -> Values:
    if not all(one > 0 for one in size):
        raise ContractError(f"a block's size must be positive along x, y and z, got {size} m")
    if not all(one >= 1 for one in counts) or np.prod(counts) < 2:
        raise ContractError(
            f"a block needs 1 point or more along each axis and 2 in all, got {counts}"
        )
    return discretised(np.asarray(size, np.float64), counts)


def _places(places: Values | BlockGrid) -> Values:
    at = places.centres() if isinstance(places, BlockGrid) else np.asarray(places, np.float64)
    if at.ndim != 2 or at.shape[1] != 3 or not np.isfinite(at).all():
        raise ContractError(f"places must be (n, 3), all known, got {at.shape}"
                            f" with {int((~np.isfinite(at)).sum())} unknown")  # fmt: skip
    return np.ascontiguousarray(at)


def solved(work: System) -> Iterator[tuple[Values, Weights]]:
    """What is found for chunks of places, in order, worked on by as many threads as there are."""
    starts = range(0, max(len(work.places), 1), AT_ONCE)
    progress = lazy.Progress("cells", len(work.places))
    with ThreadPoolExecutor(lazy.workers()) as pool:
        for made in pool.map(
            lambda start: _chunk(work, work.places[start : start + AT_ONCE]), starts
        ):
            progress.done += len(made[0])
            if len(starts) > 1:
                tell(progress)
            yield made


def _chunk(work: System, places: Values) -> tuple[Values, Weights]:
    searched = places @ work.matrix.T
    shape = (len(places) if work.keep else 0, work.search.most)
    kept = Weights(np.full(shape, -1, np.int64), np.zeros(shape))
    found = np.empty((len(places), 11))
    left, count = np.arange(len(places)), min(work.search.candidates, len(work.rows))
    while len(left):
        some = Weights(kept.neighbours[left], kept.weights[left]) if work.keep else kept
        made = _with_candidates(work, places[left], searched[left], count, some)
        found[left] = made
        if work.keep:
            kept.neighbours[left], kept.weights[left] = some
        left = left[made[:, kernel.PASS] < 0]
        count = min(2 * count, len(work.rows))
    if work.keep:
        kept.neighbours[:] = np.where(kept.neighbours < 0, -1, work.rows[kept.neighbours])
        kept.weights[found[:, kernel.PASS] == 0] = np.nan
    return found, kept


def _with_candidates(
    work: System, places: Values, searched: Values, count: int, kept: Weights
) -> Values:
    """What the nearest *count* samples tell of each place; pass -1 where that takes more."""
    reach = np.nextafter(work.search.passes[-1], np.inf)
    away, near = work.tree.query(searched, k=list(range(1, count + 1)), distance_upper_bound=reach)
    found: Values = kernel.kriged(
        places, searched, near.astype(np.int64), away, work.ground, work.points, work.model,
        work.search.limits, work.block, work.mean, kept.neighbours, kept.weights,
    )  # fmt: skip
    return found
