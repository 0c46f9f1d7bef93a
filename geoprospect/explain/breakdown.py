"""One place explained: from the base value, layer by layer, to its score."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.contract import Explainable
from geoprospect.explain.dependence import classes_of
from geoprospect.explain.shapley import ensemble_contributions

log = logging.getLogger("geoprospect.explain")

Values = npt.NDArray[np.float32]

COLUMNS = ("place", "row", "column")


def breakdown(cube: xr.Dataset, ensemble: Explainable, cells: pd.DataFrame) -> pd.DataFrame:
    """
    What each layer adds to the score of a place, over its cells [the model's unit].

    The same numbers as a waterfall draws: the base value is what the model says knowing
    nothing, each layer moves it up or down by what it says here, and they end at the
    place's raw score [1]_.

    Computed on purpose: reads the layers at these cells.

    Parameters
    ----------
    cube : Dataset
        With the layers the ensemble was trained on.
    ensemble : Explainable
        Fitted.
    cells : DataFrame
        ``place`` (such as "T1" or a deposit's name), ``row``, ``column``: a place may
        have many cells, as targets do, or one, as deposits do. Cells without any evidence
        have no score and do not count; a place that has no others is left out, which is said.

    Returns
    -------
    DataFrame
        Places in the order in which they first come; of each a row for every layer, the
        largest contribution either way first: ``place``, ``cells`` (how many), ``layer``,
        ``long_name``, ``units``, ``value`` (the median of the cells where it is known [in
        ``units``]; of classes the commonest), ``meaning`` (of a class, else empty),
        ``contribution`` (mean of the cells) and, the same in all rows of a place,
        ``base_value``, ``raw_score`` (their sum: the mean of cells and members), ``score``
        (mean of the members' probabilities, as the map has it) [1] and
        ``contribution_units``, the unit of contributions, base value and raw score:
        log-odds, or 1 where raw scores are shares.

    Raises
    ------
    ValueError
        If a column is missing.

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    lacking = [name for name in COLUMNS if name not in cells]
    if lacking:
        raise ValueError(
            f"the cells to explain have no column {', '.join(map(repr, lacking))}; they need "
            "'place', 'row' and 'column'"
        )
    values = lazy.sample(cube, ensemble.layers_, cells["row"], cells["column"])
    known: npt.NDArray[np.bool_] = np.asarray(~np.isnan(values).all(axis=1))
    cells, values = _explicable(cells, known), values[known]
    shares = ensemble_contributions(ensemble, values)
    scores = ensemble.scores(values).mean(axis=0)
    number, names = pd.factorize(cells["place"])
    tables = [
        _of_place(str(name), cube, ensemble.layers_, values[here], shares[here], scores[here])
        for name, here in ((name, number == n) for n, name in enumerate(names))
    ]
    told = pd.concat(tables, ignore_index=True) if tables else _empty()
    return told.assign(contribution_units=ensemble.raw_units)


def _explicable(cells: pd.DataFrame, known: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """The cells with evidence; says which places have none."""
    lost = sorted(set(cells["place"]) - set(cells["place"][known]))
    if lost:
        log.warning("%s: no evidence there, so no explanation", ", ".join(map(str, lost)))
    return cells.loc[known]


def _of_place(
    place: str,
    cube: xr.Dataset,
    layers: list[str],
    values: Values,
    shares: npt.NDArray[np.float64],
    scores: npt.NDArray[np.float64],
) -> pd.DataFrame:
    """One place's rows."""
    means = shares.mean(axis=0)
    told = [_typical(cube[layer], values[:, n]) for n, layer in enumerate(layers)]
    table = pd.DataFrame(
        {
            "place": place,
            "cells": len(values),
            "layer": layers,
            "long_name": [str(cube[layer].attrs["long_name"]) for layer in layers],
            "units": [str(cube[layer].attrs["units"]) for layer in layers],
            "value": told,
            "meaning": [classes_of(cube[layer], [told[n]])[0] for n, layer in enumerate(layers)],
            "contribution": means[:-1],
            "base_value": means[-1],
            "raw_score": means.sum(),
            "score": scores.mean(),
        }
    )
    order = np.argsort(-np.abs(means[:-1]), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _typical(layer: xr.DataArray, values: Values) -> float:
    """The median of the known values, or the commonest class; NaN where none is known."""
    known = values[~np.isnan(values)]
    if not known.size:
        return float("nan")
    if contract.is_categorical(layer):
        codes, counts = np.unique(known, return_counts=True)
        return float(codes[counts.argmax()])
    return float(np.median(known))


def _empty() -> pd.DataFrame:
    texts, numbers = ("place", "layer", "long_name", "units", "meaning"), (
        "value", "contribution", "base_value", "raw_score", "score",
    )  # fmt: skip
    return pd.DataFrame(
        {
            **dict.fromkeys(texts, pd.Series(dtype=object)),
            "cells": pd.Series(dtype="int64"),
            **dict.fromkeys(numbers, pd.Series(dtype="float64")),
        }
    )
