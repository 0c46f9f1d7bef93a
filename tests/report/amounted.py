"""A made-up estimate of how much there may be, as a run would tell it."""

from __future__ import annotations

import functools
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.resources.contained import contained, recovered
from geoprospect.resources.densities import deposit_density
from geoprospect.resources.economics import DEFAULT, Operation, filtered, told
from geoprospect.resources.elicited import mark3
from geoprospect.resources.endowment import endowment
from geoprospect.resources.published import published
from geoprospect.resources.summary import summary
from geoprospect.resources.volume import Typical, volume_method

NASTY = "<script>alert('unit')</script> & Söhne"
DEPTHS = [(0.5, 0, 60), (0.5, 61, 800)]


def make_layer(values: np.ndarray, grid: GeoBox) -> xr.DataArray:
    return contract.describe(contract.on_grid(values.astype("float32"), grid),
                             long_name="chance", units="1")  # fmt: skip


def from_the_map() -> Any:
    """The number from three made maps of 30 by 40 cells."""
    grid = GeoBox.from_bbox((0, 0, 4000, 3000), crs="EPSG:32650", resolution=100)
    rng = np.random.default_rng(3)
    maps = xr.Dataset(
        {f"map_{k}": make_layer(0.004 * (k + 1) * rng.random(grid.shape), grid) for k in range(3)}
    )
    explored = make_layer(np.full(grid.shape, 0.4), grid)
    known = gpd.GeoDataFrame(geometry=gpd.points_from_xy([150.0], [2950.0]), crs="EPSG:32650")
    return endowment(maps, explored, known, label_frequency=0.5)


@functools.cache
def make_resources() -> dict[str, Any]:
    """All that the section and its figures are made of."""
    numbers = [
        mark3(thresholds=[1, 3, 8]),
        deposit_density(area=8000, type="porphyry_copper"),
        from_the_map(),
    ]
    model = published(name="porphyry_copper", truncated=True)
    filters = {"operation": Operation("massive"), "deck": DEFAULT, "depths": DEPTHS}
    number = numbers[0]
    areas = pd.DataFrame({"label": [NASTY, "Forest Reserve", "elsewhere"],
                          "share": [0.5, 0.25, 0.25], "expected": [2.0, 1.0, 1.0],
                          "chance": [0.8, 0.6, 0.6]})  # fmt: skip
    volume = volume_method(
        commodity="Cu", area=2e6, extent=(100, 200, 400), similarity=(0.4, 0.1), seed=1,
        typical=[Typical(1e6, 1e6, 300), Typical(2e6, 3e6, 200), Typical(5e5, 8e5, 250)],
    )  # fmt: skip
    return summary(
        numbers, model=model, contained=contained(number, model, seed=2, trials=4000),
        recovered=recovered(number, model, filtered(metals=["Cu"], **filters), seed=2, trials=4000),
        screen=told(**filters), others=[volume], areas={"targets": areas}, seed=1,
    )  # fmt: skip
