"""
The language in which people are told things.

Messages stand in the code in English, as arguments of :func:`say`, :func:`counted` and
:func:`marked`, and in templates as ``{% trans %}``; other languages have catalogues of them
in ``locale/``. Which one is spoken is a matter of the block that says so: threads and runs
beside each other do not hear of it.
"""

from __future__ import annotations

import functools
import gettext
import importlib.resources
import io
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from geoprospect.errors import UnknownNameError

SOURCE = "en"
"""The language of the messages themselves."""

LANGUAGES = {"en": "en", "zh": "zh-Hans"}
"""Languages by the name a user gives them, and what a web page calls them."""

_spoken: ContextVar[str] = ContextVar("spoken", default=SOURCE)


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """
    Within the block people are told things in this language.

    Raises
    ------
    UnknownNameError
        If there is no catalogue for it.
    """
    if language not in LANGUAGES:
        raise UnknownNameError(
            f"language: there is no catalogue for {language!r}; known: {', '.join(LANGUAGES)}"
        )
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def now() -> str:
    """The language that is spoken here and now."""
    return _spoken.get()


def say(message: str, **values: Any) -> str:
    """The message in the language that is spoken, its ``{places}`` filled in with *values*."""
    told = text(message)
    return told.format(**values) if values else told


def counted(one: str, many: str, count: float, **values: Any) -> str:
    """The message for one or for many, as the language counts; ``{count}`` is among its places."""
    return texts(one, many, count).format(count=count, **values)


def marked(message: str) -> str:
    """The same text, marked for the catalogues; it is said where it is shown."""
    return message


def kept(tell: Callable[[], str]) -> dict[str, Any]:
    """
    What *tell* says, for what is written now and read in another language later.

    Returns
    -------
    dict
        ``words`` as they stand in the code, and ``said``, the same by language.
    """
    said = {}
    for language in LANGUAGES:
        with spoken(language):
            said[language] = tell()
    return {"words": said[SOURCE], "said": said}


def noticed(record: logging.LogRecord) -> dict[str, str]:
    """A message of the log by language, other than that of the code, as far as it is known."""
    found = {}
    for language in LANGUAGES:
        form, words = str(record.msg), catalogue(language)
        told = words.gettext(form)
        if told != form:
            found[language] = told % tuple(_filled(words, one) for one in _listed(record.args))
    return found


def _listed(args: Any) -> tuple[Any, ...]:
    return args if isinstance(args, tuple) else ()


def _filled(words: gettext.NullTranslations, one: Any) -> Any:
    """A text that fills a place, in the same language as far as it is known."""
    return words.gettext(one) if isinstance(one, str) and one else one


def named(layer: str) -> str:
    """
    A layer's long name in the language that is spoken, as far as its parts are known.

    Names that a study gives its inputs stay as they are.
    """
    if now() == SOURCE:
        return layer
    told = text(layer)
    if told != layer:
        return told
    for message, pattern in _patterns():
        found = pattern.fullmatch(layer)
        if found:
            return say(message, **{place: named(part) for place, part in found.groupdict().items()})
    parts = layer.split(", ")
    return say(", ").join(map(named, parts)) if len(parts) > 1 else layer


@functools.cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """The names with places, and what a name of that form looks like."""
    found = []
    for message in LAYERS:
        pieces = re.split(r"\{(\w+)\}", message)
        form = "".join(
            f"(?P<{piece}>.+)" if n % 2 else re.escape(piece) for n, piece in enumerate(pieces)
        )
        if len(pieces) > 1:
            found.append((message, re.compile(form)))
    return found


def text(message: str) -> str:
    """The message in the language that is spoken, as it stands in the catalogue."""
    return catalogue(now()).gettext(message)


def texts(one: str, many: str, count: float) -> str:
    """The same for a message that counts."""
    return catalogue(now()).ngettext(one, many, count)  # type: ignore[arg-type]


@functools.cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The messages of one language; English has none, and says each as it stands."""
    if language == SOURCE:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with written(language).open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def written(language: str) -> Any:
    """The catalogue's file."""
    folder = importlib.resources.files("geoprospect") / "locale"
    return folder / language / "LC_MESSAGES" / "geoprospect.po"


LAYERS = (
    *(marked("prospectivity"), marked("ensemble spread"), marked("none")),
    *(marked("rank on ground held out"), marked("faults"), marked("intrusions")),
    *(marked("contact"), marked("deposits"), marked("roads"), marked("lith")),
    *(marked("lithology"), marked("marble"), marked("limestone"), marked("granite")),
    *(marked("elevation"), marked("slope"), marked("total magnetic intensity")),
    *(marked("Bouguer gravity"), marked("nearest sample"), marked("lines"), marked("points")),
    *(marked("below the crossing"), marked("at or above the crossing"), marked("other")),
    *(marked("topographic wetness index"), marked("upslope area"), marked("gamma dose rate")),
    marked("density of crossings of {what} within {radius} m"),
    marked("density of {what} within {radius} m"),
    marked("kernel density of {what}, {radius} m"),
    marked("spacing of {what} within {radius} m"),
    marked("mean of {what} within {radius} m"),
    marked("standard deviation of {what} within {radius} m"),
    marked("range of {what} within {radius} m"),
    marked("entropy of {what} within {radius} m"),
    marked("height above the mean within {radius} m"),
    marked("distance to {what}"),
    marked("horizontal gradient of {what}"),
    marked("vertical gradient of {what}"),
    marked("kriging standard deviation of {what}"),
    marked("concentration-area class of {what}"),
    marked("log10 of {what}"),
    marked("rank of {what}"),
    marked("{what}, scaled"),
    marked("{what}, winsorised"),
    marked("{what} of the catchment"),
)
"""Long names that layers and maps are given, with places for what they rest on."""
