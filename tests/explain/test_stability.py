"""Agreement of members: counted by hand, cell by cell, block by block."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.explain import (
    agreement_table,
    shapley,
    sign_agreement,
    sign_agreement_rows,
    stability,
    steady,
    steady_driver,
)
from tests.explain.test_pairwise import Members, learnt
from tests.models import district


@pytest.fixture(scope="module")
def ensemble():
    return district.ensemble()


@pytest.fixture(scope="module")
def rows():
    return district.table(district.samples())


def of_one_split(low: float, high: float):
    """A member that gives *low* to layer 0 below 0.5 and *high* above; layer 1 is silent."""
    rows = np.array([[0.0, 0.0], [1.0, 0.0]] * 4)
    target = np.where(rows[:, 0] > 0.5, high, low)
    return learnt(rows, target, num_leaves=2, boost_from_average=False, lambda_l2=0)


def test_members_are_counted_by_hand():
    members = [of_one_split(-1, 1), of_one_split(-2, 2), of_one_split(-4, 4), of_one_split(1, -1)]
    three_of_four = sign_agreement_rows(
        Members(["a", "b"], members), np.array([[0.0, 3.0], [1.0, 3.0]])
    )
    np.testing.assert_array_equal(three_of_four, [[0.75, 1.0], [0.75, 1.0]])  # b: all say nothing
    heavy = [*members, of_one_split(50, -50)]  # two against three, but they weigh more
    outvoted = sign_agreement_rows(Members(["a", "b"], heavy), np.array([[0.0, 3.0]]))
    np.testing.assert_array_equal(outvoted, [[0.4, 1.0]])


def test_agreement_is_what_lightgbm_says_of_each_member(ensemble, rows):
    each = np.stack([m.predict(rows, pred_contrib=True)[:, :-1] for m in ensemble.members_])
    same = np.sign(each) == np.sign(each.mean(axis=0))
    found = sign_agreement_rows(ensemble, rows)
    np.testing.assert_array_equal(found, same.mean(axis=0))
    assert 0 < found.min() < 0.8 < found.max() == 1, "the case shows both"


def test_members_contributions_have_the_ensembles_as_their_mean(ensemble, rows):
    each = list(stability.member_contributions(ensemble, rows))
    assert len(each) == len(ensemble.members_)
    mean = shapley.ensemble_contributions(ensemble, rows)
    np.testing.assert_allclose(np.mean(each, axis=0), mean, atol=1e-6)


def test_a_map_says_of_a_cell_what_its_row_says(ensemble):
    cube = district.cube()
    made = sign_agreement(cube, ensemble).to_dataarray().to_numpy().reshape(4, -1).T
    evidence = cube[ensemble.layers_].to_dataarray().to_numpy().reshape(4, -1).T
    known = ~np.isnan(evidence).all(axis=1)
    assert np.isnan(made[~known]).all()
    each = np.stack([m.predict(evidence[known], pred_contrib=True) for m in ensemble.members_])
    clear = (np.abs(each[..., :-1]) > 1e-6).all(axis=0)  # tables round at less than that
    clear &= np.abs(each[..., :-1].mean(axis=0)) > 1e-6
    theirs = (np.sign(each) == np.sign(each.mean(axis=0)))[..., :-1].mean(axis=0)
    np.testing.assert_array_equal(made[known][clear], theirs[clear].astype("float32"))
    assert clear.mean() > 0.5


def test_members_that_cannot_be_tabulated_are_left_to_lightgbm(ensemble, monkeypatch):
    whole = sign_agreement(district.cube(), ensemble).compute()
    nothing = (None,) * len(ensemble.members_)
    monkeypatch.setattr(stability.models, "explainers", lambda _: nothing)
    slowly = sign_agreement(district.cube(), ensemble).compute()
    for name in whole.data_vars:  # apart from rounding at zero
        same = np.isnan(whole[name]) & np.isnan(slowly[name]) | (whole[name] == slowly[name])
        assert float(same.mean()) > 0.99


@pytest.mark.parametrize("chunk", [7, 16])
def test_chunking_changes_nothing(ensemble, chunk):
    whole = sign_agreement(district.cube(), ensemble)
    with lazy.cut(chunk):
        cut = sign_agreement(district.cube(chunk), ensemble)
    for layer in cut.data_vars.values():
        assert lazy.is_lazy(layer)
        assert contract.layer_problems(layer, district.GRID) == []
    assert max(cut["signal"].chunks[0]) <= chunk
    assert cut["signal"].attrs["long_name"] == "agreement of members on signal of the ground"
    assert whole.compute().equals(cut.compute())


def layers(values, name="faults") -> xr.Dataset:
    grid = district.GRID[:1, :4]
    made = contract.on_grid(np.array([values], "float32"), grid)
    return contract.describe(made, long_name=name, units="1").to_dataset(name=name)


def test_what_members_do_not_agree_on_is_greyed_out():
    shares = layers([0.5, -0.5, 0.5, np.nan]).assign(layers([-1, -1, -1, np.nan], "base_value"))
    kept = steady(shares, layers([1.0, 0.8, 0.75, np.nan]))
    np.testing.assert_array_equal(kept["faults"][0], [0.5, -0.5, np.nan, np.nan])
    np.testing.assert_array_equal(kept["base_value"], shares["base_value"])
    assert kept["faults"].attrs == shares["faults"].attrs
    laxer = steady(shares, layers([1.0, 0.8, 0.75, np.nan]), least=0.7)
    assert int(np.isfinite(laxer["faults"]).sum()) == 3


def test_what_cannot_be_greyed_out_is_refused():
    one = layers([1, 1, 1, 1])
    with pytest.raises(ValueError, match="least must be a share from 0 to 1, got 80"):
        steady(one, one, least=80)
    with pytest.raises(ValueError, match="there is no agreement for faults; compute it first"):
        steady(one, layers([1, 1, 1, 1], "copper"))


def drivers_of(codes, count) -> xr.DataArray:
    grid = district.GRID[:1, :4]
    told = {0: "none"} | {n: f"layer {n}" for n in range(1, count + 1)}
    made = contract.on_grid(np.array([codes], "float32"), grid)
    return contract.describe(made, long_name="strongest driver", units="1", meanings=told)


def test_a_driver_is_kept_where_members_agree_on_that_very_layer():
    agreed = layers([0.9, 0.1, 0.1, 0.9]).assign(layers([0.1, 0.8, 0.9, 0.9], "copper"))
    made = steady_driver(drivers_of([1, 2, 1, 0], 2), agreed)
    np.testing.assert_array_equal(made[0], [1, 2, 0, 0])
    assert contract.meanings(made) == {0: "none", 1: "layer 1", 2: "layer 2"}
    laxer = steady_driver(drivers_of([1, 2, 1, np.nan], 2), agreed, least=0.1)
    np.testing.assert_array_equal(laxer[0], [1, 2, 1, np.nan])
    with pytest.raises(ValueError, match="least must be a share from 0 to 1, got -1"):
        steady_driver(drivers_of([1, 2, 1, 0], 2), agreed, least=-1)


def test_agreement_over_the_ground_and_at_deposits_by_hand():
    agreed = layers([0.5, 0.9, 0.8, np.nan]).assign(layers([1, 1, 0.2, np.nan], "copper"))
    deposits = pd.DataFrame({"row": [0, 0, 0], "column": [0, 1, 3]})
    first, second = agreement_table(agreed, deposits)
    assert first["layer"] == "copper"
    assert first["mean"] == pytest.approx(2.2 / 3, abs=1e-6)
    assert (first["steady"], first["at_deposits"]) == (pytest.approx(2 / 3), 1)
    assert second["mean"] == pytest.approx(2.2 / 3, abs=1e-6)
    assert (second["steady"], second["at_deposits"]) == (pytest.approx(2 / 3), 0.5)
    nothing = agreement_table(layers([np.nan] * 4), deposits)
    assert nothing == [{"layer": "faults", "mean": None, "steady": None, "at_deposits": None}]
    with pytest.raises(ValueError, match="least must be a share"):
        agreement_table(agreed, deposits, least=2)


@pytest.mark.parametrize("chunk", [7, 16])
def test_tables_and_drivers_hang_on_no_chunk(ensemble, chunk):
    deposits = district.samples()[lambda one: one["label"] == 1]

    def told():
        cube = district.cube(chunk) if lazy_cut else district.cube()
        agreed = sign_agreement(cube, ensemble)
        driver = shapley.strongest_driver(shapley.attributions(cube, ensemble))
        return agreement_table(agreed, deposits), steady_driver(driver, agreed).compute()

    lazy_cut = False
    table, driver = told()
    lazy_cut = True
    with lazy.cut(chunk):
        again, cut = told()
    assert again == table
    assert cut.equals(driver)
    assert len(np.unique(driver)) > 2
