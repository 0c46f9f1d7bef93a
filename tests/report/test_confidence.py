"""What the report says of trust in the map, and what it draws."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from geoprospect import lazy
from geoprospect.report import canvas, figures
from geoprospect.report.figures import confidence_maps
from geoprospect.report.page import heading
from geoprospect.report.sections import confidence
from tests.report.test_page import Balance


def text_of(markup):
    return re.sub(r"\s+", " ", " ".join(Balance(str(markup)).seen))


def test_sections_are_headed_in_plain_words():
    told = {
        "uncertainty": "How sure it is, and what that is worth",
        "applicability": "Where it has seen nothing like the ground",
        "search_area": "How much ground to search",
        "calibration": "What a score means",
    }
    assert {name: heading(name) for name in told} == told


def test_the_quadrants_are_told_with_their_share_of_ground_and_deposits(case):
    text = text_of(confidence.uncertainty(case.maps, case.trust, case.deposits))
    assert "drill-ready: high return, low risk 4.3 % 60 % (12) 14.0" in text
    assert "poorly known: low return, high risk 0.0 % 0 % (0) –" in text
    assert "how well the map fits them, not how many it would find" in text


def test_outside_is_said_to_be_a_guess(case):
    text = text_of(confidence.applicability(case.maps, case.trust, case.deposits))
    assert "the model has seen nothing like this ground; its scores there are guesses" in text
    assert "93 % of the known ground lies inside" in text
    assert "dissimilarity of 0.41 to the nearest of 5,120 samples (20 of them deposits)" in text
    assert "do not stand for this area" not in text
    little = copy.deepcopy(case.trust)
    little["applicability"]["inside"] = 0.3
    assert "do not stand for this area" in text_of(
        confidence.applicability(case.maps, little, case.deposits)
    )


def test_the_search_area_is_told_in_its_own_words(case):
    text = text_of(confidence.search_area(case.trust))
    assert "9 known clusters of deposits" in text
    assert case.trust["search_area"]["areas"][0]["text"] in text
    assert "Early finds are the obvious ones" in text


def test_a_probability_is_told_with_its_prior_and_its_faults(case):
    text = text_of(confidence.calibration(case.trust))
    assert "probabilities of a deposit in a cell , with the stated prior of 0.00210" in text
    assert "they add up to 31.4 deposits" in text
    assert "beta, three numbers" in text
    assert "Probabilities are too extreme (slope 0.71)" in text
    assert "Brier skill of 0.087" in text


def test_without_a_prior_it_is_called_favourability(case):
    trust = copy.deepcopy(case.trust)
    trust["calibration"] |= {"prior": None, "expected": None, "reliability": None}
    text = text_of(confidence.calibration(trust))
    assert "Scores are relative favourability, not probabilities" in text
    assert "too few deposits to judge it" in text
    assert "stated prior of" not in text


@pytest.mark.parametrize(
    ("slope", "wanted"),
    [(0.5, "too extreme"), (1.0, "about as far apart"), (1.6, "too timid"), (None, "one and the")],
)
def test_the_slope_is_put_in_words(slope, wanted):
    assert wanted in confidence.spread(slope).lower()


def test_sections_without_their_data_are_empty(case):
    bare = case.maps[["prospectivity", "spread"]]
    assert confidence.uncertainty(bare, case.trust, case.deposits) == ""
    assert confidence.applicability(bare, case.trust, case.deposits) == ""
    assert confidence.uncertainty(case.maps, {}, case.deposits) == ""
    assert confidence.applicability(case.maps, {}, case.deposits) == ""
    assert confidence.search_area({}) == confidence.calibration({}) == ""


def test_the_reliability_diagram_shows_its_data(case):
    judged = case.trust["calibration"]["reliability"]
    data = figures.reliability_diagram_data(judged)
    assert list(data) == ["told", "true", "low", "high", "samples", "deposits"]
    (axes,) = figures.reliability_diagram(judged).axes
    assert axes.get_xscale() == axes.get_yscale() == "log"
    (bars,) = axes.containers
    np.testing.assert_allclose(bars[0].get_xdata(), data["told"])
    np.testing.assert_allclose(bars[0].get_ydata()[1:], data["true"][1:])
    assert bars[0].get_ydata()[0] > 0  # none found is drawn at the foot


def test_a_reliability_diagram_of_common_deposits_is_not_logarithmic(case):
    judged = copy.deepcopy(case.trust["calibration"]["reliability"])
    judged["bins"] |= {name: [0.2, 0.6] for name in ("told", "true")}
    judged["bins"] |= {"low": [0.1, 0.5], "high": [0.3, 0.7]}
    judged["bins"] |= {"samples": [5, 5], "deposits": [1, 3]}
    (axes,) = figures.reliability_diagram(judged).axes
    assert axes.get_xscale() == "linear"
    assert axes.get_xlim() == (0, 1)


def test_the_search_curve_steps_through_its_points_and_ends_at_the_whole(case):
    told = case.trust["search_area"]
    (axes,) = figures.search_curve(told).axes
    line = next(one for one in axes.lines if one.get_label() == "this map")
    x, y = line.get_data()
    np.testing.assert_allclose(x[:-1], 100 * figures.search_curve_data(told)["confidence"])
    np.testing.assert_allclose(y[:-1], 100 * np.array(told["curve"]["area"]))
    assert (x[-1], y[-1]) == (100, 100)
    assert "90 %: 62 % of the ground" in [one.get_label() for one in axes.lines]


def test_risk_and_return_are_those_of_the_cells_and_the_deposits(case):
    maps = lazy.chunked(case.maps, 32)
    data = figures.risk_return_data(maps, case.deposits, cells=300)
    cells, known = data[~data["deposit"]], data[data["deposit"]]
    assert 200 < len(cells) < 400
    assert len(known) == len(case.deposits)
    flat = case.maps[["return", "risk"]].to_array().to_numpy().reshape(2, -1).T
    assert {tuple(row) for row in cells[["return", "risk"]].to_numpy(np.float32)} <= {
        tuple(row) for row in flat
    }
    scores = case.maps["prospectivity"]
    point = case.deposits.geometry.iloc[0]
    here = case.maps["return"].sel(x=point.x, y=point.y, method="nearest")
    assert known["return"].iloc[0] == pytest.approx(float(here))
    assert (known["return"] > 0.9).all()  # they were put where it is high
    far = case.deposits.translate(xoff=1e6)
    assert not figures.risk_return_data(maps, case.deposits.set_geometry(far))["deposit"].any()
    assert np.isfinite(scores).any()


def test_lines_are_drawn_outside_and_nowhere_else():
    where = np.zeros((20, 30), bool)
    where[:10] = True
    image = confidence_maps.lines(where)
    assert max(image.shape[:2]) >= confidence_maps.ACROSS
    upper, lower = np.array_split(image[..., 3], 2)
    assert upper.mean() == pytest.approx(2 / confidence_maps.SPACING, rel=0.02)
    assert (lower == 0).all()
    np.testing.assert_allclose(image[0, 0, :3], to_rgb(canvas.INK), atol=1e-6)


def test_the_hatched_map_has_a_key_and_lies_where_the_map_does(case):
    figure = figures.applicability_map(
        case.maps["prospectivity"], case.maps["applicability"], deposits=case.deposits
    )
    axes = figure.axes[0]
    score, lines = axes.images
    assert score.get_extent() == lines.get_extent()
    told = [text.get_text() for text in axes.get_legend().get_texts()]
    assert told == ["known deposit", "outside: scores are guesses"]
    drawn = lines.get_array()[..., 3] > 0
    low, right = drawn[-len(drawn) // 5 :], drawn[:, -drawn.shape[1] // 5 :]
    assert low[:, -10:].any()
    assert right.any()
    assert not drawn[: len(drawn) // 2].any()


@pytest.mark.parametrize("name", ["reliability", "search", "scatter", "quadrants", "hatched"])
def test_figures_are_the_same_twice(case, name):
    def drawn():
        data = figures.risk_return_data(case.maps, case.deposits)
        made = {
            "reliability": lambda: figures.reliability_diagram(
                case.trust["calibration"]["reliability"]
            ),
            "search": lambda: figures.search_curve(case.trust["search_area"]),
            "scatter": lambda: figures.risk_return(data, {1: "a", 2: "b", 3: "c", 4: "d"}),
            "quadrants": lambda: figures.quadrant_map(
                case.maps["quadrant"], deposits=case.deposits
            ),
            "hatched": lambda: figures.applicability_map(
                case.maps["prospectivity"], case.maps["applicability"]
            ),
        }
        return canvas.svg(made[name](), name)

    one = drawn()
    assert one == drawn()
    assert one.startswith("<svg")
    assert len(one) < 1_500_000
