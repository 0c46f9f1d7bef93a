"""Tables made of tables: a section of their own, used by the features below."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geoprospect import pipeline
from geoprospect.errors import PipelineError
from geoprospect.features.interpolation import interpolated
from geoprospect.features.log_ratios import clr
from geoprospect.grid.align import project
from geoprospect.ingest.table import table
from geoprospect.pipeline.facts import roots
from geoprospect.pipeline.ledger import Ledger
from geoprospect.pipeline.listener import Listener
from geoprospect.pipeline.work import Work
from tests.pipeline.conftest import CRS, SIDE, SOUTH, WEST

RATIOS = {"clr": {"source": "sediments", "columns": ["Cu", "Au", "Ti"]}}
MAP = {"method": "inverse_distance", "radius": 3000}


@pytest.fixture
def sampled(district):
    """The tiny district with stream sediments in it."""
    random = np.random.default_rng(8)
    frame = pd.DataFrame(random.lognormal(size=(60, 3)), columns=["Cu", "Au", "Ti"])
    frame["E"] = WEST + random.uniform(0, SIDE, 60)
    frame["N"] = SOUTH + random.uniform(0, SIDE, 60)
    frame.to_csv(district.folder / "sediments.csv", index=False)
    district.plan["inputs"]["sediments"] = {
        "table": {"path": "sediments.csv", "x": "E", "y": "N", "crs": CRS,
                  "units": {"Cu": "ug/g", "Au": "ng/g", "Ti": "%"}}
    }  # fmt: skip
    district.plan["tables"] = {"ratios": RATIOS}
    district.plan["features"]["copper"] = {
        "interpolated": {"source": "ratios", "columns": ["Cu_clr"], **MAP}
    }
    return district


def laid(district, out):
    """A run, as far as its layers."""
    plan = pipeline.load(district.write())
    work = Work(plan, out, Ledger(out, home=plan.folder), Listener())
    work.ledger.begin(**work.facts())
    work.open_inputs()
    work.lay_grid()
    work.make_layers()
    return work


def test_a_layer_from_a_table_is_the_calls_made_by_hand(sampled, tmp_path):
    work = laid(sampled, tmp_path / "out")
    read = table(
        path=sampled.folder / "sediments.csv", x="E", y="N", crs=CRS,
        units={"Cu": "ug/g", "Au": "ng/g", "Ti": "%"},
    )  # fmt: skip
    ratios = clr(project(read, grid=work.grid), columns=["Cu", "Au", "Ti"])
    by_hand = interpolated(ratios, grid=work.grid, columns=["Cu_clr"], **MAP)
    np.testing.assert_array_equal(work.cube["copper_cu_clr"].values, by_hand["cu_clr"].values)
    assert work.cube["copper_cu_clr"].attrs["long_name"] == "Cu_clr"


def test_a_layer_is_made_anew_when_its_table_is_made_otherwise(sampled, tmp_path):
    laid(sampled, tmp_path / "out")
    again = laid(sampled, tmp_path / "out")
    assert again.ledger.redone == []
    sampled.plan["tables"]["ratios"] = {"clr": RATIOS["clr"] | {"columns": ["Cu", "Ti"]}}
    assert laid(sampled, tmp_path / "out").ledger.redone == ["features.copper"]


def test_tables_may_use_tables_above_and_bear_the_name_of_an_input(sampled):
    sampled.plan["tables"] = {
        "sediments": {"closed": {"source": "sediments", "columns": ["Cu", "Au"], "unit": "%"}},
        "ratios": RATIOS,
    }
    plan = pipeline.load(sampled.write())
    assert list(plan.tables) == ["sediments", "ratios"]
    assert roots(plan, plan.features["copper"]) == ["sediments"]


def test_the_file_without_tables_needs_no_section(district):
    assert pipeline.load(district.write()).tables == {}


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"a": {"clr": {"source": "b", "columns": ["Cu"]}}, "b": RATIOS},
         "tables.a.clr.source: nothing above is called 'b'"),
        ({"a": {"clrr": {}}}, "no table of points is called 'clrr'; did you mean 'clr'"),
        ({"a": {"clr": {"source": "sediments", "column": ["Cu"]}}},
         "missing a required setting 'columns'"),
        (["clr"], r"tables: expected entries as name: \{function: ...\}"),
    ],
)  # fmt: skip
def test_a_mistake_in_it_is_told_before_a_file_is_opened(sampled, tables, problem):
    sampled.plan["tables"] = tables
    del sampled.plan["features"]["copper"]
    with pytest.raises(PipelineError, match=problem):
        pipeline.load(sampled.write())
