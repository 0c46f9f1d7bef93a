"""
From a pipeline file to checked calls, before any data file is opened.

The signature is the schema: a function's positional parameters are data,
looked up among the names defined above; its keyword-only parameters are
settings, checked against their annotations; ``grid``, ``area``, ``exclusions``
and ``seed`` are filled in.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args, get_origin, get_type_hints

import xarray as xr
from pydantic import ConfigDict, PydanticSchemaGenerationError, TypeAdapter, ValidationError

from geoprospect import storage
from geoprospect.errors import GeoprospectError, PipelineError, UnknownNameError, did_you_mean
from geoprospect.pipeline.grammar import Document
from geoprospect.registry import Registry
from geoprospect.storage import AnyPath, Location

FILLED_IN = frozenset({"grid", "area", "exclusions", "seed"})


@dataclass(frozen=True)
class Call:
    """One function of a pipeline with its arguments, checked but not yet made."""

    path: tuple[str, ...]
    function: Callable[..., Any]
    data: Mapping[str, Any]
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What the result is called."""
        return self.path[1] if len(self.path) > 2 else self.path[0]

    @property
    def label(self) -> str:
        """Where it stands in the grammar, as in ``features.copper.interpolated``."""
        return ".".join(self.path)

    @property
    def takes(self) -> frozenset[str]:
        """Names of all parameters of the function."""
        return frozenset(inspect.signature(self.function).parameters)

    def __call__(self, things: Mapping[str, Any], **filled_in: Any) -> Any:
        """Make the call: *things* by name, and what is filled in as far as it is taken."""
        data = {parameter: _looked_up(named, things) for parameter, named in self.data.items()}
        taken = self.takes - self.data.keys() - self.settings.keys()
        extra = {name: value for name, value in filled_in.items() if name in taken}
        try:
            return self.function(**data, **self.settings, **extra)
        except GeoprospectError as error:
            error.add_note(f"in {self.label}")
            raise
        except ValueError as error:  # a setting that the function itself refuses
            raise PipelineError(f"{self.label}: {error}") from error

    def uses(self) -> list[str]:
        """Names of the things it takes."""
        flat: list[str] = []
        for named in self.data.values():
            flat += [named] if isinstance(named, str) else list(named)
        return flat


def _looked_up(named: Any, things: Mapping[str, Any]) -> Any:
    if isinstance(named, str):
        return things[named]
    return [_called(things[name], name) for name in named]


def _called(thing: Any, name: str) -> Any:
    """A layer under the name it has in the file, so that a function of several can tell them."""
    return thing.rename(name) if isinstance(thing, xr.DataArray) else thing


class Binder:
    """Binds the calls of one document, and gathers all that is wrong with them."""

    def __init__(self, document: Document, folder: AnyPath) -> None:
        self.document = document
        self.folder = folder
        self.problems: list[str] = []

    def complain(self, path: tuple[str | int, ...], problem: str) -> None:
        """Note a problem, with its place in the file and in the grammar."""
        label = ".".join(str(part) for part in path)
        self.problems.append(f"{self.document.where(*path)}: {label}: {problem}")

    def check_parts(self, section: str, stated: Iterable[Any], parts: Collection[str]) -> None:
        """Complain of what is stated in a section and is no part of it."""
        for name in stated:
            if name not in parts:
                nearest = did_you_mean(str(name), parts)
                self.complain((section, name), f"is no part of {section}{nearest}")

    def named(
        self, section: str, name: str, registry: Registry, known: Iterable[str]
    ) -> Call | None:
        """Bind ``name: {function: {argument: value}}`` under a section."""
        return self.at((section, name), registry, known)

    def single(self, section: str, registry: Registry, known: Iterable[str]) -> Call | None:
        """Bind ``section: {function: {argument: value}}``."""
        return self.at((section,), registry, known)

    def flat(
        self,
        section: str,
        function: Callable[..., Any],
        known: Iterable[str],
        given: Iterable[str] = (),
    ) -> Call | None:
        """Bind ``section: {argument: value}``, where only one function can be meant."""
        stated = self.document.values.get(section)
        return self.arguments((section,), function, {} if stated is None else stated, known, given)

    def arguments(
        self,
        path: tuple[str, ...],
        function: Callable[..., Any],
        arguments: Any,
        known: Iterable[str],
        given: Iterable[str] = (),
    ) -> Call | None:
        """
        Bind the arguments of one function, or complain and return None.

        *given* names parameters that the caller of the call will fill in itself.
        """
        if not isinstance(arguments, dict):
            self.complain(path, f"expected arguments such as {{name: value}}, got {arguments!r}")
            return None
        before = len(self.problems)
        every = inspect.signature(function).parameters
        filled = frozenset(given) | {
            name
            for name in FILLED_IN & every.keys()
            if every[name].kind is every[name].KEYWORD_ONLY and not _is_number(every[name])
        }
        parameters = {name: one for name, one in every.items() if name not in filled}
        for name in filled & arguments.keys():
            self.complain((*path, name), "is filled in by the pipeline; remove it here")
        arguments = {name: value for name, value in arguments.items() if name not in filled}
        self._check_names(path, parameters, arguments)
        data = self._data(path, parameters, arguments, frozenset(known))
        settings = self._settings(path, function, parameters, arguments)
        if len(self.problems) > before:
            return None
        return Call(path, function, data, settings)

    def _value(self, path: tuple[str, ...]) -> Any:
        value: Any = self.document.values
        for part in path:
            value = value[part]
        return value

    def at(
        self,
        path: tuple[str, ...],
        registry: Registry,
        known: Iterable[str],
        given: Iterable[str] = (),
    ) -> Call | None:
        """Bind ``{function: {argument: value}}`` wherever it stands; *given* as there."""
        value = self._value(path)
        if isinstance(value, str):  # a function without arguments
            value = {value: {}}
        if not isinstance(value, dict) or len(value) != 1:
            self.complain(
                path, f"expected one {registry.kind} as {{function: {{argument: value}}}}"
            )
            return None
        ((function_name, arguments),) = value.items()
        try:
            function = registry[str(function_name)]
        except UnknownNameError as error:
            self.complain(path, str(error))
            return None
        return self.arguments(
            (*path, str(function_name)), function, {} if arguments is None else arguments, known,
            given,
        )  # fmt: skip

    def _check_names(
        self,
        path: tuple[str, ...],
        parameters: Mapping[str, inspect.Parameter],
        arguments: Mapping[str, Any],
    ) -> None:
        if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            return
        for name in arguments:
            if name not in parameters:
                nearest = did_you_mean(str(name), parameters)
                self.complain(path, f"has no argument {name!r}{nearest}")

    def _data(
        self,
        path: tuple[str, ...],
        parameters: Mapping[str, inspect.Parameter],
        arguments: Mapping[str, Any],
        known: frozenset[str],
    ) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name, parameter in parameters.items():
            if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
                continue
            optional = parameter.default is not parameter.empty
            if name not in arguments and (optional and name not in known):
                continue
            named = arguments.get(name, name)
            if named is None and optional:
                continue
            wanted = named if isinstance(named, list) else [named]
            for one in wanted:
                if one not in known:
                    self.complain(
                        (*path, name),
                        f"nothing above is called {one!r}{did_you_mean(str(one), known)}",
                    )
            data[name] = named
        return data

    def _settings(
        self,
        path: tuple[str, ...],
        function: Callable[..., Any],
        parameters: Mapping[str, inspect.Parameter],
        arguments: Mapping[str, Any],
    ) -> dict[str, Any]:
        hints = _hints(function, parameters)
        settings: dict[str, Any] = {}
        for name, parameter in parameters.items():
            if parameter.kind is not parameter.KEYWORD_ONLY:
                continue
            if name in arguments:
                hint = hints.get(name, Any)
                settings[name] = self._setting((*path, name), hint, arguments[name])
            elif parameter.default is parameter.empty:
                self.complain(path, f"missing a required setting {name!r}{_unit(function, name)}")
        if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            extra = {k: v for k, v in arguments.items() if k not in parameters}
            settings.update(extra)
        return settings

    def _setting(self, path: tuple[str, ...], hint: Any, value: Any) -> Any:
        try:
            checked = _adapter(hint).validate_python(value)
        except ValidationError as error:
            if _holds_paths(hint):
                self.complain(path, f"expected a path or a URL, got {value!r}")
                return None
            for one in error.errors():
                inner = tuple(part for part in one["loc"] if isinstance(part, (str, int)))
                place = (*path, *inner) if (*path, *inner) in self.document.marks else path
                self.complain(place, f"{_plain(one['msg'])}, got {one['input']!r}")
            return None
        return self._within_reach(path, value) if _holds_paths(hint) else checked

    def _within_reach(self, path: tuple[str | int, ...], value: Any) -> Any:
        if isinstance(value, list):
            return [self._within_reach((*path, i), one) for i, one in enumerate(value)]
        try:
            return None if value is None else resolved(value, self.folder)
        except GeoprospectError as error:
            self.complain(path, str(error))
            return None


def resolved(path: Location, folder: AnyPath) -> AnyPath:
    """A path of a pipeline file: relative to the data folder; ``$GEOPROSPECT_DATA`` is known."""
    return storage.joined(folder, expanded(str(path)))


def expanded(text: str) -> str:
    """*text* with ``$GEOPROSPECT_DATA`` replaced by that environment variable."""
    pattern = r"\$(?:GEOPROSPECT_DATA\b|\{GEOPROSPECT_DATA\})"
    if not re.search(pattern, text):
        return text
    folder = os.environ.get("GEOPROSPECT_DATA")
    if not folder:
        raise PipelineError(
            f"{text} needs the environment variable GEOPROSPECT_DATA; "
            "set it to the folder that holds the districts' data"
        )
    place = folder.rstrip("/") if storage.is_url(folder) else str(Path(folder).resolve())
    return re.sub(pattern, lambda _: place, text)


def _hints(
    function: Callable[..., Any], parameters: Mapping[str, inspect.Parameter]
) -> dict[str, Any]:
    """Types of the settings; those of data may be known to type checkers alone."""
    settings = {
        name: parameter.annotation
        for name, parameter in parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.annotation is not parameter.empty
    }
    maker = function.__init__ if inspect.isclass(function) else function
    return get_type_hints(SimpleNamespace(__annotations__=settings), globalns=maker.__globals__)


def _adapter(hint: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticSchemaGenerationError:  # pragma: no cover - the conformance test forbids it
        return TypeAdapter(Any)
    except Exception as error:
        if "config" not in str(error):
            raise
        return TypeAdapter(hint)


def _is_number(parameter: inspect.Parameter) -> bool:
    """Whether it takes a plain number: an ``area`` in square kilometres is no study area."""
    return parameter.annotation in (float, "float")


def _holds_paths(hint: Any) -> bool:
    return hint is Path or any(_holds_paths(one) for one in get_args(hint) if get_origin(hint))


def _plain(message: str) -> str:
    """Pydantic's words, in the tone of this project."""
    plain = message[:1].lower() + message[1:]
    plain = plain.replace("input should be", "expected")
    return re.sub(r", unable to parse.*", "", plain)


def _unit(function: Callable[..., Any], parameter: str) -> str:
    """The unit that a parameter's docstring gives in brackets at the end, in parentheses."""
    document = inspect.getdoc(function) or ""
    found = re.search(rf"^{parameter} : [^\n]*\n((?: {{4}}[^\n]*\n?)+)", document, re.MULTILINE)
    units = re.findall(r"\[([^\]\d][^\]]*)\]", found.group(1)) if found else []
    return f" [{units[-1]}]" if units else ""
