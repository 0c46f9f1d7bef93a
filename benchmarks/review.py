"""
The review page on a map of 100 million cells with 5,000 targets: memory, tiles, table, first view.

    python benchmarks/review.py FOLDER --side 10000 --targets 5000

A run folder is made in FOLDER (kept, and used again), the real server serves it as a process of
its own, tiles are asked for all over the map at all zooms, and, where Chromium and playwright
are there, the page is opened in a browser that has seen nothing before.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import psutil
import pyproj
import rasterio
from made import CELL, CRS, NORTH, STRIP, WEST, field
from rasterio.shutil import copy
from rasterio.windows import Window
from shapely.geometry import Polygon

from geoprospect.report import vectors

ZOOMS = range(8, 16)


def write_map(path: Path, side: int) -> None:
    """A smooth map from 0 to 1 as a cloud-optimised GeoTIFF with overviews, strip by strip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = path.with_suffix(".plain.tif")
    profile = {
        "driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "float32",
        "crs": CRS, "transform": rasterio.Affine(CELL, 0, WEST, 0, -CELL, NORTH),
        "nodata": -9999.0, "tiled": True, "blockxsize": 512, "blockysize": 512,
    }  # fmt: skip
    with rasterio.open(plain, "w", **profile) as file:
        file.set_band_description(1, "prospectivity")
        file.update_tags(
            1, name="prospectivity", STATISTICS_MINIMUM="0.0", STATISTICS_MAXIMUM="1.0"
        )
        for top in range(0, side, STRIP):
            rows = np.arange(top, min(top + STRIP, side))
            values = 1 / (1 + np.exp(-field(0, rows, np.arange(side))))
            file.write(values.astype("float32"), 1, window=Window(0, top, side, len(rows)))
    copy(str(plain), str(path), driver="COG", COMPRESS="DEFLATE", PREDICTOR="YES",
         BLOCKSIZE=512, OVERVIEWS="AUTO", RESAMPLING="AVERAGE")  # fmt: skip
    plain.unlink()


def make_targets(side: int, count: int) -> gpd.GeoDataFrame:
    """Targets of sixty corners all over the map, best first, with a planner's columns."""
    random = np.random.default_rng(1)
    across = side * CELL
    x, y = WEST + random.uniform(0, across, count), NORTH - random.uniform(0, across, count)
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    shapes = []
    for east, north in zip(x, y, strict=True):
        radius = random.uniform(200, 900) * (1 + 0.3 * random.standard_normal(60).clip(-2, 2))
        shapes.append(
            Polygon(
                np.column_stack([east + radius * np.cos(angles), north + radius * np.sin(angles)])
            )
        )
    score = np.sort(random.uniform(0.5, 1, count))[::-1]
    frame = gpd.GeoDataFrame(
        {
            "rank": np.arange(1, count + 1), "label": [f"T{n}" for n in range(1, count + 1)],
            "mean_prospectivity": score, "max_prospectivity": score,
            "spread": random.uniform(0, 0.3, count),
            "nearest_deposit_m": random.uniform(0, 9000, count),
            "nearest_deposit": ["铜山 deposit"] * count,
            "driver_1": ["Cu 210 mg kg-1 (high, 96th percentile) +0.88 log-odds"] * count,
            "driver_2": ["Bi 1.25 mg kg-1 (high, 98th percentile) +1.13 log-odds"] * count,
            **{f"c_{name}": random.uniform(0, 1, count) for name in ("a", "b", "c", "d")},
            **{f"u_{name}": random.uniform(0, 1, count) for name in ("a", "b", "c", "d")},
        },
        geometry=shapes, crs=CRS,
    )  # fmt: skip
    return frame.assign(area_km2=frame.area / 1e6)


def make(folder: Path, side: int, count: int) -> None:
    """A run folder with a map and targets and nothing else."""
    write_map(folder / "maps" / "prospectivity.tif", side)
    vectors.geopackage({"targets": make_targets(side, count)}, folder / "targets.gpkg")
    criteria = [{"name": name, "label": name, "units": "1", "weight": 1.0, "direction": "higher"}
                for name in ("a", "b", "c", "d")]  # fmt: skip
    (folder / "ranking.json").write_text(json.dumps({"version": 1, "criteria": criteria}))
    (folder / "run.json").write_text(json.dumps({"status": "done", "title": "A hundred million"}))


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The server as users start it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "geoprospect", "review", str(folder), "--no-browser"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise SystemExit("the server did not start")
        yield found[0], psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def tiles(side: int, each: int) -> list[str]:
    """Tiles under random places of the map, at every zoom."""
    random = np.random.default_rng(2)
    into = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True)
    asked = []
    for zoom in ZOOMS:
        east, north = random.uniform(0, side * CELL, (2, each))
        longitude, latitude = into.transform(WEST + east, NORTH - north)
        x = ((longitude + 180) / 360 * 2**zoom).astype(int)
        y = (1 - np.arcsinh(np.tan(np.radians(latitude))) / np.pi) / 2 * 2**zoom
        asked += [f"/tiles/this/prospectivity.1/{zoom}/{a}/{b}.png"
                  for a, b in zip(x, y.astype(int), strict=True)]  # fmt: skip
    return [str(one) for one in random.permutation(asked)]


def measured(address: str, process: psutil.Process, side: int) -> dict[str, float]:
    """Latencies [ms] and memory [MB]."""
    home, token = address.split("/?")
    first = urllib.request.urlopen(f"{home}/?{token}")
    cookie = first.headers["set-cookie"].split(";")[0]

    def got(path: str) -> float:
        began = time.perf_counter()
        with urllib.request.urlopen(
            urllib.request.Request(home + path, headers={"cookie": cookie})
        ) as answer:
            answer.read()
        return 1000 * (time.perf_counter() - began)

    got("/tiles/this/prospectivity.1/0/0/0.png")
    found = {
        "table, first": got("/api/targets"), "table, again": got("/api/targets"),
        "outlines, first": got("/api/outlines/targets"), "run": got("/api/run"),
    }  # fmt: skip
    alone = [got(path) for path in tiles(side, 25)]
    with ThreadPoolExecutor(6) as six:  # as many as a browser asks for at once
        together = list(six.map(got, tiles(side, 50)))
    found |= {
        "tile, median": statistics.median(alone),
        "tile, 95th percentile": float(np.percentile(alone, 95)),
        "tile, six at once, median": statistics.median(together),
        "tile, six at once, 95th percentile": float(np.percentile(together, 95)),
        "memory after 600 tiles [MB]": process.memory_info().rss / 1e6,
    }
    return found


def viewed(address: str) -> dict[str, float]:
    """Time to the first view in a browser, and of a sort and a change of weight [ms]."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return {}
    if chromium is None:
        return {}
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        names = ("rows on the page", "first view: rows and map", "every outline drawn")
        found: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(3):
            tab = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            began = time.perf_counter()
            tab.goto(address, wait_until="commit")
            tab.wait_for_selector("#targets .rows .tr")
            found["rows on the page"].append(1000 * (time.perf_counter() - began))
            tab.wait_for_selector(".leaflet-tile-loaded")
            found["first view: rows and map"].append(1000 * (time.perf_counter() - began))
            tab.wait_for_selector("body[data-ready]")
            found["every outline drawn"].append(1000 * (time.perf_counter() - began))
        took = """(selector) => { const began = performance.now();
            document.querySelector(selector).click(); return performance.now() - began; }"""
        sort = tab.evaluate(took, "#targets [data-column=spread]")
        tab.locator("#tab-weights").click()
        weigh = tab.evaluate("""() => { const one = document.querySelector('#weight-a');
            const began = performance.now(); one.value = 0;
            one.dispatchEvent(new Event('input')); return performance.now() - began; }""")
        browser.close()
    told = {f"{name}, median of 3": statistics.median(times) for name, times in found.items()}
    return told | {"sorting the table": sort, "moving a weight": weigh}


def main() -> None:
    """Make, serve, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--side", type=int, default=10_000)
    parser.add_argument("--targets", type=int, default=5_000)
    asked = parser.parse_args()
    if not (asked.folder / "run.json").exists():
        make(asked.folder, asked.side, asked.targets)
    with served(asked.folder) as (address, process):
        found = measured(address, process, asked.side) | viewed(address)
        found["memory in the end [MB]"] = process.memory_info().rss / 1e6
    for name, value in found.items():
        print(f"{name:38} {value:9.1f}")


if __name__ == "__main__":
    main()
