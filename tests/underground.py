"""A made district under ground: ore below a contact that bends, near a fault that dips."""

from __future__ import annotations

import functools

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from geoprospect import contract
from geoprospect.blocks import BlockGrid
from geoprospect.cube.voxels import stacked, table
from geoprospect.features.voxels import holes, proximity, surface
from geoprospect.labels import voxels as labels
from geoprospect.models.boosting import lightgbm
from geoprospect.models.ensemble import PositiveUnlabelled

CRS = "EPSG:32648"
BLOCKS = BlockGrid((500_000.0, 3_000_000.0, 0.0), (25.0, 25.0, 20.0), (32, 28, 20), CRS)
MIDDLE = np.array([500_400.0, 3_000_350.0, 400.0])
CUT_OFF = 0.5


def contact_height(x, y):
    """Elevation of the contact [m]: a plane with a trough."""
    east, north = x - MIDDLE[0], y - MIDDLE[1]
    return 220 + 0.25 * east - 0.1 * north - 60 * np.exp(-((north / 150) ** 2))


def fault_away(places):
    """Distance to a fault that strikes north through the middle and dips east at 70 degrees."""
    east, up = places[:, 0] - MIDDLE[0] + 100, places[:, 2] - MIDDLE[2]
    turn = np.radians(70)
    return np.abs(east * np.sin(turn) + up * np.cos(turn))


def is_ore(places):
    """The truth: within 70 m below the contact, and within 110 m of the fault."""
    below = contact_height(places[:, 0], places[:, 1]) - places[:, 2]
    return (below > 0) & (below < 70) & (fault_away(places) < 110)


def composites(count: int = 60, seed: int = 0) -> pd.DataFrame:
    """Upright holes from 400 m down to 40 m, in composites of 10 m, in a corner left undrilled."""
    rng = np.random.default_rng(seed)
    collars = rng.uniform(0, 1, (4 * count, 2)) * [800, 700] + [500_000, 3_000_000]
    drilled = ~((collars[:, 0] > 500_550) & (collars[:, 1] > 3_000_450))
    parts = []
    for hole, (x, y) in enumerate(collars[drilled][:count]):
        z = np.arange(395.0, 40, -10)
        at = np.column_stack([np.full(len(z), x), np.full(len(z), y), z])
        grade = np.where(is_ore(at), 0.9, 0.15) * rng.lognormal(0, 0.6, len(z))
        rock = np.where(z > contact_height(x, y), "cover", "intrusion")
        parts.append(
            pd.DataFrame(
                {"hole": f"H{hole:03d}", "x": x, "y": y, "z": z, "length": 10.0, "cu": grade,
                 "rock": rock}
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def contact() -> surface.Surface:
    """The contact as one would have it of a model: its height at nodes 50 m apart."""
    x, y = np.meshgrid(np.arange(499_900, 500_950, 50.0), np.arange(2_999_900, 3_000_850, 50.0))
    nodes = pd.DataFrame({"x": x.ravel(), "y": y.ravel()})
    return surface.through_points(
        nodes.assign(z=contact_height(nodes["x"], nodes["y"])), name="contact"
    )


def fault() -> gpd.GeoDataFrame:
    trace = shapely.LineString([(500_300, 2_999_000, 400), (500_300, 3_002_000, 400)])
    return gpd.GeoDataFrame({"dip": [70.0], "to": [90.0]}, geometry=[trace], crs=CRS)


@functools.cache
def cube() -> xr.Dataset:
    """Contact, fault, and what the holes met."""
    made = proximity.signed_distance(contact(), blocks=BLOCKS)
    return stacked(
        {
            "contact": made,
            "fault": proximity.fault_distance(
                fault(), blocks=BLOCKS, down=800, dip="dip", direction="to"
            ),
            **of_holes(samples(), at=BLOCKS),
        },
        blocks=BLOCKS,
    )


def of_holes(known, *, at, own_hole=False):
    """The layers that are made of what holes met."""
    return {
        "cu": holes.grade(known, at=at, column="cu", units="%", radius=200, own_hole=own_hole),
        "rock": holes.rock(
            known, at=at, column="rock", radius=300, codes=["cover", "intrusion"],
            own_hole=own_hole,
        ),
    }  # fmt: skip


@functools.cache
def samples() -> gpd.GeoDataFrame:
    """What the holes met in each voxel."""
    return labels.samples(composites(), blocks=BLOCKS, grade="cu", cut_off=CUT_OFF, codes=["rock"])


def evidence(known):
    """What may be known at all samples when only some are."""
    return table(cube(), samples(), of_others=of_holes(samples()[known], at=samples()))


def fit(rows, labels, groups):
    """A small ensemble."""
    model = lightgbm(seed=0, n_estimators=25, num_leaves=6)
    return PositiveUnlabelled(model, members=5, ratio=20, seed=1).fit(
        rows, labels, groups, layers=contract.evidence(cube()), categorical=["rock"]
    )


@functools.cache
def ensemble():
    """Fitted on all samples."""
    rows = evidence(np.ones(len(samples()), bool))
    return fit(rows, samples()["label"].to_numpy(), samples()["group"].to_numpy())
