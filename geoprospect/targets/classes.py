"""Targets in classes A, B and C, as Chinese assessments have them, by a rule that can be read."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import lazy
from geoprospect.errors import DataError, did_you_mean
from geoprospect.language import marked, say
from geoprospect.targets import zonal

Met = npt.NDArray[np.bool_]

CHINESE = {"A": "A类", "B": "B类", "C": "C类"}
OF = {3: "A", 2: "B", 1: "C", 0: ""}
"""Class by how many of the three conditions a target meets."""

RULE = marked(
    "A meets all three conditions, B two of them, C one; a target that meets none has no class."
)
FAVOURABLE = marked(
    "favourability: its mean score reaches {threshold:.3g}, as the best {top:.3g} % of ground"
)
OCCURRENCE = marked("a direct indicator: a known deposit lies within {within:g} m of it")
ANOMALY = marked(
    "a direct indicator: a known deposit lies within {within:g} m of it, or {elements} or more of "
    "{layers} stand, by the median of its cells, above the {percentile:g}th percentile of the "
    "district"
)
LARGE = marked(
    "size: it covers {area:g} km2 or more, in place of a predicted tonnage of medium size or more, "
    "which a map of scores does not tell"
)
EXPECTED = marked(
    "size: {expected:g} deposits or more are expected in it, in place of a predicted tonnage of "
    "medium size or more, which a map of probabilities does not tell"
)


def target_classes(
    *,
    targets: gpd.GeoDataFrame,
    prospectivity: xr.DataArray,
    cube: xr.Dataset,
    grid: GeoBox,
    top: float = 0.1,
    within: float = 0.0,
    anomalies: list[str] | None = None,
    percentile: float = 90.0,
    elements: int = 2,
    minimum_area: float | None = None,
    minimum_deposits: float | None = None,
) -> tuple[list[str], dict[str, Any]]:
    """
    Class of each target: A where favourability, a direct indicator and size agree, B two, C one.

    Chinese assessments grade prediction areas by how favourable they are, how well data
    bear them out and how much they may hold [1]_; the exact wording differs from project to
    project, so that every number of the rule is a setting here.

    Parameters
    ----------
    targets : GeoDataFrame
        With ``mean_prospectivity``, ``nearest_deposit_m``, ``area_km2``, ``expected_deposits``.
    prospectivity : DataArray (y, x)
        The score [1].
    cube : Dataset
        The evidence.
    grid : GeoBox
    top : float
        Favourable is what scores like the best so much of the ground, in (0, 1]. A calibrated
        probability orders ground as the score does, so that the share is the same.
    within : float
        A known deposit this near is a direct indicator; 0: inside or on the edge [m].
    anomalies : list of str, optional
        Layers of the cube whose high values are an anomaly.
    percentile : float
        Of the district, above which the median of a target is one, in (0, 100).
    elements : int
        How many of *anomalies* there must be.
    minimum_area : float, optional
        Least area of a target that is large [km2].
    minimum_deposits : float, optional
        In place of *minimum_area*: least number of expected deposits, where probabilities are
        calibrated.

    Returns
    -------
    classes : list of str
        "A", "B", "C", or "" where no condition is met.
    told : dict
        Ready for JSON: ``rule``, ``conditions``, ``names`` (in Chinese), ``count`` of each class.

    Raises
    ------
    DataError
        If a layer is not in the cube, or deposits are to be expected without probabilities.
    ValueError
        If a setting is out of range, or not exactly one of *minimum_area* and
        *minimum_deposits* is given.

    References
    ----------
    .. [1] Xiao, K. and others (2017). Ore Geology Reviews 91, 1084 (the national
       assessment of China and its methods).
    """
    _check(top, percentile, elements, minimum_area, minimum_deposits)
    threshold = _reached(prospectivity, top)
    near = (targets["nearest_deposit_m"] <= within).to_numpy(bool)
    layers = list(anomalies or [])
    high = (
        _anomalous(targets, cube, layers, percentile, grid) >= elements if layers else ~near & near
    )
    met = np.stack(
        [
            (targets["mean_prospectivity"] >= threshold).to_numpy(bool),
            near | high,
            _large(targets, minimum_area, minimum_deposits),
        ]
    )
    classes = [OF[int(count)] for count in met.sum(axis=0)]
    names = [str(cube[name].attrs["long_name"]) for name in layers]
    indicator = ANOMALY if layers else OCCURRENCE
    return classes, {
        "rule": say(RULE),
        "conditions": [
            say(FAVOURABLE, threshold=threshold, top=100 * top),
            say(
                indicator,
                within=within,
                elements=elements,
                layers=", ".join(names),
                percentile=percentile,
            ),
            _size(minimum_area, minimum_deposits),
        ],
        "names": CHINESE,
        "count": {name: classes.count(name) for name in CHINESE},
    }


def _check(
    top: float, percentile: float, elements: int, area: float | None, expected: float | None
) -> None:
    if not 0 < top <= 1:
        raise ValueError(f"top must lie in (0, 1], got {top}")
    if not 0 < percentile < 100:
        raise ValueError(f"percentile must lie between 0 and 100, got {percentile}")
    if elements < 1:
        raise ValueError(f"elements must be 1 or more, got {elements}")
    if (area is None) == (expected is None):
        raise ValueError(
            "state either minimum_area [km2] or minimum_deposits, from which a target is large"
        )


def _size(area: float | None, expected: float | None) -> str:
    return say(LARGE, area=area) if area is not None else say(EXPECTED, expected=expected)


def _reached(prospectivity: xr.DataArray, top: float) -> float:
    found = lazy.best(prospectivity, top)
    if found is None:
        raise DataError("no cell of the map has a score, so there are no classes to tell")
    return found.threshold


def _large(targets: gpd.GeoDataFrame, area: float | None, expected: float | None) -> Met:
    if area is not None:
        return np.asarray(targets["area_km2"] >= area)
    if len(targets) and targets["expected_deposits"].isna().all():
        raise DataError(
            "deposits can be expected only where probabilities are calibrated; state "
            "calibration: {prior: ...}, or minimum_area in place of minimum_deposits"
        )
    return np.asarray(targets["expected_deposits"] >= expected)


def _anomalous(
    targets: gpd.GeoDataFrame,
    cube: xr.Dataset,
    layers: list[str],
    percentile: float,
    grid: GeoBox,
) -> npt.NDArray[np.int64]:
    """How many layers stand above their percentile of the district in each target."""
    for name in layers:
        if name not in cube:
            raise DataError(f"the cube has no layer {name!r}{did_you_mean(name, map(str, cube))}")
    count = np.zeros(len(targets), np.int64)
    limits = np.array(
        [float(lazy.quantiles(cube[name], [percentile / 100])[0, 0]) for name in layers]
    )
    for number, here in zonal.values(targets, cube[layers], grid):
        with np.errstate(all="ignore"):
            middle = np.array([_median(column) for column in here.T])
        count[number] = int((middle > limits).sum())
    return count


def _median(values: npt.NDArray[np.float32]) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else np.nan
