"""What the report says of trust, and draws: the numbers it was given, and the right words."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from geoprospect.report import canvas, doubts, figures
from geoprospect.report.sections.trust import leaderboard, prediction_area, validation
from tests.report.conftest import NASTY, make_board, make_prediction_area, protocol
from tests.report.test_page import Balance


def text_of(markup: Any) -> str:
    return re.sub(r"\s+", " ", " ".join(Balance(str(markup)).seen))


def sweep(*means: float) -> dict[str, Any]:
    labels = ("random", "L/2", "L", "2L", "4L")
    levels = [
        {"label": label, "size": size, "auc": {"mean": mean, "sd": 0.05, "worst": mean - 0.1},
         "interval": {"auc": [mean - 0.06, mean + 0.04]}}
        for label, size, mean in zip(labels, (0.0, 4e3, 8e3, 16e3, 32e3), means, strict=False)
    ]  # fmt: skip
    del levels[-1]["interval"]
    return protocol(means[2], 0.05) | {"levels": levels, "size": 8e3}


def camps() -> dict[str, Any]:
    places = {"Alma": 0.04, "Bruno": 0.61, NASTY: 0.2, "云南": 0.09}
    folds = [
        {"fold": n, "name": name, "deposits": n + 1, "percentile": place, "auc": 1 - place,
         "ausrc": 1 - place, "capture": None}
        for n, (name, place) in enumerate(places.items())
    ]  # fmt: skip
    worst = sorted(folds, key=lambda fold: -fold["percentile"])
    return protocol(0.77, 0.1) | {
        "folds": folds, "clusters": 4, "capture": {"10": 0.5}, "worst_clusters": worst,
        "by_deposit": {"capture": {"10": 0.4}},
    }  # fmt: skip


FIGURES = {
    "sweep": lambda: figures.degradation_curve(sweep(0.95, 0.8, 0.71, 0.7, 0.69)),
    "camps": lambda: figures.cluster_places(camps()),
    "models": lambda: figures.leaderboard(make_board()),
    "area": lambda: figures.prediction_area_plot(make_prediction_area()["maps"][0]),
    "layers": lambda: figures.layer_densities(make_prediction_area()["layers"]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_and_is_the_same_twice(name):
    one, other = (canvas.svg(FIGURES[name](), name) for _ in range(2))
    assert one == other
    assert "<script" not in one
    assert canvas.png(FIGURES[name]())[:4] == b"\x89PNG"


# --- data behind the figures -----------------------------------------------------------------


def test_growing_blocks_are_a_table_too():
    table = figures.degradation_curve_data(sweep(0.95, 0.8, 0.71, 0.7, 0.69))
    assert table["label"].tolist() == ["random", "L/2", "L", "2L", "4L"]
    assert table["low"].to_numpy()[:4] == pytest.approx([0.89, 0.74, 0.65, 0.64])
    assert np.isnan(table["high"].iloc[-1])
    (axes,) = figures.degradation_curve(sweep(0.95, 0.8, 0.71, 0.7, 0.69)).axes
    assert [tick.get_text() for tick in axes.get_xticklabels()][:3] == [
        "random\nfolds", "L/2\n4 km", "L\n8 km",
    ]  # fmt: skip
    line = next(one for one in axes.lines if one.get_label() == "mean of the folds")
    assert line.get_ydata().tolist() == table["mean"].tolist()


def test_clusters_come_worst_first_and_all_are_in_the_table():
    table = figures.cluster_places_data(camps())
    assert table["name"].tolist() == ["Bruno", NASTY, "云南", "Alma"]
    many = camps() | {
        "folds": [
            {"fold": n, "name": f"c{n}", "deposits": 1, "percentile": n / 50} for n in range(50)
        ]
    }
    (axes,) = figures.cluster_places(many).axes
    assert axes.get_title("left") == "Each deposit cluster, left out: the worst 30 of 50"
    assert axes.get_yticklabels()[0].get_text() == "c49"
    assert len(figures.cluster_places_data(many)) == 50


def test_the_leaderboard_draws_each_fold_and_each_distance():
    table = figures.leaderboard_data(make_board())
    assert table["model"].tolist() == ["lightgbm", NASTY, "模糊逻辑 fuzzy"]
    assert np.isnan(table["behind"].iloc[0])
    assert table["low"].iloc[1] == pytest.approx(table["behind"].iloc[1] - 0.06)
    left, right = figures.leaderboard(make_board()).axes
    dots = [line.get_xdata().tolist() for line in left.lines if line.get_marker() == "o"]
    assert dots == [row["folds"] for row in make_board()["models"]]
    assert right.get_xlabel() == "Difference, 95 % interval"


def test_the_plot_says_whether_deposits_were_fitted_and_where_the_curves_cross():
    fitted, held = make_prediction_area()["maps"]
    for curve, told in ((fitted, "Success rate: deposits fitted"), (held, "Prediction rate: held")):
        figure = figures.prediction_area_plot(curve)
        axes, other = figure.axes
        assert figure.legends[0].get_texts()[0].get_text().startswith(told)
        heights = [one.transData.transform((0, y))[1] for one, y in ((axes, 68), (other, 32))]
        assert heights[0] == pytest.approx(heights[1])
        (note,) = axes.texts
        assert note.get_text() == "68 % of deposits\nin 32 % of the area\ndensity 2.12"
        assert note.xy == (0.37, 68)


def test_layers_come_densest_first_with_their_better_direction():
    table = figures.layer_densities_data(make_prediction_area()["layers"])
    assert table["long_name"].tolist() == ["distance to fault", f"field of {NASTY}"]
    assert table["better"].tolist() == ["low", "high"]
    assert table["high_to"].iloc[1] == 1.5
    assert np.isnan(table["low_from"].iloc[0])


def test_a_curve_is_called_by_what_it_is():
    told = protocol(0.8, 0.05)
    for rate, title in (("success_rate", "Success rate"), ("prediction_rate", "Prediction rate")):
        (axes,) = figures.capture_curve(told | {"rate": rate}).axes
        assert axes.get_title("left") == title


def test_the_interval_of_a_curve_is_a_band():
    told = protocol(0.8, 0.05)
    mean = np.array(told["curve"]["mean"])
    told["curve"] |= {"low": (0.9 * mean).tolist(), "high": np.sqrt(mean).tolist()}
    (axes,) = figures.capture_curve(told).axes
    (band,) = axes.collections
    heights = band.get_paths()[0].vertices
    at_half = heights[np.isclose(heights[:, 0], 50), 1]
    assert sorted(at_half)[0] == pytest.approx(90 * mean[50])
    assert sorted(at_half)[-1] == pytest.approx(100 * np.sqrt(mean[50]))


# --- words -----------------------------------------------------------------------------------


def test_the_interval_is_said_with_what_it_leaves_out():
    found = {"auc": [0.61, 0.84], "level": 0.95, "resamples": 1000, "clusters": 23}
    told = doubts.interval({"interval": found})
    assert "between 0.61 and 0.84 in 95 of 100 cases (1,000 draws of the 23 deposit" in told
    assert "models are held as they are" in told
    assert "chance" not in told
    assert doubts.interval({"interval": found | {"auc": [0.47, 0.7]}}).endswith("down to chance.")
    assert doubts.interval({}) == doubts.interval({"interval": found | {"auc": None}}) == ""


@pytest.mark.parametrize(
    ("means", "wanted"),
    [
        ((0.95, 0.8, 0.71, 0.7, 0.69), "It has levelled off: what is left is not owed to nearness"),
        ((0.95, 0.9, 0.8, 0.7, 0.6), "It is still falling there, so blocks of 8 km do not hide"),
        ((0.8, 0.8, 0.79, 0.78, 0.78), "It hardly falls at all"),
        ((0.8, 0.8, 0.7), "the area is too small for larger blocks"),
    ],
)
def test_what_growing_blocks_say_of_nearness(means, wanted):
    assert wanted in doubts.falling(sweep(*means))


def test_camps_that_would_have_been_missed_are_named():
    told = doubts.camps(camps())
    assert "Of 4 deposit clusters" in told
    assert "50 % lie in the best 10 % of the area (counting deposits alike, 40 %)" in told
    assert "Found worse than by chance: Bruno." in told
    good = camps()
    good["worst_clusters"] = good["worst_clusters"][1:]
    assert doubts.camps(good).endswith("None was found worse than by chance.")


def test_models_that_cannot_be_told_apart_are_named():
    board = make_board()
    assert f"On these folds {NASTY} cannot be told apart from it" in doubts.standing(board)
    clear = board | {"models": [board["models"][0], board["models"][2]]}
    assert doubts.standing(clear).endswith("All others differ from it by more than chance.")
    alone = board | {"models": board["models"][:1]}
    assert doubts.standing(alone).endswith("No other model was judged.")


# --- sections --------------------------------------------------------------------------------


def test_the_validation_section_has_blocks_and_camps_where_they_are_known(case):
    plain = text_of(validation(case.validation))
    assert "Does it rest on nearness?" not in plain
    assert "Would each camp have been found?" not in plain
    protocols = case.validation["protocols"] | {
        "degradation": sweep(0.95, 0.8, 0.71, 0.7, 0.69), "leave_cluster_out": camps(),
    }  # fmt: skip
    markup = validation({"protocols": protocols})
    text = text_of(markup)
    assert "Does it rest on nearness?" in text
    assert "goes from 0.95 to 0.71, and to 0.70 at twice that size" in text
    assert "Would each camp have been found?" in text
    assert "Growing blocks 0.710" in text
    assert "<script>alert" not in str(markup)


def test_a_success_rate_is_never_told_as_a_prediction(case):
    fitted = protocol(0.99, 0.0) | {"rate": "success_rate"}
    text = text_of(validation({"protocols": {"resubstitution": fitted}}))
    assert "Success rate: share of known deposits" in text
    assert "Prediction rate" not in text
    assert "not how well it predicts" in text
    assert "Prediction rate: share of known" in text_of(validation(case.validation))


def test_the_leaderboard_section_has_its_numbers_and_is_empty_without_models():
    markup = leaderboard({"leaderboard": make_board()})
    text = text_of(markup)
    assert "lightgbm does best where it does worst: its worst fold scores 0.69" in text
    assert "0.520 0.598 " in text
    assert "-0.220 to -0.100" in text
    assert "<script>alert" not in str(markup)
    assert leaderboard({"protocols": {}}) == ""


def test_the_prediction_area_section_says_which_deposits_and_sorts_layers():
    markup = prediction_area(make_prediction_area())
    text = text_of(markup)
    assert "Prospectivity: 68 % of the known deposits lie in 32 % of the area, 2.1 to 1." in text
    assert "learnt from, so this is a success rate and says how well the map fits" in text
    assert "held out, so this is a prediction rate" in text
    assert "distance to fault low 70 % 30 % 2.33 – field of" in text
    assert "1.22 1.00 to 1.50" in text
    assert "<script>alert" not in str(markup)
    assert prediction_area(None) == ""
    assert "Each layer" not in text_of(prediction_area(make_prediction_area() | {"layers": []}))
