"""The report as a PDF: made when asked for, kept while it fits, taken away when it does not."""

from __future__ import annotations

import os
import sys

import pytest

from geoprospect import pipeline
from geoprospect.errors import MissingFileError
from geoprospect.report import pdf

pytestmark = pytest.mark.skipif(os.name == "nt", reason="stands in for a browser by a script")

STAND_IN = f"""#!{sys.executable}
import sys
from pathlib import Path
given = dict(one.lstrip("-").partition("=")[::2] for one in sys.argv[1:-1])
made = Path(given["print-to-pdf"])
made.write_bytes(b"%PDF-1.4 of " + made.with_name("page.html").read_bytes()[-200:])
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    program = tmp_path / "browser"
    program.write_text(STAND_IN, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv(pdf.VARIABLE, str(program))
    return program


@pytest.mark.slow
def test_the_pdf_goes_with_its_page(district, stand_in, tmp_path):
    out = tmp_path / "out"
    district.plan |= {"report": ["summary", "provenance"], "title": "first"}
    del district.plan["survey_areas"]
    assert not (pipeline.run(pipeline.load(district.write()), out).folder / "report.pdf").exists()

    run = pipeline.run(pipeline.load(district.write()), out, pdf=True)
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF-1.4 of ")
    assert list(run.record["steps"])[-2:] == ["pdf", "catalogue"]
    assert run.record["steps"]["pdf"]["result"] is None

    stand_in.write_text(f"#!{sys.executable}\nraise SystemExit(1)\n", encoding="utf-8")
    pipeline.run(pipeline.load(district.write()), out, pdf=True)  # it stands: not printed again
    pipeline.run(pipeline.load(district.write()), out)
    assert (out / "report.pdf").exists()

    district.plan["title"] = "second"
    run = pipeline.run(pipeline.load(district.write()), out)
    assert not (out / "report.pdf").exists()
    assert "pdf" not in run.record["steps"]


def test_that_there_is_no_browser_shows_before_anything_is_done(district, tmp_path, monkeypatch):
    monkeypatch.setenv(pdf.VARIABLE, "no-such-browser")
    with pytest.raises(MissingFileError, match="names 'no-such-browser'"):
        pipeline.run(pipeline.load(district.write()), tmp_path / "out", pdf=True)
    assert not (tmp_path / "out").exists()
