"""Why a cell scores as it does."""

from geoprospect.explain.pairwise import interactions, interactions_at
from geoprospect.explain.shapley import contributions

__all__ = ["contributions", "interactions", "interactions_at"]
