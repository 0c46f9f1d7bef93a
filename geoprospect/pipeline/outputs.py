"""A run folder's outputs: what each is called, and how later steps read it back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, storage
from geoprospect.explain import shapley
from geoprospect.ingest.raster import raster
from geoprospect.ingest.vector import vector
from geoprospect.models import card
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.storage import AnyPath

CUBE = "cube.zarr"
MODEL = "model"
CARD = "card.json"
LEADERBOARD = "leaderboard.json"
VALIDATION = "validation.json"
PROSPECTIVITY = "maps/prospectivity.tif"
SPREAD = "maps/spread.tif"
OUT_OF_FOLD = "maps/out_of_fold.tif"
ATTRIBUTIONS = "maps/attributions.tif"
DRIVERS = "maps/drivers.tif"
TARGETS = "targets.gpkg"
TABLE = "targets.csv"
REPORT = "report.html"


@dataclass(frozen=True)
class Outputs:
    """The outputs in a run folder, read as they were written."""

    folder: AnyPath
    grid: GeoBox

    def scores(self) -> dict[str, Any]:
        """The content of ``validation.json``."""
        told: dict[str, Any] = json.loads(storage.read_text(self.folder / VALIDATION))
        return told

    def ensemble(self, cube: xr.Dataset) -> PositiveUnlabelled:
        """The ensemble, from its texts; refused if *cube* is not what it was trained on."""
        folder = self.folder / MODEL
        described = json.loads(storage.read_text(folder / CARD))
        card.check_layers(described, cube)
        members = sorted(path.name for path in folder.glob("member_*.txt"))
        return card.from_texts(described, [storage.read_text(folder / name) for name in members])

    def maps(self) -> xr.Dataset:
        """Prospectivity and spread."""
        written = {"prospectivity": PROSPECTIVITY, "spread": SPREAD}
        return xr.Dataset({name: self._map(path) for name, path in written.items()})

    def out_of_fold(self) -> xr.Dataset:
        """Scores and folds out of fold."""
        bands = {"score": 1, "fold": 2}
        return xr.Dataset({name: self._map(OUT_OF_FOLD, band) for name, band in bands.items()})

    def drivers(self, cube: xr.Dataset) -> xr.DataArray:
        """The strongest driver of each cell, among the evidence of *cube*."""
        layer = self._map(DRIVERS)
        return contract.describe(
            layer, long_name=layer.attrs["long_name"], units="1",
            meanings=shapley.meanings(cube, contract.evidence(cube)),
        )  # fmt: skip

    def ranked(self, layer: str) -> gpd.GeoDataFrame:
        """The targets, or the survey areas."""
        return vector(path=self.folder / TARGETS, layer=layer)

    def _map(self, path: str, band: int = 1) -> xr.DataArray:
        """One band of a written map, as a layer in the grid's own CRS."""
        read = raster(path=self.folder / path, band=band)
        assert isinstance(read, xr.DataArray)
        there = contract.grid_of(read)
        layer = contract.on_grid(read.data, GeoBox(there.shape, there.affine, self.grid.crs))
        return contract.describe(
            layer, long_name=read.attrs["long_name"], units=read.attrs["units"]
        )
