"""What README.md says about the files is really so."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
from scipy.cluster.hierarchy import fcluster, linkage

PROJECTED, PREFIXED, GEOGRAPHIC = 4543, 4522, 4490


@pytest.fixture(scope="module")
def sediments(sample: Path) -> pd.DataFrame:
    return pd.read_csv(
        sample / "stream_sediments.csv", encoding="gb18030", dtype=str, keep_default_na=False
    )


@pytest.fixture(scope="module")
def area(sample: Path) -> gpd.GeoSeries:
    return gpd.read_file(sample / "study_area.geojson").to_crs(PROJECTED).geometry


def elements(table: pd.DataFrame) -> list[str]:
    return [column for column in table.columns if re.fullmatch("[A-Z][a-z]?", column)]


def test_all_files_together_stay_below_eight_megabytes(sample: Path) -> None:
    files = [p for p in sample.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert sum(p.stat().st_size for p in files) < 8e6


def test_every_data_file_stands_in_the_readme(sample: Path, data_files: list[Path]) -> None:
    text = (sample / "README.md").read_text(encoding="utf-8")
    assert len(data_files) == 14
    for path in data_files:
        assert path.name in text or path.suffix in (".shx", ".dbf", ".prj")


def test_three_crs_and_more_than_three_resolutions(sample: Path, data_files: list[Path]) -> None:
    crs, cells = set(), set()
    for path in data_files:
        if path.suffix in (".tif", ".asc"):
            with rasterio.open(path) as file:
                crs.add(file.crs.to_epsg() if file.crs else None)
                cells.add(file.res[0])
        elif path.suffix in (".shp", ".gpkg", ".geojson"):
            layers = pyogrio.list_layers(path)[:, 0]
            crs |= {gpd.read_file(path, layer=layer).crs.to_epsg() for layer in layers}
    assert crs == {PROJECTED, PREFIXED, GEOGRAPHIC, None}
    assert cells == {30.0, 125.0, 600.0, 0.0025}


def test_layers_of_the_map_package(sample: Path) -> None:
    layers = dict(pyogrio.list_layers(sample / "map_50k.gpkg"))
    assert layers == {"faults": "LineString", "intrusions": "Polygon", "roads": "LineString"}


def test_the_shapefile_hides_that_it_is_gbk(sample: Path) -> None:
    table = (sample / "geology.dbf").read_bytes()
    assert not (sample / "geology.cpg").exists()
    assert table[29] == 0, "the language byte says nothing"
    assert "三叠系大理岩".encode("gbk") in table
    assert "代号".encode("gbk") in table
    assert max(len(name.encode("gbk")) for name in ("unit_en", "代号")) <= 10


def test_the_geological_map_has_its_slips(sample: Path) -> None:
    units = gpd.read_file(sample / "geology.shp", encoding="gb18030")
    assert 60 <= len(units) <= 80
    assert (~units.is_valid).sum() == 1
    assert units["unit_en"].isna().sum() == 1
    marble = units.loc[units["lith"] == "marble", "unit"]
    assert set(marble) == {"三叠系大理岩", "三叠系大理岩\u3000"}
    assert {"二叠系灰岩", "二叠系 灰岩", "泥盆系白云岩（含燧石）"} <= set(units["unit"])
    assert units.total_bounds[0] > 34_400_000, "the zone stands before the easting"


def test_the_map_covers_the_study_area_without_gaps_or_overlaps(
    sample: Path, area: gpd.GeoSeries
) -> None:
    units = gpd.read_file(sample / "geology.shp", encoding="gb18030").to_crs(PROJECTED)
    whole = units.make_valid()
    inside = whole.intersection(area.iloc[0]).area.sum()
    assert inside == pytest.approx(area.area.sum(), rel=1e-4)


def test_two_thousand_samples_of_twenty_elements(sediments: pd.DataFrame) -> None:
    assert len(sediments) == 2000
    assert len(elements(sediments)) == 20
    assert sediments["样品编号"].is_unique
    assert (sediments[elements(sediments)] != "").all(axis=None)


def test_censored_missing_and_repeated_samples(sediments: pd.DataFrame) -> None:
    values = sediments[elements(sediments)]
    assert (values == "<0.5").to_numpy().sum() > 20
    assert set(sediments.loc[sediments["Au"].str.startswith("<"), "Au"]) == {"<0.5", "<1"}
    assert 50 < (values == "-9999").to_numpy().sum() < 500
    assert sediments.duplicated(["经度", "纬度"]).sum() == 12
    assert (sediments["备注"] == "重复样").sum() == 12
    numbers = values.replace("<", "", regex=True).astype(float)
    assert (numbers[values != "-9999"].min() > 0).all()


def test_the_table_is_gb18030_and_not_utf_8(sample: Path) -> None:
    raw = (sample / "stream_sediments.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert raw.decode("gb18030").startswith("样品编号,经度,纬度,")


def test_longitude_and_latitude_lie_in_the_area(
    sediments: pd.DataFrame, area: gpd.GeoSeries
) -> None:
    places = gpd.GeoSeries.from_xy(
        sediments["经度"].astype(float), sediments["纬度"].astype(float), crs=GEOGRAPHIC
    ).to_crs(PROJECTED)
    assert places.distance(area.iloc[0]).max() < 200


def test_the_magnetic_survey_has_a_gap_that_its_tag_does_not_tell(
    sample: Path, area: gpd.GeoSeries
) -> None:
    with rasterio.open(sample / "tmi.tif") as file:
        field, nodata, transform = file.read(1), file.nodata, file.transform
    unflown = field == -99999
    assert nodata is None
    rows, columns = np.nonzero(unflown)
    x, y = transform * (columns + 0.5, rows + 0.5)
    inside = gpd.GeoSeries.from_xy(x, y).within(area.iloc[0].buffer(-3000))
    assert 100 < inside.sum() < 1000
    assert np.abs(field[~unflown]).max() < 2000


def test_codes_of_the_other_rasters(sample: Path) -> None:
    tags = {"bouguer.asc": 1.70141e38, "radiometrics_k_th_u.tif": -9999, "dem.tif": -32768}
    for name, code in tags.items():
        with rasterio.open(sample / name) as file:
            band = file.read(1, masked=True)
            assert file.nodata == pytest.approx(code)
        assert 0 < np.ma.getmaskarray(band).mean() < 0.1
        assert np.abs(band).max() < 5000
    assert not (sample / "bouguer.prj").exists()


def test_layers_end_at_different_places(sample: Path, area: gpd.GeoSeries) -> None:
    west, south, east, north = area.total_bounds
    with rasterio.open(sample / "tmi.tif") as file:
        assert file.bounds.right < east
    with rasterio.open(sample / "dem.tif") as file:
        assert file.bounds.left < west
        assert file.bounds.bottom < south
    with rasterio.open(sample / "radiometrics_k_th_u.tif") as file:
        top = gpd.GeoSeries.from_xy([101.5], [file.bounds.top], crs=GEOGRAPHIC).to_crs(PROJECTED)
        assert top.y.iloc[0] < north - 2000


def test_known_deposits_one_twice_two_beyond(sample: Path, area: gpd.GeoSeries) -> None:
    deposits = gpd.read_file(sample / "deposits.geojson").to_crs(PROJECTED)
    assert 45 <= len(deposits) <= 60
    assert (~deposits.within(area.iloc[0])).sum() == 2
    assert deposits["name"].is_unique
    places = np.column_stack([deposits.geometry.x, deposits.geometry.y])
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    assert (apart < 20).sum() == 2
    assert deposits["year"].between(1956, 2021).all()


def test_known_deposits_fall_into_enough_clusters_for_five_folds(
    sample: Path, area: gpd.GeoSeries
) -> None:
    deposits = gpd.read_file(sample / "deposits.geojson").to_crs(PROJECTED)
    inside = deposits[deposits.within(area.iloc[0])].geometry
    places = np.column_stack([inside.x, inside.y])
    clusters = fcluster(linkage(places, "single"), 2000, "distance")
    assert len(set(clusters)) >= 10


def test_licences_do_not_overlap(sample: Path) -> None:
    blocks = gpd.read_file(sample / "licences.geojson").to_crs(PROJECTED)
    assert 12 <= len(blocks) <= 20
    assert blocks["block_no"].is_unique
    assert blocks.union_all().area == pytest.approx(blocks.area.sum(), rel=1e-6)


def test_the_undiscovered_are_in_no_file_outside_the_truth(
    sample: Path, data_files: list[Path]
) -> None:
    hidden = gpd.read_file(sample / "truth" / "undiscovered.geojson")
    known = gpd.read_file(sample / "deposits.geojson")
    assert len(hidden) >= 20
    for path in data_files:
        content = path.read_bytes()
        for name in hidden["name"]:
            assert name.encode("utf-8") not in content
            assert name.encode("gb18030") not in content
    far = hidden.to_crs(PROJECTED).distance(known.to_crs(PROJECTED).union_all())
    assert far.min() > 150


def test_the_truth_is_read_by_no_pipeline_and_no_part_of_the_package(sample: Path) -> None:
    root = sample.parent
    readers = [*root.glob("pipelines/*.yaml"), *root.glob("geoprospect/**/*.py")]
    assert readers
    for path in readers:
        text = path.read_text(encoding="utf-8")
        assert "undiscovered.geojson" not in text
        assert "bodies.geojson" not in text
