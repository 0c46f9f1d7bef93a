"""Quantiles of layers against sorted arrays, however the layers are cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.lazy import order

floats = st.one_of(
    st.sampled_from([0.0, -0.0, 0.25, 1.0]),
    st.floats(width=32, allow_infinity=False, allow_nan=True),
)
TENTHS = [k / 10 for k in range(1, 11)]


def layer(values, grid):
    whole = np.full(grid.shape, np.nan, "float32")
    whole.ravel()[: len(values)] = values
    return lazy.chunked(contract.on_grid(whole, grid), 17)


def lowest_reaching(values, share):
    """The smallest value that a share of the values do not exceed: one by one."""
    known = sorted(v for v in values.tolist() if v == v)
    return next(v for v in known if sum(u <= v for u in known) >= share * len(known) - 1e-9)


@settings(max_examples=20)
@given(arrays("float32", st.integers(1, 40), elements=floats))
def test_quantiles_are_those_of_the_sorted_values(values):
    known = values[~np.isnan(values)]
    found = lazy.quantiles(contract.on_grid(np.atleast_2d(values), _strip(len(values))), TENTHS)
    if not known.size:
        assert np.isnan(found).all()
        return
    wanted = [lowest_reaching(values, share) for share in TENTHS]
    np.testing.assert_array_equal(found[0], wanted)


@settings(max_examples=20)
@given(arrays("float32", st.integers(1, 40), elements=floats), st.floats(0.01, 1))
def test_the_best_are_the_largest(values, share):
    found = lazy.best(contract.on_grid(np.atleast_2d(values), _strip(len(values))), share)
    known = np.sort(values[~np.isnan(values)])[::-1]
    if not known.size:
        assert found is None
        return
    rank = max(1, int(np.ceil(share * known.size - 1e-9)))
    assert found.threshold == known[rank - 1]
    assert found.reached == (known >= known[rank - 1]).sum()
    assert found.known == known.size


def test_each_group_has_quantiles_of_its_own(grid, monkeypatch):
    monkeypatch.setattr(order, "AT_ONCE", 3)
    rng = np.random.default_rng(0)
    values, group = rng.normal(size=2400).astype("float32"), rng.integers(0, 3, 2400) * 1.0
    values[::7], group[::11] = np.nan, np.nan
    found = lazy.quantiles(
        layer(values, grid), TENTHS, group=layer(group.astype("float32"), grid), groups=4
    )
    for number in range(3):
        mine = values[group == number]
        mine = mine[~np.isnan(mine)]
        wanted = np.quantile(mine, TENTHS, method="inverted_cdf")
        np.testing.assert_array_equal(found[number], wanted)
    assert np.isnan(found[3]).all()


@pytest.mark.parametrize("chunk", [7, 13, 64])
def test_chunking_changes_nothing(grid, chunk):
    values = np.random.default_rng(1).normal(size=grid.shape).astype("float32")
    whole = lazy.quantiles(contract.on_grid(values, grid), TENTHS)
    with lazy.cut(chunk):
        assert (lazy.quantiles(contract.on_grid(values, grid), TENTHS) == whole).all()


def _strip(cells):
    return GeoBox.from_bbox((0, 0, 100 * cells, 100), crs="EPSG:32648", resolution=100)
