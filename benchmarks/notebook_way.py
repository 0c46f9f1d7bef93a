"""
The way of a notebook: read all, stack, train, predict, explain, write. One core's worth of habits.

    python benchmarks/notebook_way.py FOLDER OUT [--explain CELLS]

The same members and trees as the pipeline; SHAP by shap.TreeExplainer on CELLS
cells (none if 0), from which the time for all cells is extrapolated (and said so).
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import yaml
from lightgbm import LGBMClassifier

MEMBERS, RATIO = 20, 20


def main() -> None:
    """Run it and print seconds by part as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--explain", type=int, default=2000)
    asked = parser.parse_args()
    settings = yaml.safe_load((asked.folder / "pipeline.yaml").read_text(encoding="utf-8"))
    seconds = {}
    clock = time.perf_counter()

    arrays = []
    for path in sorted(asked.folder.glob("layer_*.tif")):
        with rasterio.open(path) as file:
            values = file.read(1, out_dtype="float32")
            values[values == file.nodata] = np.nan
            arrays.append(values)
            profile = file.profile
    stacked = np.stack(arrays, axis=-1)
    table = stacked.reshape(-1, len(arrays))
    seconds["read"], clock = time.perf_counter() - clock, time.perf_counter()

    points = gpd.read_file(asked.folder / "deposits.gpkg").geometry
    transform = profile["transform"]
    columns = ((points.x - transform.c) / transform.a).astype(int)
    rows = ((points.y - transform.f) / transform.e).astype(int)
    positive = stacked[rows, columns]
    random = np.random.default_rng(1)
    members = []
    for seed in range(MEMBERS):
        background = table[random.integers(0, len(table), RATIO * len(positive))]
        model = LGBMClassifier(random_state=seed, verbose=-1, **settings["model"]["lightgbm"])
        labels = np.r_[np.ones(len(positive)), np.zeros(len(background))]
        members.append(model.fit(np.vstack([positive, background]), labels))
    seconds["train"], clock = time.perf_counter() - clock, time.perf_counter()

    scores = np.stack([model.predict_proba(table)[:, 1] for model in members])
    prospectivity, spread = scores.mean(axis=0), scores.std(axis=0)
    seconds["predict"], clock = time.perf_counter() - clock, time.perf_counter()

    if asked.explain:
        import shap

        clock = time.perf_counter()
        some = table[:: max(1, len(table) // asked.explain)][: asked.explain]
        for model in members:
            shap.TreeExplainer(model).shap_values(some)
        seconds["explain_extrapolated"] = (time.perf_counter() - clock) * len(table) / len(some)
        clock = time.perf_counter()

    asked.out.mkdir(parents=True, exist_ok=True)
    profile.update(compress="deflate", dtype="float32")
    for name, values in (("prospectivity", prospectivity), ("spread", spread)):
        with rasterio.open(asked.out / f"{name}.tif", "w", **profile) as file:
            file.write(values.reshape(stacked.shape[:2]).astype("float32"), 1)
    seconds["write"] = time.perf_counter() - clock
    print(json.dumps({name: round(value, 1) for name, value in seconds.items()}))


if __name__ == "__main__":
    main()
