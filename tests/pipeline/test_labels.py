"""Labels of other kinds go through a whole run."""

import json

import geopandas as gpd
import numpy as np
import pytest

from geoprospect import pipeline
from geoprospect.errors import PipelineError
from tests.pipeline.conftest import CELL, CELLS, SOUTH, WEST, write_raster


def deposits_of(district):
    points = gpd.read_file(district.folder / "deposits.gpkg").geometry
    rows = ((SOUTH + CELLS * CELL - points.y) // CELL).astype(int)
    return rows.to_numpy(), ((points.x - WEST) // CELL).astype(int).to_numpy()


def test_labels_drawn_as_a_raster_teach_the_same_cells(district, tmp_path):
    rows, columns = deposits_of(district)
    known = np.full((CELLS, CELLS), -9999.0, "float32")
    known[::4, ::3] = 0
    known[rows, columns] = 1
    write_raster(district.folder / "labels.tif", known)
    district.plan["inputs"]["labels"] = {"raster": {"path": "labels.tif", "kind": "categorical"}}
    district.plan["labels"] = {
        "mapped": {"deposits": "labels", "count": 5000, "cluster_distance": 150}
    }
    run = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
    samples = gpd.read_file(run.folder / "targets.gpkg", layer="samples")
    held = samples[samples["label"] == 1]
    assert set(zip(held["row"], held["column"], strict=True)) == set(
        zip(rows.tolist(), columns.tolist(), strict=True)
    )
    assert (samples["label"] == 0).sum() == (known == 0).sum()


def test_weights_of_deposits_change_the_model_and_its_fingerprint(district, tmp_path):
    path = district.folder / "deposits.gpkg"
    points = gpd.read_file(path)
    points.assign(tonnes=np.arange(1, len(points) + 1) ** 2).to_file(path)
    district.plan["validation"].pop("random")
    texts, prints = [], []
    for weight in (None, "tonnes"):
        settings = {"deposits": "deposits", "count": 600} | ({"weight": weight} if weight else {})
        district.plan["labels"] = {"uniform": settings}
        run = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
        texts.append((run.folder / "model/member_000.txt").read_text(encoding="utf-8"))
        record = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
        prints.append(record["steps"]["labels"]["fingerprint"])
    assert texts[0] != texts[1]
    assert prints[0] != prints[1]


def test_deposits_that_are_all_one_cluster_are_no_test(district, tmp_path):
    district.plan["labels"]["uniform"]["cluster_distance"] = 6000
    with pytest.raises(PipelineError, match=r"all \d+ deposits are one cluster"):
        pipeline.run(pipeline.load(district.write()), tmp_path / "out")
