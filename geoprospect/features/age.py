"""How old the ground is, from the names on the geological map."""

from __future__ import annotations

import logging
import math
from collections import Counter
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.features import chronology, geology, sources
from geoprospect.registry import FEATURES

log = logging.getLogger("geoprospect.features")

TOLD = 10
"""Names that a warning lists, at most."""


@FEATURES.register
def stratigraphic_age(
    source: gpd.GeoDataFrame,
    *,
    grid: GeoBox,
    column: str,
    of: Literal["mean", "oldest", "youngest"] = "mean",
    ages: dict[str, float] | None = None,
) -> xr.DataArray:
    """
    Age of the ground at the centre of each cell, from stratigraphic names [Ma].

    Ore is younger than its host, and many kinds of deposit belong to a few stretches
    of time, when continents met or the sea changed [1]_; as a number, age has an
    order that names have not.

    Parameters
    ----------
    source : GeoDataFrame
        Polygons in the grid's CRS. Where they overlap, the one that comes later in
        the file lies on top.
    grid : GeoBox
        Target grid.
    column : str
        Column with the names: ICS units in English or Chinese and Chinese regional
        systems, with early, middle, late (lower, upper) before them, several of them
        for a range (``Late Jurassic - Early Cretaceous``, ``早-中侏罗世``); codes of
        Chinese maps (``P2``, ``T3x``, ``J2-3``; P1 to P3, S1 to S4, Cambrian 1 to 3 and
        C1, C2 as in three, four, three and two parts); or ages (``295 Ma``).
    of : {"mean", "oldest", "youngest"}
        Which age: the middle of the unit's bounds, or one of them.
    ages : dict of str to float, optional
        Ages of further names, formations say, which go before the chart's [Ma].

    Returns
    -------
    DataArray (y, x) float32, lazy
        By the chart of the International Commission on Stratigraphy, v2023/09 [2]_, and
        for China's own systems by that of 2014. NaN in no polygon, and where the name
        is empty or not understood, which is said. A part that the chart does not know
        (Middle Cretaceous) has the bounds of its whole.

    Raises
    ------
    ContractError
        If *source* is not in the grid's CRS.
    DataError
        If there is no such column, none of its names is understood, or features are no
        polygons.
    ValueError
        If one of *ages* is no age.

    References
    ----------
    .. [1] Goldfarb, R.J., Groves, D.I., Gardoll, S. (2001). Orogenic gold and geologic
       time: a global synthesis. Ore Geology Reviews 18, 1-75.
    .. [2] Cohen, K.M., Finney, S.C., Gibbard, P.L., Fan, J.-X. (2013; updated). The ICS
       International Chronostratigraphic Chart. Episodes 36, 199-204.
    """
    features = sources.located(source, grid)
    names = sources.class_names(sources.column(features, column, "stratigraphic_age"))
    sources.only(features, sources.POLYGONS, "stratigraphic_age", "polygons")
    found = _ages(names, column, of, _stated(ages or {}))
    shapes, owner = shapely.get_parts(features.geometry.to_numpy(), return_index=True)
    told = {"mean": "age", "oldest": "oldest age", "youngest": "youngest age"}[of]
    return contract.describe(
        lazy.from_grid(geology.painter(shapes, found[owner], grid), grid),
        long_name=f"{told} of {sources.called(source, column)}",
        units="Ma",
    )


def _stated(ages: dict[str, float]) -> dict[str, float]:
    for name, age in ages.items():
        if not (math.isfinite(age) and age >= 0):
            raise ValueError(f"ages: {name!r} must be 0 Ma or more and finite, got {age:g}")
    return {name.strip().casefold(): float(age) for name, age in ages.items()}


def _ages(
    names: pd.Series, column: str, of: str, stated: dict[str, float]
) -> npt.NDArray[np.float32]:
    """An age for each name, NaN where there is none; those not understood are said."""
    times, age = Counter(names.dropna()), {}
    for name in times:
        bounds = chronology.span(name)
        if name.casefold() in stated:
            age[name] = stated[name.casefold()]
        elif bounds:
            age[name] = {"mean": sum(bounds) / 2, "oldest": bounds[0], "youngest": bounds[1]}[of]
    lost = [name for name in times if name not in age]
    if not age:
        raise DataError(
            f"column {column!r} holds no name of geological time that is understood: "
            f"{_listed(lost)}; choose another column, or state ages: {{name: Ma}}"
        )
    if lost:
        log.warning(
            "column %r: %d of %d names (%d polygons) are no known geological time and become "
            "unknown: %s; state ages: {name: Ma} for them",
            column,
            len(lost),
            len(times),
            sum(times[name] for name in lost),
            _listed(lost),
        )
    return np.array([age.get(name, np.nan) for name in names], "float32")


def _listed(names: list[str]) -> str:
    if not names:
        return "all its values are empty"
    more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
    return ", ".join(sorted(names)[:TOLD]) + more
