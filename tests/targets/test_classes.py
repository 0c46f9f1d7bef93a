from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from shapely.geometry import box

from geoprospect.errors import DataError
from geoprospect.targets.classes import target_classes


@pytest.fixture
def targets(grid):
    """Four squares of four cells in a row, from the west."""
    return gpd.GeoDataFrame(
        {
            "mean_prospectivity": [0.95, 0.91, 0.5, 0.2],
            "nearest_deposit_m": [0.0, 500.0, 2000.0, np.nan],
            "area_km2": [2.0, 0.1, 1.0, 0.1],
            "expected_deposits": [3.0, 0.1, 1.0, 0.2],
        },
        geometry=[
            box(500_000 + 1000 * n, 3_003_800, 500_200 + 1000 * n, 3_004_000) for n in range(4)
        ],
        crs=grid.crs.proj,
    )


@pytest.fixture
def given(targets, grid, layer):
    scores = np.arange(2400).reshape(grid.shape) / 2400
    metals = {name: np.arange(2400).reshape(grid.shape)[::-1].copy() for name in ("cu", "au")}
    metals["cu"][:2, 20:22] = 10_000  # in the third
    metals["au"][:2, 20:22] = 10_000
    metals["cu"][:2, 30:32] = 10_000  # in the fourth, copper alone
    metals["au"][:2, 30:32] = 0
    for values in metals.values():
        values[:2, :2] = values[:2, 10:12] = 0
    return {
        "targets": targets,
        "prospectivity": layer(scores),
        "cube": xr.Dataset(
            {n: layer(v, "mg kg-1", long_name=n.title()) for n, v in metals.items()}
        ),
        "grid": grid,
    }


def test_a_meets_all_b_two_c_one(given):
    classes, told = target_classes(**given, top=0.1, minimum_area=0.5)
    assert classes == ["A", "C", "C", ""]
    assert told["count"] == {"A": 1, "B": 0, "C": 2}
    assert told["names"] == {"A": "A类", "B": "B类", "C": "C类"}
    assert told["conditions"][0] == (
        "favourability: its mean score reaches 0.9, as the best 10 % of ground"
    )
    assert "in place of a predicted tonnage" in told["conditions"][2]


def test_a_deposit_near_by_is_an_indicator_as_far_as_stated(given):
    classes, _ = target_classes(**given, within=500, minimum_area=0.5)
    assert classes == ["A", "B", "C", ""]


def test_anomalies_of_several_metals_are_an_indicator(given):
    settings = {"anomalies": ["cu", "au"], "minimum_area": 0.5}
    classes, told = target_classes(**given, **settings)
    assert classes == ["A", "C", "B", ""], "the third has two, the fourth copper alone"
    assert "2 or more of Cu, Au stand" in told["conditions"][1]
    classes, _ = target_classes(**given, **settings, elements=1)
    assert classes == ["A", "C", "B", "C"]


def test_expected_deposits_may_stand_for_size(given):
    classes, told = target_classes(**given, minimum_deposits=0.2)
    assert classes == ["A", "C", "C", "C"]
    assert told["conditions"][2].startswith("size: 0.2 deposits or more are expected in it")
    given["targets"] = given["targets"].assign(expected_deposits=np.nan)
    with pytest.raises(DataError, match="only where probabilities are calibrated"):
        target_classes(**given, minimum_deposits=0.2)


def test_a_layer_that_is_not_there_is_named(given):
    with pytest.raises(DataError, match="the cube has no layer 'ag'"):
        target_classes(**given, anomalies=["ag"], minimum_area=1)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({}, "state either minimum_area .* or minimum_deposits"),
        ({"minimum_area": 1, "minimum_deposits": 1}, "state either minimum_area"),
        ({"minimum_area": 1, "top": 0}, r"top must lie in \(0, 1\], got 0"),
        ({"minimum_area": 1, "percentile": 100}, "percentile must lie between 0 and 100"),
        ({"minimum_area": 1, "elements": 0}, "elements must be 1 or more, got 0"),
    ],
)
def test_rules_that_say_nothing_are_refused(given, setting, message):
    with pytest.raises(ValueError, match=message):
        target_classes(**given, **setting)
