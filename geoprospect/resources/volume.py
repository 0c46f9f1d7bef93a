"""Two ways of Chinese assessments, with their doubt: by volume, and by geochemical block."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import DataError, listing
from geoprospect.language import marked
from geoprospect.quantities import EvidenceLevel, Quantity
from geoprospect.registry import VOLUMES

log = logging.getLogger("geoprospect.resources")

Values = npt.NDArray[np.float64]
Triangle = tuple[float, float, float]
"""Least, likeliest and greatest value."""

TRIALS = 20_000
FEWEST = 3
"""Typical deposits from which a spread can be told."""


@dataclass(frozen=True)
class Typical:
    """A typical deposit: its metal or ore [t], and the body that holds it [m2, m]."""

    amount: float
    area: float
    extent: float

    @property
    def content(self) -> float:
        """Amount in a cubic metre of the ore-bearing body (体积含矿率) [t m-3]."""
        return self.amount / (self.area * self.extent)


@dataclass(frozen=True, eq=False)
class Estimate:
    """Drawn amounts [t], and the single one that the method was published with."""

    method: str
    commodity: str
    draws: Values = field(repr=False)
    deterministic: float
    told: dict[str, Any]
    evidence_level: EvidenceLevel = field(default="predicted", init=False)

    @property
    def quantity(self) -> Quantity:
        """The same as a quantity [t]; quantiles are of P(amount <= q)."""
        shares = (0.1, 0.5, 0.9)
        ends = dict(zip(shares, np.quantile(self.draws, shares).tolist(), strict=True))
        return Quantity(self.commodity, "t", self.evidence_level, float(self.draws.mean()),
                        float(self.draws.std(ddof=1)), ends, self.method)  # fmt: skip


@VOLUMES.register
def volume_method(
    *,
    commodity: str,
    area: float,
    extent: Triangle,
    typical: Sequence[Typical],
    similarity: tuple[float, float],
    drilled: float = 0.0,
    seed: int,
    trials: int = TRIALS,
) -> Estimate:
    """
    Metal or ore in the ore-bearing body of a prediction area [t], by its volume (地质体积法).

    Z = S H K a: area, vertical extent, content of a cubic metre in typical
    deposits, and how alike the ground is, less what was drilled [1]_. K is log-normal
    over the typical deposits, H triangular, a Beta; the published way takes one number for each.

    Parameters
    ----------
    commodity : str
        What the amounts are of.
    area : float
        Of the body in the prediction area [m2].
    extent : (least, likeliest, greatest)
        Predicted vertical extent [m].
    typical : sequence of Typical
        Three or more.
    similarity : (mean, sd)
        In (0, 1), such as the calibrated probability over that at the typical deposits.
    drilled : float
        Amount already drilled in the area [t], which the prediction leaves out; where it is
        more than a draw, nothing is left, and how often is told.
    seed, trials : int

    Returns
    -------
    Estimate

    Raises
    ------
    DataError
        If an input is out of range or there are fewer than three typical deposits.

    References
    ----------
    .. [1] 叶天竺, 肖克炎, 严光生 (2007). 矿床模型综合地质信息预测技术研究. 地学前缘
       14(5), 11-19.
    """
    mean, sd = similarity
    problems = _unsorted("extent", extent)
    problems += [f"area must be above 0 m2, got {area:g}"] * (not area > 0)
    problems += [f"drilled must not be below 0 t, got {drilled:g}"] * (not drilled >= 0)
    problems += [f"{len(typical)} typical deposits; {FEWEST} at least"] * (len(typical) < FEWEST)
    problems += ["a typical deposit has an amount, area or extent that is not above 0"] * any(
        not min(one.amount, one.area, one.extent) > 0 for one in typical
    )
    if not (0 < mean < 1 and 0 < sd**2 < mean * (1 - mean)):
        problems.append(f"similarity needs a mean in (0, 1) and an sd below "
                        f"sqrt(mean (1 - mean)), got {mean:g} and {sd:g}")  # fmt: skip
    _complain("the volume method", problems)
    logs = np.log([one.content for one in typical])
    rng = np.random.default_rng(seed)
    content = np.exp(rng.normal(logs.mean(), logs.std(ddof=1), trials))
    height = _drawn(extent, rng, trials)
    size = mean * (1 - mean) / sd**2 - 1
    alike = rng.beta(mean * size, (1 - mean) * size, trials)
    gross = area * height * content * alike
    nothing = float((gross < drilled).mean())
    if nothing > 0:
        log.warning("%s: in %.2g %% of the draws more is drilled than the whole volume would hold; "
                    "nothing is left in them", commodity, 100 * nothing)  # fmt: skip
    single = area * extent[1] * math.exp(logs.mean()) * mean - drilled
    told = {"content_t_m3": math.exp(logs.mean()), "ln_sd": float(logs.std(ddof=1)),
            "similarity": mean, "drilled_t": drilled, "nothing_left": nothing}  # fmt: skip
    draws = np.where(gross > drilled, gross - drilled, 0.0)
    return Estimate(marked("volume method (地质体积法)"), commodity, draws, single, told)


@VOLUMES.register
def geochemical_block(
    *,
    commodity: str,
    area: float,
    thickness: float,
    density: Triangle,
    mean_grade: Triangle,
    yield_: Triangle,
    seed: int,
    trials: int = TRIALS,
) -> Estimate:
    """
    Metal that a geochemical block may have yielded to ore [t] (地球化学块体法).

    The block's metal, area times thickness times density times mean content, times
    the share that known districts found in ore (成矿率) [1]_; each with its doubt.

    Parameters
    ----------
    commodity : str
    area : float
        Of the block [km2].
    thickness : float
        Depth to which it is counted [m].
    density : (least, likeliest, greatest)
        [t m-3].
    mean_grade : (least, likeliest, greatest)
        Mean content of the block [ppm].
    yield_ : (least, likeliest, greatest)
        Share of the block's metal that is in ore [1].
    seed, trials : int

    Returns
    -------
    Estimate

    Raises
    ------
    DataError
        If an input is out of range.

    References
    ----------
    .. [1] Xie, X., Liu, D., Xiang, Y., Yan, G., Lian, C. (2004). Geochemical blocks for
       predicting large ore deposits: concept and methodology. Journal of Geochemical
       Exploration 84, 77-91.
    """
    problems = [
        one
        for name, given in {"density": density, "mean_grade": mean_grade, "yield_": yield_}.items()
        for one in _unsorted(name, given)
    ]
    if not (area > 0 and thickness > 0):
        problems.append(f"area and thickness must be above 0, got {area:g} km2 and {thickness:g} m")
    if yield_[2] >= 1:
        problems.append(f"yield_ is a share of the block's metal, below 1, got {yield_[2]:g}")
    _complain("the geochemical block", problems)
    rng = np.random.default_rng(seed)
    volume = area * 1e6 * thickness
    heavy, rich, share = (_drawn(one, rng, trials) for one in (density, mean_grade, yield_))
    block = volume * density[1] * mean_grade[1] * 1e-6
    return Estimate(
        marked("geochemical block (地球化学块体法)"), commodity,
        volume * heavy * rich * 1e-6 * share,
        block * yield_[1], {"block_t": block, "yield": yield_[1]},
    )  # fmt: skip


def _drawn(triangle: Triangle, rng: np.random.Generator, trials: int) -> Values:
    low, middle, high = triangle
    return rng.triangular(low, middle, high, trials) if low < high else np.full(trials, middle)


def _unsorted(name: str, triangle: Triangle) -> list[str]:
    low, middle, high = triangle
    if 0 < low <= middle <= high:
        return []
    return [f"{name} must be least, likeliest and greatest, above 0, got {low:g}, {middle:g}, "
            f"{high:g}"]  # fmt: skip


def _complain(what: str, problems: list[str]) -> None:
    if problems:
        raise DataError(listing(f"{what} cannot be computed:", problems))
