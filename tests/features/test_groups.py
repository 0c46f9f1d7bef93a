import numpy as np
import pytest
import xarray as xr

from geoprospect.errors import ContractError
from geoprospect.features import groups, sources
from tests.features import made
from tests.features.made import small_grid


def layer(value=1.0, rows=3, **told):
    return made.layer(np.full((rows, 4), value), small_grid(rows, 4), **told)


def test_layers_go_by_their_own_names_or_by_stated_ones():
    k, th = layer(1), layer(2)
    several = xr.Dataset({"k": k, "th": th})
    assert list(groups.named(several, "f")) == ["k", "th"]
    assert list(groups.named([several, layer(3).rename("slope")], "f")) == ["k", "th", "slope"]
    found = groups.named([k, several], "f", ["a", "b", "c"])
    assert [float(one.mean()) for one in found.values()] == [1, 1, 2]
    assert list(found) == ["a", "b", "c"]


def test_names_that_lack_or_clash_are_told():
    with pytest.raises(ContractError, match=r"layer 2 of 2 has none; state names: \[...\]"):
        groups.named([layer().rename("a"), layer()], "f")
    with pytest.raises(ContractError, match="f: two layers are called 'a'; state names"):
        groups.named([layer().rename("a"), layer().rename("a")], "f")
    with pytest.raises(ContractError, match=r"told 1 names \(a\) for 2 layers \(Cu, made\)"):
        groups.named([layer(long_name="Cu"), layer()], "f", ["a"])
    with pytest.raises(ContractError, match="needs the layers a, c, and there is no 'c' among a"):
        groups.measured({"a": layer()}, ["a", "c"], "f")


def test_layers_on_other_grids_and_classes_are_refused():
    with pytest.raises(ContractError, match="'b' is not on the grid of 'a'; pass both through"):
        groups.named([layer(), layer(rows=5)], "f", ["a", "b"])
    classes = layer(meanings={1: "granite"})
    with pytest.raises(ContractError, match="needs measured values"):
        groups.measured({"a": classes}, ["a"], "f")


def test_a_sample_has_the_cells_where_all_is_known(monkeypatch):
    grid = small_grid(3, 4)
    one = np.arange(12.0).reshape(3, 4)
    other = np.where(one == 5, np.nan, -one)
    inside = made.layer(np.where(one < 8, 1, np.nan), grid)
    group = xr.Dataset({"one": made.layer(one, grid), "other": made.layer(other, grid)})
    found = groups.sampled(group, inside)
    np.testing.assert_array_equal(found[:, 0], [0, 1, 2, 3, 4, 6, 7])
    np.testing.assert_array_equal(found[:, 1], -found[:, 0])
    monkeypatch.setattr(sources, "MOST", 4)
    assert len(groups.sampled(group, None)) <= 4
