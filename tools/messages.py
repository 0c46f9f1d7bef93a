"""
Bring the catalogues of other languages up to date with the messages in the code.

    make messages            extract, merge into geoprospect/locale, tell what is missing
    python tools/messages.py --check    tell only; 1 if something is missing

Messages are the arguments of ``say``, ``counted`` and ``marked`` in the
code, ``{% trans %}`` in templates, and the headings of the report's sections.
"""

from __future__ import annotations

import io
import re
import string
import sys
from pathlib import Path

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
        if message.fuzzy or not all(said):
            problems.append(f"missing: {ids[0]!r}")
        elif any(places(one) != places(ids[-1]) for one in said):
            problems.append(f"other places: {ids[0]!r}: {said[0]!r}")
    return problems


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
        print(f"{language}: {len(catalog)} messages, {len(problems)} to translate")
        print("".join(f"  {problem}\n" for problem in problems), end="")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
