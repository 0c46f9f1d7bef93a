"""The data report: what check tells of every layer."""

import geopandas as gpd
import numpy as np
import pytest
import scipy.stats
from shapely.geometry import Point

from geoprospect import pipeline
from geoprospect.errors import PipelineError
from geoprospect.pipeline.evidence import data_report, look, sample_spacing
from geoprospect.report.data import Fineness
from geoprospect.report.likeness import likeness
from tests.pipeline.conftest import CELLS, CRS, SIDE, SOUTH, WEST, write_raster


def plan_of(district):
    return pipeline.load(district.write())


@pytest.fixture
def holey(district):
    """The tiny district, its magnetics unknown in the western quarter."""
    values = np.random.default_rng(4).normal(size=(CELLS, CELLS)).astype("float32")
    values[:, : CELLS // 4] = -9999
    write_raster(district.folder / "magnetics.tif", values)
    return district


def test_shares_of_unknown_cells_are_those_counted_by_hand(holey):
    found = {one.id: one for one in look(plan_of(holey)).layers}
    assert set(found) == {"magnetics", "noise", "fault_distance"}
    assert found["magnetics"].known == pytest.approx(0.75)
    assert found["noise"].known == 1.0
    assert found["magnetics"].units == "nT"
    assert np.isnan(found["magnetics"].values[:, : CELLS // 4]).all()
    assert found["magnetics"].sample.size == CELLS**2  # fewer than the most that are drawn


def test_a_grid_finer_than_a_quarter_of_its_source_is_told(holey):
    coarse = np.random.default_rng(0).normal(size=(12, 12)).astype("float32")
    write_raster(holey.folder / "noise.tif", coarse)  # cells of 500 m under a grid of 100 m
    findings = look(plan_of(holey))
    of = {one.feature: one for one in findings.fineness}
    assert of["noise"].metres == pytest.approx(SIDE / 12)
    assert of["noise"].too_fine
    assert of["magnetics"].metres == pytest.approx(100)
    assert not of["magnetics"].too_fine
    assert "fault_distance" not in of  # a line on a map has no cells
    (told,) = [one for one in findings.warnings() if "finer than a quarter" in one]
    assert "of noise, 500 m" in told
    assert "cells of 125 m or more" in told


def test_exactly_a_quarter_is_fine_enough():
    assert not Fineness("layer", "source", "cell", 400.0, 100.0).too_fine
    assert Fineness("layer", "source", "cell", 401.0, 100.0).too_fine


def test_the_distance_between_samples_is_that_of_their_lattice():
    x, y = np.meshgrid(np.arange(10) * 300.0, np.arange(10) * 300.0)
    points = [Point(*place) for place in zip(x.ravel(), y.ravel(), strict=True)]
    frame = gpd.GeoDataFrame(geometry=[*points, points[0]], crs=CRS)  # one place twice
    assert sample_spacing(frame) == 300.0
    assert np.isnan(sample_spacing(frame.iloc[[0]]))


def test_samples_tell_how_fine_the_grid_may_be(district):
    x, y = np.meshgrid(WEST + 250 + np.arange(12) * 500.0, SOUTH + 250 + np.arange(12) * 500.0)
    gpd.GeoDataFrame(
        {"Cu": np.arange(144.0) + 1}, geometry=gpd.points_from_xy(x.ravel(), y.ravel()), crs=CRS
    ).to_file(district.folder / "soil.gpkg")
    district.plan["inputs"]["soil"] = {"vector": {"path": "soil.gpkg"}}
    district.plan["features"]["copper"] = {
        "interpolated": {"source": "soil", "columns": ["Cu"], "method": "inverse_distance",
                         "radius": 1500}
    }  # fmt: skip
    of = {one.feature: one for one in look(plan_of(district)).fineness}
    assert of["copper"].what == "distance between samples"
    assert of["copper"].metres == pytest.approx(500)
    assert of["copper"].too_fine


def test_likeness_is_spearmans_and_groups_what_goes_together():
    random = np.random.default_rng(1)
    one = random.normal(size=500).astype("float32")
    other = random.normal(size=500).astype("float32")
    gaps = np.where(random.random(500) < 0.3, np.nan, np.exp(-one)).astype("float32")
    found = likeness({"one": one, "other": other, "falling": gaps, "cube": one**3})
    assert [sorted(group) for group in found.groups] == [["cube", "falling", "one"]]
    assert found.strongest(found.groups[0]) == pytest.approx(1.0)
    place = {name: number for number, name in enumerate(found.names)}
    for a, b, x, y in (("one", "other", one, other), ("falling", "other", gaps, other)):
        known = ~np.isnan(x)
        expected = scipy.stats.spearmanr(x[known], y[known]).statistic
        assert found.correlation[place[a], place[b]] == pytest.approx(expected)


def test_layers_that_hardly_meet_are_not_compared():
    one = np.arange(100, dtype="float32")
    found = likeness(
        {"west": np.where(one < 50, one, np.nan), "east": np.where(one > 40, one, np.nan)}
    )
    assert np.isnan(found.correlation[0, 1])
    assert found.groups == ()
    assert likeness({}).names == ()


def test_roles_tell_what_is_missing(district):
    district.plan["roles"] = {"source": ["magnetics"], "pathway": "fault_distance"}
    findings = look(plan_of(district))
    assert findings.missing_roles() == ["trap", "preservation"]
    told = "\n".join(findings.warnings())
    assert "nothing stands for the trap of the mineral system: what made them stay" in told
    assert "signature" not in told


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        (
            {"sauce": ["noise"]},
            r"roles\.sauce: is no role in a mineral system; did you mean 'source'",
        ),
        ({"trap": ["nois"]}, r"roles\.trap: no feature is called 'nois'; did you mean 'noise'"),
        ({"trap": ["noise"], "source": ["noise"]}, r"'noise' stands under trap as well"),
        (["noise"], r"roles: expected entries as role: \[feature, \.\.\.\]"),
    ],
)
def test_wrong_roles_are_told_with_their_place(district, roles, message):
    district.plan["roles"] = roles
    with pytest.raises(PipelineError, match=message):
        plan_of(district)


def test_the_page_needs_no_network_and_tells_of_every_layer(holey, tmp_path):
    holey.plan["roles"] = {"source": ["magnetics"]}
    holey.plan["features"]["far"] = {"focal_mean": {"source": "noise", "radius": 1}}
    findings = data_report(plan_of(holey), tmp_path / "data.html")
    page = (tmp_path / "data.html").read_text(encoding="utf-8")
    for text in (
        "magnetics",
        "fault_distance",
        "25.0 %",
        "likeness-",
        "layer-noise",
        "Preservation",
    ):
        assert text in page
    assert "far" in findings.failed
    assert any(
        one.startswith("far cannot be made: features.far.focal_mean") for one in findings.warnings()
    )
    for remote in ('src="http', 'href="http', "@import", "url(http"):
        assert remote not in page


def test_the_same_data_give_the_same_page(district, tmp_path):
    data_report(plan_of(district), tmp_path / "one.html")
    data_report(plan_of(district), tmp_path / "two.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_large_grid_is_looked_at_in_coarser_cells(district, monkeypatch):
    from geoprospect.pipeline import evidence

    monkeypatch.setattr(evidence, "MOST_CELLS", 1000)
    findings = look(plan_of(district))
    assert findings.cell == 100
    assert findings.looked_at == 200
    assert {one.values.shape for one in findings.layers} == {(30, 30)}


def test_what_hides_an_input_and_is_not_the_same_is_said_with_what_takes_it(district, caplog):
    district.plan["features"] = {
        "magnetics": {"upward_continuation": {"source": "magnetics", "height": 500}},
        "gradient": {"horizontal_gradient": {"source": "magnetics"}},
        "tilt": {"tilt_angle": {"source": "magnetics"}},
        "noise": {"focal_mean": {"source": "noise", "radius": 300}},
    }
    told = (
        "features.gradient.horizontal_gradient and features.tilt.tilt_angle take 'magnetics' as "
        "features.magnetics.upward_continuation makes it, and not the input of that name"
    )
    pipeline.check(plan_of(district))
    assert told in caplog.text
    assert "'noise'" not in caplog.text  # nothing below takes it
    assert any(told in one for one in look(plan_of(district)).notices)


def test_a_feature_that_is_its_input_hides_nothing(district, caplog):
    district.plan["features"]["gradient"] = {"horizontal_gradient": {"source": "magnetics"}}
    pipeline.check(plan_of(district))
    assert "of that name" not in caplog.text


def test_each_call_takes_what_stands_nearest_above_it(district):
    """The feature reads the input; below it, its name means the feature."""
    district.plan["features"] = {
        "gradient": {"horizontal_gradient": {"source": "magnetics"}},
        "magnetics": {"focal_mean": {"source": "magnetics", "radius": 300}},
        "later": {"horizontal_gradient": {"source": "magnetics"}},
    }
    found = {one.id: one for one in look(plan_of(district)).layers}
    assert found["gradient"].long_name == "horizontal gradient of magnetics"
    assert found["later"].long_name == "horizontal gradient of mean of magnetics within 300 m"
