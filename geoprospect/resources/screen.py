"""The economic screen from plain settings, as a pipeline file states them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geoprospect.errors import DataError
from geoprospect.language import marked
from geoprospect.resources import economics
from geoprospect.resources.contained import Kept
from geoprospect.resources.economics import RECOVERED, Operation, PriceDeck
from geoprospect.resources.mines import Body, Mill

Depths = list[tuple[float, int, int]]

STATED = marked("prices stated in the pipeline")
"""What prices are called that have no name of their own."""


@dataclass(frozen=True)
class Screen:
    """How deposits would be mined, what is paid for the metal, and how deep they may lie."""

    operation: Operation
    deck: PriceDeck
    depths: Depths

    def keep(self, metals: Sequence[str]) -> Kept:
        """The filter for these metals; see :func:`geoprospect.resources.economics.filtered`."""
        return economics.filtered(
            metals=metals, operation=self.operation, deck=self.deck, depths=self.depths
        )

    def told(self) -> dict[str, Any]:
        """What it assumes, ready for JSON."""
        return economics.told(self.operation, self.deck, self.depths)


def screen(
    *,
    body: Body,
    depths: Depths,
    prices: dict[str, float] | None = None,
    cost_index: float | None = None,
    year: str = STATED,
    mill: Mill = "flotation_3",
    days: int = 350,
    discount: float = 0.15,
    capital: float = 1.0,
    operating: float = 1.0,
    dam: bool = True,
    liner: bool = True,
    recoveries: dict[str, float] | None = None,
) -> Screen:
    """
    Which deposits would pay to mine, for :func:`geoprospect.resources.economics.worth` [1]_.

    Parameters
    ----------
    body : {"massive", "flat", "vein"}
        Shape of the ore, by which the way of mining is chosen.
    depths : list of [probability, least, greatest]
        Ranges of the depth of the top [m, whole], with probabilities that sum to 1.
    prices : dict of metal to float, optional
        [currency a metric ton]; means of about 1989 to 2008 in US$ if not given, which is said.
    cost_index : float, optional
        Costs of the prices' year over those of 1989; goes with *prices*.
    year : str
        What the prices are called.
    mill : str
        Such as ``flotation_3``, for three products.
    days : {350, 260}
        Worked a year.
    discount : float
        A year.
    capital, operating : float
        Factors on cost for a country.
    dam, liner : bool
        Whether tailings need them.
    recoveries : dict of metal to float, optional
        Shares that the mill recovers, where they are others than usual.

    Returns
    -------
    Screen

    Raises
    ------
    DataError
        If prices come without an index of costs or the other way round, or one is not above 0.

    References
    ----------
    .. [1] Robinson, G.R., Menzie, W.D. (2012). Economic filters for evaluating porphyry
       copper deposit resource assessments. USGS Scientific Investigations Report
       2010-5090-H.
    """
    if (prices is None) != (cost_index is None):
        raise DataError(
            "prices and cost_index go together: costs have to be those of the prices' year; state "
            "both, or neither for 2008 US$"
        )
    deck = economics.prices(prices, name=year, cost_index=1.0 if cost_index is None else cost_index)
    operation = Operation(
        body, mill, days, discount, capital, operating, dam, liner,
        {**RECOVERED, **(recoveries or {})},
    )  # fmt: skip
    return Screen(operation, deck, depths)
