"""Composites: a case worked by hand, and metal that is neither made nor lost."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.errors import DataError
from geoprospect.resources.composites import composites

NAN = np.nan


def table(begin, end, grade, hole="A", **further):
    return pd.DataFrame({"hole": hole, "from": begin, "to": end, "Cu": grade} | further)


def worked():
    return table([0, 1, 2.5, 3, 4.2], [1, 2.5, 3, 4.2, 5], [0.5, 2, NAN, 4, 1])


def test_the_worked_case():
    found = composites(worked(), grades=["Cu"], length=2)
    assert found["from"].tolist() == [0, 2, 4]
    assert found["to"].tolist() == [2, 4, 5]
    np.testing.assert_allclose(found["Cu"], [1.25, 10 / 3, 1.6], rtol=1e-12)
    np.testing.assert_allclose(found["Cu_coverage"], [1, 0.75, 1], rtol=1e-12)


def test_a_short_end_joins_the_composite_above():
    found = composites(worked(), grades=["Cu"], length=2, minimum=0.6)
    assert found["to"].tolist() == [2, 5]
    assert found["Cu"].tolist()[1] == pytest.approx((0.5 * 2 + 1.2 * 4 + 0.8 * 1) / 2.5)
    assert found["Cu_coverage"].tolist()[1] == pytest.approx(2.5 / 3)


def test_a_short_end_is_dropped_and_said(caplog):
    with caplog.at_level(logging.WARNING):
        found = composites(worked(), grades=["Cu"], length=2, minimum=0.6, residual="drop")
    assert found["to"].tolist() == [2, 4]
    assert "the ends of 1 runs (1.0 m) are shorter than 1.2 m" in caplog.text


def test_a_hole_shorter_than_a_composite_stays_one_when_merging():
    found = composites(table([0], [0.5], [3]), grades=["Cu"], length=2)
    assert found[["from", "to", "Cu"]].to_numpy().tolist() == [[0, 0.5, 3]]
    assert composites(table([0], [0.4], [3]), grades=["Cu"], length=2, residual="drop").empty


def test_no_composite_reaches_across_a_contact_or_a_piece_not_logged():
    logged = table(
        [0, 1, 2, 3, 6],
        [1, 2, 3, 4, 7],
        [1, 2, 3, 4, 5],
        rock=["ore", "ore", "waste", "ore", "ore"],
    )
    found = composites(logged, grades=["Cu"], length=5, domain="rock")
    assert found[["from", "to", "rock", "Cu"]].to_numpy().tolist() == [
        [0, 2, "ore", 1.5], [2, 3, "waste", 3], [3, 4, "ore", 4], [6, 7, "ore", 5]
    ]  # fmt: skip


def test_rock_without_a_code_is_a_domain_of_its_own():
    logged = table([0, 1, 2], [1, 2, 3], [1, 2, 3], rock=["ore", None, None])
    found = composites(logged, grades=["Cu"], length=5, domain="rock")
    assert found["Cu"].tolist() == [1, 2.5]
    assert found["rock"].isna().tolist() == [False, True]


def test_without_domains_a_gap_is_ground_not_assayed():
    found = composites(table([0, 3], [1, 4], [2, 4]), grades=["Cu"], length=4)
    assert found["Cu"].tolist() == [3]
    assert found["Cu_coverage"].tolist() == [0.5]


def test_zero_is_a_grade_and_blank_is_none():
    zero = composites(table([0, 1], [1, 2], [0.0, 4]), grades=["Cu"], length=2)
    blank = composites(table([0, 1, 2], [1, 2, 3], [4, NAN, 4.0]), grades=["Cu"], length=3)
    assert zero["Cu"].tolist() == [2]
    assert blank["Cu"].tolist() == [4]


def test_composites_begin_at_the_first_assay(caplog):
    with caplog.at_level(logging.INFO):
        found = composites(
            table([0, 300, 302, 304], [300, 302, 304, 400], [NAN, 1, 2, NAN]),
            grades=["Cu"], length=2,
        )  # fmt: skip
    assert found["from"].tolist() == [300, 302]
    assert "2 intervals (396.0 m) lie before the first or after the last assay" in caplog.text


def test_with_density_a_grade_is_metal_over_mass():
    heavy = table([0, 1], [1, 2], [1.0, 4.0], density=[2.0, 4.0])
    found = composites(heavy, grades=["Cu"], length=2, density="density")
    assert found["Cu"].tolist() == [3]


def test_each_grade_has_its_own_coverage():
    found = composites(
        table([0, 1], [1, 2], [1.0, NAN], Au=[NAN, 5.0]), grades=["Cu", "Au"], length=2
    )
    assert found[["Cu", "Cu_coverage", "Au", "Au_coverage"]].to_numpy().tolist() == [
        [1, 0.5, 5, 0.5]
    ]


lengths = st.lists(st.floats(0.05, 7), min_size=1, max_size=12)


def drawn_hole(steps, seed, blank=0.0):
    rng = np.random.default_rng(seed)
    ends = np.cumsum(steps)
    grade = np.where(rng.random(len(steps)) < blank, NAN, rng.lognormal(size=len(steps)))
    codes = rng.choice(["a", "b"], len(steps))
    return table(ends - steps, ends, grade, rock=codes)


@settings(max_examples=30)
@given(
    lengths, st.floats(0.3, 6), st.floats(0, 1), st.integers(0, 99), st.sampled_from([None, "rock"])
)
def test_length_and_metal_are_neither_made_nor_lost(steps, length, minimum, seed, domain):
    hole = drawn_hole(np.array(steps), seed)
    found = composites(hole, grades=["Cu"], length=length, minimum=minimum, domain=domain)
    np.testing.assert_allclose(found["length"].sum(), sum(steps), rtol=1e-9)
    metal = ((hole["to"] - hole["from"]) * hole["Cu"]).sum()
    np.testing.assert_allclose((found["length"] * found["Cu"]).sum(), metal, rtol=1e-6)
    np.testing.assert_allclose(found["Cu_coverage"], 1, atol=1e-6)


@settings(max_examples=30)
@given(lengths, st.floats(0.3, 6), st.integers(0, 99), st.sampled_from([None, "rock"]))
def test_every_composite_is_the_mean_of_what_lies_within(steps, length, seed, domain):
    hole = drawn_hole(np.array(steps), seed, blank=0.4)
    if hole["Cu"].isna().all():
        return
    for one in composites(hole, grades=["Cu"], length=length, domain=domain).itertuples():
        weight = metal = 0.0
        for part in hole.itertuples():
            inside = min(one[3], part[3]) - max(one[2], part[2])
            if inside > 0 and not np.isnan(part.Cu):
                weight, metal = weight + inside, metal + inside * part.Cu
                assert domain is None or inside < 1e-5 or one.rock == part.rock
        assert one.Cu_coverage == pytest.approx(weight / one.length, abs=1e-6)
        assert np.isnan(one.Cu) if weight == 0 else one.Cu == pytest.approx(metal / weight)


def test_neither_order_nor_other_holes_change_a_bit():
    one, other = drawn_hole(np.full(9, 1.3), 1), drawn_hole(np.full(7, 0.7), 2).assign(hole="B")
    both = pd.concat([other, one]).sample(frac=1, random_state=3)
    found = composites(both, grades=["Cu"], length=2)
    for hole, table_of in (("A", one), ("B", other)):
        alone = composites(table_of, grades=["Cu"], length=2)
        pd.testing.assert_frame_equal(
            found[found["hole"] == hole].reset_index(drop=True), alone, check_exact=True
        )


@pytest.mark.parametrize(
    ("intervals", "message"),
    [
        (table([0, 1], [2, 3], [1, 1]), "1 intervals overlap the next one"),
        (table([0, 5], [2, 5], [1, 1]), "1 intervals do not end below where they begin"),
        (table([0], [2], [NAN]), "no interval has any of the grades Cu"),
        (table([0], [2], [1]).rename(columns={"Cu": "CU"}), "no column 'Cu'; known: CU, from"),
    ],
)
def test_what_cannot_be_composited_is_refused(intervals, message):
    with pytest.raises(DataError, match=message):
        composites(intervals, grades=["Cu"], length=2)


def test_a_grade_without_density_is_refused():
    light = table([0, 1], [1, 2], [1.0, 4.0], density=[2.0, NAN])
    with pytest.raises(DataError, match="1 intervals have a grade, but no positive 'density'"):
        composites(light, grades=["Cu"], length=2, density="density")


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match="length must be positive, got 0 m"):
        composites(worked(), grades=["Cu"], length=0)
    with pytest.raises(ValueError, match="from 0 to 1, got 2"):
        composites(worked(), grades=["Cu"], length=2, minimum=2)
    with pytest.raises(DataError, match="name their columns in grades"):
        composites(worked(), grades=[], length=2)
