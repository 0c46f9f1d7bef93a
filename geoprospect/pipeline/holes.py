"""Drill holes of a pipeline: read, checked, told and written for map programs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pyproj

from geoprospect import storage
from geoprospect.ingest.drillholes import DrillHoles
from geoprospect.pipeline import facts
from geoprospect.pipeline.inputs import Input, opened
from geoprospect.pipeline.ledger import code_digest, fingerprint
from geoprospect.pipeline.outputs import DRILL_HOLES, DRILL_HOLES_TOLD
from geoprospect.pipeline.steps import Steps
from geoprospect.report import export
from geoprospect.resources.drill_summary import drill_summary
from geoprospect.resources.drill_traces import lines

STEP = "drillholes"
TOLD = ("unit", "dip_down", "crs", "end_codes", "missing", "negative", "zeros", "blanks", "upward")
"""Settings that say how the tables are to be understood."""
LOCAL = pyproj.CRS(
    'ENGCRS["local grid",EDATUM["local grid"],CS[Cartesian,2],AXIS["easting",east,ORDER[1]],'
    'AXIS["northing",north,ORDER[2]],LENGTHUNIT["metre",1]]'
)
"""A mine's own grid, in metres."""


@dataclass
class Holes(Steps):
    """
    The step that reads drill holes; what is built on them starts from :meth:`read_holes`.

    ``prints["drillholes"]`` is then the digest of the files' content and the settings.
    """

    drilled: Input | None = field(init=False, default=None)
    """The holes with their files, once they are read."""

    def read_holes(self) -> DrillHoles | None:
        """The holes of the pipeline, read and told; None where it has none."""
        call = self.pipeline.drillholes
        if call is None:
            for path in (DRILL_HOLES, DRILL_HOLES_TOLD):
                storage.remove(self.folder / path)
            return None
        with self.heard(STEP):
            self.drilled = opened(call, self.ledger, step=STEP)
        self.prints[STEP] = self.drilled.digest
        self.ledger.record["inputs"] += facts.inputs([self.drilled])
        key = fingerprint(self.drilled.digest, code_digest("resources", "report"))
        self.step(f"{STEP}.told", key, self._holes_told, [DRILL_HOLES, DRILL_HOLES_TOLD])
        return self.holes

    @property
    def holes(self) -> DrillHoles:
        """The holes that were read."""
        assert self.drilled is not None
        assert isinstance(self.drilled.source, DrillHoles)
        return self.drilled.source

    def holes_told(self) -> dict[str, Any] | None:
        """What is told of the holes, for the report; None where there are none."""
        if self.pipeline.drillholes is None:
            return None
        told: dict[str, Any] = json.loads(storage.read_text(self.folder / DRILL_HOLES_TOLD))
        return told

    def _holes_told(self) -> dict[str, int]:
        holes, call = self.holes, self.pipeline.drillholes
        assert call is not None
        layers = {"collars": holes.collars, "traces": lines(holes.collars, holes.surveys)}
        export.geopackage(
            {name: in_some_crs(frame) for name, frame in layers.items()},
            self.folder / DRILL_HOLES,
        )
        told = drill_summary(holes.collars, holes.surveys, holes.intervals, holes.units)
        told |= {
            "stated": {name: call.settings.get(name) for name in TOLD},
            "warnings": holes.warnings.to_dict("records"),
        }
        export.write_text(export.json_text(told), self.folder / DRILL_HOLES_TOLD)
        return {"holes": len(holes.collars)}


def in_some_crs(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The same in a grid of its own, where it has no CRS: map programs want one."""
    return frame if frame.crs is not None else frame.set_crs(LOCAL)
