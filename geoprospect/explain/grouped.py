"""Contributions by role in the mineral system, or by the survey a layer came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.contract import LAYER_ID
from geoprospect.errors import listing
from geoprospect.explain.shapley import BASE

LEAST_SHARE = 0.2
"""A group drives a cell's score only from this share of all that speaks for a deposit there."""

FINE = 10_000_000
"""Parts of a contribution's unit in which sizes are summed."""

NONE = "none"
DRIVERS = ("driver_1", "driver_2", "inhibitor")
_TOLD = ("strongest driver, by group", "second driver, by group", "strongest inhibitor, by group")

Contributions = npt.NDArray[np.float64]
Values = npt.NDArray[np.float32]


def grouped(attributions: xr.Dataset, *, groups: Mapping[str, str]) -> xr.Dataset:
    """
    Contribution of each group of layers to the score of each cell [unit of the layers'].

    Layers that tell the same story share its weight by chance; the sum over all of them
    does not hang on how. Groups by role say which part of the mineral system a place has
    and which it lacks [1]_; groups by source, on whose data a target rests.

    Parameters
    ----------
    attributions : Dataset
        One variable for each layer, and ``base_value``, as
        :func:`geoprospect.explain.shapley.attributions` has them.
    groups : mapping of layer to group
        Each layer has one; the groups' names are ids, such as ``pathway``.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        One variable for each group, in order of their first layers, and ``base_value``;
        NaN where a layer of the group is unknown.

    Raises
    ------
    ValueError
        If a layer has no group, a group is named like something else, or *groups* has
        layers that are not there.

    References
    ----------
    .. [1] McCuaig, T.C., Beresford, S., Hronsky, J. (2010). Translating the mineral
       systems approach into an effective exploration targeting system. Ore Geology
       Reviews 38, 128-138.
    """
    layers = [str(name) for name in attributions.data_vars if name != BASE]
    names, of_layer = _checked(layers, groups)
    made = lazy.from_cube(_summed, attributions, layers, names, of_layer, len(names))
    units = str(attributions[BASE].attrs["units"])
    told = {
        name: contract.describe(made[name], long_name=_words(name), units=units) for name in names
    }
    return xr.Dataset({**told, BASE: attributions[BASE]})


def drivers(grouped: xr.Dataset) -> xr.Dataset:
    """
    The two groups that speak most for a deposit in each cell, and the one most against [1].

    A group is a driver where it speaks for a deposit and makes up at least a fifth of all
    that does; an inhibitor where it speaks against. Of equal ones the first counts.

    Parameters
    ----------
    grouped : Dataset
        From :func:`grouped`, or contributions of single layers.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``driver_1``, ``driver_2`` and ``inhibitor``, categorical: 0 where there is none, else
        the group's place from 1; NaN where any group is unknown.
    """
    names = [str(name) for name in grouped.data_vars if name != BASE]
    told = meanings(grouped)
    made = lazy.from_cube(_driving, grouped, names, DRIVERS)
    return xr.Dataset(
        {
            name: contract.describe(made[name], long_name=long_name, units="1", meanings=told)
            for name, long_name in zip(DRIVERS, _TOLD, strict=True)
        }
    )


def meanings(grouped: xr.Dataset) -> dict[int, str]:
    """The groups as people read them, by their place from 1."""
    names = [str(name) for name in grouped.data_vars if name != BASE]
    return {0: NONE} | {n: str(grouped[name].attrs["long_name"]) for n, name in _numbered(names)}


def grouped_rows(
    contributions: Contributions, layers: Sequence[str], *, groups: Mapping[str, str]
) -> pd.DataFrame:
    """
    :func:`grouped` and :func:`drivers` of single cells, as a table.

    Parameters
    ----------
    contributions : (cells, layers + 1)
        Of each layer, and last the base value [log-odds].
    layers : sequence of str
        Their ids, in the order of the columns.
    groups : mapping of layer to group

    Returns
    -------
    DataFrame
        A row for each cell: one column for each group and ``base_value`` [log-odds], float64;
        ``driver_1``, ``driver_2`` and ``inhibitor``, a group's name or "none".

    Raises
    ------
    ValueError
        As :func:`grouped` does, or if there is not one column for each layer and one more.
    """
    if contributions.ndim != 2 or contributions.shape[1] != len(layers) + 1:
        raise ValueError(
            f"contributions are {contributions.shape}, but there are {len(layers)} layers: pass "
            "(cells, layers + 1), the base value last"
        )
    names, of_layer = _checked(layers, groups)
    sums = _sums(contributions[:, :-1].T, of_layer, len(names))
    table = pd.DataFrame({**dict(zip(names, sums, strict=True)), BASE: contributions[:, -1]})
    told = np.array([NONE, *names], dtype=object)
    for name, places in zip(DRIVERS, _drivers(sums), strict=True):
        table[name] = told[places]
    return table


def group_table(
    grouped: xr.Dataset, drivers: xr.Dataset, deposits: gpd.GeoDataFrame
) -> list[dict[str, Any]]:
    """
    What each group adds over the ground and at the deposits, and where it drives the score.

    Parameters
    ----------
    grouped : Dataset
        From :func:`grouped`. Computed on purpose, block by block.
    drivers : Dataset
        From :func:`drivers`, of the same groups in the same order.
    deposits : GeoDataFrame
        With ``row`` and ``column``.

    Returns
    -------
    list of dict
        Ready for JSON, one for each group: ``group``, ``size`` (mean of the contributions'
        absolute values over the known ground), ``at_deposits`` (mean contribution there),
        both in the contributions' unit, and the shares [1] of the known ground that it
        ``drives`` most and ``inhibits`` most, and of deposits that it ``drives_deposits``.
        None where nothing is known; the largest first.
    """
    names = [str(name) for name in grouped.data_vars if name != BASE]
    at = deposits["row"], deposits["column"]
    here = lazy.sample(grouped, names, *at)
    first = lazy.sample(drivers, [DRIVERS[0]], *at)[:, 0]
    first = first[~np.isnan(first)]

    def counted(driver: Values, inhibitor: Values, *sums: Values) -> npt.NDArray[np.int64]:
        known = np.count_nonzero(~np.isnan(driver))
        sizes = [_fine(one[~np.isnan(one)]) for one in sums]
        told = [np.count_nonzero(~np.isnan(one)) for one in sums]
        leads = [np.count_nonzero(driver == n) for n, _ in _numbered(names)]
        least = [np.count_nonzero(inhibitor == n) for n, _ in _numbered(names)]
        return np.array([[known] * len(names), sizes, told, leads, least], np.int64)

    known, sizes, told, leads, least = lazy.summed(
        counted, drivers[DRIVERS[0]], drivers[DRIVERS[2]], *(grouped[name] for name in names)
    )
    table = [
        {
            "group": name,
            "size": _ratio(sizes[i] / FINE, told[i]),
            "at_deposits": _ratio(float(np.nansum(here[:, i])), np.isfinite(here[:, i]).sum()),
            "drives": _ratio(leads[i], known[i]),
            "inhibits": _ratio(least[i], known[i]),
            "drives_deposits": _ratio((first == i + 1).sum(), len(first)),
        }
        for i, name in enumerate(names)
    ]
    return sorted(table, key=lambda one: (-(one["size"] or 0), one["group"]))


def _fine(sums: Values) -> int:
    """Their sizes added up as whole numbers, the same however the grid is cut."""
    return int(np.rint(np.abs(sums.astype("float64")) * FINE).astype(np.int64).sum())


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _checked(layers: Sequence[str], groups: Mapping[str, str]) -> tuple[list[str], list[int]]:
    """The groups in order of their first layers, and each layer's place among them."""
    lacking = [name for name in layers if name not in groups]
    beyond = [name for name in groups if name not in layers]
    names = list(dict.fromkeys(groups[name] for name in layers if name in groups))
    taken = {BASE, *DRIVERS}
    problems = [f"layer {name!r} has no group; give it one, such as 'other'" for name in lacking]
    problems += [f"there is no layer {name!r}" for name in beyond]
    problems += [
        f"{name!r} cannot name a group: use ASCII snake_case, and not {', '.join(sorted(taken))}"
        for name in names
        if not LAYER_ID.match(name) or name in taken
    ]
    if problems:
        raise ValueError(listing("the layers cannot be grouped:", problems))
    return names, [names.index(groups[name]) for name in layers]


def _summed(shares: Values, of_layer: Sequence[int], count: int) -> Values:
    """Sums by group: (layers, y, x) -> (groups, y, x)."""
    return _sums(shares, of_layer, count).astype("float32")


def _sums(shares: npt.NDArray[np.floating], of_layer: Sequence[int], count: int) -> Contributions:
    """Sums by group along the first axis, in 64 bits, layer after layer."""
    sums = np.zeros((count, *shares.shape[1:]))
    for share, place in zip(shares, of_layer, strict=True):
        sums[place] += share
    return sums


def _driving(sums: Values) -> Values:
    """Drivers and inhibitor of a block: (groups, y, x) -> (3, y, x)."""
    flat = sums.reshape(len(sums), -1)
    unknown = np.isnan(flat).any(axis=0)
    places = _drivers(np.where(unknown, 0, flat)).astype("float32")
    places[:, unknown] = np.nan
    return places.reshape(len(DRIVERS), *sums.shape[1:])


def _drivers(sums: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """Places from 1 of first and second driver and of the inhibitor, 0 for none: (3, cells)."""
    ahead = np.maximum(sums, 0).sum(axis=0, dtype="float64")
    order = np.argsort(-sums, axis=0, kind="stable")
    places = np.zeros((len(DRIVERS), sums.shape[1]), np.int64)
    for turn in range(min(2, len(sums))):
        size = np.take_along_axis(sums, order[turn][None], axis=0)[0]
        places[turn] = np.where((size > 0) & (size >= LEAST_SHARE * ahead), order[turn] + 1, 0)
    least = sums.argmin(axis=0)
    places[2] = np.where(sums.min(axis=0) < 0, least + 1, 0)
    return places


def _numbered(names: Sequence[str]) -> list[tuple[int, str]]:
    return list(enumerate(names, start=1))


def _words(name: str) -> str:
    return name.replace("_", " ")
