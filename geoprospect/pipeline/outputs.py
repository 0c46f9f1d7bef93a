"""A run folder's outputs: what each is called, and how later steps read it back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, storage
from geoprospect.explain import shapley
from geoprospect.explain.grouped import DRIVERS as DRIVERS_OF_GROUPS
from geoprospect.explain.grouped import meanings as meanings_of_groups
from geoprospect.ingest.raster import raster
from geoprospect.ingest.vector import vector
from geoprospect.maps import applicability, quadrants, uncertainty
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
UNCERTAINTY = "maps/uncertainty.tif"
QUADRANTS = "maps/risk_return.tif"
APPLICABILITY = "maps/applicability.tif"
SEARCH = "maps/search_level.tif"
PROBABILITY = "maps/probability.tif"
UNDISCOVERED = "maps/undiscovered.tif"
CLASSES = "maps/classes.tif"
AGREEMENT = "maps/agreement.tif"
ROLES = "maps/roles.tif"
ROLE_DRIVERS = "maps/role_drivers.tif"
NULLS = "nulls.json"
TUNING = "tuning"
TRUST = "trust.json"
TARGETS = "targets.gpkg"
TABLE = "targets.csv"
DRILL_PLAN = "drill_plan.gpkg"
DRILL_PLAN_TABLE = "drill_plan.csv"
DRILL_PLAN_TOLD = "drill_plan.json"
BACKTEST = "backtest.json"
BACKTEST_TABLE = "backtest.csv"
DRILL_HOLES = "drill_holes.gpkg"
DRILL_HOLES_TOLD = "drillholes.json"
COMPOSITES = "composites.gpkg"
COMPOSITES_TABLE = "composites.csv"
BLOCK_MODEL = "block_model.json"
BLOCKS = "block_model.vti"
BLOCK_OMF = "block_model.omf"
BLOCK_TABLE = "block_model.csv"
BLOCK_PARQUET = "block_model.parquet"
BLOCK_LEVELS = "block_levels.tif"
GRADE_TONNAGE = "grade_tonnage.csv"
SUBSURFACE = "prospectivity_3d.vti"
SUBSURFACE_TABLE = "prospectivity_3d.csv"
SUBSURFACE_TOLD = "prospectivity_3d.json"
EXPLANATIONS = "explanations.json"
RANKING = "ranking.json"
RESOURCES = "resources.json"
REPORT = "report.html"
PDF = "report.pdf"
PROJECT = "project.qgz"
METADATA = "metadata.xml"
CATALOGUE = "stac"


@dataclass(frozen=True)
class Outputs:
    """The outputs in a run folder, read as they were written."""

    folder: AnyPath
    grid: GeoBox

    def scores(self) -> dict[str, Any]:
        """The content of ``validation.json``."""
        told: dict[str, Any] = json.loads(storage.read_text(self.folder / VALIDATION))
        return told

    def card(self) -> dict[str, Any]:
        """The model card."""
        told: dict[str, Any] = json.loads(storage.read_text(self.folder / MODEL / CARD))
        return told

    def ensemble(self, cube: xr.Dataset) -> PositiveUnlabelled:
        """The ensemble, from its texts; refused if *cube* is not what it was trained on."""
        folder, described = self.folder / MODEL, self.card()
        card.check_layers(described, cube)
        members = sorted(path.name for path in folder.glob("member_*.txt"))
        return card.from_texts(described, [storage.read_text(folder / name) for name in members])

    def maps(self) -> xr.Dataset:
        """Prospectivity and spread."""
        written = {"prospectivity": PROSPECTIVITY, "spread": SPREAD}
        return xr.Dataset({name: self._map(path) for name, path in written.items()})

    def out_of_fold(self) -> xr.Dataset:
        """Scores and folds out of fold."""
        return self._maps(OUT_OF_FOLD, ["score", "fold"])

    def uncertainty(self) -> xr.Dataset:
        """The parts of the uncertainty."""
        return self._maps(UNCERTAINTY, list(uncertainty.NAMES))

    def risk_return(self) -> xr.Dataset:
        """Return, risk, their index and the quadrant."""
        maps = self._maps(QUADRANTS, ["return", "risk", "exploration_index", "quadrant"])
        return self._classes(maps, "quadrant", quadrants.QUADRANTS)

    def applicability(self) -> xr.Dataset:
        """How unlike the ground is to what the model has seen."""
        maps = self._maps(APPLICABILITY, list(applicability.NAMES))
        return self._classes(maps, "applicability", applicability.MEANINGS)

    def search_level(self) -> xr.DataArray:
        """Share of the deposit clusters that score no higher."""
        return self._map(SEARCH)

    def probability(self) -> xr.DataArray:
        """Probability of a deposit in a cell."""
        return self._map(PROBABILITY)

    def undiscovered(self) -> xr.DataArray:
        """Probability of an undiscovered deposit in a cell."""
        return self._map(UNDISCOVERED)

    def classes(self) -> xr.Dataset:
        """The two class maps, without the names of their classes."""
        return self._maps(CLASSES, ["concentration_area", "prediction_area"])

    def agreement(self, cube: xr.Dataset) -> xr.Dataset:
        """Share of the members that agree which way each layer of *cube* speaks."""
        return self._maps(AGREEMENT, contract.evidence(cube))

    def roles(self, names: Sequence[str]) -> tuple[xr.Dataset, xr.Dataset]:
        """Contributions by role with the base value, and the roles that drive and inhibit."""
        sums = self._maps(ROLES, [*names, shapley.BASE])
        meanings = meanings_of_groups(sums)
        drivers = self._maps(ROLE_DRIVERS, list(DRIVERS_OF_GROUPS))
        for name in DRIVERS_OF_GROUPS:
            drivers = self._classes(drivers, name, meanings)
        return sums, drivers

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

    def planned(self, layer: str) -> gpd.GeoDataFrame:
        """The holes of the drill plan, or all that could be drilled."""
        return vector(path=self.folder / DRILL_PLAN, layer=layer)

    def traces(self) -> gpd.GeoDataFrame:
        """The holes that are there already, as lines."""
        return vector(path=self.folder / DRILL_HOLES, layer="traces")

    def _maps(self, path: str, names: Sequence[str]) -> xr.Dataset:
        """All bands of a written map, by name."""
        return xr.Dataset({name: self._map(path, n) for n, name in enumerate(names, start=1)})

    def _classes(self, maps: xr.Dataset, name: str, meanings: Mapping[int, str]) -> xr.Dataset:
        """The same maps, one of them with its classes."""
        layer = maps[name]
        described = contract.describe(
            layer, long_name=layer.attrs["long_name"], units="1", meanings=meanings
        )
        return maps.assign({name: described})

    def _map(self, path: str, band: int = 1) -> xr.DataArray:
        """One band of a written map, as a layer in the grid's own CRS."""
        read = raster(path=self.folder / path, band=band)
        assert isinstance(read, xr.DataArray)
        there = contract.grid_of(read)
        layer = contract.on_grid(read.data, GeoBox(there.shape, there.affine, self.grid.crs))
        return contract.describe(
            layer, long_name=read.attrs["long_name"], units=read.attrs["units"]
        )
