"""What every function from a table to a table keeps to, and the units it may meet."""

import inspect
import re
from typing import get_type_hints

import geopandas as gpd
import pytest

from geoprospect.kernels.units import concentration
from geoprospect.registry import TABLES

NAMES = list(TABLES)


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_a_table_and_gives_one(name):
    hints = get_type_hints(TABLES[name])
    assert next(iter(hints.values())) is gpd.GeoDataFrame
    assert hints["return"] is gpd.GeoDataFrame


@pytest.mark.parametrize("name", NAMES)
def test_its_docstring_has_its_sections_and_every_parameter(name):
    text = inspect.getdoc(TABLES[name])
    for title in ("Parameters", "Returns", "Raises", "References"):
        assert re.search(rf"^{title}\n-+$", text, re.MULTILINE), title
    assert text.partition("\n")[0].endswith(".")
    for parameter in inspect.signature(TABLES[name]).parameters:
        assert re.search(rf"^{parameter}( : |, )\S", text, re.MULTILINE), parameter


@pytest.mark.parametrize(
    ("unit", "spellings"),
    [
        (
            "ug g-1",
            [
                "ppm",
                "PPM",
                "ug/g",
                "µg/g",
                "μg/g",
                "mg/kg",
                "g/t",
                "10-6",
                "10⁻⁶",
                "×10-6",
                "µg·g⁻¹",
            ],
        ),
        ("ng g-1", ["ppb", "ng/g", "ug/kg", "10-9", "10⁻⁹", "10^-9", "ng g-1", "mg / t"]),
        ("%", ["%", "pct", "wt%", "wt %", "％", "percent", "10-2"]),
        ("pg g-1", ["pg/g", "10-12"]),
        ("1", ["1", "g/g"]),
        (None, ["cps", "nT", "m", "", "ppt", "mg/l"]),
    ],
)
def test_units_of_concentration_in_every_spelling(unit, spellings):
    assert {spelling: concentration(spelling) for spelling in spellings} == dict.fromkeys(
        spellings, unit
    )
