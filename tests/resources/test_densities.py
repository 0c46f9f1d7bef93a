"""Deposit densities against published values, the control tracts, and simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from geoprospect.errors import DataError
from geoprospect.resources.densities import density_models, deposit_density, mean_of, one_level


@pytest.mark.parametrize(
    ("type_", "area", "wanted"),
    [
        ("porphyry_copper", 1_000, (0.76, 1.78, 4.14)),
        ("porphyry_copper", 10_000, (2.24, 4.80, 10.29)),
        ("porphyry_copper", 50_000, (4.54, 9.59, 20.26)),
        ("massive_sulphide", 1_000, (1.32, 3.72, 10.44)),
        ("massive_sulphide", 10_000, (3.07, 9.02, 26.46)),
    ],
)
def test_the_published_values_are_met(type_, area, wanted):
    told = deposit_density(area=area, type=type_, extrapolate=True).provenance
    found = [told[key] for key in ("n90", "n50", "n10")]
    # 0.007: the last digit, and t, which was published to three decimals
    assert found == pytest.approx(wanted, abs=0.007, rel=6e-4)


def test_the_general_model_is_met():
    told = deposit_density(area=3228, type="general", tonnage=0.5).provenance
    assert [told[key] for key in ("n90", "n50", "n10")] == pytest.approx(
        (3.72, 10.50, 29.66), abs=6e-3
    )


def test_the_distribution_goes_through_its_three_numbers():
    made = deposit_density(area=100_000, type="porphyry_copper")
    for share, key in ((0.9, "n90"), (0.5, "n50"), (0.1, "n10")):
        assert made.at_least(share) == pytest.approx(made.provenance[key], abs=1)
    assert made.mean == pytest.approx(made.provenance["expected_in_all"], rel=0.002)


def test_the_mean_of_a_log_normal_is_the_true_one():
    drawn = 10 ** np.random.default_rng(1).normal(1, 0.25, 400_000)
    assert mean_of(1, 0.25) == pytest.approx(11.80, abs=0.005)
    assert drawn.mean() == pytest.approx(mean_of(1, 0.25), abs=4 * drawn.std() / 400_000**0.5)
    published = 10 ** (1 + 0.25**2 / 2)
    assert published == pytest.approx(10.75, abs=0.005), "too little"


def test_known_deposits_are_taken_from_the_mean():
    alone = deposit_density(area=20_000, type="porphyry_copper")
    left = deposit_density(area=20_000, type="porphyry_copper", known=3)
    assert left.mean == pytest.approx(alone.mean - 3, abs=0.03)
    assert left.provenance["expected_in_all"] == alone.provenance["expected_in_all"]


def test_more_known_than_expected_is_no_estimate():
    with pytest.raises(DataError, match=r"40 deposits are known and the model expects .* in all"):
        deposit_density(area=20_000, type="porphyry_copper", known=40)


def test_areas_beyond_the_controls_need_a_word(caplog):
    with pytest.raises(DataError, match=r"1000 km2 lies beyond .* \(1552 to 255700 km2\)"):
        deposit_density(area=1_000, type="porphyry_copper")
    made = deposit_density(area=1_000, type="porphyry_copper", extrapolate=True)
    assert "extrapolated" in caplog.text
    assert "extrapolated" in made.caveats[0]


@pytest.mark.parametrize(
    ("given", "error", "why"),
    [
        ({"area": 0, "type": "general", "tonnage": 1}, ValueError, "above 0 km2"),
        ({"area": 900, "type": "general"}, ValueError, "tonnage, the median ore tonnage"),
        ({"area": 9000, "type": "porphyry_copper", "tonnage": 1}, ValueError, "only with it"),
        ({"area": 9000, "type": "porphyry"}, DataError, "did you mean 'porphyry_copper'"),
        (
            {"area": 900, "type": "general", "fit": "least_squares", "tonnage": 1},
            DataError,
            "no least",
        ),
    ],
)
def test_what_cannot_be_is_refused(given, error, why):
    with pytest.raises(error, match=why):
        deposit_density(**given)


FILES = {"podiform_chromite": "PodiformCr", "massive_sulphide": "VMS", "porphyry_copper": "PorCu"}


@pytest.mark.real_data
@pytest.mark.parametrize("type_", FILES)
def test_the_figures_are_those_of_the_control_tracts(real_data, type_):
    folder = real_data / "usgs_grade_tonnage" / "mapwizard"
    table = pd.read_csv(folder / f"Indata{FILES[type_]}.csv", sep=";", header=None)
    area = table[2].astype(str).str.replace(r"[^\d.]", "", regex=True).astype(float).to_numpy()
    x, y = np.log10(area), np.log10(table[3].to_numpy(float))
    fit = stats.linregress(x, y)
    model = density_models()[type_, "least_squares"]
    assert [model.a, model.b] == pytest.approx([fit.intercept, fit.slope], abs=1e-6)
    assert (model.smallest, model.largest, model.tracts) == (area.min(), area.max(), len(area))
    residual = y - fit.intercept - fit.slope * x
    sd = (residual @ residual / (len(x) - 2)) ** 0.5
    design = np.column_stack([np.ones(len(x)), x])
    at = np.array([1.0, np.log10(5000.0)])
    leverage = at @ np.linalg.inv(design.T @ design) @ at
    reach = stats.t.ppf(0.9, len(x) - 2) * sd * np.sqrt(1 + leverage)
    assert model.reach(5000.0) == pytest.approx(reach, abs=1e-5), "the prediction interval"
    published = density_models()[type_, "published"]
    assert [published.a, published.b] == pytest.approx([model.a, model.b], abs=1e-3)


# --- one level ------------------------------------------------------------------------------


def test_unexplored_ground_as_rich_as_explored():
    made = one_level(known=12, explored=300, unexplored=900)
    assert made.mean == pytest.approx(12.5 * 3, rel=1e-4)
    assert made.variance == pytest.approx(12.5 * 3 * (1 + 3), rel=1e-2)
    rng = np.random.default_rng(4)
    drawn = rng.poisson(rng.gamma(12.5, 1 / 300, 200_000) * 900)
    assert made.at_least(0.9) == pytest.approx(np.quantile(drawn, 0.1), abs=1)
    assert made.at_least(0.1) == pytest.approx(np.quantile(drawn, 0.9), abs=1)


def test_no_known_deposit_is_an_estimate_too():
    assert one_level(known=0, explored=100, unexplored=100).mean == pytest.approx(0.5, rel=1e-3)
    with pytest.raises(ValueError, match="both areas must be above 0 km2"):
        one_level(known=1, explored=0, unexplored=100)
