import numpy as np
import pytest
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features.survey import raster
from tests.features import made
from tests.features.made import small_grid


def test_a_layer_stays_what_it_is_and_sheds_what_is_not_its_own():
    grid = small_grid(4, 5)
    source = made.layer(np.arange(20).reshape(4, 5), grid, units="nT", long_name="total field")
    source.attrs["AREA_OR_POINT"] = "Area"
    found = raster(lazy.chunked(source))
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "total field", "units": "nT"}
    np.testing.assert_array_equal(found, source)
    assert "AREA_OR_POINT" in source.attrs  # the source is not changed
    contract.check_layer(found, grid, "magnetics")


def test_classes_and_quality_are_kept():
    grid = small_grid(4, 5)
    source = made.layer(np.ones((4, 5)), grid, units="1", meanings={1: "花岗岩"}, quality=True)
    found = raster(source)
    assert contract.meanings(found) == {1: "花岗岩"}
    assert contract.is_quality(found)


def test_several_bands_are_several_layers():
    grid = small_grid(4, 5)
    bands = xr.Dataset(
        {
            name: made.layer(np.full((4, 5), k), grid, units=units, long_name=name)
            for k, (name, units) in enumerate({"potassium": "%", "thorium": "mg kg-1"}.items())
        }
    )
    found = raster(bands)
    assert list(found.data_vars) == ["potassium", "thorium"]
    assert found["thorium"].attrs == {"long_name": "thorium", "units": "mg kg-1"}


def test_a_layer_without_units_is_refused():
    source = made.layer(np.ones((4, 5)), small_grid(4, 5)).drop_attrs()
    with pytest.raises(ContractError, match="raster: the layer's attrs lack long_name and units"):
        raster(source)
