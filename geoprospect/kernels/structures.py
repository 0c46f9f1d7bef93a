"""Nested models of a variogram in three dimensions: a nugget and ellipsoids of likeness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ContractError, listing
from geoprospect.kernels.anisotropy import Orientation, isotropic
from geoprospect.kernels.variogram import MODELS, correlations

Values = npt.NDArray[np.float64]

LEVEL = Orientation()
COINCIDING = 1e-6
"""How near two places count as one, at which the nugget is part of their likeness [m]."""


@dataclass(frozen=True)
class Structure:
    """
    One part of the variance of grades, with the distances over which it is shared.

    *sill* is the part it contributes. A range is the distance at which a spherical model
    reaches its sill and at which an exponential or gaussian one comes to 95 % of it [m].
    """

    model: str
    sill: float
    major: float
    semi: float
    minor: float
    orientation: Orientation = LEVEL

    def __post_init__(self) -> None:
        problems = []
        if self.model not in MODELS:
            problems.append(f"the model must be one of {', '.join(MODELS)}, got {self.model!r}")
        if not (np.isfinite(self.sill) and self.sill >= 0):
            problems.append(f"the sill must be 0 or more, got {self.sill}")
        if not all(np.isfinite(one) and one > 0 for one in self.ranges):
            problems.append(f"ranges must be positive, got {self.ranges} m")
        if not np.isfinite(self.orientation).all():
            problems.append(f"angles must be finite, got {tuple(self.orientation)}")
        if problems:
            raise ContractError(listing("this is no structure of a variogram:", problems))

    @property
    def ranges(self) -> tuple[float, float, float]:
        """Along the major, semi-major and minor axis [m]."""
        return self.major, self.semi, self.minor

    @property
    def matrix(self) -> Values:
        """Offsets @ matrix.T are in parts of the range: (3, 3)."""
        return isotropic(self.orientation, self.ranges)


class Coded(NamedTuple):
    """A nested model for compiled code: whole sill; model numbers, sills, matrices (s, 3, 3)."""

    sill: float
    codes: npt.NDArray[np.int64]
    sills: Values
    matrices: Values


@dataclass(frozen=True)
class Nested:
    """
    A variogram in three dimensions: nugget, and structures that add up.

    The nugget is what two samples side by side already differ by; short structures are
    veinlets and shoots, long ones the body of ore.
    """

    nugget: float
    structures: tuple[Structure, ...] = ()

    def __post_init__(self) -> None:
        if not (np.isfinite(self.nugget) and self.nugget >= 0):
            raise ContractError(f"the nugget must be 0 or more, got {self.nugget}")
        if not self.sill > 0:
            raise ContractError("nugget and sills are all 0: grades without a variance need none")

    @property
    def sill(self) -> float:
        """The whole of it, nugget included."""
        return self.nugget + sum(one.sill for one in self.structures)

    @property
    def longest(self) -> Structure | None:
        """The structure with the longest range, the first of equals; None where there is none."""
        return max(self.structures, key=lambda one: one.major, default=None)

    @property
    def coded(self) -> Coded:
        """For compiled code."""
        return Coded(
            float(self.sill),
            np.array([MODELS.index(one.model) for one in self.structures], np.int64),
            np.array([one.sill for one in self.structures], np.float64),
            np.array([one.matrix for one in self.structures], np.float64).reshape(-1, 3, 3),
        )

    def structured(self, offsets: Values) -> Values:
        """Covariance over *offsets* (..., 3), the nugget left out."""
        offsets = np.asarray(offsets, np.float64)
        total = np.zeros(offsets.shape[:-1])
        for one in self.structures:
            away = np.linalg.norm(offsets @ one.matrix.T, axis=-1)
            total += one.sill * correlations(away, MODELS.index(one.model))
        return total

    def covariance(self, offsets: Values) -> Values:
        """Covariance of samples over *offsets* (..., 3): the whole sill where they coincide."""
        near = np.linalg.norm(offsets, axis=-1) < COINCIDING
        return np.asarray(self.structured(offsets) + np.where(near, self.nugget, 0.0))

    def gamma(self, offsets: Values) -> Values:
        """Half the mean square difference over *offsets* (..., 3); 0 where they coincide."""
        return np.asarray(self.sill - self.covariance(offsets))


def discretised(size: Values, counts: tuple[int, int, int]) -> Values:
    """Points spread evenly through a block about its middle: (points, 3) [m]."""
    steps = [
        (np.arange(count) + 0.5) / count * side - side / 2
        for side, count in zip(size, counts, strict=True)
    ]
    return np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)


def block_variance(variogram: Nested, points: Values) -> float:
    """
    Variance of the mean over a block, from points through it: the mean of all covariances.

    The nugget averages out over the many samples that a block holds and is left out. Each
    point's likeness to itself is in the mean, so that this is exactly the variance of the
    points' mean, and no kriging variance that follows from it can be negative.
    """
    return float(variogram.structured(points[:, None] - points[None, :]).mean())
