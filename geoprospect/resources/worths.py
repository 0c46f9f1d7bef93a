"""What single deposits of a type are worth, before any of them is found."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geoprospect.resources.economics import worth
from geoprospect.resources.grade_tonnage import GradeTonnage
from geoprospect.resources.screen import Screen

Values = npt.NDArray[np.float64]


def worths(model: GradeTonnage, screen: Screen, *, draws: int = 2000, seed: int) -> Values:
    """
    Net present values of deposits drawn from a model of sizes and grades [currency].

    Most deposits of a type do not pay, and a few carry the mean: a plan that takes the mean
    for granted drills for deposits that nobody would mine.

    Parameters
    ----------
    model : GradeTonnage
    screen : Screen
        How they would be mined, what is paid, and how deep they lie.
    draws : int
        How many.
    seed : int

    Returns
    -------
    ndarray (draws,) float64
        Below 0 where a deposit does not pay.
    """
    rng = np.random.default_rng(seed)
    ore = model.tonnage.drawn(*rng.random((2, draws)))
    grades = model.grades(rng.standard_normal((draws, len(model.metals))))
    chances, low, high = (np.array([one[k] for one in screen.depths]) for k in range(3))
    kind = rng.choice(len(chances), draws, p=chances)
    depth = rng.integers(low.astype(int)[kind], high.astype(int)[kind], endpoint=True)
    return worth(
        ore, grades, depth, metals=model.metals, operation=screen.operation, deck=screen.deck
    ).value
