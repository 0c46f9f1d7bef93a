"""How unlike samples are by the distance between them."""

from __future__ import annotations

import logging
import math
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoprospect.errors import DataError
from geoprospect.features import sources, tables
from geoprospect.kernels import interpolation, variogram
from geoprospect.kernels.variogram import Values, Variogram

log = logging.getLogger("geoprospect.features")

Model = Literal["spherical", "exponential", "gaussian"]
Estimator = Literal["matheron", "cressie_hawkins"]

PAIRS = 20_000_000
"""Pairs of samples, at most, that a variogram is measured from."""
FEWEST = 10
"""Samples, at least, that a variogram is measured from."""


def experimental_variogram(
    source: gpd.GeoDataFrame,
    *,
    column: str,
    seed: int,
    max_lag: float | None = None,
    estimator: Estimator = "matheron",
    directional: bool = False,
) -> pd.DataFrame:
    """
    Half the mean square difference of samples by their distance [square of the column's unit].

    What a variogram model is fitted to; look at it before trusting one [1]_.

    Parameters
    ----------
    source : GeoDataFrame
        Points in a projected CRS with metres as units. Samples at one place are
        averaged.
    column : str
        Column of numbers.
    seed : int
        Which samples' pairs are taken, where there are more than 20 million.
    max_lag : float, optional
        Longest distance [m]; else a third of the diagonal of the samples' extent.
    estimator : {"matheron", "cressie_hawkins"}
        Mean of squared differences, or the one that rich samples upset less [2]_.
    directional : bool
        Whether pairs are parted by direction, in six sectors of 30 degrees.

    Returns
    -------
    DataFrame
        One row for each bin of pairs: ``distance`` [m], ``azimuth`` [degree, clockwise
        from north] if directional, ``gamma`` and ``pairs``. Bins of less than 30 pairs
        are left out.

    Raises
    ------
    ContractError
        If *source* is not in a projected CRS in metres.
    DataError
        If there is no such column, it holds text, or has fewer than 10 values.

    References
    ----------
    .. [1] Matheron, G. (1963). Principles of geostatistics. Economic Geology 58,
       1246-1266.
    .. [2] Cressie, N. and Hawkins, D.M. (1980). Robust estimation of the variogram: I.
       Mathematical Geology 12, 115-125.
    """
    tables.check_metres(source, "experimental_variogram")
    sources.only(source, sources.POINTS, "experimental_variogram", "points")
    values = tables.numbers(source, [column], "experimental_variogram")[:, 0]
    known = ~np.isnan(values)
    places = shapely.get_coordinates(source.geometry.to_numpy())[known][:, ::-1] * (-1, 1)
    places, means = interpolation.merged(places, values[known][:, None])
    found = measured(
        places,
        means[:, 0],
        column,
        seed=seed,
        max_lag=max_lag or furthest(places),
        estimator=estimator,
        directional=directional,
    )
    told = pd.DataFrame(found._asdict())
    return told if directional else told.drop(columns="azimuth")


def furthest(places: Values) -> float:
    """A third of the diagonal of the samples' extent [m]: beyond it pairs say little."""
    return float(np.hypot(*np.ptp(places, axis=0))) / 3


def measured(
    places: Values,
    values: Values,
    column: str,
    *,
    seed: int,
    max_lag: float,
    estimator: Estimator,
    directional: bool,
) -> variogram.Experimental:
    """The experimental variogram of samples at places (down, right) [m], no two the same."""
    if len(values) < FEWEST:
        raise DataError(
            f"column {column!r} has {len(values)} samples at places of their own, too few to "
            f"measure a variogram from (at least {FEWEST}); state nugget, sill and range"
        )
    order = np.random.default_rng(seed).permutation(len(values))
    heads = max(1, min(len(values), PAIRS // len(values)))
    if heads < len(values):
        log.info(
            "variogram of %r: measured from the pairs that %d of %d samples make.",
            column,
            heads,
            len(values),
        )
    else:
        order = np.arange(len(values))
    found = variogram.experimental(
        np.ascontiguousarray(places[order]),
        np.ascontiguousarray(values[order]),
        max_lag=max_lag,
        robust=estimator == "cressie_hawkins",
        sectors=variogram.SECTORS if directional else 1,
        heads=heads,
    )
    if not found.pairs.size:
        raise DataError(
            f"column {column!r} has no two samples within {max_lag:.6g} m of each other; "
            "raise max_lag"
        )
    return found


def check(stated: dict[str, Any], columns: list[str]) -> None:
    """Raise a ValueError where what is stated of a variogram makes no sense."""
    _check_heights(stated["nugget"], stated["sill"], columns)
    for name in ("range", "max_lag"):
        if stated[name] is not None:
            sources.positive(name, stated[name], "m")
    azimuth, ratio = stated["azimuth"], stated["ratio"]
    if (azimuth is None) != (ratio is None):
        raise ValueError("azimuth and ratio go together; state both or neither")
    if azimuth is not None and not math.isfinite(azimuth):
        raise ValueError(f"azimuth must be finite, got {azimuth:g} degree")
    if ratio is not None and not 0 < ratio <= 1:
        raise ValueError(
            f"ratio must be above 0 and at most 1, got {ratio:g}: azimuth is the direction in "
            "which the range is longest"
        )
    if ratio is not None and stated["anisotropic"]:
        raise ValueError(
            "anisotropic asks to fit azimuth and ratio, which are stated; leave one out"
        )


def _check_heights(nugget: float | None, sill: float | None, columns: list[str]) -> None:
    if nugget is not None and not (nugget >= 0 and math.isfinite(nugget)):
        raise ValueError(f"nugget must be zero or more and finite, got {nugget:g}")
    if sill is not None:
        sources.positive("sill", sill, "in squares of the column's unit")
    if nugget is not None and sill is not None and nugget > sill:
        raise ValueError(f"sill is the whole of it, nugget included: {sill:g} is below {nugget:g}")
    if len(columns) > 1 and (nugget or sill):
        raise ValueError(
            f"nugget and sill are of one column, and columns names {', '.join(columns)}; "
            "make a feature for each"
        )


def of_samples(places: Values, values: Values, column: str, stated: dict[str, Any]) -> Variogram:
    """The variogram as stated, and what is not stated fitted to the samples and said."""
    heights = {key: stated[key] for key in ("nugget", "sill", "range")}
    direction = {"azimuth": (stated["azimuth"] or 0.0) % 180, "ratio": stated["ratio"] or 1.0}
    if None not in heights.values() and not stated["anisotropic"]:
        return Variogram(stated["model"], **heights, **direction)
    max_lag = stated["max_lag"] or furthest(places)
    found = measured(
        places,
        values,
        column,
        seed=stated["seed"],
        max_lag=max_lag,
        estimator=stated["estimator"],
        directional=stated["anisotropic"] or direction["ratio"] < 1,
    )
    made = variogram.fitted(
        found,
        stated["model"],
        max_lag=max_lag,
        **heights,
        **direction,
        anisotropic=stated["anisotropic"],
    )
    _say(made, column, found, max_lag, stated)
    return made


def _say(
    made: Variogram,
    column: str,
    found: variogram.Experimental,
    max_lag: float,
    stated: dict[str, Any],
) -> None:
    log.info("variogram of %r, from %d pairs: %s.", column, found.pairs.sum(), told(made))
    if made.sill > 0 and made.nugget > 0.99 * made.sill:
        log.warning(
            "variogram of %r: samples near each other are no more alike than those far apart; "
            "the map shows little but local means",
            column,
        )
    elif stated["range"] is None and made.range > 0.99 * max_lag:
        log.warning(
            "variogram of %r: it still rises at %.6g m, where it was cut; remove a trend, state "
            "range and sill, or raise max_lag",
            column,
            max_lag,
        )


def told(made: Variogram) -> str:
    """A variogram in one line."""
    direction = ""
    if made.ratio < 1:
        direction = f", azimuth {made.azimuth:.0f} degree, ratio {made.ratio:.2f}"
    return (
        f"{made.model}, nugget {made.nugget:.4g}, sill {made.sill:.4g}, "
        f"range {made.range:.6g} m{direction}"
    )
