"""Grade-tonnage curves: the published lognormal table, a hand-counted model, and what must hold."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geoprospect.errors import DataError
from geoprospect.quantities import checked
from geoprospect.resources.grade_tonnage_curve import (
    above,
    block_tonnes,
    curve_of,
    grade_tonnage_curve,
    lognormal_curve,
    simulated_curve,
)

CUTS = [0.25, 0.5, 1, 2]
BLOCK = {"volume": 100.0, "density": 2.5, "unit": "%"}

models = st.lists(st.floats(0, 5), min_size=1, max_size=30)


def test_lognormal_blocks_have_the_published_curve():
    made = lognormal_curve(CUTS, mean=1, cv=1)
    np.testing.assert_allclose(made["tonnes"], [0.89414, 0.66140, 0.33860, 0.10586], atol=5e-6)
    np.testing.assert_allclose(made["metal"], [0.98130, 0.89414, 0.66140, 0.33860], atol=5e-6)
    np.testing.assert_allclose(made["grade"], [1.09748, 1.35189, 1.95331, 3.19850], atol=2e-5)
    assert lognormal_curve([0, 1], mean=3, cv=0.4).iloc[0].tolist() == [0, 1, 3, 1]


def test_a_model_of_lognormal_grades_comes_to_it():
    spread = np.sqrt(np.log(2))
    ranks = (np.arange(200_000) + 0.5) / 200_000
    grades = stats.lognorm.ppf(ranks, s=spread, scale=np.exp(-(spread**2) / 2))
    made = grade_tonnage_curve(grades, cut_offs=[0, *CUTS], volume=10, density=3, unit="g/t").table
    exact = lognormal_curve([0, *CUTS], mean=1, cv=1)
    np.testing.assert_allclose(made["tonnes"], exact["tonnes"] * 6e6, rtol=1e-4)
    np.testing.assert_allclose(made["grade"], exact["grade"], rtol=1e-3)
    np.testing.assert_allclose(made["metal"], exact["metal"] * 6, rtol=1e-3)


def test_four_blocks_counted_by_hand(caplog):
    with caplog.at_level(logging.INFO):
        made = grade_tonnage_curve(
            [[0.2, 1.0], [3.0, np.nan]], cut_offs=[0.5, 1, 4], volume=100, density=[2, 3, 4, 5],
            unit="%",
        )  # fmt: skip
    assert made.table["tonnes"].tolist() == [700, 700, 0]
    assert made.table["metal"].tolist() == pytest.approx([15, 15, 0])
    assert made.table["grade"].tolist() == pytest.approx([15 / 7, 15 / 7, np.nan], nan_ok=True)
    assert "1 of 4 blocks have no grade" in caplog.text
    assert made.told()["curve"][2] == {"cut_off": 4, "tonnes": 0, "grade": None, "metal": 0}


@given(models)
def test_more_cut_off_less_ore_and_metal_richer(grades):
    table = grade_tonnage_curve(grades, cut_offs=[0, *CUTS], **BLOCK).table
    assert table["tonnes"].iloc[0] == pytest.approx(250 * len(grades))
    assert table["metal"].iloc[0] == pytest.approx(2.5 * sum(grades))
    assert (np.diff(table[["tonnes", "metal"]], axis=0) <= 1e-9).all()
    rich = table["grade"].dropna()
    assert (rich >= table["cut_off"][rich.index] - 1e-9).all()


@given(st.lists(models.map(lambda one: (one * 30)[:30]), min_size=1, max_size=4))
def test_parts_of_a_model_add_up_to_the_whole(rows):
    grades = np.array(rows)
    whole = simulated_curve(grades, cut_offs=CUTS, **BLOCK)
    tonnes = block_tonnes(grades, volume=100, density=2.5)
    parts = [above(grades[:, at], tonnes[at], CUTS) for at in (slice(0, 7), slice(7, None))]
    made = curve_of(parts, cut_offs=CUTS, unit="%", simulated=True)
    np.testing.assert_allclose(made.table, whole.table, rtol=1e-12)


def test_realisations_are_summed_each_by_itself():
    # eleven models of two blocks: one block always 1 %, the other 0, 0.3, ... 3 %
    other = np.arange(11) * 0.3
    made = simulated_curve(np.stack([np.ones(11), other], axis=1), cut_offs=[0, 1.05], **BLOCK)
    whole, rich = (row for _, row in made.table.iterrows())
    assert [whole["tonnes_p90"], whole["tonnes_p10"]] == [500, 500]
    assert whole["metal_p90"] == pytest.approx(2.5 * 1.3)  # the second of eleven
    assert whole["metal_p10"] == pytest.approx(2.5 * 3.7)
    assert whole["metal"] == pytest.approx(2.5 * 2.5)
    assert [rich["tonnes_p90"], rich["tonnes_p50"], rich["tonnes_p10"]] == [0, 250, 250]
    assert rich["grade_p50"] == pytest.approx(2.1)  # among the seven that have ore there
    assert made.realisations == 11


def test_it_is_drilled_and_unclassified_and_never_a_resource():
    made = simulated_curve(np.ones((3, 2)), cut_offs=[0.5], **BLOCK)
    amount = made.quantity("metal", cut_off=0.5)
    assert made.evidence_level == amount.evidence_level == "drilled_unclassified"
    assert (amount.mean, amount.unit) == (5.0, "t")
    assert amount.quantiles == {0.1: 5.0, 0.5: 5.0, 0.9: 5.0}
    for text in (amount.name, amount.method, str(made.told()["curve"])):
        checked(text, "predicted")  # no word of it is one that is kept for what was classified
    with pytest.raises(KeyError, match=r"cut-offs 0\.5; got 'gold'"):
        made.quantity("gold", cut_off=0.5)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"grades": [np.nan]}, DataError, "no block has a grade"),
        ({"density": [0.0]}, DataError, "1 blocks have a grade, but no positive density"),
        ({"unit": "oz"}, DataError, "'oz' is no concentration"),
        ({"cut_offs": [1, 1]}, ValueError, "cut-offs must be numbers that rise"),
        ({"cut_offs": []}, ValueError, "cut-offs must be numbers that rise"),
        ({"volume": 0}, ValueError, "volume must be positive, got 0 m3"),
    ],
)
def test_what_makes_no_curve_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        grade_tonnage_curve(**{"grades": [1.0], "cut_offs": [1], **BLOCK, **changes})


def test_what_is_not_lognormal_is_refused():
    with pytest.raises(ValueError, match="mean and cv must be positive, got 1 and 0"):
        lognormal_curve(CUTS, mean=1, cv=0)
    with pytest.raises(ValueError, match="not negative, got -1"):
        lognormal_curve([-1, 1], mean=1, cv=1)
