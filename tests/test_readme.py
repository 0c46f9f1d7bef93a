"""What the README promises."""

import re
from pathlib import Path

import pytest
import yaml

from geoprospect import pipeline, registry

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_pipeline_in_the_tour_binds(tmp_path):
    text, further = blocks("yaml")
    (tmp_path / "my_data").mkdir()
    (tmp_path / "pipelines").mkdir()
    plan = pipeline.loads(text, folder=tmp_path / "pipelines")
    assert plan.name == "my_district"
    assert plan.resources is plan.drillholes is plan.drilling is None
    more = pipeline.loads(text + further, folder=tmp_path / "pipelines")
    assert list(more.resources.numbers) == ["map", "panel"]
    assert more.drilling is not None
    assert list(plan.features) == ["magnetics", "fault_distance", "geochemistry"]


def test_every_command_in_it_exists():
    from geoprospect.cli import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    used = set(re.findall(r"geoprospect (run|check|list|show|\w+)\b(?= [\w/.]|`)", README))
    assert {"run", "check", "list", "show"} <= known
    assert {name for name in used if name in ("run", "check", "list", "show")} <= known
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^.*\b{target}\b.*:", makefile, re.MULTILINE)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_file_it_links_to_is_there(link):
    assert (ROOT / link).exists()


PIPELINES = sorted((ROOT / "pipelines").rglob("*.yaml"))

WITHOUT_DATA = {
    # no district here has a satellite scene
    "bare_ground", "clear_sky", "crosta", "reflectance", "spectral_index",
    # nor flight lines, nor several surveys of one kind
    "line_spacing", "survey_id",
    # gravity that is given is Bouguer's already, and that of the made district has no hills in it
    "bouguer_anomaly", "terrain_correction",
    # interpolation brings its own distance to samples; layers that are about the data alone
    "quality", "sample_distance",
}  # fmt: skip


@pytest.mark.parametrize("path", PIPELINES, ids=lambda p: p.stem)
def test_every_shipped_pipeline_binds(path, request):
    if "$GEOPROSPECT_DATA" in path.read_text(encoding="utf-8"):
        data = request.getfixturevalue("real_data")
        request.getfixturevalue("monkeypatch").setenv("GEOPROSPECT_DATA", str(data))
    plan = pipeline.load(path)
    assert plan.name == path.stem


def test_every_feature_has_its_place_in_a_pipeline():
    used = {
        function
        for path in PIPELINES
        for call in (yaml.safe_load(path.read_text("utf-8")).get("features") or {}).values()
        for function in call
    }
    assert set(registry.FEATURES) - used == WITHOUT_DATA


def test_the_starting_points_read_no_truth():
    for path in PIPELINES:
        assert "truth" not in path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_starting_point_runs_end_to_end(tmp_path):
    path = ROOT / "pipelines" / "systems" / "iocg.yaml"
    text = path.read_text(encoding="utf-8").replace("members: 20", "members: 3")
    text = text.replace("n_estimators: 60", "n_estimators: 15").replace(
        "resolution: 100", "resolution: 200"
    )
    run = pipeline.run(pipeline.loads(text, folder=path.parent), tmp_path / "iocg")
    assert run.scores["protocols"]["spatial_blocks"]["auc"]["mean"] > 0.7
    assert (run.folder / "report.html").exists()
