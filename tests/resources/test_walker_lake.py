"""Walker Lake: 470 samples kriged onto 78,000 cells whose grades are all known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from geoprospect.kernels.anisotropy import Orientation
from geoprospect.kernels.structures import Nested, Structure
from geoprospect.resources.fitted_variogram import fitted_variogram
from geoprospect.resources.kriging import kriged
from geoprospect.resources.search import Search

N14W = Orientation(-14)
PUBLISHED = Nested(
    22_000.0,
    (
        Structure("spherical", 40_000.0, 30.0, 25.0, 30.0, N14W),
        Structure("spherical", 45_000.0, 150.0, 50.0, 150.0, N14W),
    ),
)
"""Of V, after Isaaks, E.H., Srivastava, R.M. (1989). An Introduction to Applied Geostatistics."""


@pytest.fixture(scope="module")
def lake(real_data):
    folder = real_data / "walker_lake"
    samples = pd.read_csv(folder / "walker.dat", sep=r"\s+", skiprows=8, header=None)
    samples = samples.iloc[:, :4].set_axis(["hole", "x", "y", "V"], axis=1).assign(z=0.0)
    return samples, pd.read_csv(folder / "Exhaustive_set.csv")


def test_kriging_is_nearer_the_truth_than_nearest_sample_and_inverse_distance(lake):
    """Figures of the two rivals and of kriging from the nearest 24, found by other code."""
    samples, truth = lake
    at = np.column_stack([truth["X"], truth["Y"], np.zeros(len(truth))]).astype(float)
    search = Search(radii=(1e3, 1e3, 1e3), orientation=N14W)
    found = kriged(samples, at, grade="V", variogram=PUBLISHED, search=search)
    away, near = cKDTree(samples[["x", "y"]]).query(at[:, :2], k=24)
    grades = samples["V"].to_numpy(float)[near]
    weight = 1 / np.maximum(away, 1e-9) ** 2
    estimates = {
        "kriging": found["estimate"].to_numpy(),
        "nearest": grades[:, 0],
        "inverse": (weight * grades).sum(axis=1) / weight.sum(axis=1),
    }
    error = {name: np.abs(one - truth["V"]).mean() for name, one in estimates.items()}
    assert error["kriging"] == pytest.approx(110.4, abs=0.05)
    assert error["nearest"] == pytest.approx(125.0, abs=0.1)
    assert error["inverse"] == pytest.approx(135.8, abs=0.1)
    assert found["estimate"].mean() == pytest.approx(284.72, abs=0.01)
    assert (found["estimate"] - truth["V"]).mean() == pytest.approx(6.75, abs=0.01)
    assert np.corrcoef(found["estimate"], truth["V"])[0, 1] == pytest.approx(0.810, abs=5e-4)


def test_the_fitted_ellipse_lies_as_the_published_one(lake):
    """Found from the samples alone: along N14W and three times as long as across."""
    fitted = fitted_variogram(lake[0], grade="V", models=["spherical", "spherical"])
    longest = fitted.variogram.longest
    assert longest.orientation.azimuth == pytest.approx(166, abs=6)
    assert longest.major / longest.semi == pytest.approx(3, abs=0.5)
    assert fitted.variogram.sill == pytest.approx(PUBLISHED.sill, rel=0.2)
