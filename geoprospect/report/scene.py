"""Holes and blocks as a scene that turns in the reader's browser, with no network."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from markupsafe import Markup

from geoprospect.blocks import DIMS, BlockGrid, grid_of
from geoprospect.language import named, say
from geoprospect.report import style
from geoprospect.report.page import render

MOST_BLOCKS = 250_000
"""Above it, blocks are put together: the page stays small and the scene turns smoothly."""
MOST_SAMPLES = 20_000
"""Above it, every so many-th composite is shown."""
SHADES = 254
"""Steps of grade; 0 stands for unknown."""

Values = npt.NDArray[np.float64]


def scene(
    samples: pd.DataFrame,
    model: xr.Dataset,
    *,
    grade: str,
    unit: str,
    cut_off: float,
    value: str = "estimate",
) -> dict[str, Any]:
    """
    What the view is made of, ready for JSON.

    Places are from the middle of the blocks, in whole decimetres. Blocks are bytes, x first
    and z last: 0 is unknown, 1 to 255 steps of the grade from 0 to ``high``, which few
    composites exceed.

    Parameters
    ----------
    samples : DataFrame
        Composites: ``from``, ``to``, ``x``, ``y``, ``z`` [m], ``azimuth``, ``dip`` [degrees] and
        the grade; those without a grade are shown grey.
    model : Dataset (z, y, x)
        Blocks.
    grade, unit : str
        Column of *samples*, and what it is in.
    cut_off : float
        At and above which blocks are shown first.
    value : str
        Variable of *model*.
    """
    grid, values = _coarser(grid_of(model), model[value].transpose(*DIMS))
    known = samples[grade].dropna().to_numpy(float)
    high = float(np.percentile(known, 97)) if known.size else 1.0
    high = high if high > 0 else 1.0
    middle = grid.from_axes(np.array([np.multiply(grid.counts, grid.size) / 2]))[0]
    corner = np.asarray(grid.origin) - middle
    steps = grid.from_axes(np.diag(grid.size)) - np.asarray(grid.origin)
    shown = samples.iloc[:: max(1, math.ceil(len(samples) / MOST_SAMPLES))]
    return {
        "counts": list(grid.counts),
        "corner": _rounded(corner),
        "steps": [_rounded(one) for one in steps],
        "middle": _rounded(middle),
        "blocks": base64.b64encode(_bytes(values, high).tobytes()).decode("ascii"),
        "samples": _segments(shown, grade, high, middle),
        "colours": _ramp(),
        "high": high,
        "cutOff": min(max(cut_off, 0.0), high),
        "unit": unit,
        "grade": named(grade),
    }


def view(
    samples: pd.DataFrame,
    model: xr.Dataset,
    *,
    grade: str,
    unit: str,
    cut_off: float,
    value: str = "estimate",
) -> Markup:
    """
    The view as a part of a page: it turns with the mouse or the arrow keys, and has a legend.

    Parameters are those of :func:`scene`. A page holds one.
    """
    return render(
        "scene.html",
        scene=scene(samples, model, grade=grade, unit=unit, cut_off=cut_off, value=value),
        words={"north": say("N"), "east": say("easting {0} m"), "high": say("elevation {0} m"),
               "northing": say("northing {0} m")},
    )  # fmt: skip


def _coarser(grid: BlockGrid, values: xr.DataArray) -> tuple[BlockGrid, Values]:
    """Blocks put together by the same number along each axis until there are few enough."""
    by = math.ceil((grid.blocks / MOST_BLOCKS) ** (1 / 3))
    if by == 1:
        return grid, values.to_numpy().astype(float)
    whole = values.coarsen(dict.fromkeys(DIMS, by), boundary="pad").mean()
    nz, ny, nx = whole.shape
    dx, dy, dz = (by * one for one in grid.size)
    wide = BlockGrid(grid.origin, (dx, dy, dz), (nx, ny, nz), grid.crs, grid.azimuth)
    return wide, whole.to_numpy().astype(float)


def _bytes(values: npt.ArrayLike, high: float) -> npt.NDArray[np.uint8]:
    """Grades as steps: 0 unknown, 1 none, 255 *high* or more."""
    grades = np.asarray(values, np.float64)
    steps = 1 + np.clip(np.floor(SHADES * np.nan_to_num(grades) / high), 0, SHADES)
    return np.where(np.isnan(grades), 0, steps).astype(np.uint8)


def _segments(samples: pd.DataFrame, grade: str, high: float, middle: Values) -> list[list[int]]:
    """Both ends of each composite [dm], and the step of its grade."""
    azimuth, dip = (np.radians(samples[one].to_numpy(float)) for one in ("azimuth", "dip"))
    half = (samples["to"] - samples["from"]).to_numpy(float)[:, None] / 2
    way = np.column_stack(
        [np.cos(dip) * np.sin(azimuth), np.cos(dip) * np.cos(azimuth), np.sin(dip)]
    )
    places = samples[["x", "y", "z"]].to_numpy(float) - middle
    ends = np.rint(10 * np.hstack([places - half * way, places + half * way]))
    shades = _bytes(samples[grade].to_numpy(float), high)
    made: list[list[int]] = np.column_stack([ends, shades]).astype(np.int64).tolist()
    return made


def _ramp() -> list[str]:
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    ramp = LinearSegmentedColormap.from_list("quantity", list(style.QUANTITY))
    return [to_hex(ramp(step / SHADES)) for step in range(SHADES + 1)]


def _rounded(numbers: npt.ArrayLike) -> list[float]:
    return [round(float(one), 3) for one in np.asarray(numbers).tolist()]
