"""The report of the sample district, as a manager gets it: small, and short on its first sheet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geoprospect import pipeline
from tests.report.printed import sheets
from tests.report.test_browser import CHROMIUM

SAMPLE = Path(__file__).parents[2] / "pipelines" / "sample.yaml"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to print with"),
]


def test_it_stays_small_and_its_first_sheet_says_what_matters_in_either_language(tmp_path):
    out = tmp_path / "out"
    said = {
        "en": ("What not to trust", "How to read the score", "AUC in spatial blocks"),
        "zh": ("哪些不可尽信", "如何理解得分", "空间分块 AUC"),
    }
    for language, wanted in said.items():
        pipeline.run(pipeline.load(SAMPLE), out, language=language, pdf=True)
        assert (out / "report.html").stat().st_size < 15e6
        content = (out / "report.pdf").read_bytes()
        assert len(content) < 15e6
        first, second, *more = sheets(content)
        assert all(text in first.text for text in (*wanted, "T1", "T8"))
        assert all(text not in second.text for text in wanted)
        told = json.loads((out / "explanations.json").read_text(encoding="utf-8"))
        best = told["targets"]["T1"]["sentences"][language]["for"][0]
        assert any(best.replace(" ", "") in sheet.text.replace(" ", "") for sheet in more)
