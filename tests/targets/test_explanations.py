"""Targets explained, held against a district small enough to work out by hand."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import braycurtis
from shapely.geometry import Point, box

from geoprospect import lazy
from geoprospect.errors import ContractError
from geoprospect.targets import reasons as why
from geoprospect.targets.analogues import analogues, similarity
from geoprospect.targets.explanations import explanations
from geoprospect.targets.sentences import Case, Layer, roles, sentences

WEST = box(500_000, 3_003_700, 500_400, 3_004_000)  # rows 0-2, columns 0-3
EAST = box(505_800, 3_000_000, 506_000, 3_000_200)  # rows 38-39, columns 58-59
BASE = -2.0


@pytest.fixture
def targets(grid):
    return gpd.GeoDataFrame(
        {"label": ["T1", "T2"], "score": [0.7, 0.255]}, geometry=[EAST, WEST], crs=grid.crs.proj
    )


@pytest.fixture
def cube(grid, layer):
    """Distance grows by 100 m a column; rock is granite in the east target, mostly."""
    distance = np.tile(np.arange(60) * 100.0, (40, 1))
    distance[0, 0] = np.nan
    rock = np.ones(grid.shape)
    rock[38:, 58:] = [[2, 2], [2, 1]]
    copper = np.full(grid.shape, np.nan)
    copper[38, 58] = 80
    return xr.Dataset(
        {
            "fault_distance": layer(distance, "m", long_name="distance to faults"),
            "rock": layer(rock, long_name="lithology", meanings={1: "shale", 2: "花岗岩"}),
            "copper": layer(copper, "mg kg-1", long_name="Cu"),
            "nearest_sample": layer(np.nan, "m", long_name="distance to sample", quality=True),
        }
    )


def effects(rows):
    """One log-odds for every kilometre, half a one for granite, a fifth less without copper."""
    distance, rock, copper = rows.T
    return np.column_stack(
        [
            np.nan_to_num(distance) / 1000,
            np.where(rock == 2, 0.5, -0.5),
            np.where(np.isnan(copper), -0.2, 0.4),
            np.full(len(rows), BASE),
        ]
    )


@pytest.fixture
def found(targets, cube, grid):
    district = why.district_values(cube)
    return why.reasons(
        targets, cube=cube, contributions=effects, grid=grid, district=district
    ).set_index(["target", "layer"])


def test_contributions_are_means_over_the_cells(found):
    assert found.loc["T1", "contribution"].tolist() == pytest.approx([5.85, 0.25, -0.05])
    # 0 to 300 m, one of twelve cells without distance, three each of the other columns
    assert found.loc["T2", "contribution"].tolist() == pytest.approx([0.15, -0.5, -0.2])
    assert set(found["base"]) == {BASE}


def test_values_are_medians_of_what_is_known_and_commonest_classes(found):
    assert found.loc["T1", "value"].tolist() == [5850, 2, 80]
    assert found.loc[("T2", "fault_distance"), "value"] == 200  # 0 0 100*3 200*3 300*3, one unknown
    assert found.loc["T1", "meaning"].tolist() == ["", "花岗岩", ""]
    assert np.isnan(found.loc[("T2", "copper"), "value"])


def test_gaps_are_shares_of_the_targets_cells(found):
    assert found.loc["T1", "missing_share"].tolist() == [0, 0, 0.75]
    assert found.loc["T2", "missing_share"].tolist() == pytest.approx([1 / 12, 0, 1])


def test_percentiles_count_the_district_and_classes_have_none(found):
    # 40 rows of 0 to 5,900 m, one cell of 0 m unknown: below 5,850 m lie 59 of 60 columns
    assert found.loc[("T1", "fault_distance"), "percentile"] == pytest.approx(
        100 * (59 * 40 - 1) / (60 * 40 - 1)
    )
    assert found.loc[("T2", "fault_distance"), "percentile"] == pytest.approx(
        100 * (2 * 40 - 1 + 20) / (60 * 40 - 1)
    )
    assert found["percentile"].isna()[("T1", "rock")]


def test_quantiles_are_those_of_the_known_cells():
    values = np.append(np.arange(101.0), np.nan).astype("float32")
    assert why.quantiles(values) == pytest.approx([5.0 * n for n in range(21)])
    assert why.quantiles(values[-1:]) == []


@pytest.mark.parametrize(("side", "at_once"), [(7, 100_000), (512, 2), (3, 5)])
def test_blocks_and_pieces_change_nothing(targets, cube, grid, found, monkeypatch, side, at_once):
    monkeypatch.setattr(why, "AT_ONCE", at_once)
    with lazy.cut(side):
        again = why.reasons(
            targets, cube=lazy.chunked(cube, side), contributions=effects, grid=grid,
            district=why.district_values(cube),
        )  # fmt: skip
    whole = found.reset_index()
    texts = ["target", "layer", "meaning"]
    assert again[texts].to_numpy().tolist() == whole[texts].to_numpy().tolist()
    numbers = again.drop(columns=texts).to_numpy("float64")
    assert np.allclose(numbers, whole[again.columns.drop(texts)], rtol=1e-12, equal_nan=True)


def test_cells_without_evidence_do_not_count(targets, cube, grid):
    bare = cube.copy(deep=True)
    for name in ("fault_distance", "rock", "copper"):
        bare[name].values[38, :] = np.nan
    told = why.reasons(
        targets, cube=bare, contributions=effects, grid=grid, district=why.district_values(bare)
    ).set_index(["target", "layer"])
    assert told.loc["T1", "contribution"].tolist() == pytest.approx([5.85, 0, -0.2])
    assert told.loc["T1", "missing_share"].tolist() == [0.5, 0.5, 1]


# --- analogues ---------------------------------------------------------------------------


def test_likeness_is_the_share_of_reasons_in_common():
    mine = np.array([2.0, -1.0, 0.0])
    others = np.array([[2, -1, 0], [1, -1, 0], [-2, 1, 0], [0, 0, 3], [2, -1, 3]], float)
    # apart 0, 1, 6, 6, 3 of together 6, 5, 6, 6, 9
    assert similarity(mine, others).tolist() == pytest.approx([1, 4 / 5, 0, 0, 6 / 9])
    assert similarity(np.zeros(2), np.zeros((1, 2))).tolist() == [1]


@given(st.lists(st.tuples(*[st.floats(0.01, 9)] * 2), min_size=1, max_size=6))
def test_likeness_of_reasons_of_one_sign_is_one_less_bray_and_curtis(pairs):
    one, other = np.array(pairs).T
    assert similarity(one, other[None])[0] == pytest.approx(1 - braycurtis(one, other))


def test_analogues_are_the_most_alike_with_their_distance_and_name(targets, cube, grid, found):
    deposits = gpd.GeoDataFrame(
        {"name": ["Old Hope", "", "红旗", "far away"]},
        geometry=[
            Point(500_550, 3_003_450),  # column 5: 0.5, shale, no copper
            Point(500_150, 3_003_850),  # inside the western target: 0.1, shale, no copper
            Point(505_850, 3_000_150),  # inside the eastern one: 5.8, granite, copper
            Point(400_000, 3_000_000),
        ],
        crs=grid.crs.proj,
    )
    told = analogues(
        targets, found.reset_index(), deposits, cube=cube, contributions=effects, grid=grid, most=2
    )
    assert told["target"].tolist() == ["T1", "T1", "T2", "T2"]
    assert told["deposit"].tolist() == ["红旗", "Old Hope", "#2", "Old Hope"]
    assert told["distance_m"].tolist() == pytest.approx([0, np.hypot(5250, 3250), 0,
                                                         np.hypot(150, 250)])  # fmt: skip
    # 5.85 0.25 -0.05 against 5.8 0.5 0.4; 0.15 -0.5 -0.2 against 0.1 -0.5 -0.2
    first = 1 - (0.05 + 0.25 + 0.45) / (11.65 + 0.75 + 0.45)
    assert told["similarity"].tolist()[::2] == pytest.approx([first, 1 - 0.05 / 1.65])


def test_no_deposits_no_analogues(targets, cube, grid, found):
    nothing = gpd.GeoDataFrame({"name": []}, geometry=[], crs=grid.crs.proj)
    told = analogues(
        targets, found.reset_index(), nothing, cube=cube, contributions=effects, grid=grid
    )
    assert list(told.columns) == ["target", "deposit", "distance_m", "similarity"]
    assert told.empty


# --- sentences ---------------------------------------------------------------------------


def entry(layer, contribution, **more):
    told = {"value": 240.0, "percentile": 6.2, "missing_share": 0.0, "class": None} | more
    return {"layer": layer, "contribution": contribution} | told


LAYERS = {
    "fault": Layer("distance to faults", "m", "pathway"),
    "rock": Layer("lithology", "1", "trap"),
    "copper": Layer("Cu", "mg kg-1", "signature"),
    "arsenic": Layer("As", "mg kg-1", "signature"),
    "slope": Layer("slope", "degree", "preservation"),
}


@pytest.fixture
def case():
    return Case(
        "T1", 0.93, -2.0,
        [
            entry("fault", 1.2),
            entry("rock", 0.4, value=2.0, percentile=None, **{"class": "花岗岩"}),
            entry("slope", -0.3, percentile=50.0, value=12.0),
            entry("copper", -0.1, missing_share=0.9, value=80.0),
            entry("arsenic", 0.001, missing_share=0.4, percentile=99.9),
        ],
        [
            {"deposit": "红旗", "distance_m": 0.0, "similarity": 0.91},
            {"deposit": "Old Hope", "distance_m": 3420.0, "similarity": 0.82},
        ],
    )  # fmt: skip


def test_what_supports_it_and_what_speaks_against_it(case):
    said = sentences(case, LAYERS)
    assert said["for"] == [
        "Distance to faults is 240 m, low for the district (6th percentile), which raises the "
        "score by 1.20 log-odds (pathway).",
        "Lithology is mostly 花岗岩, which raises the score by 0.40 log-odds (trap).",
    ]
    assert said["against"] == [
        "Slope is 12.0 degree, middling for the district (50th percentile), which lowers the "
        "score by 0.30 log-odds (preservation).",
        "Cu is unknown in 90 % of it, which lowers the score by 0.10 log-odds (signature).",
        "Nothing is known here of the signature: its layers are without data in 65 % of the "
        "target.",
    ]


def test_the_summary_compares_it_with_the_mineral_system(case):
    assert sentences(case, LAYERS)["summary"] == (
        "T1 scores 0.93: the models' raw score −0.80 is the base value −2.00 and +1.20 from its "
        "evidence [log-odds]. Of the mineral system there speak for it: pathway (+1.20), trap "
        "(+0.40). Against it: preservation (−0.30). Unknown here, mostly without data: "
        "signature. No layer stands for: source. The known deposit outside most like it is Old "
        "Hope, 3.4 km away (82 % of their reasons in common). 1 known deposit inside it is like "
        "it too."
    )


def test_roles_are_sums_over_their_layers(case):
    standing = roles(case, LAYERS)
    assert standing["present"] == {"pathway": 1.2, "trap": 0.4}
    assert standing["absent"] == {"preservation": -0.3}
    assert list(standing["unknown"]) == ["signature"]
    assert list(standing["unstated"]) == ["source"]
    weak = Case("T", 0.5, 0.0, [entry("fault", 1.0), entry("slope", -0.04)], [])
    assert list(roles(weak, LAYERS)["unclear"]) == ["preservation"]


def test_without_roles_none_is_spoken_of(case):
    plain = {name: Layer(one.long_name, one.units) for name, one in LAYERS.items()}
    said = sentences(case, plain)
    assert "mineral system" not in said["summary"]
    assert said["for"][0].endswith("raises the score by 1.20 log-odds.")


def test_shares_are_told_as_such_and_nothing_against_is_said(case):
    alone = Case("T7", None, 0.1, [entry("fault", 0.1234)], case.analogues[:1], "1")
    said = sentences(alone, LAYERS)
    assert said["for"][0].endswith("which raises the score by 0.123 of 1 (pathway).")
    assert said["summary"].startswith("T7 scores –: the models' raw score +0.223 is the base")
    assert "No layer lowers it by much." in said["summary"]
    assert said["summary"].endswith(
        "The known deposit most like it is 红旗, inside it (91 % of their reasons in common)."
    )


# --- all together ------------------------------------------------------------------------


@pytest.fixture
def told(targets, cube, grid, deposits):
    return explanations(
        targets, cube=cube, contributions=effects, deposits=deposits, grid=grid,
        roles={"rock": "trap"},
    )  # fmt: skip


def test_the_form_is_the_one_that_readers_know(told):
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert list(told) == ["version", "units", "layers", "targets"]
    fault, rock, copper = told["layers"]
    assert (fault["name"], fault["long_name"], fault["units"], fault["role"]) == (
        "fault_distance", "distance to faults", "m", None,
    )  # fmt: skip
    assert fault["quantiles"][0] == 0
    assert fault["quantiles"][-1] == 5900
    assert len(fault["quantiles"]) == 21
    assert rock["role"] == "trap"
    assert rock["quantiles"] == []
    assert copper["quantiles"] == [80.0] * 21
    east = told["targets"]["T1"]
    assert list(east) == ["base", "score_raw", "contributions", "analogues", "sentences"]
    assert [one["layer"] for one in east["contributions"]] == ["fault_distance", "rock", "copper"]
    assert east["score_raw"] == pytest.approx(BASE + 5.85 + 0.25 - 0.05)
    assert east["contributions"][1]["class"] == "花岗岩"
    assert set(east["sentences"]) == {"en", "zh"}
    assert set(east["sentences"]["zh"]) == {"for", "against", "summary"}


def test_a_model_without_contributions_still_tells_values(targets, cube, grid, deposits):
    told = explanations(targets, cube=cube, contributions=None, deposits=deposits, grid=grid)
    east = told["targets"]["T1"]
    assert told["units"] is None
    assert east["base"] is None
    assert east["score_raw"] is None
    assert east["analogues"] == []
    assert [one["contribution"] for one in east["contributions"]] == [None] * 3
    assert east["contributions"][0]["value"] == 5850
    assert "no sums over layers" in east["sentences"]["en"]["summary"]


def test_no_targets_are_explained_too(targets, cube, grid, deposits):
    told = explanations(
        targets.iloc[:0], cube=cube, contributions=effects, deposits=deposits, grid=grid
    )
    assert told["targets"] == {}
    assert len(told["layers"]) == 3


def test_a_target_without_cells_is_told_so(targets, cube, grid, deposits):
    away = targets.assign(geometry=[box(0, 0, 50, 50), WEST])
    told = explanations(away, cube=cube, contributions=effects, deposits=deposits, grid=grid)
    assert told["targets"]["T1"]["base"] is None
    assert told["targets"]["T1"]["contributions"] == []


def test_contributions_of_another_shape_are_refused(targets, cube, grid, deposits):
    with pytest.raises(ContractError, match=r"came as \(4, 3\), but \(4, 4\) was asked for"):
        explanations(
            targets, cube=cube, contributions=lambda rows: np.zeros((len(rows), 3)),
            deposits=deposits, grid=grid,
        )  # fmt: skip


def test_targets_in_another_crs_are_refused(targets, cube, grid, deposits):
    with pytest.raises(ContractError, match="the targets is in EPSG:4326 and the grid"):
        explanations(
            targets.to_crs("EPSG:4326"), cube=cube, contributions=effects, deposits=deposits,
            grid=grid,
        )  # fmt: skip
