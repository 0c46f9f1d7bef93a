"""Names of rock units as people write them, and the groups that they belong to."""

from __future__ import annotations

import fnmatch
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import geology, sources, tables
from geoprospect.registry import FEATURES, TABLES

log = logging.getLogger("geoprospect.features")

TOLD = 10
"""Names that a warning lists, at most."""


def cleaned(name: str) -> str:
    """A name for comparison: without marks of doubt, underscores, extra blanks, case and width."""
    plain = unicodedata.normalize("NFKC", name).replace("_", " ").replace("?", " ")
    return " ".join(re.sub(r"\s+([,;)])", r"\1", plain).split()).casefold()


def texts(column: pd.Series) -> list[str]:
    """A column as texts, empty where it says nothing."""
    return [name if isinstance(name, str) else "" for name in sources.class_names(column)]


@TABLES.register
def grouped(
    source: gpd.GeoDataFrame, *, column: str, groups: dict[str, list[str | int]], name: str
) -> gpd.GeoDataFrame:
    """
    Features with the group that their class belongs to: raw names of units to a few kinds.

    A geological map has more units than a model can learn from a few deposits; what
    bears on ore (reactive, brittle, fertile, barren) is a handful of groups, which a
    geologist states in a table [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Polygons, lines or points.
    column : str
        Column with the raw names, or codes.
    groups : dict of str to list of str or int
        For each group the raw names in it; ``*`` stands for any letters
        (``*granite*``), and a name written out goes before those. Case, width of
        letters, blanks, underscores and question marks make no difference.
    name : str
        What the new column is called.

    Returns
    -------
    GeoDataFrame of points, or whatever the features are
        The same table with a column of groups, missing where the name is empty or in
        no group, which is said with the names.

    Raises
    ------
    DataError
        If there is no such column, no name of it is in a group, or *name* is there.
    ValueError
        If *groups* is empty, or a name is in two groups.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    names = texts(sources.column(source, column, "grouped"))
    found = _groups(names, groups, f"column {column!r}")
    made = np.array([found.get(one) for one in names], dtype=object)
    return tables.with_columns(source, {name: made}, {})


@FEATURES.register
def grouped_category(
    source: gpd.GeoDataFrame | xr.DataArray,
    *,
    grid: GeoBox,
    groups: dict[str, list[str | int]],
    column: str | None = None,
) -> xr.DataArray:
    """
    Group of the ground at the centre of each cell, by a table of raw names [1].

    The units of a geological map, brought to the few kinds that bear on ore by a
    geologist's table [1]_.

    Parameters
    ----------
    source : GeoDataFrame or DataArray (y, x)
        Polygons in the grid's CRS, or a layer of classes on the grid.
    grid : GeoBox
        Target grid.
    groups : dict of str to list of str or int
        For each group the raw names in it; ``*`` stands for any letters
        (``*granite*``), and a name written out goes before those. Case, width of
        letters, blanks, underscores and question marks make no difference.
    column : str, optional
        Column with the raw names; polygons need it, a layer has none.

    Returns
    -------
    DataArray (y, x) float32, lazy
        Codes from 1 in the order of the groups in the table, with ``flag_values`` and
        ``flag_meanings``. NaN where the class is unknown or in no group, which is said
        with the names.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS, or is a layer without classes.
    DataError
        If there is no such column, no name is in a group, or features are no polygons.
    ValueError
        If *groups* is empty, or a name is in two groups.

    References
    ----------
    .. [1] Carranza, E.J.M. (2009). Geochemical Anomaly and Mineral Prospectivity
       Mapping in GIS. Elsevier.
    """
    codes = {group: code for code, group in enumerate(groups, start=1)}
    raw = geology.category(source, grid=grid, column=column)
    meanings = contract.meanings(raw)
    found = _groups(_told_names(source, column, meanings), groups, repr(raw.attrs["long_name"]))
    table = {code: codes[found[name]] for code, name in meanings.items() if name in found}
    return contract.describe(
        lazy.from_array(_recoded, raw, table),
        long_name=f"group of {raw.attrs['long_name']}",
        units="1",
        meanings={code: group for group, code in codes.items()},
    )


def _told_names(
    source: gpd.GeoDataFrame | xr.DataArray, column: str | None, meanings: Mapping[int, str]
) -> list[str]:
    """Every class's name; of polygons, as often as it occurs."""
    if isinstance(source, gpd.GeoDataFrame):
        return texts(sources.column(source, column, "grouped_category"))
    return list(meanings.values())


def _recoded(block: lazy.Block, table: Mapping[int, int]) -> lazy.Block:
    made = np.full(block.shape, np.nan, "float32")
    for code, group in table.items():
        made[block == code] = group
    return made


def _groups(
    names: Sequence[str], groups: Mapping[str, Sequence[str | int]], what: str
) -> dict[str, str]:
    """The group of each name that has one; the others are said."""
    exact, patterns = _table(groups)
    times, found = Counter(name for name in names if name), {}
    for name in times:
        plain = cleaned(name)
        group = exact.get(plain) or _first(plain, patterns)
        if group:
            found[name] = group
    lost = sorted(set(times) - set(found))
    told = ", ".join(lost[:TOLD]) + (f" and {len(lost) - TOLD} more" if len(lost) > TOLD else "")
    if not found:
        raise DataError(f"{what}: no name is in a group; it has {told or 'none at all'}")
    if lost:
        log.warning(
            "%s: %d of %d names (%d of %d times) are in no group and become unknown: %s",
            what,
            len(lost),
            len(times),
            sum(times[name] for name in lost),
            sum(times.values()),
            told,
        )
    _say_idle(groups, times, what)
    return found


def _table(
    groups: Mapping[str, Sequence[str | int]],
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Written-out names and patterns, each with its group."""
    if not groups or not all(groups.values()):
        raise ValueError("groups must name at least one group, and each at least one raw name")
    exact: dict[str, str] = {}
    patterns = []
    for group, raw in groups.items():
        for name in raw:
            plain = cleaned(str(name))
            if "*" in plain:
                patterns.append((plain, group))
            elif exact.setdefault(plain, group) != group:
                raise ValueError(
                    f"groups: {name!r} is in two groups, {exact[plain]!r} and {group!r}"
                )
    return exact, patterns


def _first(plain: str, patterns: Iterable[tuple[str, str]]) -> str | None:
    for pattern, group in patterns:
        if fnmatch.fnmatchcase(plain, pattern.replace("[", "[[]")):
            return group
    return None


def _say_idle(groups: Mapping[str, Sequence[str | int]], times: Iterable[str], what: str) -> None:
    """Say which entries of the table match nothing: most likely a slip of the pen."""
    there = {cleaned(name) for name in times}
    idle = [
        str(name)
        for raw in groups.values()
        for name in raw
        if not any(_first(one, [(cleaned(str(name)), "found")]) for one in there)
    ]
    if idle:
        log.warning("%s: %d entries of groups match no name: %s", what, len(idle), ", ".join(idle))
