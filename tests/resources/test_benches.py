"""Bench composites: floors where geometry puts them, and metal that is neither made nor lost."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.errors import DataError
from geoprospect.resources.benches import bench_composites

NAN = np.nan


def collars(z=50.0, hole="A"):
    return pd.DataFrame({"hole": [hole], "x": [100.0], "y": [200.0], "z": [z]})


def surveys(dip, depth=(0.0,), hole="A"):
    return pd.DataFrame({"hole": hole, "depth": depth, "azimuth": 90.0, "dip": dip})


def table(begin, end, grade, hole="A", **further):
    return pd.DataFrame({"hole": hole, "from": begin, "to": end, "Cu": grade} | further)


def benches(intervals, dip=(-90.0,), depth=(0.0,), z=50.0, **settings):
    given = {"grades": ["Cu"], "height": 5, "minimum": 0} | settings
    return bench_composites(
        intervals, collars=collars(z), surveys=surveys(list(dip), list(depth)), **given
    )


def test_a_vertical_hole_by_hand():
    found = benches(table([0, 4, 6], [4, 6, 12], [1.0, 3, NAN]), z=52)
    # floors at 50 and 45; what lies below the last assay belongs to none
    assert found["bench"].tolist() == [50, 45]
    names = ["from", "to", "length", "Cu", "Cu_coverage", "x", "y", "z"]
    wanted = [[0, 2, 2, 1, 1, 100, 200, 51], [2, 6, 4, 2, 1, 100, 200, 48]]
    np.testing.assert_allclose(found[names], wanted, atol=1e-9)


def test_what_was_not_assayed_lowers_the_coverage_not_the_grade():
    found = benches(table([0, 1, 4], [1, 4, 5], [2.0, NAN, 4]), height=10)
    assert found[["Cu", "Cu_coverage"]].to_numpy().tolist() == [[3, pytest.approx(0.4)]]


def test_a_hole_at_30_degrees_is_cut_twice_as_far_apart():
    found = benches(table([0], [40], [1.0]), dip=[-30])
    np.testing.assert_allclose(found["from"], [0, 10, 20, 30], atol=1e-9)
    assert found["bench"].tolist() == [45, 40, 35, 30]
    np.testing.assert_allclose(found["z"], [47.5, 42.5, 37.5, 32.5], atol=1e-9)
    np.testing.assert_allclose(found["x"], 100 + np.sqrt(0.75) * np.arange(5, 40, 10), atol=1e-9)


def test_floors_stand_where_the_base_says():
    found = benches(table([0], [10], [1.0]), base=2.5)
    assert found["bench"].tolist() == [47.5, 42.5, 37.5]
    assert found["length"].tolist() == pytest.approx([2.5, 5, 2.5])


def test_a_bent_hole_is_cut_where_its_arc_crosses_the_floor():
    found = benches(table([0], [100], [1.0]), dip=[-90, 0], depth=[0, 100], z=0.0, height=20)
    radius = 100 / (np.pi / 2)
    floors = np.array([20, 40, 60])
    np.testing.assert_allclose(found["to"][:3], radius * np.arcsin(floors / radius), atol=1e-7)
    assert found["bench"].tolist() == [-20, -40, -60, -80]


def test_a_hole_that_climbs_again_is_in_a_bench_twice():
    found = benches(table([0], [100], [1.0]), dip=[-45, 45], depth=[0, 100], z=0.0, height=10)
    assert found["bench"].tolist() == [-10, -20, -10]
    np.testing.assert_allclose(found["length"].iloc[0], found["length"].iloc[2], atol=1e-6)
    assert found["length"].sum() == pytest.approx(100)


def test_an_interval_of_many_benches_gives_each_its_grade():
    found = benches(table([0, 100], [100, 1000], [0.5, 2.0]), height=10, z=0.0)
    assert len(found) == 100
    assert found["Cu"].tolist() == [0.5] * 10 + [2.0] * 90


def test_no_composite_reaches_across_a_contact():
    logged = table([0, 2, 4], [2, 4, 10], [1.0, 2, 3], rock=["ore", None, "ore"])
    found = benches(logged, domain="rock")
    assert found["from"].tolist() == pytest.approx([0, 2, 4, 5])
    assert found["rock"].fillna("-").tolist() == ["ore", "-", "ore", "ore"]
    assert found["bench"].tolist() == [45, 45, 45, 40]


def test_a_sliver_is_left_out_and_said(caplog):
    with caplog.at_level(logging.WARNING):
        found = benches(table([0], [6], [1.0]), minimum=0.5)
    assert found["length"].tolist() == pytest.approx([5])
    assert "1 stretches of holes within a bench (1.0 m) are shorter than 2.5 m" in caplog.text


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.floats(0.1, 30), min_size=1, max_size=12),
    dips=st.lists(st.floats(-90, 60), min_size=1, max_size=4),
    height=st.floats(1, 20), base=st.floats(-50, 50), seed=st.integers(0, 99),
)  # fmt: skip
def test_metal_is_neither_made_nor_lost(lengths, dips, height, base, seed):
    ends = np.cumsum(lengths)
    grade = np.random.default_rng(seed).lognormal(size=len(ends))
    given = table(ends - lengths, ends, grade)
    depth = np.arange(len(dips)) * 40.0
    found = benches(given, dip=dips, depth=depth, height=height, base=base)
    metal = (np.array(lengths) * grade).sum()
    assert (found["length"] * found["Cu"]).sum() == pytest.approx(metal, rel=1e-9)
    assert found["length"].sum() == pytest.approx(ends[-1], rel=1e-9)
    assert (found["bench"] <= found["z"] + 1e-6).all()
    assert (found["z"] <= found["bench"] + height + 1e-6).all()


def test_holes_keep_to_themselves():
    given = pd.concat([table([0], [10], [1.0]), table([0], [10], [3.0], hole="B")])
    found = bench_composites(
        given, grades=["Cu"], height=5,
        collars=pd.concat([collars(), collars(48, "B"), collars(9, "unused")]),
        surveys=pd.concat([surveys([-90.0], hole="B"), surveys([-90.0], hole="C"),
                           surveys([-90.0])]),
    )  # fmt: skip
    assert found.groupby("hole")["Cu"].unique().map(list).to_dict() == {"A": [1], "B": [3]}
    assert found["bench"].tolist() == [45, 40, 45, 40]


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"height": 0}, ValueError, "positive height"),
        ({"base": NAN}, ValueError, "finite base"),
        ({"minimum": 2}, ValueError, "share of the height"),
        ({"grades": ["Au"]}, DataError, "no column 'Au'"),
        ({"domain": "rocks"}, DataError, "no column 'rocks'"),
    ],
)
def test_bad_settings_are_refused(change, error, told):
    with pytest.raises(error, match=told):
        benches(table([0], [6], [1.0]), **change)
