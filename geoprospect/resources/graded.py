"""Samples with a grade and a place."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import DataError, did_you_mean, listing

log = logging.getLogger("geoprospect.resources")

Index = npt.NDArray[np.int64]


def graded(samples: pd.DataFrame, grade: str) -> Index:
    """
    Rows of samples that have a grade, in the order of their places.

    So what is made of them never hangs on the order in which they came. How many have
    none is said.

    Raises
    ------
    DataError
        If ``x``, ``y``, ``z``, ``hole`` or the grade is missing, no sample has a grade, or one
        with a grade has no place.
    """
    problems = []
    for name in ("x", "y", "z", "hole", grade):
        if name not in samples.columns:
            meant = did_you_mean(name, map(str, samples.columns))
            problems.append(f"the samples have no column {name!r}{meant}")
    if problems:
        raise DataError(listing("these samples cannot be used:", problems))
    known = samples[grade].notna().to_numpy()
    if not known.any():
        raise DataError(
            f"no sample has a grade {grade!r}; check the column, or how blanks are read"
        )
    if not known.all():
        log.info("%d of %d samples have no %s and are left out.", (~known).sum(), len(known), grade)
    at = samples[["x", "y", "z"]].to_numpy(np.float64)
    nowhere = known & ~np.isfinite(at).all(axis=1)
    if nowhere.any():
        raise DataError(
            f"{nowhere.sum()} samples have a grade, but no place; the first is row "
            f"{int(np.argmax(nowhere))}; locate them by their hole's survey"
        )
    rows = np.flatnonzero(known)
    return rows[np.lexsort(at[rows].T)].astype(np.int64)
