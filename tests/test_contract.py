import geopandas as gpd
import numpy as np
import pytest
import rasterio.transform
from odc.geo.geobox import GeoBox
from shapely.geometry import Point

from geoprospect import contract
from geoprospect.errors import ContractError


def box(crs="EPSG:32648", resolution=100, bounds=(500_000, 3_000_000, 506_000, 3_004_000)):
    return GeoBox.from_bbox(bounds, crs=crs, resolution=resolution)


def test_describe_leaves_no_attribute_of_the_source():
    grid = box()
    source = contract.on_grid(np.zeros(grid.shape), grid).assign_attrs(units="degree", junk=1)
    layer = contract.describe(source, long_name="slope", units="m")
    assert layer.attrs == {"long_name": "slope", "units": "m"}
    assert source.attrs["units"] == "degree"
    assert layer.dtype == np.float32


def test_classes_keep_codes_and_texts_together():
    grid = box()
    zeros = contract.on_grid(np.zeros(grid.shape), grid)
    layer = contract.describe(zeros, long_name="l", units="1", meanings={7: "b", 2: "页岩"})
    assert contract.is_categorical(layer)
    assert contract.meanings(layer) == {2: "页岩", 7: "b"}
    assert not contract.is_categorical(zeros)


def test_the_grid_of_a_layer_is_the_one_it_was_made_on():
    grid = box(resolution=37)
    layer = contract.on_grid(np.zeros(grid.shape), grid)
    assert contract.same_grid(contract.grid_of(layer), grid)
    assert not contract.same_grid(grid, box(bounds=(500_001, 3_000_000, 506_001, 3_004_000)))
    assert not contract.same_grid(grid, box(crs="EPSG:32647", resolution=37))


@pytest.mark.parametrize(
    ("grid", "match"),
    [
        (box("EPSG:4490", 0.01, (101, 27, 102, 28)), r"EPSG:4490 is geographic.*metres"),
        (box("EPSG:26852", 100, (2_000_000, 300_000, 2_010_000, 310_000)), r"US survey foot"),
        (GeoBox((4, 6), box().affine @ box().affine.scale(1, -1), "EPSG:32648"), r"not north up"),
        (GeoBox((4, 6), box().affine, None), r"no CRS"),
    ],
)  # fmt: skip
def test_a_grid_that_cannot_measure_is_refused(grid, match):
    with pytest.raises(ContractError, match=match):
        contract.check_grid(grid)


def test_all_faults_of_a_layer_come_at_once():
    layer = contract.on_grid(np.zeros(box().shape), box())
    with pytest.raises(ContractError) as caught:
        contract.check_layer(layer, box(resolution=200), "tilt")
    assert str(caught.value).splitlines() == [
        "layer 'tilt' breaks the data contract:",
        "  - it is not on the target grid; pass it through grid.align first",
        "  - its dtype is float64, not float32",
        "  - attrs lack 'long_name'",
        "  - attrs lack 'units'",
    ]


def test_the_wrong_crs_names_both_and_the_remedy():
    points = gpd.GeoDataFrame(geometry=[Point(0, 0)], crs="EPSG:4490")
    with pytest.raises(
        ContractError, match=r"EPSG:4490 and the grid in EPSG:32648; .*grid\.project"
    ):
        contract.check_crs(points, box())
    with pytest.raises(ContractError, match=r"the faults has no CRS; state it"):
        contract.check_crs(points.set_crs(None, allow_override=True), box(), "the faults")


def test_samples_say_what_they_lack():
    points = gpd.GeoDataFrame({"label": [2]}, geometry=[Point(0, 0)], crs="EPSG:32648")
    with pytest.raises(ContractError, match="column 'group' is missing"):
        contract.check_samples(points, box())
    with pytest.raises(ContractError, match="label must be 1"):
        contract.check_samples(points.assign(group=0), box())


def test_points_lie_in_the_cells_that_rasterio_says_and_beyond_or_nowhere_off_the_grid():
    grid = GeoBox.from_bbox((500_000, 3_000_000, 500_700, 3_000_500), "EPSG:4543", resolution=100)
    x = np.array([500_000, 500_099.9, 500_100, 500_650, 500_700, 499_999, np.nan])
    y = np.array([2_999_999.9 + 500, 3_000_400, 3_000_000.1, 3_000_250, 3_000_250, 3_000_100, 0])
    rows, columns, inside = contract.cells_at(x, y, grid)
    assert inside.tolist() == [True, True, True, True, False, False, False]
    expected = rasterio.transform.rowcol(grid.affine, x[:6], y[:6])
    np.testing.assert_array_equal([rows[:6], columns[:6]], expected)
