"""What every shipped pipeline keeps to, and that all table functions have a place in one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from geoprospect import contract, pipeline
from geoprospect.pipeline.evidence import look
from geoprospect.pipeline.hidden import hidden
from geoprospect.registry import TABLES

FOLDER = Path(__file__).parents[2] / "pipelines"
ALL = sorted(FOLDER.rglob("*.yaml"))
HOLES_ALONE = {"babbitt"}
"""Pipelines on drill holes, that make no map."""
ESSENTIAL = set(contract.ROLES) - {"signature"}

every = pytest.mark.parametrize(
    "path", [path for path in ALL if path.stem not in HOLES_ALONE], ids=lambda path: path.stem
)


@pytest.fixture
def loaded(request, monkeypatch):
    """The path's pipeline; skips where it needs real districts that are not here."""

    def load(path: Path) -> pipeline.Pipeline:
        if "GEOPROSPECT_DATA" in path.read_text("utf-8"):
            monkeypatch.setenv("GEOPROSPECT_DATA", str(request.getfixturevalue("real_data")))
        return pipeline.load(path)

    return load


@every
def test_each_feature_has_one_role(path, loaded):
    plan = loaded(path)
    placed = [name for names in plan.roles.values() for name in names]
    assert sorted(placed) == sorted(plan.features)


@pytest.mark.parametrize("path", sorted((FOLDER / "systems").glob("*.yaml")), ids=lambda p: p.stem)
def test_a_system_has_evidence_for_each_of_its_roles(path, loaded):
    assert set(loaded(path).roles) >= ESSENTIAL


@every
def test_no_name_hides_what_it_is_not(path, loaded):
    assert hidden(loaded(path)) == []


@pytest.mark.parametrize("name", sorted(HOLES_ALONE))
def test_holes_alone_make_blocks(name, loaded):
    plan = loaded(FOLDER / f"{name}.yaml")
    assert not isinstance(plan, pipeline.Pipeline)
    assert None not in (plan.drillholes, plan.composites, plan.block_model)


def test_each_table_function_has_a_place_in_a_pipeline():
    used = set()
    for path in ALL:
        tables = yaml.safe_load(path.read_text("utf-8")).get("tables") or {}
        used |= {function for call in tables.values() for function in call}
    # gravity stations come with no sample, and group_residual is told beside with_class
    assert set(TABLES) - used <= {"free_air_anomaly", "group_residual"}


@pytest.mark.slow
def test_the_geochemistry_goes_from_the_list_to_maps(caplog):
    found = look(pipeline.load(FOLDER / "geochemistry.yaml"))
    assert found.failed == {}
    known = {one.id: one.known for one in found.layers if not one.quality}
    assert len(known) == 16
    assert min(known.values()) > 0.95
    (told,) = re.findall(r"(\d+) of (\d+) catchments reach the edge", "\n".join(found.notices))
    assert int(told[0]) < 0.15 * int(told[1])
