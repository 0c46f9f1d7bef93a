"""A small made run folder, as a pipeline leaves it, and a server in front of it."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from shapely.geometry import Point, box

from geoprospect import contract
from geoprospect.report import rasters, vectors
from geoprospect.review import desk, endpoints, security
from geoprospect.review.decisions import Decisions

CRS = "EPSG:32648"
WEST, NORTH, CELL, ROWS, COLUMNS = 500_000.0, 3_004_000.0, 100.0, 40, 60
NASTY = "<script>document.title='owned'</script>"
LABELS = ["T1", NASTY, "靶区 3", "=1+1", "T5", "T6"]
CRITERIA = {"prospectivity": 3.0, "size": 1.0, "access": 0.0}


def layer(values: Any, long_name: str, units: str, **more: Any) -> xr.DataArray:
    grid = GeoBox.from_bbox(
        (WEST, NORTH - ROWS * CELL, WEST + COLUMNS * CELL, NORTH), crs=CRS, resolution=CELL
    )
    on_grid = contract.on_grid(np.asarray(values, "float32"), grid)
    return contract.describe(on_grid, long_name=long_name, units=units, **more)


def make_maps() -> dict[str, xr.Dataset]:
    """Prospectivity rises eastward; the first four columns are unknown."""
    rising = np.tile(np.linspace(0, 1, COLUMNS), (ROWS, 1))
    rising[:, :4] = np.nan
    classes = np.where(np.arange(COLUMNS) < COLUMNS // 2, 1, 2) * np.ones((ROWS, 1))
    told = {0: "none", 1: "copper", 2: NASTY}
    return {
        "prospectivity": xr.Dataset({"prospectivity": layer(rising, "prospectivity", "1")}),
        "spread": xr.Dataset({"spread": layer(0.2 * rising, "spread of prospectivity", "1")}),
        "drivers": xr.Dataset({"driver": layer(classes, "strongest driver", "1", meanings=told)}),
        "attributions": xr.Dataset(
            {
                "copper": layer(2 * rising, "copper", "log-odds"),
                "rock": layer(-rising, "rock", "log-odds"),
                "base_value": layer(np.full_like(rising, -1.5), "base value", "log-odds"),
            }
        ),
    }


def make_cube() -> xr.Dataset:
    rising = np.tile(np.linspace(0, 590, COLUMNS), (ROWS, 1))
    rock = np.where(np.arange(COLUMNS) < COLUMNS // 2, 1, 2) * np.ones((ROWS, 1))
    return xr.Dataset(
        {
            "copper": layer(rising, "copper in sediments", "mg kg-1"),
            "rock": layer(rock, "岩性", "1", meanings={1: "shale", 2: "花岗岩"}),
        }
    )


def make_targets(shift: float = 0.0) -> gpd.GeoDataFrame:
    """Six squares of 500 m, of growing size eastward, the best first."""
    sides = [500.0, 600, 700, 800, 900, 1000]
    starts = [WEST + 5200 - 900 * n + shift for n in range(6)]
    shapes = [box(x, NORTH - 2500, x + 5 * CELL, NORTH - 2500 + side)
              for x, side in zip(starts, sides, strict=True)]  # fmt: skip
    frame = gpd.GeoDataFrame(
        {
            "rank": range(1, 7), "label": LABELS,
            "area_km2": [5 * CELL * side / 1e6 for side in sides],
            "mean_prospectivity": [0.9, 0.75, 0.6, 0.45, 0.3, 0.15],
            "max_prospectivity": [0.95, 0.8, 0.65, 0.5, 0.35, 0.2],
            "spread": [0.1, 0.2, 0.05, 0.3, 0.15, 0.25],
            "driver_1": ["copper 500 mg kg-1 (high) +1.2 log-odds"] * 6,
            "driver_2": [NASTY] * 6, "driver_3": ["", None, "", "", "", ""],
            "nearest_deposit": ["=HYPERLINK(1)"] * 6,
            "nearest_deposit_m": [0.0, 400.0, np.nan, 1200.0, 5000.0, 10.0],
            "target_class": ["A", "A", "B", "B", "C", "C"],
        },
        geometry=shapes, crs=CRS,
    )  # fmt: skip
    centres = frame.geometry.centroid.to_crs(4326)
    return frame.assign(longitude=centres.x, latitude=centres.y)


def ranked(targets: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """The targets with criteria, and ``ranking.json``."""
    utility = {
        "prospectivity": [1.0, 0.8, 0.6, 0.4, 0.2, 0.0],
        "size": [0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
        "access": [0.5, 0.5, np.nan, 0.1, 0.9, 0.5],
    }
    columns = {f"u_{name}": values for name, values in utility.items()}
    columns |= {f"c_{name}": values for name, values in utility.items()}
    score = [
        (3 * p + s) / 4 for p, s in zip(utility["prospectivity"], utility["size"], strict=True)
    ]
    told = {
        "version": 1, "method": "weighted_sum",
        "criteria": [
            {"name": name, "label": name.title(), "units": "1", "weight": weight,
             "direction": "higher", "column": f"c_{name}", "utility": f"u_{name}", "scaling": ""}
            for name, weight in CRITERIA.items()
        ],
    }  # fmt: skip
    return targets.assign(**columns, weighted_score=score, pareto=[1, 0, 0, 0, 0, 1]), told


def explanations() -> dict[str, Any]:
    parts = [
        {"layer": "copper", "contribution": 1.9, "value": 530.0, "percentile": 91.0,
         "missing_share": 0.0, "class": None},
        {"layer": "rock", "contribution": -0.4, "value": None, "percentile": None,
         "missing_share": 0.1, "class": NASTY},
    ]  # fmt: skip
    words = {"for": ["copper is high"], "against": [NASTY], "summary": "A likely target."}
    chinese = {"for": ["铜含量高"], "against": [NASTY], "summary": "有利靶区。"}
    one = {
        "base": -1.0, "score_raw": 0.5, "contributions": parts,
        "analogues": [{"deposit": NASTY, "distance_m": 1500.0, "similarity": 0.8}],
        "sentences": {"en": words, "zh": chinese},
    }  # fmt: skip
    layers = [
        {"name": "copper", "long_name": "copper in sediments", "units": "mg kg-1",
         "role": "signature", "quantiles": [float(n) for n in np.linspace(0, 590, 21)]},
        {"name": "rock", "long_name": "岩性", "units": "1", "role": "trap", "quantiles": []},
    ]  # fmt: skip
    targets = dict.fromkeys(LABELS, one)
    return {"version": 1, "units": "log-odds", "layers": layers, "targets": targets}


def make_run(folder: Path, *, shift: float = 0.0, rich: bool = False) -> Path:
    """A run folder; *rich* with a ranking and explanations."""
    targets = make_targets(shift)
    if rich:
        targets, ranking = ranked(targets)
        (folder).mkdir(parents=True, exist_ok=True)
        (folder / "ranking.json").write_text(json.dumps(ranking), encoding="utf-8")
        told = json.dumps(explanations(), ensure_ascii=False)
        (folder / "explanations.json").write_text(told, encoding="utf-8")
    for name, maps in make_maps().items():
        rasters.geotiff(maps, folder / "maps" / f"{name}.tif")
    make_cube().drop_attrs(deep=False).to_zarr(folder / "cube.zarr", consolidated=False)
    deposits = gpd.GeoDataFrame(
        {"name": [NASTY, "铜山"]}, crs=CRS,
        geometry=[Point(WEST + 5400, NORTH - 2300), Point(WEST + 1000, NORTH - 1000)],
    )  # fmt: skip
    areas = gpd.GeoDataFrame(
        {"rank": [1], "label": [NASTY]}, geometry=[box(WEST, NORTH - 4000, WEST + 3000, NORTH)],
        crs=CRS,
    )  # fmt: skip
    layers = {"targets": targets, "deposits": deposits, "survey_areas": areas}
    vectors.geopackage(layers, folder / "targets.gpkg")
    about = {"status": "done", "name": "made", "title": f"Made run {NASTY}"}
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def plain_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of today: no ranking, no explanations. Not to be written into."""
    return make_run(tmp_path_factory.mktemp("runs") / "plain")


@pytest.fixture(scope="session")
def rich_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a ranking and explanations. Not to be written into."""
    return make_run(tmp_path_factory.mktemp("runs") / "rich", rich=True)


@pytest.fixture
def run(rich_run: Path, tmp_path: Path) -> Path:
    """A copy of the rich run, to write into."""
    return Path(shutil.copytree(rich_run, tmp_path / "run"))


class Client:
    """What a browser that opened the printed address would send."""

    def __init__(self, folder: Path, other: Path | None = None) -> None:
        from starlette.testclient import TestClient

        desks = {"this": desk.laid(folder)} | ({"other": desk.laid(other)} if other else {})
        self.keys = security.Keys(hosts=("127.0.0.1",), port=8765)
        self.decisions = Decisions(folder / "decisions.gpkg")
        app = endpoints.application(desks, self.decisions, self.keys)
        self.origin = "http://127.0.0.1:8765"
        self.http = TestClient(app, base_url=self.origin, raise_server_exceptions=False)
        self.opened = self.http.get("/", params={"token": self.keys.token})

    def get(self, path: str, **values: Any) -> Any:
        return self.http.get(path, **values)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        known = {"origin": self.origin, "x-review-token": self.keys.token, **headers}
        return self.http.post(path, json=body, headers=known)

    def decide(self, target: str, kind: str, version: int = 0, **more: Any) -> Any:
        wish = {"target": target, "kind": kind, "who": "Li 李", "version": version,
                "request": f"request-{target_id(target)}-{version}-{kind}", **more}  # fmt: skip
        return self.post("/api/decisions", wish)


def target_id(label: str) -> int:
    return LABELS.index(label)


@pytest.fixture
def client(run: Path) -> Client:
    return Client(run)


@contextmanager
def served(*folders: Path, **settings: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The real server as a process of its own, and the address that it printed."""
    more = [part for name, value in settings.items() for part in (f"--{name}", value)]
    process = subprocess.Popen(
        [sys.executable, "-m", "geoprospect", "review", *map(str, folders), "--no-browser", *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    try:
        assert process.stdout is not None
        for line in process.stdout:
            found = re.search(r"http://\S+token=\S+", line)
            if found:
                yield found[0], process
                return
        assert process.stderr is not None
        raise AssertionError(process.stderr.read())
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
        process.wait(20)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
