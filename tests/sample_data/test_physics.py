"""The fields in the files are those of the bodies in the truth, where the truth says."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from district import terrain

PROJECTED, PREFIXED = 4543, 4522


def dipole(moment: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Field of a magnetic dipole in its far field [nT], from the textbook."""
    distance = np.linalg.norm(offset, axis=0)
    along = (moment[:, None] * offset).sum(0) / distance
    return 100 * (3 * along * offset / distance - moment[:, None]) / distance**3


@pytest.fixture(scope="module")
def bodies(sample: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(sample / "truth" / "bodies.geojson").to_crs(PROJECTED).set_index("name_en")


def mean_near(path: Path, x: float, y: float, radius: float, nodata: float) -> float:
    """Mean of the raster's cells whose centres lie within *radius* of a point [m]."""
    with rasterio.open(path) as file:
        field, transform = file.read(1).astype(float), file.transform
    rows, columns = np.indices(field.shape)
    easting, northing = transform * (columns + 0.5, rows + 0.5)
    near = (np.hypot(easting - x, northing - y) < radius) & ~np.isclose(field, nodata, rtol=1e-3)
    assert near.any()
    return float(field[near].mean())


def test_a_small_prism_is_a_dipole_from_afar(fields: ModuleType) -> None:
    susceptibility, side = 0.05, 100.0
    block = np.array([[-50, 50, -50, 50, -450, -350.0]])
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    place = 2500 * np.cos(angle), 2500 * np.sin(angle), np.full(12, 150.0)
    found = fields.total_field(block, np.array([susceptibility]), place)
    inclination, declination = np.radians([fields.INCLINATION, fields.DECLINATION])
    unit = np.array(
        [
            np.cos(inclination) * np.sin(declination),
            np.cos(inclination) * np.cos(declination),
            -np.sin(inclination),
        ]
    )
    moment = unit * susceptibility * fields.STRENGTH * 1e-9 / (4e-7 * np.pi) * side**3
    expected = unit @ dipole(moment, np.array(place) - np.array([[0], [0], [-400.0]]))
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-6)


def test_a_wide_sheet_pulls_like_an_infinite_slab(fields: ModuleType) -> None:
    sheet = np.array([[-4e5, 4e5, -4e5, 4e5, -200.0, 0.0]])
    place = np.zeros(1), np.zeros(1), np.ones(1)
    found = fields.pull(sheet, np.array([0.3]), place)
    slab = 2 * np.pi * 6.6743e-11 * 300 * 200 * 1e5
    assert found[0] == pytest.approx(slab, rel=2e-3)


@pytest.mark.parametrize(
    "name",
    ["Shuanghe hidden stock", "Mopan hidden stock", "Ma'an hidden stock", "Heishui hidden gabbro"],
)
def test_a_hidden_body_is_a_magnetic_high_where_the_truth_says(
    sample: Path, bodies: gpd.GeoDataFrame, name: str
) -> None:
    centre = bodies.loc[name].geometry.centroid
    assert not bodies.loc[name, "exposed"]
    at = [
        mean_near(sample / "tmi.tif", centre.x, centre.y + north, 400, -99999)
        for north in (-4200, -500, 4200)
    ]
    assert at[1] > max(at[0], at[2]) + 40


@pytest.mark.parametrize("name", ["Laoying gabbro", "Heishui hidden gabbro", "Tongping stock"])
def test_the_low_of_a_magnetic_body_lies_to_its_north(
    sample: Path, bodies: gpd.GeoDataFrame, name: str
) -> None:
    body = bodies.loc[name].geometry
    half = (body.bounds[3] - body.bounds[1]) / 2
    south, north = (
        mean_near(sample / "tmi.tif", body.centroid.x, body.centroid.y + way, 400, -99999)
        for way in (-0.6 * half, half)
    )
    assert south > north + 100


def test_the_gabbro_is_heavy_and_the_basin_fill_light(
    sample: Path, bodies: gpd.GeoDataFrame
) -> None:
    def gravity(name: str, east: float) -> float:
        centre = bodies.loc[[name]].geometry.centroid.to_crs(PREFIXED).iloc[0]
        blank = 1.70141e38
        return mean_near(sample / "bouguer.asc", centre.x + east, centre.y, 700, blank)

    beside = (gravity("Laoying gabbro", -3000) + gravity("Laoying gabbro", 3000)) / 2
    assert gravity("Laoying gabbro", 0) > beside + 1.5
    assert gravity("Shuanghe hidden stock", 0) < gravity("Shuanghe hidden stock", 4500) - 2


def test_the_barren_granite_is_where_potassium_is_highest(
    sample: Path, bodies: gpd.GeoDataFrame
) -> None:
    with rasterio.open(sample / "radiometrics_k_th_u.tif") as file:
        thorium, transform = file.read(2), file.transform
    row, column = np.unravel_index(thorium.argmax(), thorium.shape)
    place = gpd.GeoSeries.from_xy(*(np.array([v]) for v in transform * (column + 0.5, row + 0.5)))
    assert place.set_crs(4490).to_crs(PROJECTED).within(bodies.geometry["Bailong granite"]).all()


def test_outcrops_lie_within_the_bodies_they_belong_to(
    sample: Path, bodies: gpd.GeoDataFrame
) -> None:
    outcrops = gpd.read_file(sample / "map_50k.gpkg", layer="intrusions").set_index("name_en")
    assert set(outcrops.index) == set(bodies.index[bodies["exposed"]])
    for name, outline in outcrops.geometry.items():
        assert outline.difference(bodies.geometry[name].buffer(120)).area < 0.02 * outline.area


def test_sediment_is_gathered_downstream() -> None:
    amount = np.array([1.0, 2.0, 4.0, 8.0])
    receiver = np.array([1, 3, 3, 3])
    total = terrain.gathered(amount, receiver, np.array([0, 1, 2, 3]), np.full(4, 0.5))
    np.testing.assert_allclose(total, [1, 2.5, 4, 8 + 0.5 * 2.5 + 0.5 * 4])


def test_a_pit_is_filled_to_its_lowest_way_out() -> None:
    ground = np.full((5, 5), 10.0)
    ground[2, 2], ground[3, 2], ground[4, 2] = 1.0, 6.0, 2.0
    level = terrain.filled(ground, np.full((5, 5), 0.01))
    assert level[2, 2] == pytest.approx(6.01)
    assert (level >= ground).all()
