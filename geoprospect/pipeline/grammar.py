"""A pipeline file as plain values, each with its place in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from geoprospect.errors import PipelineError

Path = tuple[str | int, ...]

_LONGEST = 1_000_000


@dataclass(frozen=True)
class Document:
    """The values of a YAML text, and at which line and column each stands."""

    source: str
    text: str
    values: dict[str, Any]
    marks: dict[Path, tuple[int, int]] = field(repr=False)

    def where(self, *path: str | int) -> str:
        """``file:line:column`` of a value, or of the nearest thing around it."""
        for end in range(len(path), -1, -1):
            mark = self.marks.get(path[:end])
            if mark is not None:
                return f"{self.source}:{mark[0]}:{mark[1]}"
        return self.source


def parse(text: str, source: str) -> Document:
    """
    Read a pipeline text: plain values only, no Python objects, no repeated keys.

    Raises
    ------
    PipelineError
        Naming file, line and column.
    """
    if len(text) > _LONGEST:
        raise PipelineError(f"{source}: {len(text)} characters is no pipeline file (at most 1 MB)")
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise PipelineError(
                f"{source}: a pipeline file is a mapping of sections, such as 'inputs:'"
            )
        marks: dict[Path, tuple[int, int]] = {}
        values = _value(loader, node, (), marks, source, {})
    except yaml.MarkedYAMLError as error:
        raise PipelineError(_syntax_message(error, source)) from None
    except yaml.YAMLError as error:
        raise PipelineError(f"{source}: this is not YAML: {error}") from None
    finally:
        loader.dispose()
    return Document(source, text, values, marks)


def _value(
    loader: yaml.SafeLoader,
    node: yaml.Node,
    path: Path,
    marks: dict[Path, tuple[int, int]],
    source: str,
    seen: dict[int, Any],
) -> Any:
    marks[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if node.tag not in yaml.SafeLoader.yaml_constructors:
        raise PipelineError(
            f"{_at(source, node)}: {node.tag.replace('tag:yaml.org,2002:', '!!')} asks for a "
            "Python object; a pipeline file holds plain values only"
        )
    if id(node) in seen:  # an alias: shared, so that nested aliases cannot multiply
        return seen[id(node)]
    if isinstance(node, yaml.MappingNode):
        value: Any = _mapping(loader, node, path, marks, source, seen)
    elif isinstance(node, yaml.SequenceNode):
        value = [
            _value(loader, item, (*path, i), marks, source, seen)
            for i, item in enumerate(node.value)
        ]
    else:
        value = loader.construct_object(node)
    seen[id(node)] = value
    return value


def _mapping(
    loader: yaml.SafeLoader,
    node: yaml.MappingNode,
    path: Path,
    marks: dict[Path, tuple[int, int]],
    source: str,
    seen: dict[int, Any],
) -> dict[Any, Any]:
    mapping: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise PipelineError(f"{_at(source, key_node)}: a key is a single word or number")
        key = loader.construct_object(key_node)
        if key in mapping:
            raise PipelineError(
                f"{_at(source, key_node)}: {key!r} stands here a second time; rename or remove one"
            )
        mapping[key] = _value(loader, value_node, (*path, key), marks, source, seen)
        mark = key_node.start_mark
        marks[(*path, key)] = (mark.line + 1, mark.column + 1)
    return mapping


def _at(source: str, node: yaml.Node) -> str:
    return f"{source}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"


def _syntax_message(error: yaml.MarkedYAMLError, source: str) -> str:
    mark = error.problem_mark or error.context_mark
    place = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
    return f"{place}: this is not YAML: {error.problem or error.context}; check the indentation"
