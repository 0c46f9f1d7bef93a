"""Log-ratios of the parts of a whole, and the way back from them."""

from __future__ import annotations

from itertools import combinations
from typing import Literal

import geopandas as gpd
import numpy as np

from geoprospect.features import tables
from geoprospect.features.composition import shares
from geoprospect.kernels import composition as parts
from geoprospect.kernels import units
from geoprospect.registry import TABLES

Side = Literal["above", "below"]


@TABLES.register
def clr(source: gpd.GeoDataFrame, *, columns: list[str]) -> gpd.GeoDataFrame:
    """
    Centred log-ratios: each part over the geometric mean of all of them, as a logarithm.

    Parts of a whole cannot rise without others falling, which makes false
    correlations; ratios are free of it [1]_. The centred ones keep one column a
    part, so that maps and loadings read like those of the elements.

    Parameters
    ----------
    source : GeoDataFrame
        Points with the parts' units in ``attrs["units"]``; they may differ.
    columns : list of str
        The parts, two at least; none may be zero or negative
        (``multiplicative_replacement`` sees to values below a limit).

    Returns
    -------
    GeoDataFrame of points
        The same table with a column ``<part>_clr`` [1] for each part. A sample
        that lacks a part has none, which is said.

    Raises
    ------
    DataError
        If a column is not there, holds text or values that are not above
        zero, or has no unit of concentration.
    ValueError
        If fewer than two parts are named.

    References
    ----------
    .. [1] Aitchison, J. (1986). The Statistical Analysis of Compositional Data.
       Chapman and Hall.
    """
    ratios = parts.clr(shares(source, columns, "clr"))
    return _with_ratios(source, [f"{column}_clr" for column in columns], ratios)


@TABLES.register
def alr(source: gpd.GeoDataFrame, *, columns: list[str], denominator: str) -> gpd.GeoDataFrame:
    """
    Additive log-ratios: each part over one that is held to be immobile, as a logarithm.

    Over titanium, zirconium or aluminium they show what was added to a rock or
    taken from it [1]_; they say as much about the denominator as about the part.

    Parameters
    ----------
    source : GeoDataFrame
        Points with the parts' units in ``attrs["units"]``; they may differ.
    columns : list of str
        The parts over the denominator.
    denominator : str
        The part beneath.

    Returns
    -------
    GeoDataFrame of points
        The same table with a column ``<part>_alr`` [1] for each part. A sample
        that lacks a part has none, which is said.

    Raises
    ------
    DataError
        If a column is not there, holds text or values that are not above
        zero, or has no unit of concentration.
    ValueError
        If *denominator* is among *columns*, or no part is named.

    References
    ----------
    .. [1] Aitchison, J. (1986). The Statistical Analysis of Compositional Data.
       Chapman and Hall.
    """
    if denominator in columns:
        raise ValueError(f"denominator {denominator!r} is among columns; remove it there")
    ratios = parts.alr(shares(source, [*columns, denominator], "alr"), len(columns))
    return _with_ratios(source, [f"{column}_alr" for column in columns], ratios)


@TABLES.register
def ilr(source: gpd.GeoDataFrame, *, columns: list[str]) -> gpd.GeoDataFrame:
    """
    Isometric log-ratios: each part against all parts that are named after it.

    One coordinate fewer than parts, at right angles to each other, and with the
    distances of the composition itself [1]_: what statistics that need a full
    rank want. ``balances`` takes contrasts of your own.

    Parameters
    ----------
    source : GeoDataFrame
        Points with the parts' units in ``attrs["units"]``; they may differ.
    columns : list of str
        The parts, two at least, in the order in which they are set apart.

    Returns
    -------
    GeoDataFrame of points
        The same table with a column ``<part>_ilr`` [1] for each part but the
        last. A sample that lacks a part has none, which is said.

    Raises
    ------
    DataError
        If a column is not there, holds text or values that are not above
        zero, or has no unit of concentration.
    ValueError
        If fewer than two parts are named.

    References
    ----------
    .. [1] Egozcue, J.J., Pawlowsky-Glahn, V., Mateu-Figueras, G., Barcelo-Vidal,
       C. (2003). Isometric logratio transformations for compositional data
       analysis. Mathematical Geology 35, 279-300.
    """
    found = shares(source, columns, "ilr")
    ratios = parts.ilr(found, parts.basis(parts.pivot_signs(len(columns))))
    return _with_ratios(source, [f"{column}_ilr" for column in columns[:-1]], ratios)


@TABLES.register
def balances(
    source: gpd.GeoDataFrame, *, named: dict[str, dict[Side, list[str]]]
) -> gpd.GeoDataFrame:
    """
    Named balances: the geometric mean of some parts over that of others, as a logarithm.

    A question such as "copper and gold against what the sandstone brings" is
    one number, whatever else was analysed and however it was diluted [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points with the parts' units in ``attrs["units"]``; they may differ.
    named : dict
        For each balance its parts: ``{ore: {above: [Cu, Au], below: [Ti, Zr]}}``.

    Returns
    -------
    GeoDataFrame of points
        The same table with a column [1] for each balance: of r parts above and
        s below, sqrt(r s / (r + s)) times the logarithm of the means' ratio. A
        sample that lacks a part has none, which is said.

    Raises
    ------
    DataError
        If a column is not there, holds text or values that are not above
        zero, or has no unit of concentration.
    ValueError
        If a balance lacks parts on a side, or has one on both.

    References
    ----------
    .. [1] Egozcue, J.J., Pawlowsky-Glahn, V. (2005). Groups of parts and their
       balances in compositional data analysis. Mathematical Geology 37, 795-828.
    """
    if not named:
        raise ValueError("named holds no balance; state one, {ore: {above: [Cu], below: [Ti]}}")
    made = {}
    for name, sides in named.items():
        above, below = sides.get("above", []), sides.get("below", [])
        if not above or not below or set(above) & set(below):
            raise ValueError(
                f"balance {name!r} needs parts above and parts below, each on one side only"
            )
        columns = [*above, *below]
        signs = np.array([[1] * len(above) + [-1] * len(below)])
        found = shares(source, columns, f"balance {name!r}")
        made[name] = parts.ilr(found, parts.basis(signs))[:, 0]
    return tables.with_columns(source, made, dict.fromkeys(made, "1"))


@TABLES.register
def pairwise_log_ratios(source: gpd.GeoDataFrame, *, columns: list[str]) -> gpd.GeoDataFrame:
    """
    Logarithms of the ratios of all pairs of parts.

    Ratios of two elements are what field geologists read: they do not change
    with what else was analysed [1]_. A model may choose among them.

    Parameters
    ----------
    source : GeoDataFrame
        Points with the parts' units in ``attrs["units"]``; they may differ.
    columns : list of str
        The parts, two at least.

    Returns
    -------
    GeoDataFrame of points
        The same table with a column ``<one>_over_<other>`` [1] for each pair,
        NaN where either is missing.

    Raises
    ------
    DataError
        If a column is not there, holds text or values that are not above
        zero, or has no unit of concentration.
    ValueError
        If fewer than two parts are named.

    References
    ----------
    .. [1] Greenacre, M. (2018). Compositional Data Analysis in Practice.
       Chapman and Hall/CRC.
    """
    logs = np.log(shares(source, columns, "pairwise_log_ratios", whole=False))
    pairs = list(combinations(range(len(columns)), 2))
    names = [f"{columns[i]}_over_{columns[j]}" for i, j in pairs]
    ratios = np.stack([logs[:, i] - logs[:, j] for i, j in pairs], axis=1)
    return _with_ratios(source, names, ratios)


@TABLES.register
def from_log_ratios(
    source: gpd.GeoDataFrame,
    *,
    columns: list[str],
    kind: Literal["clr", "alr", "ilr"],
    unit: str,
    suffix: str = "",
) -> gpd.GeoDataFrame:
    """
    The composition that has these log-ratios, closed to the whole.

    Statistics are made on log-ratios and read in percent: this is the way back
    from ``clr``, ``alr`` and ``ilr`` [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points with columns ``<part>_clr``, ``<part>_alr`` or ``<part>_ilr``.
    columns : list of str
        The parts, in the order in which the ratios were made; for alr the
        denominator last.
    kind : {"clr", "alr", "ilr"}
        Which ratios.
    unit : str
        Unit of the result: with '%' the parts of a sample add up to 100.
    suffix : str
        What stands behind the ratios' names: '_regional' after ``trend_residual``.

    Returns
    -------
    GeoDataFrame of points
        The same table with a column ``<part>_closed``, and the suffix, for each part.

    Raises
    ------
    DataError
        If a column is not there, or holds text.
    ValueError
        If *unit* is none of concentration, or fewer than two parts are named.

    References
    ----------
    .. [1] Egozcue, J.J., Pawlowsky-Glahn, V., Mateu-Figueras, G., Barcelo-Vidal,
       C. (2003). Isometric logratio transformations for compositional data
       analysis. Mathematical Geology 35, 279-300.
    """
    share = units.share_of_mass(unit)
    if share is None:
        raise ValueError(f"unit {unit!r} is no concentration; choose one such as '%' or 'ug/g'")
    tables.check_columns(columns, 2, "from_log_ratios")
    held = columns if kind == "clr" else columns[:-1]
    ratios = tables.numbers(source, [f"{part}_{kind}{suffix}" for part in held], "from_log_ratios")
    if kind == "clr":
        found = parts.clr_inverse(ratios)
    elif kind == "alr":
        found = parts.alr_inverse(ratios, len(held))
    else:
        found = parts.ilr_inverse(ratios, parts.basis(parts.pivot_signs(len(columns))))
    names = [f"{part}_closed{suffix}" for part in columns]
    made = dict(zip(names, (found / share).T, strict=True))
    return tables.with_columns(source, made, dict.fromkeys(names, str(units.concentration(unit))))


def _with_ratios(
    source: gpd.GeoDataFrame, names: list[str], ratios: tables.Values
) -> gpd.GeoDataFrame:
    made = dict(zip(names, ratios.T, strict=True))
    return tables.with_columns(source, made, dict.fromkeys(names, "1"))
