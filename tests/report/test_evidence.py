"""What the report says of weights of evidence, and what it draws."""

from __future__ import annotations

import re

import numpy as np
import pytest

from geoprospect.report import evidence, figures
from geoprospect.report.page import heading
from geoprospect.report.sections.evidence import weights
from tests.report.conftest import NASTY, make_independence, make_weights
from tests.report.test_page import Balance


def text_of(markup):
    return re.sub(r"\s+", " ", " ".join(Balance(str(markup)).seen))


@pytest.fixture(scope="module")
def text():
    return text_of(weights(make_weights(), make_independence()))


def test_it_is_headed(text):
    assert heading("weights") == "Weights of evidence, layer by layer"


def test_the_table_has_the_pattern_that_was_taken(text):
    told = make_weights()["fault_distance"]["classes"]
    row = 19  # 2 km, the last inside
    assert f"distance to fault up to 2,000 m {told['deposits'][row]} of 258 50.0 %" in text
    assert (
        f"{told['contrast'][row]:.2f} ± 0.14" in text
        or f"{told['contrast'][row]:.2f} ± 0.15" in text
    )
    assert f"{told['studentised'][row]:.2f}" in text
    assert "total field no pattern is sure: the layer weighs nothing" in text


def test_classes_that_are_sure_are_named_the_strongest_first_and_escaped(text):
    assert NASTY in text
    assert "<script>alert" not in str(weights(make_weights(), None))
    order = [text.index(name) for name in (NASTY, "单元 1", "单元 5")]
    assert order == sorted(order)
    assert "2 more classes of 岩性 lithology" in text
    assert "单元 7" not in re.sub(
        r"<svg.*?</svg>", "", str(weights(make_weights(), None)), flags=re.S
    )


def test_the_verdict_is_told_with_its_numbers_and_its_consequence(text):
    assert "The layers are not independent." in text
    assert "predict 391 deposits, and 258 are known (ratio 0.66; z = 3.31, one-sided" in text
    assert "p = 0.0005)" in text
    assert "Use the map for its ranks only" in text
    assert "distance to fault 岩性 lithology 56.5 below 0.0001 rough: fewer than 5" in text


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"p": 0.2, "ratio": 0.8}, "suspected of telling the same thing twice"),
        ({"p": 0.2, "ratio": 0.95}, "Taken all together the layers pass"),
        ({"p": 0.6, "ratio": 1.02, "pairs": []}, "Nothing speaks against adding the layers up"),
        ({"p": 0.049}, "The layers are not independent"),
    ],
)
def test_the_verdict_follows_the_tests(changes, wanted):
    assert wanted in evidence.verdict(make_independence() | changes)


def test_many_pairs_need_more_than_one_in_twenty():
    pairs = [
        {"layers": [str(i), "x"], "p": p, "chi_squared": 1.0}
        for i, p in enumerate([0.004, 0.04, 0.001] + [0.5] * 7)
    ]
    found = evidence.together({"pairs": pairs})
    assert [pair["layers"][0] for pair in found] == ["2", "0"]


@pytest.mark.parametrize(
    ("p", "wanted"), [(3e-9, "below 0.0001"), (0.00047, "0.0005"), (0.04, "0.04"), (1, "1.00")]
)
def test_chances_are_written_as_people_do(p, wanted):
    assert evidence.chance(p) == wanted


def test_patterns_in_words():
    layer = make_weights()["fault_distance"]
    binned = layer | {"classes": layer["classes"] | {"low": [None, *layer["classes"]["high"][:-1]]}}
    assert evidence.chosen(binned)[0]["pattern"] == "below 2,000 m"
    up = layer | {"mode": "descending"}
    assert evidence.chosen(up)[0]["pattern"] == "2,000 m and more"
    bare = make_weights()["rock"]
    unnamed = bare | {"classes": bare["classes"] | {"meaning": [""] * 9}}
    assert evidence.chosen(unnamed)[0]["pattern"] == "0"


def test_without_weights_there_is_no_section_and_without_tests_no_verdict():
    assert weights(None, None) == ""
    assert weights({}, None) == ""
    assert "independent." not in text_of(weights(make_weights(), None))


def test_guarded_counts_are_told_and_not_drawn():
    told = make_weights()
    told["fault_distance"]["classes"]["guarded"][19] = True
    assert "(a count of zero was moved)" in text_of(weights(told, None))
    axes = figures.evidence_curves(make_weights()).axes
    line = axes[0].lines[0]
    classes = make_weights()["fault_distance"]["classes"]
    np.testing.assert_array_equal(line.get_xdata(), classes["high"][:-1])
    np.testing.assert_array_equal(line.get_ydata(), classes["contrast"][:-1])
    studentised = axes[1].lines[0]
    np.testing.assert_array_equal(studentised.get_ydata(), classes["studentised"][:-1])
    assert any(one.get_xdata()[0] == 2000 for one in axes[0].lines)
    assert axes[2].patches[0].get_width() == pytest.approx(2.4)


def test_curves_and_bars_are_a_table_too():
    told = make_weights()
    told["rock"]["classes"]["guarded"][0] = True
    table = figures.evidence_curves_data(told)
    fault, rock = (table[table["layer"] == name] for name in ("fault_distance", "rock"))
    classes = told["fault_distance"]["classes"]
    assert fault["value"].tolist() == classes["high"][:-1]
    assert fault["contrast_sd"].tolist() == classes["contrast_sd"][:-1]
    assert rock["value"].tolist() == [8, 1, 7, 2, 6, 3, 5, 4]  # 0 is guarded; by size
    assert table.loc[table["layer"] == "magnetics", "value"].tolist() == [100, 200, 300]
    assert set(table["layer_units"]) == {"m", "1", "nT"}
    ends = {"low": [None, 1.0, 2.0], "high": [0.0, 1.0, None]}
    for mode, value in (("ascending", [0, 1]), ("descending", [1, 2])):
        one = told["magnetics"] | {"mode": mode, "classes": told["magnetics"]["classes"] | ends}
        assert figures.evidence_curves_data({"a": one})["value"].tolist() == value, "no open end"
    none = told["magnetics"] | {"classes": told["magnetics"]["classes"] | {"guarded": [True] * 3}}
    assert figures.evidence_curves_data({"a": none, "rock": told["rock"]})["layer"].eq("rock").all()
    assert len(figures.evidence_curves({"a": none}).axes) == 2, "nothing to see, nothing drawn"
