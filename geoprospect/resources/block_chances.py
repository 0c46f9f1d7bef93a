"""What the grades of blocks may be: realisations, their curve, and how well blocks are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.blocks import BlockGrid, Three
from geoprospect.errors import ContractError
from geoprospect.kernels.structures import Nested
from geoprospect.resources.block_variogram import Fit, looked
from geoprospect.resources.classification import by_production, indicators
from geoprospect.resources.coverage import hole_coverage
from geoprospect.resources.grade_tonnage_curve import GradeTonnageCurve, simulated_curve
from geoprospect.resources.normal_scores import normal_scores
from geoprospect.resources.search import Search
from geoprospect.resources.simulation import simulation
from geoprospect.resources.simulation_checks import simulation_checks

Flags = npt.NDArray[np.bool_]
Counts = tuple[int, int, int]


CHECKED = 400
"""Places, about, at which realisations are held against kriging."""


@dataclass(frozen=True)
class Indicators:
    """
    By which rules blocks are sorted into well, moderately and poorly known.

    *limits* name widest spacings of holes for the three levels [m]. *quarter* and *year* are
    the volumes of rock dug in them [m3], of which the metal at and above *cut_off* should be
    known; that takes realisations.
    """

    limits: dict[str, Three]
    quarter: float | None = None
    year: float | None = None
    cut_off: float = 0.0

    def __post_init__(self) -> None:
        if (self.quarter is None) != (self.year is None):
            raise ContractError("volumes of production are stated both, of a quarter and of a year")
        if not self.limits:
            raise ContractError("state limits: the widest spacings of holes [m] for three levels")


@dataclass(frozen=True, eq=False)
class Chances:
    """
    Realisations of blocks, what they amount to, and how honest their intervals are.

    ``coverage`` has the share of realisations that an interval holds, and how often it held
    composites of holes that were left out; ``checks`` hold realisations against kriging.
    """

    realisations: npt.NDArray[np.float32] = field(repr=False)
    curve: GradeTonnageCurve
    coverage: pd.DataFrame
    checks: list[dict[str, Any]]

    @property
    def blocks(self) -> int:
        """How many have grades in all realisations."""
        return int((~np.isnan(self.realisations).any(axis=0)).sum())


def chances(
    known: pd.DataFrame,
    *,
    grade: str,
    variogram: Nested | Fit,
    search: Search,
    grid: BlockGrid,
    wanted: Flags,
    points: Counts,
    cell: float,
    folds: npt.ArrayLike,
    seed: int,
    realisations: int,
    amounts: dict[str, Any],
) -> Chances:
    """
    Realisations of the blocks that are *wanted*, between weighed composites.

    *variogram* is fitted anew to normal scores, or taken as stated in its shape. *amounts* are
    what :func:`geoprospect.resources.grade_tonnage_curve.simulated_curve` takes.
    """
    scores = normal_scores(known[grade].to_numpy(float), weights=known["weight"].to_numpy(float),
                           seed=seed)  # fmt: skip
    seen = looked(known.assign(score=scores.samples), grade="score", variogram=variogram)
    fields = simulation(known, scores=scores, variogram=seen.variogram, search=search, seed=seed,
                        realisations=realisations)  # fmt: skip
    drawn = fields.blocks(grid, points=points, wanted=wanted)
    covered = hole_coverage(known, grade=grade, variogram=seen.variogram, search=search, cell=cell,
                            folds=folds, seed=seed)  # fmt: skip
    places = grid.centres()[wanted]
    checks = simulation_checks(fields, places[:: max(1, len(places) // CHECKED)])
    return Chances(drawn, simulated_curve(drawn, **amounts), covered, checks)


def indicated(
    known: pd.DataFrame, grid: BlockGrid, wanted: Flags, rules: Indicators, drawn: Chances | None
) -> pd.DataFrame:
    """The indicators of all blocks, as :func:`.classification.indicators` has them."""
    production = None
    if rules.quarter is not None and rules.year is not None:
        if drawn is None:
            raise ContractError("volumes of production are judged by realisations; state "
                                "simulations, 100 or more")  # fmt: skip
        production = by_production(drawn.realisations, grid=grid, quarter=rules.quarter,
                                   year=rules.year, cut_off=rules.cut_off)  # fmt: skip
    return indicators(known, grid=grid, estimated=wanted, limits=rules.limits,
                      production=production)  # fmt: skip
