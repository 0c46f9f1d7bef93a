"""A run speaks the language of its file or of the call, and its resumed runs keep to it."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest

from geoprospect import pipeline
from geoprospect.errors import PipelineError, UnknownNameError
from geoprospect.language import now


@pytest.mark.slow
def test_a_run_speaks_chinese_where_the_file_says_so_and_english_where_the_call_does(
    district, tmp_path
):
    out = tmp_path / "out"
    district.plan |= {"language": "zh", "report": ["summary", "first_targets", "limits"]}
    del district.plan["survey_areas"]
    pipeline.run(pipeline.load(district.write()), out)
    chinese = (out / "report.html").read_text(encoding="utf-8")
    assert '<html lang="zh-Hans">' in chinese
    assert "支持的依据" in chinese
    drivers = gpd.read_file(out / "targets.gpkg", layer="targets")["driver_1"]
    assert drivers.str.contains("百分位").any()
    assert now() == "en"

    kept = json.loads((out / "run.json").read_text(encoding="utf-8"))["steps"]
    pipeline.run(pipeline.load(district.write()), out, language="en")
    english = (out / "report.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in english
    assert "What supports it" in english
    drivers = gpd.read_file(out / "targets.gpkg", layer="targets")["driver_1"]
    assert drivers.str.contains("percentile").any()
    steps = json.loads((out / "run.json").read_text(encoding="utf-8"))["steps"]
    for name in ("validation", "model", "maps"):
        assert steps[name]["fingerprint"] == kept[name]["fingerprint"]

    told = json.loads((out / "explanations.json").read_text(encoding="utf-8"))
    first = told["targets"]["T1"]["sentences"]
    assert first["en"]["summary"].startswith("T1 scores")
    assert first["zh"]["summary"].startswith("T1 得分")


def test_a_language_without_a_catalogue_is_said_at_its_place(district):
    district.plan["language"] = "fr"
    with pytest.raises(PipelineError, match=r"language: there is no catalogue for 'fr'; known: en"):
        pipeline.load(district.write())


def test_a_call_in_such_a_language_writes_nothing(district, tmp_path):
    with pytest.raises(UnknownNameError, match="no catalogue for 'fr'"):
        pipeline.run(pipeline.load(district.write()), tmp_path / "out", language="fr")
    assert not (tmp_path / "out").exists()
