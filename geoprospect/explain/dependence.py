"""How a layer's contribution hangs on its value."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.contract import Explainable
from geoprospect.explain.shapley import ensemble_contributions

log = logging.getLogger("geoprospect.explain")

AREA, DEPOSIT = "area", "deposit"
"""What a row of the table stands for: the ground at large, or a known deposit."""

Values = npt.NDArray[np.float32]


def dependence(
    cube: xr.Dataset, ensemble: Explainable, *, cells: pd.DataFrame, deposits: pd.DataFrame
) -> pd.DataFrame:
    """
    Contribution of each layer [the model's unit] beside the layer's value, cell by cell.

    Drawn against each other they show at which distance a fault stops to matter or
    from which content on copper speaks for ore [1]_. Cells drawn evenly over the
    ground say what the model does everywhere, the deposits where it was taught:
    where a curve rises far from any deposit, the model guesses. Association, not
    cause.

    Computed on purpose: reads the layers at these cells.

    Parameters
    ----------
    cube : Dataset
        With the layers the ensemble was trained on.
    ensemble : Explainable
        Fitted.
    cells, deposits : DataFrame
        ``row`` and ``column``: cells drawn evenly over the study area, such as two
        thousand, and those of the known deposits. Cells without any evidence are left
        out, which is said.

    Returns
    -------
    DataFrame
        A row for each layer and cell, the layer that moves the area's scores most
        first: ``layer``, ``long_name``, ``units``, ``kind`` ("area" or "deposit"),
        ``row``, ``column``, ``value`` [in ``units``; NaN where unknown], ``meaning``
        (the class of a categorical layer, else empty) and ``contribution`` [in
        ``contribution_units``: log-odds, or 1 where raw scores are shares].

    Raises
    ------
    ValueError
        If *cells* or *deposits* have no ``row`` or ``column``, or no cell has evidence.

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    places = _places(cells, deposits)
    values = lazy.sample(cube, ensemble.layers_, places["row"], places["column"])
    known: npt.NDArray[np.bool_] = np.asarray(~np.isnan(values).all(axis=1))
    _say_left_out(places["kind"].to_numpy(), known)
    places, values = places.loc[known], values[known]
    shares = ensemble_contributions(ensemble, values)[:, :-1]
    size = np.abs(shares[(places["kind"] == AREA).to_numpy()]).mean(axis=0)
    order = np.argsort(-size, kind="stable")
    tables = [
        _of_layer(cube, ensemble.layers_[place], places, values[:, place], shares[:, place])
        for place in order
    ]
    units = ensemble.raw_units
    return pd.concat(tables, ignore_index=True).assign(contribution_units=units)


def classes_of(layer: xr.DataArray, values: npt.ArrayLike) -> list[str]:
    """What each value of a categorical layer means; empty for quantities and where unknown."""
    codes = np.asarray(values)
    if not contract.is_categorical(layer):
        return [""] * len(codes)
    told = contract.meanings(layer)
    return ["" if np.isnan(code) else told.get(int(code), str(int(code))) for code in codes]


def _places(cells: pd.DataFrame, deposits: pd.DataFrame) -> pd.DataFrame:
    """Cells of both kinds, one after the other."""
    parts = []
    for kind, frame in ((AREA, cells), (DEPOSIT, deposits)):
        lacking = [name for name in ("row", "column") if name not in frame]
        if lacking:
            raise ValueError(
                f"the cells of kind {kind!r} have no column {' or '.join(map(repr, lacking))}; "
                "pass samples that say in which cell of the grid they lie"
            )
        parts.append(pd.DataFrame({"row": frame["row"], "column": frame["column"], "kind": kind}))
    return pd.concat(parts, ignore_index=True)


def _say_left_out(kinds: npt.NDArray[Any], known: npt.NDArray[np.bool_]) -> None:
    if not (known & (kinds == AREA)).any():
        raise ValueError(
            "none of the cells that stand for the area has evidence, so there is nothing to "
            "explain; draw them from inside the study area"
        )
    for kind in (AREA, DEPOSIT):
        missing = int((~known & (kinds == kind)).sum())
        if missing:
            log.info(
                "%d of %d cells of kind %r have no evidence and are not explained",
                missing, int((kinds == kind).sum()), kind,
            )  # fmt: skip


def _of_layer(
    cube: xr.Dataset,
    layer: str,
    places: pd.DataFrame,
    values: Values,
    shares: npt.NDArray[np.float64],
) -> pd.DataFrame:
    """One layer's part of the table."""
    return pd.DataFrame(
        {
            "layer": layer,
            "long_name": str(cube[layer].attrs["long_name"]),
            "units": str(cube[layer].attrs["units"]),
            "kind": places["kind"].to_numpy(),
            "row": places["row"].to_numpy(),
            "column": places["column"].to_numpy(),
            "value": values.astype("float64"),
            "meaning": classes_of(cube[layer], values),
            "contribution": shares,
        }
    )
