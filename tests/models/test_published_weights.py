"""The weights of evidence that Geoscience Australia published for Cloncurry, reproduced."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.kernels import ranking
from geoprospect.models.weights_maps import independence, posterior_maps
from geoprospect.models.weights_tables import weights_table

pytestmark = pytest.mark.real_data

COLUMNS = {
    "low": "CLASS",
    "area_km2": "CLASS_AREA",
    "units": "AREA_UNITS",
    "deposits": "NO_POINTS",
    "w_plus": "WPLUS",
    "w_plus_sd": "S_WPLUS",
    "w_minus": "WMINUS",
    "w_minus_sd": "S_WMINUS",
    "contrast": "CONTRAST",
    "contrast_sd": "S_CONTRAST",
    "studentised": "STUDC",
    "weight": "WEIGHT",
    "weight_sd": "W_STD",
}


def published(path):
    with rasterio.open(path) as file:
        values = file.read(1, masked=True).astype("float32").filled(np.nan)
        grid = GeoBox(file.shape, file.transform, "EPSG:7845")
    made = contract.on_grid(values, grid)
    return contract.describe(made, long_name=path.stem, units="1")


@pytest.fixture(scope="module")
def cloncurry(real_data):
    folder = real_data / "cloncurry_iocg"
    return folder, gpd.read_file(folder / "CalculateWeights" / "IOCG_Deposits.shp")


@pytest.fixture(scope="module")
def binary(cloncurry):
    folder, deposits = cloncurry
    names = ("Dist2Breccia", "Dist2Fault", "FaultDensity", "StratNo")
    cube = {n: published(folder / "CalculateResponse" / f"{n}.tif") for n in names}
    tables = {
        name: weights_table(one, deposits, mode="categorical", unit_cell=1, choice="own")
        for name, one in cube.items()
    }
    return cube, tables


@pytest.mark.parametrize(
    ("name", "mode", "suffix", "classes"),
    [
        ("Dist2Breccia", "ascending", "CA", 642),
        ("FaultDensity", "descending", "CD", 10),
        ("StratNo", "categorical", "CT", 87),
    ],
)
def test_published_tables_are_reproduced(cloncurry, name, mode, suffix, classes):
    folder, deposits = cloncurry
    folder /= "CalculateWeights"
    table = weights_table(
        published(folder / f"{name}.tif"), deposits, mode=mode, unit_cell=1,
        choice="own" if mode == "categorical" else "contrast",
    )  # fmt: skip
    wanted = pd.read_csv(folder / f"{name}_{suffix}.csv", index_col=0)
    assert len(table) == len(wanted) == classes
    for ours, theirs in COLUMNS.items():
        np.testing.assert_allclose(table[ours], wanted[theirs], rtol=0, atol=1e-9, err_msg=ours)
    if mode != "categorical":
        assert (table["pattern"] == "inside").tolist() == (wanted["GEN_CLASS"] == 2).tolist()


def test_tables_of_the_published_binary_maps_are_reproduced(cloncurry, binary):
    folder, _ = cloncurry
    for name, table in binary[1].items():
        wanted = pd.read_csv(folder / "CalculateResponse" / f"{name}_CT.csv", index_col=0)
        for ours, theirs in COLUMNS.items():
            np.testing.assert_allclose(table[ours], wanted[theirs], rtol=0, atol=1e-9)


def test_the_published_posterior_is_reproduced(cloncurry, binary):
    maps = posterior_maps(*binary, deposits=258, unit_cells=31311.33).compute()
    files = {"posterior": "", "standard_deviation": "_StdDev", "confidence": "_Conf"}
    for name, suffix in files.items():
        path = cloncurry[0] / "CalculateResponse" / f"PosteriorProbability{suffix}.tif"
        with rasterio.open(path) as file:
            wanted = file.read(1, masked=True).filled(np.nan)
        np.testing.assert_allclose(maps[name].to_numpy(), wanted, rtol=0, atol=1e-6)


def test_the_published_map_is_not_of_independent_layers(cloncurry, binary):
    told = independence(*binary, cloncurry[1], unit_cell=1)
    assert told["deposits"] == 258
    assert told["conditions"] == 16
    assert round(told["predicted"], 1) == 390.6
    assert round(told["sd"], 2) == 40.12
    assert round(told["z"], 2) == 3.31
    assert round(told["p"], 4) == 0.0005
    assert told["ratio"] < 0.85


def test_the_published_area_under_the_curve_is_reproduced(cloncurry, binary):
    """Their counting: every deposit, against cells that hold none."""
    maps = posterior_maps(*binary, deposits=258, unit_cells=31311.33)
    deposits = cloncurry[1]
    grid = contract.grid_of(maps)
    columns, rows = ~grid.affine @ (deposits.geometry.x, deposits.geometry.y)
    where = np.floor(rows).astype(int), np.floor(columns).astype(int)
    scores = maps["posterior"].compute().to_numpy().copy()
    of_deposits = scores[where]
    scores[where] = np.nan
    counts = ranking.ranks(scores, of_deposits)
    barren = int(np.isfinite(scores).sum())
    assert (len(of_deposits), barren) == (258, 3_130_881)
    assert round(ranking.ausrc(*counts, barren), 6) == 0.714468
