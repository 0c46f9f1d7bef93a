"""The first targets, one by one: a clip of the map, a waterfall, and sentences."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest
from shapely.geometry import box

from geoprospect import contract
from geoprospect.language import spoken
from geoprospect.report import figures, style
from geoprospect.report.figures.target_map import around, target_map
from geoprospect.report.sections import first_targets as section
from tests.report.conftest import NASTY
from tests.report.test_page import Balance


def told(case, explanations):
    return str(section.first_targets(case.targets, explanations, case.maps, case.deposits))


def seen(text):
    return re.sub(r"\s+", " ", " ".join(Balance(text).seen))


def test_each_has_a_clip_a_waterfall_and_its_sentences(case):
    text = told(case, case.explanations)
    labels = list(case.targets["label"].head(section.MOST))
    assert text.count('<article class="sheet"') == len(labels)
    assert text.count("<svg") == 2 * len(labels)
    for label in labels:
        said = case.explanations["targets"][label]["sentences"]["en"]
        assert all(sentence in seen(text) for sentence in (*said["for"], said["summary"]))
    assert "<script>" not in text


def test_the_language_that_is_spoken_is_the_one_of_its_sentences(case):
    with spoken("zh"):
        text = seen(told(case, case.explanations))
    first = case.explanations["targets"]["T1"]["sentences"]
    assert first["zh"]["summary"] in text
    assert first["en"]["summary"] not in text
    assert "支持的依据" in text


def test_steps_add_up_from_the_base_value_to_the_raw_score(case):
    steps = section.steps_of(case.explanations, "T1", 0.9)
    table = figures.waterfall_data(steps, place="T1")
    told = case.explanations["targets"]["T1"]
    assert table["end"].iloc[-3] == pytest.approx(told["score_raw"], abs=1e-4)
    assert table["amount"].iloc[0] == pytest.approx(told["base"])
    assert table["amount"].iloc[-1] == 0.9


def test_shares_are_told_to_three_decimals(case):
    shares = copy.deepcopy(case.explanations) | {"units": "1"}
    text = told(case, shares)
    assert "Adds, share of 1</th>" in text
    assert "(a share of 1)" not in text
    assert f"{case.explanations['targets']['T1']['base']:.3f}</td>" in text
    assert "Adds, log-odds</th>" in told(case, case.explanations)


def test_a_model_without_contributions_has_no_waterfalls(case):
    bare = copy.deepcopy(case.explanations) | {"units": None}
    for one in bare["targets"].values():
        one |= {"base": None, "score_raw": None}
    text = told(case, bare)
    assert text.count("<svg") == min(section.MOST, len(case.targets))
    assert "<table>" not in text


def test_no_targets_no_section(case):
    assert not section.first_targets(
        case.targets.iloc[:0], case.explanations, case.maps, case.deposits
    )
    assert not section.first_targets(case.targets, None, case.maps, case.deposits)


def test_a_clip_shows_the_target_with_its_own_size_around_it_and_keeps_to_the_grid(case):
    grid = contract.grid_of(case.maps)
    west, south, _, north = grid.boundingbox.bbox
    large = box(west + 3000, south + 3000, west + 5500, south + 4000)
    rows, columns = around(large, grid)
    # 2,500 m long: 2,500 m more on either side of 4,250 m; 100 m cells from the north
    assert (columns.start, columns.stop) == (5, 80)
    # its middle lies 3,500 m from the south, 4,900 m from the north: 1,150 m to 8,400 m
    assert (rows.start, rows.stop) == (11, 84)
    small = box(west, north - 100, west + 100, north)
    rows, columns = around(small, grid)
    assert (rows.start, columns.start) == (0, 0)
    assert (rows.stop, columns.stop) == (21, 21)  # 50 m to its middle, 2,050 m beyond


def test_a_clip_has_the_colours_of_the_whole_map(case):
    score = case.maps["prospectivity"]
    ramp = style.ramp("prospectivity", score).over(0.0, 1.0)
    drawn = target_map(score, case.targets, case.deposits, number=0, ramp=ramp)
    (image,) = drawn.axes[0].images
    assert image.get_clim() == (ramp.low, ramp.high)
    rows, columns = around(case.targets.geometry.iloc[0], contract.grid_of(score))
    assert np.array_equal(
        np.ma.filled(image.get_array(), np.nan), score.to_numpy()[rows, columns], equal_nan=True
    )
    assert NASTY not in [text.get_text() for text in drawn.axes[0].texts]
