"""What a run folder holds, told from its files alone."""

from __future__ import annotations

import numpy as np
import pytest
from odc.geo.geobox import GeoBox

from geoprospect.report.inventory import Inventory
from tests.report.folder import make_folder


@pytest.fixture(scope="module")
def held(case, tmp_path_factory):
    return make_folder(case, tmp_path_factory.mktemp("run"))


def test_bands_say_what_they_were_written_with(held, case):
    maps = {one.path: one for one in held.maps}
    (score,) = maps["maps/prospectivity.tif"].bands
    assert (score.name, score.title, score.units) == ("prospectivity", "prospectivity", "1")
    assert (score.dtype, score.nodata) == ("float32", -9999.0)
    values = case.maps["prospectivity"].values
    assert score.limits == (np.nanmin(values), np.nanmax(values))
    assert score.statistics["mean"] == pytest.approx(np.nanmean(values, dtype="float64"))
    _, fold = maps["maps/out_of_fold.tif"].bands
    assert dict(fold.classes) == {n: f"fold {n}" for n in range(4)}
    assert fold.layer.attrs["flag_values"] == [0, 1, 2, 3]
    (lean,) = maps["maps/lean.tif"].bands
    assert (lean.dtype, lean.scale, lean.offset) == ("int16", 0.001, 0.5)
    assert [band.units for band in maps["maps/attributions.tif"].bands] == ["log-odds"] * 5


def test_layers_come_with_their_styles_and_bounds(held, case):
    features = {one.name: one for one in held.features}
    assert list(features) == ["targets", "survey_areas", "samples", "deposits"]
    assert features["targets"].count == len(case.targets)
    assert features["targets"].bounds == pytest.approx(tuple(case.targets.total_bounds))
    assert "rank" in features["targets"].columns
    assert all("<renderer-v2" in one.style for one in features.values())


def test_the_edges_of_the_grid_in_degrees():
    """A kilometre either side of where the central meridian of zone 48 cuts the equator."""
    box = GeoBox.from_bbox((499_000, -1_000, 501_000, 1_000), crs="EPSG:32648", resolution=100)
    west, south, east, north = Inventory(box, [], []).degrees
    # a degree of the equator is pi a / 180 long; the scale on the meridian is 0.9996
    degree = np.pi * 6_378_137 / 180
    assert (west + east) / 2 == pytest.approx(105, abs=1e-7)
    assert (east - west) / 2 == pytest.approx(1000 / 0.9996 / degree, abs=2e-7)
    assert north == -south
    assert north == pytest.approx(1000 / 0.9996 / 110_574.3, abs=1e-6)
