"""
Leaves too deep for a table, worked out once for every way a tile's cells meet them.

Which conditions hold is a word for each; the cells whose words agree are alike. Their
contribution is the integral of ``leaves``, with the factors of its integrand at hand.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from geoprospect.kernels.trees import lanes
from geoprospect.kernels.trees.bundles import Batch
from geoprospect.kernels.trees.leaves import Leaves, quadrature
from geoprospect.kernels.trees.sums import Sums

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
ALL = ~np.uint64(0)


class Deep(NamedTuple):
    """
    Leaves without a table, ready to be worked out.

    A condition holds in the cells of its word, which is ``starts`` turned over above each
    of ``turns[turned[condition] : turned[condition + 1]]``. Where it holds it multiplies the
    integrand at the quadrature's nodes by ``met`` (conditions, nodes), else by ``unmet``;
    its layer gains ``gained`` (leaves, nodes, layers) for every unit of the integrand where
    it holds, else ``lost`` (nodes,). ``begun`` (leaves, nodes) is the integrand without
    conditions.
    """

    edges: Index
    layers: npt.NDArray[np.int32]
    starts: npt.NDArray[np.uint64]
    turned: Index
    turns: npt.NDArray[np.uint8]
    begun: Floats
    met: Floats
    unmet: Floats
    lost: Floats
    gained: Floats


def deep(leaves: Leaves, own: Index) -> Deep:
    """The leaves *own*, ready to be worked out."""
    sizes = leaves.edges[own + 1] - leaves.edges[own]
    edges = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    of = np.repeat(np.arange(len(own)), sizes)
    which = np.arange(len(of)) - edges[of]
    conditions = leaves.edges[own][of] + which
    bits = np.unpackbits(
        np.ascontiguousarray(leaves.inside[conditions]).view(np.uint8), axis=1, bitorder="little"
    ).reshape(len(conditions), 256)
    condition, turns = np.nonzero(bits[:, 1:] != bits[:, :-1])
    most = int(sizes.max(initial=1))
    nodes, weights = quadrature(most)
    shares = leaves.shares[conditions][:, None]
    unmet = (1 - nodes) * shares
    met = unmet + nodes
    gained = np.zeros((len(own), len(nodes), most))
    gained[of, :, which] = (1 - shares) / met
    return Deep(
        edges=edges,
        layers=leaves.layers[conditions],
        starts=np.where(bits[:, 0], ALL, np.uint64(0)),
        turned=np.searchsorted(condition, np.arange(len(conditions) + 1)),
        turns=turns.astype(np.uint8),
        begun=leaves.values[own][:, None] * weights,
        met=met,
        unmet=unmet,
        lost=-1 / (1 - nodes),
        gained=gained,
    )


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def add_deep(found: Deep, batch: Batch, units: Floats, sums: Sums) -> None:
    """Add what the leaves contribute, in whole *units* (layers,)."""
    most, width = found.gained.shape[2], sums.batch.size
    words, whole = np.empty(most, np.uint64), np.empty(most, sums.cells.dtype)
    integrand, gains = np.empty(found.lost.size), np.empty(most)
    for leaf in range(found.begun.shape[0]):
        first = found.edges[leaf]
        layers = found.layers[first : found.edges[leaf + 1]]
        for tile in range(batch.tiles):
            for j in range(layers.size):
                words[j] = _word(found, first + j, batch, tile)
            left = ALL
            while left:
                cell = np.uint64(lanes.lowest(left))
                alike = left & _alike(words[: layers.size], cell)
                left &= ~alike
                _work_out(found, leaf, words, cell, units, integrand, gains, whole)
                if alike == ALL:
                    for j in range(layers.size):
                        sums.tiles[tile * width + layers[j]] += whole[j]
                    break
                while alike:
                    place = (tile * lanes.CELLS + lanes.lowest(alike)) * width
                    alike &= alike - np.uint64(1)
                    for j in range(layers.size):
                        sums.cells[place + layers[j]] += whole[j]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _word(found: Deep, condition: int, batch: Batch, tile: int) -> Any:
    """In which cells of a tile a condition holds."""
    word, layer = found.starts[condition], found.layers[condition]
    at = (tile * batch.low.size + layer) * lanes.CELLS
    for turn in found.turns[found.turned[condition] : found.turned[condition + 1]]:
        if turn < batch.low[layer]:
            word = ~word
        elif turn < batch.high[layer]:
            word ^= lanes.above(batch.codes, at, turn)
    return word


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _alike(words: Any, cell: Any) -> Any:
    """The cells that agree with *cell* in every word."""
    alike = ALL
    for word in words:
        alike &= word if (word >> cell) & np.uint64(1) else ~word
    return alike


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _work_out(
    found: Deep, leaf: int, words: Any, cell: Any, units: Floats, integrand: Any, gains: Any,
    whole: Any,
) -> None:  # fmt: skip
    """What a leaf contributes to each of its layers where the conditions hold as in *cell*."""
    start, size = found.edges[leaf], found.edges[leaf + 1] - found.edges[leaf]
    integrand[:] = found.begun[leaf]
    for j in range(size):
        holds = (words[j] >> cell) & np.uint64(1)
        integrand *= found.met[start + j] if holds else found.unmet[start + j]
    gains[:], loss = 0.0, 0.0
    for q in range(integrand.size):
        loss += integrand[q] * found.lost[q]
        gains += integrand[q] * found.gained[leaf, q]
    for j in range(size):
        holds = (words[j] >> cell) & np.uint64(1)
        gain = gains[j] if holds else loss
        whole[j] = np.int64(np.rint(gain / units[found.layers[start + j]]))
