"""
From files to prospectivity and its spread, and no more, through the stages' public functions.

    python benchmarks/prospectivity.py FOLDER OUT

FOLDER is what made.make wrote; the model is that of its pipeline file. The evidence is
read where it lies, block by block: nothing is stored but the two maps.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import yaml

from geoprospect.cube import stack
from geoprospect.features.survey import raster as layer
from geoprospect.grid.align import align, project
from geoprospect.grid.target import burned, study_area, target_grid
from geoprospect.ingest.raster import raster
from geoprospect.ingest.vector import vector
from geoprospect.labels.background import uniform
from geoprospect.maps.predict import prospectivity
from geoprospect.models.boosting import lightgbm
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.report.export import geotiffs


def main() -> None:
    """Run it and print seconds by part as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    settings = yaml.safe_load((asked.folder / "pipeline.yaml").read_text(encoding="utf-8"))
    seconds = {}
    clock = time.perf_counter()

    surveys = {p.stem: raster(path=p) for p in sorted(asked.folder.glob("layer_*.tif"))}
    grid = target_grid(next(iter(surveys.values())))
    area, exclusions = study_area(None, grid=grid), burned([], grid=grid)
    layers = {name: layer(align(survey, grid=grid)) for name, survey in surveys.items()}
    cube = stack.stack(layers, grid=grid, area=area)
    deposits = project(vector(path=asked.folder / "deposits.gpkg"), grid=grid)
    samples = uniform(
        deposits, grid=grid, area=area, exclusions=exclusions, count=10_000, seed=settings["seed"]
    )
    rows = stack.table(cube, samples)
    seconds["open and sample"], clock = time.perf_counter() - clock, time.perf_counter()

    ensemble = PositiveUnlabelled(
        lightgbm(seed=settings["seed"], **settings["model"]["lightgbm"]),
        seed=settings["seed"],
        **settings["ensemble"],
    ).fit(rows, samples["label"], samples["group"], layers=list(cube.data_vars))
    seconds["train"], clock = time.perf_counter() - clock, time.perf_counter()

    maps = prospectivity(cube, ensemble)
    geotiffs({asked.out / f"{name}.tif": maps[[name]] for name in maps.data_vars})
    seconds["read, predict, write"] = time.perf_counter() - clock
    print(json.dumps({name: round(value, 1) for name, value in seconds.items()}))


if __name__ == "__main__":
    main()
