"""Functions found by name: one registry for each kind of plugin."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from geoprospect.errors import UnknownNameError, did_you_mean

Function = TypeVar("Function", bound=Callable[..., Any])


class Registry(Mapping[str, Callable[..., Any]]):
    """
    The functions of one kind, under their own names.

    A plugin is a file in *package* with a decorated function; the package is
    walked at the first look-up, so nothing has to be listed twice.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._functions: dict[str, Callable[..., Any]] = {}
        self._walked = False

    def register(self, function: Function) -> Function:
        """Add *function* under its own name; use as a decorator."""
        name = function.__name__
        known = self._functions.get(name)
        if known is not None and known.__module__ != function.__module__:
            raise ValueError(
                f"two {self.kind}s are called {name!r}: in {known.__module__} "
                f"and in {function.__module__}; rename one"
            )
        self._functions[name] = function
        return function

    def __getitem__(self, name: str) -> Callable[..., Any]:
        self._walk()
        try:
            return self._functions[name]
        except KeyError:
            raise UnknownNameError(
                f"no {self.kind} is called {name!r}{did_you_mean(name, self._functions)}"
            ) from None

    def __contains__(self, name: object) -> bool:
        self._walk()
        return name in self._functions

    def __iter__(self) -> Iterator[str]:
        self._walk()
        return iter(sorted(self._functions))

    def __len__(self) -> int:
        self._walk()
        return len(self._functions)

    def _walk(self) -> None:
        if self._walked:
            return
        self._walked = True
        package = importlib.import_module(self.package)
        for module in pkgutil.walk_packages(package.__path__, prefix=f"{self.package}."):
            importlib.import_module(module.name)


def summary(function: Callable[..., Any]) -> str:
    """First line of a function's docstring."""
    return (inspect.getdoc(function) or "").partition("\n")[0]


INPUTS = Registry("input", "geoprospect.ingest")
TABLES = Registry("table of points", "geoprospect.features")
FEATURES = Registry("feature", "geoprospect.features")
VOXELS = Registry("feature under ground", "geoprospect.features.voxels")
LABELS = Registry("labelling", "geoprospect.labels")
FOLDS = Registry("validation protocol", "geoprospect.labels")
MODELS = Registry("model", "geoprospect.models")
TARGETS = Registry("targeting", "geoprospect.targets")
ESTIMATORS = Registry("estimator of the number of deposits", "geoprospect.resources")
SIZES = Registry("grade and tonnage model", "geoprospect.resources")
VOLUMES = Registry("estimate by volume", "geoprospect.resources")
SECTIONS = Registry("report section", "geoprospect.report")

KINDS = (
    INPUTS, TABLES, FEATURES, LABELS, FOLDS, MODELS, TARGETS, ESTIMATORS, SIZES, VOLUMES, SECTIONS,
    VOXELS,
)  # fmt: skip
