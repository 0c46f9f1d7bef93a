"""Groups of cells cut across their length into pieces of one size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage, sparse

Labels = npt.NDArray[np.int32]
Values = npt.NDArray[np.float64]


def along(chosen: npt.NDArray[np.bool_], cell: tuple[float, float]) -> tuple[Values, float]:
    """
    How far along a group of cells each of them lies, and how long the group is.

    Distances are walked from cell to cell inside the group, so that they follow a group
    that bends. Its ends are the cell farthest from the first, and the cell farthest from
    that; a cell lies as far along as it is farther from the first of them than from the other.

    Parameters
    ----------
    chosen : (y, x)
        Cells of one group.
    cell : (height, width)
        Of a cell [m].

    Returns
    -------
    position : (cells,)
        In the order of ``np.nonzero(chosen)`` [m].
    length : float
        Walk from end to end, and one cell more [m].
    """
    steps = _steps(chosen, cell)
    one = _farthest(_walked(steps, 0))
    one, other = sorted((one, _farthest(_walked(steps, one))))
    from_one = _walked(steps, one)
    position: Values = from_one - _walked(steps, other)
    return position, float(from_one[other] + np.sqrt(cell[0] * cell[1]))


def cut(chosen: npt.NDArray[np.bool_], position: Values, pieces: int) -> Labels:
    """
    Number of the piece of each chosen cell from 1, 0 elsewhere: pieces of as many cells each.

    Cells go to pieces by their *position*. What this leaves apart from the largest part of
    its piece goes to the piece that it borders most, so that every piece is connected
    by edges.
    """
    rows, columns = np.nonzero(chosen)
    order = np.lexsort((columns, rows, position))
    numbers = np.empty(len(rows), np.int32)
    numbers[order] = 1 + np.arange(len(rows)) * pieces // len(rows)
    labels = np.zeros(chosen.shape, np.int32)
    labels[rows, columns] = numbers
    while _mended(labels, pieces):
        pass
    return labels


def _steps(chosen: npt.NDArray[np.bool_], cell: tuple[float, float]) -> sparse.csr_array:
    """Lengths of the steps between neighbours, diagonal ones too."""
    number = np.full(chosen.shape, -1)
    number[chosen] = np.arange(np.count_nonzero(chosen))
    height, width = cell
    slant = float(np.hypot(height, width))
    every, own, there, far = slice(None), slice(None, -1), slice(1, None), []
    for start, end, length in (
        ((own, every), (there, every), height),
        ((every, own), (every, there), width),
        ((own, own), (there, there), slant),
        ((own, there), (there, own), slant),
    ):
        one, other = number[start].ravel(), number[end].ravel()
        both = (one >= 0) & (other >= 0)
        far.append((one[both], other[both], np.full(both.sum(), length)))
    one, other, lengths = (np.concatenate(part) for part in zip(*far, strict=True))
    count = int(number.max()) + 1
    return sparse.coo_array((lengths, (one, other)), (count, count)).tocsr()


def _walked(steps: sparse.csr_array, start: int) -> Values:
    found: Values = sparse.csgraph.dijkstra(steps, directed=False, indices=start)
    return found


def _farthest(walked: Values) -> int:
    return int(np.argmax(np.where(np.isfinite(walked), walked, -1)))


def _mended(labels: Labels, pieces: int) -> bool:
    """Give what is apart from the largest part of its piece to a neighbour; whether any was."""
    for piece in range(1, pieces + 1):
        parts, count = ndimage.label(labels == piece)
        if count < 2:
            continue
        sizes = np.bincount(parts.ravel())[1:]
        for part in np.delete(np.arange(1, count + 1), sizes.argmax()):
            around = ndimage.binary_dilation(parts == part) & (labels > 0) & (labels != piece)
            if around.any():
                labels[parts == part] = np.bincount(labels[around]).argmax()
                return True
    return False
