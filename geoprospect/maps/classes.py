"""Scores into a few classes: where the map's own distribution bends, and where area runs out."""

from __future__ import annotations

import logging
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.kernels import fractal

log = logging.getLogger("geoprospect.maps")

BELOW, REACHED = 0, 1
CROSSING = {BELOW: "below the crossing", REACHED: "at or above the crossing"}

Values = npt.NDArray[np.float32]


def concentration_area_classes(
    prospectivity: xr.DataArray, *, seed: int
) -> tuple[xr.DataArray, dict[str, Any]]:
    """
    Classes of a map between the breaks of its concentration-area curve [1].

    The area above a score shrinks as a power of it; where the power changes, one
    kind of ground ends and another begins [1]_. It classifies, it does not
    validate: the classes come from the map alone and know no deposit, so read
    them beside the capture and prediction-area curves.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
        Scores [1]; cells at or below zero have no logarithm and are background.
    seed : int
        For the bootstrap ranges of the breaks, which move none of them.

    Returns
    -------
    classes : DataArray (y, x) float32, lazy
        Class map from 0, the background; one class where the curve has no break,
        which is said. NaN where the score is.
    told : dict
        Ready for JSON: ``classes``, each with ``name``, ``from`` (score; None for the lowest),
        ``area`` (share), ``exponent`` and ``fit`` (coefficient of determination) of its
        piece; ``breaks``, each with ``value``, ``low`` and ``high`` (2.5 and 97.5 %);
        ``curve``, with ``score`` and ``area``, the share of the cells above zero that score
        as high or higher [1].

    Raises
    ------
    DataError
        If no cell is known.

    References
    ----------
    .. [1] Cheng, Q., Agterberg, F.P., Ballantyne, S.B. (1994). The separation of
       geochemical anomalies from background by fractal methods. Journal of
       Geochemical Exploration 51, 109-130.
    """
    bent = lazy.bends(prospectivity, seed=seed)
    if not bent.known:
        raise DataError("no cell of the map has a score, so there are no classes to tell")
    if bent.positive < bent.known:
        log.info(
            "%d of %d cells score zero or less and are background",
            bent.known - bent.positive, bent.known,
        )  # fmt: skip
    found = bent.curve
    curve = {"score": bent.thresholds.tolist(), "area": bent.area.tolist()}
    if found is None:
        log.warning("the concentration-area curve of the map has no break, so there is one class")
    breaks = np.empty(0) if found is None else found.breaks
    classes = classified(prospectivity, breaks)
    return classes, _told(classes, breaks, found) | {"curve": curve}


def classified(prospectivity: xr.DataArray, breaks: npt.NDArray[np.float64]) -> xr.DataArray:
    """A class map, from 0: how many of *breaks* each score reaches. Lazy."""
    names = fractal.CLASSES[len(breaks)]
    made = lazy.from_cube(
        _reached, xr.Dataset({"score": prospectivity}), ["score"], ["class"], np.sort(breaks)
    )["class"]
    return contract.describe(
        made, long_name="concentration-area class", units="1", meanings=dict(enumerate(names))
    )


def prediction_area_class(prospectivity: xr.DataArray, *, threshold: float) -> xr.DataArray:
    """
    Whether a cell reaches the score where the prediction-area curves cross [1].

    There the share of deposits found and of area left out are the same: a cut that
    weighs missing a deposit as much as walking ground [1]_.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
        Scores [1].
    threshold : float
        Score of the crossing.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Class map, 0 below and 1 at or above; NaN where the score is.

    References
    ----------
    .. [1] Yousefi, M., Carranza, E.J.M. (2015). Prediction-area (P-A) plot and C-A
       fractal analysis to classify and evaluate evidential maps for mineral
       prospectivity modeling. Computers & Geosciences 79, 69-81.
    """
    if not np.isfinite(threshold):
        raise ValueError(f"threshold must be a score, got {threshold}")
    made = lazy.from_cube(
        _reached, xr.Dataset({"score": prospectivity}), ["score"], ["class"], np.array([threshold])
    )["class"]
    return contract.describe(made, long_name="prediction-area class", units="1", meanings=CROSSING)


def class_table(classes: xr.DataArray, deposits: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """
    Each class with its share of the ground and of the deposits, the lowest first.

    Parameters
    ----------
    classes : DataArray (y, x)
        Class map. Computed on purpose.
    deposits : GeoDataFrame
        With ``row`` and ``column``; those on unknown ground are left out.

    Returns
    -------
    list of dict
        Ready for JSON: ``code``, ``name``, ``area`` and ``deposits`` (shares [1], the second
        None where no deposit lies on the map), ``count`` of deposits, and ``lift``, the one
        share over the other (None of a class without ground).
    """
    names = contract.meanings(classes)
    cells = _cells(classes)
    cube = xr.Dataset({"class": classes})
    here = lazy.sample(cube, ["class"], deposits["row"], deposits["column"])[:, 0]
    known = np.count_nonzero(~np.isnan(here))
    table = []
    for (code, name), area in zip(names.items(), cells / cells.sum(), strict=True):
        count = int(np.count_nonzero(here == code))
        share = count / known if known else None
        lift = share / float(area) if share is not None and area else None
        table.append(
            {"code": code, "name": name, "area": float(area), "deposits": share, "count": count,
             "lift": lift}
        )  # fmt: skip
    return table


def _cells(classes: xr.DataArray) -> npt.NDArray[np.int64]:
    """Cells of each class."""
    codes = list(contract.meanings(classes))
    counted = lazy.summed(lambda block: np.array([(block == c).sum() for c in codes]), classes)
    return np.asarray(counted)


def _reached(layers: Values, breaks: npt.NDArray[np.float64]) -> Values:
    """How many of the breaks each score reaches."""
    reached = np.searchsorted(breaks.astype("float32"), layers, side="right").astype("float32")
    reached[np.isnan(layers)] = np.nan
    return reached


def _told(
    classes: xr.DataArray, breaks: npt.NDArray[np.float64], found: fractal.Fractal | None
) -> dict[str, Any]:
    names = contract.meanings(classes)
    cells = _cells(classes)
    pieces = [(None, None)] if found is None else zip(found.exponents, found.fits, strict=True)
    ends = [None, *breaks.tolist()]
    return {
        "classes": [
            {
                "name": names[n],
                "from": ends[n],
                "area": float(cells[n] / cells.sum()),
                "exponent": None if exponent is None else float(exponent),
                "fit": None if fit is None else float(fit),
            }
            for n, (exponent, fit) in enumerate(pieces)
        ],
        "breaks": []
        if found is None
        else [
            {"value": float(value), "low": float(low), "high": float(high)}
            for value, low, high in zip(found.breaks, found.low, found.high, strict=True)
        ],
    }
