"""A block model as a whole: against a known body, and that each step is really made."""

from __future__ import annotations

import json
import logging

import numpy as np
import pandas as pd
import pytest

from geoprospect.errors import ContractError, DataError
from geoprospect.kernels.structures import Nested, Structure
from geoprospect.resources import block_model as module
from geoprospect.resources.block_chances import Indicators
from geoprospect.resources.block_model import block_model
from geoprospect.resources.block_samples import CELLS
from geoprospect.resources.block_variogram import Fit, looked
from geoprospect.resources.declustering import cell_sizes
from geoprospect.resources.rival import Verdict
from geoprospect.resources.search import Search
from tests.resources.drilled import composites, holes, truth

VARIOGRAM = Nested(0.01, (Structure("spherical", 0.1, 150, 150, 40),))
STATED = {
    "grade": "cu", "unit": "%", "crs": "", "block": (30.0, 30.0, 10.0), "density": 2.5,
    "cut_offs": [0.0, 0.5, 1.0], "seed": 3, "variogram": VARIOGRAM, "folds": 4, "cell": 60.0,
    "search": Search(most=12, fewest=3, passes=(1.0,)), "discretisation": (2, 2, 2),
    "points": (1, 1, 2),
}  # fmt: skip


def modelled(samples=None, **change):
    given = STATED | {"collars": holes()[0]} | change
    return block_model(composites() if samples is None else samples, **given)


@pytest.fixture(scope="module")
def made():
    return modelled(simulations=100)


def test_blocks_are_near_the_truth(made):
    estimates = made.blocks["estimate"].to_numpy().ravel()
    known = np.isfinite(estimates)
    centres = made.grid.centres()[known]
    assert np.corrcoef(estimates[known], truth(centres))[0, 1] > 0.93
    assert np.abs(estimates[known] - truth(centres)).mean() < 0.1
    assert made.blocks["estimate"].attrs == {"long_name": "cu", "units": "%"}


def test_kriging_beats_the_nearest_composite_out_of_hole(made):
    table = made.judged.table.set_index("estimator")
    assert list(table.index) == ["nearest", "inverse_distance", "kriging", "lightgbm"]
    assert table.loc["kriging", "MAE"] < table.loc["nearest", "MAE"]
    assert made.judged.estimates["fold"].nunique() == 4


def test_the_curve_and_that_of_realisations_are_of_the_same_blocks(made):
    known = int(np.isfinite(made.blocks["estimate"]).sum())
    whole = known * 30 * 30 * 10 * 2.5
    assert made.curve.table["tonnes"].iloc[0] == pytest.approx(whole)
    simulated = made.chances.curve.table
    assert simulated["tonnes_p50"].iloc[0] == pytest.approx(whole)
    assert made.chances.curve.realisations == 100
    assert (simulated["metal_p90"] <= simulated["metal_p10"]).all()
    assert simulated["grade"].iloc[0] == pytest.approx(made.curve.table["grade"].iloc[0], rel=0.15)


def test_intervals_are_held_against_holes_left_out(made):
    table = made.chances.coverage.set_index("share")["covered"]
    assert table.loc[0.9] > table.loc[0.5] > 0.2
    told = made.told()
    assert [one["share"] for one in told["coverage"]] == [0.5, 0.8, 0.9]
    assert told["simulated_blocks"] == told["estimates"]["known"]
    assert [one["what"] for one in told["checks"]] == ["mean of scores", "variance of scores"]
    assert all(abs(one["errors"]) < 4 for one in told["checks"])


def test_blocks_are_sorted_by_how_well_they_are_known():
    rules = Indicators({"own": (50.0, 100.0, 200.0)}, quarter=1e5, year=1e6, cut_off=0.3)
    found = modelled(simulations=100, classes=rules)
    spacing = found.blocks["hole_spacing"].to_numpy().ravel()
    known = np.isfinite(found.blocks["estimate"].to_numpy().ravel())
    assert (np.isfinite(spacing) == known).all()
    assert 45 < spacing[known].min() < 90  # holes stand 60 m apart
    assert set(np.unique(found.blocks["by_own"].to_numpy().ravel()[known])) <= {0, 1, 2, 3}
    told = found.told()["indicators"]
    assert told["label"] == "classification indicator"
    assert {one["indicator"] for one in told["shares"]} == {"by_own", "by_production"}
    with pytest.raises(ContractError, match="judged by realisations; state simulations"):
        modelled(classes=rules)
    with pytest.raises(ContractError, match="stated both, of a quarter and of a year"):
        Indicators({"own": (50.0, 100.0, 200.0)}, quarter=1e5)


def test_blocks_above_the_collars_are_air(made):
    centres = made.grid.centres()
    below = modelled(surface="none", margin=10.0)
    held = modelled(margin=10.0)
    assert below.air == 0
    above = held.grid.centres()[:, 2] > 0.01 * np.clip(held.grid.centres()[:, 0], 0, 180)
    inside = (held.grid.centres()[:, :2] > 0).all(axis=1) & (
        held.grid.centres()[:, :2] < [180, 120]
    ).all(axis=1)
    values = held.blocks["estimate"].to_numpy().ravel()
    assert np.isnan(values[above & inside]).all()
    assert held.air == int(above.sum()) > 0
    assert np.isfinite(below.blocks["estimate"].to_numpy().ravel()[above]).any()
    assert len(centres) == made.grid.blocks


def test_a_top_cut_is_made_only_where_it_is_stated(made):
    cut = modelled(top_cut=0.8)
    assert cut.samples["cu"].max() == 0.8 < made.samples["cu"].max()
    assert cut.told()["top_cut"] == 0.8
    assert made.told()["top_cut"] is None
    assert cut.told()["top_cuts"] == made.told()["top_cuts"]
    assert float(cut.blocks["estimate"].max()) < float(made.blocks["estimate"].max())


def test_samples_twice_at_one_place_do_no_harm(caplog):
    twice = pd.concat([composites(), composites().iloc[:12].assign(hole="H00W")])
    with caplog.at_level(logging.WARNING):
        found = modelled(twice.reset_index(drop=True))
    assert len(found.samples) == len(composites())
    assert "H00 and H00W" in caplog.text


def test_a_cell_is_chosen_where_the_mean_is_least():
    found = modelled(cell=None)
    tried = cell_sizes(
        found.samples[["x", "y", "z"]].to_numpy(), found.samples["cu"].to_numpy(),
        cells=[60 * size for size in CELLS],
    )  # fmt: skip
    assert found.cell == tried["cell"][tried["mean"].idxmin()]
    assert found.samples["weight"].sum() == pytest.approx(len(found.samples))


def test_the_rival_is_used_only_where_it_wins(made, monkeypatch):
    assert ("kriged" in made.blocks) == made.verdict.adopted
    verdict = Verdict(adopted=True, gain=0.1, errors=2.0, sentence="LightGBM corrects kriging.")
    monkeypatch.setattr(module.rival, "verdict", lambda judged: verdict)
    won = modelled()
    assert {"kriged", "estimate"} <= set(won.blocks)
    apart = won.blocks["kriged"] - won.blocks["estimate"]
    assert float(np.abs(apart).max()) > 0
    assert won.told()["verdict"]["adopted"]


def test_all_is_told_in_json_and_the_same_twice(made):
    told = made.told()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert json.dumps(modelled(simulations=100).told()) == json.dumps(told)
    assert told["evidence_level"] == "drilled_unclassified"
    grid, estimates = told["grid"], told["estimates"]
    assert grid["blocks"] == made.grid.blocks
    assert sum(estimates["passes"].values()) == estimates["known"]
    assert told["composites"]["mean"] == pytest.approx(composites()["cu"].mean())


def test_blocks_turn_with_their_grid():
    turned = modelled(azimuth=30.0)
    values = turned.blocks["estimate"].to_numpy().ravel()
    known = np.isfinite(values)
    assert np.corrcoef(values[known], truth(turned.grid.centres()[known]))[0, 1] > 0.9


# --- variograms ------------------------------------------------------------------------------


def test_a_stated_variogram_stands_beside_what_is_measured():
    seen = looked(composites(), grade="cu", variogram=VARIOGRAM)
    assert seen.fit is None
    line = seen.model[seen.model["direction"] == "minor axis"]
    share = np.minimum(line["distance"] / 40, 1)
    np.testing.assert_allclose(
        line["semivariance"], 0.01 + 0.1 * (1.5 * share - 0.5 * share**3), rtol=1e-9
    )
    assert {"major axis", "minor axis"} <= set(seen.measured["direction"])
    (told,) = seen.told()["structures"]
    assert told["ranges"] == [150, 150, 40]


def test_a_variogram_is_fitted_and_its_nugget_read_down_the_holes():
    fit = Fit(models=("gaussian",), nugget="down_hole", orientation=None)
    seen = looked(composites(), grade="cu", variogram=fit)
    assert seen.fit is not None
    assert 0 <= seen.variogram.nugget < 0.1
    assert seen.told()["fit"]["pairs"] > 500


def test_a_grade_that_nobody_composited_is_named():
    with pytest.raises(DataError, match="no column 'co'; known: azimuth, cu"):
        modelled(grade="co")
    with pytest.raises(DataError, match="no composite has a grade 'cu'"):
        modelled(composites().assign(cu=np.nan))
    with pytest.raises(DataError, match="there is one hole with a grade"):
        modelled(composites().query("hole == 'H00'"), cell=None)
