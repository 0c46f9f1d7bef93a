"""Tables of explanations: what each layer says by its value, at large, and at one place."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geoprospect.explain import breakdown, dependence, strength
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.models.random_forest import random_forest
from tests.models import district

GROUPS = {"signal": "source", "noise": "other", "rock": "trap", "gappy": "other"}


@pytest.fixture(scope="module")
def ensemble():
    return district.ensemble()


@pytest.fixture(scope="module")
def places():
    frame = district.samples()
    return frame[frame.label == 0], frame[frame.label == 1]


@pytest.fixture(scope="module")
def table(ensemble, places):
    cells, deposits = places
    return dependence(district.cube(16), ensemble, cells=cells, deposits=deposits)


def theirs(ensemble, rows) -> np.ndarray:
    """What LightGBM says itself, the mean of the members."""
    return np.mean([m.predict(rows, pred_contrib=True) for m in ensemble.members_], axis=0)


# --- dependence ----------------------------------------------------------------------------


def test_every_cell_stands_with_its_value_and_its_contribution(table, ensemble, places):
    rows = district.table(pd.concat(places))
    wanted = theirs(ensemble, rows)
    assert len(table) == 4 * len(rows)
    for number, layer in enumerate(ensemble.layers_):
        part = table[table.layer == layer]
        np.testing.assert_array_equal(part.value, rows[:, number])
        np.testing.assert_allclose(part.contribution, wanted[:, number], atol=1e-6)
        assert list(part.kind) == ["area"] * 300 + ["deposit"] * 30


def test_the_layer_that_moves_the_area_most_comes_first(table):
    area = table[table.kind == "area"]
    sizes = area.groupby("layer", sort=False).contribution.apply(lambda c: c.abs().mean())
    assert list(sizes.index) == list(sizes.sort_values(ascending=False).index)
    assert sizes.index[0] == "signal"


def test_classes_are_told_and_quantities_not(table):
    rock = table[table.layer == "rock"]
    assert set(rock.meaning) == {"basalt", "skarn", "sandstone"}
    assert (rock.meaning[rock.value == 5] == "skarn").all()
    assert (table.meaning[table.layer != "rock"] == "").all()
    assert table.value[table.layer == "gappy"].isna().any(), "unknown stays unknown"


def test_cells_without_evidence_are_left_out_and_counted(ensemble, places, caplog):
    cells = pd.DataFrame({"row": [0, 20, 21], "column": [0, 20, 21]})
    with caplog.at_level("INFO", "geoprospect"):
        found = dependence(district.cube(), ensemble, cells=cells, deposits=places[1])
    assert (found[found.kind == "area"].groupby("layer").size() == 2).all()
    assert "1 of 3 cells of kind 'area' have no evidence" in caplog.text
    with pytest.raises(ValueError, match="none of the cells that stand for the area has evidence"):
        dependence(district.cube(), ensemble, cells=cells[:1], deposits=places[1])
    with pytest.raises(ValueError, match="kind 'deposit' have no column 'row' or 'column'"):
        dependence(district.cube(), ensemble, cells=cells, deposits=pd.DataFrame({"name": ["A"]}))


# --- at large --------------------------------------------------------------------------------


def test_strength_is_the_mean_size_over_cells_then_members(ensemble, places):
    rows = district.table(places[0])
    found = strength(district.cube(), ensemble, rows, groups=GROUPS)
    each = np.stack([m.predict(rows, pred_contrib=True)[:, :-1] for m in ensemble.members_])
    sizes = pd.DataFrame(np.abs(each).mean(axis=1), columns=ensemble.layers_)
    of_layers = found[found.kind == "layer"].set_index("name")
    for column, wanted in (("mean", sizes.mean()), ("sd", sizes.std()), ("lowest", sizes.min())):
        np.testing.assert_allclose(of_layers[column], wanted[of_layers.index], atol=1e-9)
    other = [n for n, layer in enumerate(ensemble.layers_) if GROUPS[layer] == "other"]
    together = np.abs(each[..., other].sum(axis=2)).mean(axis=1)
    of_groups = found[found.kind == "group"].set_index("name")
    assert of_groups.loc["other", "mean"] == pytest.approx(together.mean(), abs=1e-9)
    assert of_groups.loc["other", "highest"] == pytest.approx(together.max(), abs=1e-9)
    assert of_groups.loc["other", "mean"] < of_layers.loc[["noise", "gappy"], "mean"].sum()
    for part in (of_layers, of_groups):
        assert part["mean"].is_monotonic_decreasing


def test_strength_without_groups_and_without_cells(ensemble, places):
    found = strength(district.cube(), ensemble, district.table(places[0]))
    assert set(found.kind) == {"layer"}
    assert found.long_name[0] == "signal of the ground"
    with pytest.raises(ValueError, match="there are no cells to explain"):
        strength(district.cube(), ensemble, np.empty((0, 4), "float32"))
    with pytest.raises(ValueError, match="layer 'noise' has no group"):
        strength(district.cube(), ensemble, district.table(places[0]), groups={"signal": "source"})


# --- one place -------------------------------------------------------------------------------

CELLS = pd.DataFrame(
    {"place": ["T1", "T1", "矿点", "T1"], "row": [10, 11, 30, 12], "column": [40, 40, 25, 41]}
)


def test_a_place_adds_up_from_the_base_value_to_its_score(ensemble):
    found = breakdown(district.cube(), ensemble, CELLS)
    assert list(found.place.unique()) == ["T1", "矿点"]
    rows = district.table(CELLS)
    raw = np.mean([m.predict(rows, raw_score=True) for m in ensemble.members_], axis=0)
    score = np.mean([m.predict(rows) for m in ensemble.members_], axis=0)
    for place, part in found.groupby("place"):
        here = (CELLS.place == place).to_numpy()
        assert len(part) == 4
        assert (part.cells == here.sum()).all()
        total = part.base_value.iloc[0] + part.contribution.sum()
        assert total == pytest.approx(raw[here].mean(), abs=1e-6)
        assert part.raw_score.iloc[0] == pytest.approx(total, abs=1e-12)
        assert part.score.iloc[0] == pytest.approx(score[here].mean(), abs=1e-9)
        assert part.contribution.abs().is_monotonic_decreasing
        wanted = theirs(ensemble, rows)[here].mean(axis=0)
        named = part.set_index("layer").contribution[ensemble.layers_]
        np.testing.assert_allclose(named, wanted[:-1], atol=1e-6)


def test_a_place_is_told_by_its_median_and_its_commonest_class(ensemble):
    found = breakdown(district.cube(), ensemble, CELLS).set_index(["place", "layer"])
    rows = district.table(CELLS)[CELLS.place == "T1"]
    assert found.value["T1", "signal"] == np.median(rows[:, 0])
    codes, counts = np.unique(rows[:, 2], return_counts=True)
    assert found.meaning["T1", "rock"] == district.ROCKS[int(codes[counts.argmax()])]
    assert np.isnan(found.value["矿点", "gappy"]), "unknown stays unknown"
    assert found.meaning["矿点", "gappy"] == ""


def test_a_place_without_evidence_is_left_out_and_named(ensemble, caplog):
    cells = pd.concat([CELLS, pd.DataFrame({"place": ["T9"], "row": [0], "column": [0]})])
    found = breakdown(district.cube(), ensemble, cells)
    assert list(found.place.unique()) == ["T1", "矿点"]
    assert "T9: no evidence there" in caplog.text
    none = breakdown(district.cube(), ensemble, cells[-1:])
    assert len(none) == 0
    assert set(none.columns) == set(found.columns)


def test_cells_without_a_place_are_refused(ensemble):
    with pytest.raises(ValueError, match="have no column 'place'; they need 'place', 'row'"):
        breakdown(district.cube(), ensemble, CELLS[["row", "column"]])


def test_nothing_is_changed_by_how_the_cube_is_cut(ensemble, places):
    for make in (
        lambda cube: breakdown(cube, ensemble, CELLS),
        lambda cube: dependence(cube, ensemble, cells=places[0], deposits=places[1]),
    ):
        pd.testing.assert_frame_equal(make(district.cube()), make(district.cube(7)), rtol=0, atol=0)


def test_tables_say_in_which_unit_the_model_tells_its_scores(ensemble, places):
    cells, deposits = places
    frame = district.samples()
    forest = PositiveUnlabelled(random_forest(seed=0, n_estimators=4), members=3, ratio=5, seed=3)
    forest.fit(
        district.table(frame), frame.label.to_numpy(), frame.group.to_numpy(),
        layers=ensemble.layers_, categorical=["rock"],
    )  # fmt: skip
    for model, units in ((ensemble, "log-odds"), (forest, "1")):
        place = breakdown(district.cube(), model, CELLS)
        for made in (
            strength(district.cube(), model, district.table(cells), groups=GROUPS),
            dependence(district.cube(), model, cells=cells, deposits=deposits),
            place,
        ):
            assert set(made["contribution_units"]) == {units}
    np.testing.assert_allclose(place.raw_score, place.score, atol=1e-6)  # shares are shares
