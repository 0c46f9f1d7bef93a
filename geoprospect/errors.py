"""The error tree. A message says where, what is wrong, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class GeoprospectError(Exception):
    """Root of every error this package raises on purpose."""


class ContractError(GeoprospectError, ValueError):
    """What travels between two stages is not what the contract says."""


class PipelineError(GeoprospectError, ValueError):
    """A pipeline file cannot be understood or bound to functions."""


class UnknownNameError(PipelineError, LookupError):
    """Nothing is registered under that name."""


class DataError(GeoprospectError, ValueError):
    """The content of a data file is unusable as stated."""


class MissingFileError(GeoprospectError, FileNotFoundError):
    """A data file is not there, or not within reach."""


class ModelError(GeoprospectError, ValueError):
    """A model does not fit the cube, or cannot be trained."""


class ClusterError(GeoprospectError, RuntimeError):
    """The workers of a cluster cannot be had, or are lost."""


class OutputError(GeoprospectError, OSError):
    """A result cannot be written."""


def listing(title: str, problems: Sequence[str]) -> str:
    """*title*, then one problem a line."""
    return "\n".join([title, *(f"  - {problem}" for problem in problems)])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message: the nearest known name, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(names)}" if names else ""
