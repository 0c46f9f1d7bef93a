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


def downslope(field: Field, cell: tuple[float, float]) -> tuple[Rates, Rates]:
    """
    How far a step of length 1 down the slope goes north and east, for each cell but the rim.

    By Horn's gradient; 0 and 0 on level ground, NaN where the field is unknown.
    """
    to_north, to_east = horn_rate(field.T, cell[0]).T, -horn_rate(field, cell[1])
    steep = np.hypot(to_north, to_east)
    length = np.where(np.isnan(field[1:-1, 1:-1]), np.nan, np.where(steep == 0, 1, steep))
    return to_north / length, to_east / length


# --- the eight neighbours and the cell itself ----------------------------------------------


def windows(field: Field) -> Rates:
    """Each cell but the rim with its neighbours, by rows from the north-west: (9, ny, nx)."""
    rows, columns = field.shape[0] - 2, field.shape[1] - 2
    parts = [field[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    return np.stack(parts).astype("f8")


def quadratic(field: Field, cell: tuple[float, float]) -> tuple[Rates, ...]:
    """
    Derivatives east, north, east twice, east and north, north twice of a fitted surface.

    Least squares over nine cells (Evans); NaN where one of them is unknown.
    """
    a, b, c, d, e, f, g, h, i = windows(field)
    height, width = cell
    east = ((c - a) + (f - d) + (i - g)) / (6 * width)
    north = ((a - g) + (b - h) + (c - i)) / (6 * height)
    east_twice = ((a - 2 * b + c) + (d - 2 * e + f) + (g - 2 * h + i)) / (3 * width**2)
    north_twice = ((a - 2 * d + g) + (b - 2 * e + h) + (c - 2 * f + i)) / (3 * height**2)
    east_north = ((c - a) - (i - g)) / (4 * width * height)
    return east, north, east_twice, east_north, north_twice


def profile_bend(field: Field, cell: tuple[float, float]) -> Rates:
    """Curvature of the surface along the slope, above 0 where it is convex; 0 where level."""
    p, q, r, s, t = quadratic(field, cell)
    steep = p**2 + q**2
    return _bend(p**2 * r + 2 * p * q * s + q**2 * t, steep, steep * (1 + steep) ** 1.5)


def tangential_bend(field: Field, cell: tuple[float, float]) -> Rates:
    """Curvature of the surface across the slope, above 0 where it is convex; 0 where level."""
    p, q, r, s, t = quadratic(field, cell)
    steep = p**2 + q**2
    return _bend(q**2 * r - 2 * p * q * s + p**2 * t, steep, steep * (1 + steep) ** 0.5)


def contour_bend(field: Field, cell: tuple[float, float]) -> Rates:
    """Curvature of the contour, above 0 where it is convex; 0 where level."""
    p, q, r, s, t = quadratic(field, cell)
    steep = p**2 + q**2
    return _bend(q**2 * r - 2 * p * q * s + p**2 * t, steep, steep**1.5)


def _bend(second: Rates, steep: Rates, over: Rates) -> Rates:
    """Minus a second derivative over its measure; 0 where level, NaN where unknown."""
    return np.where(steep == 0, 0 * second, -second / np.where(over == 0, 1, over))


def ruggedness(field: Field) -> Rates:
    """Root of the squared steps to the eight neighbours, added up; of fewer, for eight."""
    near = windows(field)
    steps = (np.delete(near, 4, axis=0) - near[4]) ** 2
    count = np.count_nonzero(~np.isnan(steps), axis=0)
    total = np.nansum(steps, axis=0) * 8 / np.maximum(count, 1)
    return np.where(count > 0, np.sqrt(total), np.nan)


def largest_step(field: Field) -> Rates:
    """Largest step up or down to one of the eight neighbours; NaN where none is known."""
    near = windows(field)
    steps = np.abs(np.delete(near, 4, axis=0) - near[4])
    highest = np.fmax.reduce(steps)
    return np.asarray(highest, "f8")
