"""Rates of change over a raster, beside its edges and holes as well."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.floating]
Rates = npt.NDArray[np.float64]

HORN = (1.0, 2.0, 1.0)


def rate(field: Field, step: float) -> Rates:
    """
    Change along a row for each cell but those at the rim: (ny, nx) -> (ny, nx - 2) [per unit].

    Central difference; one-sided where one of the neighbours is unknown; NaN
    where neither side is known.
    """
    before, own, after = (field[:, i : field.shape[1] - 2 + i].astype("f8") for i in range(3))
    central = (after - before) / (2 * step)
    forward, backward = (after - own) / step, (own - before) / step
    found = np.where(np.isnan(central), forward, central)
    rates: Rates = np.where(np.isnan(found), backward, found)
    return rates


def horn_rate(field: Field, step: float) -> Rates:
    """
    Change along the rows, mean of three rows weighted 1-2-1: (ny, nx) -> (ny - 2, nx - 2).

    Rows whose change is unknown are left out of the mean.
    """
    rates = rate(field, step)
    rows = np.stack([rates[i : field.shape[0] - 2 + i] for i in range(3)])
    weights = np.reshape(HORN, (3, 1, 1)) * ~np.isnan(rows)
    total = weights.sum(axis=0)
    mean = np.sum(weights * np.nan_to_num(rows), axis=0) / np.where(total > 0, total, 1)
    return np.where(total > 0, mean, np.nan)


def steepness(field: Field, cell: tuple[float, float]) -> Rates:
    """Length of Horn's gradient, for each cell but those at the rim; NaN stays NaN."""
    north, east = horn_rate(field.T, cell[0]).T, horn_rate(field, cell[1])
    return np.where(np.isnan(field[1:-1, 1:-1]), np.nan, np.hypot(north, east))


def gradient(field: Field, cell: tuple[float, float]) -> Rates:
    """Length of the gradient by central differences, for each cell but those at the rim."""
    north, east = rate(field[:, 1:-1].T, cell[0]).T, rate(field[1:-1], cell[1])
    return np.where(np.isnan(field[1:-1, 1:-1]), np.nan, np.hypot(north, east))
