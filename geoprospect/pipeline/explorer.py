"""What an explorer knows of a made district before the first hole, by fitted models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract
from geoprospect.cube import stack
from geoprospect.drilling.backtest import best_layer, nearest_known
from geoprospect.drilling.made import MadeDistrict
from geoprospect.labels.background import uniform
from geoprospect.labels.folds import spatial_blocks
from geoprospect.models import bench, calibration, validate
from geoprospect.models.boosting import lightgbm
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.models.weights_of_evidence import weights_of_evidence
from geoprospect.resources.endowment import undiscovered

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

PROSPECTIVITY, LAYER = "prospectivity", "best layer"
WEIGHTS, NEAREST = "weights of evidence", "nearest"

BACKGROUND, CAMP = 1500, 1500.0
"""Background cells to learn from; distance within which deposits are one cluster [m]."""

BLOCK, DEAD_ZONE = 8000.0, 1000.0
"""Edge of the blocks that are held out, and the zone around them [m]."""

FADES = 3000.0
"""Distance over which nearness to a deposit falls to 1/e, as a score [m]."""

SUREST = 0.99
"""Chance of a deposit beyond which none is believed before it is drilled [1]."""


@dataclass(frozen=True, eq=False)
class Knowledge:
    """
    How the cells of a district rank before the first hole, and what the ideas behind say.

    ``scores`` ranks them in each way, (cells,). ``likely`` (2, cells) are the model's and
    weights of evidence's chances of a known deposit [1]; ``near`` leads from nearness to a
    deposit to the same chance, of which *prior* is the mean. ``layer`` is the single layer that
    is best, ``auc`` the model's on ground held out [1].
    """

    district: MadeDistrict
    scores: dict[str, Values]
    likely: Values
    near: calibration.Calibration
    prior: float
    layer: str
    auc: float

    def ideas(self, found: Index) -> Values:
        """
        Chance of an undiscovered deposit by each idea [1]: (6, cells).

        The model, weights of evidence and nearness to deposits, known ones and those *found*
        in these cells; each once with the ground explored as the explorer states it and once as
        if it were explored alike, for that statement is a belief as well.
        """
        places = centres(self.district)
        deposits = np.concatenate([places[~self.district.open], places[found]])
        score = np.exp(nearest_known(places, deposits) / FADES)
        close = calibration.calibrated(score, self.near, prior=self.prior)
        likely = np.concatenate([self.likely, close[None]])
        stated = self.district.explored.ravel()
        alike = np.full_like(stated, stated.mean())
        return np.concatenate(
            [undiscovered(np.minimum(likely / e, SUREST), e) for e in (stated, alike)]
        )


def knowledge(district: MadeDistrict, *, seed: int) -> Knowledge:
    """
    The package's own models fitted to the known deposits, and calibrated on ground held out.

    Parameters
    ----------
    district : MadeDistrict
    seed : int

    Returns
    -------
    Knowledge
    """
    samples = _samples(district, seed)
    folds = spatial_blocks(
        samples, grid=district.grid, area=_even(district, 1.0), size=BLOCK, dead_zone=DEAD_ZONE,
        seed=seed,
    )  # fmt: skip
    estimators = {
        PROSPECTIVITY: lightgbm(seed=seed, n_estimators=40),
        WEIGHTS: weights_of_evidence(seed=seed),
    }
    told = {name: _told(district, samples, folds, of, seed) for name, of in estimators.items()}
    labels, prior = samples["label"].to_numpy(), float(1 - district.open.mean())
    likely = [
        calibration.calibrated(ground, calibration.fitted(unseen, labels), prior=prior)
        for ground, unseen in told.values()
    ]
    layer, best = best_layer(_measured(district.cube), np.flatnonzero(~district.open))
    places = centres(district)
    return Knowledge(
        district,
        {name: ground for name, (ground, _) in told.items()}
        | {LAYER: best, NEAREST: nearest_known(places, places[~district.open])},
        np.array(likely),
        calibration.fitted(_nearness(samples, folds), labels),
        prior,
        layer,
        _auc(told[PROSPECTIVITY][1], labels, folds),
    )


def centres(district: MadeDistrict) -> Values:
    """Easting and northing of the cells' centres, row by row [m]: (cells, 2)."""
    rows, columns = np.indices(district.grid.shape).reshape(2, -1)
    x, y = district.grid.affine * (columns + 0.5, rows + 0.5)
    return np.column_stack([x, y])


def _told(
    district: MadeDistrict, samples: gpd.GeoDataFrame, folds: contract.Folds, estimator: Any,
    seed: int,
) -> tuple[Values, Values]:  # fmt: skip
    """Scores of every cell, and of the samples by models that had not seen their ground."""
    cube, names = district.cube, contract.evidence(district.cube)
    classes = [name for name in names if contract.is_categorical(cube[name])]

    def fit(learnt: validate.Rows, labels: Index, groups: Index) -> PositiveUnlabelled:
        ensemble = PositiveUnlabelled(estimator, seed=seed)
        return ensemble.fit(learnt, labels, groups, layers=names, categorical=classes)

    rows = stack.table(cube, samples)
    unseen = np.full(len(rows), np.nan)
    for number, one in validate.cross_validated(rows, samples, folds, fit).items():
        held = folds.of_samples == number
        unseen[held] = one.scores(rows[held]).mean(axis=0)
    ground = np.stack([cube[name].to_numpy().ravel() for name in names], axis=1)
    whole = fit(rows, samples["label"].to_numpy(), samples["group"].to_numpy())
    return whole.scores(ground).mean(axis=0), unseen


def _nearness(samples: gpd.GeoDataFrame, folds: contract.Folds) -> Values:
    """Of each sample, to the deposits that its fold may learn from, as a score [1]."""
    places = samples.geometry.get_coordinates().to_numpy()
    deposits = samples["label"].to_numpy() == 1
    near = np.full(len(samples), np.nan)
    for number, learnt in enumerate(folds.training):
        held = folds.of_samples == number
        near[held] = np.exp(nearest_known(places[held], places[learnt & deposits]) / FADES)
    return near


def _auc(unseen: Values, labels: Index, folds: contract.Folds) -> float:
    """Mean over the folds."""
    each = [
        bench.auc(unseen[folds.of_samples == number], labels[folds.of_samples == number])
        for number in range(len(folds.training))
    ]
    return float(np.nanmean(each))


def _measured(cube: xr.Dataset) -> dict[str, Values]:
    """The layers whose values have an order, cell by cell."""
    return {
        name: cube[name].to_numpy().ravel()
        for name in contract.evidence(cube)
        if not contract.is_categorical(cube[name])
    }


def _samples(district: MadeDistrict, seed: int) -> gpd.GeoDataFrame:
    return uniform(
        district.known, grid=district.grid, area=_even(district, 1.0),
        exclusions=_even(district, 0.0), count=BACKGROUND, cluster_distance=CAMP, seed=seed,
    )  # fmt: skip


def _even(district: MadeDistrict, value: float) -> xr.DataArray:
    layer = contract.on_grid(np.full(district.grid.shape, value, "float32"), district.grid)
    return contract.describe(layer, long_name="the whole district", units="1")
