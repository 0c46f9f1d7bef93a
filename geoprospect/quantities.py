"""
Amounts of ore and metal, and the words that may be used of them.

A *quantity* says how it is known: predicted from a map and a model, or drilled and, at
best, classified. What is predicted is neither a resource nor a reserve, in any language,
and is never added to what was drilled: codes of reporting keep the two apart [1]_, and so
does this module.

References
----------
.. [1] GB/T 17766-2020, Classifications for mineral resources and mineral reserves;
   JORC Code (2012), clause 17.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

from geoprospect import language
from geoprospect.errors import ContractError

EvidenceLevel: TypeAlias = Literal[
    "predicted", "drilled_unclassified", "inferred", "indicated", "measured"
]
LEVELS: tuple[str, ...] = get_args(EvidenceLevel)
"""How an amount is known, from least to best."""

NAME = "undiscovered, hypothetical metal / 潜在矿产资源（预测）"
"""What a predicted amount is called."""

GUARD = (
    "Predicted amounts are undiscovered and hypothetical (潜在矿产资源，预测): they are neither "
    "resources nor reserves (资源量、储量), and are never added to drilled ones."
)
"""The one sentence in which a report may use the refused words, to say that they do not fit."""

GUARDS = MappingProxyType({
    "en": GUARD,
    "zh": "预测的数量均属推测的潜在矿产资源，既不是资源量，也不是储量，绝不与钻探查明的数量相加。",
})  # fmt: skip
"""That sentence by language; no catalogue holds it, since none may hold the words."""

CONCEPTUAL = (
    "These ranges are conceptual: there has been too little exploration to estimate a mineral "
    "resource, and it is uncertain whether more would lead to one."
)
"""What has to stand beside an exploration target [JORC Code (2012), clause 17]."""

REFUSED = re.compile(r"(?<![a-z])(?:resource|reserve)s?|[资資]源[量储儲]|[储儲]量", re.IGNORECASE)
"""Words that are kept for what was drilled and classified."""


def guard() -> str:
    """That sentence in the language that is spoken."""
    return GUARDS[language.now()]


def checked(text: str, level: EvidenceLevel, names: Iterable[str] = ()) -> str:
    """
    *text*, if it may be written of an amount of that level.

    Parameters
    ----------
    text : str
        A sentence, a label or a page; :data:`GUARDS` and :data:`CONCEPTUAL` may stand in it.
    level : {"predicted", "drilled_unclassified", "inferred", "indicated", "measured"}
        How the amount is known.
    names : iterable of str
        Names of places in the text, which are nobody's claim ("Forest Reserve").

    Returns
    -------
    str

    Raises
    ------
    ContractError
        If the level is none of these, or a predicted amount is called resource, reserve,
        资源量 or 储量.
    """
    if level not in LEVELS:
        raise ContractError(f"evidence_level must be one of {', '.join(LEVELS)}, got {level!r}")
    if level != "predicted":
        return text
    left = functools.reduce(
        lambda rest, known: rest.replace(known, ""), (*GUARDS.values(), CONCEPTUAL, *names), text
    )
    found = REFUSED.search(left)
    if found:
        around = left[max(0, found.start() - 30) : found.end() + 30].strip()
        raise ContractError(
            f"a predicted amount may not be called {found[0]!r} (in {around!r}); it is "
            f"{NAME!r}: nobody has drilled it"
        )
    return text


@dataclass(frozen=True)
class Quantity:
    """
    An amount with its doubt: mean, standard deviation and quantiles, in *unit*.

    ``quantiles`` maps P(amount <= q) to q, so that 0.1 is the low end; petroleum's P90 is
    0.1 here. A mean without a spread comes only of adding, where dependence is unknown.
    """

    name: str
    unit: str
    evidence_level: EvidenceLevel
    mean: float
    sd: float | None = None
    quantiles: Mapping[float, float] = field(default_factory=lambda: MappingProxyType({}))
    method: str = ""

    def __post_init__(self) -> None:
        for text in (self.name, self.unit, self.method):
            checked(text, self.evidence_level)

    def __add__(self, other: Quantity) -> Quantity:
        return total([self, other])


def total(quantities: Iterable[Quantity]) -> Quantity:
    """
    The sum of amounts of one thing, known in one way.

    Means add up whatever the dependence; spreads do not, and are left out.

    Parameters
    ----------
    quantities : iterable of Quantity
        One or more.

    Returns
    -------
    Quantity
        With a mean only.

    Raises
    ------
    ContractError
        If they are of different evidence levels, names or units, or there is none.
    """
    given = list(quantities)
    for what in ("evidence_level", "name", "unit"):
        kinds = sorted({str(getattr(one, what)) for one in given})
        if len(kinds) != 1:
            raise ContractError(
                f"amounts whose {what.replace('_', ' ')}s differ are listed, never added: "
                f"{', '.join(kinds) or 'nothing given'}"
            )
    first = given[0]
    return Quantity(
        first.name,
        first.unit,
        first.evidence_level,
        math.fsum(one.mean for one in given),
        method="; ".join(dict.fromkeys(one.method for one in given if one.method)),
    )


def exploration_target(
    ore: tuple[float, float], grades: Mapping[str, tuple[float, float]], *, unit: str = "%"
) -> str:
    """
    A predicted amount as ranges, with the sentence that has to stand beside them.

    Parameters
    ----------
    ore : (low, high)
        Ore [t].
    grades : mapping of metal to (low, high)
        In *unit*.
    unit : str
        Of the grades.

    Returns
    -------
    str

    Raises
    ------
    ContractError
        If a range is a single number or upside down.
    """
    for name, (low, high) in {"ore": ore, **grades}.items():
        if not 0 <= low < high:
            raise ContractError(
                f"an exploration target is told as a range: {name} runs from {low:g} to {high:g}"
            )
    told = ", ".join(f"{low:.2g} to {high:.2g} {unit} {metal}"
                     for metal, (low, high) in grades.items())  # fmt: skip
    mega = f"{ore[0] / 1e6:.3g} to {ore[1] / 1e6:.3g} Mt"
    return checked(f"Exploration target: {mega} at {told}. {CONCEPTUAL}", "predicted")
