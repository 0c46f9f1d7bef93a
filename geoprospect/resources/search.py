"""Which samples a place is estimated from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoprospect.blocks import Three
from geoprospect.errors import ContractError, listing
from geoprospect.kernels.anisotropy import Orientation, isotropic
from geoprospect.kernels.block_kriging import Limits
from geoprospect.kernels.structures import Nested

Values = npt.NDArray[np.float64]

ALL = 2**62
"""A limit that none reaches."""


@dataclass(frozen=True)
class Search:
    """
    Which samples a place is estimated from: the nearest within an ellipsoid.

    *radii* along major, semi-major and minor axis [m] and *orientation*; by default those of the
    variogram's longest structure, so that "near" means alike. At most *most* samples count,
    at most *octant* of each octant about the place (in the ellipsoid's axes) and *hole* of each
    hole, which keeps one well-sampled hole from speaking for all. A place needs *fewest*
    samples from *holes* holes; where the ellipsoid holds too few it grows by each of *passes*
    in turn, and beyond the last the place stays unknown.
    """

    radii: Three | None = None
    orientation: Orientation | None = None
    most: int = 24
    fewest: int = 4
    octant: int | None = None
    hole: int | None = None
    holes: int = 1
    passes: tuple[float, ...] = (1.0, 2.0, 3.0)

    def __post_init__(self) -> None:
        problems = []
        if self.radii is not None and not all(np.isfinite(one) and one > 0 for one in self.radii):
            problems.append(f"radii must be positive, got {self.radii} m")
        if not 1 <= self.fewest <= self.most:
            problems.append(f"fewest must be from 1 to most = {self.most}, got {self.fewest}")
        limits = {"octant": self.octant, "hole": self.hole}
        problems += [
            f"{name} must be 1 or more, got {one}"
            for name, one in limits.items()
            if one is not None and one < 1
        ]
        if not 1 <= self.holes <= self.most:
            problems.append(f"holes must be from 1 to most = {self.most}, got {self.holes}")
        if not self.passes or self.passes[0] <= 0 or (np.diff(self.passes) <= 0).any():
            problems.append(f"passes must be positive and grow, got {self.passes}")
        if problems:
            raise ContractError(listing("this is no search for samples:", problems))

    def matrix(self, variogram: Nested) -> Values:
        """Offsets @ matrix.T are in parts of the search."""
        longest = variogram.longest
        if longest is None and (self.radii is None or self.orientation is None):
            raise ContractError("a variogram of nugget alone has no range; give the search radii "
                                "and an orientation")  # fmt: skip
        radii = self.radii or longest.ranges  # type: ignore[union-attr]
        lies = longest.orientation if self.orientation is None else self.orientation  # type: ignore[union-attr]
        return isotropic(lies, radii)

    @property
    def limits(self) -> Limits:
        """For compiled code."""
        octant, hole = (ALL if one is None else one for one in (self.octant, self.hole))
        return Limits(self.fewest, self.most, octant, hole, self.holes,
                             np.array(self.passes, np.float64))  # fmt: skip

    @property
    def candidates(self) -> int:
        """How many of the nearest are looked at first; more where limits pass too many by."""
        return self.most if self.octant is None and self.hole is None else 2 * self.most
