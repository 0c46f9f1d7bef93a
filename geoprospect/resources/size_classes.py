"""Large, medium and small deposits, as China's ministry parts them, and classes of ground."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import numpy as np
import numpy.typing as npt

from geoprospect.errors import DataError, did_you_mean

SIZES = ("small", "medium", "large")
CHINESE = {"small": "小型", "medium": "中型", "large": "大型"}
SYMBOLS = {
    "Au": "gold", "Ag": "silver", "Cu": "copper", "Pb": "lead", "Zn": "zinc", "Ni": "nickel",
    "Co": "cobalt", "Sn": "tin", "Bi": "bismuth", "Mo": "molybdenum", "Sb": "antimony",
    "Hg": "mercury",
}  # fmt: skip
"""Metals whose classes count the metal itself."""


@dataclass(frozen=True)
class SizeClass:
    """Bounds of a commodity [t] of what they count: ore, the metal or its oxide."""

    commodity: str
    chinese: str
    of: str
    large: float
    small: float


@functools.cache
def size_classes() -> Mapping[str, SizeClass]:
    """The classes that come with the package, by commodity."""
    text = resources.files("geoprospect.resources").joinpath("size_classes.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {
        row["commodity"]: SizeClass(
            row["commodity"], row["chinese"], row["of"],
            float(row["unit"]) * float(row["large"]), float(row["unit"]) * float(row["small"]),
        )
        for row in rows
    }  # fmt: skip


def size_class(commodity: str, amount: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """
    ``small``, ``medium`` or ``large``, for each amount [t] of what the class counts.

    Parameters
    ----------
    commodity : str
        A name of :func:`size_classes`, or the symbol of a metal.
    amount : array
        Of one deposit each [t]; see ``of`` for what is weighed.

    Returns
    -------
    array of str

    Raises
    ------
    DataError
        If there is no such commodity, or an amount is negative or unknown.

    References
    ----------
    .. [1] 国土资发[2000]133号 (2000). 矿产资源储量规模划分标准.
    """
    bounds = bounds_of(commodity)
    tons = np.asarray(amount, float)
    if not (tons >= 0).all():
        raise DataError(f"amounts of {commodity} must be known and not below 0 t")
    kind = (tons >= bounds.small).astype(int) + (tons >= bounds.large)
    found: npt.NDArray[np.str_] = np.asarray(SIZES)[kind]
    return found


def size_shares(commodity: str, amounts: npt.ArrayLike) -> dict[str, float]:
    """Share of deposits [1] that are small, medium and large, of each one's amount [t]."""
    found = size_class(commodity, np.ravel(amounts))
    return {size: float((found == size).mean()) for size in SIZES}


def bounds_of(commodity: str) -> SizeClass:
    """The class of a commodity or of a metal's symbol."""
    name = SYMBOLS.get(commodity, commodity)
    found = size_classes().get(name)
    if found is None:
        raise DataError(f"no size class for {commodity!r}{did_you_mean(name, size_classes())}")
    return found


def ground_class(
    *, favourable: bool, direct_indicator: bool, medium_or_larger: bool
) -> Literal["A", "B", "C", ""]:
    """
    Class of a smallest prediction area (最小预测区): A where all three hold, B two, C one.

    The national wording differs from mineral to mineral; this is a plain rule to start from.

    Parameters
    ----------
    favourable : bool
        Calibrated probability in the top tenth of the area.
    direct_indicator : bool
        A known occurrence or an anomaly of several elements inside.
    medium_or_larger : bool
        The predicted amount is that of a medium deposit or larger.

    Returns
    -------
    {"A", "B", "C", ""}
    """
    reasons = sum((favourable, direct_indicator, medium_or_larger))
    letters: tuple[Literal["", "C", "B", "A"], ...] = ("", "C", "B", "A")
    return letters[reasons]


def support_class(
    *, known_deposit: bool, direct_indicator: bool, scale: float
) -> Literal["334-1", "334-2", "334-3"]:
    """
    Support of a prediction by data, in the sub-classes of the national assessment (2007-2013).

    334-1: beside or below a known deposit, surveyed at 1:50 000 or better; 334-2: direct
    indicators, at 1:200 000 or better; else 334-3. The code belongs to GB/T 17766-1999; the
    standard of 2020 has dropped it, and what it names may not be published as more than
    potential.

    Parameters
    ----------
    known_deposit, direct_indicator : bool
    scale : float
        Denominator of the coarsest survey's scale.

    Returns
    -------
    {"334-1", "334-2", "334-3"}

    Raises
    ------
    DataError
        If the scale is not above 1.
    """
    if not scale > 1:
        raise DataError(f"scale is the denominator of a map scale, such as 50000, got {scale:g}")
    if known_deposit and scale <= 50_000:
        return "334-1"
    return "334-2" if (known_deposit or direct_indicator) and scale <= 200_000 else "334-3"
