import threading

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy

GRID = GeoBox.from_bbox((0, 0, 6000, 4000), crs="EPSG:32648", resolution=100)
RAMP = np.arange(2400, dtype="float32").reshape(40, 60)


def layer(values=RAMP):
    return contract.describe(contract.on_grid(values, GRID), long_name="a", units="m")


@given(st.integers(1, 70))
def test_windows_tile_the_grid_whatever_their_size(chunk):
    def northing(window):
        rows = np.arange(window.shape[0])[:, None] + np.zeros(window.shape[1])
        return window.affine.f - 100 * rows

    made = lazy.from_grid(northing, GRID, chunk=chunk)
    expected = 4000 - 100 * np.arange(40)
    np.testing.assert_array_equal(made.values, np.repeat(expected[:, None], 60, axis=1))


@given(st.integers(3, 70), st.integers(0, 3))
def test_a_halo_gives_each_block_its_neighbours(chunk, halo):
    def box_sum(block):
        padded = np.pad(block, halo, constant_values=np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * halo + 1,) * 2)
        return np.nansum(windows, axis=(2, 3)).astype("float32")

    whole = lazy.from_array(box_sum, layer(), halo=halo).values
    pieces = lazy.from_array(box_sum, lazy.chunked(layer(), chunk), halo=halo).values
    np.testing.assert_array_equal(whole, pieces)
    assert whole[20, 30] == RAMP[20 - halo : 21 + halo, 30 - halo : 31 + halo].sum()


@given(st.integers(1, 70))
def test_layers_arrive_stacked_in_the_order_asked_for(chunk):
    cube = lazy.chunked(xr.Dataset({"a": layer(), "b": layer(RAMP * 2)}), chunk)
    maps = lazy.from_cube(lambda s: np.stack([s[0] - s[1], s[1]]), cube, ["b", "a"], ["d", "a"])
    np.testing.assert_array_equal(maps["d"], RAMP)
    np.testing.assert_array_equal(maps["a"], RAMP)


@given(st.integers(1, 70))
def test_a_sum_over_blocks_is_the_sum(chunk):
    total = lazy.summed(
        lambda block: np.array([block.sum(), block.size]), lazy.chunked(layer(), chunk)
    )
    assert total[1] == 2400
    assert total[0] == pytest.approx(RAMP.sum(dtype="float64"))


def test_nothing_is_computed_before_it_is_asked_for():
    called = []

    def window(box):
        called.append(box)
        return np.zeros(box.shape, "float32")

    made = lazy.from_grid(window, GRID, chunk=20)
    assert lazy.is_lazy(made)
    assert called == []
    made[:10, :10].compute()
    assert len(called) == 1


def test_the_number_of_workers_is_kept():
    seen = set()
    barrier = threading.Barrier(3, timeout=0.5)

    def window(box):
        seen.add(threading.get_ident())
        try:
            barrier.wait()
        except threading.BrokenBarrierError:
            barrier.reset()
        return np.zeros(box.shape, "float32")

    with lazy.threads(2):
        lazy.from_grid(window, GRID, chunk=10).compute()
    assert len(seen) <= 2


def test_progress_counts_up_to_all_tasks():
    heard = []
    with lazy.told(lambda told: heard.append((told.done, told.of, told.unit))), lazy.threads(1):
        lazy.compute(
            lazy.from_grid(lambda box: np.zeros(box.shape, "float32"), GRID, chunk=10).data
        )
    assert [done for done, _, _ in heard] == list(range(1, len(heard) + 1))
    assert heard[-1][0] == heard[-1][1]
    assert {unit for _, _, unit in heard} == {"tasks"}


def test_each_block_is_handed_over_once_with_its_place():
    seen, cells = {}, np.zeros((40, 60), int)

    def sink(place, where, blocks):
        seen[place] = [block.shape for block in blocks]
        np.testing.assert_array_equal(blocks[0], RAMP[where])
        np.testing.assert_array_equal(blocks[1], 2 * RAMP[where])
        cells[where] += 1

    layers = [lazy.chunked(layer(RAMP * n), 16) for n in (1, 2)]
    with lazy.threads(3):
        lazy.each(sink, layers)
    assert (cells == 1).all()
    assert set(seen) == set(np.ndindex(3, 4))
    assert seen[2, 3] == [(8, 12), (8, 12)]


@pytest.mark.parametrize("strip", [1, 5, 512])
def test_blocks_that_are_done_are_neither_computed_nor_handed_over(monkeypatch, strip):
    monkeypatch.setattr(lazy.running, "STRIP", strip)
    made, seen, heard = [], [], []

    def window(box):
        made.append(box.affine.f)
        return np.zeros(box.shape, "float32")

    done = {(0, 0), (0, 1), (2, 5)}
    with lazy.told(lambda told: heard.append((told.done, told.of, told.unit))), lazy.threads(2):
        lazy.each(
            lambda place, where, blocks: seen.append(place),
            [lazy.from_grid(window, GRID, chunk=10)],
            done=done,
        )
    assert len(made) == 24 - 3
    assert sorted([*seen, *done]) == sorted(np.ndindex(4, 6))
    assert heard[0] == (300, 2400, "cells")
    assert heard[-1] == (2400, 2400, "cells")
    assert [told[0] for told in heard] == sorted(told[0] for told in heard)


def test_maps_of_one_cube_read_its_blocks_once():
    read = []

    def window(box):
        read.append(box.affine.c)
        return np.zeros(box.shape, "float32")

    cube = xr.Dataset({name: lazy.from_grid(window, GRID, chunk=64) for name in ("a", "b")})
    one = lazy.from_cube(lambda s: s + 1, cube, ["a", "b"], ["p", "q"])
    other = lazy.from_cube(lambda s: s[:1] - 1, cube, ["a", "b"], ["r"])
    seen = []
    lazy.each(
        lambda place, where, blocks: seen.append([float(block.mean()) for block in blocks]),
        [one["p"], one["q"], other["r"]],
    )
    assert seen == [[1, 1, -1]]
    assert len(read) == 2


def test_few_blocks_are_in_flight_whatever_the_raster():
    live, most, lock = [0], [0], threading.Lock()

    def work(stack):
        with lock:
            live[0] += 1
            most[0] = max(most[0], live[0])
        return stack

    def sink(place, where, blocks):
        with lock:
            live[0] -= 1

    cube = xr.Dataset({name: lazy.from_grid(lambda b: np.zeros(b.shape), GRID, chunk=4)
                       for name in "abc"})  # fmt: skip
    maps = lazy.from_cube(work, cube, list("abc"), list("def"), chunk=4)
    with lazy.threads(2):
        lazy.each(sink, list(maps.data_vars.values()))
    assert live == [0]
    assert most[0] <= 2


def test_blocks_are_spread_over_the_layer():
    picked = lazy.blocks(lazy.chunked(layer(), 10), 3)
    assert [block[0, 0] for block in picked] == [RAMP[0, 0], RAMP[20, 0], RAMP[30, 50]]


def test_callers_side_by_side_leave_nothing_behind():
    """Each computes on threads of its own; what dask does afterwards is its own affair."""
    from concurrent.futures import ThreadPoolExecutor

    import dask.array as da

    array = da.ones((64, 64), chunks=8)
    with ThreadPoolExecutor(8) as callers:
        sums = list(callers.map(lambda _: float(lazy.compute(array.sum())[0]), range(40)))
    assert set(sums) == {64.0 * 64.0}
    assert float(array.sum().compute()) == 64.0 * 64.0
