"""What the browser gets: whole, unmodified where vendored, and asking nothing of anyone else."""

from __future__ import annotations

import hashlib
import json
import re
from importlib import resources
from pathlib import Path

import pytest

STATIC = Path(str(resources.files("geoprospect.review"))) / "static"
LEAFLET = {  # leaflet@1.9.4 of npm
    "LICENSE": "53e8dc25862014e4324741ca18fbe3611e11d42ef69f59f86ea8c5389647d4cb",
    "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    "images/layers-2x.png": "066daca850d8ffbef007af00b06eac0015728dee279c51f3cb6c716df7c42edf",
    "images/layers.png": "1dbbe9d028e292f36fcba8f8b3a28d5e8932754fc2215b9ac69e4cdecf5107c6",
    "images/marker-icon-2x.png": "00179c4c1ee830d3a108412ae0d294f55776cfeb085c60129a39aa6fc4ae2528",
    "images/marker-icon.png": "574c3a5cca85f4114085b6841596d62f00d7c892c7b03f28cbfa301deb1dc437",
    "images/marker-shadow.png": "264f5c640339f042dd729062cfc04c17f8ea0f29882b538e3848ed8f10edb4da",
}
OURS = sorted([*STATIC.glob("*.*"), *STATIC.glob("js/*.js"), *STATIC.glob("messages/*.json")])


def test_vendored_files_are_those_of_the_release():
    folder = STATIC / "vendor" / "leaflet"
    found = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
             for path in folder.rglob("*") if path.is_file()}  # fmt: skip
    assert found == LEAFLET


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_nothing_of_ours_turns_text_into_markup_or_asks_another_machine(path):
    text = path.read_text(encoding="utf-8")
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
        r"|\bon\w+=\"|style=\""
    )
    assert not re.search(forbidden, text)
    addresses = set(re.findall(r"https?://[^\s'\"]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert len(text.splitlines()) < 260


def test_every_message_that_a_script_asks_for_is_there():
    known = json.loads((STATIC / "messages" / "en.json").read_text(encoding="utf-8"))
    for path in STATIC.glob("js/*.js"):
        asked = re.findall(r"\bt\('([^'$]+)'", path.read_text(encoding="utf-8"))
        assert [key for key in asked if key not in known] == [], path.name


def test_every_script_is_fetched_at_once_rather_than_one_after_the_other():
    index = (STATIC / "index.html").read_text(encoding="utf-8")
    early = re.findall(r'modulepreload" href="/static/js/([\w.]+)"', index)
    assert sorted([*early, "main.js"]) == sorted(path.name for path in STATIC.glob("js/*.js"))
