"""What every registered function keeps to, whatever it does."""

import inspect
import re

import pytest

from geoprospect.pipeline.binding import FILLED_IN, _adapter, _hints
from geoprospect.registry import FEATURES, INPUTS, KINDS, SECTIONS

EVERY = [(kind, name) for kind in KINDS for name in kind]
NAMES = [f"{kind.kind}: {name}" for kind, name in EVERY]


@pytest.fixture(params=EVERY, ids=NAMES)
def function(request):
    kind, name = request.param
    return kind[name]


def settings(function):
    parameters = inspect.signature(function).parameters.values()
    return [p for p in parameters if p.kind is p.KEYWORD_ONLY and p.name not in FILLED_IN]


def test_a_plugin_is_registered_under_its_own_name(function):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", function.__name__)
    assert function.__module__.startswith("geoprospect.")


def test_the_docstring_answers_a_geologist(function):
    text = inspect.getdoc(function)
    first = text.partition("\n")[0]
    assert first.endswith((".", ";")) or "\n\n" not in text
    if any(function.__name__ in SECTIONS and SECTIONS[function.__name__] is function for _ in "1"):
        return
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not parameter.VAR_KEYWORD:
            assert re.search(rf"^.*\b{name}\b.* :", text, re.MULTILINE), f"{name} is not explained"
    assert "Returns\n-------" in text


def test_every_setting_can_be_checked_against_its_type(function):
    hints = _hints(function, inspect.signature(function).parameters)
    for setting in settings(function):
        assert setting.name in hints, f"{setting.name} has no type"
        _adapter(hints[setting.name])


@pytest.mark.parametrize("name", list(FEATURES))
def test_a_layer_names_its_unit_and_its_source(name):
    text = inspect.getdoc(FEATURES[name])
    assert re.search(r"\[[^\]]+\]", text.partition("\n")[0]), "no unit in the first line"
    assert "References\n----------" in text


@pytest.mark.parametrize("name", list(INPUTS))
def test_a_reader_takes_a_path(name):
    assert "path" in inspect.signature(INPUTS[name]).parameters


def test_nothing_but_settings_has_defaults_that_are_guesses():
    """A cap, a radius, a size in metres differs from district to district."""
    for kind, name in EVERY:
        for setting in settings(kind[name]):
            if setting.name in (
                "radius",
                "max_distance",
                "size",
                "exclusion",
                "dead_zone",
                "fraction",
            ):
                without = setting.default is None  # nothing of the kind is done
                assert without or setting.default is setting.empty, f"{name}: {setting.name}"
