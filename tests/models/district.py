"""A made district: two layers tell of deposits, one is noise, one has gaps; a corner is unknown."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.contract import Folds
from geoprospect.models.boosting import lightgbm
from geoprospect.models.ensemble import PositiveUnlabelled

GRID = GeoBox.from_bbox((500_000, 3_000_000, 506_000, 3_004_000), crs="EPSG:32648", resolution=100)
ROCKS = {2: "basalt", 5: "skarn", 9: "sandstone"}


def cube(chunk: int | None = None) -> xr.Dataset:
    rng = np.random.default_rng(0)
    rows, columns = np.indices(GRID.shape)
    signal = np.sin(rows / 7) + np.cos(columns / 9) + rng.normal(0, 0.2, GRID.shape)
    rock = np.array([2, 5, 9])[(rows // 8 + columns // 11) % 3].astype(float)
    gappy = rng.normal(size=GRID.shape)
    gappy[:, 20:30] = np.nan
    values = {"signal": signal, "noise": rng.normal(size=GRID.shape), "rock": rock, "gappy": gappy}
    for layer in values.values():
        layer[:5, :9] = np.nan
    made = {
        name: contract.describe(
            contract.on_grid(layer.astype("float32"), GRID),
            long_name=f"{name} of the ground",
            units="1" if name == "rock" else "nT",
            meanings=ROCKS if name == "rock" else None,
        )
        for name, layer in values.items()
    }
    whole = xr.Dataset(made)
    return whole if chunk is None else lazy.chunked(whole, chunk)


def samples(count: int = 300, deposits: int = 30) -> gpd.GeoDataFrame:
    """Deposits where the signal is high in skarn, background anywhere with evidence."""
    ground = cube()
    rng = np.random.default_rng(1)
    favour = np.exp(2.5 * ground.signal.to_numpy() + 2 * (ground.rock.to_numpy() == 5))
    favour = np.nan_to_num(favour).ravel()
    cells = rng.choice(favour.size, deposits, replace=False, p=favour / favour.sum())
    others = np.setdiff1d(np.flatnonzero(favour), cells)
    cells = np.concatenate([cells, rng.choice(others, count, replace=False)])
    rows, columns = np.divmod(cells, GRID.shape[1])
    label = (np.arange(len(cells)) < deposits).astype(int)
    return gpd.GeoDataFrame(
        {
            "label": label,
            "group": np.where(label, np.arange(len(cells)) // 2, -1),
            "row": rows,
            "column": columns,
        },
        geometry=gpd.points_from_xy(500_050 + 100 * columns, 3_003_950 - 100 * rows),
        crs=GRID.crs.proj,
    )


def table(frame: gpd.GeoDataFrame) -> np.ndarray:
    return lazy.sample(cube(), contract.evidence(cube()), frame.row, frame.column)


def halves(frame: gpd.GeoDataFrame) -> Folds:
    """West and east, each held out from the other with 500 m between."""
    of_samples = (frame.column.to_numpy() >= 30).astype(np.int64)
    training = np.array([frame.column >= 35, frame.column < 25])
    return Folds(of_samples, training)


def fold_layer() -> xr.DataArray:
    east = np.broadcast_to(np.arange(60) >= 30, GRID.shape).astype("float32")
    made = contract.on_grid(east, GRID)
    meanings = {0: "fold 0", 1: "fold 1"}
    return contract.describe(made, long_name="fold", units="1", meanings=meanings)


def fit(rows: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> PositiveUnlabelled:
    model = lightgbm(seed=0, n_estimators=15, num_leaves=5)
    return PositiveUnlabelled(model, members=20, ratio=5, seed=3).fit(
        rows, labels, groups, layers=contract.evidence(cube()), categorical=["rock"]
    )


def ensemble() -> PositiveUnlabelled:
    frame = samples()
    return fit(table(frame), frame.label.to_numpy(), frame.group.to_numpy())
