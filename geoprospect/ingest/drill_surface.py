"""Collars of drill holes against the elevation of the ground."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pyproj
import xarray as xr

from geoprospect import contract
from geoprospect.errors import DataError
from geoprospect.ingest.drill_findings import found, say
from geoprospect.ingest.drillholes import DrillHoles

log = logging.getLogger("geoprospect.ingest")


def against_surface(
    holes: DrillHoles, surface: xr.DataArray, *, tolerance: float = 5.0
) -> DrillHoles:
    """
    The same holes, with a warning of collars that lie off the surface.

    A collar tens of metres above ground tells of swapped columns, of feet read as metres, or
    of another datum.

    Parameters
    ----------
    holes : DrillHoles
    surface : DataArray (y, x)
        Elevation of the ground [m], in the CRS of the collars; nearest cell. Computed here.
    tolerance : float
        How far off is still right [m].

    Returns
    -------
    DrillHoles
        Collars outside the surface, or where it is unknown, are not judged, which is said.

    Raises
    ------
    DataError
        If collars have no CRS, or another one than the surface.
    """
    theirs, ours = surface.odc.crs, holes.collars.crs
    if ours is None or theirs is None or pyproj.CRS.from_user_input(str(theirs)) != ours:
        raise DataError(
            f"the surface is in {theirs} and the collars in {ours}; bring both into one CRS first"
        )
    cells = surface.odc.geobox
    rows, columns, inside = contract.cells_at(holes.collars["x"], holes.collars["y"], cells)
    ground = np.full(len(rows), np.nan)
    picked = [xr.DataArray(one[inside], dims="collar") for one in (rows, columns)]
    ground[inside] = surface.isel({surface.dims[0]: picked[0], surface.dims[1]: picked[1]})
    if np.isnan(ground).any():
        log.info("%d collars lie where the surface is unknown.", int(np.isnan(ground).sum()))
    off = pd.Series(np.abs(holes.collars["z"].to_numpy() - ground) > tolerance)
    more = found("off_surface", "collar", holes.collars, off)
    say(more, {"collar": f"tolerance {tolerance:g} m"})
    return replace(holes, findings=(*holes.findings, *more))
