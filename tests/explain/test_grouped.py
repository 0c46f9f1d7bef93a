"""Groups of layers: sums are sums, drivers follow their rule, chunks change nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.explain import drivers, group_table, grouped, grouped_rows, shapley
from tests.models import district

GROUPS = {"signal": "source", "noise": "other", "rock": "trap", "gappy": "source"}
GRID = GeoBox.from_bbox((0, 0, 300, 200), crs="EPSG:32648", resolution=100)


@pytest.fixture(scope="module")
def ensemble():
    return district.ensemble()


def maps(**layers) -> xr.Dataset:
    return xr.Dataset(
        {
            name: contract.describe(
                contract.on_grid(np.array(values, "float32"), GRID),
                long_name=f"{name} here",
                units="log-odds",
            )
            for name, values in layers.items()
        }
    )


HAND = {
    "faults": [[0.5, 0.1, np.nan], [-0.2, 0.0, 1.0]],
    "copper": [[0.4, 0.1, 0.3], [-0.1, 0.0, 0.1]],
    "rock": [[-0.3, 0.1, 0.2], [-0.4, 0.0, -0.1]],
    "base_value": [[-1, -1, -1], [-1, -1, -1]],
}


def test_a_group_says_what_its_layers_say_together():
    made = grouped(maps(**HAND), groups={"faults": "way", "copper": "trace", "rock": "way"})
    assert list(made.data_vars) == ["way", "trace", "base_value"]
    np.testing.assert_allclose(made["way"], [[0.2, 0.2, np.nan], [-0.6, 0.0, 0.9]], atol=1e-7)
    np.testing.assert_array_equal(made["trace"], np.array(HAND["copper"], "float32"))
    np.testing.assert_array_equal(made["base_value"], -1)
    assert contract.layer_problems(made["way"], GRID) == []
    assert made["way"].attrs == {"long_name": "way", "units": "log-odds"}
    shares = maps(**HAND)
    for layer in shares.values():
        layer.attrs["units"] = "1"
    made = grouped(shares, groups={"faults": "way", "copper": "trace", "rock": "way"})
    assert {layer.attrs["units"] for layer in made.values()} == {"1"}


def test_drivers_by_hand():
    found = drivers(maps(**HAND))
    np.testing.assert_array_equal(found["driver_1"], [[1, 1, np.nan], [0, 0, 1]])
    np.testing.assert_array_equal(found["driver_2"], [[2, 2, np.nan], [0, 0, 0]])  # 0.1 < 0.22
    np.testing.assert_array_equal(found["inhibitor"], [[3, 0, np.nan], [3, 0, 3]])
    told = {0: "none", 1: "faults here", 2: "copper here", 3: "rock here"}
    for layer in found.data_vars.values():
        assert contract.meanings(layer) == told
        assert contract.layer_problems(layer, GRID) == []


def test_many_that_speak_softly_have_no_driver():
    six = {f"layer_{n}": np.full((2, 3), 0.1) for n in range(6)}
    found = drivers(maps(**six))
    assert (found["driver_1"] == 0).all()
    five = {name: six[name] for name in list(six)[:5]}
    assert (drivers(maps(**five))["driver_1"] == 1).all()  # a fifth exactly


def test_one_group_alone_has_no_second_driver():
    found = drivers(maps(all=np.full((2, 3), 0.4)))
    assert (found["driver_1"] == 1).all()
    assert (found["driver_2"] == 0).all()


def driven(shares: list[float]) -> tuple[str, str, str]:
    """The rule in plain words, one cell at a time."""
    names = [f"g{n}" for n in range(len(shares))]
    ahead = sum(share for share in shares if share > 0)
    best = sorted(range(len(shares)), key=lambda n: -shares[n])[:2]
    told = [names[n] if shares[n] > 0 and shares[n] >= 0.2 * ahead else "none" for n in best] + [
        "none"
    ]
    worst = min(range(len(shares)), key=lambda n: shares[n])
    return told[0], told[1], names[worst] if shares[worst] < 0 else "none"


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.lists(
            st.lists(st.integers(-8, 8).map(float), min_size=n, max_size=n), min_size=1, max_size=9
        )
    )
)
def test_rows_follow_the_rule_told_in_plain_words(cells):
    shares = np.array(cells)
    layers = [f"g{n}" for n in range(shares.shape[1])]
    table = grouped_rows(
        np.column_stack([shares, np.zeros(len(shares))]),
        layers,
        groups={layer: layer for layer in layers},
    )
    found = table[["driver_1", "driver_2", "inhibitor"]].itertuples(index=False, name=None)
    assert list(found) == [driven(list(row)) for row in shares]


@given(st.permutations(list(GROUPS)), st.sampled_from([1e-9, 1.0, 1e6]))
def test_sums_of_groups_are_the_sums_of_their_layers(order, size):
    shares = size * np.random.default_rng(3).normal(size=(20, 5))
    table = grouped_rows(shares, order, groups=GROUPS)
    for group in set(GROUPS.values()):
        places = [n for n, layer in enumerate(order) if GROUPS[layer] == group]
        np.testing.assert_array_equal(table[group], shares[:, places].sum(axis=1))
    np.testing.assert_array_equal(table["base_value"], shares[:, -1])
    total = table.drop(columns=["driver_1", "driver_2", "inhibitor"]).sum(axis=1)
    np.testing.assert_allclose(total, shares.sum(axis=1), rtol=1e-12, atol=1e-12 * size)


def test_a_map_of_groups_has_the_raw_score_in_sum(ensemble):
    cube = district.cube()
    made = grouped(shapley.attributions(cube, ensemble), groups=GROUPS).compute()
    evidence = cube[ensemble.layers_].to_dataarray().to_numpy().reshape(4, -1).T
    raw = np.mean([m.predict(evidence, raw_score=True) for m in ensemble.members_], axis=0)
    known = ~np.isnan(evidence).all(axis=1)
    total = made.to_dataarray().sum("variable", skipna=False).to_numpy().ravel()
    np.testing.assert_allclose(total[known], raw[known], atol=2e-6)
    assert np.isnan(total[~known]).all()
    assert known.sum() < known.size


def test_a_map_says_of_a_cell_what_its_row_says(ensemble):
    cube, places = district.cube(), district.samples()
    made = grouped(shapley.attributions(cube, ensemble), groups=GROUPS)
    found = shapley.at_cells(cube, ensemble, places.row, places.column)
    table = grouped_rows(found, ensemble.layers_, groups=GROUPS)
    seen = made.compute().isel(
        y=xr.DataArray(places.row.to_numpy()), x=xr.DataArray(places.column.to_numpy())
    )
    for name in (*set(GROUPS.values()), "base_value"):
        np.testing.assert_allclose(seen[name], table[name], atol=2e-6)


@pytest.mark.parametrize("chunk", [7, 16])
def test_chunking_changes_nothing(ensemble, chunk):
    whole = grouped(shapley.attributions(district.cube(), ensemble), groups=GROUPS)
    with lazy.cut(chunk):
        cut = grouped(shapley.attributions(district.cube(chunk), ensemble), groups=GROUPS)
        driving = drivers(cut)
    assert lazy.is_lazy(cut["source"])
    assert lazy.is_lazy(driving["inhibitor"])
    assert max(cut["source"].chunks[0]) <= chunk
    assert whole.compute().equals(cut.compute())
    assert drivers(whole).compute().equals(driving.compute())


@pytest.mark.parametrize(
    ("groups", "why"),
    [
        ({"faults": "a", "copper": "b"}, "layer 'rock' has no group; give it one"),
        ({"faults": "a", "copper": "b", "rock": "c", "roads": "d"}, "there is no layer 'roads'"),
        ({"faults": "driver_1", "copper": "b", "rock": "b"}, "'driver_1' cannot name a group"),
        ({"faults": "来源", "copper": "b", "rock": "b"}, "'来源' cannot name a group"),
    ],
)
def test_groups_that_do_not_fit_are_refused(groups, why):
    with pytest.raises(ValueError, match=why):
        grouped(maps(**HAND), groups=groups)
    with pytest.raises(ValueError, match=why):
        grouped_rows(np.zeros((1, 4)), ["faults", "copper", "rock"], groups=groups)


def test_rows_of_another_width_are_refused():
    with pytest.raises(ValueError, match=r"are \(2, 3\), but there are 3 layers.*base value last"):
        grouped_rows(np.zeros((2, 3)), ["a", "b", "c"], groups=dict.fromkeys("abc", "all"))


def test_groups_over_the_ground_and_at_deposits_by_hand():
    sums = maps(
        way=[[0.5, 0.1, np.nan], [-0.2, 0.0, 1.0]],
        trace=[[0.4, 0.3, np.nan], [-0.6, -0.5, 0.1]],
        base_value=HAND["base_value"],
    )
    deposits = pd.DataFrame({"row": [0, 1, 0], "column": [0, 2, 2]})
    trace, way = group_table(sums, drivers(sums), deposits)
    assert (trace["group"], way["group"]) == ("trace", "way")
    assert trace["size"] == pytest.approx(1.9 / 5, abs=1e-6)
    assert way["size"] == pytest.approx(1.8 / 5, abs=1e-6)
    assert trace["at_deposits"] == pytest.approx(0.25)
    assert way["at_deposits"] == pytest.approx(0.75)
    # way leads in two cells (0.5 > 0.4, 1 > 0.1), trace in one; both inhibit or are silent else
    assert (way["drives"], trace["drives"]) == (pytest.approx(2 / 5), pytest.approx(1 / 5))
    assert (way["inhibits"], trace["inhibits"]) == (0, pytest.approx(2 / 5))
    assert (way["drives_deposits"], trace["drives_deposits"]) == (1, 0)


def test_a_table_of_groups_hangs_on_no_chunk(ensemble):
    deposits = district.samples()[lambda one: one["label"] == 1]

    def told(cube):
        sums = grouped(shapley.attributions(cube, ensemble), groups=GROUPS)
        return group_table(sums, drivers(sums), deposits)

    whole = told(district.cube())
    with lazy.cut(7):
        assert told(district.cube(7)) == whole
    assert sum(one["drives"] for one in whole) <= 1


def test_where_nothing_is_known_nothing_is_told():
    empty = np.full((2, 3), np.nan)
    sums = maps(way=empty, base_value=empty)
    (one,) = group_table(sums, drivers(sums), pd.DataFrame({"row": [0], "column": [0]}))
    assert one == {"group": "way"} | dict.fromkeys(
        ("size", "at_deposits", "drives", "inhibits", "drives_deposits")
    )
