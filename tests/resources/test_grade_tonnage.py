"""Sizes and grades: fits against truth, moments against integrals, tables against published."""

import logging

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from geoprospect.errors import DataError
from geoprospect.resources.grade_tonnage import grade_tonnage
from geoprospect.resources.published import figures, published
from geoprospect.resources.tonnage import Tonnage, bandwidth
from tests.resources.models import CENTRE, LN_GREATEST, LN_LEAST, LN_MEAN, LN_SD, VARIATION, example
from tests.resources.tables import fitted

ASKED = {"name": "made", "source": "here", "tonnage": "t", "tonnage_unit": "Mt",
         "grades": {"Cu": "cu", "Au": "au"}, "grade_units": {"Cu": "%", "Au": "g/t"}}  # fmt: skip


def table(count=2000, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "t": np.exp(rng.normal(5, 1.2, count)),
        "cu": np.exp(rng.normal(-0.8, 0.4, count)),
        "au": np.exp(rng.normal(-1.2, 0.7, count)),
    })  # fmt: skip


# --- tonnage --------------------------------------------------------------------------------


def test_means_of_the_worked_example():
    whole = Tonnage(np.array([LN_MEAN]), LN_SD)
    cut = Tonnage(np.array([LN_MEAN]), LN_SD, LN_LEAST, LN_GREATEST)
    assert whole.moment(1) / 1e6 == pytest.approx(569, abs=0.5)
    assert cut.moment(1) / 1e6 == pytest.approx(427, abs=0.5)


@pytest.mark.parametrize("ends", [(-np.inf, np.inf), (1.0, 6.0)])
@pytest.mark.parametrize("centres", [[3.0], [2.0, 3.5, 3.6]])
@pytest.mark.parametrize("power", [1, 2, 3])
def test_moments_are_integrals(ends, centres, power):
    made = Tonnage(np.array(centres), 0.7, *ends)

    def density(x):
        return np.mean([stats.norm.pdf(x, one, 0.7) for one in centres])

    low, high = max(ends[0], -5), min(ends[1], 16)
    mass = integrate.quad(density, low, high, epsabs=1e-13, limit=200)[0]
    raised = integrate.quad(lambda x: np.exp(power * x) * density(x), low, high, limit=200)[0]
    assert made.moment(power) == pytest.approx(raised / mass, rel=1e-6)


@pytest.mark.parametrize("ends", [(-np.inf, np.inf), (1.0, 4.0)])
def test_draws_follow_the_distribution(ends):
    centres = np.array([1.5, 3.0, 3.2])
    made = Tonnage(centres, 0.5, *ends)
    logs = np.log(made.drawn(*np.random.default_rng(2).random((2, 20_000))))

    def below(x):
        shares = [stats.norm.cdf(np.clip(x, *ends), one, 0.5) for one in centres]
        least, most = (np.sum([stats.norm.cdf(end, one, 0.5) for one in centres]) for end in ends)
        return (np.sum(shares, axis=0) - least) / (most - least)

    assert stats.kstest(logs, below).pvalue > 0.01
    assert logs.min() >= ends[0] - 1e-9
    assert logs.max() <= ends[1] + 1e-9


def test_the_bandwidth_is_silvermans():
    values = np.arange(1.0, 101)
    assert bandwidth(values) == pytest.approx(
        0.9 * min(values.std(ddof=1), 49.5 / 1.34) * 100**-0.2
    )
    rounded = np.array([0.0] * 8 + [1.0, 2.0])
    assert bandwidth(rounded) > 0, "half the values alike: the interquartile range is 0"


# --- fits -----------------------------------------------------------------------------------


def test_the_fit_finds_what_the_table_was_made_of():
    made = grade_tonnage(table(), **ASKED)
    assert made.tonnage.centres[0] == pytest.approx(5 + np.log(1e6), abs=0.1)
    assert made.tonnage.width == pytest.approx(1.2, rel=0.05)
    assert made.centre["Cu"] == pytest.approx(np.exp(-0.8) / 100, rel=0.03)
    assert made.centre["Au"] == pytest.approx(np.exp(-1.2) / 1e6, rel=0.06)
    assert abs(made.told["dependence"]["Cu"]["r"]) < 0.05


def test_grades_come_back_as_they_were():
    """Drawn grades have the means of logarithms, and their covariance, that the table has."""
    frame = table()
    made = grade_tonnage(frame, **ASKED)
    drawn = np.log(made.grades(np.random.default_rng(3).standard_normal((200_000, 2))))
    logs = np.log(frame[["cu", "au"]].to_numpy() * [1e-2, 1e-6])
    np.testing.assert_allclose(drawn.mean(axis=0), logs.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(logs.T), atol=0.01)


def test_units_are_units():
    frame = table(200)
    scaled = frame.assign(t=frame["t"] * 1000, cu=frame["cu"] * 10)
    one = grade_tonnage(frame, **ASKED)
    other = grade_tonnage(
        scaled, **ASKED | {"tonnage_unit": "kt", "grade_units": {"Cu": "kg/t", "Au": "ppm"}}
    )
    np.testing.assert_allclose(one.mean, other.mean)
    np.testing.assert_allclose(one.tonnage.centres, other.tonnage.centres)


def test_without_truncation_both_means_are_told(caplog):
    frame = table(100)
    made = grade_tonnage(frame, **ASKED)
    assert "tonnages are not truncated; a deposit's mean ore is then" in caplog.text
    means = made.told["means"]
    assert means["sample"] == pytest.approx(1e6 * frame["t"].mean())
    assert means["truncated"] < means["untruncated"] == pytest.approx(made.tonnage.moment(1))
    caplog.clear()
    cut = grade_tonnage(frame, **ASKED, truncated=True)
    assert "truncated" not in caplog.text
    assert cut.tonnage.moment(1) == pytest.approx(means["truncated"])


def test_a_kernel_follows_two_humps():
    rng = np.random.default_rng(4)
    frame = table(400).assign(t=np.exp(np.concatenate([rng.normal(1, 0.3, 200),
                                                       rng.normal(6, 0.3, 200)])))  # fmt: skip
    made = grade_tonnage(frame, **ASKED, shape="kernel")
    logs = np.log(made.tonnage.drawn(*rng.random((2, 20_000)))) - np.log(1e6)
    assert ((logs > 2.5) & (logs < 4.5)).mean() < 0.15
    with pytest.raises(DataError, match="40 deposits are too few for a kernel"):
        grade_tonnage(table(40), **ASKED, shape="kernel")


def test_dependence_is_tested_and_told(caplog):
    frame = table(200)
    frame["cu"] = frame["cu"] * frame["t"] ** -0.3
    with caplog.at_level(logging.WARNING):
        made = grade_tonnage(frame, **ASKED, truncated=True)
    assert (
        "not independent of each other, as the simulation takes them to be: Cu (r = -0"
        in caplog.text
    )
    wanted = np.corrcoef(np.log(frame["t"]), np.log(frame["cu"]))[0, 1]
    assert made.told["dependence"]["Cu"]["r"] == pytest.approx(wanted)


def test_zeros_need_a_meaning(caplog):
    frame = table(100)
    frame.loc[:9, "au"] = 0
    with pytest.raises(
        DataError, match="au: 10 zeros; 0 often means missing: if it does, say zeros"
    ):
        grade_tonnage(frame, **ASKED)
    with caplog.at_level(logging.INFO):
        made = grade_tonnage(frame, **ASKED, zeros="missing")
    assert (made.deposits, made.graded) == (100, 90)
    assert "au: 10 zeros count as missing" in caplog.text
    assert "90 of 100 deposits that have all of them" in caplog.text
    blank = frame.assign(au=frame["au"].where(frame["au"] > 0))
    np.testing.assert_array_equal(grade_tonnage(blank, **ASKED).mean, made.mean)


@pytest.mark.parametrize(
    ("change", "given", "why"),
    [
        ({"cu": -1.0}, {}, "cu: 100 values below 0"),
        ({"cu": 120.0}, {}, "add up to 100 % or more; look at their units"),
        ({"au": np.nan}, {}, "0 of 100 deposits have a tonnage and grades of Cu, Au; 4 at least"),
        ({}, {"tonnage": "tons"}, "lacks columns:(.|\n)*'tons'"),
        ({}, {"grade_units": {"Cu": "%", "Au": "oz"}}, "every grade needs a unit(.|\n)*Au: oz"),
        ({}, {"grade_units": {"Cu": "%"}}, "Au: no unit"),
        ({}, {"grades": {}, "grade_units": {}}, "no grade"),
    ],
)
def test_tables_that_are_unusable_are_refused(change, given, why):
    with pytest.raises(DataError, match=why):
        grade_tonnage(table(100).assign(**change), **ASKED | given)


def test_the_worked_example_is_what_was_published():
    made = example()
    found = np.array([*made.centre.values()])
    np.testing.assert_allclose(found, CENTRE[:2], rtol=1e-5)
    drawn = made.grades(np.random.default_rng(5).standard_normal((200_000, 2)))
    whole = np.log(np.column_stack([drawn, 1 - drawn.sum(axis=1)]))
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert (whole[:, i] - whole[:, j]).var() == pytest.approx(VARIATION[i, j], rel=0.02)


# --- shipped figures ------------------------------------------------------------------------


def test_shipped_models_are_whole(caplog):
    for name in figures():
        made = published(name=name, truncated=True)
        assert made.tonnage.moment(1) == pytest.approx(made.told["means"]["truncated"], rel=1e-6)
        assert min(made.centre.values()) > 0
        assert sum(made.centre.values()) < 0.2
    assert not caplog.text
    assert np.isinf(published(name="porphyry_copper").tonnage.high)
    assert "not truncated" in caplog.text
    with pytest.raises(DataError, match="no model of 'porphyry'; did you mean 'porphyry_copper'"):
        published(name="porphyry")


@pytest.mark.real_data
def test_shipped_figures_are_those_of_the_tables(real_data):
    for name, (made, least, greatest) in fitted(real_data).items():
        kept = figures()[name]
        assert (kept["deposits"], kept["graded"]) == (made.deposits, made.graded)
        assert kept["ln_mean"] == pytest.approx(made.tonnage.centres[0], rel=1e-7)
        assert kept["ln_sd"] == pytest.approx(made.tonnage.width, rel=1e-7)
        assert [kept["ln_least"], kept["ln_greatest"]] == pytest.approx(np.log([least, greatest]))
        np.testing.assert_allclose(kept["balance_mean"], made.mean, rtol=1e-6)
        np.testing.assert_allclose(
            kept["balance_covariance"], made.covariance, rtol=1e-5, atol=1e-8
        )


@pytest.mark.real_data
def test_the_porphyry_table_is_the_published_one(real_data):
    frame = pd.read_csv(real_data / "usgs_grade_tonnage" / "usgs_porcu.csv")
    tons = frame["oreton"][frame["oreton"] > 0]
    assert len(tons) == published(name="porphyry_copper", truncated=True).deposits == 422
    assert tons.quantile([0.1, 0.5, 0.9]).tolist() == pytest.approx([34.1, 242.5, 1448.8])
    assert published(name="massive_sulphide", truncated=True).deposits == 868
