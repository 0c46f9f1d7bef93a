"""Made drill holes and the blocks between them, for reports."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import xarray as xr

from geoprospect.blocks import around
from geoprospect.report.planes import plane_through
from tests.report.conftest import NASTY

HOLES = ("A1", "A2", "B1", "钻孔4", NASTY)
LENGTH = 5.0


def truth(places):
    """Grade [%]: a body about a middle, richer in its heart."""
    away = (places - np.array([500_100.0, 4_000_050.0, 60.0])) / np.array([90, 60, 35])
    return 1.6 * np.exp(-(away**2).sum(axis=1))


@functools.cache
def make_composites():
    """Five holes, some inclined, of 24 composites each; one composite is not assayed."""
    rng = np.random.default_rng(5)
    parts = []
    for number, hole in enumerate(HOLES):
        depth = np.arange(24) * LENGTH
        azimuth, dip = 60.0 * number, -90.0 if number % 2 else -65.0
        a, d = np.radians([azimuth, dip])
        way = np.array([np.cos(d) * np.sin(a), np.cos(d) * np.cos(a), np.sin(d)])
        top = np.array([500_020.0 + 40 * number, 4_000_020.0 + 15 * number, 110.0])
        places = top + (depth + LENGTH / 2)[:, None] * way
        grade = truth(places) * rng.lognormal(sigma=0.2, size=24)
        parts.append(pd.DataFrame({
            "hole": hole, "from": depth, "to": depth + LENGTH, "length": LENGTH, "Cu": grade,
            "rock": np.where(grade > 0.3, "橄榄岩", NASTY),
            **dict(zip("xyz", places.T, strict=True)), "azimuth": azimuth, "dip": dip,
        }))  # fmt: skip
    made = pd.concat(parts, ignore_index=True)
    made.loc[7, "Cu"] = np.nan
    return made


@functools.cache
def make_blocks(azimuth=0.0):
    """Blocks about the holes; those at the edge have no estimate."""
    samples = make_composites()
    grid = around(samples[["x", "y", "z"]], size=(20, 20, 10), crs="EPSG:32650", margin=15,
                  azimuth=azimuth)  # fmt: skip
    estimate = truth(grid.centres())
    estimate[estimate < 0.02] = np.nan
    made = grid.dataset(estimate=estimate)
    made["estimate"].attrs |= {"long_name": "Cu", "units": "%"}
    return made


@functools.cache
def make_voxels():
    """Scores of the same blocks, unknown at their edge."""
    estimate = make_blocks()["estimate"]
    return xr.Dataset(
        {"prospectivity": estimate / float(estimate.max())}, attrs=make_blocks().attrs
    )


def make_plane():
    places = make_composites()[["x", "y"]]
    return plane_through(places, azimuth=70, thickness=80, margin=20)


def make_curve(simulated=True):
    """A curve as JSON holds it."""
    rows = []
    for cut_off in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        tonnes, grade = 8e6 * np.exp(-2 * cut_off), 0.5 + cut_off
        row = {"cut_off": cut_off, "tonnes": tonnes, "grade": grade, "metal": tonnes * grade / 100}
        if simulated:
            for name in ("tonnes", "grade", "metal"):
                for end, factor in (("p90", 0.85), ("p50", 0.99), ("p10", 1.2)):
                    row[f"{name}_{end}"] = row[name] * factor
        rows.append(row)
    return rows


def make_swaths():
    rows = [
        {"axis": axis, "begin": 20.0 * n, "end": 20.0 * (n + 1), "samples": 10 * n,
         "sample_mean": np.nan if n == 0 else 0.5 + 0.1 * n, "blocks": 50,
         "block_mean": 0.52 + 0.09 * n}
        for axis in "xyz" for n in range(6)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def make_variogram():
    """Points and model of two directions."""
    distance = np.arange(1, 11) * 10.0

    def table(reach, noise):
        share = np.minimum(distance / reach, 1)
        return 0.1 + 0.5 * (1.5 * share - 0.5 * share**3) * (1 + noise)

    rng = np.random.default_rng(2)
    frames = [
        pd.DataFrame({"direction": name, "distance": distance, "pairs": np.arange(10, 0, -1) * 9,
                      "semivariance": table(reach, noise)})
        for name, reach in (("along strike", 90.0), ("down dip", 40.0))
        for noise in (rng.normal(0, 0.08, 10),)
    ]  # fmt: skip
    fitted = [one.assign(semivariance=table(reach, 0)).drop(columns="pairs")
              for one, reach in zip(frames, (90.0, 40.0), strict=True)]  # fmt: skip
    return pd.concat(frames), pd.concat(fitted)
