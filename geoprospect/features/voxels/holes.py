"""What drill holes met, carried into the blocks between them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect.blocks import BlockGrid
from geoprospect.errors import DataError, did_you_mean
from geoprospect.features import sources
from geoprospect.features.voxels.layers import At, Values, known_places, with_distance
from geoprospect.kernels.others import inverse_distance_of_others
from geoprospect.registry import VOXELS

log = logging.getLogger("geoprospect.features")

Index = npt.NDArray[np.int64]


@VOXELS.register
def grade(
    holes: pd.DataFrame,
    *,
    at: At,
    column: str,
    units: str,
    radius: float,
    neighbours: int = 8,
    power: float = 2.0,
    own_hole: bool = False,
) -> xr.Dataset:
    """
    Assays of the nearest composites, weighted by inverse distance [units of the assays].

    Metals and the elements that travel with them form haloes wider than the ore. At a
    sample, its own assay would tell a model the answer; so there only *other* holes count,
    which is also all that is known at a block between holes [1]_.

    Parameters
    ----------
    holes : DataFrame
        Composites or samples with ``hole``, ``x``, ``y``, ``z`` [m] and the column.
    at : BlockGrid or DataFrame
        Blocks, at whose middles all holes count; or samples with ``hole``, ``x``, ``y``, ``z``
        [m], at which all but their own do.
    column : str
        Of the assay; NaN is not assayed, and is left out.
    units : str
        Of the assay.
    radius : float
        Composites farther than this do not count [m].
    neighbours : int
        How many composites, at most.
    power : float
        Weights fall with distance to the minus this [1].
    own_hole : bool
        Let a sample's own hole count too: only to show what that leak would be worth.

    Returns
    -------
    Dataset (value, distance) of DataArray (z, y, x), or (sample,), float32
        NaN where no composite is within *radius*; the distance to the nearest one [m] has
        no bound.

    Raises
    ------
    DataError
        If a column is missing or holds no value.
    ValueError
        If *radius*, *neighbours* or *power* is not positive.

    References
    ----------
    .. [1] Roberts, D.R., et al. (2017). Cross-validation strategies for data with
       temporal, spatial, hierarchical, or phylogenetic structure. Ecography 40, 913-929.
    """
    there = known_places(holes, ("hole", "x", "y", "z", column), "composites of holes")
    values = there[column].to_numpy(float)
    estimate, away = _estimated(there, values, at, radius, neighbours, power, own_hole)
    return with_distance(
        at, estimate, away, long_name=f"{column} of the nearest composites", units=units,
        data=f"composite with {column}", of_holes=True,
    )  # fmt: skip


@VOXELS.register
def rock_share(
    holes: pd.DataFrame,
    *,
    at: At,
    column: str,
    rock: str,
    radius: float,
    neighbours: int = 8,
    power: float = 2.0,
    own_hole: bool = False,
) -> xr.Dataset:
    """
    Share of a rock among the nearest logged pieces, weighted by inverse distance [1].

    Between holes a code cannot be known, but its odds can: an indicator, interpolated, says
    how sure the rock is [1]_.

    Parameters
    ----------
    holes : DataFrame
        Logged pieces with ``hole``, ``x``, ``y``, ``z`` [m] and the column of codes.
    at, radius, neighbours, power, own_hole : as there
        As in :func:`grade`.
    column : str
        Of the codes; blank is not logged, and is left out.
    rock : str
        The code.

    Returns
    -------
    Dataset (value, distance) of DataArray (z, y, x), or (sample,), float32
        As :func:`grade` has it.

    Raises
    ------
    DataError
        If a column is missing or empty, or no piece has the code.
    ValueError
        If *radius*, *neighbours* or *power* is not positive.

    References
    ----------
    .. [1] Journel, A.G. (1983). Nonparametric estimation of spatial distributions.
       Mathematical Geology 15, 445-468.
    """
    there = known_places(holes, ("hole", "x", "y", "z", column), "logs of holes")
    codes = there[column].astype(str)
    if not (codes == rock).any():
        raise DataError(f"column {column!r} has no code {rock!r}{did_you_mean(rock, set(codes))}")
    values = np.asarray(codes == rock, np.float64)
    estimate, away = _estimated(there, values, at, radius, neighbours, power, own_hole)
    return with_distance(
        at, estimate, away, long_name=f"share of {rock} in the nearest logs", units="1",
        data=f"log of {column}", of_holes=True,
    )  # fmt: skip


@VOXELS.register
def rock(
    holes: pd.DataFrame,
    *,
    at: At,
    column: str,
    radius: float,
    codes: Sequence[str] | None = None,
    own_hole: bool = False,
) -> xr.Dataset:
    """
    Code of rock of the nearest logged piece of a hole [1].

    Ore keeps to its host; which rock that is, logs say long before assays do [1]_.

    Parameters
    ----------
    holes : DataFrame
        Logged pieces with ``hole``, ``x``, ``y``, ``z`` [m] and the column of codes.
    at, radius, own_hole : as there
        As in :func:`grade`.
    column : str
        Of the codes; blank is not logged, and is left out.
    codes : sequence of str, optional
        All codes, in an order that is to hold; else those of *holes*, sorted.

    Returns
    -------
    Dataset (value, distance) of DataArray (z, y, x), or (sample,), float32
        Places of codes from 1, with ``flag_values`` and ``flag_meanings``; NaN where no
        log is within *radius*.

    Raises
    ------
    DataError
        If a column is missing or empty, or holds a code that is not among *codes*.
    ValueError
        If *radius* is not positive.

    References
    ----------
    .. [1] Marjoribanks, R. (2010). Geological Methods in Mineral Exploration and Mining.
       Springer.
    """
    there = known_places(holes, ("hole", "x", "y", "z", column), "logs of holes")
    logged = there[column].astype(str)
    names = sorted(set(logged)) if codes is None else [str(one) for one in codes]
    strange = sorted(set(logged) - set(names))
    if strange:
        raise DataError(f"column {column!r} has codes that are not among codes: {strange}")
    places = 1.0 + pd.Index(names).get_indexer(pd.Index(logged)).astype(float)
    estimate, away = _estimated(there, places, at, radius, 1, 1, own_hole)
    return with_distance(
        at, estimate, away, long_name=f"{column} of the nearest log", units="1",
        data=f"log of {column}", meanings=dict(enumerate(names, start=1)), of_holes=True,
    )  # fmt: skip


def _estimated(
    holes: pd.DataFrame,
    values: Values,
    at: At,
    radius: float,
    neighbours: int,
    power: float,
    own_hole: bool,
) -> tuple[Values, Values]:
    """Inverse-distance means, NaN beyond the radius, and distances to the nearest that counts."""
    sources.positive("radius", radius, "m")
    sources.positive("neighbours", neighbours, "composites")
    sources.positive("power", power, "")
    places, own, owners = _whose(at, holes, own_hole)
    points = holes[["x", "y", "z"]].to_numpy(float)
    made, away = inverse_distance_of_others(
        points, owners, values, places, own, neighbours=neighbours, radius=radius, power=power
    )
    _say_alone(np.isnan(made), at, radius)
    return made, away


def _whose(at: At, holes: pd.DataFrame, own_hole: bool) -> tuple[Values, Index, Index]:
    """Places, the hole that does not count at each (-1 none), and the hole of each composite."""
    names = pd.Index(holes["hole"].unique())
    owners = names.get_indexer(pd.Index(holes["hole"])).astype(np.int64)
    if isinstance(at, BlockGrid):
        places = at.centres()
        return places, np.full(len(places), -1, np.int64), owners
    there = known_places(at, ("hole", "x", "y", "z"), "samples")
    if len(there) < len(at):
        raise DataError(f"{len(at) - len(there)} samples have no hole or no place; leave them out")
    places = at[["x", "y", "z"]].to_numpy(float)
    own = names.get_indexer(pd.Index(at["hole"])).astype(np.int64)
    return places, np.full_like(own, -1) if own_hole else own, owners


def _say_alone(alone: npt.NDArray[np.bool_], at: At, radius: float) -> None:
    if alone.any():
        log.info(
            "%d of %d %s have no composite of a hole within %g m; their value is unknown.",
            alone.sum(), len(alone), "blocks" if isinstance(at, BlockGrid) else "samples", radius,
        )  # fmt: skip
