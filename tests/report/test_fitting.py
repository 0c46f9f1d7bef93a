"""What folds found for themselves, classes, pairs and reasons: told and drawn as found."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr

from geoprospect.report import canvas, figures
from geoprospect.report.page import page
from geoprospect.report.sections import confidence, fitting, reasons, trust
from tests.report import fitted
from tests.report.conftest import NASTY, make_layer
from tests.report.test_page import Balance


def text_of(fragment):
    return re.sub(r"\s+", " ", " ".join(Balance(page("x", [("s", fragment)])).seen))


# --- settings and layers ------------------------------------------------------------------


def validation(case, **more):
    return case.validation | more


def test_settings_are_told_as_found_inside_folds_and_beside_the_maps(case):
    told = validation(case, tuning=fitted.make_tuning())
    text = text_of(fitting.tuning(told, fitted.make_card(case.cube)))
    assert f"The settings of boosted {NASTY} were searched for inside every fold" in text
    assert "This is called nested validation" in text
    assert "4 searches inside folds made 15 trials in all, at most 5 each" in text
    assert "In 1 folds too few deposits were left" in text
    assert "mean area under the capture curve of 0.790" in text
    assert "the models have 0.807 (spatial blocks)" in text
    assert re.search(r"num_leaves 10 40 25 10 25 40", text)
    assert re.search(r"learning_rate 0.01 0.1 0.1 0.01 0.02 0.1", text)


def test_a_tuned_model_that_is_not_mapped_says_so(case):
    board = case.validation["leaderboard"] | {"tuning": fitted.make_tuning()}
    text = text_of(fitting.tuning(validation(case, leaderboard=board), {}))
    assert "The map shows another model, whose settings are as stated" in text
    assert "the models have" not in text
    assert re.search(r"num_leaves 10 40 10 25 40", text)


def test_searches_that_were_all_impossible_are_told_without_a_figure(case):
    told = fitted.make_tuning()
    told["searches"] = told["searches"][-1:]
    fragment = fitting.tuning(validation(case, tuning=told), {})
    assert "<figure>" not in fragment
    assert re.search(r"num_leaves 10 40 – – – –", text_of(fragment))


def test_the_place_of_a_setting_is_linear_or_by_its_logarithm():
    table = figures.tuned_settings_data(fitted.make_tuning(), {"num_leaves": 25})
    leaves = table[table["setting"] == "num_leaves"]
    assert leaves["place"].tolist() == pytest.approx([0, 1, 0.5, 0.5])
    rates = table[table["setting"] == "learning_rate"]
    assert rates["place"].tolist() == pytest.approx([1, 0, np.log10(2)])
    assert (table["kind"] == "map").sum() == 1
    axes = figures.tuned_settings(fitted.make_tuning(), {"num_leaves": 25}).axes[0]
    dots, diamond = axes.collections[1:3]
    np.testing.assert_allclose(np.sort(dots.get_offsets()[:, 0]),
                               np.sort(table[table["kind"] == "fold"]["place"]))  # fmt: skip
    assert diamond.get_offsets()[0, 0] == pytest.approx(0.5)


def test_layers_left_out_are_told_with_how_often_and_why(case):
    told = validation(case, selection=fitted.make_selection(case.cube))
    text = text_of(fitting.selection(told, fitted.make_card(case.cube), case.layers, case.cube))
    first, second, *_, last = (layer.attrs["long_name"] for layer in case.cube.values())
    assert "a rank correlation of 0.80 or more, on average" in text
    assert "and of these the best 3 at most" in text
    assert "Over 4 folds (spatial blocks) the choices have a stability of 0.61" in text
    assert "They agree in part" in text
    assert f"{second} 2 {first} says the same and parts deposits better (2) has it" in text
    assert "4 others part deposits better (3); one value, or none, at all samples (1)" in text
    assert "is without it" in text
    assert last in text


@pytest.mark.parametrize(
    ("stability", "wanted"),
    [
        (0.9, "They agree well"),
        (0.1, "is no finding about the ground"),
        (None, "4 folds (spatial blocks) made the same choice, or had none to make"),
    ],
)
def test_the_stability_of_a_choice_is_put_in_words(case, stability, wanted):
    told = fitted.make_selection(case.cube) | {"stability": stability}
    found = fitting.selection(validation(case, selection=told), {}, case.layers, case.cube)
    assert wanted in text_of(found)


def test_bars_of_choices_are_their_table(case):
    told = fitted.make_selection(case.cube)
    table = figures.layer_choices_data(told, {"copper": "Cu"})
    assert table["chosen"].tolist() == [1, 1, 0.5, 0]
    (axes,) = figures.layer_choices(told, {}).axes
    assert [bar.get_width() for bar in axes.patches] == [100, 100, 50, 0]


# --- classes and pairs --------------------------------------------------------------------


def test_classes_are_told_with_their_ground_and_deposits_and_are_no_test(case):
    made, told = fitted.make_classes(case.maps)
    text = text_of(confidence.classes(case.maps.assign(made), {"classes": told}, case.deposits))
    assert "high 0.600 10.0 % 60 % (6) 6.0 moderate 0.300 20.0 % 30 % (3) 1.5" in text
    assert "at or above the crossing 0.500 20.0 % 80 % (8) 4.0" in text
    assert "neither tests the map" in text
    assert "success rate" in text
    told["concentration_area"]["breaks"] = []
    flat = confidence.classes(case.maps.assign(made), {"classes": told}, case.deposits)
    assert "The curve has no break, so the map is one class" in text_of(flat)


def test_the_curve_is_drawn_where_any_ground_is_and_its_breaks_are_lines(case):
    told = fitted.make_classes(case.maps)[1]["concentration_area"]
    told["curve"] = {"score": [0.1, 0.2, 0.4], "area": [1.0, 0.5, 0.0]}
    (axes,) = figures.concentration_area_curve(told).axes
    dots, *lines = axes.lines
    np.testing.assert_allclose(dots.get_xydata(), [[0.1, 100], [0.2, 50]])
    assert [line.get_xdata()[0] for line in lines] == [0.3, 0.6]
    assert axes.get_xscale() == axes.get_yscale() == "log"


def test_a_class_map_is_darker_the_higher_and_a_table_too(case):
    made, _ = fitted.make_classes(case.maps)
    layer = made["concentration_area"]
    (axes,) = figures.class_map(layer, deposits=case.deposits).axes
    colours = axes.images[0].cmap.colors
    bright = [sum(int(one[i : i + 2], 16) for i in (1, 3, 5)) for one in colours]
    assert len(colours) == 3
    assert bright == sorted(bright, reverse=True)
    table = figures.class_map_data(layer)
    assert len(table) == int(np.isfinite(layer).sum())
    assert dict(zip(table["class"], table["meaning"], strict=True))[2] == "high"
    one = layer.where(layer == 0).assign_attrs(
        make_layer(np.zeros(layer.shape), case.maps.odc.geobox, "class", "1",
                   meanings={0: "undivided"}).attrs
    )  # fmt: skip
    assert len(figures.class_map(one).axes[0].images[0].cmap.colors) == 1


def test_pairs_are_told_by_distance_with_what_nearness_gives():
    text = text_of(trust.leave_pair_out({"leave_pair_out": fitted.make_pairs()}))
    assert "200 times a deposit and a piece of background were held out" in text
    assert "the pair alone 0.900 0.80 to 0.95 200" in text
    assert "8.0 km – – 0" in text
    assert "What nearness gives" not in text
    whole = fitted.make_pairs()
    del whole["curve"][-1]
    text = text_of(trust.leave_pair_out({"leave_pair_out": whole}))
    assert "ranks first in 90 % of the pairs, with all within 4.0 km in 70 %" in text
    assert "The difference is what nearness gives; it is no evidence" in text
    whole["curve"][1]["auc"] = 0.88
    told = text_of(trust.leave_pair_out({"leave_pair_out": whole}))
    assert "Little of it is owed to nearness" in told


def test_the_curve_of_pairs_is_its_table():
    table = figures.pair_curve_data(fitted.make_pairs())
    assert table["auc"].tolist()[:2] == [0.9, 0.7]
    assert np.isnan(table["auc"][2])
    (axes,) = figures.pair_curve(fitted.make_pairs()).axes
    line = next(one for one in axes.lines if one.get_label() == "deposits first")
    np.testing.assert_allclose(line.get_xydata()[:2], [[0, 0.9], [4, 0.7]])


# --- why ----------------------------------------------------------------------------------


def test_parts_of_the_system_are_told_over_the_ground_and_at_targets(case):
    drivers = xr.Dataset({"driver_1": case.drivers})
    given = {"roles": fitted.make_roles()}
    text = text_of(reasons.roles(given, drivers, fitted.make_role_targets()))
    assert "added up by part of the mineral system [log-odds]" in text
    assert "pathway 0.62 1.24 31 % 70 % 40 %" in text
    assert "trap 0.21 – 11 % – 60 %" in text
    assert "T1 1.50 -0.25 pathway trap" in text
    assert f"{NASTY} 0.10 0.80 trap none" in text
    assert "at the targets" not in text_of(reasons.roles(given, drivers, []))


def test_agreement_is_told_layer_by_layer(case):
    given = {"agreement": fitted.make_agreement(case.cube)}
    text = text_of(reasons.agreement(given, case.drivers, case.cube))
    first, second, *_, last = (layer.attrs["long_name"] for layer in case.cube.values())
    assert "They agree here where 80 % of them or more say the same as the mean" in text
    assert f"{first} 90 % 80 % 90 %" in text
    assert f"{second} 80 % 60 % 70 %" in text
    assert f"{last} – – –" in text
    table = figures.agreement_bars_data(given["agreement"]["layers"], {})
    (axes,) = figures.agreement_bars(given["agreement"]["layers"], {}).axes
    np.testing.assert_allclose([bar.get_width() for bar in axes.patches], 100 * table["steady"])


def test_what_was_not_asked_for_is_left_out(case):
    assert fitting.tuning(case.validation, {}) == ""
    assert fitting.selection(case.validation, {}, case.layers, case.cube) == ""
    assert confidence.classes(case.maps, {}, case.deposits) == ""
    assert trust.leave_pair_out({}) == ""
    assert reasons.roles({}, None, None) == reasons.agreement({}, None, case.cube) == ""
    assert reasons.agreement({"agreement": {}}, None, case.cube) == ""


def test_the_same_findings_give_the_same_text(case):
    told = validation(case, tuning=fitted.make_tuning(), selection=fitted.make_selection(case.cube))
    card = fitted.make_card(case.cube)
    assert fitting.tuning(told, card) == fitting.tuning(told, card)
    one = fitting.selection(told, card, case.layers, case.cube)
    assert one == fitting.selection(told, card, case.layers, case.cube)
    assert "<script" not in one
    assert canvas.png(figures.tuned_settings(fitted.make_tuning()))[:4] == b"\x89PNG"
