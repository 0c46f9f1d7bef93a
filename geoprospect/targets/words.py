"""Numbers said the way a geologist says them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

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
    effect = f"{contribution:+.3f} of 1" if units == "1" else f"{contribution:+.2f} {units}"
    known = here[~np.isnan(here)]
    if 2 * known.size < here.size or known.size == 0:
        return f"{attrs['long_name']}: mostly without data here, {effect}"
    if "flag_values" in attrs:
        return f"{attrs['long_name']}: {_class(attrs, known)}, {effect}"
    median = float(np.median(known))
    return (
        f"{attrs['long_name']} {value(median, attrs['units'])} {_place(median, district)} {effect}"
    )


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


def _place(median: float, district: Values) -> str:
    rank = percentile(median, district)
    if math.isnan(rank):
        return ""
    level = "low" if rank < 100 / 3 else "high" if rank > 200 / 3 else "middling"
    return f"({level}, {ordinal(min(99, max(1, round(rank))))} percentile)"


def _class(attrs: Mapping[str, Any], known: Values) -> str:
    """The commonest class of a target, with its share of the cells."""
    codes, counts = np.unique(known, return_counts=True)
    code = int(codes[counts.argmax()])
    meaning = dict(zip(attrs["flag_values"], attrs["flag_meanings"], strict=True)).get(code)
    return f"{meaning or code} ({100 * counts.max() / known.size:.0f} % of its cells)"


def _three_figures(number: float) -> str:
    size = abs(number)
    if size and not 1e-4 <= size < 1e9:
        return f"{number:.3g}"
    decimals = max(0, 2 - math.floor(math.log10(size))) if size else 0
    return f"{number:,.{decimals}f}"
