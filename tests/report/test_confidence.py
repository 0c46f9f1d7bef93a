"""What the report says of trust in the map, and what it draws."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest

from geoprospect import lazy
from geoprospect.maps.quadrants import QUADRANTS
from geoprospect.models import conformal
from geoprospect.report import canvas, doubts, figures
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
    assert "62% of the ground holds a new deposit cluster like the known ones with" in text
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


def test_the_hatched_map_has_a_key_and_its_lines_lie_over_the_ground_outside_only(case):
    axes = figures.prospectivity_map(
        case.maps["prospectivity"],
        deposits=case.deposits,
        applicable=case.maps["applicability"],
    ).axes[0]
    told = [text.get_text() for text in axes.get_legend().get_texts()]
    assert sorted(told) == ["known deposit", "unlike what was learnt from"]
    (lines,) = [one for one in axes.collections if getattr(one, "hatches", None)]
    ends = np.concatenate([path.vertices for path in lines.get_paths() if len(path.vertices)])
    left, right, bottom, _ = axes.images[0].get_extent()
    cell = (right - left) / case.maps.sizes[
        "x"
    ]  # the ground outside: the last 30 columns of the last 20 rows
    assert ends[:, 0].min() == pytest.approx(right - 30 * cell, abs=cell)
    assert ends[:, 0].max() == pytest.approx(right, abs=cell)
    assert ends[:, 1].max() == pytest.approx(bottom + 20 * cell, abs=cell)
    assert ends[:, 1].min() == pytest.approx(bottom, abs=cell)


def test_quadrants_as_a_table_are_the_map_itself(case):
    table = figures.quadrant_map_data(case.maps["quadrant"])
    layer = case.maps["quadrant"]
    assert len(table) == int(np.isfinite(layer).sum())
    found = layer.sel(x=table["x"].to_xarray(), y=table["y"].to_xarray(), method="nearest")
    np.testing.assert_array_equal(found, table["quadrant"])


def test_the_scatter_draws_its_table_each_quadrant_in_its_colour(case):
    (axes,) = figures.risk_return(case.maps, case.deposits, cells=300).axes
    table = figures.risk_return_data(case.maps, case.deposits, cells=300)
    *quadrants, known = axes.collections
    assert len(known.get_offsets()) == table["deposit"].sum() == len(case.deposits)
    for code, dots in enumerate(quadrants, start=1):
        mine = table[(table["quadrant"] == code) & ~table["deposit"]]
        np.testing.assert_allclose(dots.get_offsets(), 100 * mine[["return", "risk"]])
        assert dots.get_label() == QUADRANTS[code]


@pytest.mark.parametrize("name", ["reliability", "search", "scatter", "quadrants", "hatched"])
def test_figures_are_the_same_twice(case, name):
    def drawn():
        made = {
            "reliability": lambda: figures.reliability_diagram(
                case.trust["calibration"]["reliability"]
            ),
            "search": lambda: figures.search_curve(case.trust["search_area"]),
            "scatter": lambda: figures.risk_return(case.maps, case.deposits),
            "quadrants": lambda: figures.quadrant_map(
                case.maps["quadrant"], deposits=case.deposits
            ),
            "hatched": lambda: figures.prospectivity_map(
                case.maps["prospectivity"], applicable=case.maps["applicability"]
            ),
        }
        return canvas.svg(made[name](), name)

    one = drawn()
    assert one == drawn()
    assert one.startswith("<svg")
    assert len(one) < 1_500_000


@pytest.mark.parametrize("how", ["split", "cross", "one_map"])
@pytest.mark.parametrize(("alpha", "whole"), [(0.1, False), (0.01, True)])
def test_the_page_says_of_search_areas_what_the_run_has_written(how, alpha, whole):
    area = conformal._area(alpha, 0.4, 12, 5, how, whole=whole)
    assert doubts.searched(area, {"clusters": 12, "how": how}) == area["text"]
