"""The test on the past as a pipeline file asks for it: one call, checked before it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import xarray as xr

from geoprospect import contract
from geoprospect.drilling.dated import existing
from geoprospect.errors import DataError, did_you_mean
from geoprospect.pipeline.backtesting import PLACEBOS, Backtest, backtest, parted
from geoprospect.pipeline.past import Fits, Past

COUNT = 5000
"""Background cells drawn, unless it is stated."""


@dataclass(frozen=True)
class Trial:
    """A past, the dates at which it is tested, and how."""

    past: Past
    cut: tuple[str | int, ...]
    holes_per_cell: float
    placebos: int

    def check(self) -> None:
        """
        Refuse what cannot be tested, before any model is fitted.

        Raises
        ------
        DataError
            If a column is missing, a layer runs with the dates of discovery, no layer existed
            at a date, or nothing was known before or found after it.
        """
        for cut in parted(self.past, self.cut):
            existing(contract.evidence(self.past.cube), self.past.acquired, cut=cut)
            self.past.history(cut)

    def made(self) -> Backtest:
        """Every date, tested."""
        return backtest(
            self.past, cut=self.cut, holes_per_cell=self.holes_per_cell, placebos=self.placebos
        )


def trial(
    deposits: gpd.GeoDataFrame,
    collars: gpd.GeoDataFrame | None = None,
    *,
    cube: xr.Dataset,
    area: xr.DataArray,
    exclusions: xr.DataArray,
    fits: Fits,
    features: Mapping[str, Sequence[str]],
    date_column: str,
    cut: list[str | int],
    holes_per_cell: float,
    acquired: dict[str, str | int | None] | None = None,
    collar_date_column: str | None = None,
    count: int = COUNT,
    cluster_distance: float | None = None,
    placebos: int = PLACEBOS,
    seed: int,
) -> Trial:
    """
    A test on the past, of what a run has.

    Parameters
    ----------
    deposits : GeoDataFrame
        In the grid's CRS, with the date of their discovery.
    collars : GeoDataFrame, optional
        Of the holes of the past, barren ones too, in the grid's CRS.
    cube : Dataset
        All evidence.
    area, exclusions : DataArray (y, x)
        1 inside the study area; 1 where nothing may be drilled.
    fits : function
        How the run's model is fitted on some of the layers.
    features : mapping of str to sequence of str
        The layers that each feature gives.
    date_column : str
        Of the deposits: dates, or years.
    cut : list of dates or years
        Three at least.
    holes_per_cell : float
        Holes to test one cell [1].
    acquired : dict of str to date or year, optional
        When a feature, or one of its layers, came to be.
    collar_date_column : str, optional
    count : int
        Background cells.
    cluster_distance : float, optional
        Deposits so near are one discovery [m].
    placebos : int
    seed : int

    Returns
    -------
    Trial

    Raises
    ------
    DataError
        If a date is given for a layer that is not there.
    """
    past = Past(
        cube, area, exclusions, deposits, fits, date_column, count, seed, cluster_distance,
        by_layer(acquired or {}, features, contract.evidence(cube)), collars, collar_date_column,
    )  # fmt: skip
    return Trial(past, tuple(cut), holes_per_cell, placebos)


def by_layer(
    acquired: Mapping[str, str | int | None],
    features: Mapping[str, Sequence[str]],
    layers: Sequence[str],
) -> dict[str, str | int | None]:
    """
    The date of each layer: its own, or that of the feature which gives it.

    Parameters
    ----------
    acquired : mapping of str to date or year
        By feature or layer.
    features : mapping of str to sequence of str
        The layers that each gives.
    layers : sequence of str
        Those that a model learns from; dates of others are left out.

    Raises
    ------
    DataError
        If a name is neither a feature's nor a layer's.
    """
    made = {layer for some in features.values() for layer in some}
    for name in acquired:
        if name not in features and name not in made:
            nearest = did_you_mean(name, sorted({*features, *made}))
            raise DataError(
                f"acquired dates {name!r}, and no feature or layer is called so{nearest}"
            )
    dates = {layer: acquired[name] for name, some in features.items() if name in acquired
             for layer in some}  # fmt: skip
    dates |= {name: when for name, when in acquired.items() if name in made}
    return {name: dates[name] for name in layers if name in dates}
