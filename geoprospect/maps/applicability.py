"""Where the model has seen ground like this, and where its scores are guesses."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import ModelError
from geoprospect.kernels.nearest import nearest
from geoprospect.maps.space import Space

BATCH = 32_768
"""Cells placed in the space of the evidence at once."""

OUTSIDE, INSIDE = 0, 1
MEANINGS = {
    OUTSIDE: "outside: nothing like this ground was seen",
    INSIDE: "inside: like ground that was tested",
}
NAMES = {
    "dissimilarity": "dissimilarity to the nearest training sample",
    "applicability": "area of applicability",
    "point_density": "training samples nearer than the limit of applicability",
    "analogue_distance": "dissimilarity to the nearest known deposit",
    "missing_layers": "layers of evidence that are unknown",
}

Rows = npt.NDArray[np.float32]


def applicability(cube: xr.Dataset, space: Space) -> xr.Dataset:
    """
    How unlike each cell is to all that taught the model, and whether too unlike [1].

    A model scores any ground, also such as it has never seen; there its scores are
    guesses, and so is what validation said of them. Dissimilarity is the distance
    to the nearest training sample among layers weighted by importance, over the mean
    distance between samples; ground up to the threshold of *space* is inside the
    area of applicability [1]_. One near sample supports a score less than many do [2]_.

    Parameters
    ----------
    cube : Dataset
        With the layers of *space*.
    space : Space
        From :func:`geoprospect.maps.space.training_space`.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``dissimilarity`` and ``analogue_distance`` (to the nearest deposit alone), in mean
        distances; ``applicability``, a class map; ``point_density``, the number of training
        samples nearer than the threshold; ``missing_layers``, how many are unknown. NaN in
        all where all evidence is. An unknown value stands at the samples' mean, with a
        dimension of its own that says so. A class that no sample has, or a gap in a layer
        that no sample lacks, is outside, has no dissimilarity (NaN) and no samples near.

    Raises
    ------
    ModelError
        If the cube lacks a layer of *space*.

    References
    ----------
    .. [1] Meyer, H., Pebesma, E. (2021). Predicting into unknown space? Estimating
       the area of applicability of spatial prediction models. Methods in Ecology
       and Evolution 12, 1620-1633.
    .. [2] Schumacher, F.L., Knoth, C., Ludwig, M., Meyer, H. (2025). Estimation of
       local training data point densities to support the assessment of spatial
       prediction uncertainty. Geoscientific Model Development 18, 10185-10202.
    """
    lacking = [name for name in space.layers if name not in cube]
    if lacking:
        raise ModelError(f"the cube lacks {', '.join(lacking)}, which the model was trained on")
    maps = lazy.from_cube(_of_block, cube, space.layers, list(NAMES), space)
    return xr.Dataset(
        {
            name: contract.describe(
                maps[name],
                long_name=told,
                units="1",
                quality=name == "missing_layers",
                meanings=MEANINGS if name == "applicability" else None,
            )
            for name, told in NAMES.items()
        }
    )


def told(applicable: xr.DataArray, space: Space) -> dict[str, Any]:
    """
    What the area of applicability is, ready for JSON.

    Parameters
    ----------
    applicable : DataArray (y, x)
        ``applicability``; computed on purpose.
    space : Space

    Returns
    -------
    dict
        ``inside``, the share of the known ground (None where none is known);
        ``threshold`` and ``training_dissimilarity`` (quartiles and largest) in mean
        distances; ``samples``, ``deposits`` and ``dimensions``.
    """
    codes = (OUTSIDE, INSIDE)
    cells = lazy.summed(lambda block: np.array([(block == code).sum() for code in codes]),
                        applicable)  # fmt: skip
    known = space.dissimilarity[~np.isnan(space.dissimilarity)]
    first, middle, third, largest = np.quantile(known, [0.25, 0.5, 0.75, 1])
    return {
        "inside": float(cells[INSIDE] / cells.sum()) if cells.sum() else None,
        "threshold": space.threshold,
        "training_dissimilarity": {
            "25": float(first), "50": float(middle), "75": float(third), "100": float(largest)
        },
        "samples": len(space.points),
        "deposits": space.deposits,
        "dimensions": len(space.axes),
    }  # fmt: skip


def _of_block(evidence: Rows, space: Space) -> Rows:
    made = np.full((len(NAMES), evidence[0].size), np.nan, "float32")
    flat = evidence.reshape(len(evidence), -1)
    cells = np.flatnonzero(~np.isnan(flat).all(axis=0))
    for start in range(0, len(cells), BATCH):
        batch = cells[start : start + BATCH]
        made[:, batch] = _of_cells(flat[:, batch].T, space)
    return made.reshape(len(NAMES), *evidence.shape[1:])


def _of_cells(rows: Rows, space: Space) -> npt.NDArray[np.float64]:
    places, strange = space.placed(rows)
    made = np.empty((len(NAMES), len(rows)))
    away, analogue, near = nearest(
        places, space.points, first=space.deposits, radius=space.threshold * space.mean_distance
    )
    made[0], made[3] = away / space.mean_distance, analogue / space.mean_distance
    made[1] = made[0] <= space.threshold
    made[2], made[4] = near, np.isnan(rows).sum(axis=1)
    made[0, strange] = made[3, strange] = np.nan
    made[1, strange] = made[2, strange] = 0
    if not space.deposits:
        made[3] = np.nan
    return made
