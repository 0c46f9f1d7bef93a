"""Composites and a block model of drill holes: made, written, and told."""

from __future__ import annotations

import importlib.util
import io
import json
import logging
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import xarray as xr

from geoprospect import contract, storage
from geoprospect.blocks import BlockGrid
from geoprospect.errors import DataError, did_you_mean
from geoprospect.pipeline.holes import STEP, Holes, in_some_crs
from geoprospect.pipeline.ledger import code_digest, fingerprint, versions
from geoprospect.pipeline.outputs import (
    BLOCK_LEVELS,
    BLOCK_MODEL,
    BLOCK_OMF,
    BLOCK_PARQUET,
    BLOCK_TABLE,
    BLOCKS,
    COMPOSITES,
    COMPOSITES_TABLE,
    GRADE_TONNAGE,
)
from geoprospect.pipeline.steps import told
from geoprospect.report import export
from geoprospect.resources.block_model import BlockModel

LOG = logging.getLogger("geoprospect.pipeline")

DIGITS = 10
"""Of what is written of blocks, so that places are good to the millimetre."""


@dataclass
class Blocks(Holes):
    """The steps that make composites and a block model of drill holes."""

    def make_composites(self) -> None:
        """Equal lengths down the holes, or benches, in their places."""
        outputs = [COMPOSITES_TABLE, COMPOSITES]
        call = self.pipeline.composites
        if call is None:
            self._removed(outputs)
            return
        self.prints["composites"] = fingerprint(
            self.prints[STEP], told(call), code_digest("resources", "report")
        )
        self.step("composites", self.prints["composites"], self._composited, outputs)

    def make_block_model(self) -> None:
        """Blocks between the holes, and what their grades may amount to."""
        call = self.pipeline.block_model
        if call is None:
            self._removed([*_ALWAYS, BLOCK_PARQUET, BLOCK_LEVELS])
            return
        self.prints["block_model"] = fingerprint(
            self.prints["composites"], told(call), self.pipeline.seed, _has_parquet(),
            self.language,  # the verdict is a sentence
            versions(["lightgbm", "numpy", "scipy"]), code_digest("resources", "report"),
        )  # fmt: skip
        self.step("block_model", self.prints["block_model"], self._modelled, list)

    def blocks_told(self) -> dict[str, Any] | None:
        """What the report says and shows of the block model; None where there is none."""
        if self.pipeline.block_model is None:
            return None
        made: dict[str, Any] = json.loads(storage.read_text(self.folder / BLOCK_MODEL))
        return {
            "told": made,
            "intervals": self.holes.intervals,
            "composites": self._composites(),
            "model": self._blocks(made),
        }

    def _composited(self) -> dict[str, int]:
        call, holes = self.pipeline.composites, self.holes
        assert call is not None
        lost = [name for name in call.settings["grades"] if name not in holes.units]
        if lost:
            raise DataError(
                f"composites.grades: {lost[0]!r} is no grade of the drill holes"
                f"{did_you_mean(lost[0], holes.units)}; name it under drillholes.grades"
            )
        made = call({}, intervals=holes.intervals, collars=holes.collars, surveys=holes.surveys)
        export.csv(made, self.folder / COMPOSITES_TABLE, digits=None)
        points = gpd.points_from_xy(made["x"], made["y"], made["z"])
        frame = gpd.GeoDataFrame(made, geometry=points, crs=holes.collars.crs)
        export.geopackage({"composites": in_some_crs(frame)}, self.folder / COMPOSITES)
        return {"composites": len(made)}

    def _composites(self) -> pd.DataFrame:
        """Read back as they were written, so that a resumed run ends with the same bytes."""
        return self._read(COMPOSITES_TABLE, dtype={"hole": str}, keep_default_na=False,
                          na_values=[""])  # fmt: skip

    def _modelled(self) -> list[str]:
        call, holes = self.pipeline.block_model, self.holes
        assert call is not None
        crs = holes.collars.crs
        made: BlockModel = call(
            {}, samples=self._composites(), unit=holes.units[call.settings["grade"]],
            crs="" if crs is None else contract.crs_name(crs), collars=holes.collars,
            seed=self.pipeline.seed,
        )  # fmt: skip
        blocks, folder = made.blocks, self.folder
        export.vti(blocks, folder / BLOCKS)
        export.omf(blocks, folder / BLOCK_OMF)
        export.csv(export.block_table(blocks), folder / BLOCK_TABLE, digits=DIGITS)
        export.csv((made.chances or made).curve.table, folder / GRADE_TONNAGE)
        written = [*_ALWAYS]
        if _has_parquet():
            export.block_parquet(blocks, folder / BLOCK_PARQUET)
            written.append(BLOCK_PARQUET)
        if made.grid.crs and not made.grid.azimuth % 360:
            export.level_geotiff(blocks, "estimate", folder / BLOCK_LEVELS)
            written.append(BLOCK_LEVELS)
        else:
            LOG.info("the blocks have no CRS or are turned, so that no %s is made.", BLOCK_LEVELS)
        self._removed([one for one in (BLOCK_PARQUET, BLOCK_LEVELS) if one not in written])
        export.write_text(export.json_text(made.told()), folder / BLOCK_MODEL)
        return written

    def _blocks(self, made: dict[str, Any]) -> xr.Dataset:
        """The estimates, read back from the table of blocks."""
        stated = made["grid"]
        grid = BlockGrid(tuple(stated["origin"]), tuple(stated["size"]), tuple(stated["counts"]),
                         stated["crs"], stated["azimuth"])  # fmt: skip
        table = self._read(BLOCK_TABLE, usecols=["estimate"])
        return grid.dataset(estimate=table["estimate"].to_numpy())

    def _read(self, name: str, **how: Any) -> pd.DataFrame:
        text = storage.read_text(self.folder / name).removeprefix("\ufeff")
        table: pd.DataFrame = pd.read_csv(io.StringIO(text), **how)
        return table

    def _removed(self, outputs: list[str]) -> None:
        for path in outputs:
            storage.remove(self.folder / path)


_ALWAYS = (BLOCKS, BLOCK_OMF, BLOCK_TABLE, GRADE_TONNAGE, BLOCK_MODEL)


def _has_parquet() -> bool:
    return importlib.util.find_spec("pyarrow") is not None
