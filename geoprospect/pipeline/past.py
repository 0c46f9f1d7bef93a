"""Ground of which the past is known, cell by cell, and how it ranks by what was known when."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.drilling.backtest import best_layer, nearest_known
from geoprospect.drilling.dated import drilled_by, historic_order, refuse_dated
from geoprospect.drilling.discoveries import Finds, Split, dates_in, split
from geoprospect.errors import DataError
from geoprospect.labels.background import uniform
from geoprospect.labels.occurrences import occurrences
from geoprospect.models import validate
from geoprospect.models.weights_of_evidence import weights_of_evidence

log = logging.getLogger("geoprospect.pipeline")

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Fits = Callable[[Sequence[str]], validate.Fit]
"""How the run's model is fitted on some layers of the cube."""

NEAREST, LAYER = "nearest", "best layer"
WEIGHTS, HISTORIC = "weights of evidence", "historic order"


@dataclass(frozen=True, eq=False)
class Past:
    """
    What a run has, and what is known of when.

    ``deposits`` have the date of their discovery in ``date_column``, ``collars``, if there are
    any, that of the hole in ``collar_date_column``; both are in the cube's CRS. ``acquired`` says
    when each layer came to be. ``fits`` is how the run's model is fitted on some of the layers;
    ``count`` background cells are drawn for it. Deposits within ``cluster_distance`` are one
    discovery [m]; without it, within the median distance to the nearest neighbour.
    """

    cube: xr.Dataset = field(repr=False)
    area: xr.DataArray = field(repr=False)
    exclusions: xr.DataArray = field(repr=False)
    deposits: gpd.GeoDataFrame = field(repr=False)
    fits: Fits = field(repr=False)
    date_column: str
    count: int
    seed: int
    cluster_distance: float | None = None
    acquired: Mapping[str, str | int | None] = field(default_factory=dict)
    collars: gpd.GeoDataFrame | None = field(default=None, repr=False)
    collar_date_column: str | None = None

    @property
    def grid(self) -> GeoBox:
        """The cube's grid."""
        return contract.grid_of(self.cube)

    @functools.cached_property
    def found(self) -> gpd.GeoDataFrame:
        """
        Deposits of the area, one to a cell, the earliest, with their clusters as ``group``.

        Raises
        ------
        DataError
            If there are fewer than 5, or a layer runs with their dates.
        """
        when = dates_in(self.deposits, self.date_column, "deposits")
        earliest_first = self.deposits.iloc[np.argsort(when.to_numpy(), kind="stable")]
        found = occurrences(
            earliest_first, grid=self.grid, area=self.area,
            cluster_distance=self.cluster_distance,
        )  # fmt: skip
        measured = [
            name for name in contract.evidence(self.cube)
            if not contract.is_categorical(self.cube[name])
        ]  # fmt: skip
        rows = lazy.sample(self.cube, measured, found["row"], found["column"])
        refuse_dated(rows, measured, dates_in(found, self.date_column, "deposits"))
        return found

    @functools.cached_property
    def at(self) -> Index:
        """Row and column of the cells that may be drilled and of which anything is known."""
        inside = ~np.isnan(self.area.to_numpy()) & (self.exclusions.to_numpy() != 1)
        at = np.argwhere(inside)
        names = contract.evidence(self.cube)
        known = ~np.isnan(lazy.sample(self.cube, names, *at.T)).all(axis=1)
        return at[known]

    @functools.cached_property
    def places(self) -> Values:
        """Centres of the cells (cells, 2) [m]."""
        return np.column_stack(self.grid.affine * (self.at[:, 1] + 0.5, self.at[:, 0] + 0.5))

    def cells(self, points: gpd.GeoDataFrame) -> Index:
        """Number of the cell around each point among those that may be drilled, -1 for none."""
        rows, columns, inside = contract.cells_at(points.geometry.x, points.geometry.y, self.grid)
        number = np.full(self.grid.shape, -1, np.int64)
        number[tuple(self.at.T)] = np.arange(len(self.at))
        where = np.full(len(points), -1, np.int64)
        where[inside] = number[rows[inside], columns[inside]]
        return where

    def points(self, cells: Index) -> gpd.GeoDataFrame:
        """Deposits as they would be in the middle of these cells."""
        x, y = self.places[cells].T
        return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=self.grid.crs.proj)

    def split(self, cut: str, *, shuffled: np.random.Generator | None = None) -> Split:
        """Deposits known before the date and found after it; *shuffled*: with dates dealt anew."""
        found = self.found
        if shuffled is not None:
            dealt = shuffled.permutation(found[self.date_column].to_numpy())
            found = found.assign(**{self.date_column: dealt})
        return split(found, found=self.date_column, group="group", cut=cut)

    def scores(self, known: gpd.GeoDataFrame, layers: Sequence[str]) -> Values:
        """Of every cell, by the run's model, taught with these deposits and even background."""
        samples = self._samples(known)
        rows = lazy.sample(self.cube, layers, samples["row"], samples["column"])
        ensemble = self.fits(layers)(rows, *validate.learnt_from(samples))
        scores: Values = ensemble.scores(self._evidence(layers)).mean(axis=0)
        return scores

    def baselines(
        self, known: gpd.GeoDataFrame, layers: Sequence[str]
    ) -> tuple[dict[str, Values], str]:
        """Every other ranking that the same knowledge allows, (cells,), and the best layer."""
        classes = [name for name in layers if contract.is_categorical(self.cube[name])]
        samples, ground = self._samples(known), self._evidence(layers)
        weights = weights_of_evidence(seed=self.seed).fit(
            lazy.sample(self.cube, layers, samples["row"], samples["column"]),
            samples["label"], feature_name=layers, categorical_feature=classes,
        )  # fmt: skip
        measured = {name: values for name, values in zip(layers, ground.T, strict=True)
                    if name not in classes}  # fmt: skip
        cells = self.cells(known)
        layer, best = best_layer(measured, cells[cells >= 0])
        log.info("the best single layer is %s", layer)
        deposits = known.geometry.get_coordinates().to_numpy()
        made = {NEAREST: nearest_known(self.places, deposits), LAYER: best,
                WEIGHTS: weights.raw_scores(ground)}  # fmt: skip
        return made, layer

    def history(self, cut: str) -> tuple[Flags, dict[str, Values]]:
        """Cells that held a hole before the date, and the order of those drilled later."""
        if self.collars is None or self.collar_date_column is None:
            log.warning("no collars with dates: nothing is compared with the holes of the past")
            return np.zeros(len(self.at), bool), {}
        when, cells = (
            dates_in(self.collars, self.collar_date_column, "collars"),
            self.cells(self.collars),
        )
        inside = cells >= 0
        when, cells = when[inside], cells[inside]
        return (
            drilled_by(cells, when, cut=cut, ground=len(self.at)),
            {HISTORIC: historic_order(cells, when, cut=cut, ground=len(self.at))},
        )

    def finds(self, parts: Split, drilled: Flags) -> Finds:
        """
        The open ground and the discoveries on it.

        Cells of known deposits are not open, nor are drilled ones, but for those in which a
        later hole made the discovery. Discoveries on ground that may not be drilled are left
        out, which is said.

        Raises
        ------
        DataError
            If none is left.
        """
        later, known = self.cells(parts.after), self.cells(parts.before)
        if (later < 0).any():
            log.warning("%d of %d discoveries lie where nothing may be drilled or is known",
                        (later < 0).sum(), len(later))  # fmt: skip
        if not (later >= 0).any():
            raise DataError("no later discovery lies on ground that may be drilled")
        groups = parts.after["group"].to_numpy()[later >= 0]
        free = ~drilled
        free[known[known >= 0]] = False
        free[later[later >= 0]] = True
        return Finds(free, later[later >= 0], groups)

    def _samples(self, known: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return uniform(
            gpd.GeoDataFrame(geometry=known.geometry.to_numpy(), crs=known.crs),
            grid=self.grid, area=self.area, exclusions=self.exclusions, count=self.count,
            cluster_distance=self.cluster_distance, seed=self.seed,
        )  # fmt: skip

    def _evidence(self, layers: Sequence[str]) -> validate.Rows:
        """Of the cells that may be drilled: (cells, layers)."""
        return lazy.sample(self.cube, layers, *self.at.T)
