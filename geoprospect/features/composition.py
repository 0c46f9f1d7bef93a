"""Analyses as parts of a whole: the columns of a table as shares of it."""

from __future__ import annotations

import logging
import re

import geopandas as gpd
import numpy as np

from geoprospect.errors import DataError
from geoprospect.features import tables
from geoprospect.kernels import composition as parts
from geoprospect.kernels import units
from geoprospect.registry import TABLES

log = logging.getLogger("geoprospect.features")


@TABLES.register
def closed(source: gpd.GeoDataFrame, *, columns: list[str], unit: str) -> gpd.GeoDataFrame:
    """
    Parts divided by their sum, so that they add up to the whole.

    Analyses that do not add up to the same total, or that a varying share of
    quartz or water dilutes, can only be compared as shares [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points with the parts' units in ``attrs["units"]``; they may differ.
    columns : list of str
        The parts, two at least; none may be zero or negative.
    unit : str
        Unit of the result: with '%' the parts of a sample add up to 100, with
        'ug/g' to a million.

    Returns
    -------
    GeoDataFrame of points
        The same table, its parts closed. A sample that lacks a part has none,
        which is said.

    Raises
    ------
    DataError
        If a column is not there, holds text or values that are not above
        zero, or has no unit of concentration.
    ValueError
        If *unit* is none of concentration, or fewer than two parts are named.

    References
    ----------
    .. [1] Aitchison, J. (1986). The Statistical Analysis of Compositional Data.
       Chapman and Hall.
    """
    share = units.share_of_mass(unit)
    if share is None:
        raise ValueError(f"unit {unit!r} is no concentration; choose one such as '%' or 'ug/g'")
    made = parts.closed(shares(source, columns, "closed"), 1 / share)
    named = str(units.concentration(unit))
    return tables.with_columns(
        source,
        dict(zip(columns, made.T, strict=True)),
        dict.fromkeys(columns, named),
        anew=True,
    )


def shares(
    source: gpd.GeoDataFrame, columns: list[str], function: str, *, whole: bool = True
) -> tables.Values:
    """
    Parts (samples, parts) as shares of mass, all above zero.

    Where a sample must be *whole*, it is NaN throughout if it lacks a part.
    """
    tables.check_columns(columns, 2, function)
    found = tables.numbers(source, columns, function)
    found = found * tables.factors(source, columns, function)
    for column, values in zip(columns, found.T, strict=True):
        bad = int(np.count_nonzero(values <= 0))
        if bad:
            raise DataError(
                f"{function}: column {column!r} has {bad} of {len(values)} values at or below "
                "zero, which have no logarithm; state its limit where the table is read and pass "
                "it through multiplicative_replacement or substituted first"
            )
    if whole:
        tables.say_unknown(found, function)
        found[np.isnan(found).any(axis=1)] = np.nan
    _say_stand_ins(source, columns, function)
    _say_twins(source, columns, function)
    return found


def _say_twins(source: gpd.GeoDataFrame, columns: list[str], function: str) -> None:
    """Say which elements stand among the parts more than once, as metal and as oxide."""
    analytes = source.attrs.get("analytes", {})
    held: dict[str, list[str]] = {}
    for column in columns:
        name = str(analytes.get(column, ""))
        metals = [one for one in re.findall("[A-Z][a-z]?", name) if one not in ("O", "H", "T")]
        if metals:
            held.setdefault(metals[0], []).append(column)
    twins = [" and ".join(found) for found in held.values() if len(found) > 1]
    if twins:
        log.warning(
            "%s: the same element stands among the parts more than once: %s. It counts twice in "
            "the whole; leave one out.",
            function,
            ", ".join(twins),
        )


def _say_stand_ins(source: gpd.GeoDataFrame, columns: list[str], function: str) -> None:
    """Say of which parts many values are stand-ins: their ratios show limits, not the ground."""
    below = (~np.isnan(tables.limits(source, columns))).mean(axis=0)
    many = [f"{c} ({share:.0%})" for c, share in zip(columns, below, strict=True) if share > 0.2]
    if many:
        log.warning(
            "%s: many values stand for ones below their limit: %s. Ratios with them show the "
            "limits more than the ground; leave such parts out, or read them with care.",
            function,
            ", ".join(many),
        )
