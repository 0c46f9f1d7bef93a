"""How large blocks may be for a run to keep within stated memory."""

from __future__ import annotations

import re

from geoprospect import lazy
from geoprospect.errors import PipelineError

BASE = 950_000_000
"""Bytes that a run holds whatever its blocks: libraries, the model's tables, GDAL's cache."""

OF_A_CELL = 36
"""Bytes for each layer of a cell that is at work, as measured with 8 to 30 layers."""

SMALLEST = 64
"""Cells a side below which blocks cost more in their handling than they save."""

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


def side(memory: int, *, layers: int, workers: int) -> int:
    """
    Cells a side of the blocks that *workers* threads can work on within *memory*.

    Parameters
    ----------
    memory : int
        For the whole process [byte].
    layers : int
        Of the cube.
    workers : int
        Blocks at work at one time.

    Returns
    -------
    int
        :data:`geoprospect.lazy.CHUNK`, or a half, a quarter, ... of it.

    Raises
    ------
    PipelineError
        If the smallest blocks are too large; it says how much is enough, and for how
        many workers *memory* would be.
    """
    wanted = lazy.CHUNK
    while wanted > SMALLEST and needed(wanted, layers=layers, workers=workers) > memory:
        wanted //= 2
    if needed(wanted, layers=layers, workers=workers) > memory:
        enough = needed(SMALLEST, layers=layers, workers=workers)
        fewer = (memory - BASE) // (needed(SMALLEST, layers=layers, workers=1) - BASE)
        also = f", or --workers {fewer}" if fewer > 0 else ""
        raise PipelineError(
            f"{memory / 1e9:.2f} GB of memory are too little for {layers} layers and {workers} "
            f"workers; give --memory {enough / 1e9 + 0.005:.2f}GB{also}"
        )
    return wanted


def needed(side: int, *, layers: int, workers: int) -> int:
    """Memory that a run takes at most [byte], by its blocks."""
    return BASE + OF_A_CELL * layers * workers * side**2


def parsed(text: str) -> int:
    """
    An amount of memory, such as ``2GB``, ``1500 MB`` or ``1.5GiB`` [byte].

    Raises
    ------
    PipelineError
        If it is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", text)
    unit = _UNITS.get(found[2].upper()) if found else None
    if found is None or unit is None:
        raise PipelineError(f"{text!r} is no amount of memory; give one such as 2GB or 1500MB")
    return round(float(found[1]) * unit)
