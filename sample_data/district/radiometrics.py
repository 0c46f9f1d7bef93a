"""Potassium, thorium and uranium of the uppermost half metre, seen from the air."""

from __future__ import annotations

import numpy as np

from district.frame import MODEL, Array, projected, stream
from district.geochemistry import exposure, halo
from district.ground import ground
from district.noise import fractal, read, smoothed
from district.ore import sources, supply
from district.strata import UNITS

# Background of: S2   D2   P1   P2   T2  T3s  T3ss   N    Q  porph gabbro granite
POTASSIUM = (2.3, 0.5, 0.4, 0.9, 0.4, 2.2, 1.6, 1.4, 1.5, 3.3, 0.6, 4.3)  # [%]
THORIUM = (11, 2.2, 1.8, 3.2, 2.1, 11.5, 9.0, 7.5, 8.0, 12.5, 1.5, 27)  # [mg kg-1]
URANIUM = (11, 1.5, 1.3, 0.8, 1.3, 2.6, 2.1, 2.0, 2.1, 3.4, 0.4, 6.2)  # [mg kg-1]
FOOTPRINT = 160.0  # radius of what the detector sees [m]


def of_rock(content: tuple[float, ...]) -> Array:
    """Content at the surface by unit, patchy by a seventh."""
    table = np.zeros(1 + max(unit.code for unit in UNITS))
    table[[unit.code for unit in UNITS]] = content
    patchy = np.exp(
        0.15 * fractal(f"rock of {content[0]}{content[-1]}", roughness=0.5, longest=3000)
    )
    return table[ground().surface.astype(int)] * patchy


def altered() -> Array:
    """Potassium added around ore and over the stocks, where no cover hides it [%]."""
    easting, northing, strength, _ = sources()
    open_ground = exposure(ground().cover)
    near_ore = halo(easting, northing, np.minimum(strength, 2), 380.0, ring=False)
    over_stocks = 0.5 * np.clip(supply()[0], 0, 1)
    return open_ground * (0.5 * np.clip(near_ore, 0, 2) + over_stocks)


def bands(longitude: Array, latitude: Array) -> list[Array]:
    """Potassium [%], thorium and uranium [mg kg-1] at geographic points, with counting noise."""
    random, place = stream("counting"), projected(longitude, latitude)
    fields = (of_rock(POTASSIUM) + altered(), of_rock(THORIUM), of_rock(URANIUM))
    damp = 1 - 0.25 * np.clip(fractal("moisture", longest=6000), 0, 1)
    found = []
    for field, noise in zip(fields, (0.06, 0.45, 0.3), strict=True):
        seen = read(smoothed(field * damp, MODEL, FOOTPRINT), *place)
        found.append(seen + noise * np.sqrt(seen / seen.mean()) * random.normal(size=seen.shape))
    return found
