"""What every evidence layer keeps to, whoever wrote it."""

import inspect
import re
from typing import get_type_hints

import pytest

from geoprospect.registry import FEATURES, summary

HEADED = r"^{}\n-+$"


def section(function, title):
    """The lines of one section of a docstring; empty if there is none."""
    doc = inspect.getdoc(function) or ""
    parts = re.split(r"^([A-Z][a-z]+)\n-+$", doc, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(title, "")


def settings(function):
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]


def test_the_first_set_is_there():
    first = {
        "raster",
        "distance_to",
        "class_distance",
        "line_density",
        "point_density",
        "category",
        "slope",
        "horizontal_gradient",
        "interpolated",
        "log10",
        "rank",
    }
    assert first <= set(FEATURES)


@pytest.mark.parametrize("name", list(FEATURES))
class TestEveryFeature:
    def test_the_first_line_is_a_quantity_with_its_unit(self, name):
        assert re.search(r"\[[^\]]+\]\.$", summary(FEATURES[name]))

    @pytest.mark.parametrize("title", ["Parameters", "Returns", "References"])
    def test_the_docstring_has_its_sections(self, name, title):
        assert section(FEATURES[name], title).strip()

    def test_the_docstring_says_the_dims_and_the_type(self, name):
        assert "DataArray (y, x) float32, lazy" in section(FEATURES[name], "Returns")

    def test_every_parameter_is_told_of(self, name):
        text = section(FEATURES[name], "Parameters")
        for parameter in inspect.signature(FEATURES[name]).parameters:
            assert re.search(rf"^{parameter} : \S", text, flags=re.MULTILINE), parameter

    def test_every_parameter_and_the_result_have_types(self, name):
        hints = get_type_hints(FEATURES[name])
        assert {*inspect.signature(FEATURES[name]).parameters, "return"} <= set(hints)

    def test_the_data_come_first_and_settings_by_name(self, name):
        parameters = inspect.signature(FEATURES[name]).parameters.values()
        assert all(p.kind in {p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY} for p in parameters)
        assert not [
            p
            for p in parameters
            if p.kind is p.POSITIONAL_OR_KEYWORD and p.name in {"grid", "area", "seed"}
        ]

    def test_numbers_have_their_units(self, name):
        text = section(FEATURES[name], "Parameters")
        for entry in re.split(r"^(?=\w+ : )", text, flags=re.MULTILINE):
            if re.match(r"\w+ : float", entry):
                assert re.search(r"\[[^\]]+\]", entry), entry
