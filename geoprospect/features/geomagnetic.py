"""Magnetics as they would be at the pole, and the direction of the Earth's field."""

from __future__ import annotations

import datetime
import logging
import math

import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.errors import ContractError
from geoprospect.features import sources
from geoprospect.features.wavenumber import transformed
from geoprospect.kernels import potential
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

Direction = tuple[float, float]
"""Inclination (downward positive) and declination (eastward positive) [degree]."""

YEARS = (1900, 2030)
"""Years that the reference field covers."""

UNEVEN = 3.0
"""Difference of the inclination over a grid above which it is said [degree]."""

GRAVITY = 6.674e-11 * 1e5 / (1e-7 * 1e9)
"""mGal per nT m, for 1 kg m-3 per A m-1: the gravitational constant over the magnetic one."""


@FEATURES.register
def reduction_to_pole(
    source: xr.DataArray,
    *,
    inclination: float | None = None,
    declination: float | None = None,
    year: float | None = None,
    magnetization_inclination: float | None = None,
    magnetization_declination: float | None = None,
    least_inclination: float = 20.0,
) -> xr.DataArray:
    """
    A magnetic anomaly as it would be under a vertical field [nT].

    Away from the poles an anomaly lies beside its body, with a low on one side;
    reduced to the pole it lies over it, so that magnetics can be laid over geology and
    gravity [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Anomaly of the total magnetic field on the target grid [nT].
    inclination : float, optional
        Of the Earth's field when and where it was measured, downward positive [degree].
    declination : float, optional
        Of the same, eastward of true north positive [degree].
    year : float, optional
        When it was measured, 1990.5 for July 1990 [year]: inclination and declination are
        then those of the International Geomagnetic Reference Field (IGRF-14) at the
        middle of the grid.
    magnetization_inclination : float, optional
        Of the rocks' magnetisation where it is not along the field, as with remanence
        [degree]; as the field, if not given.
    magnetization_declination : float, optional
        Of the same [degree].
    least_inclination : float
        Under a flatter field noise along its direction would grow without bound; it is
        held to what it would be at this inclination [degree].

    Returns
    -------
    DataArray (y, x) float32, lazy
        NaN where the field is unknown; less sure near gaps and edges.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* is not in nT, or its grid is not in metres.
    ValueError
        Unless either *year* or *inclination* and *declination* are given, within their
        ranges; if one of the magnetisation's angles is given alone.

    References
    ----------
    .. [1] Blakely, R.J. (1995). Potential Theory in Gravity and Magnetic
       Applications. Cambridge University Press, ch. 12. The bound at low inclinations:
       MacLeod, I.N., Jones, K., Dai, T.F. (1993). 3-D analytic signal in the
       interpretation of total magnetic field data at low magnetic latitudes.
       Exploration Geophysics 24, 679-688. The reference field: International
       Association of Geomagnetism and Aeronomy (2024). IGRF-14.
    """
    field = _anomaly(source, "reduction_to_pole")
    earth = _earth((inclination, declination), year, contract.grid_of(field))
    rocks = _rocks((magnetization_inclination, magnetization_declination), earth)
    made = potential.pole(
        _on_grid((earth, rocks), contract.grid_of(field)), _least(least_inclination, earth, rocks)
    )
    return contract.describe(
        transformed(field, [made]),
        long_name=f"{field.attrs['long_name']} reduced to the pole",
        units="nT",
        quality=contract.is_quality(field),
    )


@FEATURES.register
def pseudogravity(
    source: xr.DataArray,
    *,
    ratio: float,
    inclination: float | None = None,
    declination: float | None = None,
    year: float | None = None,
    magnetization_inclination: float | None = None,
    magnetization_declination: float | None = None,
    least_inclination: float = 20.0,
) -> xr.DataArray:
    """
    Gravity of the magnetic sources, if their density went with their magnetisation [mGal].

    Magnetics in gravity's clothes: smooth, over the bodies, and led by the deep and
    large ones. Its horizontal gradient peaks over the edges of thick bodies, and beside
    measured gravity it tells which bodies are both dense and magnetic [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Anomaly of the total magnetic field on the target grid [nT].
    ratio : float
        Density per magnetisation [kg m-3 per A m-1], a hundred, say; it scales the
        result and changes no shape.
    inclination : float, optional
        Of the Earth's field when and where it was measured, downward positive [degree].
    declination : float, optional
        Of the same, eastward of true north positive [degree].
    year : float, optional
        When it was measured, 1990.5 for July 1990 [year]: inclination and declination are
        then those of the International Geomagnetic Reference Field (IGRF-14) at the
        middle of the grid.
    magnetization_inclination : float, optional
        Of the rocks' magnetisation where it is not along the field, as with remanence
        [degree]; as the field, if not given.
    magnetization_declination : float, optional
        Of the same [degree].
    least_inclination : float
        Under a flatter field noise along its direction is held to what it would be at
        this inclination [degree].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Without level and slopes, which magnetics do not tell. NaN where the field is
        unknown. Long waves grow the most, so that what lies beyond the edge bears on
        all of it: read shapes, not levels.
        Of a grid above 4 million cells the broad shape is worked out at once, on purpose.

    Raises
    ------
    ContractError
        If *source* is not in nT, or its grid is not in metres.
    ValueError
        Unless either *year* or *inclination* and *declination* are given, within their
        ranges; if one of the magnetisation's angles is given alone; if *ratio* is not
        positive.

    References
    ----------
    .. [1] Baranov, V. (1957). A new method for interpretation of aeromagnetic maps:
       pseudo-gravimetric anomalies. Geophysics 22, 359-382.
    """
    field = _anomaly(source, "pseudogravity")
    sources.positive("ratio", ratio, "kg m-3 per A m-1")
    earth = _earth((inclination, declination), year, contract.grid_of(field))
    rocks = _rocks((magnetization_inclination, magnetization_declination), earth)
    made = potential.pseudogravity(
        _on_grid((earth, rocks), contract.grid_of(field)),
        _least(least_inclination, earth, rocks),
        GRAVITY * ratio,
    )
    return contract.describe(
        transformed(field, [made]),
        long_name=f"pseudogravity of {field.attrs['long_name']}",
        units="mGal",
        quality=contract.is_quality(field),
    )


def _anomaly(source: xr.DataArray, feature: str) -> xr.DataArray:
    field = sources.continuous(source, feature)
    if field.attrs["units"] not in {"nT", "gamma"}:
        raise ContractError(
            f"{feature} needs a magnetic anomaly in nT, and {field.attrs['long_name']!r} is in "
            f"{field.attrs['units']!r}; state units: nT where it is read if it is in nT"
        )
    contract.check_grid(contract.grid_of(field))
    return field


# --- directions ---------------------------------------------------------------------------------


def reference_field(grid: GeoBox, year: float) -> Direction:
    """
    Inclination and declination of the IGRF-14 at the middle of a grid, at sea level.

    Said in the log, and also if the inclination differs much over the grid.
    """
    if not YEARS[0] <= year <= YEARS[1]:
        raise ValueError(
            f"year is {year:g}, and the reference field covers {YEARS[0]} to {YEARS[1]}; give "
            "inclination and declination"
        )
    height, width = grid.shape
    corners = [(0, 0), (width, 0), (0, height), (width, height)]
    middle, *others = (_igrf(grid, at, year) for at in [(width / 2, height / 2), *corners])
    log.info(
        "the Earth's field in %.1f at the middle of the grid: inclination %.2f, declination %.2f "
        "degrees (IGRF-14)", year, *middle,
    )  # fmt: skip
    inclinations = [inclination for inclination, _ in others]
    if max(inclinations) - min(inclinations) > UNEVEN:
        log.warning(
            "the field's inclination is %.1f to %.1f degrees over the grid; %.1f is taken for "
            "all of it: part the area if that matters",
            min(inclinations), max(inclinations), middle[0],
        )  # fmt: skip
    return middle


def _igrf(grid: GeoBox, pixel: tuple[float, float], year: float) -> Direction:
    import ppigrf

    first = datetime.datetime(int(year), 1, 1)
    length = datetime.datetime(int(year) + 1, 1, 1) - first
    when = first + (year - int(year)) * length
    east, north, up = (float(one.item()) for one in ppigrf.igrf(*_lonlat(grid, pixel), 0.0, when))
    down = math.degrees(math.atan2(-up, math.hypot(east, north)))
    return down, math.degrees(math.atan2(east, north))


def _lonlat(grid: GeoBox, pixel: tuple[float, float]) -> tuple[float, float]:
    from pyproj import Transformer

    crs = grid.crs.proj
    east, north = grid.affine @ pixel
    to_degrees = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    longitude, latitude = to_degrees.transform(east, north)
    return float(longitude), float(latitude)


def convergence(grid: GeoBox) -> float:
    """Angle of the grid's north at its middle, eastward from true north [degree]."""
    from pyproj import Proj

    height, width = grid.shape
    place = _lonlat(grid, (width / 2, height / 2))
    return float(Proj(grid.crs.proj).get_factors(*place).meridian_convergence)


def _earth(given: tuple[float | None, float | None], year: float | None, grid: GeoBox) -> Direction:
    inclination, declination = given
    if year is not None and inclination is None and declination is None:
        return reference_field(grid, year)
    if year is None and inclination is not None and declination is not None:
        return _checked(inclination, declination, "")
    raise ValueError(
        "the direction of the Earth's field is not clear: give either year, or inclination and "
        f"declination; got year {year}, inclination {inclination}, declination {declination}"
    )


def _rocks(given: tuple[float | None, float | None], earth: Direction) -> Direction:
    inclination, declination = given
    if inclination is None and declination is None:
        return earth
    if inclination is None or declination is None:
        raise ValueError(
            "give both magnetization_inclination and magnetization_declination, or neither; got "
            f"{inclination} and {declination}"
        )
    return _checked(inclination, declination, "magnetization_")


def _checked(inclination: float, declination: float, name: str) -> Direction:
    for value, what, most in ((inclination, "inclination", 90), (declination, "declination", 360)):
        if not abs(value) <= most:
            raise ValueError(f"{name}{what} must be within {most} degrees of 0, got {value:g}")
    return inclination, declination


def _on_grid(directions: tuple[Direction, ...], grid: GeoBox) -> tuple[Direction, ...]:
    """Directions from the grid's north."""
    turned = convergence(grid)
    return tuple((inclination, declination - turned) for inclination, declination in directions)


def _least(least: float, *directions: Direction) -> float:
    if not 0 < least <= 90:
        raise ValueError(f"least_inclination must be above 0 and up to 90 degrees, got {least:g}")
    flattest = min(abs(inclination) for inclination, _ in directions)
    if flattest < least:
        log.warning(
            "an inclination of %.1f degrees is flatter than %g: what grows along the field's "
            "direction is held to that of %g (least_inclination)", flattest, least, least,
        )  # fmt: skip
    return least
