"""What models are tried on side by side: the same samples, the same folds, the same ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoprospect import contract
from geoprospect.kernels import ranking
from geoprospect.models import validate
from geoprospect.models.validate import Fit, Rows

Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Bench:
    """
    Samples and cells that stand for the study area, with their evidence and their folds.

    ``rows`` (samples, layers) and ``area_rows`` (cells, layers) are float32, NaN where
    unknown. ``samples`` and ``cells`` are points in one CRS in metres. ``folds`` are the
    protocols by name; ``of_cells`` says of each the fold in which a cell is held out,
    None where no ground is.
    """

    samples: gpd.GeoDataFrame
    rows: Rows
    cells: gpd.GeoDataFrame
    area_rows: Rows
    layers: Sequence[str]
    folds: Mapping[str, contract.Folds]
    of_cells: Mapping[str, Index | None]
    categorical: Sequence[str] = ()
    long_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> npt.NDArray[Any]:
        """1 deposit, 0 background: (samples,)."""
        labels: npt.NDArray[Any] = self.samples["label"].to_numpy()
        return labels

    def called(self, layer: str) -> str:
        """A layer as people read it, with its id."""
        name = self.long_names.get(layer, layer)
        return layer if name == layer else f"{name} ({layer})"

    def judged(self, rows: Rows, area_rows: Rows, fit: Fit) -> dict[str, dict[str, Any]]:
        """
        The scores, by protocol, of a model that knows these rows instead of the evidence.

        Samples and cells without any evidence are left out, as they are of the model
        that it stands beside.
        """
        rows = np.where(_known(self.rows), rows, np.float32(np.nan))
        area_rows = np.where(_known(self.area_rows), area_rows, np.float32(np.nan))
        return {name: self._protocol(name, rows, area_rows, fit) for name in self.folds}

    def _protocol(self, name: str, rows: Rows, area_rows: Rows, fit: Fit) -> dict[str, Any]:
        ensembles = validate.cross_validated(rows, self.samples, self.folds[name], fit)
        told = validate.folds_on_sample(
            ensembles, rows, area_rows, self.samples, self.folds[name],
            of_cells=self.of_cells[name],
        )  # fmt: skip
        return validate.summary(told)


def places(frame: gpd.GeoDataFrame, middle: tuple[float, float]) -> Rows:
    """Easting and northing from a middle [km], (points, 2) float32."""
    x, y = frame.geometry.x.to_numpy() - middle[0], frame.geometry.y.to_numpy() - middle[1]
    return (np.stack([x, y], axis=1) / 1000).astype("float32")


def auc(scores: npt.NDArray[Any], labels: npt.NDArray[Any]) -> float:
    """How often a deposit (label 1) outranks background [1], ties halved; NaN without both."""
    known = ~np.isnan(scores)
    of_deposits, all_scores = scores[known & (labels == 1)], scores[known]
    if not 0 < len(of_deposits) < len(all_scores):
        return float("nan")
    above, at_or_above = ranking.ranks(all_scores, of_deposits)
    area = ranking.ausrc(above, at_or_above, len(all_scores))
    return ranking.auc(area, len(of_deposits), len(all_scores))


def _known(rows: Rows) -> npt.NDArray[np.bool_]:
    return np.asarray(~np.isnan(rows).all(axis=1, keepdims=True))
