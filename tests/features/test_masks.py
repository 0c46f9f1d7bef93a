import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.masks import bare_ground, clear_sky, masked
from tests.features import made
from tests.features.made import small_grid, values
from tests.features.test_spectral import noisy, scene

GRID = small_grid(13, 17)


def test_the_scene_classes_of_sentinel_2():
    codes = np.array([[*range(12), np.nan]])
    found = clear_sky(made.layer(codes, small_grid(1, 13), units="1"), sensor="sentinel2")
    nan = np.nan
    np.testing.assert_array_equal(values(found), [[nan, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, nan]])
    assert found.attrs == {"long_name": "clear sky, sentinel2", "units": "1", "quality": 1}


def test_the_quality_bits_of_landsat():
    # 21824 clear land and 21952 clear water, 22280 cloud, 23888 shadow, 30048 snow, 54596 cirrus:
    # values that the USGS lists for Landsat 8 and 9; 1 is fill.
    codes = np.array([[21824, 21952, 22280, 23888, 30048, 54596, 1, np.nan]])
    found = values(clear_sky(made.layer(codes, small_grid(1, 8), units="1"), sensor="landsat"))
    np.testing.assert_array_equal(found, [[1, 1, 0, 0, 0, 0, np.nan, np.nan]])


@pytest.mark.parametrize(
    ("sensor", "code", "told"),
    [
        ("sentinel2", 4.5, "4.5 is no SCL class"),
        ("sentinel2", 12, "12 is no SCL class"),
        ("landsat", 21824.5, "21824.5 is no QA_PIXEL number"),
        ("landsat", -1, "-1 is no QA_PIXEL number"),
        ("landsat", 65536, "65536 is no QA_PIXEL number"),
    ],
)
def test_codes_that_were_averaged_are_refused(sensor, code, told):
    source = made.layer(np.array([[code]]), small_grid(1, 1))
    with pytest.raises(DataError, match=f"{told}; codes cannot be averaged: state kind: categ"):
        values(clear_sky(source, sensor=sensor))


def test_bare_ground_is_where_the_index_is_low():
    bands = scene(nir=[[0.3, 0.5, 0.2, 0.2]], red=[[0.3, 0.1, 0.15, np.nan]])
    found = bare_ground(bands, sensor="landsat", threshold=0.2)
    np.testing.assert_array_equal(values(found), [[1, 0, 1, np.nan]])
    assert contract.is_quality(found)
    with pytest.raises(ValueError, match="threshold must be between -1 and 1, got 20"):
        bare_ground(bands, sensor="landsat", threshold=20)


def test_what_a_mask_hides_is_unknown():
    grid = small_grid(1, 4)
    layer = made.layer(np.array([[1, 2, 3, np.nan]]), grid, units="%", long_name="K")
    mask = made.layer(np.array([[1, 0, np.nan, 1]]), grid, quality=True)
    found = masked(layer, mask)
    np.testing.assert_array_equal(values(found), [[1, np.nan, np.nan, np.nan]])
    assert found.attrs == layer.attrs
    classes = made.layer(np.array([[1, 1, 2, 2]]), grid, meanings={1: "a", 2: "b"})
    several = masked(xr.Dataset({"rock": classes, "k": layer}), mask)
    assert list(several.data_vars) == ["rock", "k"]
    assert contract.meanings(several["rock"]) == {1: "a", 2: "b"}
    with pytest.raises(ContractError, match="'mask' is not on the grid of 'layer'"):
        masked(layer, made.layer(np.ones((2, 4)), small_grid(2, 4)))


@given(st.integers(0, 100), st.integers(2, 20))
@settings(max_examples=5)
def test_chunking_changes_nothing(seed, side):
    bands = noisy(["nir", "red"], seed)
    codes = made.layer(np.random.default_rng(seed).integers(0, 12, (13, 17)), GRID)

    def made_of(bands, codes):
        bare = bare_ground(bands, sensor="aster", threshold=0.1)
        return values(masked(masked(bands["red"], clear_sky(codes, sensor="sentinel2")), bare))

    whole = made_of(bands, codes)
    with made.chunks_of(side):
        cut = {"y": side, "x": side}
        np.testing.assert_array_equal(whole, made_of(bands.chunk(cut), codes.chunk(cut)))


def test_lazy_on_the_grid():
    for found in (
        clear_sky(made.layer(np.ones((13, 17)), GRID), sensor="sentinel2"),
        bare_ground(noisy(["red", "nir"]), sensor="aster", threshold=0.3),
        masked(made.layer(np.ones((13, 17)), GRID), made.layer(np.ones((13, 17)), GRID)),
    ):
        assert lazy.is_lazy(found)
        contract.check_layer(found, GRID, "derived")
