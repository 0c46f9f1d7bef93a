"""Sections for the sceptic: what was found is what is told, and figures show their data."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from geoprospect import registry
from geoprospect.report import canvas, figures
from geoprospect.report.page import page
from geoprospect.report.sections import doubt as sections
from tests.report.conftest import NASTY
from tests.report.doubted import make_nulls, make_worth
from tests.report.test_page import Balance


@pytest.fixture
def found():
    return make_nulls()


@pytest.fixture
def worth(case):
    return make_worth(case.cube)


def text_of(fragment):
    return re.sub(r"\s+", " ", "".join(Balance(page("x", [("s", fragment)])).seen))


def test_verdicts_and_leaks_are_told_and_escaped(found):
    text = text_of(sections.nulls(found))
    assert "1 of 2 trials speaks against the map" in text
    assert f"Trial of {NASTY} says so." in text
    assert "parting deposits from background by itself (AUC)" in text
    assert "0.991" in text


def test_what_was_not_tried_is_left_out(found):
    assert sections.nulls(None) == ""
    little = found | {"shift": None, "permutation": None, "leaks": []}
    fragment = sections.nulls(little)
    assert "Layers that may know the answer" not in fragment
    assert "chance-" not in fragment
    assert sections.importance(None, None) == ""


def test_the_marks_are_the_scores(found):
    figure = figures.null_scores(found["models"])
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    hollow = [line for line in lines if line.get_markerfacecolor() == "white"]
    assert [list(line.get_xdata()) for line in hollow] == [[0.61, 0.7]] * 2
    assert {tuple(line.get_xdata()) for line in lines} >= {(0.83, 0.83)}


def test_the_line_stands_where_the_real_deposits_score(found):
    figure = figures.chance_scores({name: found[name] for name in ("shift", "permutation")})
    assert [axes.lines[0].get_xdata()[0] for axes in figure.axes] == [0.8, 0.81]
    assert [sum(bar.get_height() for bar in axes.patches) for axes in figure.axes] == [99, 99]
    assert [axes.texts[0].get_text() for axes in figure.axes] == ["p = 0.01", "p = 0.02"]


@pytest.mark.parametrize("policy", list(sections.POLICIES))
def test_the_policy_is_named_and_every_sample_is_on_the_map(case, policy):
    elsewhere = case.samples.assign(label=0, group=-1).translate(700, -400)
    more = case.samples.assign(label=0, group=-1).set_geometry(elsewhere)
    samples = pd.concat([case.samples, more], ignore_index=True).assign(policy=policy, year=np.nan)
    samples.loc[samples.label == 1, "year"] = np.arange((samples.label == 1).sum()) + 1950.0
    fragment = sections.samples_drawn(samples, case.maps)
    text = text_of(fragment)
    assert sections.POLICIES[policy] in text
    assert f"and {len(more)} background cells" in text
    assert "Years of discovery run from 1950 to" in text
    figure = figures.samples_map(samples, case.maps["prospectivity"])
    drawn = [np.asarray(dots.get_offsets()) for dots in figure.axes[0].collections]
    held = samples.label == 1
    for dots, mine in zip(drawn, (samples[~held], samples[held]), strict=True):
        np.testing.assert_allclose(dots, mine.geometry.get_coordinates() / 1e3)


def test_policies_in_words_are_those_that_there_are():
    assert set(sections.POLICIES) <= set(registry.LABELS)


def test_worth_is_told_layer_by_layer_and_for_groups(case, worth):
    text = text_of(sections.importance(worth, case.cube))
    assert "0.178" in text
    assert "hardly more than chance" in text
    for layer in case.cube.values():
        assert layer.attrs["long_name"] in text
    figure = figures.layer_worth(worth["layers"], {})
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(widths, [one["permuted"] for one in worth["layers"]])


def test_the_same_findings_give_the_same_text(found, case, worth):
    assert sections.nulls(found) == sections.nulls(found)
    assert sections.importance(worth, case.cube) == sections.importance(worth, case.cube)
    assert canvas.png(figures.null_scores(found["models"]))[:4] == b"\x89PNG"


def test_what_the_sceptic_draws_is_a_table_too(case, found, worth):
    scores = figures.null_scores_data(found["models"])
    assert scores.to_dict("records")[0] == {
        "model": "coordinates_trees", "protocol": "spatial_blocks", "auc": 0.61, "full": 0.83,
    }  # fmt: skip
    assert len(scores) == 4
    chance = figures.chance_scores_data({name: found[name] for name in ("shift", "permutation")})
    assert chance.groupby("trial").size().to_dict() == {"shift": 100, "permutation": 100}
    assert dict(chance.loc[chance["real"], ["measure", "score"]].to_numpy()) == {
        "ausrc": 0.8, "auc": 0.81,
    }  # fmt: skip
    assert chance.loc[~chance["real"], "score"].tolist() == [
        *found["shift"]["null"], *found["permutation"]["null"],
    ]  # fmt: skip
    little = [one | {"dropped": None, "permuted_sd": None} for one in worth["layers"]]
    lost = figures.layer_worth_data(little, {"copper": "copper in sediments"})
    assert lost.set_index("layer").loc["copper", "long_name"] == "copper in sediments"
    assert lost["permuted"].tolist() == [one["permuted"] for one in worth["layers"]]
    assert lost[["dropped", "permuted_sd"]].isna().all(axis=None)
    (axes,) = figures.layer_worth(little, {}).axes
    assert len(axes.lines) == 1, "no dots of what was not tried, only the line at zero"
    drawn = figures.samples_map_data(case.samples)
    np.testing.assert_array_equal(drawn[["x", "y"]], case.samples.geometry.get_coordinates())
