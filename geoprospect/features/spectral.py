"""Minerals and plants from the bands of satellites."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError, did_you_mean
from geoprospect.features import components, groups, sensors, sources, transform
from geoprospect.kernels import formula
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

Sensor = Literal["sentinel2", "landsat", "aster"]
Stack = npt.NDArray[np.float32]

NEAR_ZERO = 1e-6
"""A divisor nearer to 0 than this is noise [reflectance, or its square]."""

BRIGHTEST = 10
"""No surface reflects as much light: greater values are numbers as delivered [reflectance]."""


@FEATURES.register
def reflectance(
    source: xr.DataArray | xr.Dataset,
    *,
    product: Literal[
        "landsat_collection2_level2", "sentinel2_level2a", "sentinel2_level2a_before_baseline_04"
    ],
) -> xr.DataArray | xr.Dataset:
    """
    Surface reflectance from a product's whole numbers [1].

    Ratios of bands mean minerals only if both bands start at zero light: the numbers
    that agencies deliver carry an offset, which bends every ratio [1]_ [2]_.

    Parameters
    ----------
    source : DataArray (y, x) or Dataset
        A band as delivered, or several.
    product : str
        'landsat_collection2_level2' (Landsat 4 to 9): 0.0000275 n - 0.2;
        'sentinel2_level2a' (baseline 04.00, since 25 January 2022):
        (n - 1000) / 10000; 'sentinel2_level2a_before_baseline_04': n / 10000.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where the number is 0, which is no data in all of them. Values below 0
        and above 1, which correction for the air can give, are kept.

    Raises
    ------
    ContractError
        If *source* holds classes.

    References
    ----------
    .. [1] USGS (2023). Landsat 8-9 Collection 2 Level 2 Science Product Guide.
    .. [2] ESA (2022). Sentinel-2 Products Specification Document, baseline 04.00.
    """
    scale, offset = sensors.PRODUCTS[product]

    def scaled(band: xr.DataArray) -> xr.DataArray:
        layer = sources.continuous(band, "reflectance")
        return contract.describe(
            lazy.from_array(_light, layer, scale, offset),
            long_name=f"reflectance, {layer.attrs['long_name']}",
            units="1",
        )

    return transform.each(source, scaled) if isinstance(source, xr.Dataset) else scaled(source)


@FEATURES.register
def spectral_index(
    source: groups.Group,
    *,
    index: Literal[
        "ndvi", "ferric_iron", "ferrous_iron", "clay", "alunite_kaolinite", "carbonate",
        "carbonate_thermal", "quartz", "silica", "mafic",
    ],
    sensor: Sensor,
    names: list[str] | None = None,
) -> xr.DataArray:  # fmt: skip
    """
    Index of a mineral group, or of vegetation, from a satellite's bands [1].

    Altered rock is bleached, clayey and rusty: iron oxides absorb blue, clay and mica
    near 2.2 micrometres, carbonate near 2.34, quartz at 8.3 and 9.1 [1]_ [2]_ [3]_.

    Parameters
    ----------
    source : Dataset, or list of DataArray (y, x) and Dataset
        The bands, as surface reflectance (see the feature reflectance); thermal ones
        as radiance or emissivity. They go by their role (blue, green, red, nir, swir1,
        swir2, ...) or by the sensor's own names (B02, B8A, B3N, sr_b4; case and zeros
        do not matter).
    index : str
        For Sentinel-2 and Landsat 8-9: ndvi, (nir - red) / (nir + red) [4]_;
        ferric_iron, red / blue; ferrous_iron, swir1 / nir [5]_; clay, swir1 / swir2.
        For ASTER, by band: ndvi, (3 - 2) / (3 + 2); ferric_iron, 2 / 1; ferrous_iron,
        5 / 3 + 1 / 2; clay, (5 + 7) / 6; alunite_kaolinite, (4 + 6) / 5; carbonate,
        (7 + 9) / 8 [2]_; carbonate_thermal, 13 / 14; quartz, 11 11 / (10 12) [3]_;
        silica, 13 / 12 [6]_; mafic, 12 14^3 / 13^4 [7]_.
    sensor : {"sentinel2", "landsat", "aster"}
        Landsat is 8 or 9.
    names : list of str, optional
        Role or band of each layer, in their order, where they go by other names.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where a band is unknown, or the divisor is within 0.000001 of 0, which is
        said when it is computed; so are bands too bright to be reflectance. Vegetation
        hides minerals: mask it.

    Raises
    ------
    ContractError
        If a band that the index needs is not there.
    ValueError
        If the sensor cannot tell the mineral.

    References
    ----------
    .. [1] Sabins, F.F. (1999). Remote sensing for mineral exploration. Ore Geology
       Reviews 14, 157-183.
    .. [2] Rowan, L.C., Mars, J.C. (2003). Lithologic mapping in the Mountain Pass,
       California area using ASTER data. Remote Sensing of Environment 84, 350-366.
    .. [3] Ninomiya, Y. (2002). Mapping quartz, carbonate minerals and mafic-ultramafic
       rocks using remotely sensed multispectral thermal infrared ASTER data.
       Proceedings of SPIE 4710, 191-202.
    .. [4] Rouse, J.W., Haas, R.H., Schell, J.A., Deering, D.W. (1974). Monitoring
       vegetation systems in the Great Plains with ERTS. NASA SP-351, 309-317.
    .. [5] Segal, D. (1982). Theoretical basis for differentiation of ferric-iron bearing
       minerals, using Landsat MSS data. Proceedings of the 2nd Thematic Conference on
       Remote Sensing for Exploration Geology, 949-951.
    .. [6] Kalinowski, A., Oliver, S. (2004). ASTER Mineral Index Processing Manual.
       Geoscience Australia.
    .. [7] Ninomiya, Y., Fu, B., Cudahy, T.J. (2005). Detecting lithology with ASTER
       multispectral thermal infrared radiance-at-sensor data. Remote Sensing of
       Environment 99, 127-139.
    """
    ratio = _meant(sensors.INDICES, index, sensor)
    over, under = formula.parsed(ratio.over), formula.parsed(ratio.under)
    roles = list(dict.fromkeys([*over.names, *under.names]))
    bands = _bands(source, roles, sensor, "spectral_index", names)
    found = lazy.from_cube(_quotient(over, under, roles, index), bands, roles, ["index"])["index"]
    told = "vegetation index" if index == "ndvi" else f"{index.replace('_', ' ')} index"
    return contract.describe(found, long_name=f"{told} ({ratio.shows})", units="1")


@FEATURES.register
def crosta(
    source: groups.Group,
    *,
    target: Literal["hydroxyl", "iron"],
    sensor: Sensor,
    names: list[str] | None = None,
    area: xr.DataArray | None = None,
) -> xr.DataArray:
    """
    Principal component of four bands that sets a mineral group apart, by Crosta [1].

    Brightness and plants fill the first components; the one that sets a mineral's
    bright band against its dark one is left with the mineral, where plain ratios mix
    it with leaves and shade [1]_ [2]_.

    Parameters
    ----------
    source : Dataset, or list of DataArray (y, x) and Dataset
        The bands, as surface reflectance, by role or by the sensor's own names.
    target : {"hydroxyl", "iron"}
        Hydroxyl: blue, nir, swir1 and swir2, swir1 against swir2; iron: blue, red, nir
        and swir1, red against blue. For ASTER green stands for blue, and band 6 for
        swir2.
    sensor : {"sentinel2", "landsat", "aster"}
        Landsat is 8 or 9.
    names : list of str, optional
        Role or band of each layer, in their order, where they go by other names.
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it are fitted to.

    Returns
    -------
    DataArray (y, x) float32, lazy
        High where the mineral is; NaN where a band is unknown. Of the covariances of the
        bands, fitted at once, on purpose, to all known cells or a regular selection of
        at most 100,000. Attrs ``loadings`` (of the bands ``loadings_of``) and ``share``
        of the variance; the log has them too.

    Raises
    ------
    ContractError
        If a band that the target needs is not there.
    DataError
        If no component sets the two bands against each other, or too few cells are
        known.

    References
    ----------
    .. [1] Crosta, A.P., Moore, J.M. (1989). Enhancement of Landsat Thematic Mapper
       imagery for residual soil mapping in SW Minas Gerais State, Brazil. Proceedings of
       the 7th Thematic Conference on Remote Sensing for Exploration Geology, 1173-1187.
    .. [2] Loughlin, W.P. (1991). Principal component analysis for alteration mapping.
       Photogrammetric Engineering & Remote Sensing 57, 1163-1169.
    """
    contrast = sensors.CONTRASTS[target][sensor]
    bands = _bands(source, contrast.bands, sensor, "crosta", names)
    fit = components.fitted(bands, standardised=False, area=area)
    bright, dark = fit.names.index(contrast.bright), fit.names.index(contrast.dark)
    product = fit.loadings[:, bright] * fit.loadings[:, dark]
    chosen = int(np.argmin(product))
    if product[chosen] >= 0:
        raise DataError(
            f"no component of {', '.join(fit.names)} sets {contrast.bright} against "
            f"{contrast.dark}; these bands do not tell {target} here"
        )
    log.info("crosta, %s: component %d (%s)", target, chosen + 1, fit.told(chosen))
    upright = fit.turned(chosen, positive=bright)
    found = components.scores(bands, upright, [chosen], ["found"], units="1")["found"]
    return found.assign_attrs(long_name=f"{target} by Crosta, {found.attrs['long_name']}")


# --- bands by role -----------------------------------------------------------------------------


def _meant(
    table: Mapping[str, Mapping[str, sensors.Index]], index: str, sensor: str
) -> sensors.Index:
    """The formula of an index for a sensor; an error that says who can tell it."""
    if index not in table:
        raise ValueError(f"no index is called {index!r}{did_you_mean(index, table)}")
    if sensor not in table[index]:
        others = [name for name, known in table.items() if sensor in known]
        raise ValueError(
            f"{sensor} cannot tell {index}: its bands are too few or too wide; "
            f"{', '.join(table[index])} can. It tells {', '.join(others)}"
        )
    return table[index][sensor]


def _bands(
    source: groups.Group,
    roles: Sequence[str],
    sensor: str,
    feature: str,
    names: Sequence[str] | None,
) -> xr.Dataset:
    """Bands by role, whether they go by role or by the sensor's name."""
    called = {_plain(band): role for role, band in sensors.BANDS[sensor].items()}
    layers = groups.named(source, feature, names)
    found = {called.get(_plain(name), name): layer for name, layer in layers.items()}
    if len(found) < len(layers):
        raise ContractError(f"{feature}: two of {', '.join(layers)} are the same band of {sensor}")
    missing = [role for role in roles if role not in found]
    if missing:
        wanted = ", ".join(f"{role} ({sensors.BANDS[sensor][role]})" for role in missing)
        raise ContractError(
            f"{feature} lacks {wanted} of {sensor} among {', '.join(layers)}; state "
            "names: [...], the role or band of each layer, in their order"
        )
    return groups.measured(found, list(roles), feature)


def _plain(band: str) -> str:
    """A band's name without what varies: B02, b2 and SR_B2 are one."""
    short = band.lower().removeprefix("sr_").removeprefix("band_").removeprefix("b")
    return short.lstrip("0")


# --- what happens to a block ----------------------------------------------------------------------


def _light(block: lazy.Block, scale: float, offset: float) -> lazy.Block:
    value = block.astype("f8") * scale + offset
    return np.where(block == 0, np.nan, value).astype("float32")


def _quotient(
    over: formula.Formula, under: formula.Formula, roles: Sequence[str], index: str
) -> Callable[[Stack], Stack]:
    said: list[str] = []
    brightest = np.inf if any(role.startswith("tir") for role in roles) else BRIGHTEST
    warned: list[float] = []

    def block_index(stack: Stack) -> Stack:
        bright = stack[stack > brightest]
        if bright.size and not warned:
            warned.append(float(bright[0]))
            log.warning(
                "%s: a band has the value %g, which is no reflectance but a number as delivered, "
                "and its offset bends the ratio; pass the bands through reflectance first",
                index,
                bright[0],
            )
        fields = dict(zip(roles, stack.astype("f8"), strict=True))
        below = under(fields)
        nothing = np.abs(below) < NEAR_ZERO
        lost = int(np.count_nonzero(nothing))
        if lost and not said:
            said.append(index)
            log.warning(
                "%s: %s is nearly 0 and nothing to divide by; the cells become unknown (%d of "
                "the first block that has any)",
                index,
                under.text,
                lost,
            )
        found = over(fields) / np.where(nothing, np.nan, below)
        return np.asarray(found[None], "float32")

    return block_index
