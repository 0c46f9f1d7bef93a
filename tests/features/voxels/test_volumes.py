"""Properties in space and maps above, brought to blocks: by hand and by sorted distances."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.errors import ContractError, DataError
from geoprospect.features.voxels.volumes import depth, draped, property_volume
from tests.features.voxels.made import BLOCKS, CRS, TURNED

GRID = GeoBox.from_bbox((500_000, 3_000_000, 500_160, 3_000_240), crs=CRS, resolution=40)


def raster(values, grid=GRID, **attrs):
    made = contract.on_grid(np.asarray(values, "float32"), grid)
    return contract.describe(made, long_name="ground", units="m", **attrs)


def flat(height):
    wide = GeoBox.from_bbox((499_000, 2_999_000, 501_000, 3_001_000), crs=CRS, resolution=500)
    return raster(np.full(wide.shape, height), wide)


def test_a_volume_on_the_blocks_own_middles_is_itself():
    places = BLOCKS.centres()
    values = np.arange(len(places), dtype=float)
    table = pd.DataFrame(dict(zip("xyz", places.T, strict=True))).assign(density=values)
    made = property_volume(
        table, blocks=BLOCKS, column="density", units="kg m-3", radius=30, neighbours=1
    )
    np.testing.assert_array_equal(made["value"].to_numpy().ravel(), values.astype("float32"))
    assert (made["distance"] == 0).all()
    assert made["value"].attrs == {"long_name": "density", "units": "kg m-3"}


def test_between_points_the_nearest_share_by_inverse_distance():
    rng = np.random.default_rng(0)
    at = BLOCKS.centres()[rng.integers(0, BLOCKS.blocks, 40)] + rng.uniform(-9, 9, (40, 3))
    table = pd.DataFrame(dict(zip("xyz", at.T, strict=True))).assign(k=rng.random(40))
    made = property_volume(table, blocks=BLOCKS, column="k", units="1", radius=60, neighbours=3)
    away = np.linalg.norm(BLOCKS.centres()[:, None] - at, axis=2)
    for block in range(0, BLOCKS.blocks, 37):
        near = [i for i in np.argsort(away[block])[:3] if away[block, i] <= 60]
        weights = away[block, near] ** -2
        wanted = (weights @ table["k"].to_numpy()[near]) / weights.sum() if near else np.nan
        found = made["value"].to_numpy().ravel()[block]
        assert found == pytest.approx(wanted, rel=1e-5, nan_ok=True)
    np.testing.assert_allclose(made["distance"].to_numpy().ravel(), away.min(axis=1), rtol=1e-6)


def test_a_map_is_the_same_all_the_way_down_and_farther_the_deeper():
    values = np.arange(24.0).reshape(6, 4)
    made = draped(raster(values), flat(5.0), blocks=BLOCKS)
    z, y, x = np.unravel_index(np.arange(BLOCKS.blocks), BLOCKS.shape)
    east, north, up = 20 * x + 10, 25 * y + 12.5, 10 * z - 95
    for i in range(0, BLOCKS.blocks, 11):
        inside = east[i] < 160 and up[i] <= 5
        wanted = values[5 - int(north[i] // 40), int(east[i] // 40)] if inside else np.nan
        assert made["value"].to_numpy().ravel()[i] == pytest.approx(wanted, nan_ok=True)
    below = made["distance"].to_numpy().ravel()
    np.testing.assert_allclose(below, np.where(up <= 5, 5.0 - up, np.nan))


def test_classes_stay_classes():
    layer = raster(np.full((6, 4), 2.0), meanings={2: "granite"})
    made = draped(layer, flat(100), blocks=BLOCKS)["value"]
    assert contract.meanings(made) == {2: "granite"}
    assert made.attrs["long_name"] == "ground, at the surface"


@pytest.mark.parametrize("blocks", [BLOCKS, TURNED])
def test_depth_is_what_lies_above_and_the_air_is_unknown(blocks, caplog):
    with caplog.at_level("INFO"):
        made = depth(flat(-20.0), blocks=blocks)["value"].to_numpy()
    up = blocks.centres()[:, 2].reshape(blocks.shape)
    np.testing.assert_allclose(made, np.where(up > -20, np.nan, -20 - up))
    assert "189 of 693 blocks lie in the air" in caplog.text


def test_what_does_not_fit_the_blocks_is_refused():
    other = GeoBox.from_bbox((0, 0, 80, 80), crs="EPSG:32649", resolution=40)
    with pytest.raises(ContractError, match="cells are in EPSG:32649 and the blocks in EPSG:32648"):
        depth(raster(np.zeros(other.shape), other), blocks=BLOCKS)
    with pytest.raises(DataError, match="points of the volume have no column 'rho'"):
        property_volume(
            pd.DataFrame({"x": [0], "y": [0], "z": [0]}), blocks=BLOCKS, column="rho", units="1",
            radius=9,
        )  # fmt: skip
