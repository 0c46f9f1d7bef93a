"""Pages as PDF: by a real Chromium where there is one, and what is said where there is none."""

from __future__ import annotations

import os
import re
import stat
import sys
import textwrap
import time
from pathlib import Path

import pytest

from geoprospect.errors import MissingFileError, OutputError
from geoprospect.report import pdf
from tests.report.printed import sheets
from tests.report.test_browser import CHROMIUM
from tests.report.test_page import ORDER, page, told

PAGE = """<!DOCTYPE html>
<html lang="zh"><head><meta charset="utf-8"><title>靶区</title>
<style>@page { size: A4; @bottom-right { content: counter(page) " / " counter(pages) } }
h1 { break-before: page }</style></head>
<body><p>hello 找矿靶区</p><h1>second</h1><img src="http://127.0.0.1:9/a.png">
<script>document.body.append("a script ran")</script></body></html>
"""

posix = pytest.mark.skipif(os.name == "nt", reason="stands in for a browser with a shell script")
real = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to print with")


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Makes a program that is taken for the browser: ``made`` is where it is to print."""

    def make(body: str) -> Path:
        program = tmp_path / "browser"
        prelude = """
            import os, sys, time
            given = dict(one.lstrip("-").partition("=")[::2] for one in sys.argv[1:-1])
            made = given["print-to-pdf"]
        """
        code = textwrap.dedent(prelude) + textwrap.dedent(body)
        program.write_text(f"#!{sys.executable}\n{code}", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv(pdf.VARIABLE, str(program))
        return program

    return make


@real
@pytest.mark.slow
def test_a_page_is_printed_on_a4_with_numbers_and_letters_that_can_be_searched(tmp_path):
    path = pdf.printed(PAGE, tmp_path / "a" / "report.pdf")
    first, second = sheets(path.read_bytes())
    assert (first.width, first.height) == pytest.approx((210, 297), abs=0.2)
    assert first.text == "1 / 2hello 找矿靶区"
    assert second.text.startswith("2 / 2second")
    assert "script ran" not in second.text
    assert [left.name for left in path.parent.iterdir()] == ["report.pdf"]


@real
@pytest.mark.slow
def test_the_same_page_gives_the_same_bytes_at_any_time(tmp_path):
    one = pdf.printed(PAGE, tmp_path / "one.pdf").read_bytes()
    time.sleep(1.1)
    assert pdf.printed(PAGE, tmp_path / "two.pdf").read_bytes() == one
    assert re.findall(rb"Date \(D:(\d{8})", one) == [b"20000101"] * 2


@real
@pytest.mark.slow
def test_the_report_is_printed_whole_and_without_what_only_a_screen_can_show(case, tmp_path):
    text = page(case.title, [(name, told(case, name)) for name in ORDER])
    content = pdf.printed(text, tmp_path / "report.pdf").read_bytes()
    printed = sheets(content)
    said = " ".join(sheet.text for sheet in printed)
    assert {(round(sheet.width), round(sheet.height)) for sheet in printed} == {(210, 297)}
    assert all(f"{n} / {len(printed)}" in sheet.text for n, sheet in enumerate(printed, 1))
    assert "Test district 试验区" in said
    assert all(label in said for label in case.targets["label"])
    assert "Tap a target" not in said
    assert len(content) < 15e6


@posix
def test_the_browser_is_new_unseen_and_cut_off(stand_in, tmp_path):
    seen = tmp_path / "seen.txt"
    stand_in(f"""
        from pathlib import Path
        profile = Path(given["user-data-dir"])
        page = Path(made).with_name("page.html").read_text(encoding="utf-8")
        Path({str(seen)!r}).write_text("\\n".join([
            str(profile.exists()), given["host-resolver-rules"], str("headless" in given),
            page, str(Path(made).parent),
        ]))
        Path(made).write_bytes(b"%PDF-1.4 whole")
    """)
    path = pdf.printed(PAGE, tmp_path / "report.pdf")
    assert path.read_bytes() == b"%PDF-1.4 whole"
    exists, rules, headless, *page_, folder = seen.read_text(encoding="utf-8").split("\n")
    assert (exists, rules, headless) == ("False", "MAP * ~NOTFOUND", "True")
    assert page_[0].startswith('<!DOCTYPE html><meta http-equiv="Content-Security-Policy"')
    assert "default-src 'none'" in page_[0]
    assert not Path(folder).exists()


@posix
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("print('no display', file=sys.stderr); sys.exit(3)", "printed nothing and said 'no disp"),
        ("pass", "printed nothing; name another browser in GEOPROSPECT_BROWSER"),
        ("open(made, 'wb').write(b'<html>')", "or open report.html in any browser and print"),
    ],
)
def test_a_browser_that_prints_nothing_leaves_what_was_there(stand_in, tmp_path, body, why):
    stand_in(body)
    path = tmp_path / "out" / "report.pdf"
    path.parent.mkdir()
    path.write_bytes(b"older")
    with pytest.raises(OutputError, match=why):
        pdf.printed(PAGE, path)
    assert path.read_bytes() == b"older"
    assert [left.name for left in path.parent.iterdir()] == ["report.pdf"]


@posix
def test_a_browser_that_hangs_is_ended_with_all_that_it_started(stand_in, tmp_path):
    child = tmp_path / "child.txt"
    stand_in(f"""
        import subprocess
        sleeper = subprocess.Popen(["sleep", "60"])
        open({str(child)!r}, "w").write(str(sleeper.pid))
        time.sleep(60)
    """)
    with pytest.raises(OutputError, match=r"said 'nothing in 2 s'"):
        pdf.printed(PAGE, tmp_path / "report.pdf", timeout=2)
    status = Path(f"/proc/{child.read_text(encoding='utf-8')}/stat")
    assert not status.exists() or status.read_text(encoding="utf-8").split(") ")[1][0] == "Z"
    assert not (tmp_path / "report.pdf").exists()


def test_no_browser_is_said_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv(pdf.VARIABLE, raising=False)
    monkeypatch.setattr(pdf, "_places", lambda: iter([tmp_path / "nothing"]))
    with pytest.raises(MissingFileError, match=r"install one, or name its program in GEOPROSPECT"):
        pdf.printed(PAGE, tmp_path / "report.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_named_browser_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setenv(pdf.VARIABLE, "no-such-browser")
    with pytest.raises(MissingFileError, match="names 'no-such-browser', and there is no such pro"):
        pdf.browser()


@pytest.mark.parametrize(
    ("system", "variable", "where"),
    [
        ("darwin", "HOME", "Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"),
        ("win32", "PROGRAMFILES(X86)", r"Microsoft\Edge\Application\msedge.exe"),
    ],
)
def test_browsers_are_found_where_other_systems_keep_them(
    system, variable, where, tmp_path, monkeypatch
):
    monkeypatch.delenv(pdf.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr(pdf.sys, "platform", system)
    program = tmp_path / where
    program.parent.mkdir(parents=True, exist_ok=True)
    program.touch()
    assert pdf.browser() == program
