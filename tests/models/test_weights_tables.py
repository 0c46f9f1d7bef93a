"""Tables and maps of weights against hand counts and plain loops."""

from __future__ import annotations

import itertools
import json
import logging
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy.stats import chi2_contingency

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError, ModelError
from geoprospect.models.weights_maps import independence, posterior_maps
from geoprospect.models.weights_tables import told, weights_table, weights_tables

GRID = GeoBox.from_bbox((500_000, 3_000_000, 504_000, 3_003_000), crs="EPSG:32648", resolution=100)
UNIT = 0.01
"""One cell of 100 m [km2]."""


def layer(values, grid=GRID, **more):
    made = contract.on_grid(np.asarray(values, "float32"), grid)
    return contract.describe(made, **({"long_name": "made layer", "units": "m"} | more))


def points(rows, columns, grid=GRID):
    x, y = grid.affine @ (np.asarray(columns) + 0.5, np.asarray(rows) + 0.5)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=grid.crs.proj)


def steps():
    """Distance in steps of 10 columns from the west edge; the last 2 columns are unknown."""
    made = np.broadcast_to(100.0 * (1 + np.arange(40) // 10), GRID.shape).copy()
    made[:, 38:] = np.nan
    return layer(made)


def near_west():
    """12 deposits: 7 in the nearest step, 3 in the second, 1 in the third, 1 in the last."""
    columns = [0, 1, 2, 3, 4, 5, 6, 12, 14, 16, 25, 35]
    return points(range(12), columns)


def test_a_cumulative_table_counted_by_hand():
    table = weights_table(steps(), near_west(), mode="ascending", unit_cell=UNIT)
    assert table["low"].tolist() == [100, 200, 300, 400]
    assert table["area_km2"].tolist() == pytest.approx([3, 3, 3, 2.4])
    assert table["units"].tolist() == pytest.approx([300, 600, 900, 1140])
    assert table["deposits"].tolist() == [7, 10, 11, 12]
    second = table.iloc[1]
    assert second["w_plus"] == pytest.approx(math.log((10 / 12) / (590 / 1128)))
    assert second["w_minus"] == pytest.approx(math.log((2 / 12) / (538 / 1128)))
    assert second["studentised"] == pytest.approx(
        math.log(10 * 538 / (2 * 590)) / math.sqrt(1 / 10 + 1 / 590 + 1 / 2 + 1 / 538)
    )
    assert table["guarded"].tolist() == [False, False, False, True]
    told = table.attrs
    assert (told["deposits"], told["mode"], told["choice"]) == (12, "ascending", "contrast")
    assert told["unit_cells"] == pytest.approx(1140)
    assert (told["long_name"], told["layer_units"]) == ("made layer", "m")


def test_descending_patterns_are_ascending_ones_of_the_layer_upside_down():
    upside_down = layer(-steps().to_numpy())
    one = weights_table(steps(), near_west(), mode="ascending", unit_cell=UNIT)
    other = weights_table(upside_down, near_west(), mode="descending", unit_cell=UNIT)
    assert other["low"].tolist() == (-one["low"]).tolist()
    shared = one.columns.drop(["low", "high"])
    assert other[shared].equals(one[shared])


def test_the_unit_cell_counts_ground_and_not_deposits():
    fine = weights_table(steps(), near_west(), mode="ascending", unit_cell=UNIT / 4)
    table = weights_table(steps(), near_west(), mode="ascending", unit_cell=UNIT)
    assert fine["units"].tolist() == pytest.approx((4 * table["units"]).tolist())
    assert fine["deposits"].equals(table["deposits"])
    assert fine["contrast"][1] == pytest.approx(math.log(10 * 2158 / (2 * 2390)))


def test_the_cut_of_highest_contrast_or_studentised_contrast_or_ones_own():
    settings = {"mode": "ascending", "unit_cell": UNIT}
    table = weights_table(steps(), near_west(), **settings)
    sure = table[table["studentised"] >= 1.645]
    best = sure["contrast"].idxmax()
    assert table["pattern"].tolist() == ["inside"] * (best + 1) + ["outside"] * (3 - best)
    assert set(table["weight"][: best + 1]) == {table["w_plus"][best]}
    assert set(table["weight"][best + 1 :]) == {table["w_minus"][best]}
    studentised = weights_table(steps(), near_west(), choice="studentised", **settings)
    most = table["studentised"].idxmax()
    assert (studentised["pattern"] == "inside").sum() == most + 1
    manual = weights_table(steps(), near_west(), choice="manual", threshold=250, **settings)
    assert manual["pattern"].tolist() == ["inside", "inside", "outside", "outside"]
    assert manual["weight_sd"][3] == table["w_minus_sd"][1]


def test_edges_part_measured_values_and_an_edge_is_in_the_upper_class():
    values = np.broadcast_to(np.arange(40) / 2, GRID.shape)
    table = weights_table(
        layer(values), near_west(), mode="descending", unit_cell=UNIT, edges=[5, 10]
    )
    assert table["low"].tolist() == [10, 5, -np.inf]
    assert table["high"].tolist() == [np.inf, 10, 5]
    assert table["units"].tolist() == pytest.approx([600, 900, 1200])
    assert table["deposits"].tolist() == [2, 5, 12]
    rising = weights_table(
        layer(values), near_west(), mode="ascending", unit_cell=UNIT, edges=[5, 10],
        choice="manual", threshold=10,
    )  # fmt: skip
    assert rising["pattern"].tolist() == ["inside", "inside", "outside"]


def rocks():
    made = np.broadcast_to(np.repeat([1, 2, 3, 4], 10), GRID.shape)
    return layer(made, units="1", meanings={1: "shale", 2: "花岗岩", 3: "basalt", 4: "till"})


def test_classes_keep_their_own_weight_or_are_pooled():
    settings = {"mode": "categorical", "unit_cell": UNIT}
    own = weights_table(rocks(), near_west(), choice="own", **settings)
    assert own["meaning"].tolist() == ["shale", "花岗岩", "basalt", "till"]
    assert own["deposits"].tolist() == [7, 3, 1, 1]
    assert own["weight"].equals(own["w_plus"].rename("weight"))
    pooled = weights_table(rocks(), near_west(), **settings)
    assert pooled["pattern"].tolist() == ["own", "pooled", "pooled", "pooled"]
    assert pooled["weight"][1] == pytest.approx(math.log((5 / 12) / (895 / 1188)))


def test_a_layer_that_tells_nothing_weighs_nothing_and_is_told(caplog):
    even = points(np.arange(12), np.arange(12) * 3)
    table = weights_table(steps(), even, mode="ascending", unit_cell=UNIT)
    assert set(table["pattern"]) == {"none"}
    assert not table[["weight", "weight_sd"]].to_numpy().any()
    pooled = weights_table(rocks(), even, mode="categorical", unit_cell=UNIT)
    assert set(pooled["pattern"]) == {"none"}
    assert caplog.text.count("reaches a studentised contrast of 1.645; the layer weighs") == 2


@pytest.mark.parametrize("chunk", [7, 16])
def test_chunks_change_nothing(chunk):
    whole = weights_table(steps(), near_west(), mode="ascending", unit_cell=UNIT)
    cut = weights_table(lazy.chunked(steps(), chunk), near_west(), mode="ascending", unit_cell=UNIT)
    assert cut.equals(whole)
    cube = {"steps": steps(), "rocks": rocks()}
    tables = {
        "steps": whole,
        "rocks": weights_table(rocks(), near_west(), mode="categorical", unit_cell=UNIT),
    }
    maps = posterior_maps(cube, tables, deposits=12, unit_cells=1200).compute()
    pieces = {name: lazy.chunked(one, chunk) for name, one in cube.items()}
    with lazy.cut(chunk):
        other = posterior_maps(pieces, tables, deposits=12, unit_cells=1200)
        assert max(other["posterior"].chunks[0]) <= chunk
        assert other.compute().equals(maps)
    whole_area = independence(cube, tables, near_west(), unit_cell=UNIT)
    assert independence(pieces, tables, near_west(), unit_cell=UNIT) == whole_area


def three():
    """Two layers, one with a gap, and their tables."""
    rng = np.random.default_rng(5)
    cube = {"steps": steps(), "rocks": rocks()}
    rough = np.round(3 * rng.random(GRID.shape) - np.arange(40) / 30)
    rough[4:9, 5:20] = np.nan
    cube["rough"] = layer(rough, long_name="rough", units="1")
    modes = {"steps": "ascending", "rocks": "categorical", "rough": "descending"}
    tables = {
        name: weights_table(
            cube[name], near_west(), mode=modes[name], unit_cell=UNIT, confidence=0.5,
            choice="own" if name == "rocks" else None,
        )
        for name in cube
    }  # fmt: skip
    return cube, tables


def of_value(table, value):
    """A value's pattern, weight and its deviation, by reading the table."""
    if math.isnan(value):
        return None
    ((_, row),) = table[table["low"] == value].iterrows()
    name = row["low"] if row["pattern"] == "own" else row["pattern"]
    return name, row["weight"], row["weight_sd"]


def test_maps_are_those_of_reading_the_tables_cell_by_cell():
    cube, tables = three()
    maps = posterior_maps(cube, tables, deposits=12, unit_cells=1200)
    for name in maps:
        assert lazy.is_lazy(maps[name])
        assert maps[name].dtype == "float32"
        assert maps[name].attrs["units"] == "1"
    maps = maps.compute()
    for row, column in [(0, 0), (5, 6), (5, 39), (20, 15), (29, 38), (8, 19)]:
        log_odds, variance = math.log(0.01 / 0.99), 1 / 12
        gaps = []
        for name, table in tables.items():
            row_told = of_value(table, float(cube[name].to_numpy()[row, column]))
            if row_told is None:
                gaps.append(table)
            else:
                log_odds, variance = log_odds + row_told[1], variance + row_told[2] ** 2
        wanted = 1 / (1 + math.exp(-log_odds))
        missing = sum(
            (1 / (1 + math.exp(-log_odds - each["weight"])) - wanted) ** 2
            * each["area_km2"] / table["area_km2"].sum()
            for table in gaps
            for _, each in table.iterrows()
        )  # fmt: skip
        sd = math.sqrt(wanted**2 * variance + missing)
        found = [float(maps[name].to_numpy()[row, column]) for name in maps]
        assert found == pytest.approx([wanted, sd, wanted / sd], rel=1e-6)


def test_where_all_is_unknown_there_is_no_posterior():
    table = weights_table(steps(), near_west(), mode="ascending", unit_cell=UNIT)
    maps = posterior_maps({"steps": steps()}, {"steps": table}, deposits=12, unit_cells=1140)
    assert np.isnan(maps["posterior"].to_numpy()[:, 38:]).all()
    assert np.isfinite(maps["confidence"].to_numpy()[:, :38]).all()


def test_a_class_that_the_table_lacks_is_unknown():
    table = weights_table(steps(), near_west(), mode="ascending", unit_cell=UNIT)
    other = steps().copy(data=np.where(np.arange(40) < 10, 150, steps().to_numpy()))
    maps = posterior_maps({"steps": other}, {"steps": table}, deposits=12, unit_cells=1140)
    assert np.isnan(maps["posterior"].to_numpy()[:, :10]).all()


def test_independence_is_that_of_walking_all_cells():
    cube, tables = three()
    told = independence(cube, tables, near_west(), unit_cell=UNIT)
    maps = posterior_maps(cube, tables, deposits=12, unit_cells=1200).compute()
    posterior, sd = (maps[name].to_numpy() for name in ("posterior", "standard_deviation"))
    arrays = [one.to_numpy() for one in cube.values()]
    known = [
        {value: of_value(table, value)[0] for value in table["low"]} for table in tables.values()
    ]
    units: dict = {}
    for row, column in itertools.product(*map(range, GRID.shape)):
        key = tuple(
            names.get(float(one[row, column])) for names, one in zip(known, arrays, strict=True)
        )
        seen = units.setdefault(key, [0, posterior[row, column], sd[row, column]])
        seen[0] += 1
    predicted = sum(count * chance for count, chance, _ in units.values())
    variance = sum((count * float(deviation)) ** 2 for count, _, deviation in units.values())
    assert told["conditions"] == len(units)
    assert told["predicted"] == pytest.approx(predicted, rel=1e-6)
    assert told["sd"] == pytest.approx(math.sqrt(variance), rel=1e-6)
    assert told["ratio"] == pytest.approx(12 / predicted, rel=1e-6)
    assert told["z"] == pytest.approx((predicted - 12) / math.sqrt(variance), rel=1e-6)
    assert [pair["layers"] for pair in told["pairs"]] == [
        ["steps", "rocks"], ["steps", "rough"], ["rocks", "rough"],
    ]  # fmt: skip
    # at the deposits: nearest step against the rock under it
    inside = tables["steps"]["pattern"].tolist().count("inside")
    by_rock = {1: 7, 2: 3, 3: 1, 4: 1}
    counts = [
        [by_rock[rock] if (rock <= inside) == near else 0 for rock in by_rock]
        for near in (True, False)
    ]
    wanted = chi2_contingency(counts)
    assert told["pairs"][0]["chi_squared"] == pytest.approx(wanted.statistic)
    assert told["pairs"][0]["p"] == pytest.approx(wanted.pvalue)
    assert told["pairs"][0]["freedom"] == 3


def test_a_planted_duplicate_fails_and_independent_layers_pass():
    rng = np.random.default_rng(0)
    grid = GeoBox.from_bbox((500_000, 3_000_000, 508_000, 3_008_000), crs="EPSG:32648",
                            resolution=100)  # fmt: skip
    deposit = np.zeros(grid.shape, bool)
    deposit.ravel()[rng.choice(deposit.size, 120, replace=False)] = True
    cube = {}
    for name, on, off in (("faults", 0.7, 0.2), ("granite", 0.6, 0.25), ("copper", 0.5, 0.15)):
        pattern = rng.random(grid.shape) < np.where(deposit, on, off)
        cube[name] = layer(pattern, grid, units="1", meanings={0: "off", 1: "on"})
    where = points(*np.nonzero(deposit), grid)
    tables = {
        name: weights_table(one, where, mode="categorical", unit_cell=UNIT)
        for name, one in cube.items()
    }
    honest = independence(cube, tables, where, unit_cell=UNIT)
    assert honest["p"] > 0.05
    assert honest["ratio"] > 0.85
    assert min(pair["p"] for pair in honest["pairs"]) > 0.05 / 3
    cube["lineaments"], tables["lineaments"] = cube["faults"], tables["faults"]
    planted = independence(cube, tables, where, unit_cell=UNIT)
    assert planted["p"] < 0.01
    assert planted["ratio"] < 0.85
    worst = min(planted["pairs"], key=lambda pair: pair["p"])
    assert worst["layers"] == ["faults", "lineaments"]
    assert worst["p"] < 1e-12


def a_cube():
    """Deposits lie low on one layer and high on its mirror image; one layer has one value."""
    distance = np.broadcast_to(np.arange(40) * 10.0, GRID.shape).copy()
    distance[:, 38:] = np.nan
    unknown = np.full(GRID.shape, np.nan)
    unknown[20:] = np.arange(40)  # deposits lie in the first twelve rows
    made = {
        "distance": layer(distance),
        "density": layer(-distance, long_name="density"),
        "rock": rocks(),
        "flat": layer(np.ones(GRID.shape), long_name="flat"),
        "unknown": layer(unknown, long_name="unknown"),
        "quality": layer(distance, long_name="quality", quality=True),
    }
    return xr.Dataset(made)


def test_every_layer_of_a_cube_is_weighed_the_way_it_tells_more(caplog):
    cube = a_cube()
    names = contract.evidence(cube)
    background = np.stack([cube[name].to_numpy().ravel() for name in names], axis=1)
    settings = {"unit_cell": UNIT, "confidence": 1.3}
    tables = weights_tables(cube, near_west(), background=background, classes=5, **settings)
    assert list(tables) == ["distance", "density", "rock"]
    assert "'flat' has no weights: it has one value" in caplog.text
    assert "'unknown' has no weights: it is unknown at all deposits" in caplog.text
    assert [table.attrs["mode"] for table in tables.values()] == [
        "ascending", "descending", "categorical",
    ]  # fmt: skip
    edges = [float(edge) for edge in tables["distance"]["high"][:-1]]
    assert len(edges) == 4
    alone = weights_table(
        cube["distance"], near_west(), mode="ascending", edges=edges, choice="studentised",
        **settings,
    )  # fmt: skip
    assert tables["distance"].equals(alone)
    assert tables["rock"].equals(
        weights_table(cube["rock"], near_west(), mode="categorical", **settings)
    )
    posterior_maps(cube, tables, deposits=12, unit_cells=1200)
    with pytest.raises(ValueError, match="classes must be 2 or more, got 1"):
        weights_tables(cube, near_west(), background=background, classes=1, **settings)
    with pytest.raises(ValueError, match="choice for ascending must be one of"):
        weights_tables(cube, near_west(), background=background, choice="own", **settings)


def test_a_table_as_plain_data_is_ready_for_json():
    values = layer(np.broadcast_to(np.arange(40) / 2, GRID.shape))
    table = weights_table(values, near_west(), mode="descending", unit_cell=UNIT, edges=[5, 10])
    plain = json.loads(json.dumps(told(table), allow_nan=False))
    assert plain["classes"]["low"] == [10, 5, None]
    assert plain["classes"]["w_plus"] == table["w_plus"].tolist()
    assert plain["classes"]["guarded"] == [False, False, True]
    assert list(plain["classes"]) == list(table.columns)
    assert (plain["mode"], plain["deposits"], plain["long_name"]) == (
        "descending",
        12,
        "made layer",
    )


def test_deposits_that_are_not_counted_are_told(caplog):
    where = pd.concat([near_west(), points([2, 3, -5], [38, 39, 4])], ignore_index=True)
    table = weights_table(steps(), where, mode="ascending", unit_cell=UNIT)
    assert table.attrs["deposits"] == 12
    assert "1 of 15 deposits lie off the grid and are not counted" in caplog.text
    assert "2 of 14 deposits lie where the layer is unknown and are not counted" in caplog.text


def test_deposits_that_share_a_unit_cell_are_told(caplog):
    cube, tables = three()
    independence(cube, tables, near_west(), unit_cell=UNIT)
    assert "share their unit cell" not in caplog.text
    with caplog.at_level(logging.WARNING):
        independence(cube, tables, near_west(), unit_cell=1)
    assert "of 12 deposits share their unit cell of 1 km2 with another" in caplog.text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mode": "up"}, "mode must be one of ascending, descending, categorical, got 'up'"),
        ({"choice": "pooled"}, "choice for ascending must be one of contrast, studentised, manual"),
        ({"mode": "categorical", "choice": "contrast"}, "must be one of pooled, own"),
        ({"choice": "manual"}, "threshold is for choice: manual, which needs it"),
        ({"threshold": 3.0}, "threshold is for choice: manual"),
        ({"unit_cell": 0.0}, "unit_cell must be positive, got 0.0 km2"),
        ({"unit_cell": 5.0}, "leave no barren ground; choose a smaller unit cell"),
        ({"confidence": -1}, "confidence must be a positive studentised contrast, got -1"),
        ({"edges": [3, 3]}, r"edges must be finite and rise, got \[3, 3\]"),
        ({"mode": "categorical", "edges": [1]}, "edges are for ascending and descending"),
        ({"choice": "manual", "threshold": 1000.0}, "threshold 1000 leaves all ground of 'made"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        weights_table(steps(), near_west(), **({"mode": "ascending", "unit_cell": UNIT} | settings))


def test_data_that_cannot_be_counted_are_refused(monkeypatch):
    settings = {"mode": "ascending", "unit_cell": UNIT}
    with pytest.raises(DataError, match="none of 1 deposits lies on the grid; check their CRS"):
        weights_table(steps(), points([500], [3]), **settings)
    with pytest.raises(DataError, match="no deposit lies where the layer is known"):
        weights_table(steps(), points([3], [39]), **settings)
    nothing = layer(np.full(GRID.shape, np.nan))
    with pytest.raises(DataError, match="layer 'made layer' has no known cell to count"):
        weights_table(nothing, near_west(), **settings)
    with pytest.raises(DataError, match="has no known cell to count"):
        weights_table(nothing, near_west(), edges=[3], **settings)
    with pytest.raises(ContractError, match=r"grid\.project first"):
        weights_table(steps(), near_west().to_crs(4326), **settings)
    circles = near_west().set_geometry(near_west().buffer(10))
    with pytest.raises(ContractError, match=r"points; take their representative_point\(\) first"):
        weights_table(steps(), circles, **settings)
    monkeypatch.setattr("geoprospect.models.classed.MOST_CLASSES", 3)
    with pytest.raises(DataError, match=r"more than 3 single values; give edges: \[...\]"):
        weights_table(steps(), near_west(), **settings)


def test_maps_without_layers_or_prior_are_refused(monkeypatch):
    cube, tables = three()
    with pytest.raises(ModelError, match="need a table of weights, and there is none"):
        posterior_maps(cube, {}, deposits=12, unit_cells=1200)
    with pytest.raises(ModelError, match="weights for layers steps, which are missing"):
        posterior_maps({}, {"steps": tables["steps"]}, deposits=12, unit_cells=1200)
    with pytest.raises(ValueError, match="12 deposits on 12 unit cells give no prior"):
        posterior_maps(cube, tables, deposits=12, unit_cells=12)
    nowhere = points([3], [39])
    with pytest.raises(DataError, match="no deposit lies on known ground"):
        independence({"s": cube["steps"]}, {"s": tables["steps"]}, nowhere, unit_cell=UNIT)
    monkeypatch.setattr("geoprospect.models.weights_maps.MOST_CONDITIONS", 2)
    with pytest.raises(DataError, match="more than 2 unique conditions; put layers into fewer"):
        independence(cube, tables, near_west(), unit_cell=UNIT)
