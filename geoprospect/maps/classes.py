"""Scores into a few classes: where the map's own distribution bends, and where area runs out."""

from __future__ import annotations

import logging
from typing import Any

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
        piece; ``breaks``, each with ``value``, ``low`` and ``high`` (2.5 and 97.5 %).

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
    if found is None:
        log.warning("the concentration-area curve of the map has no break, so there is one class")
    breaks = np.empty(0) if found is None else found.breaks
    classes = classified(prospectivity, breaks)
    return classes, _told(classes, breaks, found)


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


def _reached(layers: Values, breaks: npt.NDArray[np.float64]) -> Values:
    """How many of the breaks each score reaches."""
    reached = np.searchsorted(breaks.astype("float32"), layers, side="right").astype("float32")
    reached[np.isnan(layers)] = np.nan
    return reached


def _told(
    classes: xr.DataArray, breaks: npt.NDArray[np.float64], found: fractal.Fractal | None
) -> dict[str, Any]:
    names = contract.meanings(classes)
    cells = lazy.summed(lambda block: np.array([(block == c).sum() for c in names]), classes)
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
