"""Samples of voxels: counted by hand, and folds that keep holes, boxes and dead zones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.blocks import BlockGrid
from geoprospect.errors import DataError
from geoprospect.labels.voxel_folds import by_box, by_hole
from geoprospect.labels.voxels import samples
from tests import underground

BLOCKS = BlockGrid((0.0, 0.0, 0.0), (10.0, 10.0, 5.0), (3, 3, 4), "EPSG:32648")


def composites():
    return pd.DataFrame(
        {
            "hole": ["A", "A", "A", "B", "B", "B", "B"],
            "x": [1.0, 2, 3, 2, 25, 99, np.nan],
            "y": [1.0, 1, 1, 2, 25, 1, 1],
            "z": [4.0, 1, 8, 1, 17, 1, 1],
            "length": [1.0, 3, 2, 2, 2, 2, 2],
            "cu": [2.0, 0.4, 0.1, 0.9, 0.7, 5, 5],
            "rock": ["ore", "ore", "waste", None, "ore", "ore", "ore"],
        }
    )


def test_a_hole_counts_once_in_a_voxel_by_length(caplog):
    with caplog.at_level("INFO"):
        made = samples(composites(), blocks=BLOCKS, grade="cu", cut_off=0.8, codes=["rock"])
    assert made["hole"].tolist() == ["A", "A", "B", "B"]
    assert made[["layer", "row", "column"]].to_numpy().tolist() == [
        [0, 0, 0], [1, 0, 0], [0, 0, 0], [3, 2, 2]
    ]  # fmt: skip
    np.testing.assert_allclose(made["cu"], [0.8, 0.1, 0.9, 0.7])
    np.testing.assert_allclose(made["x"], [1.75, 3, 2, 25])
    assert made["label"].tolist() == [1, 0, 1, 0]
    assert made["group"].tolist() == [0, 0, 1, 1]
    assert made["rock"].fillna("").tolist() == ["ore", "waste", "", "ore"]
    assert made.crs == BLOCKS.crs
    assert "1 have no place or no length, 1 have their middle outside the blocks" in caplog.text


def test_what_was_not_assayed_is_neither_ore_nor_barren():
    blank = composites()
    blank.loc[2, "cu"] = np.nan
    made = samples(blank, blocks=BLOCKS, grade="cu", cut_off=0.8)
    assert len(made) == 3


@pytest.mark.parametrize(
    ("table", "cut_off", "message"),
    [
        (composites(), 9.0, "0 of 4 samples reach cu 9, .* grades go from 0.1 to 0.9"),
        (composites(), 0.0, "4 of 4 samples reach cu 0"),
        (composites().assign(x=1e6), 0.5, "no composite with a grade of 'cu' lies in a block"),
        (composites().rename(columns={"cu": "Cu"}), 0.5, "there is no column 'cu'; known: Cu"),
    ],
)
def test_what_teaches_nothing_is_refused(table, cut_off, message):
    with pytest.raises(DataError, match=message):
        samples(table, blocks=BLOCKS, grade="cu", cut_off=cut_off)


@settings(max_examples=6)
@given(st.integers(0, 99), st.integers(2, 6), st.floats(0, 80))
def test_no_hole_is_on_both_sides_nor_anything_near(seed, count, zone):
    drilled = underground.samples()
    folds = by_hole(drilled, folds=count, dead_zone=zone, seed=seed)
    places = drilled[["x", "y", "z"]].to_numpy()
    assert set(folds.of_samples) == set(range(count))
    for number, learnt in enumerate(folds.training):
        held = folds.of_samples == number
        assert not set(drilled["hole"][held]) & set(drilled["hole"][learnt])
        away = np.min([np.linalg.norm(places - one, axis=1) for one in places[held]], axis=0)
        assert np.array_equal(learnt, (~held) & (away > zone))
    ore = [drilled["label"].to_numpy()[folds.of_samples == n].sum() for n in range(count)]
    most = drilled.groupby("hole")["label"].sum().max()
    assert max(ore) - min(ore) <= most


def test_as_many_folds_as_holes_leave_each_out_by_itself():
    few = underground.samples()
    few = few[few["hole"].isin(few["hole"][few["label"] == 1].unique()[:4])]
    folds = by_hole(few, folds=4, seed=0)
    for number, name in enumerate(folds.names):
        assert set(few["hole"][folds.of_samples == number]) == {name}


@settings(max_examples=6)
@given(st.integers(0, 99), st.floats(0, 60))
def test_boxes_are_held_out_whole_with_their_holes(seed, zone):
    drilled = underground.samples()
    size = (150.0, 180.0, 500.0)
    folds = by_box(
        drilled, blocks=underground.BLOCKS, size=size, folds=3, dead_zone=zone, seed=seed
    )
    places = drilled[["x", "y", "z"]].to_numpy()
    for number, learnt in enumerate(folds.training):
        held = folds.of_samples == number
        assert not (held & learnt).any()
        assert not set(drilled["hole"][held]) & set(drilled["hole"][learnt])
        nearest = min(np.abs(places[learnt] - one).max(axis=1).min() for one in places[held])
        assert nearest > 0
        for one in places[held]:
            assert np.linalg.norm(places[learnt] - one, axis=1).min() > zone
    again = by_box(
        drilled, blocks=underground.BLOCKS, size=size, folds=3, dead_zone=zone, seed=seed
    )
    assert np.array_equal(folds.training, again.training)


def test_the_dead_zone_is_measured_to_the_box_itself():
    x = np.array([5.0, 15.0, 25.0, 35.0])
    table = pd.DataFrame({"hole": list("ABCD"), "x": x, "y": 5.0, "z": 5.0, "label": 1})
    wide = BlockGrid((0.0, 0.0, 0.0), (10.0, 10.0, 10.0), (9, 9, 9), "EPSG:32648")
    shift = np.random.default_rng(3).random(3)[0] * 20
    folds = by_box(table, blocks=wide, size=(20.0, 1e4, 1e4), folds=2, dead_zone=4.0, seed=3)
    box = np.floor((x + shift) / 20)
    for number, learnt in enumerate(folds.training):
        for one in np.unique(box[folds.of_samples == number]):
            low = one * 20 - shift
            away = np.maximum(np.maximum(low - x, x - low - 20), 0)
            assert not learnt[away <= 4].any()
    assert folds.size == 1e4


def test_too_few_holes_or_boxes_with_ore_are_told():
    drilled = underground.samples()
    with pytest.raises(DataError, match="holes hold ore, too few for 500 folds"):
        by_hole(drilled, folds=500, seed=0)
    with pytest.raises(DataError, match="1 boxes hold ore, too few for 2 folds"):
        by_box(
            drilled, blocks=underground.BLOCKS, size=(1e6, 1e6, 1e6), folds=2, dead_zone=0, seed=0
        )
    with pytest.raises(ValueError, match="size must be positive along x, y and z"):
        by_box(drilled, blocks=underground.BLOCKS, size=(0, 1, 1), folds=2, dead_zone=0, seed=0)
    with pytest.raises(ValueError, match="dead_zone must be 0 m or more, got -1 m"):
        by_hole(drilled, folds=2, dead_zone=-1, seed=0)
