"""Weights of evidence added up over a study area, and whether their layers may be added up."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError, ModelError
from geoprospect.kernels import independence as tests
from geoprospect.kernels import weights as kernel
from geoprospect.models import classed

log = logging.getLogger("geoprospect.models")

MAPS = {
    "posterior": "posterior probability of a deposit in a unit cell",
    "standard_deviation": "standard deviation of the posterior probability",
    "confidence": "posterior probability over its standard deviation",
}

MOST_CONDITIONS = 1_000_000
"""Unique conditions beyond which evidence is not in classes enough to be tested."""

Codes = npt.NDArray[np.intp]
Counts = npt.NDArray[np.int64]


def posterior_maps(
    cube: Mapping[Any, xr.DataArray],
    tables: Mapping[str, pd.DataFrame],
    *,
    deposits: int,
    unit_cells: float,
) -> xr.Dataset:
    """
    Posterior probability of a deposit in a unit cell [1], its standard deviation, its confidence.

    The prior is the deposits over the unit cells; each layer adds its weight in
    log-odds. The probability is right only if layers, given deposits, do not tell the same
    thing twice: see :func:`independence` [1]_. Confidence, the posterior over its
    standard deviation, says where it stands on few counts.

    Parameters
    ----------
    cube : mapping of id to DataArray (y, x)
        With the layers that *tables* name, on one grid.
    tables : mapping of id to DataFrame
        As :func:`geoprospect.models.weights_tables.weights_table` makes them.
    deposits : int
        That weights were told from.
    unit_cells : float
        All ground [unit cells].

    Returns
    -------
    Dataset (posterior, standard_deviation, confidence) of DataArray (y, x) float32, lazy
        Where a layer is unknown, or of a class that its table lacks, it adds no weight,
        and the standard deviation grows by what it might have said. NaN where all are
        unknown.

    Raises
    ------
    ModelError
        If a layer is missing, or there is no table.
    ValueError
        If the prior is not between 0 and 1.

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon, ch. 9.
    """
    names = _layers(cube, tables)
    prior = _prior(deposits, unit_cells)
    groups = [_Groups(tables[name]) for name in names]
    layers = xr.Dataset({name: cube[name] for name in names})
    made = lazy.from_cube(_block_maps, layers, names, list(MAPS), groups, prior, deposits)
    return xr.Dataset(
        {
            name: contract.describe(made[name], long_name=text, units="1")
            for name, text in MAPS.items()
        }
    )


def independence(
    cube: Mapping[Any, xr.DataArray],
    tables: Mapping[str, pd.DataFrame],
    deposits: gpd.GeoDataFrame,
    *,
    unit_cell: float,
) -> dict[str, Any]:
    """
    Whether layers, given deposits, tell the same thing twice; ready for JSON.

    Weights of evidence adds layers up as if each brought news. Two maps of one
    fault zone do not, and the posterior is then too high where both agree. The
    deposits that the map predicts in all are held against those there are, and each
    pair of layers against chance at the deposits [1]_.

    Parameters
    ----------
    cube : mapping of id to DataArray (y, x)
    tables : mapping of id to DataFrame
        As :func:`geoprospect.models.weights_tables.weights_table` makes them.
    deposits : GeoDataFrame
        The points that weights were told from.
    unit_cell : float
        [km2]

    Returns
    -------
    dict
        ``deposits``, ``predicted``, ``ratio`` of the first over the second, ``sd`` of the
        second, ``z``, ``p`` (one-sided), ``conditions`` (unique ones), and ``pairs``: ``layers``,
        ``chi_squared``, ``freedom``, ``p``, ``least`` (smallest number expected in a field, None
        where nothing can be tested), ``deposits``. Computed on purpose, block by block.

    Raises
    ------
    DataError
        If no deposit lies on known ground, or conditions are too many.
    ModelError
        If a layer is missing, or there is no table.

    References
    ----------
    .. [1] Agterberg, F.P., Cheng, Q. (2002). Conditional independence test for
       weights-of-evidence modeling. Natural Resources Research 11, 249-255.
    """
    names = _layers(cube, tables)
    groups = [_Groups(tables[name]) for name in names]
    conditions, cells = _conditions([cube[name] for name in names], groups)
    area = cells * contract.cell_area_km2(contract.grid_of(cube[names[0]])) / unit_cell
    rows = classed.at_deposits([cube[name] for name in names], deposits)
    codes = np.stack([group.of(rows[:, i]) for i, group in enumerate(groups)])
    codes = codes[:, (codes >= 0).any(axis=0)]
    count = codes.shape[1]
    if not count:
        raise DataError("no deposit lies on known ground, so independence cannot be tested")
    _say_crowded(deposits, unit_cell)
    evidence = [group.evidence for group in groups]
    prior = _prior(count, float(area.sum()))
    posterior, sd = kernel.response(conditions, evidence, prior=prior, deposits=count)
    told = tests.overall(posterior, sd, area, deposits=count)
    return {
        "deposits": count,
        "predicted": told.predicted,
        "ratio": told.ratio,
        "sd": told.sd,
        "z": told.z,
        "p": told.p,
        "conditions": int(conditions.shape[1]),
        "pairs": list(_pairs(names, groups, codes)),
    }


# --- what is asked of tables and deposits -----------------------------------------------------


def _layers(cube: Mapping[Any, xr.DataArray], tables: Mapping[str, pd.DataFrame]) -> list[str]:
    names = list(tables)
    if not names:
        raise ModelError("weights of evidence need a table of weights, and there is none")
    missing = [name for name in names if name not in cube]
    if missing:
        raise ModelError(f"there are weights for layers {', '.join(missing)}, which are missing")
    return names


def _prior(deposits: float, unit_cells: float) -> float:
    if not 0 < deposits < unit_cells:
        raise ValueError(f"{deposits:g} deposits on {unit_cells:g} unit cells give no prior "
                         "probability between 0 and 1")  # fmt: skip
    return deposits / unit_cells


def _say_crowded(deposits: gpd.GeoDataFrame, unit_cell: float) -> None:
    count = classed.crowded(deposits, unit_cell)
    if count:
        log.warning(
            "%d of %d deposits share their unit cell of %g km2 with another; a unit cell holds one "
            "at most, so choose a smaller one, or one deposit of each",
            count, len(deposits), unit_cell,
        )  # fmt: skip


# --- blocks -----------------------------------------------------------------------------------


class _Groups:
    """What a table says of a value: its group, and what the group weighs."""

    def __init__(self, table: pd.DataFrame) -> None:
        rising = table.sort_values("low", kind="stable")
        self.low, self.high = rising["low"].to_numpy(), rising["high"].to_numpy()
        pattern = rising["pattern"].to_numpy()
        alone = np.where(pattern == "own", np.arange(len(rising)), -1)
        _, first, group = np.unique(
            np.stack([alone, pd.factorize(pattern)[0]]), axis=1,
            return_index=True, return_inverse=True,
        )  # fmt: skip
        self.group = group.ravel()
        area = np.bincount(self.group, weights=rising["area_km2"])
        self.evidence = kernel.Evidence(
            rising["weight"].to_numpy()[first],
            rising["weight_sd"].to_numpy()[first],
            area / area.sum(),
        )

    def of(self, values: npt.NDArray[Any]) -> Codes:
        """Group of each value, -1 where it is unknown or in no class."""
        place = classed.classes_of(values, self.low, self.high)
        return np.where(place >= 0, self.group[place], -1)


def _block_maps(
    block: lazy.Block, groups: Sequence[_Groups], prior: float, deposits: float
) -> lazy.Block:
    codes = np.stack(
        [group.of(values.ravel()) for group, values in zip(groups, block, strict=True)]
    )
    evidence = [group.evidence for group in groups]
    posterior, sd = kernel.response(codes, evidence, prior=prior, deposits=deposits)
    maps = np.stack([posterior, sd, posterior / sd])
    maps[:, (codes < 0).all(axis=0)] = np.nan
    return maps.reshape(3, *block.shape[1:]).astype("float32")


def _conditions(layers: Sequence[xr.DataArray], groups: Sequence[_Groups]) -> tuple[Codes, Counts]:
    """Unique conditions (layers, conditions), and the cells of each."""

    def block_conditions(where: Any, *block: npt.NDArray[Any]) -> tuple[Codes, Counts]:
        codes = np.stack([group.of(v.ravel()) for group, v in zip(groups, block, strict=True)])
        codes = codes[:, (codes >= 0).any(axis=0)]
        key = np.zeros(codes.shape[1], np.int64)
        for code, group in zip(codes, groups, strict=True):
            _, key = np.unique(key, return_inverse=True)  # kept small, so that it cannot overflow
            key = key * (len(group.evidence.weight) + 1) + code
        _, first, counts = np.unique(key, return_index=True, return_counts=True)
        return codes[:, first], counts

    total: dict[tuple[int, ...], int] = {}
    for codes, counts in lazy.gathered(block_conditions, *layers):
        for condition, count in zip(map(tuple, codes.T.tolist()), counts.tolist(), strict=True):
            total[condition] = total.get(condition, 0) + count
        if len(total) > MOST_CONDITIONS:
            raise DataError(
                f"there are more than {MOST_CONDITIONS:,} unique conditions; put layers into fewer "
                "classes before independence is tested"
            )
    ordered = sorted(total)
    conditions = np.array(ordered, np.intp).reshape(len(ordered), len(layers)).T
    return conditions, np.array([total[each] for each in ordered], np.int64)


def _pairs(
    names: Sequence[str], groups: Sequence[_Groups], codes: Codes
) -> Iterator[dict[str, Any]]:
    """Each pair of layers at the deposits where both are known."""
    for one, other in itertools.combinations(range(len(names)), 2):
        both = (codes[one] >= 0) & (codes[other] >= 0)
        counts = np.zeros([len(groups[i].evidence.weight) for i in (one, other)])
        np.add.at(counts, (codes[one][both], codes[other][both]), 1)
        told = tests.pairwise(counts)
        yield {
            "layers": [names[one], names[other]],
            "chi_squared": told.chi_squared,
            "freedom": told.freedom,
            "p": told.p,
            "least": None if np.isnan(told.least) else told.least,
            "deposits": int(told.deposits),
        }
