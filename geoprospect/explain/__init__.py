"""Why a cell scores as it does."""

from geoprospect.explain.shapley import contributions

__all__ = ["contributions"]
