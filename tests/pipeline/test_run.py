"""A whole run, held against what an outsider would work out from its files."""

import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from lightgbm import Booster
from sklearn.metrics import roc_auc_score

from geoprospect import pipeline
from geoprospect.cube import store

OUTPUTS = [
    "run.json", "pipeline.yaml", "cube.zarr", "model", "validation.json",
    "maps/prospectivity.tif", "maps/spread.tif", "maps/out_of_fold.tif", "maps/drivers.tif",
    "maps/attributions.tif", "trust.json", "targets.gpkg", "targets.csv", "explanations.json",
    "ranking.json", "report.html", "project.qgz", "metadata.xml", "stac",
]  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    from tests.pipeline.conftest import District

    folder = tmp_path_factory.mktemp("run")
    (folder / "data").mkdir()
    district = District(folder / "data")
    return pipeline.run(pipeline.load(district.write()), folder / "out"), district


def read(path):
    with rasterio.open(path) as file:
        values = file.read().astype("float64")
        values[values == file.nodata] = np.nan
        return values, file.transform


def deposit_cells(district, transform):
    points = gpd.read_file(district.folder / "deposits.gpkg").geometry
    columns, rows = ~transform @ (points.x.to_numpy(), points.y.to_numpy())
    return np.unique(np.column_stack([rows, columns]).astype(int), axis=0).T


def test_every_output_of_a_run_is_there_and_nothing_else(finished):
    run, _ = finished
    assert [name for name in OUTPUTS if not (run.folder / name).exists()] == []
    known = {name.split("/")[0] for name in OUTPUTS} | {"maps"}
    assert {path.name for path in run.folder.iterdir()} == known


def test_validation_agrees_with_the_map_and_an_outside_recomputation(finished):
    run, district = finished
    (score, fold), transform = read(run.folder / "maps/out_of_fold.tif")
    rows, columns = deposit_cells(district, transform)
    is_deposit = np.zeros(score.shape, bool)
    is_deposit[rows, columns] = True
    told = run.scores["protocols"]["spatial_blocks"]
    shown = [entry for entry in told["folds"] if entry["tiling"] == 0]
    assert len(shown) == 3
    for entry in shown:
        here = (fold == entry["fold"]) & np.isfinite(score)
        assert entry["cells"] == here.sum()
        assert entry["deposits"] == (is_deposit & here).sum()
        auc = roc_auc_score(is_deposit[here], score[here])
        assert entry["auc"] == pytest.approx(auc, abs=1e-12)
        ranks = [
            ((score[here] > one).sum() + 0.5 * (score[here] == one).sum()) / here.sum()
            for one in score[is_deposit & here]
        ]
        assert entry["ausrc"] == pytest.approx(1 - np.mean(ranks), abs=1e-12)
    assert_spread_over(told["tilings"][0]["auc"], [entry["auc"] for entry in shown])
    assert set(told["capture"]) == {"1", "2", "5", "10", "20"}


def test_the_headline_is_over_the_folds_of_all_tilings(finished):
    run, _ = finished
    told = run.scores["protocols"]["spatial_blocks"]
    aucs = np.array([entry["auc"] for entry in told["folds"]]).reshape(2, 3)
    assert [entry["tiling"] for entry in told["folds"]] == [0, 0, 0, 1, 1, 1]
    assert_spread_over(told["auc"], aucs)
    between = np.std(aucs.mean(axis=1), ddof=1)
    assert told["auc"]["sd_between_tilings"] == pytest.approx(between)
    one, other = aucs.tolist()
    assert one != other
    cells = [entry["cells"] for entry in told["folds"]]
    assert sum(cells[:3]) == 3600
    assert sum(cells[3:]) == 3640  # all cells can be drawn here, and the 40 deposits are added
    assert "tiling" not in run.scores["protocols"]["random"]["folds"][0]


def assert_spread_over(told, scores):
    assert told["mean"] == pytest.approx(np.mean(scores))
    assert told["sd"] == pytest.approx(np.std(scores, ddof=1))
    assert told["worst"] == pytest.approx(np.min(scores))


def test_maps_are_the_mean_and_spread_of_the_models_on_disk(finished):
    run, _ = finished
    members = [
        Booster(model_file=str(path)) for path in sorted((run.folder / "model").glob("member_*"))
    ]
    assert len(members) == 20
    cube = cube_rows(run)
    scores = np.stack([member.predict(cube) for member in members])
    (mean,), _ = read(run.folder / "maps/prospectivity.tif")
    (spread,), _ = read(run.folder / "maps/spread.tif")
    np.testing.assert_allclose(mean.ravel(), scores.mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(spread.ravel(), scores.std(axis=0, ddof=1), atol=1e-6)


def test_attributions_sum_to_the_mean_raw_score_of_every_cell(finished):
    run, _ = finished
    values, transform = read(run.folder / "maps/attributions.tif")
    with rasterio.open(run.folder / "maps/prospectivity.tif") as file:
        assert transform == file.transform
    members = [
        Booster(model_file=str(path)) for path in sorted((run.folder / "model").glob("member_*"))
    ]
    cube = cube_rows(run)
    raw = np.mean([member.predict(cube, raw_score=True) for member in members], axis=0)
    np.testing.assert_allclose(values.sum(axis=0).ravel(), raw, atol=2e-6)


def cube_rows(run):
    from geoprospect.cube import store

    cube = store.open_cube(run.folder / "cube.zarr").load()
    card = json.loads((run.folder / "model/card.json").read_text(encoding="utf-8"))
    return np.stack([cube[one["name"]].values.ravel() for one in card["layers"]], axis=1)


def test_a_pipelines_layer_is_the_call_made_by_hand(finished):
    from odc.geo.geobox import GeoBox

    from geoprospect.cube import store
    from geoprospect.features.proximity import distance_to

    run, district = finished
    grid = GeoBox.from_bbox(
        (500_000, 3_000_000, 506_000, 3_006_000), crs="EPSG:32648", resolution=100
    )
    faults = gpd.read_file(district.folder / "faults.gpkg")
    by_hand = distance_to(faults, grid=grid, max_distance=2000)
    layer = store.open_cube(run.folder / "cube.zarr")["fault_distance"]
    np.testing.assert_array_equal(layer, by_hand)


def test_north_is_up_from_file_to_map(finished):
    """The ridge runs from the upper left to the lower right; a flip would turn it round."""
    run, district = finished
    (mean,), transform = read(run.folder / "maps/prospectivity.tif")
    assert transform.e < 0
    upright = np.corrcoef(mean.ravel(), district.ridge.ravel())[0, 1]
    flipped = np.corrcoef(mean.ravel(), district.ridge[::-1].ravel())[0, 1]
    assert upright > 0.8 > 0.4 > flipped


def test_the_record_says_what_went_in(finished):
    import hashlib

    run, district = finished
    record = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    assert record["status"] == "done"
    assert record["seed"] == 5
    magnetics = next(one for one in record["inputs"] if one["name"] == "magnetics")
    content = (district.folder / "magnetics.tif").read_bytes()
    assert magnetics["sha256"]["magnetics.tif"] == hashlib.sha256(content).hexdigest()
    assert record["pipeline"] == (run.folder / "pipeline.yaml").read_text(encoding="utf-8")
    for step in ("features.magnetics", "validation", "model", "maps", "targets"):
        told = record["steps"][step]
        assert len(told["fingerprint"]) == 32
        assert told["seconds"] >= 0
        assert told["peak_memory_mb"] > 50


def test_no_path_of_this_machine_is_in_the_outputs(finished):
    run, district = finished
    for path in run.folder.rglob("*"):
        if path.is_file():
            assert str(district.folder).encode() not in path.read_bytes(), path.name


def test_targets_are_where_the_map_is_high(finished):
    run, _ = finished
    targets = gpd.read_file(run.folder / "targets.gpkg", layer="targets")
    areas = gpd.read_file(run.folder / "targets.gpkg", layer="survey_areas")
    samples = gpd.read_file(run.folder / "targets.gpkg", layer="samples")
    (mean,), _ = read(run.folder / "maps/prospectivity.tif")
    assert list(targets["rank"]) == list(range(1, len(targets) + 1))
    assert targets["score"].is_monotonic_decreasing
    assert targets["score"].min() > np.nanquantile(mean, 0.9)
    assert targets["area_km2"].sum() == pytest.approx(targets.area.sum() / 1e6)
    assert set(areas["block_no"]) == {"A", "B", "<script>"}
    assert (samples["label"] == 1).sum() == 40


def test_names_from_data_are_text_in_the_report(finished):
    run, _ = finished
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;" in page
    assert ">&lt;script&gt;<" in page.replace(" ", "").replace("\n", "")


def test_the_order_of_inputs_changes_nothing(finished, tmp_path):
    run, district = finished
    plan = dict(district.plan, inputs=dict(reversed(district.plan["inputs"].items())))
    district.plan, before = plan, district.plan
    again = pipeline.run(pipeline.load(district.write()), tmp_path / "again")
    district.plan = before
    for name in ("maps/prospectivity.tif", "maps/out_of_fold.tif", "validation.json"):
        assert (again.folder / name).read_bytes() == (run.folder / name).read_bytes()


def test_a_layer_about_the_data_alone_is_in_the_cube_and_not_in_the_model(district, tmp_path):
    distance = {"sample_distance": {"source": "deposits", "max_distance": 3000}}
    district.plan["features"]["surveyed"] = distance
    finished = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
    card = json.loads((finished.folder / "model" / "card.json").read_text(encoding="utf-8"))
    assert "surveyed" in store.stored(finished.folder / "cube.zarr")
    assert "surveyed" not in json.dumps(card["layers"])
