"""What a mine and a mill cost, by what they take a day: regressions of the Bureau of Mines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Body = Literal["massive", "flat", "vein"]

SHALLOW = 61.0
"""Depth of the top [m] above which massive and flat-lying ore is mined from an open pit."""


@dataclass(frozen=True)
class Costs:
    """
    Of a mine at each deposit, in the currency of the regressions, before any index.

    ``capacity`` [short tons a day], ``capital`` [$], ``operating`` [$ a short ton]; of the ore
    ``fed``, a share of that in the ground with its dilution, and ``recovery`` without.
    """

    capacity: Values
    capital: Values
    operating: Values
    fed: Values
    recovery: Values


def mine(ore: Values, depth: Values, body: Body, divisor: float) -> Costs:
    """
    Costs of the mine that suits each body of *ore* [short tons] under *depth* [m] of cover [1]_.

    References
    ----------
    .. [1] Camm, T.W. (1991). Simplified cost models for prefeasibility mineral evaluations.
       U.S. Bureau of Mines Information Circular 9298.
    """
    if body == "vein":
        return _vertical_crater(ore, depth, divisor)
    below = _block_cave if body == "massive" else _room_and_pillar
    pit, cave = _open_pit(ore, depth, divisor), below(ore, depth, divisor)
    shallow = depth < SHALLOW
    return Costs(*(np.where(shallow, getattr(pit, one), getattr(cave, one))
                   for one in ("capacity", "capital", "operating", "fed", "recovery")))  # fmt: skip


def _open_pit(ore: Values, depth: Values, divisor: float) -> Costs:
    fed = 1.05 * 0.90
    bottom = 0.3772 * np.cbrt(ore) + 1.0936 * depth
    waste = 2.225 * 4.1 * bottom**3 / ore - 1
    capacity = ((waste + 1) * fed * ore) ** 0.75 / divisor
    small = capacity < 20_000
    return _costs(
        capacity,
        np.where(small, 160_000 * capacity**0.515, 2_670 * capacity**0.917),
        np.where(small, 71 * capacity**-0.414, 5.14 * capacity**-0.148),
        fed, 0.90,
    )  # fmt: skip


def _block_cave(ore: Values, depth: Values, divisor: float) -> Costs:
    fed = 1.15 * 0.95
    capacity = (fed * ore) ** 0.75 / divisor
    shaft = 0.3772 * np.cbrt(ore) + 1.0936 * depth
    capital = 64_800 * capacity**0.759 + _shaft_capital(capacity, shaft)
    return _costs(
        capacity, capital, 48.4 * capacity**-0.217 + _hoisting(capacity, shaft), fed, 0.95
    )


def _room_and_pillar(ore: Values, depth: Values, divisor: float) -> Costs:
    fed = 1.05 * 0.85
    capacity = (fed * ore) ** 0.75 / divisor
    shaft = np.maximum(6.0, 0.0243 * np.cbrt(ore) + 1.0936 * depth)
    capital = 97_600 * capacity**0.644 + _shaft_capital(capacity, shaft)
    return _costs(
        capacity, capital, 35.5 * capacity**-0.171 + _hoisting(capacity, shaft), fed, 0.85
    )


def _vertical_crater(ore: Values, depth: Values, divisor: float) -> Costs:
    fed = 1.10 * 0.90
    capacity = (fed * ore) ** 0.75 / divisor
    shaft = 0.6853 * np.cbrt(ore) + 1.0936 * depth
    capital = 45_200 * capacity**0.747 + _shaft_capital(capacity, shaft)
    return _costs(capacity, capital, 51 * capacity**-0.206 + _hoisting(capacity, shaft), fed, 0.90)


def _shaft_capital(capacity: Values, shaft: Values) -> Values:
    """Of shafts, *shaft* yards deep [$]."""
    made: Values = 371 * capacity + 180 * 3 * shaft * capacity**0.404
    return made


def _hoisting(capacity: Values, shaft: Values) -> Values:
    """Of shafts and hoisting [$ a short ton]."""
    made: Values = 2343 / capacity + 0.44 * 3 * shaft / capacity + 0.00163 * 3 * shaft
    return made


def _costs(
    capacity: Values, capital: Values, operating: Values, fed: float, recovery: float
) -> Costs:
    return Costs(capacity, capital, operating, np.full_like(capacity, fed),
                 np.full_like(capacity, recovery))  # fmt: skip


Mill = Literal[
    "flotation_1", "flotation_2", "flotation_3", "solvent_extraction", "carbon_in_pulp",
    "counter_current", "heap_leach",
]  # fmt: skip

MILLS: dict[Mill, tuple[float, float, float, float]] = {
    "flotation_1": (92_600, 0.667, 121, -0.336),
    "flotation_2": (82_500, 0.702, 149, -0.356),
    "flotation_3": (83_600, 0.708, 153, -0.344),
    "solvent_extraction": (14_600, 0.596, 3, -0.145),
    "carbon_in_pulp": (372_000, 0.540, 105, -0.303),
    "counter_current": (414_000, 0.584, 128, -0.300),
    "heap_leach": (296_500, 0.512, 31.5, -0.223),
}
"""Capital [$] = a C^b and operating cost [$ a short ton] = c C^d of a mill, C short tons a day."""


def mill(capacity: Values, kind: Mill) -> tuple[Values, Values]:
    """Capital [$] and operating cost [$ a short ton] of a mill."""
    a, b, c, d = MILLS[kind]
    return a * capacity**b, c * capacity**d


def tailings(capacity: Values, life: Values, *, dam: bool, liner: bool) -> Values:
    """Capital of a tailings pond, its dam and its liner [$]; acres by the years it lasts."""
    acres = np.select([life < 7.5, life < 15], [17.0, 32.0], 62.0) * capacity / 1000
    around = 4 * np.sqrt(43_560 * acres)
    pond = (146_000 + 1_783 * acres + 161 * around) if dam else np.zeros_like(acres)
    made: Values = pond + ((5 * around + 35_790 * acres) if liner else 0.0)
    return made
