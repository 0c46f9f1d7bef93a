"""Where samples of drill holes lie: collars and surveys to places in three dimensions."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from shapely import LineString

from geoprospect.errors import DataError, did_you_mean, listing
from geoprospect.kernels.desurvey import Traces, along, traces

Index = npt.NDArray[np.int64]

NEEDED = {
    "collars": ("hole", "x", "y", "z"),
    "surveys": ("hole", "depth", "azimuth", "dip"),
    "samples": ("hole", "from", "to"),
}


def located(samples: pd.DataFrame, *, collars: pd.DataFrame, surveys: pd.DataFrame) -> pd.DataFrame:
    """
    Samples with the places of their middles [m], by minimum curvature.

    Rods bend: a hole that lifts by a degree in 30 m ends tens of metres from where its collar
    pointed, and its ore with it. Between two stations the hole follows the arc of a circle,
    on which the places lie, not on its chord [1]_.

    Parameters
    ----------
    samples : DataFrame
        Intervals or composites: ``hole``, ``from``, ``to`` [m].
    collars : DataFrame
        ``hole``, ``x``, ``y``, ``z`` [m].
    surveys : DataFrame
        ``hole``, ``depth`` [m], ``azimuth`` from the north of the coordinates and ``dip``,
        negative down [degrees]; one station or more for each hole.

    Returns
    -------
    DataFrame
        As *samples*, with ``x``, ``y``, ``z`` of the middle, and ``azimuth`` and ``dip`` there.

    Raises
    ------
    DataError
        If columns are missing, a hole of a sample has no collar or no survey, or a hole
        turns back on itself.

    References
    ----------
    .. [1] Sawaryn, S.J., Thorogood, J.L. (2005). A compendium of directional calculations
       based on the minimum curvature method. SPE Drilling & Completion 20, 24-36.
    """
    check_tables(samples, collars, surveys)
    traced, names = traced_of(surveys)
    holes = names.get_indexer(pd.Index(samples["hole"])).astype(np.int64)
    middle = (samples["from"].to_numpy(float) + samples["to"].to_numpy(float)) / 2
    offsets, tangents = along(traced, holes, middle)
    begin = collars.set_index("hole").loc[samples["hole"], ["x", "y", "z"]].to_numpy(float)
    east, north, up = tangents.T
    return samples.assign(
        **dict(zip(("x", "y", "z"), (begin + offsets).T, strict=True)),
        azimuth=np.degrees(np.arctan2(east, north)) % 360,
        dip=np.degrees(np.arcsin(np.clip(up, -1, 1))),
    )


def lines(
    collars: gpd.GeoDataFrame, surveys: pd.DataFrame, *, step: float = 10.0
) -> gpd.GeoDataFrame:
    """
    Each hole as a line in three dimensions, from its collar to its end [m].

    Parameters
    ----------
    collars : GeoDataFrame
        ``hole``, ``x``, ``y``, ``z`` and ``end``, the length of the hole [m].
    surveys : DataFrame
        As :func:`located` takes them.
    step : float
        Between points of a line, along the hole [m].

    Returns
    -------
    GeoDataFrame of LineString Z
        ``hole`` and ``end`` in the order of *collars*, of those with a length above 0.

    Raises
    ------
    DataError
        As :func:`located`.
    ValueError
        If the step is not above 0.
    """
    if not step > 0:
        raise ValueError(f"step must be above 0 m, got {step:g}")
    drilled = collars[collars["end"] > 0]
    depths = [np.append(np.arange(0.0, end, step), end) for end in drilled["end"]]
    many = [len(of) for of in depths]
    down = np.concatenate(depths) if depths else np.empty(0)
    points = pd.DataFrame({"hole": np.repeat(drilled["hole"].to_numpy(), many), "from": down,
                           "to": down})  # fmt: skip
    placed = located(points, collars=collars, surveys=surveys)[["x", "y", "z"]].to_numpy(float)
    parts = np.split(placed, np.cumsum(many)[:-1])
    return gpd.GeoDataFrame(
        {"hole": drilled["hole"].to_numpy(), "end": drilled["end"].to_numpy(float)},
        geometry=[LineString(part) for part in parts[: len(drilled)]], crs=collars.crs,
    )  # fmt: skip


def traced_of(surveys: pd.DataFrame) -> tuple[Traces, pd.Index]:
    """Traces of the holes that surveys are of, and the name of each hole by its number."""
    order = surveys.sort_values(["hole", "depth"], kind="stable")
    names = pd.Index(order["hole"].unique())
    holes = names.get_indexer(pd.Index(order["hole"])).astype(np.int64)
    parts = (order[name].to_numpy(float) for name in ("depth", "azimuth", "dip"))
    try:
        return traces(holes, *parts), names
    except ValueError as error:
        raise DataError(f"the surveys make no trace: {error}") from None


def check_tables(samples: pd.DataFrame, collars: pd.DataFrame, surveys: pd.DataFrame) -> None:
    """Raise a DataError that lists what keeps samples from being placed."""
    problems = []
    given = {"collars": collars, "surveys": surveys, "samples": samples}
    for name, table in given.items():
        for column in NEEDED[name]:
            if column not in table.columns:
                known = did_you_mean(column, (str(one) for one in table.columns))
                problems.append(f"the {name} have no column {column!r}{known}")
    if not problems:
        for name in ("collars", "surveys"):
            lost = samples.loc[~samples["hole"].isin(given[name]["hole"]), "hole"].unique()
            if len(lost):
                shown = ", ".join(str(one) for one in lost[:5])
                problems.append(f"{len(lost)} holes of samples are not in the {name}: {shown}")
        twice = int(collars["hole"].duplicated().sum())
        if twice:
            problems.append(f"{twice} collars repeat the hole of another one")
    if problems:
        raise DataError(listing("samples cannot be placed:", problems))
