"""What an aircraft and a gravity party would measure over the buried bodies."""

from __future__ import annotations

from functools import cache

import harmonica
import numpy as np
from odc.geo.geobox import GeoBox
from scipy import ndimage

from district.bodies import BODIES, Body, prisms
from district.frame import Array, centres, lattice, stream, to_km
from district.ground import ground
from district.noise import fractal, read
from district.ore import deposits
from district.strata import CODES, by_unit

INCLINATION, DECLINATION, STRENGTH = 43.0, -1.6, 50_400.0  # main field [degrees, degrees, nT]
CLEARANCE = 150.0  # of the magnetometer above ground [m]
PERMEABILITY = 4e-7 * np.pi
BASALT, BASALT_SI = 450.0, 0.012  # thickness of the magnetised sheet [m], its susceptibility
ROCK = 1200.0  # thickness over which densities of the strata differ [m]
YOUNG_FILL = -0.42  # density contrast of the cover [g cm-3]


def magnetization(susceptibility: Array) -> tuple[Array, Array, Array]:
    """Induced magnetization: easting, northing, upward [A m-1]."""
    strength = susceptibility * STRENGTH * 1e-9 / PERMEABILITY
    angles = np.full_like(strength, INCLINATION), np.full_like(strength, DECLINATION)
    return tuple(harmonica.magnetic_angles_to_vec(strength, *angles))


def total_field(blocks: Array, susceptibility: Array, at: tuple[Array, Array, Array]) -> Array:
    """Anomaly of the total field over magnetised prisms [nT]."""
    b = harmonica.prism_magnetic(at, blocks, magnetization(susceptibility), field="b")
    unit = harmonica.magnetic_angles_to_vec(1.0, INCLINATION, DECLINATION)
    return sum(part * share for part, share in zip(b, unit, strict=True))


def body_anomaly(body: Body, at: tuple[Array, Array, Array]) -> Array:
    """Anomaly of the total field over one body [nT]."""
    blocks = prisms(body)
    return total_field(blocks, np.full(len(blocks), body.susceptibility), at)


def slabs(cell: float, bottom: float) -> tuple[Array, Array, Array]:
    """Prisms of *cell* from the ground down to *bottom*, with their centres [m]."""
    easting, northing = (c.ravel() for c in centres(lattice(cell)))
    half, flat = cell / 2, np.zeros(easting.size)
    edges = [easting - half, easting + half, northing - half, northing + half]
    return np.column_stack([*edges, flat - bottom, flat]), easting, northing


def basalt_anomaly(at: tuple[Array, Array, Array]) -> Array:
    """Anomaly of the patchily magnetised basalt sheets [nT]."""
    blocks, easting, northing = slabs(500.0, BASALT)
    share = ndimage.uniform_filter((ground().bedrock == CODES["basalt"]).astype(float), 5)
    patchy = np.clip(1 + 0.6 * fractal("basalt", roughness=0.5, longest=3000), 0, None)
    susceptibility = BASALT_SI * read(share * patchy, easting, northing)
    depth = read(ground().cover, easting, northing)
    blocks[:, 5] = -np.minimum(depth, BASALT - 50)
    kept = susceptibility > 1e-4
    return total_field(blocks[kept], susceptibility[kept], at)


def skarn_anomaly(at: tuple[Array, Array, Array]) -> Array:
    """Small magnetite bodies under some of the skarns, known or not [nT]."""
    ore = deposits()
    chosen = [i for i, kind in enumerate(ore.kind) if kind == "skarn" and ore.strength[i] > 0.7]
    e, n, top = ore.easting[chosen], ore.northing[chosen], -ore.cover[chosen] - 60
    blocks = np.column_stack([e - 90, e + 90, n - 130, n + 130, top - 220, top])
    return total_field(blocks, 0.05 * ore.strength[chosen], at)


@cache
def magnetic() -> tuple[GeoBox, Array]:
    """Total-field anomaly on a grid of 250 m, without gaps [nT]."""
    grid = lattice(250.0)
    easting, northing = centres(grid)
    at = (easting, northing, np.full_like(easting, CLEARANCE))
    anomaly = sum(body_anomaly(body, at) for body in BODIES)
    x, y = to_km(easting, northing)
    regional = 35 - 2.1 * x + 3.4 * y + 0.03 * (x - 10) ** 2
    return grid, anomaly + basalt_anomaly(at) + skarn_anomaly(at) + regional


def flown(grid: GeoBox) -> Array:
    """The magnetic grid as delivered: finer cells, levelling errors of the lines, noise [nT]."""
    coarse, anomaly = magnetic()
    easting, northing = centres(grid)
    columns, rows = (~coarse.affine) * (easting, northing)
    field = ndimage.map_coordinates(anomaly, [rows - 0.5, columns - 0.5], order=3, mode="nearest")
    random = stream("flight lines")
    lines = np.repeat(random.normal(0, 4.0, grid.shape[0] // 4 + 1), 4)[: grid.shape[0]]
    drift = ndimage.gaussian_filter(random.normal(0, 1, grid.shape), (1.5, 12), mode="nearest")
    levelling = ndimage.gaussian_filter1d(lines, 1.2)[:, None] * (1 + 3 * drift)
    return field + levelling + random.normal(0, 2.5, grid.shape)


def pull(blocks: Array, density: Array, at: tuple[Array, Array, Array]) -> Array:
    """Downward attraction of prisms with these density contrasts [g cm-3], in mGal."""
    return harmonica.prism_gravity(at, blocks, 1000 * density, field="g_z")


def bouguer(easting: Array, northing: Array) -> Array:
    """Bouguer gravity at points on the ground [mGal]."""
    at = (easting.ravel(), northing.ravel(), np.full(easting.size, 1.0))
    total = np.zeros(easting.size)
    for body in BODIES:
        blocks = prisms(body)
        total += pull(blocks, np.full(len(blocks), body.density), at)
    blocks, e, n = slabs(500.0, ROCK)
    total += pull(blocks, read(rock_density(), e, n), at)
    cover = read(ground().cover, e, n)
    blocks[:, 4] = -cover
    total += pull(blocks[cover > 5], np.full((cover > 5).sum(), YOUNG_FILL), at)
    x, y = to_km(easting, northing)
    return total.reshape(easting.shape) - 312 + 0.42 * x - 0.55 * y - 0.006 * (y - 8) ** 2


@cache
def rock_density() -> Array:
    """Density contrast of the strata, patchy by a fifth [g cm-3]."""
    contrast = by_unit(ground().bedrock, "density")
    return ndimage.uniform_filter(contrast, 5) + 0.012 * fractal("density", longest=4000)
