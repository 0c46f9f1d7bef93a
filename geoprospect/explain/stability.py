"""Whether the members of an ensemble agree on which way a layer speaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.contract import Explainable
from geoprospect.explain.shapley import BASE, contributions
from geoprospect.kernels.trees import models, shapley, tiles

LEAST_AGREEMENT = 0.8
"""Share of the members that must agree, or what a layer says is greyed out."""

FINE = 1_000_000
"""Parts in which shares are summed as whole numbers, the same however the grid is cut."""

Values = npt.NDArray[np.float32]
Shares = npt.NDArray[np.float64]


def sign_agreement(cube: xr.Dataset, ensemble: Explainable) -> xr.Dataset:
    """
    Share of the members in which a layer speaks the way it does on average [1].

    Members learnt from other draws of deposits and background. Where half of them say
    that magnetics speaks for a deposit and half that it speaks against, the mean hangs on
    who was drawn and explains nothing [1]_. A member to which the layer says nothing
    agrees with neither side.

    Parameters
    ----------
    cube : Dataset
        With the layers the ensemble was trained on.
    ensemble : Explainable
        Fitted.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        One variable for each layer, from 0 to 1; NaN where all evidence is missing. Where
        the mean is exactly 0, the share of members with 0. One member's contributions of
        one block are held at a time.

    References
    ----------
    .. [1] Krishna, S., et al. (2022). The disagreement problem in explainable machine
       learning: a practitioner's perspective. arXiv:2202.01602.
    """
    layers = ensemble.layers_
    made = lazy.from_cube(_block, cube, layers, layers, ensemble)
    return xr.Dataset(
        {
            name: contract.describe(
                made[name],
                long_name=f"agreement of members on {cube[name].attrs['long_name']}",
                units="1",
            )
            for name in layers
        }
    )


def sign_agreement_rows(ensemble: Explainable, rows: npt.NDArray[Any]) -> Shares:
    """
    :func:`sign_agreement` of single cells [1]: (cells, layers) of values to (cells, layers).

    Raises
    ------
    ValueError
        If *rows* has not one column for each layer of the ensemble.
    """
    tally = _Tally((len(rows), len(ensemble.layers_)))
    for found in member_contributions(ensemble, rows):
        tally.add(found[:, :-1])
    return tally.agreement()


def member_contributions(ensemble: Explainable, rows: npt.NDArray[Any]) -> Iterator[Shares]:
    """
    Each member's contributions [log-odds], one after the other, (cells, layers + 1).

    Their mean is that of the ensemble; how they differ is how far an explanation hangs on
    the draw of deposits and background.

    Raises
    ------
    ValueError
        If *rows* has not one column for each layer of the ensemble.
    """
    for member in ensemble.members_:
        yield _of_member(ensemble, member, rows)


def steady(
    attributions: xr.Dataset, agreement: xr.Dataset, *, least: float = LEAST_AGREEMENT
) -> xr.Dataset:
    """
    The contributions on which the members agree [log-odds]; NaN, so drawn grey, elsewhere.

    Parameters
    ----------
    attributions : Dataset
        Mean contributions, one variable for each layer; ``base_value`` stays as it is.
    agreement : Dataset
        From :func:`sign_agreement`, on the same grid.
    least : float
        Share of the members that must agree [1].

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy

    Raises
    ------
    ValueError
        If *least* is not from 0 to 1, or a layer has no agreement.
    """
    _check_least(least)
    layers = [str(name) for name in attributions.data_vars if name != BASE]
    lacking = [name for name in layers if name not in agreement]
    if lacking:
        raise ValueError(f"there is no agreement for {', '.join(lacking)}; compute it first")
    kept = {name: attributions[name].where(agreement[name] >= least) for name in layers}
    return attributions.assign(kept)


def steady_driver(
    driver: xr.DataArray, agreement: xr.Dataset, *, least: float = LEAST_AGREEMENT
) -> xr.DataArray:
    """
    The strongest driver of each cell where the members agree on it, none elsewhere [1].

    Parameters
    ----------
    driver : DataArray (y, x)
        Class map: 0 where no layer speaks for a deposit, else the layer's place from 1.
    agreement : Dataset
        From :func:`sign_agreement`, its layers in the order of those places.
    least : float
        Share of the members that must agree [1].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Class map as *driver*; NaN where it is.

    Raises
    ------
    ValueError
        If *least* is not from 0 to 1.
    """
    _check_least(least)
    layers = [str(name) for name in agreement.data_vars]
    both = agreement.assign({_DRIVER: driver})
    made = lazy.from_cube(_steady_driver, both, [*layers, _DRIVER], ["driver"], least)
    return contract.describe(
        made["driver"], long_name="strongest driver on which members agree", units="1",
        meanings=contract.meanings(driver),
    )  # fmt: skip


def agreement_table(
    agreement: xr.Dataset, deposits: gpd.GeoDataFrame, *, least: float = LEAST_AGREEMENT
) -> list[dict[str, Any]]:
    """
    On how much of the ground the members agree which way each layer speaks.

    Parameters
    ----------
    agreement : Dataset
        From :func:`sign_agreement`. Computed on purpose, block by block.
    deposits : GeoDataFrame
        With ``row`` and ``column``.
    least : float
        Share of the members that must agree [1].

    Returns
    -------
    list of dict
        Ready for JSON, one for each layer: ``layer``, ``mean`` agreement over the known
        ground, ``steady``, the share of it on which members agree, and ``at_deposits``, the
        same of the deposits' cells [1]; None where nothing is known. The most agreed on
        come first.

    Raises
    ------
    ValueError
        If *least* is not from 0 to 1.
    """
    _check_least(least)
    names = [str(name) for name in agreement.data_vars]
    here = lazy.sample(agreement, names, deposits["row"], deposits["column"])
    counts = lazy.summed(
        lambda *layers: np.array([_counted(layer, least) for layer in layers]),
        *(agreement[name] for name in names),
    )
    told = [
        {
            "layer": name,
            "mean": float(total / FINE / known) if known else None,
            "steady": float(steady / known) if known else None,
            "at_deposits": _share(own[~np.isnan(own)] >= np.float32(least)),
        }
        for name, (known, total, steady), own in zip(names, counts, here.T, strict=True)
    ]
    return sorted(told, key=lambda one: (-(one["steady"] or 0), one["layer"]))


_DRIVER = "the driver"
"""No layer can be called so: ids have no spaces."""


def _counted(layer: Values, least: float) -> tuple[int, int, int]:
    """Cells that are known, the sum of their agreement, and those on which members agree."""
    known = layer[~np.isnan(layer)]
    total = int(np.rint(known.astype("float64") * FINE).astype(np.int64).sum())
    return known.size, total, int((known >= np.float32(least)).sum())


def _share(which: npt.NDArray[np.bool_]) -> float | None:
    return float(which.mean()) if which.size else None


def _steady_driver(stack: Values, least: float) -> Values:
    """Drivers of a block on which members agree: (layers + 1, y, x) -> (1, y, x)."""
    driver = stack[-1]
    known = ~np.isnan(driver)
    place = np.where(known, driver, 0).astype(np.int64)
    own = np.take_along_axis(stack[:-1], np.maximum(place - 1, 0)[None], axis=0)[0]
    kept = np.where((place > 0) & (own >= np.float32(least)), driver, 0).astype("float32")
    kept[~known] = np.nan
    return kept[None]


def _check_least(least: float) -> None:
    if not 0 <= least <= 1:
        raise ValueError(f"least must be a share from 0 to 1, got {least}")


class _Tally:
    """Members' contributions counted by sign, and their sum; no member is kept."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.members = 0
        self.total = np.zeros(shape)
        self.ahead = np.zeros(shape, np.uint16)
        self.against = np.zeros(shape, np.uint16)

    def add(self, found: npt.NDArray[np.floating]) -> None:
        """One more member."""
        self.members += 1
        self.total += found
        self.ahead += found > 0
        self.against += found < 0

    def agreement(self) -> Shares:
        """Share of the members with the sign of the mean."""
        neither = self.members - self.ahead - self.against
        of_sign = np.where(self.total > 0, self.ahead, self.against)
        agreeing: Shares = np.where(self.total == 0, neither, of_sign) / self.members
        return agreeing


def _block(evidence: Values, ensemble: Explainable) -> Values:
    """Agreement in a block: (layers, y, x) -> (layers, y, x)."""
    known: npt.NDArray[np.bool_] = np.asarray(~np.isnan(evidence).all(axis=0))
    flat, order = evidence.reshape(len(evidence), -1), tiles.of_raster(known)
    tally = _Tally(flat.shape)
    found = np.zeros(flat.shape)
    tables = (
        models.explainers(ensemble.texts) if ensemble.trees else [None] * len(ensemble.members_)
    )
    for ready, member in zip(tables, ensemble.members_, strict=True):
        if ready is not None:
            shapley.contributions(ready, flat, order, out=found)
        else:
            rows = flat[:, known.ravel()].T
            found[:, known.ravel()] = _of_member(ensemble, member, rows)[:, :-1].T
        tally.add(found)
    shares = tally.agreement().astype("float32")
    shares[:, ~known.ravel()] = np.nan
    return shares.reshape(evidence.shape)


def _of_member(ensemble: Explainable, member: Any, rows: npt.NDArray[Any]) -> Shares:
    """One member's contributions, (cells, layers + 1)."""
    told: Shares = contributions(member, rows) if ensemble.trees else member.contributions(rows)
    return told
