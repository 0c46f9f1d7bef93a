import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features import sources
from geoprospect.features.components import principal_components
from tests.features import made
from tests.features.made import small_grid, values

GRID = small_grid(13, 17)


def several(seed=0, holes=0.1):
    """Three layers that share one cause, in units far apart."""
    rng = np.random.default_rng(seed)
    cause = rng.normal(size=(13, 17))
    fields = {
        "cu": 100 + 30 * cause + rng.normal(size=cause.shape) * 9,
        "mo": 2 + 0.5 * cause + rng.normal(size=cause.shape) * 0.3,
        "zn": 50 - 5 * cause + rng.normal(size=cause.shape) * 6,
    }
    for field in fields.values():
        field[rng.random(field.shape) < holes] = np.nan
    return xr.Dataset({name: made.layer(field, GRID) for name, field in fields.items()})


def by_eigenvalues(rows, standardised):
    """Components by the eigenvectors of the covariance, largest eigenvalue first."""
    known = rows[~np.isnan(rows).any(axis=1)]
    scale = known.std(axis=0) if standardised else 1
    eigenvalues, vectors = np.linalg.eigh(np.cov(((known - known.mean(axis=0)) / scale).T))
    order = np.argsort(-eigenvalues)
    scores = (rows - known.mean(axis=0)) / scale @ vectors[:, order]
    return scores, vectors[:, order], eigenvalues[order] / eigenvalues.sum()


@pytest.mark.parametrize("standardised", [True, False])
@given(st.integers(0, 500))
@settings(max_examples=6)
def test_they_are_the_eigenvectors_of_the_covariance(standardised, seed):
    group = several(seed)
    found = principal_components(group, count=3, standardised=standardised)
    rows = np.stack([layer.values.astype("f8").ravel() for layer in group.values()], axis=1)
    scores, vectors, shares = by_eigenvalues(rows, standardised)
    for k, layer in enumerate(found.values()):
        loadings = np.array(layer.attrs["loadings"])
        sign = np.sign(loadings @ vectors[:, k])
        np.testing.assert_allclose(loadings, sign * vectors[:, k], atol=1e-8)
        np.testing.assert_allclose(values(layer).ravel(), sign * scores[:, k], rtol=1e-4, atol=1e-4)
        assert layer.attrs["share"] == pytest.approx(shares[k])
        assert loadings[np.abs(loadings).argmax()] > 0


@given(st.integers(0, 500), st.integers(1, 20))
@settings(max_examples=8)
def test_chunking_changes_nothing(seed, side):
    whole = principal_components(several(seed), count=2)
    with made.chunks_of(side):
        cut = principal_components(several(seed).chunk({"y": side, "x": side}), count=2)
    for name in whole:
        np.testing.assert_array_equal(values(whole[name]), values(cut[name]))


def test_units_do_not_matter_when_standardised():
    group = several(3)
    other = group.assign(cu=made.layer(group["cu"].values / 1e4, GRID))
    one, same = (principal_components(g, count=3) for g in (group, other))
    for name in one:
        np.testing.assert_allclose(values(one[name]), values(same[name]), atol=2e-3)


def test_unknown_where_any_layer_is():
    group = several(1)
    holes = np.logical_or.reduce([np.isnan(layer.values) for layer in group.values()])
    found = principal_components(group, count=1)["component_1"]
    assert np.array_equal(np.isnan(values(found)), holes)


def test_only_the_study_area_is_fitted_to_and_a_selection_of_a_large_map(monkeypatch):
    group = several(2, holes=0)
    strange = group["mo"].values.copy()
    strange[10:] *= -1000
    group["mo"] = made.layer(strange, GRID)
    inside = made.layer(np.where(np.arange(13)[:, None] < 10, np.ones((13, 17)), np.nan), GRID)
    known = ~np.isnan(inside.values)
    cut = xr.Dataset(
        {
            name: made.layer(np.where(known, layer.values, np.nan), GRID)
            for name, layer in group.items()
        }
    )
    within = principal_components(group, count=2, area=inside)["component_1"]
    alone = principal_components(cut, count=2)["component_1"]
    np.testing.assert_allclose(within.attrs["loadings"], alone.attrs["loadings"])
    monkeypatch.setattr(sources, "MOST", 60)
    few = principal_components(several(2), count=1)["component_1"].attrs["loadings"]
    all_ = [0.6, 0.6, -0.5]
    assert np.abs(np.subtract(few, all_)).max() < 0.25


def test_the_log_says_the_loadings(caplog):
    caplog.set_level("INFO", "geoprospect.features")
    principal_components(several(), count=1)
    assert "component 1 (78 % of the variance): mo +0.60, cu +0.60, zn -0.53" in caplog.text


def test_lazy_on_the_grid_and_say_what_they_are():
    group = several().assign(distance=made.layer(np.ones((13, 17)), GRID, quality=True))
    found = principal_components(group, count=2)
    assert list(found.data_vars) == ["component_1", "component_2"]
    first = found["component_1"]
    assert first.attrs["long_name"].startswith("component 1 of cu, mo, zn (")
    assert first.attrs["units"] == "1"
    assert first.attrs["loadings_of"] == ["cu", "mo", "zn"]
    plain = principal_components(group, count=1, standardised=False)["component_1"]
    assert plain.attrs["units"] == "m"
    for layer in found.values():
        assert lazy.is_lazy(layer)
        contract.check_layer(layer, GRID, "component")


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(
        ValueError, match=r"between 1 and the number of layers .* got 4 of 3 layers"
    ):
        principal_components(several(), count=4)
    flat = several().assign(mo=made.layer(np.full((13, 17), 2.0), GRID))
    with pytest.raises(DataError, match="'mo' has one value only and no component; leave it out"):
        principal_components(flat, count=1)
    gaps = several().assign(mo=made.layer(np.full((13, 17), np.nan), GRID))
    with pytest.raises(DataError, match="0 cells are known in all of cu, mo, zn: too few"):
        principal_components(gaps, count=1)
    rock = several().assign(rock=made.layer(np.ones((13, 17)), GRID, meanings={1: "a"}))
    with pytest.raises(ContractError, match="needs measured values"):
        principal_components(rock, count=1)
