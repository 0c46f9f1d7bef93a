"""A model over a cube: block by block, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.contract import Ensemble
from geoprospect.errors import ModelError
from geoprospect.kernels.trees import tiles

BATCH = 65_536
"""Cells scored at once: a block's scores by every member would outweigh the block itself."""

Rows = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
Scorer = Callable[[npt.NDArray[Any]], Scores]

NAMES = {"prospectivity": "prospectivity", "spread": "spread of prospectivity"}


def prospectivity(cube: xr.Dataset, ensemble: Ensemble) -> xr.Dataset:
    """
    Mean score of an ensemble [1], and its spread over the members [1].

    A cell scores high where its evidence is like that at known deposits; the
    spread (standard deviation, n - 1) says how much that depends on which
    deposits and which background were drawn. A score is relative
    favourability, not the probability of a deposit [1]_.

    Parameters
    ----------
    cube : Dataset
        With the layers the ensemble was trained on.
    ensemble : Ensemble
        Fitted.

    Returns
    -------
    Dataset (prospectivity, spread) of DataArray (y, x) float32, lazy
        NaN where all evidence is missing.

    Raises
    ------
    ModelError
        If the cube lacks a layer of the ensemble.

    References
    ----------
    .. [1] Elkan, C., Noto, K. (2008). Learning classifiers from only positive and
       unlabeled data. Proceedings of KDD 2008, 213-220.
    """
    return of_members(cube, ensemble, mean_and_spread, NAMES)


def of_members(
    cube: xr.Dataset, ensemble: Ensemble, statistics: Scorer, names: Mapping[str, str]
) -> xr.Dataset:
    """
    What *statistics* makes of the members' scores at every cell, scored once.

    Parameters
    ----------
    cube : Dataset
    ensemble : Ensemble
        Fitted.
    statistics : function of (members, cells) float64
        Gives (maps, cells), whatever cells it is handed together.
    names : mapping of map to long name
        In the order of *statistics*; all without a unit [1].

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        NaN where all evidence is missing.

    Raises
    ------
    ModelError
        If the cube lacks a layer of the ensemble.
    """
    _check_layers(cube, ensemble.layers_)
    maps = lazy.from_cube(
        _of_members, cube, ensemble.layers_, list(names), ensemble, statistics, len(names)
    )
    return xr.Dataset(
        {name: contract.describe(maps[name], long_name=names[name], units="1") for name in names}
    )


def mean_and_spread(scores: Scores) -> Scores:
    """Mean and standard deviation (n - 1) over the members, (2, cells) [1]."""
    return np.stack([scores.mean(axis=0), scores.std(axis=0, ddof=1)])


def out_of_fold(
    cube: xr.Dataset, ensembles: Mapping[int, Ensemble], fold: xr.DataArray
) -> xr.Dataset:
    """
    Each cell's mean score [1] from the ensemble that saw neither it nor its surroundings.

    Held against the deposits, it shows what the map is worth on unseen ground.
    Scores of different folds come from different ensembles: compare ranks
    within a fold.

    Parameters
    ----------
    cube : Dataset
        With the layers the ensembles were trained on.
    ensembles : mapping of fold to Ensemble
    fold : DataArray (y, x)
        Fold in which each cell is held out, NaN where in none.

    Returns
    -------
    Dataset (score, fold) of DataArray (y, x) float32, lazy
        NaN in both where all evidence is missing, or in no fold.

    Raises
    ------
    ModelError
        If the cube lacks a layer, or *fold* names one without an ensemble.
    """
    _check_folds(fold, ensembles)
    layers = next(iter(ensembles.values())).layers_
    _check_layers(cube, layers)

    contract.check_layer(fold, contract.grid_of(cube), "fold")
    both = cube[layers].assign({_FOLD: (("y", "x"), lazy.chunked(fold).data)})
    maps = lazy.from_cube(_out_of_fold, both, [*layers, _FOLD], ["score", "fold"], dict(ensembles))
    return xr.Dataset(
        {
            "score": contract.describe(
                maps["score"], long_name="prospectivity, out of fold", units="1"
            ),
            "fold": contract.describe(
                maps["fold"],
                long_name="validation fold",
                units="1",
                meanings=contract.meanings(fold),
            ),
        }
    )


_FOLD = "fold of the cell"
"""No layer can be called so: ids have no spaces."""


def _of_members(evidence: Rows, ensemble: Ensemble, statistics: Scorer, maps: int) -> Rows:
    def scored(rows: Rows) -> Scores:
        return statistics(ensemble.scores(rows))

    return _mapped(scored, evidence, _known(evidence), maps)


def _out_of_fold(stack: Rows, ensembles: Mapping[int, Ensemble]) -> Rows:
    evidence, held_out = stack[:-1], stack[-1]
    known = _known(evidence)
    made = np.full((2, *held_out.shape), np.nan, "float32")
    for number, ensemble in ensembles.items():
        mine = known & (held_out == number)
        made[0, mine] = _mapped(_mean_of(ensemble), evidence, mine)[0, mine]
        made[1, mine] = number
    return made


def _mean_of(ensemble: Ensemble) -> Scorer:
    return lambda rows: ensemble.scores(rows).mean(axis=0)[None]


def _known(evidence: Rows) -> npt.NDArray[np.bool_]:
    """Cells with any evidence at all."""
    known: npt.NDArray[np.bool_] = np.logical_or.reduce(~np.isnan(evidence))
    return known


def _mapped(
    function: Scorer, evidence: Rows, where: npt.NDArray[np.bool_], outputs: int = 1
) -> Rows:
    """What *function* makes of the cells *where*, batch by batch; NaN elsewhere."""
    made = np.full((outputs, where.size), np.nan, "float32")
    flat = evidence.reshape(len(evidence), -1)
    cells = tiles.of_raster(where).ravel()  # neighbours together: they are much the same work
    for start in range(0, len(cells), BATCH):
        batch = cells[start : start + BATCH]
        made[:, batch] = function(flat[:, batch].T)
    made[:, ~where.ravel()] = np.nan
    return made.reshape(outputs, *where.shape)


def _check_layers(cube: xr.Dataset, layers: Sequence[str]) -> None:
    missing = [name for name in layers if name not in cube]
    if missing:
        raise ModelError(f"the cube lacks {', '.join(missing)}, which the model was trained on")


def _check_folds(fold: xr.DataArray, ensembles: Mapping[int, Ensemble]) -> None:
    unknown = sorted(set(contract.meanings(fold)) - set(ensembles))
    if unknown:
        told = ", ".join(str(number) for number in unknown)
        raise ModelError(f"no ensemble was trained for fold {told}; train one for every fold")
