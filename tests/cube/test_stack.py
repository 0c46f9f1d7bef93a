import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.cube import stack
from geoprospect.errors import ContractError


def layer(grid, values, *, name="a", units="m", quality=False):
    array = contract.on_grid(np.asarray(values, "float32"), grid)
    return contract.describe(array, long_name=name, units=units, quality=quality)


def ramp(grid):
    return np.arange(grid.shape[0] * grid.shape[1], dtype="float32").reshape(grid.shape)


def test_a_feature_may_be_about_the_data_alone(grid):
    inside = contract.on_grid(np.ones(grid.shape, "float32"), grid)
    made = stack.stack({"q": layer(grid, ramp(grid), quality=True)}, grid=grid, area=inside)
    assert contract.evidence(made) == []
    assert contract.is_quality(made["q"])


def samples_at(grid, rows, columns):
    x, y = grid.affine * (np.asarray(columns) + 0.5, np.asarray(rows) + 0.5)
    return gpd.GeoDataFrame(
        {"label": 1, "group": 0, "row": rows, "column": columns},
        geometry=gpd.points_from_xy(x, y),
        crs=grid.crs.proj,
    )


def test_several_layers_of_one_feature_take_its_name_first(grid):
    one, two = layer(grid, ramp(grid)), layer(grid, ramp(grid))
    assert list(stack.layers_of("copper", one)) == ["copper"]
    assert list(stack.layers_of("copper", xr.Dataset({"cu": one, "distance": two}))) == [
        "copper_cu",
        "copper_distance",
    ]


def test_outside_the_area_everything_is_unknown(grid):
    area = np.ones(grid.shape, "float32")
    area[:7, 11:] = np.nan
    cube = stack.stack({"a": layer(grid, ramp(grid))}, grid=grid, area=layer(grid, area))
    expected = np.where(np.isnan(area), np.nan, ramp(grid))
    np.testing.assert_array_equal(cube["a"].values, expected)
    assert lazy.is_lazy(cube["a"])


@given(st.integers(3, 70), st.integers(0, 2**31))
def test_the_table_holds_the_cubes_own_cells_whatever_the_chunks(chunk, seed):
    grid = GeoBox.from_bbox((0, 0, 6000, 4000), crs="EPSG:32648", resolution=100)
    random = np.random.default_rng(seed)
    rows, columns = random.integers(0, 40, 9), random.integers(0, 60, 9)
    values = random.normal(size=(2, *grid.shape)).astype("float32")
    cube = xr.Dataset({"a": layer(grid, values[0]), "b": layer(grid, values[1])})
    table = stack.table(lazy.chunked(cube, chunk), samples_at(grid, rows, columns))
    np.testing.assert_array_equal(table, values[:, rows, columns].T)


def test_layers_about_the_data_are_no_evidence(grid):
    cube = xr.Dataset(
        {"a": layer(grid, ramp(grid)), "q": layer(grid, ramp(grid), quality=True)},
    )
    assert contract.evidence(cube) == ["a"]
    assert stack.table(cube, samples_at(grid, [1], [2])).shape == (1, 1)


def test_sampling_reads_only_the_chunks_that_hold_a_sample(grid):
    read = []

    def window(box):
        read.append(box.affine.c)
        return np.zeros(box.shape, "float32")

    with lazy.cut(10):
        made = lazy.from_grid(window, grid)
        cube = xr.Dataset({"a": contract.describe(made, long_name="a", units="m")})
        lazy.sample(cube, ["a"], [3, 14, 15], [25, 5, 6])
    assert sorted(read) == [500_000, 502_000]


def test_all_breaches_of_the_contract_come_at_once(grid):
    other = GeoBox.from_bbox((0, 0, 6000, 4000), crs="EPSG:32648", resolution=100)
    area = layer(grid, np.ones(grid.shape))
    broken = contract.on_grid(np.zeros(other.shape, "float64"), other)
    with pytest.raises(ContractError) as caught:
        stack.stack({"Bad Name": broken, "fine": layer(grid, ramp(grid))}, grid=grid, area=area)
    message = str(caught.value)
    for part in ("not on the target grid", "lack 'long_name'", "lack 'units'", "snake_case"):
        assert part in message
    assert "fine" not in message
