"""Why a cell scores as it does."""

from geoprospect.explain.breakdown import breakdown
from geoprospect.explain.dependence import dependence
from geoprospect.explain.grouped import drivers, group_table, grouped, grouped_rows
from geoprospect.explain.pairwise import interactions, interactions_at
from geoprospect.explain.shapley import contributions
from geoprospect.explain.stability import (
    agreement_table,
    sign_agreement,
    sign_agreement_rows,
    steady,
    steady_driver,
)
from geoprospect.explain.strength import strength

__all__ = [
    "agreement_table",
    "breakdown",
    "contributions",
    "dependence",
    "drivers",
    "group_table",
    "grouped",
    "grouped_rows",
    "interactions",
    "interactions_at",
    "sign_agreement",
    "sign_agreement_rows",
    "steady",
    "steady_driver",
    "strength",
]
