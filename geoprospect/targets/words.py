"""Numbers said the way a geologist says them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.language import named, now, say

Values = npt.NDArray[np.float32]


def driver(
    attrs: Mapping[str, Any],
    here: Values,
    district: Values,
    contribution: float,
    *,
    units: str = "log-odds",
) -> str:
    """
    One reason for a target, for example "distance to fault 240 m (low, 6th percentile) +0.82".

    *here* are the layer's values in the target, of which the median is told, and
    *district* its values at evenly spread cells, in which the median is placed. The
    contribution is in *units*, 1 where raw scores are shares.
    """
    effect = (
        say("{amount} of 1", amount=f"{contribution:+.3f}")
        if units == "1"
        else f"{contribution:+.2f} {say(units)}"
    )
    name = named(str(attrs["long_name"]))
    known = here[~np.isnan(here)]
    if 2 * known.size < here.size or known.size == 0:
        return say("{layer}: mostly without data here, {effect}", layer=name, effect=effect)
    if "flag_values" in attrs:
        return say(
            "{layer}: {rock}, {effect}", layer=name, rock=_class(attrs, known), effect=effect
        )
    median = float(np.median(known))
    return f"{name} {value(median, attrs['units'])} {_place(median, district)} {effect}"


def value(number: float, units: str) -> str:
    """A number to three figures, with its unit unless that is 1."""
    return _three_figures(number) + ("" if units in ("1", "") else f" {units}")


def percentile(number: float, among: Values) -> float:
    """Share of *among* below *number*, ties counted half [percent]."""
    known = among[~np.isnan(among)]
    if known.size == 0:
        return math.nan
    return float(100 * ((known < number).mean() + (known <= number).mean()) / 2)


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, ..., 11th, ..., 21st."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{ending or 'th'}"


def placed(number: int) -> str:
    """The same as the language that is spoken writes it."""
    return ordinal(number) if now() == "en" else str(number)


def _place(median: float, district: Values) -> str:
    rank = percentile(median, district)
    if math.isnan(rank):
        return ""
    place = min(99, max(1, round(rank)))
    if rank < 100 / 3:
        return say("(low, {ordinal} percentile)", ordinal=placed(place))
    if rank > 200 / 3:
        return say("(high, {ordinal} percentile)", ordinal=placed(place))
    return say("(middling, {ordinal} percentile)", ordinal=placed(place))


def _class(attrs: Mapping[str, Any], known: Values) -> str:
    """The commonest class of a target, with its share of the cells."""
    codes, counts = np.unique(known, return_counts=True)
    code = int(codes[counts.argmax()])
    meaning = dict(zip(attrs["flag_values"], attrs["flag_meanings"], strict=True)).get(code)
    share = 100 * counts.max() / known.size
    return say("{rock} ({share:.0f} % of its cells)", rock=meaning or code, share=share)


def _three_figures(number: float) -> str:
    size = abs(number)
    if size and not 1e-4 <= size < 1e9:
        return f"{number:.3g}"
    decimals = max(0, 2 - math.floor(math.log10(size))) if size else 0
    return f"{number:,.{decimals}f}"
