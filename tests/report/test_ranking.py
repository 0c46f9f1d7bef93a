"""How targets were ranked, on the page and as a figure."""

from __future__ import annotations

import numpy as np
import pytest

from geoprospect.report import figures
from geoprospect.report.sections.findings import survey_areas, targets
from tests.report.preferred import make_preferred


def test_parts_of_a_bar_add_up_to_the_weighted_score(case):
    table, told = make_preferred(case)
    drawn = figures.target_ranking_data(table, told)
    assert list(drawn["criterion"].unique()) == ["Prospectivity", "Size", "Novelty"]
    parts = drawn.groupby("label", sort=False)["part"].sum()
    np.testing.assert_allclose(parts, table["weighted_score"].head(len(parts)))
    (axes, firm) = figures.target_ranking(table, told).axes[:2]
    ends = max(bar.get_x() + bar.get_width() for bar in axes.patches)
    assert ends == pytest.approx(table["weighted_score"].max())
    front = next(line for line in axes.lines if line.get_marker() == "D")
    assert len(front.get_xdata()) == table["pareto"].head(figures.ranking.MOST).sum()
    members = next(line for line in firm.lines if line.get_marker() == "s")
    np.testing.assert_allclose(
        members.get_xdata(), 100 * table["top10_members"].head(figures.ranking.MOST)
    )


def test_what_has_no_weight_is_not_drawn(case):
    table, told = make_preferred(case, weights=(1.0, 0.0, 0.0))
    assert set(figures.target_ranking_data(table, told, most=3)["criterion"]) == {"Prospectivity"}
    assert len(figures.target_ranking_data(table, told, most=3)) == 3


def test_the_page_shows_criteria_stability_classes_and_losses(case):
    text = str(targets(*make_preferred(case)))
    assert "the weighted sum of 3 criteria" in text
    assert "50 %" in text
    assert "A meets all three." in text
    assert "A (A类): 1" in text
    assert "Exclusion lake &lt;b&gt; takes 1.25 km² (10.0 %)" in text
    assert "Exclusion town" not in text
    assert "Next: Sediments: unknown in 60% of the target." in text
    assert "Weighted score</button>" in text
    assert text.count("<svg") == 1


def test_one_criterion_needs_no_figure(case):
    text = str(targets(*make_preferred(case, weights=(1.0, 0.0, 0.0), classes=False)))
    assert "ranked by prospectivity alone" in text
    assert "<svg" not in text
    assert "In first 10</button>" in text
    assert "Weighted score</button>" not in text


def test_a_guess_is_called_one(case):
    table, told = make_preferred(case)
    table["outside_applicability"] = [1, *[0] * (len(table) - 1)]
    assert str(targets(table, told)).count("The model was tested on no ground like this") == 1


def test_without_a_ranking_the_page_is_as_it_was(case):
    text = str(targets(case.targets))
    assert "Weighted" not in text
    assert "Criterion" not in text
    assert "In first" not in text


def test_expected_deposits_are_shown_where_they_are_known(case):
    assert "Expected deposits" not in str(survey_areas(case.survey_areas))
    known = case.survey_areas.assign(expected_deposits=1.234)
    text = str(survey_areas(known))
    assert "Expected deposits</button>" in text
    assert "1.23</td>" in text
