"""Weights of evidence over a whole study area, as tables to read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract
from geoprospect.errors import DataError
from geoprospect.kernels import weights as kernel
from geoprospect.models import classed
from geoprospect.models.generalised import generalised, measure

log = logging.getLogger("geoprospect.models")

Choice: TypeAlias = Literal["contrast", "studentised", "manual", "pooled", "own"]
CHOICES = {
    "ascending": ("contrast", "studentised", "manual"),
    "descending": ("contrast", "studentised", "manual"),
    "categorical": ("pooled", "own"),
}
"""How classes are made few, by mode; the first is the default."""

WAYS: tuple[kernel.Mode, ...] = ("ascending", "descending")

Codes = npt.NDArray[np.intp]
Counts = npt.NDArray[np.int64]


def weights_table(
    layer: xr.DataArray,
    deposits: gpd.GeoDataFrame,
    *,
    mode: kernel.Mode,
    unit_cell: float,
    edges: Sequence[float] | None = None,
    choice: Choice | None = None,
    confidence: float = 1.645,
    threshold: float | None = None,
) -> pd.DataFrame:
    """
    Weights of evidence of a layer's classes [log-odds], over the whole study area.

    How much likelier a deposit is on a pattern than off it: near faults, on a
    rock unit, where a field is strong. The contrast between on and off ranks patterns;
    over its standard deviation it says which may be luck [1]_.

    Parameters
    ----------
    layer : DataArray (y, x)
        Classes, or values that are few (distances in steps); NaN is no ground. A
        measured layer needs *edges*.
    deposits : GeoDataFrame
        Points in the layer's CRS. Those on unknown ground or off the grid are not
        counted, which is said.
    mode : {"ascending", "descending", "categorical"}
        Patterns are a class and all lower ones (distance to a fault), a class and all
        higher ones (density, anomaly), or each class by itself (rock units).
    unit_cell : float
        Area that holds one deposit at most [km2].
    edges : sequence of float, optional
        Where one class ends and the next begins, rising [units of the layer]; a
        value on an edge is in the upper class.
    choice : str, optional
        How classes become few. For 'ascending' and 'descending': the pattern of
        highest 'contrast' (the default) or of highest 'studentised' contrast, or a
        'manual' *threshold*. For 'categorical': classes that are not sure are
        'pooled' (the default), or each keeps its 'own' weight.
    confidence : float
        Studentised contrast from which a pattern is sure: 1.282 is 90 %, 1.645 95 %,
        1.96 97.5 % and 2.326 99 %, one-sided.
    threshold : float, optional
        For 'manual': the last value inside the pattern [units of the layer].

    Returns
    -------
    DataFrame
        One row for each class, in the order in which patterns grow:

        ``low``, ``high`` : values from low to below high, or low itself where equal;
        ``meaning`` : the class's text, where it has one;
        ``area_km2`` : of the class [km2];
        ``units`` : area of its pattern [unit cells];
        ``deposits`` : on its pattern;
        ``w_plus``, ``w_plus_sd``, ``w_minus``, ``w_minus_sd`` : weights on and off the
        pattern, and their standard deviations [log-odds];
        ``contrast``, ``contrast_sd``, ``studentised`` : w_plus - w_minus [log-odds], its
        standard deviation, the first over the second [1];
        ``guarded`` : whether counts of zero had to be moved;
        ``pattern`` : 'inside', 'outside', 'own', 'pooled' or 'none';
        ``weight``, ``weight_sd`` : what the class adds to the log-odds in the end, and its
        standard deviation; 0 where the layer tells nothing.

        Its ``attrs`` hold ``long_name`` and ``layer_units`` of the layer, ``mode``,
        ``choice``, ``confidence``, ``unit_cell_km2``, and ``deposits`` and ``unit_cells``
        of all its known ground. Computed on purpose, block by block.

    Raises
    ------
    ContractError
        If *deposits* are not points in the layer's CRS.
    DataError
        If no deposit lies on known ground, or the layer has too many single values.
    ValueError
        If settings do not fit one another, or unit cells are too large for the deposits.

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon, ch. 9.
    """
    chosen = _checked(mode, choice, threshold, unit_cell, confidence)
    if mode == "categorical" and edges is not None:
        raise ValueError("edges are for ascending and descending; classes have their own values")
    classes = classed.counted(layer, edges)
    at = classes.of(classed.at_deposits([layer], deposits)[:, 0])
    held = _on_known_ground(at, len(classes.low))
    table = _table(layer, classes, held, mode, unit_cell)
    table.attrs |= {"choice": chosen, "confidence": float(confidence)}
    return generalised(table, threshold)


def weights_tables(
    cube: xr.Dataset,
    deposits: gpd.GeoDataFrame,
    *,
    background: npt.NDArray[np.float32],
    unit_cell: float,
    classes: int = 20,
    choice: kernel.Rule = "studentised",
    confidence: float = 1.645,
) -> dict[str, pd.DataFrame]:
    """
    Weights of evidence of every layer of a cube [log-odds], with nothing to state for each.

    Layers of classes go by class, those that are not sure pooled. Measured layers are
    cut at quantiles of the background, and low values or high ones are the pattern,
    whichever tells more.

    Parameters
    ----------
    cube : Dataset
    deposits : GeoDataFrame
        Points in the cube's CRS.
    background : (cells, layers) float32
        Evidence at cells drawn evenly over the area, for the quantiles.
    unit_cell : float
        Area that holds one deposit at most [km2].
    classes : int
        Of measured layers.
    choice : {"studentised", "contrast"}
        By what the pattern of a measured layer is taken.
    confidence : float
        Studentised contrast from which a pattern is sure.

    Returns
    -------
    dict of layer id to DataFrame
        As :func:`weights_table` makes them. Layers that have one value, or are unknown at
        all deposits, are left out, which is said. Computed on purpose, block by block.

    Raises
    ------
    ContractError
        If *deposits* are not points in the cube's CRS.
    DataError
        If none lies on the grid.
    ValueError
        If settings do not fit one another, or unit cells are too large for the deposits.
    """
    check(unit_cell=unit_cell, classes=classes, choice=choice, confidence=confidence)
    names = contract.evidence(cube)
    found = classed.at_deposits([cube[name] for name in names], deposits)
    tables = {}
    for name, values, drawn in zip(names, found.T, background.T, strict=True):
        edges = None if contract.is_categorical(cube[name]) else _quantiles(drawn, classes)
        if edges == [] or np.isnan(values).all():
            why = "has one value" if edges == [] else "is unknown at all deposits"
            log.warning("%r has no weights: it %s", cube[name].attrs["long_name"], why)
            continue
        counts = classed.counted(cube[name], edges)
        held = _on_known_ground(counts.of(values), len(counts.low))
        each = [
            _table(cube[name], counts, held, mode, unit_cell)
            for mode in (("categorical",) if edges is None else WAYS)
        ]
        for table in each:
            table.attrs |= {
                "choice": "pooled" if edges is None else choice,
                "confidence": float(confidence),
            }
        tables[name] = generalised(max(each, key=measure), None)
    return tables


def told(table: pd.DataFrame) -> dict[str, Any]:
    """
    A table of :func:`weights_table` as plain data for a report, ready for JSON.

    Its ``attrs``, and ``classes``: one list for each column. None stands for the open end
    of a class.
    """
    columns = {
        str(name): [None if isinstance(v, float) and not np.isfinite(v) else v for v in values]
        for name, values in table.to_dict("list").items()
    }
    return {str(name): value for name, value in table.attrs.items()} | {"classes": columns}


# --- settings and counts -------------------------------------------------------------------


def check(
    *,
    unit_cell: float,
    classes: int = 20,
    choice: kernel.Rule = "studentised",
    confidence: float = 1.645,
) -> None:
    """Raise a ValueError where a setting of :func:`weights_tables` is out of range."""
    _checked("ascending", choice, None, unit_cell, confidence)
    if classes < 2:
        raise ValueError(f"classes must be 2 or more, got {classes}")


def _checked(
    mode: str,
    choice: Choice | None,
    threshold: float | None,
    unit_cell: float,
    confidence: float,
) -> Choice:
    if mode not in CHOICES:
        raise ValueError(f"mode must be one of {', '.join(CHOICES)}, got {mode!r}")
    chosen: Any = choice or CHOICES[mode][0]
    if chosen not in CHOICES[mode]:
        raise ValueError(f"choice for {mode} must be one of {', '.join(CHOICES[mode])}, "
                         f"got {chosen!r}")  # fmt: skip
    if (chosen == "manual") != (threshold is not None):
        raise ValueError("threshold is for choice: manual, which needs it; give both or neither")
    if not unit_cell > 0:
        raise ValueError(f"unit_cell must be positive, got {unit_cell} km2")
    if not confidence > 0:
        raise ValueError(f"confidence must be a positive studentised contrast, got {confidence}")
    checked: Choice = chosen
    return checked


def _on_known_ground(at: Codes, classes: int) -> Counts:
    """Deposits of each class; those on unknown ground are told."""
    known = at >= 0
    if not known.any():
        raise DataError("no deposit lies where the layer is known, so no weight can be told")
    if not known.all():
        log.warning("%d of %d deposits lie where the layer is unknown and are not counted",
                    (~known).sum(), len(at))  # fmt: skip
    return np.bincount(at[known], minlength=classes)


def _quantiles(values: npt.NDArray[np.float32], number: int) -> list[float]:
    """Edges between classes of as many values each; fewer where they coincide."""
    ordered = np.sort(values[~np.isnan(values)])
    edges = np.unique(ordered[np.arange(1, number) * len(ordered) // number])
    return [float(edge) for edge in edges[edges > ordered[:1]]]


def _table(
    layer: xr.DataArray, classes: classed.Classes, held: Counts, mode: kernel.Mode, unit_cell: float
) -> pd.DataFrame:
    """The table without what is chosen of it."""
    area = classes.cells * contract.cell_area_km2(contract.grid_of(layer))
    units, total = kernel.patterns(area / unit_cell, mode), float(area.sum() / unit_cell)
    on, count = kernel.patterns(held, mode), int(held.sum())
    found = kernel.weights(on, units, deposits=count, units=total)
    texts = contract.meanings(layer) if contract.is_categorical(layer) else {}
    table = pd.DataFrame(
        {
            "low": classes.low,
            "high": classes.high,
            "meaning": [texts.get(int(v), "") if np.isfinite(v) else "" for v in classes.low],
            "area_km2": area,
            "units": units,
            "deposits": on.astype(np.int64),
            "w_plus": found.plus,
            "w_plus_sd": found.plus_sd,
            "w_minus": found.minus,
            "w_minus_sd": found.minus_sd,
            "contrast": found.contrast,
            "contrast_sd": found.contrast_sd,
            "studentised": found.studentised,
            "guarded": found.guarded,
        }
    )
    if mode == "descending":
        table = table.iloc[::-1].reset_index(drop=True)
    table.attrs = {
        "long_name": str(layer.attrs.get("long_name", layer.name)),
        "layer_units": str(layer.attrs.get("units", "")),
        "mode": mode,
        "unit_cell_km2": float(unit_cell),
        "deposits": count,
        "unit_cells": total,
    }
    return table
