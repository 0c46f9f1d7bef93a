"""Leaks: planted ones are found by name, by value and by distance; honest layers are not."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from geoprospect.models import leakage

from . import benches

MINES = np.random.default_rng(77).uniform(0, benches.SIDE, (40, 2))


def planted(where, rng):
    """Noise, the distance to deposits, that distance made over and noisy, honest evidence."""
    away = cdist(where, MINES).min(axis=1)
    honest = np.exp(-away / 8000) + rng.normal(0, 0.3, len(where))
    return np.stack(
        [rng.normal(size=len(where)), away, -np.log1p(away) + rng.normal(0, 0.05, len(where)),
         honest], axis=1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def bench():
    return benches.make(
        planted,
        ["noise", "distance_to_mines", "magic", "honest"],
        deposits=MINES,
        long_names={"magic": "residual field"},
    )


def kinds(found, layer):
    return {leak["kind"] for leak in found if leak["layer"] == layer}


def test_a_planted_leak_is_found_by_name_by_value_and_by_distance(bench, caplog):
    with caplog.at_level(logging.WARNING, "geoprospect.models"):
        found = leakage.leaks(bench)
    assert kinds(found, "distance_to_mines") == {"name", "alone", "distance"}
    assert kinds(found, "magic") == {"alone", "distance"}
    assert kinds(found, "noise") == kinds(found, "honest") == set()
    assert "distance_to_mines is called after 'mines'" in caplog.text
    assert "residual field (magic) runs with the distance to the nearest deposit" in caplog.text
    assert all(leak["alarming"] for leak in found)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_layer_known_only_where_deposits_are_is_a_leak():
    def assayed(where, rng):
        near = cdist(where, MINES).min(axis=1) < 1
        return np.where(near, rng.normal(size=len(where)), np.nan)[:, None]

    found = leakage.leaks(benches.make(assayed, ["gold_in_drill_core"], deposits=MINES))
    assert kinds(found, "gold_in_drill_core") == {"gaps"}
    assert found[0]["value"] == pytest.approx(1.0)


def test_classes_are_judged_by_their_share_of_deposits():
    def classes(where, rng):
        near = cdist(where, MINES).min(axis=1) < 1
        return np.stack(
            [np.where(near, 3, rng.choice([1, 2, 4, 5], len(where))),
             rng.choice([1, 2, 3], len(where))], axis=1,
        )  # fmt: skip

    bench = benches.make(classes, ["unit", "soil"], deposits=MINES, categorical=["unit", "soil"])
    found = leakage.leaks(bench)
    assert [(leak["layer"], leak["kind"]) for leak in found] == [("unit", "alone")]


@pytest.mark.parametrize(
    "text",
    [
        "dist_to_deposits", "distance to deposit", "Mine density", "known_occurrences",
        "距矿床距离", "矿点密度", "prospect_count", "MINFILE points", "old workings", "ore body",
        "mineral deposits",
    ],
)  # fmt: skip
def test_names_made_from_the_answer(text):
    assert leakage.suspicious(text)


@pytest.mark.parametrize(
    "text",
    [
        "mineral_index", "determined_slope", "alluvial deposits", "glacial deposits thickness",
        "fault_distance", "prospectivity of nothing", "undermined", "岩性", "alteration",
        "distance to granite", "copper",
    ],
)  # fmt: skip
def test_names_that_only_look_so(text):
    assert leakage.suspicious(text) is None


@pytest.mark.parametrize("flown", [True, False])
def test_data_quality_tells_ground_with_deposits_only_where_it_does(flown):
    """Lines are flown closely over the blocks of the deposits, or anywhere."""
    rng = np.random.default_rng(5)
    held = np.array([0, 3, 6, 9, 12, 15])
    corners = np.stack([held % 4, held // 4], axis=1) * benches.BLOCK
    deposits = (corners[:, None] + rng.uniform(500, 4500, (1, 5, 2))).reshape(-1, 2)
    bench = benches.make(benches.noise(1), ["a"], deposits=deposits)
    blocks = benches.block_of(bench.cells.geometry.get_coordinates().to_numpy())
    close = np.isin(blocks, held) if flown else rng.random(len(blocks)) < 0.4
    spacing = np.where(close, 200, 800) + rng.normal(0, 20, len(blocks))
    told = leakage.quality_tells(
        bench, ["line_spacing"], spacing[:, None].astype("float32"), blocks, seed=1
    )
    assert told["alarming"] == flown
    assert (told["auc"] > 0.95) if flown else (0.3 < told["auc"] < 0.7)
    assert told["words"].startswith("the way data were gathered (line_spacing) tells")


def test_too_few_blocks_say_nothing():
    bench = benches.make(benches.noise(1), ["a"])
    blocks = np.zeros(len(bench.cells), np.int64)
    told = leakage.quality_tells(bench, ["survey"], bench.area_rows, blocks, seed=1)
    assert told["auc"] is None
    assert "too few blocks" in told["words"]
