"""
Figures by name, and what each shows as a table.

A figure is a function of plain data that returns a matplotlib Figure of its own; beside it,
under its name and ``_data``, stands one that takes the same and returns what is drawn,
tidy enough for a spreadsheet. Both are found by name: ``FIGURES["waterfall"]`` and
``data_of("waterfall")``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from geoprospect.registry import Registry

if TYPE_CHECKING:
    import pandas as pd

FIGURES = Registry("figure", "geoprospect.report.figures")
DATA = Registry("figure's data", "geoprospect.report.figures")


def data_of(figure: str) -> Callable[..., pd.DataFrame]:
    """
    The function that gives as a table what the figure of that name draws.

    Raises
    ------
    UnknownNameError
        If there is no such figure.
    """
    return DATA[f"{FIGURES[figure].__name__}_data"]
