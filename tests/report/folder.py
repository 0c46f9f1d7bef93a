"""A small run folder, written as a run writes it, and what it holds."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import rasterio
import xarray as xr

from geoprospect import contract
from geoprospect.report import export
from geoprospect.report.inventory import File, Inventory, features_of, map_of
from tests.report.conftest import make_layer


def make_folder(case: SimpleNamespace, folder: Path) -> Inventory:
    """Maps of every kind (many bands, classes, both in one file, 16 bits) and vector layers."""
    grid = contract.grid_of(case.maps)
    tall = np.broadcast_to(np.linspace(-2, 2, grid.shape[0])[:, None], grid.shape)
    short = make_layer(tall, grid, "lean contribution", "log-odds")
    short.encoding = {"dtype": "int16", "scale_factor": 0.001, "add_offset": 0.5}
    outputs = {
        "prospectivity": case.maps[["prospectivity"]],
        "spread": case.maps[["spread"]],
        "out_of_fold": case.out_of_fold,
        "attributions": case.attributions,
        "drivers": xr.Dataset({"driver": case.drivers}),
        "lean": xr.Dataset({"lean": short}),
    }
    paths = {name: folder / "maps" / f"{name}.tif" for name in outputs}
    export.geotiffs({paths[name]: maps for name, maps in outputs.items()})
    layers = {
        "targets": case.targets, "survey_areas": case.survey_areas,
        "samples": case.samples[["label", "group", "geometry"]], "deposits": case.deposits,
    }  # fmt: skip
    export.geopackage(layers, folder / "targets.gpkg")
    maps = []
    for name, path in paths.items():
        with rasterio.open(path) as file:
            maps.append(map_of(file, f"maps/{name}.tif"))
    features = features_of(folder / "targets.gpkg", "targets.gpkg")
    return Inventory(grid, maps, features, [File("targets.gpkg", 5, "ab" * 32), File("a.html", 7)])
