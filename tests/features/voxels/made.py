"""Blocks that no symmetry hides in, and tables of points."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoprospect.blocks import BlockGrid

CRS = "EPSG:32648"
BLOCKS = BlockGrid((500_000.0, 3_000_000.0, -100.0), (20.0, 25.0, 10.0), (9, 7, 11), CRS)
TURNED = BlockGrid((500_000.0, 3_000_000.0, -100.0), (20.0, 25.0, 10.0), (9, 7, 11), CRS, 30.0)


def middle(blocks=BLOCKS):
    return blocks.centres().mean(axis=0)


def plane(normal, through, half=1500.0, step=100.0, seed=0):
    """Points of a plane, scattered over a wide square about a place."""
    rng = np.random.default_rng(seed)
    steps = np.arange(-half, half + step, step)
    east, north = (part.ravel() for part in np.meshgrid(steps, steps))
    inner = (np.abs(east) < half) & (np.abs(north) < half)
    east, north = (part + inner * rng.uniform(-0.3, 0.3, part.size) * step for part in (east, north))  # fmt: skip # noqa: E501
    up = -(normal[0] * east + normal[1] * north) / normal[2]
    return pd.DataFrame({"x": east + through[0], "y": north + through[1], "z": up + through[2]})


def drilled(seed=0, count=80, holes=6, blocks=BLOCKS):
    """Composites of some holes anywhere among the blocks."""
    rng = np.random.default_rng(seed)
    at = blocks.centres()[rng.integers(0, blocks.blocks, count)] + rng.uniform(-9, 9, (count, 3))
    return pd.DataFrame(
        {"hole": rng.integers(0, holes, count).astype(str), "x": at[:, 0], "y": at[:, 1],
         "z": at[:, 2], "cu": rng.lognormal(size=count), "rock": rng.choice(["a", "b", "c"], count)}
    )  # fmt: skip
