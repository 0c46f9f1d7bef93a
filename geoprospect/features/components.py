"""What several layers have in common: principal components of a group."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import groups
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

Numbers = npt.NDArray[np.float64]


@FEATURES.register
def principal_components(
    source: groups.Group,
    *,
    count: int,
    standardised: bool = True,
    names: list[str] | None = None,
    area: xr.DataArray | None = None,
) -> xr.Dataset:
    """
    Principal components of a group of layers [1, or units of the layers].

    Elements that one process brought rise and fall together; a component gathers
    them into one layer with less noise than any of them, and parts the processes
    [1]_. Concentrations are better opened by a log-ratio first.

    Parameters
    ----------
    source : Dataset, or list of DataArray (y, x) and Dataset
        Two or more measured layers on one grid; those about the data rather than the
        ground are left out.
    count : int
        How many components, the strongest first.
    standardised : bool
        Whether each layer is first brought to mean 0 and standard deviation 1, so
        that units do not matter; state false for layers of one unit whose spread
        does.
    names : list of str, optional
        What each layer is called, in their order; else a set's layers go by their
        own names, and a single layer by its ``name``.
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it are fitted to.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``component_1`` and so on; NaN where a layer is unknown. Attrs ``loadings``
        (weights of the layers ``loadings_of``, of unit length, the heaviest above 0)
        and ``share`` of the variance; the log has them too. Fitted at once, on
        purpose, to the cells where all layers are known, or to a regular selection
        of at most 100,000.

    Raises
    ------
    ContractError
        If a layer holds classes, has no name, or lies on another grid.
    DataError
        If too few cells are known in all layers, or a layer to be standardised does
        not spread.
    ValueError
        If *count* is not between 1 and the number of layers.

    References
    ----------
    .. [1] Grunsky, E.C. (2010). The interpretation of geochemical survey data.
       Geochemistry: Exploration, Environment, Analysis 10, 27-74.
    """
    layers = groups.named(source, "principal_components", names)
    group = groups.measured(layers, contract.evidence(layers), "principal_components")
    if not 1 <= count <= len(group) or len(group) < 2:
        raise ValueError(
            f"count must be between 1 and the number of layers (two or more), got {count} of "
            f"{len(group)} layers"
        )
    fit = fitted(group, standardised=standardised, area=area)
    units = {layer.attrs["units"] for layer in group.values()}
    unit = units.pop() if len(units) == 1 and not standardised else "1"
    chosen = list(range(count))
    return scores(group, fit, chosen, [f"component_{k + 1}" for k in chosen], units=unit)


@dataclass(frozen=True)
class Fit:
    """Components of layers: means taken off, scales divided by, weights (component, layer)."""

    names: tuple[str, ...]
    means: Numbers
    scales: Numbers
    loadings: Numbers
    shares: Numbers

    def turned(self, component: int, *, positive: int) -> Fit:
        """The same, with the sign of a component such that one layer's weight is above 0."""
        loadings = self.loadings.copy()
        loadings[component] *= np.sign(loadings[component, positive])
        return replace(self, loadings=loadings)

    def told(self, component: int) -> str:
        """A component's loadings in words, the heaviest first."""
        weights = self.loadings[component]
        order = np.argsort(-np.abs(weights), kind="stable")
        return ", ".join(f"{self.names[k]} {weights[k]:+.2f}" for k in order)


def fitted(group: xr.Dataset, *, standardised: bool, area: xr.DataArray | None) -> Fit:
    """Principal components of a set of layers, fitted to its known cells and said."""
    from sklearn.decomposition import PCA

    names = tuple(str(name) for name in group.data_vars)
    rows = groups.sampled(group, area).astype("f8")
    if len(rows) <= len(names):
        raise DataError(
            f"{len(rows)} cells are known in all of {', '.join(names)}: too few for components of "
            f"{len(names)} layers; leave out the layer with the most gaps"
        )
    means, spreads = rows.mean(axis=0), rows.std(axis=0)
    if standardised and not spreads.all():
        flat = names[int(np.flatnonzero(spreads == 0)[0])]
        raise DataError(f"{flat!r} has one value only and no component; leave it out")
    scales = spreads if standardised else np.ones(len(names))
    found = PCA(svd_solver="covariance_eigh").fit((rows - means) / scales)
    heaviest = np.abs(found.components_).argmax(axis=1)
    signs = np.sign(found.components_[np.arange(len(names)), heaviest])
    fit = Fit(
        names, means, scales, found.components_ * signs[:, None], found.explained_variance_ratio_
    )
    for k, share in enumerate(fit.shares):
        log.info("component %d (%.0f %% of the variance): %s", k + 1, 100 * share, fit.told(k))
    return fit


def scores(
    group: xr.Dataset, fit: Fit, components: Sequence[int], outputs: Sequence[str], *, units: str
) -> xr.Dataset:
    """The chosen components of a set of layers, with their loadings."""
    chosen = [int(k) for k in components]
    weights = fit.loadings[chosen] / fit.scales
    found = lazy.from_cube(_projected, group, list(fit.names), outputs, weights, fit.means)
    return xr.Dataset(
        {name: _signed(found[name], fit, k, units) for name, k in zip(outputs, chosen, strict=True)}
    )


def _signed(layer: xr.DataArray, fit: Fit, component: int, units: str) -> xr.DataArray:
    share = float(fit.shares[component])
    told: dict[str, Any] = {
        "loadings": fit.loadings[component].tolist(),
        "loadings_of": list(fit.names),
        "share": share,
    }
    named = f"component {component + 1} of {', '.join(fit.names)} ({100 * share:.0f} % of variance)"
    return contract.describe(layer, long_name=named, units=units).assign_attrs(told)


def _projected(
    stack: npt.NDArray[np.float32], weights: Numbers, means: Numbers
) -> npt.NDArray[np.float32]:
    """Weighted sums of layers, added up in their order: a matrix product rounds by block."""
    total = np.zeros((len(weights), *stack.shape[1:]))
    for k, layer in enumerate(stack):
        total += weights[:, k, None, None] * (layer.astype("f8") - means[k])
    return total.astype("float32")
