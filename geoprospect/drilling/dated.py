"""What existed at a date: layers that may be used, holes that were drilled, and what leaks."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from geoprospect.drilling.discoveries import dates_of
from geoprospect.errors import DataError, listing

log = logging.getLogger("geoprospect.drilling")

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LEAKS = 0.7
"""Rank correlation with the date of discovery from which a layer is refused [1]."""

CHANCE = 0.01
"""Chance of such a correlation by itself, over all layers, below which it is believed [1]."""

FEWEST_DATED = 8
"""Dated deposits that a layer must be known at to be asked whether it knows their dates."""


class Existing(NamedTuple):
    """Layers that may be used at a date, those ``left_out``, and those of them at ``risk``."""

    used: list[str]
    left_out: list[str]
    risk: list[str]


def existing(
    layers: Sequence[str], acquired: Mapping[str, str | int | None], *, cut: str
) -> Existing:
    """
    Layers that existed at the cut date.

    A geological map drawn after a discovery shows the mine, and a survey flown because of
    one lies over it: with either the past is foretold too well. A layer without a date is
    used, and told as a risk of a leak.

    Parameters
    ----------
    layers : sequence of str
    acquired : mapping of str to date or year
        When each layer was acquired or drawn; None or absent where nobody knows.
    cut : str

    Returns
    -------
    Existing

    Raises
    ------
    DataError
        If a date is given for a layer that is not there, cannot be read, or no layer is left.
    """
    unknown = sorted(set(acquired) - set(layers))
    if unknown:
        raise DataError(f"dates are given for {', '.join(unknown)}, and no layer is called so")
    risk = [name for name in layers if acquired.get(name) is None]
    dated = [name for name in layers if name not in risk]
    when = dates_of(pd.Series([str(acquired[name]) for name in dated], dtype=object), "layers")
    late = [name for name, at in zip(dated, when, strict=True) if at >= pd.Timestamp(cut)]
    if late:
        log.info("layers acquired on %s or later are left out: %s", cut, ", ".join(late))
    if risk:
        log.warning("leak risk: nobody says when %s existed; state dates", ", ".join(risk))
    used = [name for name in layers if name not in late]
    if not used:
        raise DataError(f"no layer existed before {cut}, so nothing can be learnt; cut later")
    return Existing(used, late, risk)


def refuse_dated(
    rows: npt.ArrayLike, layers: Sequence[str], found: pd.Series[pd.Timestamp]
) -> None:
    """
    Raise if a layer runs with the dates of discovery: it knows what came of the ground.

    Its values at all dated deposits, early and late, are held against their dates by rank
    correlation. Depth of cover does so a little, because shallow ore is found first; one
    that runs with the date throughout was made with the discoveries at hand.

    Parameters
    ----------
    rows : (deposits, layers)
        NaN is unknown.
    layers : sequence of str
    found : Series of dates, (deposits,)
        NaT for those without.

    Raises
    ------
    DataError
        Naming each layer whose correlation reaches 0.7 either way and is not chance.
    """
    values, when = np.asarray(rows, float), found.to_numpy("datetime64[ns]")
    told = []
    for name, column in zip(layers, values.T, strict=True):
        known = ~np.isnan(column) & ~np.isnat(when)
        if known.sum() < FEWEST_DATED or np.ptp(column[known]) == 0:
            continue
        ran = stats.spearmanr(column[known], when[known].astype(np.int64))
        if abs(ran.statistic) >= LEAKS and ran.pvalue < CHANCE / len(layers):
            told.append(f"{name} (rank correlation {ran.statistic:.2f})")
    if told:
        raise DataError(
            listing("layers know when deposits were found, so the past is no test of them; leave "
                    "them out or say from what they were made:", told)
        )  # fmt: skip


def drilled_by(cells: Index, when: pd.Series[pd.Timestamp], *, cut: str, ground: int) -> Flags:
    """
    Cells that held a hole before the cut date: (ground,).

    Parameters
    ----------
    cells : (holes,)
        Cell of each hole.
    when : Series of dates, (holes,)
        A hole without a date is taken as drilled later.
    cut : str
    ground : int
        Number of cells in all.
    """
    done = np.zeros(ground, bool)
    done[cells[(when < pd.Timestamp(cut)).to_numpy()]] = True
    return done


def historic_order(cells: Index, when: pd.Series[pd.Timestamp], *, cut: str, ground: int) -> Values:
    """
    Score that ranks cells as they were drilled after the cut date: (ground,).

    The only comparison with the geologists who were there, and a fair one only if the list
    holds their barren holes too. The first hole in a cell counts.

    Parameters
    ----------
    cells : (holes,)
        Cell of each hole.
    when : Series of dates, (holes,)
    cut : str
    ground : int
        Number of cells in all.

    Returns
    -------
    ndarray (ground,) float64
        Days before the last hole; NaN where no hole was drilled after the date, which ranks
        last.

    Raises
    ------
    DataError
        If no hole was drilled on the date or later.
    """
    later = (when >= pd.Timestamp(cut)).to_numpy()
    if not later.any():
        raise DataError(f"no hole is dated {cut} or later, so there is no historic order to tell")
    days = (when[later].max() - when[later]).dt.days.to_numpy(float)
    order = np.full(ground, -np.inf)
    np.maximum.at(order, cells[later], days)
    return np.where(np.isinf(order), np.nan, order)
