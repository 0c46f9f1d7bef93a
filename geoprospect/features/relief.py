"""How uneven the ground is, from cell to cell and against its surroundings."""

from __future__ import annotations

import xarray as xr

from geoprospect import contract
from geoprospect.features import focal
from geoprospect.features.terrain import elevation_of, of_neighbours
from geoprospect.kernels import circles, terrain
from geoprospect.registry import FEATURES


@FEATURES.register
def terrain_ruggedness(source: xr.DataArray) -> xr.DataArray:
    """
    How much the ground steps from a cell to its neighbours, all together [m].

    Broken ground marks hard rock, faults and young uplift; it also says where a
    crew cannot walk [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Riley's index: the root of the squared differences to the eight neighbours,
        added up. Where fewer are known, their sum is taken for eight. NaN where the
        elevation itself is unknown, or all neighbours are.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.

    References
    ----------
    .. [1] Riley, S.J., DeGloria, S.D., Elliot, R. (1999). A terrain ruggedness index
       that quantifies topographic heterogeneity. Intermountain Journal of Sciences 5,
       23-27.
    """
    return of_neighbours(
        source, "terrain_ruggedness", lambda block, cell: terrain.ruggedness(block), units="m"
    )


@FEATURES.register
def roughness(source: xr.DataArray) -> xr.DataArray:
    """
    Largest step from a cell to one of its eight neighbours [m].

    Finds scarps and cliffs that means over a neighbourhood smooth away [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].

    Returns
    -------
    DataArray (y, x) float32, lazy
        Of the neighbours that are known; NaN where the elevation itself is unknown,
        or all neighbours are.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.

    References
    ----------
    .. [1] Wilson, M.F.J., O'Connell, B., Brown, C., Guinan, J.C., Grehan, A.J. (2007).
       Multiscale terrain analysis of multibeam bathymetry data for habitat mapping on
       the continental slope. Marine Geodesy 30, 3-35.
    """
    return of_neighbours(
        source, "roughness", lambda block, cell: terrain.largest_step(block), units="m"
    )


@FEATURES.register
def topographic_position(source: xr.DataArray, *, radii: list[float]) -> xr.Dataset:
    """
    Height of the ground above the mean of its surroundings, at several scales [m].

    Ridges stand above their surroundings and valleys lie below; a small circle
    finds a silicified rib, a wide one the range it belongs to [1]_.

    Parameters
    ----------
    source : DataArray (y, x)
        Elevation on the target grid [m].
    radii : list of float
        Radii of the circles about the centre of a cell, their rims included [m].

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``within_500m`` and so on, one for each radius. The mean is of the known
        cells in the circle; NaN where the elevation itself is unknown.

    Raises
    ------
    ContractError
        If *source* is not in metres, or holds classes.
    ValueError
        If there is no radius, two are equal, or one does not reach a neighbouring
        cell.

    References
    ----------
    .. [1] Weiss, A. (2001). Topographic position and landforms analysis. Poster, ESRI
       User Conference, San Diego.
    """
    elevation, _ = elevation_of(source, "topographic_position")
    if not radii or len(set(radii)) < len(radii):
        raise ValueError(f"radii must be one or more, each once, got {radii}")
    found = {}
    for radius in radii:
        mean = focal.about(circles.mean, elevation, radius)
        found[f"within_{radius:g}m".replace(".", "_")] = contract.describe(
            elevation - mean, long_name=f"height above the mean within {radius:g} m", units="m"
        )
    return xr.Dataset(found)
