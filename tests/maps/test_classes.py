"""Classes of maps whose curves bend where they were made to."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.kernels import fractal
from geoprospect.maps import classes


def layer(values, grid):
    made = contract.on_grid(np.asarray(values, "float32").reshape(grid.shape), grid)
    return contract.describe(made, long_name="score", units="1")


def bent_map(cells):
    """Area above v is v^-0.5 up to 0.1, then v^-2, of scores from 0.01 (closed form); shuffled."""
    area = (np.arange(cells) + 0.5) / cells
    bend = (0.1 / 0.01) ** -0.5
    values = np.where(area > bend, 0.01 * area**-2.0, 0.1 * (area / bend) ** -0.5)
    return np.random.default_rng(0).permutation(values)


@pytest.fixture
def bent():
    return bent_map(2400)


def test_a_map_is_cut_where_its_curve_was_made_to_bend(grid):
    grid, bent = grid.zoom_to((160, 240)), bent_map(38_400)
    made, told = classes.concentration_area_classes(layer(bent, grid), seed=0)
    assert contract.meanings(made) == {0: "background", 1: "high"}
    (found,) = told["breaks"]
    assert found["value"] == pytest.approx(0.1, rel=0.15)
    assert found["low"] <= found["value"] <= found["high"]
    low, high = told["classes"]
    assert (low["exponent"], high["exponent"]) == pytest.approx((0.5, 2), rel=0.15)
    assert high["area"] == pytest.approx((bent >= found["value"]).mean())
    assert low["area"] + high["area"] == pytest.approx(1)
    assert (low["from"], high["from"]) == (None, found["value"])
    assert json.loads(json.dumps(told)) == told
    score, area = (np.array(told["curve"][name]) for name in ("score", "area"))
    np.testing.assert_allclose(area, [(bent.astype("f4") >= v).mean() for v in score], atol=1e-4)
    np.testing.assert_array_equal(made.to_numpy().ravel(), bent >= found["value"])


def test_counts_over_blocks_give_the_breaks_of_all_values_at_once(grid, bent):
    scores = layer(bent, grid)
    whole = fractal.concentration_area(scores.to_numpy().ravel().astype(float), seed=3)
    with lazy.cut(13):
        made, told = classes.concentration_area_classes(scores, seed=3)
    assert [one["value"] for one in told["breaks"]] == whole.breaks.tolist()
    assert [one["high"] for one in told["breaks"]] == whole.high.tolist()
    assert [one["exponent"] for one in told["classes"]] == whole.exponents.tolist()
    assert made.equals(classes.concentration_area_classes(scores, seed=3)[0])


def test_unknown_cells_have_no_class_and_zeros_are_background(grid, bent, caplog):
    values = bent.copy()
    values[:100], values[100:300] = np.nan, 0
    with caplog.at_level("INFO"):
        made, told = classes.concentration_area_classes(layer(values, grid), seed=0)
    flat = made.to_numpy().ravel()
    assert np.isnan(flat[:100]).all()
    assert (flat[100:300] == 0).all()
    assert sum(one["area"] for one in told["classes"]) == pytest.approx(1)
    assert "200 of 2300 cells score zero or less and are background" in caplog.text


@pytest.mark.parametrize("values", [np.full(2400, 0.3), np.zeros(2400)])
def test_a_map_without_a_bend_is_one_class_and_it_is_said(grid, caplog, values):
    made, told = classes.concentration_area_classes(layer(values, grid), seed=0)
    assert contract.meanings(made) == {0: "undivided"}
    assert (made == 0).all()
    assert told["breaks"] == []
    assert told["classes"][0]["exponent"] is None
    assert "has no break, so there is one class" in caplog.text


def test_every_number_of_classes_has_names(grid):
    values = np.arange(2400) / 2400
    for count in range(1, 6):
        breaks = np.linspace(0.1, 0.9, count - 1)
        made = classes.classified(layer(values, grid), breaks)
        assert len(set(contract.meanings(made).values())) == count
        assert set(np.unique(made)) == set(range(count))


def test_the_crossing_parts_the_map_and_a_cell_that_reaches_it_is_in(grid):
    values = np.array([0.2, 0.5, 0.7, np.nan] * 600)
    made = classes.prediction_area_class(layer(values, grid), threshold=0.7)
    np.testing.assert_array_equal(made.to_numpy().ravel()[:4], [0, 0, 1, np.nan])
    assert lazy.is_lazy(made)
    assert contract.layer_problems(made, grid) == []
    assert contract.meanings(made)[1] == "at or above the crossing"


def test_what_cannot_be_classed_is_refused(grid):
    with pytest.raises(DataError, match="no cell of the map has a score"):
        classes.concentration_area_classes(layer(np.full(2400, np.nan), grid), seed=0)
    with pytest.raises(ValueError, match="threshold must be a score, got nan"):
        classes.prediction_area_class(layer(np.zeros(2400), grid), threshold=np.nan)


def test_classes_over_the_ground_and_the_deposits_by_hand(grid):
    values = np.array([0.2, 0.5, 0.7, np.nan] * 600)
    made = classes.prediction_area_class(layer(values, grid), threshold=0.7)
    width = grid.shape[1]
    cells = np.array([2, 6, 0, 3])  # two inside, one below, one unknown
    deposits = pd.DataFrame({"row": cells // width, "column": cells % width})
    below, reached = classes.class_table(made, deposits)
    assert (below["code"], below["count"], reached["code"], reached["count"]) == (0, 1, 1, 2)
    assert reached["name"] == "at or above the crossing"
    assert (below["area"], reached["area"]) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert (below["deposits"], reached["deposits"]) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert (below["lift"], reached["lift"]) == (pytest.approx(0.5), pytest.approx(2))
    alone = classes.class_table(made, deposits.iloc[3:])
    assert [(one["deposits"], one["lift"]) for one in alone] == [(None, None)] * 2
    empty = classes.prediction_area_class(layer(values, grid), threshold=9)
    assert classes.class_table(empty, deposits)[1]["lift"] is None
    with lazy.cut(13):
        assert classes.class_table(made, deposits) == [below, reached]
