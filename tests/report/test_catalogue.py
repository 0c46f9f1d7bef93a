"""Figures found by name: each as a table too, at print sizes, and what the tables say."""

from __future__ import annotations

import inspect
import io
import logging

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from geoprospect import contract
from geoprospect.errors import OutputError, UnknownNameError
from geoprospect.report import canvas, export, figures
from geoprospect.report.figures import FIGURES, data_of
from geoprospect.report.sections.findings import explanation
from tests.report import drilled, fitted
from tests.report.amounted import make_resources
from tests.report.conftest import NASTY, ROCKS, make_layer
from tests.report.doubted import make_nulls, make_worth
from tests.report.preferred import make_preferred
from tests.report.test_figures import applicable
from tests.report.test_trust import camps, sweep


def chance():
    """Trials in which chance put the deposits elsewhere."""
    return {name: make_nulls()[name] for name in ("shift", "permutation")}


DRILLED = {"grade": "Cu", "unit": "%"}

GIVEN = {
    "agreement_bars": lambda c: ((fitted.make_agreement(c.cube)["layers"], {}), {}),
    "capture_curve": lambda c: ((c.validation["protocols"]["random"],), {}),
    "chance_scores": lambda _: ((chance(),), {}),
    "class_map": lambda c: ((fitted.make_classes(c.maps)[0]["concentration_area"],), {}),
    "collar_plan": lambda _: (
        (drilled.make_composites(),),
        DRILLED | {"model": drilled.make_blocks(30.0), "sections": [drilled.make_plane()]},
    ),
    "cluster_places": lambda _: ((camps(),), {}),
    "concentration_area_curve": lambda c: (
        (fitted.make_classes(c.maps)[1]["concentration_area"],),
        {},
    ),
    "completeness_curve": lambda _: ((make_resources()["numbers"][2],), {}),
    "contained_metal": lambda _: (
        (make_resources()["contained"], make_resources()["recovered"]),
        {},
    ),
    "coverage": lambda c: ((c.layers,), {}),
    "cross_section": lambda _: (
        (drilled.make_composites(), drilled.make_plane()),
        DRILLED | {"model": drilled.make_blocks()},
    ),
    "degradation_curve": lambda _: ((sweep(0.95, 0.8, 0.71, 0.7, 0.69),), {}),
    "dependence": lambda c: ((c.dependence,), {"most": 3}),
    "deposit_numbers": lambda _: ((make_resources()["numbers"],), {}),
    "down_hole": lambda _: (
        (drilled.make_composites(),),
        DRILLED | {"holes": ["A1", "钻孔4", NASTY], "code": "rock"},
    ),
    "drivers_map": lambda c: ((c.drivers,), {}),
    "evidence_curves": lambda c: ((c.weights,), {}),
    "evidence_maps": lambda c: ((c.cube,), {}),
    "fold_scores": lambda c: ((c.validation["protocols"],), {}),
    "grade_tonnage_plot": lambda _: ((drilled.make_curve(),), {"unit": "%"}),
    "layer_choices": lambda c: ((fitted.make_selection(c.cube), {}), {}),
    "layer_densities": lambda c: ((c.prediction_area["layers"],), {}),
    "layer_worth": lambda c: ((make_worth(c.cube)["layers"], {"rock": "岩性"}), {}),
    "leaderboard": lambda c: ((c.validation["leaderboard"],), {}),
    "null_scores": lambda _: ((make_nulls()["models"],), {}),
    "pair_curve": lambda _: ((fitted.make_pairs(),), {}),
    "prediction_area_plot": lambda c: ((c.prediction_area["maps"][0],), {}),
    "prospectivity_map": lambda c: ((c.maps["prospectivity"],), {"applicable": applicable(c)}),
    "quadrant_map": lambda c: ((c.maps["quadrant"],), {}),
    "reliability_diagram": lambda c: ((c.trust["calibration"]["reliability"],), {}),
    "risk_return": lambda c: ((c.maps, c.deposits), {"cells": 300}),
    "samples_map": lambda c: ((c.samples, c.maps["prospectivity"]), {}),
    "search_curve": lambda c: ((c.trust["search_area"],), {}),
    "shap_summary": lambda c: ((c.attributions, c.cube), {}),
    "spread_map": lambda c: ((c.maps["spread"],), {}),
    "strength_bars": lambda c: ((c.strength,), {}),
    "swath_plot": lambda _: ((drilled.make_swaths(),), DRILLED),
    "target_ranking": lambda c: (make_preferred(c), {}),
    "tuned_settings": lambda _: ((fitted.make_tuning(), {"num_leaves": 25}), {}),
    "variogram_plot": lambda _: (drilled.make_variogram(), {}),
    "voxel_slices": lambda _: ((drilled.make_voxels(),), {"place": (2, 3, 4)}),
    "waterfall": lambda c: ((c.breakdown,), {"place": "T1"}),
}
"""What a figure and its table are made of; a new figure that is missing here fails a test."""


def test_every_figure_is_tried_here():
    assert set(FIGURES) == set(GIVEN)


@pytest.mark.parametrize("name", GIVEN)
def test_every_figure_stands_beside_a_tidy_table_of_the_same_data(case, name, tmp_path):
    data, settings = GIVEN[name](case)
    takes, gives = (inspect.signature(f).parameters for f in (FIGURES[name], data_of(name)))
    table = data_of(name)(*data[: len(_positional(gives))], **settings)
    assert isinstance(table, pd.DataFrame)
    assert len(table)
    assert table.columns.is_unique
    path = export.csv(table, tmp_path / f"{name}.csv")
    again = pd.read_csv(path, encoding="utf-8-sig")
    assert list(again.columns) == list(table.columns)
    assert len(again) == len(table)
    shared = [p for p in takes if p in gives]
    assert shared[0] == next(iter(takes)) == next(iter(gives))
    assert set(gives) - set(takes) <= {"letters"}
    assert _positional(gives) == _positional(takes)[: len(_positional(gives))]
    assert takes["width"].kind is inspect.Parameter.KEYWORD_ONLY


def _positional(parameters):
    """Names of the parameters that hold data."""
    return [p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]


@pytest.mark.parametrize("name", GIVEN)
def test_figures_come_in_the_widths_of_journals(case, name):
    data, settings = GIVEN[name](case)
    for width in (canvas.ONE_COLUMN, canvas.TWO_COLUMNS):
        drawn = FIGURES[name](*data, **settings, width=width)
        assert 25.4 * drawn.get_figwidth() == pytest.approx(width)
        assert 25.4 * drawn.get_figheight() < 300


def test_a_figure_that_is_not_there_is_refused():
    with pytest.raises(UnknownNameError, match="no figure is called 'waterfal'; did you mean"):
        data_of("waterfal")


# --- what the tables say ------------------------------------------------------------------


def test_a_waterfall_ends_where_the_raw_score_is(case):
    steps = figures.waterfall_data(case.breakdown, place="T1")
    assert list(steps["step"]) == [
        "base_value", "fault_distance", "rock", "copper", "magnetics", "raw_score", "score",
    ]  # fmt: skip
    assert list(steps["amount"]) == pytest.approx([-2, 1.2, 0.4, -0.3, 0.05, -0.65, 0.36])
    assert list(steps["start"][:-1]) == pytest.approx([0, -2, -0.8, -0.4, -0.7, 0])
    assert list(steps["end"][:-1]) == pytest.approx([-2, -0.8, -0.4, -0.7, -0.65, -0.65])
    assert steps["end"].iloc[-1] != steps["end"].iloc[-1], "a score is no log-odds"
    assert list(steps["label"][1:5]) == [
        "distance to fault = 240 m",
        f"岩性 lithology: {ROCKS[3][:21]}…",
        "copper in stream sediments: unknown",
        "total field = 12,345 nT",
    ]


def shares(case):
    """The same explanations, of a model whose raw scores are shares of 1."""
    told = {"contribution_units": "1"}
    layers = case.attributions.data_vars.items()
    attributions = case.attributions.assign({n: one.assign_attrs(units="1") for n, one in layers})
    tables = (case.strength, case.dependence, case.breakdown)
    return attributions, *(table.assign(**told) for table in tables)


@pytest.mark.parametrize(("units", "told"), [("1", "share of 1"), ("log-odds", "log-odds")])
def test_contributions_are_told_in_the_unit_they_have(case, units, told):
    given = (case.attributions, case.strength, case.dependence, case.breakdown)
    attributions, strength, dependence, breakdown = shares(case) if units == "1" else given
    bars, swarm, _ = figures.shap_summary(attributions, case.cube).axes
    assert bars.get_xlabel() == f"mean |contribution|\n[{told}]"
    assert swarm.get_xlabel() == f"contribution to the score\n[{told}]"
    summary = figures.shap_summary_data(attributions, case.cube)
    assert set(summary["contribution_units"]) == {units}
    label = figures.strength_bars(strength).axes[-1].get_xlabel()
    assert label == f"mean |contribution| [{told}]"
    assert set(figures.strength_bars_data(strength)["contribution_units"]) == {units}
    left = figures.dependence(dependence).axes[0]
    assert left.get_ylabel() == f"contribution [{told}]"
    assert set(figures.dependence_data(dependence)["contribution_units"]) == {units}
    (axes,) = figures.waterfall(breakdown, place="T1").axes
    assert axes.get_xlabel() == told
    amounts = [text.get_text() for text in axes.texts]
    assert ("+1.200" if units == "1" else "+1.20") in amounts
    steps = figures.waterfall_data(breakdown, place="T1").set_index("step")["units"]
    assert set(steps.drop("score")) == {units}
    assert steps["score"] == "1"


def test_the_page_tells_contributions_in_their_unit(case):
    attributions, strength, dependence, _ = shares(case)
    more = {"strength": strength, "dependence": dependence}
    told = str(explanation(attributions, case.drivers, case.cube, **more))
    assert "log-odds" not in told
    assert "adds or takes [share of 1]" in told
    told = str(explanation(case.attributions, case.drivers, case.cube, strength=case.strength))
    assert "adds or takes [log-odds]" in told
    assert "share of 1]" not in told


def test_the_rest_of_a_waterfall_goes_together(case):
    steps = figures.waterfall_data(case.breakdown, place="T1", most=1).set_index("step")
    assert list(steps.index) == ["base_value", "fault_distance", "rest", "raw_score", "score"]
    assert steps.loc["rest", "amount"] == pytest.approx(0.4 - 0.3 + 0.05)
    assert steps.loc["rest", "label"] == "3 other layers"
    three = figures.waterfall_data(case.breakdown, place="T1", most=3)
    assert "rest" not in set(three["step"]), "one layer alone is told by its name"


def test_bars_of_a_waterfall_are_its_table(case):
    (axes,) = figures.waterfall(case.breakdown, place=NASTY).axes
    steps = figures.waterfall_data(case.breakdown, place=NASTY).iloc[:-1]
    left = [min(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]
    assert left == pytest.approx(list(steps[["start", "end"]].min(axis=1)))
    assert [bar.get_facecolor()[:3] for bar in axes.patches[1:3]] == [
        matplotlib.colors.to_rgb("#2166ac")
    ] * 2  # they lower the score
    assert "\u22121.20" in [text.get_text() for text in axes.texts]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"place": "T9"}, "there is no place 'T9' among those explained: T1, "),
        ({"place": "T1", "most": 0}, "most must be 1 layer or more, got 0"),
    ],
)
def test_a_waterfall_of_nothing_is_refused(case, wrong, why):
    with pytest.raises(ValueError, match=why):
        figures.waterfall(case.breakdown, **wrong)


def test_lines_of_a_dependence_plot_are_medians_of_like_cells():
    value = np.arange(100.0)
    table = pd.DataFrame(
        {"layer": "a", "long_name": "a", "units": "m", "kind": "area", "row": 0, "column": 0,
         "value": value[::-1], "meaning": "", "contribution": 2 * value[::-1] + 1,
         "contribution_units": "log-odds"}
    )  # fmt: skip
    deposits = table[::5].assign(kind="deposit", contribution=-9.0)  # they bend no line
    drawn = figures.dependence_data(pd.concat([table, deposits]))
    line = drawn[drawn["kind"] == "line"]
    assert len(line) == 16
    np.testing.assert_allclose(line["contribution"], 2 * line["value"] + 1)
    assert line["value"].iloc[0] == np.median(np.arange(7))  # 100 cells in 16 pieces: 7, 7, ...
    assert (line["long_name"] == "a").all()
    plain = figures.dependence_data(table, smooth=False)
    assert set(plain["kind"]) == {"area"}
    assert len(figures.dependence_data(table[:9])) == 9, "too few for a line"


def test_a_dependence_plot_draws_its_layers_in_order(case):
    drawn = figures.dependence(case.dependence, most=3)
    panels = [axis for axis in drawn.axes if axis.get_title(loc="left")]
    assert [axis.get_title(loc="left") for axis in panels] == [
        "distance to fault", "copper in stream sediments", "岩性 lithology",
    ]  # fmt: skip
    marks = [line for line in panels[0].lines if line.get_marker() == "|"]
    deposits = case.dependence[
        (case.dependence["kind"] == "deposit") & (case.dependence["layer"] == "fault_distance")
    ]
    assert len(marks[0].get_xdata()) == len(deposits)
    assert "unknown" in panels[1].get_xlabel()
    ticks = [label.get_text() for label in panels[2].get_xticklabels()]
    assert ticks[0] == "花岗岩", "the class with the highest mean comes first"


def test_classes_have_no_line(case):
    drawn = figures.dependence_data(case.dependence)
    assert set(drawn.loc[drawn["kind"] == "line", "layer"]) == {
        "fault_distance", "copper", "magnetics",
    }  # fmt: skip


def test_hatching_lies_where_the_model_may_not_be_believed(case):
    drawn = figures.prospectivity_map(case.maps["prospectivity"], applicable=applicable(case))
    axes = drawn.axes[0]
    (hatched,) = [one for one in axes.collections if getattr(one, "hatches", None)]
    points = np.concatenate([path.vertices for path in hatched.get_paths() if len(path.vertices)])
    box = contract.grid_of(case.maps).boundingbox
    middle = (box.left + box.right) / 2e3
    assert points[:, 0].max() == pytest.approx(middle, abs=0.1)
    assert points[:, 0].min() == pytest.approx(box.left / 1e3, abs=0.1)
    assert "unlike what was learnt from" in [t.get_text() for t in axes.get_legend().get_texts()]
    table = figures.prospectivity_map_data(case.maps["prospectivity"], applicable=applicable(case))
    assert set(table.loc[table["x"] < 1e3 * middle, "applicable"].dropna()) == {0}


def test_maps_as_tables_have_the_cells_where_they_lie(case):
    table = figures.spread_map_data(case.maps["spread"])
    layer = case.maps["spread"]
    assert len(table) == int(np.isfinite(layer).sum())
    found = layer.sel(x=table["x"].to_xarray(), y=table["y"].to_xarray(), method="nearest")
    np.testing.assert_array_equal(found, table["spread"])
    drivers = figures.drivers_map_data(case.drivers)
    assert set(drivers["meaning"]) <= set(contract.meanings(case.drivers).values())


def test_of_many_drivers_the_commonest_are_told_apart(case):
    grid = contract.grid_of(case.maps)
    codes = np.minimum(np.sqrt(np.arange(grid.shape[0] * grid.shape[1])) // 5, 18)
    layer = make_layer(
        codes.reshape(grid.shape), grid, "driver", "1",
        meanings={0: "none"} | {n: f"layer {n}" for n in range(1, 20)},
    )  # fmt: skip
    drawn = figures.drivers_map(layer).axes[0]
    told = [text.get_text() for text in drawn.get_legend().get_texts()]
    assert told == [*(f"layer {n}" for n in range(18, 6, -1)), "other layers"]
    colours = [patch.get_facecolor() for patch in drawn.get_legend().get_patches()]
    assert len(set(colours)) == 13
    few = figures.drivers_map(case.drivers).axes[0].get_legend()
    assert "other layers" not in [text.get_text() for text in few.get_texts()]


def test_every_layer_has_its_small_map_with_units(case):
    drawn = figures.evidence_maps(case.cube)
    titles = [axis.get_title(loc="left") for axis in drawn.axes]
    for layer in case.cube.data_vars.values():
        assert layer.attrs["long_name"] in titles
    assert {"m", "mg kg-1", "nT"} <= {axis.get_xlabel() for axis in drawn.axes}
    assert len(figures.evidence_maps_data(case.cube)) == case.cube["rock"].size


def test_curves_and_folds_as_tables(case):
    curve = figures.capture_curve_data(case.validation["protocols"]["random"])
    assert list(curve.columns) == ["area", "mean", "worst", "best"]
    given = {"curve": {"area": [0, 1], "mean": [0, 1], "folds": [[0, 1], [0.5, 1]]}}
    assert figures.capture_curve_data(given)["fold_1"].tolist() == [0.5, 1]
    scores = figures.fold_scores_data(case.validation["protocols"])
    assert len(scores) == 10
    assert scores["auc"].isna().sum() == 2
    known = figures.coverage_data(case.layers).set_index("layer")["known"]
    assert known["rock"] == 1
    assert known["copper"] == pytest.approx(1 - 20 / 120)


# --- as files ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", canvas.KINDS)
def test_a_figure_is_written_whole_and_the_same_twice(case, kind, tmp_path):
    drawn = [figures.waterfall(case.breakdown, place="T1", width=90) for _ in range(2)]
    one, two = (
        export.figure(each, tmp_path / f"{name}.{kind}")
        for name, each in zip("ab", drawn, strict=True)
    )
    assert one.read_bytes() == two.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{kind}", f"b.{kind}"]
    starts = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml", "tif": b"II*\0"}
    assert one.read_bytes().startswith(starts[kind])
    if kind == "png":
        pixels = matplotlib.image.imread(io.BytesIO(one.read_bytes()))
        assert pixels.shape[1] == int(90 / 25.4 * 300)


def test_a_figure_of_another_kind_is_refused(case, tmp_path):
    drawn = figures.strength_bars(case.strength)
    with pytest.raises(ValueError, match=r"cannot become 'a.docx': let its name end with .png"):
        export.figure(drawn, tmp_path / "a.docx")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot write"):
        export.figure(drawn, tmp_path / "file" / "a.png")


def test_a_font_without_bold_is_no_news(case, caplog, monkeypatch):
    def said(*_given, **_more):
        logging.getLogger("matplotlib.font_manager").warning("Failed to find font weight bold")

    drawn = figures.waterfall(case.breakdown, place="T1")
    monkeypatch.setattr(FigureCanvasAgg, "print_figure", said)
    drawn.canvas.print_figure(io.BytesIO(), format="png")
    assert not caplog.records
