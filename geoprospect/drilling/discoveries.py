"""What was known at a date, what was found later, and how far down a ranking that lies."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError, did_you_mean
from geoprospect.kernels import ranking

log = logging.getLogger("geoprospect.drilling")

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Split(NamedTuple):
    """Deposits known at a cut date, and discoveries after it."""

    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame


def split(deposits: gpd.GeoDataFrame, *, found: str, group: str, cut: str) -> Split:
    """
    What was known at a date, and what was discovered later.

    A deposit near one that was known is no discovery: of a cluster with a member known at
    the cut date, later members belong to neither side. Nor do deposits without a date, for they
    may give away what the test hides; both are said.

    Parameters
    ----------
    deposits : GeoDataFrame
    found : str
        Column with the date of the first mineralised hole or first report (not of a first
        estimate of tonnage): dates, or years.
    group : str
        Column that says which deposits are one cluster.
    cut : str
        The date, such as "1990-01-01": what was found on it or later is a discovery.

    Returns
    -------
    Split

    Raises
    ------
    DataError
        If a column is missing, or nothing was known before or found after the date.
    """
    _check_column(deposits, group, "deposits")
    dates = dates_in(deposits, found, "deposits")
    early = (dates < pd.Timestamp(cut)).to_numpy()
    late = (dates >= pd.Timestamp(cut)).to_numpy()
    undated = int(dates.isna().sum())
    if undated:
        log.warning("%d deposits have no date in %r and are left out of the test", undated, found)
    near = late & deposits[group].isin(deposits.loc[early, group]).to_numpy()
    if near.any():
        log.info("%d later deposits are in clusters known by %s: no discoveries", near.sum(), cut)
    if not early.any():
        raise DataError(f"no deposit was known before {cut}, so nothing can be learnt; cut later")
    if not (late & ~near).any():
        raise DataError(
            f"no discovery was made on {cut} or later (the last deposit is dated "
            f"{dates.max():%Y-%m-%d}), so there is nothing to test on; cut earlier"
        )
    return Split(deposits[early], deposits[late & ~near])


def dates_in(table: pd.DataFrame, column: str, what: str) -> pd.Series[pd.Timestamp]:
    """The dates in a column of a table (*what*, such as "deposits"); see :func:`dates_of`."""
    _check_column(table, column, what)
    return dates_of(table[column], f"{what} in {column!r}")


def _check_column(table: pd.DataFrame, name: str, what: str) -> None:
    if name not in table.columns:
        known = did_you_mean(name, (str(one) for one in table.columns))
        raise DataError(f"the {what} have no column {name!r}{known}")


def dates_of(column: pd.Series[Any], what: str) -> pd.Series[pd.Timestamp]:
    """
    Dates, from dates, texts of them, or years; NaT where there is none.

    Parameters
    ----------
    column : Series
    what : str
        Whose dates they are, for the message.

    Raises
    ------
    DataError
        If one cannot be read.
    """
    given = column
    if pd.api.types.is_numeric_dtype(column):
        given = pd.to_numeric(column).astype("Int64").astype("string")
    form = None if pd.api.types.is_datetime64_any_dtype(column) else "ISO8601"
    read = pd.to_datetime(given, format=form, errors="coerce")
    wrong = given[read.isna() & given.notna()]
    if len(wrong):
        raise DataError(
            f"the dates of the {what} cannot be read, such as {wrong.iloc[0]!r}; write years or "
            "dates as 1987-06-30"
        )
    return read


@dataclass(frozen=True)
class Finds:
    """
    The ground that could be drilled at the cut date, and where discoveries were made on it.

    ``open`` (cells,) is true for cells that could be drilled and were not yet; ``cells``
    (n,) are the discoveries' and ``groups`` (n,) their clusters, which count once each.
    """

    open: Flags = field(repr=False)
    cells: Index
    groups: npt.NDArray[np.generic]

    def __post_init__(self) -> None:
        if not self.cells.size or self.cells.shape != self.groups.shape:
            raise DataError(
                f"there are {self.cells.size} discoveries and {self.groups.size} clusters of them; "
                "give each its own, one at least"
            )
        shut = self.cells[~self.open[self.cells]]
        if shut.size:
            raise DataError(
                f"{shut.size} discoveries lie in cells that were not open to drilling, the first "
                f"in cell {shut[0]}; no ranking could find them: open the cells or leave them out"
            )

    @property
    def discoveries(self) -> int:
        """Number of clusters."""
        return len(np.unique(self.groups))

    def ranks(self, scores: npt.ArrayLike) -> Values:
        """
        Rank of each cluster's first discovery among open cells, by falling score: 1 is first.

        Cells of one score are drilled in random order, and a discovery has the mean of their
        ranks. Cells without a score come last.

        Returns
        -------
        ndarray (clusters,) float64
            In the order of sorted groups.
        """
        known = np.nan_to_num(np.asarray(scores, float), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
        above, reached = ranking.ranks(known[self.open], known[self.cells])
        each = (above + reached + 1) / 2
        return np.array([each[self.groups == one].min() for one in np.unique(self.groups)])
