"""
Bring the catalogues of other languages up to date with the messages in the code.

    make messages            extract, merge into geoprospect/locale, tell what is missing
    python tools/messages.py --check    tell only; 1 if something is missing

Messages are the arguments of ``say``, ``counted`` and ``marked`` in the
code, ``{% trans %}`` in templates, and the headings of the report's sections. What the log
says stands in the report too; of that, what nobody has translated yet is said in English.
"""

from __future__ import annotations

import io
import re
import string
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "geoprospect"
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
OPTIONS = {"**.html": {"trimmed": "true", "newstyle_gettext": "true", "trim_blocks": "true",
                       "lstrip_blocks": "true", "silent": "false"}}  # fmt: skip
KEYWORDS = {
    **dict.fromkeys(("say", "marked", "_", "gettext"), None),
    **dict.fromkeys(("counted", "ngettext"), (1, 2)),
}
LOGGED = dict.fromkeys(("warning", "info"), None)
NOTICE = "notice"
"""Comment of a message that is the log's alone."""
_PERCENT = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z%]")
_OLD = re.compile(r"%\((\w+)\)s")
HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def extracted() -> Catalog:
    """Every message of the package, with the files that it stands in."""
    sys.path.insert(0, str(ROOT))
    from geoprospect import registry

    found = Catalog(project="geoprospect", charset="utf-8")
    for name, _, message, _, context in extract_from_dir(
        PACKAGE, METHODS, OPTIONS, keywords=KEYWORDS
    ):
        found.add(message, locations=[(f"geoprospect/{name}", 0)], context=context)
    for name, _, message, _, _ in extract_from_dir(PACKAGE, METHODS[:1], keywords=LOGGED):
        if isinstance(message, str) and re.search(r"[a-z]{2}", _PERCENT.sub("", message)):
            comment = [] if message in found else [NOTICE]
            found.add(message, locations=[(f"geoprospect/{name}", 0)], auto_comments=comment)
    for function in registry.SECTIONS.values():
        where = f"{function.__module__.replace('.', '/')}.py"
        found.add(registry.summary(function).rstrip("."), locations=[(where, 0)])
    return found


def catalogues() -> dict[str, Path]:
    """The catalogue of each language."""
    return {
        path.parents[1].name: path
        for path in sorted(PACKAGE.glob("locale/*/LC_MESSAGES/geoprospect.po"))
    }


def merged(path: Path, language: str, template: Catalog) -> Catalog:
    """A catalogue with exactly the messages of the template; new ones without a translation."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def text_of(catalog: Catalog) -> bytes:
    """The file of a catalogue."""
    written = io.BytesIO()
    write_po(written, catalog, width=100, include_lineno=False, sort_by_file=True, omit_header=True)
    head = HEADER.format(language=catalog.locale, plurals=catalog.plural_forms)
    return head.encode() + written.getvalue()


def missing(catalog: Catalog) -> list[str]:
    """What is not translated, guessed, or translated with other places to fill in."""
    problems = []
    for message in catalog:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        of: Callable[[str], Any] = nameless if NOTICE in message.auto_comments else places
        if not message.fuzzy and not any(said) and NOTICE in message.auto_comments:
            continue
        if message.fuzzy or not all(said):
            problems.append(f"missing: {ids[0]!r}")
        elif any(of(one) != of(ids[-1]) for one in said):
            problems.append(f"other places: {ids[0]!r}: {said[0]!r}")
    return problems


def english(catalog: Catalog) -> list[str]:
    """What the log says in English alone."""
    return [str(one.id) for one in catalog
            if one.id and NOTICE in one.auto_comments and not one.string]  # fmt: skip


def nameless(message: str) -> list[str]:
    """What a message of the log is filled with, in its order."""
    return [one for one in _PERCENT.findall(message) if not one.endswith("%")]


def places(message: str) -> set[str]:
    """The names to be filled in, of either form."""
    named = set(_OLD.findall(message))
    try:
        return named | {name.split(":")[0] for _, name, _, _ in string.Formatter().parse(message)
                        if name}  # fmt: skip
    except ValueError:  # a brace of a template's own
        return named


def main() -> int:
    """Merge, or with ``--check`` only look; tell what is missing."""
    template = extracted()
    failed = False
    for language, path in catalogues().items():
        catalog = merged(path, language, template)
        problems = missing(catalog)
        stale = text_of(catalog) != path.read_bytes()
        if "--check" not in sys.argv:
            path.write_bytes(text_of(catalog))
        failed |= bool(problems) or ("--check" in sys.argv and stale)
        told = f"{len(catalog)} messages, {len(problems)} to translate"
        print(f"{language}: {told}, {len(english(catalog))} of the log in English alone")
        print("".join(f"  {problem}\n" for problem in problems), end="")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
