import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.errors import PipelineError
from geoprospect.pipeline.grammar import parse

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("abcXYZ 区域", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abcdef", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=4), PLAIN, max_size=4))
def test_values_are_those_of_yaml_safe_load(values):
    text = yaml.safe_dump(values, allow_unicode=True)
    if isinstance(yaml.safe_load(text), dict) and values:
        assert parse(text, "p.yaml").values == yaml.safe_load(text)


def test_every_value_knows_its_line_and_column():
    document = parse("seed: 7\ninputs:\n  faults:\n    vector: {path: f.gpkg}\n", "p.yaml")
    assert document.where("seed") == "p.yaml:1:1"
    assert document.where("inputs", "faults") == "p.yaml:3:3"
    assert document.where("inputs", "faults", "vector", "path") == "p.yaml:4:14"
    assert document.where("inputs", "rivers") == "p.yaml:2:1"


@pytest.mark.parametrize(
    "text",
    [
        "seed: !!python/object/apply:os.system ['echo hacked']",
        "a: {b: [1, !!python/name:os.system ]}",
        "seed: !secret 7",
    ],
)
def test_python_objects_are_refused_with_their_place(text):
    with pytest.raises(PipelineError, match=r"p\.yaml:1:\d+: .*plain values only"):
        parse(text, "p.yaml")


def test_a_repeated_key_is_refused():
    with pytest.raises(PipelineError, match=r"p\.yaml:2:1: 'seed' stands here a second time"):
        parse("seed: 7\nseed: 8\n", "p.yaml")


def test_broken_yaml_names_the_line():
    with pytest.raises(PipelineError, match=r"p\.yaml:2:\d+: this is not YAML"):
        parse("a: [1, 2\nb: }", "p.yaml")


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b"])
def test_a_text_without_sections_is_refused(text):
    with pytest.raises(PipelineError, match="a mapping of sections"):
        parse(text, "p.yaml")


def test_nested_aliases_do_not_multiply():
    levels = ["a0: &a0 [x, x]"]
    levels += [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]
    assert len(parse("\n".join(levels), "p.yaml").values) == 60


def test_an_overlong_text_is_refused():
    with pytest.raises(PipelineError, match="no pipeline file"):
        parse("a: " + "x" * 1_000_001, "p.yaml")
