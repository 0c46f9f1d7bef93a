"""Models made ready once in a process, however many blocks, threads or calls ask for them."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import TypeVar

from geoprospect.kernels.trees import scores, shapley
from geoprospect.kernels.trees.forest import Forest, forest
from geoprospect.kernels.trees.scores import Scorer
from geoprospect.kernels.trees.shapley import Explainer

Made = TypeVar("Made")

_LOCK = threading.Lock()


def scorer(texts: tuple[str, ...]) -> Scorer | None:
    """The models, one class each, ready to score; None where bytes cannot code them."""
    return _once(_scorer, texts)


def explainer(texts: tuple[str, ...], *, exact: bool = False) -> Explainer | None:
    """The mean of the models, one class each, ready to explain; None where it cannot be."""
    return _once(_exact_explainer if exact else _explainer, texts)


def explainers(texts: tuple[str, ...]) -> tuple[Explainer | None, ...]:
    """Each model, one class, ready to explain by itself; all take no more room than one may."""
    return _once(_explainers, texts)


def forests(texts: tuple[str, ...]) -> tuple[Forest, ...]:
    """The models as arrays; a model of several classes as several models."""
    found = [forest(text) for text in texts]
    return tuple(
        Forest(whole.trees[turn :: whole.classes], whole.layers, 1)
        for whole in found
        for turn in range(whole.classes)
    )


def _once(make: Callable[[tuple[str, ...]], Made], texts: tuple[str, ...]) -> Made:
    """Threads that ask for the same wait for it, and do not make it twice."""
    with _LOCK:
        return make(texts)


@functools.lru_cache(maxsize=8)
def _scorer(texts: tuple[str, ...]) -> Scorer | None:
    return scores.scorer(forests(texts))


@functools.lru_cache(maxsize=2)
def _explainer(texts: tuple[str, ...]) -> Explainer | None:
    return shapley.explainer(forests(texts))


@functools.lru_cache(maxsize=1)
def _explainers(texts: tuple[str, ...]) -> tuple[Explainer | None, ...]:
    room = shapley.MOST_BYTES // len(texts)
    return tuple(shapley.explainer((one,), most_bytes=room) for one in forests(texts))


@functools.lru_cache(maxsize=1)
def _exact_explainer(texts: tuple[str, ...]) -> Explainer | None:
    return shapley.explainer(forests(texts), exact=True)
