"""Composites of drill holes in their places, down the hole or by benches."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from geoprospect.resources.benches import bench_composites
from geoprospect.resources.composites import composites
from geoprospect.resources.drill_traces import located


def composited(
    intervals: pd.DataFrame,
    collars: pd.DataFrame,
    surveys: pd.DataFrame,
    *,
    grades: list[str],
    length: float | None = None,
    bench: float | None = None,
    base: float = 0.0,
    domain: str | None = None,
    minimum: float = 0.5,
    residual: Literal["merge", "drop"] = "merge",
) -> pd.DataFrame:
    """
    Assays over equal lengths down the hole, or over the benches of a mine, in their places.

    Parameters
    ----------
    intervals, collars, surveys : DataFrame
        Of :class:`geoprospect.ingest.drillholes.DrillHoles`.
    grades : list of str
        Columns to be composited.
    length : float, optional
        Of a composite down the hole [m].
    bench : float, optional
        Height of a bench [m], instead of a length.
    base : float
        Elevation of any bench's floor [m].
    domain : str, optional
        Column of codes that composites never reach across.
    minimum : float
        Share of the length, or of the bench's height, that a last piece needs to be a composite.
    residual : {"merge", "drop"}
        What becomes of a shorter one down the hole; on a bench it is dropped.

    Returns
    -------
    DataFrame
        As :func:`geoprospect.resources.composites.composites` and
        :func:`geoprospect.resources.drill_traces.located` have it.

    Raises
    ------
    ValueError
        Unless either *length* or *bench* is stated.
    """
    if (length is None) == (bench is None):
        raise ValueError("state either length, down the hole, or bench, the height of a bench")
    if bench is not None:
        return bench_composites(
            intervals, collars=collars, surveys=surveys, grades=grades, height=bench, base=base,
            domain=domain, minimum=minimum,
        )  # fmt: skip
    assert length is not None
    made = composites(intervals, grades=grades, length=length, domain=domain,
                          minimum=minimum, residual=residual)  # fmt: skip
    return located(made, collars=collars, surveys=surveys)
