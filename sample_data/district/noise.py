"""Random fields, and reading a field between its cells."""

from __future__ import annotations

import numpy as np
from odc.geo.geobox import GeoBox
from scipy import ndimage

from district.frame import MODEL, Array, stream


def fractal(name: str, grid: GeoBox = MODEL, *, roughness: float = 1.5, longest: float) -> Array:
    """
    Random field with mean 0 and standard deviation 1, rough at all scales below *longest* [m].

    The amplitude of a wavelength L goes as L ** roughness up to *longest*.
    """
    rows, columns = grid.shape
    shape = (2 * rows, 2 * columns)
    cell = abs(grid.resolution.x)
    frequency = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n, cell) for n in shape), indexing="ij"))
    white = np.fft.fft2(stream(name).standard_normal(shape))
    amplitude = (frequency**2 + longest**-2) ** (-(roughness + 1) / 2)
    amplitude[0, 0] = 0
    field = np.fft.ifft2(white * amplitude).real[:rows, :columns]
    return (field - field.mean()) / field.std()


def smoothed(field: Array, grid: GeoBox, radius: float) -> Array:
    """Gaussian mean of a field, *radius* its standard deviation [m]."""
    return ndimage.gaussian_filter(field, radius / abs(grid.resolution.x), mode="nearest")


def read(field: Array, easting: Array, northing: Array, *, order: int = 1) -> Array:
    """Values of a field of the model grid at any points, by splines of *order*."""
    columns, rows = (~MODEL.affine) * (easting, northing)
    return ndimage.map_coordinates(field, [rows - 0.5, columns - 0.5], order=order, mode="nearest")
