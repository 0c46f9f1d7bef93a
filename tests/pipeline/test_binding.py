from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
import xarray as xr
from upath import UPath

from geoprospect.errors import PipelineError
from geoprospect.pipeline.binding import Binder
from geoprospect.pipeline.grammar import parse
from geoprospect.registry import Registry

THINGS = Registry("feature", "geoprospect.features")
THINGS._walked = True


@THINGS.register
def distance_to(source: Any, *, grid: Any, max_distance: float) -> Any:
    """
    Distance [m].

    Parameters
    ----------
    source : GeoDataFrame
    max_distance : float
        Cells farther than this get this value [m].
    """
    return ("distance", source, grid, max_distance)


@THINGS.register
def read(*, path: Path, also: list[Path] = [], kind: Literal["a", "b"] = "a", n: int = 1) -> Any:  # noqa: B006
    """Read [1]."""
    return (path, also, kind, n)


@THINGS.register
def many(layers: list[Any], extra: Any = None, *, seed: int) -> Any:
    """Take several [1]."""
    return (layers, extra, seed)


@THINGS.register
def free(*, seed: int, **settings: Any) -> Any:
    """Take anything [1]."""
    return settings


def bind(text: str, known: set[str] = frozenset(), folder: Path = Path("/data")):
    binder = Binder(parse(text, "p.yaml"), folder)
    call = binder.named("features", "x", THINGS, known)
    return call, binder.problems


def test_layers_of_a_list_reach_the_function_under_their_own_names():
    call, problems = bind("features: {x: {many: {layers: [a, b]}}}", {"a", "b"})
    assert problems == []
    layer = xr.DataArray([1.0])
    layers, _, _ = call({"a": layer, "b": layer.rename("raster")}, seed=1)
    assert [one.name for one in layers] == ["a", "b"]
    assert layer.name is None


def test_a_bound_call_is_the_call_made_by_hand():
    call, problems = bind(
        "features: {x: {distance_to: {source: faults, max_distance: 3000}}}", {"faults"}
    )
    assert problems == []
    made = call({"faults": "F"}, grid="G", seed=1)
    assert made == distance_to("F", grid="G", max_distance=3000.0)
    assert call.name == "x"
    assert call.uses() == ["faults"]


def test_data_are_looked_up_under_the_parameters_own_name():
    call, problems = bind("features: {x: {distance_to: {max_distance: 1}}}", {"source"})
    assert problems == []
    assert call.data == {"source": "source"}


def test_a_list_of_names_gives_a_list_of_things():
    call, _ = bind("features: {x: {many: {layers: [a, b]}}}", {"a", "b"})
    assert call({"a": 1, "b": 2}, seed=3) == ([1, 2], None, 3)


def test_a_missing_setting_is_named_with_its_unit():
    _, problems = bind("features: {x: {distance_to: {source: faults}}}", {"faults"})
    assert problems == [
        "p.yaml:1:16: features.x.distance_to: missing a required setting 'max_distance' [m]"
    ]


def test_a_misspelt_function_is_answered_with_the_nearest():
    _, problems = bind("features: {x: {distanse_to: {source: faults}}}", {"faults"})
    assert "no feature is called 'distanse_to'; did you mean 'distance_to'?" in problems[0]


def test_a_misspelt_argument_is_answered_with_the_nearest():
    _, problems = bind(
        "features: {x: {distance_to: {source: faults, max_distanse: 2}}}", {"faults"}
    )
    assert "has no argument 'max_distanse'; did you mean 'max_distance'?" in problems[0]


def test_an_unknown_thing_is_answered_with_the_nearest():
    _, problems = bind("features: {x: {distance_to: {source: fault, max_distance: 2}}}", {"faults"})
    assert problems == [
        "p.yaml:1:30: features.x.distance_to.source: nothing above is called 'fault'; "
        "did you mean 'faults'?"
    ]


def test_all_problems_come_at_once():
    _, problems = bind("features: {x: {distance_to: {source: fault, max_distanse: 2}}}", {"faults"})
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("{path: f, n: far}", r"x\.read\.n: expected a valid integer, got 'far'"),
        ("{path: f, kind: c}", r"x\.read\.kind: expected 'a' or 'b', got 'c'"),
        ("{path: [1]}", r"x\.read\.path: .*got \[1\]"),
        ("{path: f, grid: 3}", r"x\.read: has no argument 'grid'"),
        ("7", r"expected arguments such as .*, got 7"),
    ],
)
def test_a_wrong_setting_is_told_with_its_place(arguments, message):
    _, problems = bind(f"features: {{x: {{read: {arguments}}}}}")
    assert any(__import__("re").search(message, problem) for problem in problems), problems


def test_what_is_filled_in_cannot_be_stated():
    arguments = "{source: faults, max_distance: 2, grid: 3}"
    _, problems = bind(f"features: {{x: {{distance_to: {arguments}}}}}", {"faults"})
    assert len(problems) == 1
    assert problems[0].startswith("p.yaml:1:")
    assert problems[0].endswith("distance_to.grid: is filled in by the pipeline; remove it here")


def test_paths_start_at_the_data_folder(tmp_path):
    call, _ = bind("features: {x: {read: {path: a/../b.tif, also: [c.tif]}}}", folder=tmp_path)
    assert call({}) == (tmp_path / "b.tif", [tmp_path / "c.tif"], "a", 1)


def test_the_data_variable_is_known_in_paths(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOPROSPECT_DATA", str(tmp_path))
    call, _ = bind("features: {x: {read: {path: $GEOPROSPECT_DATA/b.tif}}}")
    assert call({})[0] == tmp_path / "b.tif"


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("b.tif", "s3://bucket/district/b.tif"),
        ("./maps/../../b.tif", "s3://bucket/b.tif"),
        ("https://example.org/b.tif", "https://example.org/b.tif"),
        ("/data/b.tif", "/data/b.tif"),
        ("$GEOPROSPECT_DATA/b.tif", "s3://all/b.tif"),
    ],
)
def test_paths_may_be_urls_or_start_at_one(path, read, monkeypatch):
    monkeypatch.setenv("GEOPROSPECT_DATA", "s3://all/")
    call, problems = bind(
        f"features: {{x: {{read: {{path: '{path}'}}}}}}", folder=UPath("s3://bucket/district")
    )
    assert problems == []
    assert str(call({})[0]) == read


def test_a_url_of_no_known_kind_is_told_with_its_place():
    _, problems = bind("features: {x: {read: {path: f, also: ['gopher://a/b.tif']}}}")
    assert problems[0].startswith("p.yaml:1:39: features.x.read.also.0: gopher://a/b.tif: Unsupp")


def test_a_missing_data_variable_is_named(monkeypatch):
    monkeypatch.delenv("GEOPROSPECT_DATA", raising=False)
    _, problems = bind("features: {x: {read: {path: $GEOPROSPECT_DATA/b.tif}}}")
    assert "needs the environment variable GEOPROSPECT_DATA" in problems[0]


def test_free_settings_pass_unchanged():
    call, problems = bind("features: {x: {free: {num_leaves: 7, alpha: 0.5}}}")
    assert problems == []
    assert call({}, seed=1) == {"num_leaves": 7, "alpha": 0.5}


def test_a_function_without_arguments_may_stand_alone():
    call, problems = bind("features: {x: free}")
    assert problems == []
    assert call({}, seed=1) == {}


def test_two_functions_of_one_name_are_refused():
    def free() -> None:
        """Another."""

    free.__module__ = "elsewhere"
    with pytest.raises(ValueError, match="two features are called 'free'"):
        THINGS.register(free)


def test_an_unknown_name_is_a_pipeline_error():
    with pytest.raises(PipelineError, match="known: distance_to, free, many, read"):
        THINGS["zzzzzz"]
