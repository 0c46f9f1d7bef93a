"""Memberships of several layers as one: fuzzy overlay."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import groups
from geoprospect.kernels.fuzzy import joined
from geoprospect.registry import FEATURES

Members = npt.NDArray[np.float64]
"""(layers, y, x)."""


@FEATURES.register
def fuzzy_overlay(
    source: groups.Group,
    *,
    operator: Literal["and", "or", "product", "sum", "gamma"],
    gaps: Literal["unknown", "left_out"],
    gamma: float | None = None,
    names: list[str] | None = None,
) -> xr.DataArray:
    """
    How far several memberships together speak for ore [1].

    The parts of a mineral system are joined as a geologist argues: any of the pathways
    will do (or, sum), but source, pathway and trap must meet (and, product); gamma
    lies between [1]_ [2]_.

    Parameters
    ----------
    source : Dataset, or list of DataArray (y, x) and Dataset
        Two or more memberships m, 0 to 1, on one grid (fuzzy_membership, fuzzy_linear);
        those about the data rather than the ground are left out.
    operator : {"and", "or", "product", "sum", "gamma"}
        The least m; the greatest; the product P of all m; S, 1 less the product of all
        1 - m; or S^g P^(1 - g).
    gaps : {"unknown", "left_out"}
        Where one layer is unknown: the result is unknown too; or it is that of the
        others, of which product and sum are raised to the power of all layers over known
        ones, so that fewer layers make no better ground.
    gamma : float, optional
        With 'gamma': g, 0 for the product, 1 for the sum; 0.7 to 0.95 are usual [1].
    names : list of str, optional
        What each layer is called, in their order, where they have no names of their own.

    Returns
    -------
    DataArray (y, x) float32, lazy
        0 to 1; NaN where unknown, or where all layers are.

    Raises
    ------
    ContractError
        If a layer holds classes, has no name, or lies on another grid.
    DataError
        When it is computed, if a value is not between 0 and 1.
    ValueError
        If there are fewer than two layers, or *gamma* is missing, out of 0 to 1, or given
        to another operator.

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for Geoscientists:
       Modelling with GIS. Pergamon.
    .. [2] Zimmermann, H.-J., Zysno, P. (1980). Latent connectives in human decision
       making. Fuzzy Sets and Systems 4, 37-51.
    """
    layers = groups.named(source, "fuzzy_overlay", names)
    group = groups.measured(layers, contract.evidence(layers), "fuzzy_overlay")
    if len(group) < 2:
        raise ValueError(f"fuzzy_overlay joins two or more layers, got {len(group)}")
    _check_gamma(operator, gamma)
    chosen = [str(name) for name in group]

    def block_overlay(stack: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        members = stack.astype("f8")
        _check_members(members, chosen)
        found = joined(operator, members, gamma, left_out=gaps == "left_out")
        return found[None].astype("float32")

    found = lazy.from_cube(block_overlay, group, chosen, ["joined"])["joined"]
    told = f"gamma {gamma:g}" if operator == "gamma" else operator
    return contract.describe(found, long_name=f"fuzzy {told} of {', '.join(chosen)}", units="1")


def _check_gamma(operator: str, gamma: float | None) -> None:
    if operator == "gamma" and (gamma is None or not 0 <= gamma <= 1):
        raise ValueError(f"the operator 'gamma' needs gamma between 0 and 1, got {gamma}")
    if operator != "gamma" and gamma is not None:
        raise ValueError(f"the operator {operator!r} takes no gamma; remove it")


def _check_members(members: Members, names: list[str]) -> None:
    beyond = (members < 0) | (members > 1)
    if beyond.any():
        first = int(np.flatnonzero(beyond.any(axis=(1, 2)))[0])
        value = members[first][beyond[first]][0]
        raise DataError(
            f"{names[first]!r} has the value {value:g}, and a membership lies between 0 and 1; "
            "pass the layer through fuzzy_membership or fuzzy_linear first"
        )
