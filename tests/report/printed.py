"""What a PDF of Chromium's says, read without any PDF library."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Sheet:
    """A page: its size [mm] and its text, in the order in which it is drawn."""

    width: float
    height: float
    text: str


def sheets(content: bytes) -> list[Sheet]:
    """The pages of a PDF with plain objects and embedded fonts, as Chromium writes them."""
    objects = {
        int(found[1]): found[2]
        for found in re.finditer(rb"(?s)(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", content)
    }
    pages = re.search(rb"/Type /Catalog.*?/Pages (\d+) 0 R", content, re.DOTALL)
    assert pages
    return [_sheet(objects, number) for number in _kids(objects, int(pages[1]))]


def _kids(objects: dict[int, bytes], number: int) -> list[int]:
    kids = re.search(rb"/Kids \[(.*?)\]", objects[number], re.DOTALL)
    if not kids:
        return [number]
    return [one for kid in _references(kids[1]) for one in _kids(objects, kid)]


def _references(text: bytes) -> list[int]:
    return [int(number) for number in re.findall(rb"(\d+) 0 R", text)]


def _sheet(objects: dict[int, bytes], number: int) -> Sheet:
    page = objects[number]
    box = re.search(rb"/MediaBox \[([^\]]*)\]", page)
    contents = re.search(rb"/Contents (\d+) 0 R", page)
    assert box
    assert contents
    _, _, width, height = (float(side) * 25.4 / 72 for side in box[1].split())
    fonts = {
        name: _letters(objects, int(font)) for name, font in re.findall(rb"/(F\d+) (\d+) 0 R", page)
    }
    return Sheet(width, height, _text(_stream(objects[int(contents[1])]), fonts))


def _stream(found: bytes) -> bytes:
    start = found.index(b"stream\n") + len(b"stream\n")
    return zlib.decompress(found[start : found.rindex(b"\nendstream")])


def _letters(objects: dict[int, bytes], font: int) -> dict[str, str]:
    """Glyph to text, by the font's ToUnicode table."""
    table = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    if not table:
        return {}
    told = _stream(objects[int(table[1])]).decode("ascii")
    known: dict[str, str] = {}
    for part in re.findall(r"(?s)beginbfchar(.*?)endbfchar", told):
        known |= {a: _said(b) for a, b in re.findall(r"<(\w+)> <(\w+)>", part)}
    for part in re.findall(r"(?s)beginbfrange(.*?)endbfrange", told):
        for low, high, first in re.findall(r"<(\w+)> <(\w+)> <(\w+)>", part):
            for step in range(int(high, 16) - int(low, 16) + 1):
                known[f"{int(low, 16) + step:0{len(low)}X}"] = chr(int(first, 16) + step)
    return known


def _said(digits: str) -> str:
    return bytes.fromhex(digits).decode("utf-16-be")


def _text(drawn: bytes, fonts: dict[bytes, dict[str, str]]) -> str:
    """What the page's operators show, font by font."""
    said, letters = [], {}
    shown = rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)> Tj|\[((?:<[0-9A-Fa-f]+>|[-\d. ])*)\] TJ"
    for font, one, several in re.findall(shown, drawn):
        if font:
            letters = fonts[font]
            continue
        for digits in [one] if one else re.findall(rb"<([0-9A-Fa-f]+)>", several):
            glyphs = digits.decode("ascii").upper()
            said += [letters.get(glyphs[n : n + 4], "") for n in range(0, len(glyphs), 4)]
    return "".join(said)
