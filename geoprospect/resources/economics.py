"""Which deposits would pay: the screen that turns metal in the ground into metal recovered."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import DataError, listing
from geoprospect.language import marked
from geoprospect.resources import mines
from geoprospect.resources.contained import Kept
from geoprospect.resources.mines import MILLS, Body, Mill

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]

SHORT_TON = 0.907185
"""Metric tons."""

CLIFF = marked(
    "By this model ore whose top is less than 61 m deep is mined from an open pit and any deeper "
    "ore underground: its worth falls off a cliff there, which no ground does."
)

PRICES_2008 = MappingProxyType({
    "Cu": 3813.958, "Mo": 23567.174, "Au": 16557636.25, "Ag": 257849.015, "Pb": 584.15,
    "Zn": 1851.864, "Pt": 25364421.0, "Pd": 8569297.0, "Ni": 14475.0, "Co": 54806.356,
})  # fmt: skip
"""Means of about 1989 to 2008 [2008 US$ a metric ton]."""

RECOVERED = MappingProxyType(
    {"Cu": 0.91, "Mo": 0.63, "Au": 0.76, "Ag": 0.80, "Pb": 0.90, "Zn": 0.90}
)
"""Share of each metal that a mill of three products recovers."""


@dataclass(frozen=True)
class PriceDeck:
    """Prices [currency a metric ton] of a stated year, and costs of that year over 1989's."""

    name: str
    prices: Mapping[str, float]
    cost_index: float


DEFAULT = PriceDeck(marked("2008 US$ default"), PRICES_2008, 1.26)
"""Prices and the Marshall-Swift index of the published model."""


@dataclass(frozen=True)
class Operation:
    """
    How ore would be mined and milled; defaults are those of the published model.

    ``days`` a year (350 or 260), ``discount`` a year, factors on ``capital`` and
    ``operating`` cost for a country, ``recoveries`` of metals where the mill's are other.
    """

    body: Body
    mill: Mill = "flotation_3"
    days: int = 350
    discount: float = 0.15
    capital: float = 1.0
    operating: float = 1.0
    dam: bool = True
    liner: bool = True
    recoveries: Mapping[str, float] = field(default_factory=lambda: RECOVERED)


@dataclass(frozen=True)
class Worth:
    """
    Of each deposit: net present value and what it is made of [currency], and metal recovered [t].

    ``recovered`` (n, metals) is 0 where the value is not above 0.
    """

    value: Values
    capital: Values
    yearly: Values
    life: Values
    recovered: Values

    @property
    def pays(self) -> npt.NDArray[np.bool_]:
        """Whether the value is above 0."""
        return np.asarray(self.value > 0)


def prices(given: Mapping[str, float] | None, *, name: str, cost_index: float) -> PriceDeck:
    """A stated price deck, or the default of 2008 if *given* is None, which is said."""
    if given is None:
        log.warning(
            "no prices are stated, so the %s stands in (means of about 1989 to 2008): state prices "
            "and the index of costs of their year", DEFAULT.name,
        )  # fmt: skip
        return DEFAULT
    wrong = [f"{metal}: {price:g}" for metal, price in given.items() if not price > 0]
    if wrong or not cost_index > 0:
        raise DataError(
            listing("prices and the index of costs must be above 0:", wrong or [f"{cost_index:g}"])
        )
    return PriceDeck(name, given, cost_index)


def worth(
    ore: npt.ArrayLike,
    grades: npt.ArrayLike,
    depth: npt.ArrayLike,
    *,
    metals: Sequence[str],
    operation: Operation,
    deck: PriceDeck,
) -> Worth:
    """
    Net present value of deposits [currency] and the metal that would be recovered [t].

    A prefeasibility screen [1]_, right to a factor of one and a half at best: most tonnage
    at depth is worth nothing, and a list of tons hides that.

    Parameters
    ----------
    ore : (n,)
        Ore [t].
    grades : (n, metals)
        Mass fractions.
    depth : (n,)
        Of the top of the ore [m].
    metals : sequence of str
        In the order of the grades.
    operation : Operation
    deck : PriceDeck

    Returns
    -------
    Worth

    Raises
    ------
    DataError
        If a metal, or copper by which smelting is counted, has no price or recovery;
        or days are neither 350 nor 260.

    References
    ----------
    .. [1] Robinson, G.R., Menzie, W.D. (2012). Economic filters for evaluating porphyry
       copper deposit resource assessments. USGS Scientific Investigations Report
       2010-5090-H.
    """
    _check(metals, operation, deck)
    tons = np.asarray(ore, float) / SHORT_TON
    grade = np.atleast_2d(np.asarray(grades, float))
    divisor = {350: 70.0, 260: 52.0}[operation.days]
    life = 0.2 * tons**0.25
    mine = mines.mine(tons, np.asarray(depth, float), operation.body, divisor)
    milled = (mine.fed * tons) ** 0.75 / divisor
    mill_capital, mill_operating = mines.mill(milled, operation.mill)
    share = np.array([operation.recoveries[metal] for metal in metals])
    price = np.array([deck.prices[metal] for metal in metals])
    per_ton = 0.90715 * grade @ (share * price)
    copper = operation.recoveries["Cu"] * deck.prices["Cu"]
    equivalent = per_ton / 0.90715 / copper
    smelting = 0.26 * 2000 * tons * equivalent * mine.recovery * operation.recoveries["Cu"] / life
    daily = mine.capacity * mine.operating + milled * mill_operating
    yearly_cost = deck.cost_index * operation.operating * (smelting + daily * operation.days)
    pond = mines.tailings(milled, life, dam=operation.dam, liner=operation.liner)
    capital = deck.cost_index * operation.capital * (mine.capital + pond + mill_capital)
    yearly = per_ton * milled * operation.days - yearly_cost
    present = yearly * (1 - (1 + operation.discount) ** -life) / operation.discount
    value = present - capital
    metal = mine.recovery[:, None] * share * grade * np.asarray(ore, float)[:, None]
    return Worth(value, capital, yearly, life, np.where(value[:, None] > 0, metal, 0.0))


def filtered(
    *,
    metals: Sequence[str],
    operation: Operation,
    deck: PriceDeck,
    depths: Sequence[tuple[float, int, int]],
) -> Kept:
    """
    The filter for :func:`geoprospect.resources.contained.recovered`: what pays, at random depths.

    Parameters
    ----------
    metals : sequence of str
    operation : Operation
    deck : PriceDeck
    depths : sequence of (probability, least, greatest)
        Ranges of the depth of the top [m, whole], with probabilities that sum to 1.

    Returns
    -------
    function of ore, grades and a random generator
        Gives ore mined and metals recovered [t], 0 of deposits that do not pay.

    Raises
    ------
    DataError
        If probabilities do not sum to 1 or a range is upside down; as :func:`worth`.
    """
    _check(metals, operation, deck)
    chances = np.array([one[0] for one in depths])
    if (
        not np.isclose(chances.sum(), 1)
        or (chances < 0).any()
        or any(not 0 <= low <= high for _, low, high in depths)
    ):
        raise DataError(
            f"depths need probabilities that sum to 1 and ranges from 0 m down, got {list(depths)}"
        )
    low, high = (np.array([one[k] for one in depths]) for k in (1, 2))

    def keep(ore: Values, grades: Values, rng: np.random.Generator) -> Values:
        kind = rng.choice(len(chances), len(ore), p=chances)
        depth = rng.integers(low[kind], high[kind], endpoint=True)
        found = worth(ore, grades, depth, metals=metals, operation=operation, deck=deck)
        return np.column_stack([np.where(found.pays, ore, 0.0), found.recovered])

    return keep


def told(operation: Operation, deck: PriceDeck, depths: Sequence[Any]) -> dict[str, Any]:
    """What the screen assumed, ready for JSON."""
    return {
        "prices": deck.name, "price": dict(deck.prices), "cost_index": deck.cost_index,
        "body": operation.body, "mill": operation.mill, "days": operation.days,
        "discount": operation.discount, "depths": [list(one) for one in depths], "cliff": CLIFF,
    }  # fmt: skip


def _check(metals: Sequence[str], operation: Operation, deck: PriceDeck) -> None:
    problems = [f"{metal} has no price in {deck.name}"
                for metal in {*metals, "Cu"} - set(deck.prices)]  # fmt: skip
    problems += [f"{metal} has no recovery"
                 for metal in {*metals, "Cu"} - set(operation.recoveries)]  # fmt: skip
    if operation.days not in {350, 260}:
        problems.append(f"days must be 350 or 260 a year, got {operation.days}")
    if operation.mill not in MILLS or operation.body not in {"massive", "flat", "vein"}:
        problems.append(f"there is no mill {operation.mill!r} or body {operation.body!r}")
    if not operation.discount > 0:
        problems.append(f"discount must be above 0, got {operation.discount:g}")
    if problems:
        raise DataError(listing("the economic filter cannot be set up:", sorted(problems)))
