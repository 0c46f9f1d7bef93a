import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo import Shape2d
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features import drainage
from geoprospect.features.drainage import drainage_density, upslope_area, wetness_index
from tests.features import made
from tests.features.made import small_grid, values

NEAR = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]


def filled(field):
    """Lowest level at which water on a cell can leave, by relaxing until nothing changes."""
    level = np.where(np.isnan(field), -np.inf, np.inf)
    rim = np.ones(field.shape, bool)
    rim[1:-1, 1:-1] = False
    for i, j in zip(*np.where(~np.isnan(field)), strict=True):
        near = [(i + a, j + b) for a, b in NEAR]
        if rim[i, j] or any(np.isnan(field[p]) for p in near):
            level[i, j] = field[i, j]
    changed = True
    while changed:
        changed = False
        for i, j in zip(*np.where(np.isposinf(level) | (level > field)), strict=True):
            out = max(field[i, j], min(level[i + a, j + b] for a, b in NEAR))
            changed |= out < level[i, j]
            level[i, j] = min(level[i, j], out)
    return level


def walked(field):
    """Cells that drain through each, by walking down from every cell to its lowest neighbour."""
    rows, columns = field.shape
    count = np.zeros(field.shape)
    for start in np.ndindex(*field.shape):
        here = start
        while here is not None:
            count[here] += 1
            near = [(here[0] + a, here[1] + b) for a, b in NEAR]
            near = [p for p in near if 0 <= p[0] < rows and 0 <= p[1] < columns]
            lowest = min(near, key=lambda p: field[p])
            here = lowest if field[lowest] < field[here] else None
    return count


def dome(rows=14, columns=11, off=(0.31, 0.17)):
    """Ground that falls away from its top, without hollows or level parts."""
    y, x = np.mgrid[:rows, :columns]
    return 900.0 - (y - 5 - off[0]) ** 2 - 1.3 * (x - 4 - off[1]) ** 2


def bumpy(seed, rows=12, columns=10):
    return np.random.default_rng(seed).permutation(rows * columns).reshape(rows, columns) * 1.0


def test_every_cell_drains_to_its_lowest_neighbour():
    field = dome()
    found = values(upslope_area(made.layer(field, small_grid(14, 11))))
    np.testing.assert_allclose(found, walked(field) * 0.01, rtol=1e-6)


@given(st.integers(0, 300))
@settings(max_examples=10)
def test_hollows_are_filled_to_their_rim_and_no_water_is_lost(seed):
    field = bumpy(seed).astype("float32")
    flow = drainage.directions(field)
    there, here = flow.idxs_ds, np.arange(field.size)
    level = filled(field).ravel()
    assert (level[there] <= level[here]).all()
    outlets = there == here
    edge = np.ones(field.shape, bool)
    edge[1:-1, 1:-1] = False
    assert edge.ravel()[outlets].all()
    cells = values(upslope_area(made.layer(field, small_grid(12, 10)))).ravel() * 100
    assert cells[outlets].sum() == pytest.approx(field.size)
    into = np.bincount(there[~outlets], weights=cells[~outlets], minlength=field.size)
    np.testing.assert_allclose(cells, into + 1, rtol=1e-5)


@pytest.mark.parametrize(
    "feature",
    [
        upslope_area,
        wetness_index,
        lambda source: drainage_density(source, radius=250, catchment=0.05),
    ],
)
def test_chunking_changes_nothing(feature):
    field = bumpy(4, 13, 17)
    field[4, 5:8] = np.nan
    source = made.layer(field, small_grid(13, 17))
    whole = values(feature(source))
    for side in (3, 8, 13):
        with made.chunks_of(side):
            cut = feature(source.chunk({"y": side, "x": side}))
            assert np.array_equal(whole, values(cut), equal_nan=True)
    assert np.array_equal(np.isnan(whole), np.isnan(field))


def test_water_runs_on_through_a_gap_inside_and_it_is_said(caplog):
    y, x = np.mgrid[:9, :7] * 100.0
    field = 0.2 * (800 - y) + 0.5 * np.abs(x - 300)
    whole = values(upslope_area(made.layer(field, small_grid(9, 7))))
    field[0, 0] = np.nan  # at the rim: the edge of the survey, not a gap
    edge = values(upslope_area(made.layer(field, small_grid(9, 7))))
    assert edge[8, 3] == pytest.approx(whole[8, 3] - 0.01)
    assert not caplog.records
    field[4, 3] = field[5, 3] = field[2, 1] = np.nan
    found = values(upslope_area(made.layer(field, small_grid(9, 7), long_name="height")))
    assert found[8, 3] == pytest.approx(edge[8, 3])
    assert np.array_equal(np.isnan(found), np.isnan(field))
    told = "upslope_area: water is led through 2 gaps inside 'height' at the height of the nearest"
    assert told in caplog.text
    assert "(3 cells, the widest gap 2)" in caplog.text


def test_the_wetness_of_a_valley_by_hand():
    y, x = np.mgrid[:9, :7] * 100.0
    field = 0.02 * (800 - y) + 0.5 * np.abs(x - 300)  # down the page, to the middle
    source = made.layer(field, small_grid(9, 7))
    found = values(wetness_index(source))
    cells = walked(field)
    assert cells[8, 3] == field.size
    assert found[8, 3] == pytest.approx(np.log(cells[8, 3] * 100 / 0.02), rel=1e-4)
    steep = np.hypot(0.02, 0.5)
    assert found[4, 1] == pytest.approx(np.log(cells[4, 1] * 100 / steep), rel=1e-4)
    drier = values(wetness_index(source, least_slope=0.1))
    assert drier[8, 3] == pytest.approx(np.log(cells[8, 3] * 100 / 0.1), rel=1e-4)


def test_streams_of_a_valley_have_the_length_of_its_axis():
    y, x = np.mgrid[:41, :31] * 100.0
    field = 0.02 * (4000 - y) + 0.5 * np.abs(x - 1500)
    source = made.layer(field, small_grid(41, 31))
    found = values(drainage_density(source, radius=1050, catchment=0.4))
    # At the centre the axis crosses 21 cells of the circle, each with 100 m of stream.
    rows, columns = np.mgrid[-10:11, -10:11] * 100.0
    cells = np.count_nonzero(np.hypot(rows, columns) <= 1050)
    assert found[20, 15] == pytest.approx(21 * 0.1 / (cells * 0.01), rel=1e-5)
    assert found[20, 15] == pytest.approx(2.1 / (np.pi * 1.05**2), rel=0.02)
    assert not values(drainage_density(source, radius=1050, catchment=99)).any()


@pytest.mark.parametrize("catchment", [0.05, 0.31, 2.0])
def test_a_stream_begins_where_enough_ground_drains_to_it(catchment):
    y, x = np.mgrid[:21, :15] * 100.0
    field = 0.2 * (2000 - y) + 0.5 * np.abs(x - 700)
    source = made.layer(field, small_grid(21, 15))
    found = values(drainage_density(source, radius=4000, catchment=catchment))
    streams = walked(field) * 0.01 >= catchment
    streams[20, 7] = False  # the outlet: nothing below it
    steps = np.where(np.mgrid[:21, :15][1] == 7, 0.1, 0.1 * np.sqrt(2))  # down, or down and in
    steps[20] = 0.1  # along the lower edge
    assert 0 < streams.sum() < 300
    assert found[10, 7] == pytest.approx((streams * steps).sum() / (field.size * 0.01), rel=1e-5)


def test_a_diagonal_stream_is_longer_by_the_root_of_two():
    y, x = np.mgrid[:21, :21] * 100.0
    field = 1000 - 0.1 * (x + y) + 0.8 * np.abs(x - y)
    found = values(
        drainage_density(made.layer(field, small_grid(21, 21)), radius=150, catchment=0.4)
    )
    assert found[10, 10] == pytest.approx(3 * 0.1 * np.sqrt(2) / 0.09, rel=1e-5)


def test_nothing_known_is_nothing_found():
    source = made.layer(np.full((4, 5), np.nan), small_grid(4, 5))
    assert np.isnan(values(upslope_area(source))).all()
    assert np.isnan(values(drainage_density(source, radius=250, catchment=1))).all()


def test_lazy_on_the_grid_and_say_what_they_are():
    grid = small_grid(14, 11)
    source = made.layer(dome(), grid)
    density = drainage_density(source, radius=250, catchment=0.05)
    told = "drainage density within 250 m, streams from 0.05 km2"
    for found, attrs in (
        (upslope_area(source), {"long_name": "upslope area", "units": "km2"}),
        (wetness_index(source), {"long_name": "topographic wetness index", "units": "1"}),
        (density, {"long_name": told, "units": "km-1"}),
    ):
        assert lazy.is_lazy(found)
        assert found.attrs == attrs
        contract.check_layer(found, grid, "derived")


def test_what_cannot_be_routed_is_refused(monkeypatch):
    source = made.layer(dome(), small_grid(14, 11))
    with pytest.raises(ContractError, match="wetness_index needs elevation in metres"):
        wetness_index(made.layer(dome(), small_grid(14, 11), units="ft"))
    with pytest.raises(ValueError, match="least_slope must be positive and finite, got 0"):
        wetness_index(source, least_slope=0)
    with pytest.raises(ValueError, match="catchment must be positive and finite, got -1 km2"):
        drainage_density(source, radius=250, catchment=-1)
    monkeypatch.setattr(drainage, "LARGEST", 100)
    with pytest.raises(DataError, match="in memory, and 154 cells are more than 100; make it on a"):
        upslope_area(source)


def test_cells_may_be_oblong():
    grid = GeoBox.from_bbox(
        (500_000, 3_000_000, 504_200, 3_002_100), crs=made.CRS, shape=Shape2d(x=21, y=21)
    )  # 200 m wide, 100 m high
    i, j = np.mgrid[:21, :21]
    down = made.layer(1000.0 - 4 * i + 90 * np.abs(j - 10), grid)
    across = made.layer(1000.0 - 4 * j + 90 * np.abs(i - 10), grid)
    assert values(upslope_area(down))[20, 10] == pytest.approx(441 * 0.02)
    for source, stream in ((down, 3 * 0.1), (across, 0.2)):
        found = values(drainage_density(source, radius=110, catchment=1))
        assert found[10, 10] == pytest.approx(stream / 0.06, rel=1e-5)  # three cells, up and down
    wet = values(wetness_index(down))[20, 10]
    assert wet == pytest.approx(np.log(441 * np.sqrt(100 * 200) / 0.04), rel=1e-4)
