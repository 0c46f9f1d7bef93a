"""A made-up district with everything that a report is made of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from scipy import ndimage
from shapely.geometry import Point, box

from geoprospect import contract
from geoprospect.targets.areas import survey_areas
from geoprospect.targets.explanations import explanations
from geoprospect.targets.extract import top_fraction
from geoprospect.targets.rank import cells_of, ranked
from tests.report.explained import make_breakdown, make_dependence, make_strength
from tests.report.trust import make_maps, make_trust

NASTY = "<script>alert('unit')</script> & Söhne"
ROCKS = {1: "shale", 2: "花岗岩", 3: NASTY}


def smooth(seed: int, shape: tuple[int, int], width: float) -> np.ndarray:
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), width)
    return (rough - rough.mean()) / rough.std()


def make_layer(values: Any, grid: GeoBox, long_name: str, units: str, **more: Any) -> xr.DataArray:
    on_grid = contract.on_grid(np.asarray(values, "float32"), grid)
    return contract.describe(on_grid, long_name=long_name, units=units, **more)


def make_cube(grid: GeoBox) -> xr.Dataset:
    copper = np.exp(3 + 0.8 * smooth(2, grid.shape, 9))
    copper[:, : grid.shape[1] // 6] = np.nan
    rocks = np.digitize(smooth(3, grid.shape, 12), [-0.5, 0.8]) + 1
    fault = 900 * np.abs(smooth(4, grid.shape, 10))
    return xr.Dataset(
        {
            "fault_distance": make_layer(fault, grid, "distance to fault", "m"),
            "copper": make_layer(copper, grid, "copper in stream sediments", "mg kg-1"),
            "magnetics": make_layer(240 * smooth(5, grid.shape, 6), grid, "total field", "nT"),
            "rock": make_layer(rocks, grid, "岩性 lithology", "1", meanings=ROCKS),
        }
    )


def make_attributions(cube: xr.Dataset) -> xr.Dataset:
    """Made contributions on a grid three times coarser, at the cells' centres."""
    middle = cube.isel(y=slice(1, None, 3), x=slice(1, None, 3))
    effects = {
        "fault_distance": 1.2 * np.exp(-middle["fault_distance"].values / 400) - 0.4,
        "copper": 0.6 * np.tanh(np.nan_to_num(np.log(middle["copper"].values) - 3)),
        "magnetics": 0.0015 * middle["magnetics"].values,
        "rock": np.choose(middle["rock"].values.astype(int) - 1, [-0.3, 0.4, 0.05]),
    }
    coarse = contract.grid_of(cube).zoom_out(3)[: middle.sizes["y"], : middle.sizes["x"]]
    layers = {
        name: make_layer(values, coarse, cube[name].attrs["long_name"], "log-odds")
        for name, values in effects.items()
    }
    base = make_layer(np.full(coarse.shape, -1.4), coarse, "base value", "log-odds")
    return xr.Dataset(layers | {"base_value": base})


def protocol(mean: float, spread: float) -> dict[str, Any]:
    scores = [mean - 1.2 * spread, mean - 0.3 * spread, mean + 0.2 * spread, mean + 1.3 * spread]
    area = np.linspace(0, 1, 101)
    power = (1 - mean) / mean
    return {
        "auc": {"mean": mean, "sd": spread, "worst": min(scores)},
        "ausrc": {"mean": mean - 0.003, "sd": spread, "worst": min(scores)},
        "capture": {str(p): float((p / 100) ** power) for p in (1, 2, 5, 10, 20)},
        "area_needed": {"50": 0.5 ** (1 / power), "80": 0.8 ** (1 / power)},
        "curve": {
            "area": area.tolist(),
            "mean": (area**power).tolist(),
            "worst": (area ** (1.4 * power)).tolist(),
            "best": (area ** (0.7 * power)).tolist(),
        },
        "folds": [
            {
                "fold": n,
                "auc": score,
                "ausrc": score - 0.003,
                "deposits": 3 + n,
                "capture": {str(p): 0.5 for p in (1, 2, 5, 10, 20)},
            }
            for n, score in enumerate(scores)
        ]
        + [{"fold": 4, "auc": None, "ausrc": None, "deposits": 0, "capture": None}],
    }


def make_weights() -> dict[str, Any]:
    """Tables of weights as a run tells them: a distance, a class, and one that tells nothing."""
    told = {"confidence": 1.645, "unit_cell_km2": 1.0, "deposits": 258, "unit_cells": 31311.33}
    n = 40
    grown = 1 - np.exp(-np.arange(1, n + 1) / 12)
    contrast = 1.4 - 0.03 * np.arange(n)
    pattern = ["inside"] * 20 + ["outside"] * (n - 20)
    fault = {
        "low": [100.0 * (i + 1) for i in range(n)],
        "high": [100.0 * (i + 1) for i in range(n)],
        "meaning": [""] * n,
        "area_km2": [700.0] * n,
        "units": (31311.33 * np.arange(1, n + 1) / n).tolist(),
        "deposits": np.round(258 * grown).astype(int).tolist(),
        "w_plus": (0.6 * contrast).tolist(),
        "w_minus": (-0.4 * contrast).tolist(),
        "contrast": contrast.tolist(),
        "contrast_sd": [0.145] * n,
        "studentised": (contrast / 0.145).tolist(),
        "guarded": [False] * (n - 1) + [True],
        "pattern": pattern,
        "weight": [0.4] * 20 + [-0.7] * (n - 20),
    }
    names = [f"单元 {i}" if i else NASTY for i in range(9)]
    size = np.linspace(2.4, -1.9, 9)
    rock = {
        **{key: size.tolist() for key in ("w_plus", "contrast", "weight")},
        "low": [float(i) for i in range(9)],
        "high": [float(i) for i in range(9)],
        "meaning": names,
        "units": [3000.0] * 9,
        "deposits": [40, 30, 20, 15, 12, 9, 6, 3, 2],
        "w_minus": (-0.1 * size).tolist(),
        "contrast_sd": [0.4] * 9,
        "studentised": (size / 0.4).tolist(),
        "guarded": [False] * 9,
        "pattern": ["own"] * 7 + ["pooled", "own"],
    }
    nothing = {key: values[:3] for key, values in fault.items()} | {"pattern": ["none"] * 3}
    return {
        "fault_distance": told
        | {"long_name": "distance to fault", "layer_units": "m", "mode": "ascending"}
        | {"classes": fault},
        "rock": told
        | {"long_name": "岩性 lithology", "layer_units": "1", "mode": "categorical"}
        | {"classes": rock},
        "magnetics": told
        | {"long_name": "total field", "layer_units": "nT", "mode": "descending"}
        | {"classes": nothing},
    }


def make_independence() -> dict[str, Any]:
    told = {"freedom": 1, "deposits": 258}
    return {
        "deposits": 258, "predicted": 390.6, "ratio": 0.6605, "sd": 40.12, "z": 3.31,
        "p": 0.000475,
        "conditions": 16,
        "pairs": [
            told | {"layers": ["fault_distance", "rock"], "chi_squared": 56.5, "p": 5.7e-14,
                    "least": 3.2},
            told | {"layers": ["fault_distance", "magnetics"], "chi_squared": 0.8, "p": 0.36,
                    "least": 9.7},
        ],
    }  # fmt: skip


def make_board() -> dict[str, Any]:
    """Three models on five folds, as a run tells them."""
    folds = {"lightgbm": [0.78, 0.74, 0.81, 0.69, 0.77], NASTY: [0.74, 0.79, 0.77, 0.62, 0.79]}
    folds["模糊逻辑 fuzzy"] = [0.61, 0.6, 0.66, 0.52, 0.6]
    models = []
    for name, scores in folds.items():
        auc = {"mean": float(np.mean(scores)), "sd": float(np.std(scores)), "worst": min(scores)}
        apart = float(np.mean(scores) - np.mean(folds["lightgbm"]))
        behind = {"mean": apart, "interval": [apart - 0.06, apart + 0.06], "clear": apart < -0.06}
        models.append({"model": name, "auc": auc, "ausrc": auc, "folds": scores})
        if len(models) > 1:
            models[-1]["behind"] = {"auc": behind, "ausrc": behind}
    return {"protocol": "spatial_blocks", "level": 0.95, "best": "lightgbm", "models": models}


def make_prediction_area() -> dict[str, Any]:
    """A fitted and a held-out map, and two layers, as a run tells them."""
    score = np.repeat(np.linspace(0.9, 0.1, 30), 2)
    found = np.sort(np.append(np.repeat(np.arange(1, 30) / 30, 2), [0, 1]))
    fitted = {
        "long_name": "prospectivity", "units": "1", "fitted": True, "score": score.tolist(),
        "deposits": found.tolist(), "area": (found**3).tolist(),
        "crossing": {"score": 0.37, "captured": 0.68, "area": 0.32, "density": 2.125},
    }  # fmt: skip
    held = fitted | {"fitted": False, "long_name": "rank on ground held out"}
    magnetics = {
        "layer": "magnetics", "long_name": f"field of {NASTY}", "units": "nT",
        "high": {"captured": 0.55, "area": 0.45, "density": 1.22, "interval": [1.0, 1.5]},
        "low": {"captured": 0.45, "area": 0.55, "density": 0.82, "interval": [0.7, 1.0]},
    }  # fmt: skip
    fault = {
        "layer": "fault_distance", "long_name": "distance to fault", "units": "m",
        "high": {"captured": 0.3, "area": 0.7, "density": 0.43},
        "low": {"captured": 0.7, "area": 0.3, "density": 2.33},
    }  # fmt: skip
    return {"maps": [fitted, held], "layers": [magnetics, fault]}


def made_contributions(rows: np.ndarray) -> np.ndarray:
    """The made contributions, of rows."""
    fault, copper, magnetics, rock = rows.T
    return np.column_stack(
        [
            1.2 * np.exp(-fault / 400) - 0.4,
            0.6 * np.tanh(np.nan_to_num(np.log(copper) - 3)),
            0.0015 * magnetics,
            np.choose(rock.astype(int) - 1, [-0.3, 0.4, 0.05]),
            np.full(len(rows), -1.4),
        ]
    )


def make_case(shape: tuple[int, int]) -> SimpleNamespace:
    height, width = (100 * side for side in shape)
    grid = GeoBox.from_bbox(
        (500_000, 3_000_000, 500_000 + width, 3_000_000 + height), crs="EPSG:4545", resolution=100
    )
    cube = make_cube(grid)
    raw = (
        1.4 * np.exp(-cube["fault_distance"].values / 400)
        + 0.7 * np.tanh(np.log(np.nan_to_num(cube["copper"].values, nan=20)) - 3)
        + 0.3 * (cube["rock"].values == 2)
    )
    score = 1 / (1 + np.exp(-2.2 * (raw - 1.1)))
    score[:6, :9] = np.nan
    maps = xr.Dataset(
        {
            "prospectivity": make_layer(score, grid, "prospectivity", "1"),
            "spread": make_layer(
                0.05 + 0.04 * np.abs(smooth(6, grid.shape, 8)), grid, "ensemble spread", "1"
            ),
        }
    )
    maps = maps.assign(make_maps(score, grid))
    picked = np.argwhere(score > np.nanquantile(score, 0.93))[:: max(1, score.size // 250)]
    deposits = gpd.GeoDataFrame(
        {"name": [f"矿点 {n}" if n else NASTY for n in range(len(picked))]},
        geometry=[Point(500_050 + 100 * c, 3_000_000 + height - 50 - 100 * r) for r, c in picked],
        crs=grid.crs.proj,
    )
    nothing = make_layer(np.zeros(grid.shape), grid, "exclusions", "1")
    found = top_fraction(
        maps["prospectivity"],
        grid=grid,
        exclusions=nothing,
        fraction=0.04,
        minimum_area=0.08,
    )
    rows, columns, _ = cells_of(found, grid=grid)
    attributions = make_attributions(cube)
    effects = np.stack([layer.values for layer in attributions.data_vars.values()], axis=-1)
    near = (
        np.minimum(rows // 3, effects.shape[0] - 1),
        np.minimum(columns // 3, effects.shape[1] - 1),
    )
    targets = ranked(
        found,
        prospectivity=maps["prospectivity"],
        spread=maps["spread"],
        cube=cube,
        deposits=deposits,
        contributions=lambda rows: effects[near],
        grid=grid,
    )
    blocks = gpd.GeoDataFrame(
        {"block": [f"{NASTY if n == 2 else '区块'} {n}" for n in range(4)]},
        geometry=[
            box(500_000 + a * width / 4, 3_000_300, 500_000 + (a + 0.9) * width / 4, 3_002_800)
            for a in (0, 1, 2, 9)
        ],
        crs=grid.crs.proj,
    )
    areas = survey_areas(
        blocks,
        prospectivity=maps["prospectivity"],
        spread=maps["spread"],
        grid=grid,
        deposits=deposits,
        label="block",
        threshold=float(targets["threshold"].iloc[0]),
    )
    drivers = np.argmax(effects[..., :-1], axis=-1) + 1
    fold = np.broadcast_to(np.arange(shape[1]) * 4 // shape[1], shape)
    return SimpleNamespace(
        title="Test district 试验区",
        maps=maps,
        out_of_fold=xr.Dataset(
            {
                "score": make_layer(score, grid, "prospectivity, out of fold", "1"),
                "fold": make_layer(
                    fold, grid, "validation fold", "1", meanings={n: f"fold {n}" for n in range(4)}
                ),
            }
        ),
        validation={
            "protocols": {"spatial_blocks": protocol(0.81, 0.06), "random": protocol(0.93, 0.02)},
            "leaderboard": make_board(),
        },
        weights=make_weights(),
        independence=make_independence(),
        trust=make_trust(),
        prediction_area=make_prediction_area(),
        targets=targets,
        ranking=None,
        survey_areas=areas,
        deposits=deposits,
        samples=deposits.assign(label=1, group=range(len(deposits))),
        attributions=attributions,
        drivers=make_layer(
            drivers,
            contract.grid_of(attributions),
            "strongest driver",
            "1",
            meanings={0: "none"}
            | {n + 1: str(cube[name].attrs["long_name"]) for n, name in enumerate(cube.data_vars)},
        ),
        cube=cube,
        strength=make_strength(cube),
        dependence=make_dependence(attributions, cube),
        breakdown=make_breakdown(cube, NASTY),
        explanations=explanations(
            targets,
            cube=cube,
            contributions=made_contributions,
            deposits=deposits,
            grid=grid,
            roles={"fault_distance": "pathway", "rock": "trap", "copper": "signature"},
        ),
        roles={"pathway": ["fault_distance"], "trap": ["rock"]},
        learnt={"model": "lightgbm", "members": 20, "additive": True},
        files=["report.html", "maps/prospectivity.tif", "own.txt"],
        layers=[
            {
                "id": name,
                "long_name": layer.attrs["long_name"],
                "units": layer.attrs["units"],
                "source": "sediments" if name == "copper" else "geology",
                "missing_share": float(np.isnan(layer.values).mean()),
                "minimum": float(np.nanmin(layer.values)),
                "maximum": float(np.nanmax(layer.values)),
                "note": "",
            }
            for name, layer in cube.data_vars.items()
        ],
        inputs=[
            {
                "name": "sediments",
                "function": "table",
                "files": ["水系沉积物.csv"],
                "crs": "EPSG:4490",
                "sha256": {"水系沉积物.csv": "0123456789abcdef" * 4},
                "detail": "2,000 samples, 20 columns",
            },
            {
                "name": "geology",
                "function": "vector",
                "files": ["geology.shp", "geology.dbf"],
                "crs": "EPSG:4545",
                "sha256": {"geology.shp": "ab" * 32, "geology.dbf": "cd" * 32},
                "detail": NASTY,
            },
        ],
        notices=[
            {
                "step": "inputs.geology",
                "level": "warning",
                "text": f"2 self-crossing polygons of {NASTY} were repaired.",
            },
            {
                "step": "features.copper",
                "level": "warning",
                "text": "A sixth of the area is farther than 5,000 m from a sample: no value.",
            },
            {
                "step": "inputs.sediments",
                "level": "info",
                "text": "Reprojected from EPSG:4490 to EPSG:4545.",
            },
        ],
        pipeline=f"name: test\nseed: 7\n# {NASTY}\ngrid: {{resolution: 100}}\n",
        versions={"geoprospect": "0.1.0", "python": "3.11.9", "lightgbm": "4.7.0"},
    )


@pytest.fixture(scope="session")
def case() -> SimpleNamespace:
    return make_case((84, 120))
