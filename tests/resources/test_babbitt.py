"""Babbitt, from the raw tables to a block model, its curve, and what holes left out say of it."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from geoprospect.blocks import around
from geoprospect.ingest.drillholes import METRES, drillholes
from geoprospect.kernels.structures import Nested, Structure
from geoprospect.resources.composites import composites
from geoprospect.resources.declustering import cell_weights
from geoprospect.resources.drill_traces import located
from geoprospect.resources.estimators import inverse_distance, kriging, nearest_sample
from geoprospect.resources.grade_tonnage_curve import grade_tonnage_curve
from geoprospect.resources.kriging import kriged
from geoprospect.resources.out_of_hole import hole_folds, out_of_hole
from geoprospect.resources.search import Search
from geoprospect.resources.swath import swaths
from geoprospect.resources.twins import without_twins

log = logging.getLogger(__name__)  # pytest --log-cli-level=INFO prints the figures

VARIOGRAM = Nested(0.015, (Structure("spherical", 0.035, 60, 60, 60),
                           Structure("spherical", 0.03, 300, 300, 200)))  # fmt: skip
CUT_OFFS = [0, 0.2, 0.3, 0.5, 0.8]


@pytest.fixture(scope="module")
def holes(real_data):
    folder = real_data / "drill_babbitt"
    return drillholes(
        collar=folder / "collar_BABBITT.csv",
        survey=folder / "survey_BABBITT.csv",
        interval=folder / "assay_BABBITT.csv",
        collar_columns={"hole": "BHID", "x": "XCOLLAR", "y": "YCOLLAR", "z": "ZCOLLAR"},
        survey_columns={"hole": "BHID", "depth": "AT", "azimuth": "AZ", "dip": "DIP"},
        interval_columns={"hole": "BHID", "from": "FROM", "to": "TO"},
        grades=["CU"], units={"CU": "%"}, unit="ft", dip_down="positive",
        end_codes=[90_000],
    )  # fmt: skip


@pytest.fixture(scope="module")
def samples(holes):
    """Composites of fifty feet with copper, in their places, twins taken together."""
    made = composites(holes.intervals, grades=["CU"], length=50 * METRES["ft"])
    placed = located(made, collars=holes.collars, surveys=holes.surveys)
    return without_twins(placed[placed["CU"].notna()].reset_index(drop=True), grades=["CU"])


def test_holes_left_out_are_told_better_by_kriging_than_by_the_nearest_sample(samples):
    found = out_of_hole(samples, grade="CU", estimators={
        "nearest sample": nearest_sample(grade="CU"),
        "inverse distance": inverse_distance(grade="CU"),
        "kriging": kriging(grade="CU", variogram=VARIOGRAM),
    }, folds=hole_folds(samples, count=10, seed=0))  # fmt: skip
    log.info("holes left out:\n%s", found.table.round(4).to_string(index=False))
    table = found.table.set_index("estimator")
    assert len(found.by_hole) > 380
    for other in ("nearest sample", "inverse distance"):
        gain, error = found.gain("kriging", other)
        log.info("kriging errs less than %s by %.4f +- %.4f %% Cu", other, gain, error)
        assert gain > 2 * error
        assert table.loc["kriging", "RMSE"] < table.loc[other, "RMSE"]
    assert abs(table.loc["kriging", "ME"]) < 0.01
    assert table.loc["kriging", "slope"] == pytest.approx(1, abs=0.1)


def test_blocks_and_their_curve_follow_the_samples(samples):
    grid = around(samples[["x", "y", "z"]], size=(100.0, 100.0, 30.0), crs="local")
    near = Search(radii=(150, 150, 75), passes=(1.0,))
    found = kriged(samples, grid, grade="CU", variogram=VARIOGRAM, search=near,
                   discretisation=(3, 3, 2))  # fmt: skip
    made = grade_tonnage_curve(
        found["estimate"], cut_offs=CUT_OFFS, volume=grid.volume, density=3.0, unit="%"
    )
    known = found["estimate"].notna()
    log.info("%d of %d blocks have a grade", known.sum(), grid.blocks)
    log.info("grade-tonnage curve:\n%s", made.table.round(4).to_string(index=False))
    whole = made.table.iloc[0]
    assert whole["tonnes"] == pytest.approx(known.sum() * 300_000 * 3)
    assert whole["metal"] == pytest.approx(whole["tonnes"] * found["estimate"].mean() / 100)
    weights = cell_weights(samples[["x", "y", "z"]].to_numpy(), cell=(300, 300, 60))
    mean = np.average(samples["CU"], weights=weights)
    assert whole["grade"] == pytest.approx(mean, rel=0.15)
    assert found["estimate"].std() < samples["CU"].std(), "blocks are smoother than samples"
    table = swaths(samples, found["estimate"], grid=grid, grade="CU", weights=weights,
                   thickness=(4, 4, 3))  # fmt: skip
    full = table[(table["samples"] > 100) & (table["blocks"] > 100)]
    assert len(full) > 10
    assert pd.Series(full["sample_mean"]).corr(full["block_mean"]) > 0.8
