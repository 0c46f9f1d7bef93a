"""Why a cell scores as it does."""

from geoprospect.explain.breakdown import breakdown
from geoprospect.explain.dependence import dependence
from geoprospect.explain.grouped import drivers, grouped, grouped_rows
from geoprospect.explain.pairwise import interactions, interactions_at
from geoprospect.explain.shapley import contributions
from geoprospect.explain.stability import sign_agreement, sign_agreement_rows, steady
from geoprospect.explain.strength import strength

__all__ = [
    "breakdown",
    "contributions",
    "dependence",
    "drivers",
    "grouped",
    "grouped_rows",
    "interactions",
    "interactions_at",
    "sign_agreement",
    "sign_agreement_rows",
    "steady",
    "strength",
]
