"""Sections that say how a map is made, what it cannot tell, and which files hold it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import xarray as xr
from markupsafe import Markup

from geoprospect import contract
from geoprospect.language import marked, say
from geoprospect.registry import SECTIONS
from geoprospect.report.data import MEANT
from geoprospect.report.page import render

FILES = {
    "report.html": marked("this page, complete in itself"),
    "targets.gpkg": marked("targets, survey areas, deposits, samples and folds, with styles"),
    "targets.csv": marked("the targets as a table, for a spreadsheet"),
    "drill_plan.gpkg": marked("the holes to drill next, and all that could be drilled"),
    "drill_plan.csv": marked("the holes to drill next as a table: collar, azimuth, dip, length"),
    "drill_plan.json": marked("what the drill plan rests on: chances, values, choices"),
    "backtest.json": marked("how far the model would have found what was found later"),
    "backtest.csv": marked("the same as a table, a row for each date and ranking"),
    "drill_holes.gpkg": marked("collars and traces of the drill holes, as points and 3D lines"),
    "drillholes.json": marked("what was read of the drill holes, and what is odd in them"),
    "composites.gpkg": marked("equal lengths down the holes, or benches, as points in 3D"),
    "composites.csv": marked("the same composites as a table"),
    "block_model.omf": marked("the blocks between the holes, for mining programs"),
    "block_model.vti": marked("the same blocks, for ParaView"),
    "block_model.csv": marked("the same blocks as a table: place, estimate, and what it rests on"),
    "block_model.parquet": marked("the same table as Parquet, which is smaller and read faster"),
    "block_levels.tif": marked("the estimate as maps, a band for each level of blocks"),
    "grade_tonnage.csv": marked("tonnes, grade and metal above each cut-off"),
    "block_model.json": marked("how the blocks were estimated, and how good that is"),
    "prospectivity_3d.vti": marked("the score under ground, with its evidence, for ParaView"),
    "prospectivity_3d.csv": marked("the same voxels as a table, with what each layer adds"),
    "prospectivity_3d.json": marked("how good that is in holes it has not seen"),
    "ranking.json": marked("what the targets were ranked by, and how firm their order is"),
    "explanations.json": marked("why each target scores as it does, in numbers and in words"),
    "maps/prospectivity.tif": marked("the score"),
    "maps/spread.tif": marked("how far the ensemble's members disagree"),
    "maps/out_of_fold.tif": marked("each cell's score by models that had not seen its block"),
    "maps/attributions.tif": marked("what each layer adds to the score, cell by cell"),
    "maps/drivers.tif": marked("the layer that raises the score most"),
    "maps/uncertainty.tif": marked("doubt that more data would settle, and that which stays"),
    "maps/risk_return.tif": marked("where a high score is also a sure one"),
    "maps/applicability.tif": marked("where the ground is unlike all that was learnt from"),
    "maps/search_level.tif": marked("how much ground holds the next deposit"),
    "maps/roles.tif": marked("what each part of the mineral system adds, cell by cell"),
    "maps/role_drivers.tif": marked("the parts of the mineral system that speak most"),
    "maps/agreement.tif": marked("how many members agree which way a layer speaks"),
    "maps/classes.tif": marked("the score in a few classes"),
    "maps/probability.tif": marked("probability of a deposit in a cell, by the stated prior"),
    "maps/undiscovered.tif": marked("probability of a deposit in a cell that nobody knows of yet"),
    "resources.json": marked("how much there may be, by every estimate"),
    "validation.json": marked("how good the map is, fold by fold"),
    "leaderboard.json": marked("models side by side on the same folds"),
    "nulls.json": marked("what models score that know nothing of the ground"),
    "trust.json": marked("what else bears on belief"),
    "model": marked("the ensemble as text, and a card of what it needs"),
    "project.qgz": marked("a QGIS project that opens all maps, named and coloured"),
    "stac": marked("the run for catalogues of data (STAC)"),
    "metadata.xml": marked("the run for catalogues of maps (ISO 19115)"),
    "cube.zarr": marked("the evidence layers on one grid"),
    "run.json": marked("inputs with their checksums, versions, seconds, remarks"),
}
"""What each file of a run is, in the order in which people ask for them."""

OPENED = (".gpkg", ".tif", ".vti", ".omf")
"""Endings of files of which the page says what opens them."""


@SECTIONS.register
def mineral_system(roles: Mapping[str, Sequence[str]]) -> Markup:
    """The mineral system, and what stands for it."""
    if not roles:
        return Markup()
    return render(
        "data_system.html",
        roles=[(role, MEANT[role], roles.get(role, ())) for role in contract.ROLES],
        stated=True,
        missing=[role for role in contract.ROLES[:4] if not roles.get(role)],
        left=[],
    )


@SECTIONS.register
def method(
    samples: gpd.GeoDataFrame,
    maps: xr.Dataset,
    layers: Sequence[Mapping[str, Any]],
    learnt: Mapping[str, Any],
) -> Markup:
    """How it works, in plain words."""
    held = samples["label"] == 1
    return render(
        "method.html",
        layers=len(layers),
        cell=min(contract.cell_size(contract.grid_of(maps))),
        deposits=int(held.sum()),
        background=int((~held).sum()),
        members=learnt["members"],
        model=learnt["model"],
        additive=learnt["additive"],
    )


@SECTIONS.register
def limits() -> Markup:
    """What it cannot tell."""
    return render("limits.html")


@SECTIONS.register
def annex(files: Sequence[str]) -> Markup:
    """Files, and how to open them."""
    order = list(FILES)
    known = sorted(set(files), key=lambda name: (order.index(name) if name in FILES else 99, name))
    return render(
        "annex.html",
        files=[(name, say(FILES[name]) if name in FILES else "") for name in known],
        mapped=any(name.startswith("maps/") for name in known),
        opened={kind: [name for name in known if name.endswith(kind)] for kind in OPENED},
    )
