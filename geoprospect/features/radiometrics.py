"""Gamma rays of the ground: potassium, thorium and uranium together."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features import groups, scaling, sources
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

PERCENT = frozenset({"%", "percent", "pct", "wt%"})
PARTS = frozenset({"mg kg-1", "ppm", "ug g-1", "g t-1"})

UNITS: Mapping[str, frozenset[str]] = {"potassium": PERCENT, "thorium": PARTS, "uranium": PARTS}
"""Units in which each radioelement is asked for."""

DOSE: Mapping[str, float] = {"potassium": 13.078, "thorium": 2.494, "uranium": 5.675}
"""Air absorbed dose rate of a unit of each in the ground [nGy h-1 per %, mg kg-1, mg kg-1]."""

Stack = npt.NDArray[np.float32]


@FEATURES.register
def dose_rate(source: groups.Group, *, names: list[str] | None = None) -> xr.DataArray:
    """
    Gamma dose rate in air above the ground, from its potassium, thorium and uranium [nGy h-1].

    One layer for how radioactive the ground is: granites and black shales stand out,
    and so do the survey's lakes and swamps, which are dark in every channel [1]_.

    Parameters
    ----------
    source : Dataset, or list of DataArray (y, x) and Dataset
        Layers ``potassium`` [%], ``thorium`` (eTh) [mg kg-1] and ``uranium`` (eU)
        [mg kg-1], on one grid.
    names : list of str, optional
        What each layer is, in their order, where they go by other names.

    Returns
    -------
    DataArray (y, x) float32, lazy
        13.078 K + 5.675 eU + 2.494 eTh [1]_; NaN where one of them is unknown. Values
        below 0, which weak counts give after stripping, are kept.

    Raises
    ------
    ContractError
        If one of the three is not there, or in other units; a layer that states none
        is taken as it is, and that is said.

    References
    ----------
    .. [1] IAEA (2003). Guidelines for radioelement mapping using gamma ray
       spectrometry data. IAEA-TECDOC-1363. International Atomic Energy Agency.
    """
    group = _radioelements(source, list(DOSE), "dose_rate", names)
    rates = np.array(list(DOSE.values()))

    def block_dose(stack: Stack) -> Stack:
        parts = stack.astype("f8") * rates[:, None, None]
        return np.asarray((parts[0] + parts[1] + parts[2])[None], "float32")

    found = lazy.from_cube(block_dose, group, list(DOSE), ["dose"])["dose"]
    return contract.describe(found, long_name="gamma dose rate", units="nGy h-1")


@FEATURES.register
def radioelement_ratio(
    source: groups.Group,
    *,
    numerator: str,
    denominator: str,
    floor: float,
    names: list[str] | None = None,
) -> xr.DataArray:
    """
    Ratio of two radioelements, where there is enough of the lower one [units of both].

    Soil moisture, cover and the shape of the ground dim all channels alike and fall
    out of a ratio; K/eTh rises where fluids brought potassium but no thorium, and
    eU/eTh where uranium moved [1]_.

    Parameters
    ----------
    source : Dataset, or list of DataArray (y, x) and Dataset
        Two or more of ``potassium`` [%], ``thorium`` [mg kg-1] and ``uranium``
        [mg kg-1], on one grid.
    numerator : str
        The upper one: potassium, thorium or uranium.
    denominator : str
        The lower one.
    floor : float
        Least of the lower one that counts; below it the ratio is noise [units of
        the denominator].
    names : list of str, optional
        What each layer is, in their order, where they go by other names.

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where one of the two is unknown, or the lower one is below the floor,
        which is said when it is computed.

    Raises
    ------
    ContractError
        If one of the two is not there, or in other units; a layer that states none
        is taken as it is, and that is said.
    ValueError
        If the two are the same or no radioelements, or *floor* is not positive.

    References
    ----------
    .. [1] Shives, R.B.K., Charbonneau, B.W., Ford, K.L. (2000). The detection of
       potassic alteration by gamma-ray spectrometry: recognition of alteration
       related to mineralization. Geophysics 65, 2001-2011.
    """
    wanted = [numerator, denominator]
    if not set(wanted) <= set(UNITS) or numerator == denominator:
        raise ValueError(
            f"numerator and denominator must be two of {', '.join(UNITS)}, got {numerator!r} and "
            f"{denominator!r}"
        )
    sources.positive("floor", floor, _units_of(denominator))
    group = _radioelements(source, wanted, "radioelement_ratio", names)
    units = f"{_units_of(numerator)} / ({_units_of(denominator)})"
    return _over_floor(
        group,
        denominator,
        floor,
        long_name=f"{numerator} over {denominator}",
        units="1" if _units_of(numerator) == _units_of(denominator) else units,
    )


@FEATURES.register
def f_parameter(
    source: groups.Group, *, floor: float, names: list[str] | None = None
) -> xr.DataArray:
    """
    Efimov's parameter, potassium times uranium over thorium [%].

    Potassic alteration brings potassium, often uranium, and leaves thorium where it
    was: F gathers both ratios in one and follows porphyry and gold alteration that
    each shows but faintly [1]_ [2]_.

    Parameters
    ----------
    source : Dataset, or list of DataArray (y, x) and Dataset
        Layers ``potassium`` [%], ``thorium`` (eTh) [mg kg-1] and ``uranium`` (eU)
        [mg kg-1], on one grid.
    floor : float
        Least eTh that counts; below it the ratio is noise [mg kg-1].
    names : list of str, optional
        What each layer is, in their order, where they go by other names.

    Returns
    -------
    DataArray (y, x) float32, lazy
        K eU / eTh; NaN where one of the three is unknown, or eTh is below the floor,
        which is said when it is computed.

    Raises
    ------
    ContractError
        If one of the three is not there, or in other units; a layer that states none
        is taken as it is, and that is said.
    ValueError
        If *floor* is not positive.

    References
    ----------
    .. [1] Efimov, A.V. (1978). Multiplicative parameter for the separation of ores by
       gamma-spectrometric data (in Russian). Metody Rudnoi Geofiziki, Leningrad, 59-68.
    .. [2] Gnojek, I., Prichystal, A. (1985). A new zinc mineralization detected by
       airborne gamma-ray spectrometry in northern Moravia (Czechoslovakia).
       Geoexploration 23, 491-502.
    """
    sources.positive("floor", floor, "mg kg-1")
    group = _radioelements(source, ["potassium", "uranium", "thorium"], "f_parameter", names)
    return _over_floor(group, "thorium", floor, long_name="F-parameter", units="%")


@FEATURES.register
def ternary_bands(
    source: groups.Group,
    *,
    lower: float = 2.0,
    upper: float = 98.0,
    names: list[str] | None = None,
    area: xr.DataArray | None = None,
) -> xr.Dataset:
    """
    Potassium, thorium and uranium as the bands of a ternary image [1].

    Red, green and blue of the picture in which geologists trace units and alteration
    by eye: white where all three are high, black over water, red where potassium
    alone is up [1]_.

    Parameters
    ----------
    source : Dataset, or list of DataArray (y, x) and Dataset
        Layers ``potassium``, ``thorium`` and ``uranium``, on one grid.
    lower : float
        Percentile that becomes 0, as does all below it [%].
    upper : float
        Percentile that becomes 1, as does all above it [%].
    names : list of str, optional
        What each layer is, in their order, where they go by other names.
    area : DataArray (y, x), optional
        Study area, NaN outside; only cells within it set the percentiles.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``red`` (potassium), ``green`` (thorium) and ``blue`` (uranium), 0 to 1; NaN
        where unknown. Percentiles are of all known cells, or of a regular selection
        of at most 100,000; computed at once, on purpose, and said.

    Raises
    ------
    ContractError
        If one of the three is not there, or in other units; a layer that states none
        is taken as it is, and that is said.
    DataError
        If the values of one do not spread.
    ValueError
        Unless 0 <= *lower* < *upper* <= 100.

    References
    ----------
    .. [1] IAEA (2003). Guidelines for radioelement mapping using gamma ray
       spectrometry data. IAEA-TECDOC-1363. International Atomic Energy Agency.
    """
    elements = {"red": "potassium", "green": "thorium", "blue": "uranium"}
    group = _radioelements(source, list(elements.values()), "ternary_bands", names)
    found = {}
    for colour, element in elements.items():
        band = scaling.stretched(group[element], lower, upper, area)
        found[colour] = contract.describe(band, long_name=f"{element} as {colour}", units="1")
    return xr.Dataset(found)


def _radioelements(
    source: groups.Group, wanted: list[str], feature: str, names: list[str] | None
) -> xr.Dataset:
    """Radioelements by name, in the units that the formulas take."""
    group = groups.measured(groups.named(source, feature, names), wanted, feature)
    stated = {str(element): str(layer.attrs["units"]).strip() for element, layer in group.items()}
    silent = [element for element, units in stated.items() if units == "1"]
    if silent:
        log.warning(
            "%s takes it that %s, which state no units",
            feature,
            ", ".join(f"{element} is in {_units_of(element)}" for element in silent),
        )
    for element, layer in group.items():
        _check_units(str(element), layer, feature)
    return group


def _check_units(element: str, layer: xr.DataArray, feature: str) -> None:
    stated = str(layer.attrs["units"]).strip()
    if stated not in {"1", *UNITS[element]}:
        raise ContractError(
            f"{feature} takes {element} in {_units_of(element)}, and {layer.attrs['long_name']!r} "
            f"is in {stated!r}; convert it first (expression), or state its units where it is read"
        )


def _units_of(element: str) -> str:
    return "%" if element == "potassium" else "mg kg-1"


def _over_floor(
    group: xr.Dataset, denominator: str, floor: float, *, long_name: str, units: str
) -> xr.DataArray:
    """The product of all others over one of them, where that is not below the floor."""
    order = [*(str(name) for name in group if name != denominator), denominator]
    said: list[str] = []

    def block_ratio(stack: Stack) -> Stack:
        *above, below = stack.astype("f8")
        faint = int(np.count_nonzero(below < floor))
        if faint and not said:
            said.append(long_name)
            log.warning(
                "%s: %s below %g %s is too little to divide by, and the cells become unknown "
                "(%d of the first block that has any)",
                long_name,
                denominator,
                floor,
                _units_of(denominator),
                faint,
            )
        ratio = np.prod(above, axis=0) / np.where(below < floor, np.nan, below)
        return np.asarray(ratio[None], "float32")

    found = lazy.from_cube(block_ratio, group, order, ["ratio"])["ratio"]
    return contract.describe(found, long_name=long_name, units=units)
