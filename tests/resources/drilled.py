"""Made drill holes through a body of ore, for what is made of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

SPACING, LENGTH, DEEP = 60.0, 5.0, 12


def truth(places):
    """Grade [%] at places: a body about a middle, with a trend to the east."""
    away = (places - np.array([90.0, 60.0, -30.0])) / np.array([70, 60, 20])
    return 0.2 + 0.001 * places[:, 0] + np.exp(-(away**2).sum(axis=1))


def holes(across=4, along=3):
    """Collars, surveys and assays of upright holes on a grid, in metres."""
    rng = np.random.default_rng(11)
    x, y = (part.ravel() * SPACING for part in np.meshgrid(np.arange(across), np.arange(along)))
    names = [f"H{number:02d}" for number in range(len(x))]
    collars = pd.DataFrame({"hole": names, "x": x, "y": y, "z": 0.01 * x, "end": DEEP * LENGTH})
    surveys = pd.DataFrame({"hole": names, "depth": 0.0, "azimuth": 0.0, "dip": -90.0})
    parts = []
    for row in collars.itertuples():
        begin = np.arange(DEEP) * LENGTH
        middles = row.z - begin - LENGTH / 2
        places = np.column_stack([np.full(DEEP, row.x), np.full(DEEP, row.y), middles])
        grade = truth(places) * rng.lognormal(sigma=0.1, size=DEEP)
        parts.append(
            pd.DataFrame({"hole": row.hole, "from": begin, "to": begin + LENGTH, "cu": grade})
        )
    return collars, surveys, pd.concat(parts, ignore_index=True)


def composites():
    """One composite for each assay, in its place."""
    collars, _, made = holes()
    tops = collars.set_index("hole").loc[made["hole"]]
    middle = (made["from"] + made["to"]) / 2
    return made.assign(
        x=tops["x"].to_numpy(), y=tops["y"].to_numpy(), z=tops["z"].to_numpy() - middle,
        azimuth=0.0, dip=-90.0,
    )  # fmt: skip
