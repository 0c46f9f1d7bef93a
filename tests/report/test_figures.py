from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest

from geoprospect import contract
from geoprospect.report import canvas, figures
from geoprospect.report.figures import shap
from geoprospect.report.figures.map_frame import round_length
from tests.report.conftest import make_layer

MAKERS = {
    "prospectivity": lambda c: figures.prospectivity_map(
        c.maps["prospectivity"], targets=c.targets, deposits=c.deposits
    ),
    "bare": lambda c: figures.prospectivity_map(c.maps["prospectivity"]),
    "spread": lambda c: figures.spread_map(c.maps["spread"], targets=c.targets.iloc[:0]),
    "drivers": lambda c: figures.drivers_map(c.drivers),
    "curve": lambda c: figures.capture_curve(c.validation["protocols"]["spatial_blocks"]),
    "folds": lambda c: figures.fold_scores(c.validation["protocols"]),
    "shap": lambda c: figures.shap_summary(c.attributions, c.cube),
    "coverage": lambda c: figures.coverage(c.layers),
    "weights": lambda c: figures.evidence_curves(c.weights),
    "evidence": lambda c: figures.evidence_maps(c.cube, deposits=c.deposits),
    "hatched": lambda c: figures.prospectivity_map(
        c.maps["prospectivity"], deposits=c.deposits, applicable=applicable(c)
    ),
    "dependence": lambda c: figures.dependence(c.dependence),
    "waterfall": lambda c: figures.waterfall(c.breakdown, place="T1"),
    "strength": lambda c: figures.strength_bars(c.strength),
}


def applicable(case):
    """The eastern half may be believed."""
    values = np.full(case.maps["prospectivity"].shape, 0.0)
    values[:, values.shape[1] // 2 :] = 1
    values[:4] = np.nan
    return make_layer(values, contract.grid_of(case.maps), "area of applicability", "1")


@pytest.mark.parametrize("name", MAKERS)
def test_every_figure_draws_and_is_the_same_twice(case, name):
    one, other = (canvas.svg(MAKERS[name](case), name) for _ in range(2))
    assert one == other
    root = ElementTree.fromstring(one)
    assert root.tag.endswith("svg")
    assert "date" not in one.lower()
    ids = re.findall(r'\sid="([^"]+)"', one)
    assert all(each.startswith(f"{name}-") for each in ids)
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', one)) <= set(ids)


def test_a_picture_for_print_is_the_same_twice(case):
    one, other = (canvas.png(MAKERS["folds"](case)) for _ in range(2))
    assert one == other
    assert matplotlib.image.imread(io.BytesIO(one)).shape[1] == 6.2 * canvas.DPI


def test_letters_of_any_script_stay_letters_in_the_page(case):
    assert "岩性 lithology" in canvas.svg(MAKERS["coverage"](case), "coverage")


def test_names_cannot_break_the_figure(case):
    layers = [dict(case.layers[0], long_name="<b>x</b> & $y$ <script>")]
    text = canvas.svg(figures.coverage(layers), "coverage")
    assert "<script" not in text
    assert "<b>" not in text


def test_the_capture_curve_passes_through_its_points(case):
    protocol = case.validation["protocols"]["spatial_blocks"]
    (axes,) = figures.capture_curve(protocol).axes
    mean = next(line for line in axes.lines if line.get_label() == "mean of the folds")
    at_ten = np.interp(10, *mean.get_data())
    assert at_ten == pytest.approx(100 * protocol["capture"]["10"], abs=0.5)
    assert "in the best 10 % of the area: 58 %" in [line.get_label() for line in axes.lines]


def test_single_folds_are_drawn_where_they_are_given(case):
    curve = {"area": [0, 0.5, 1], "mean": [0, 0.8, 1], "folds": [[0, 0.7, 1], [0, 0.9, 1]]}
    (axes,) = figures.capture_curve({"curve": curve}).axes
    assert len(axes.lines) == 1 + 2 + 1 + 1


def test_a_fold_without_deposits_has_no_dot(case):
    (axes,) = figures.fold_scores(case.validation["protocols"]).axes
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [len(line.get_xdata()) for line in dots] == [4, 4]


def test_the_summary_puts_the_strongest_layer_first(case):
    layers, effects, values = shap.summary_values(case.attributions, case.cube)
    strength = {
        name: np.nanmean(np.abs(case.attributions[name].values)) for name in case.cube.data_vars
    }
    assert layers == sorted(strength, key=lambda name: -strength[name])
    assert effects.shape == values.shape == (700, 4)


def test_the_summary_sees_the_values_at_the_coarse_cells_centres(case):
    layers, effects, values = shap.summary_values(case.attributions, case.cube)
    fault = layers.index("fault_distance")
    wanted = 1.2 * np.exp(-values[:, fault] / 400) - 0.4
    assert effects[:, fault] == pytest.approx(wanted, abs=1e-5)


def test_a_map_without_a_value_can_be_drawn(case):
    empty = case.maps["prospectivity"].copy(data=np.full(case.maps["prospectivity"].shape, np.nan))
    assert canvas.png(figures.spread_map(empty.assign_attrs(case.maps["spread"].attrs)))


def test_a_large_map_is_drawn_small(grid):
    large = contract.grid_of(make_layer(np.zeros(grid.shape), grid, "p", "1")).zoom_to((2000, 3000))
    layer = make_layer(np.zeros(large.shape), large, "prospectivity", "1")
    (image,) = figures.prospectivity_map(layer).axes[0].images
    assert image.get_array().shape == (1000, 1500)


def test_scale_bars_have_round_lengths():
    assert [round_length(x) for x in (0.7, 1, 4.9, 5, 23)] == [0.5, 1, 2, 5, 20]


def test_names_that_are_cut_alike_stay_apart():
    names = figures.charts.told_apart(["a" * 60, "a" * 61, "b"])
    assert len(set(names)) == 3
    assert all(len(name) <= 46 for name in names)
