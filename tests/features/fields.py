"""Closed-form fields over grids, and means to force tiles on small ones."""

from __future__ import annotations

import importlib
import warnings
from types import ModuleType

import numpy as np
import pytest
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.features import wavenumber
from tests.features.made import small_grid


@pytest.fixture(params=["whole", "tiles"])
def way(request, monkeypatch):
    """Each test twice: the grid as a whole, and its broad shape with tiles of 48 cells."""
    if request.param == "tiles":
        monkeypatch.setattr(wavenumber, "WHOLE", 3000)
        monkeypatch.setattr(wavenumber, "TILE", 48)
    return request.param


@pytest.fixture(scope="session")
def harmonica() -> ModuleType:
    """Forward models; a library under it has invalid escapes in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("harmonica")


def middle(rows: int = 160, columns: int = 200, size: float = 100.0) -> GeoBox:
    """A grid whose middle lies on the central meridian, where grid north is true north."""
    grid = small_grid(rows, columns, size)
    return grid.translate_pix(-columns / 2, 0)


def places(grid: GeoBox) -> tuple[np.ndarray, np.ndarray]:
    """Easting and northing of every cell's centre, from the middle of the grid [m]."""
    probe = contract.on_grid(np.zeros(grid.shape), grid)
    east, north = np.meshgrid(probe.x.values, probe.y.values)
    return east - east.mean(), north - north.mean()


def inner(values: np.ndarray, cells: int) -> np.ndarray:
    return values[cells:-cells, cells:-cells]


def point_mass(grid, east, north, depth, *, order=0, up=0.0):
    """Downward attraction z / r^3 of a unit mass at a depth; its downward derivatives."""
    x, y = places(grid)
    z = depth + up
    r2 = (x - east) ** 2 + (y - north) ** 2 + z**2
    return [
        z / r2**1.5,
        3 * z**2 / r2**2.5 - 1 / r2**1.5,
        15 * z**3 / r2**3.5 - 9 * z / r2**2.5,
    ][order]
