"""What lies where a sample was taken: the rock unit, the catchment, the licence."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import shapely

from geoprospect import contract
from geoprospect.errors import ContractError, DataError
from geoprospect.features import sources, tables
from geoprospect.registry import TABLES

log = logging.getLogger("geoprospect.features")


@TABLES.register
def with_class(
    source: gpd.GeoDataFrame, polygons: gpd.GeoDataFrame, *, column: str, name: str
) -> gpd.GeoDataFrame:
    """
    Samples with the class of the polygon that they lie in: rock unit, catchment.

    What a value means depends on where it was taken; with its rock unit or
    catchment beside it, a sample can be set against its own kind (``enriched``,
    ``group_residual`` and ``levelled`` take such a column) [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points.
    polygons : GeoDataFrame
        Polygons in the same CRS.
    column : str
        Column of the polygons that holds the class.
    name : str
        What the new column is called.

    Returns
    -------
    GeoDataFrame of points
        The same table with a column of texts, missing outside all polygons, which
        is said. Where polygons overlap, the first one in the file stands.

    Raises
    ------
    ContractError
        If the two are not in the same CRS.
    DataError
        If there is no such column, features are no polygons, or no sample lies in
        one.

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon.
    """
    if source.crs is None or source.crs != polygons.crs:
        raise ContractError(
            f"with_class: the samples are in {contract.crs_name(source.crs)} and the polygons in "
            f"{contract.crs_name(polygons.crs)}; pass both through grid.project first"
        )
    there = polygons[~(polygons.geometry.isna() | polygons.geometry.is_empty)]
    sources.only(there, sources.POLYGONS, "with_class", "polygons")
    classes = sources.class_names(sources.column(there, column, "with_class")).to_numpy(object)
    tree = shapely.STRtree(there.geometry.to_numpy())
    sample, polygon = tree.query(source.geometry.to_numpy(), predicate="intersects")
    first = np.full(len(source), len(there))
    np.minimum.at(first, sample, polygon)
    inside = first < len(there)
    if not inside.any():
        raise DataError(
            f"with_class: none of {len(source)} samples lies in one of {len(there)} polygons; "
            "check their CRS"
        )
    found = np.full(len(source), None, dtype=object)
    found[inside] = classes[first[inside]]
    _say(inside, np.bincount(sample, minlength=len(source)))
    return tables.with_columns(source, {name: found}, {})


def _say(inside: tables.Flags, times: np.ndarray) -> None:
    outside, twice = int((~inside).sum()), int((times > 1).sum())
    if outside:
        log.warning("with_class: %d of %d samples lie in no polygon.", outside, len(inside))
    if twice:
        log.warning(
            "with_class: %d of %d samples lie in several polygons; the first one stands.",
            twice,
            len(inside),
        )
