"""The report: one HTML file that opens with no network."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from geoprospect import __version__, language, registry
from geoprospect.language import marked, say

if TYPE_CHECKING:
    from jinja2 import Environment

NOTHING = "–"
MAPPED = marked("Mineral prospectivity")
BLOCKS = marked("Drill holes and blocks")
HOLES = marked("Drill holes")
"""Kinds of reports: of a map, of blocks between holes, and of holes alone."""


def page(title: str, sections: Sequence[tuple[str, Markup]], *, kind: str = MAPPED) -> str:
    """
    The whole report.

    Parameters
    ----------
    title : str
        What the page is called.
    sections : sequence of (name, fragment)
        In reading order; a registered section's heading is the first line of its
        function's docstring, any other's is its name. An empty fragment is left out.
    kind : str
        Of report, in English: it stands above the title.

    Returns
    -------
    str
        HTML with all it needs inside. The same sections give the same text.
    """
    told = [
        {"name": name, "heading": heading(name), "short": short(name), "content": content}
        for name, content in sections
        if content
    ]
    return str(
        render(
            "report.html", title=title, kind=say(kind), sections=told, version=__version__,
            language=language.LANGUAGES[language.now()],
        )
    )  # fmt: skip


def heading(name: str) -> str:
    """What a section is called on the page."""
    if name in registry.SECTIONS:
        return say(registry.summary(registry.SECTIONS[name]).rstrip("."))
    return name.replace("_", " ").capitalize()


def short(name: str) -> str:
    """The same for the navigation: what stands before the first comma."""
    return re.split("[,，]", heading(name))[0]


def render(template: str, **values: Any) -> Markup:
    """A template of this package, filled in; all text is escaped."""
    return Markup(environment().get_template(template).render(**values))  # noqa: S704


@functools.cache
def environment() -> Environment:
    """Jinja2 with escaping on, the language that is spoken, and the page's ways of numbers."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("geoprospect.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(language.text, language.texts, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(
        fixed=fixed, percent=percent, figures=figures, distance=distance, as_json=as_json,
        listed=listed, named=language.named,
    )  # fmt: skip
    return made


def fixed(number: Any, decimals: int = 2) -> str:
    """A number with so many decimals, a dash for none."""
    return NOTHING if _unknown(number) else f"{float(number):,.{decimals}f}"


def percent(share: Any, decimals: int = 0) -> str:
    """A share as percent, a dash for none."""
    return NOTHING if _unknown(share) else f"{100 * float(share):.{decimals}f} %"


def figures(number: Any) -> str:
    """A number to three figures, a dash for none."""
    if _unknown(number):
        return NOTHING
    size = abs(float(number))
    if size and not 1e-4 <= size < 1e9:
        return f"{float(number):.3g}"
    return f"{float(number):,.{max(0, 2 - math.floor(math.log10(size))) if size else 0}f}"


def distance(metres: Any) -> str:
    """Metres below a kilometre, else kilometres; "inside" for none at all."""
    if _unknown(metres):
        return NOTHING
    if float(metres) < 0.5:
        return say("inside")
    return f"{float(metres):.0f} m" if float(metres) < 1000 else f"{float(metres) / 1000:.1f} km"


def listed(names: Iterable[Any]) -> str:
    """Names one after the other, as the language parts them."""
    return say(", ").join(map(str, names))


def as_json(value: Any) -> Markup:
    """JSON that is safe inside a script element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704


def _unknown(number: Any) -> bool:
    return number is None or number != number or not math.isfinite(float(number))  # noqa: PLR0124
