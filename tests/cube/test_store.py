import os
import resource

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.cube import store
from geoprospect.errors import OutputError


def cube_of(grid, **values):
    return xr.Dataset(
        {
            name: contract.describe(
                contract.on_grid(np.asarray(value, "float32"), grid),
                long_name=f"层 {name}",
                units="nT",
                meanings={1: "页岩", 2: "a b"} if name == "lithology" else None,
            )
            for name, value in values.items()
        }
    )


@pytest.fixture
def values(grid):
    values = np.random.default_rng(1).normal(size=grid.shape).astype("float32")
    values[3, 5:9] = np.nan
    return values


def test_what_is_written_is_read_back_with_its_meaning(grid, values, tmp_path):
    written = cube_of(grid, magnetics=values, lithology=np.ones(grid.shape))
    store.write(written, tmp_path / "cube.zarr")
    read = store.open_cube(tmp_path / "cube.zarr", ["magnetics", "lithology"])
    xr.testing.assert_identical(read.compute(), written)
    contract.check_cube(read, grid)
    assert contract.meanings(read["lithology"]) == {1: "页岩", 2: "a b"}


def test_the_tally_is_that_of_numpy(grid, values, tmp_path):
    with lazy.cut(7):
        tally = store.write(cube_of(grid, a=values), tmp_path / "cube.zarr")["a"]
    assert tally == {
        "known": int(np.isfinite(values).sum()),
        "minimum": float(np.nanmin(values)),
        "maximum": float(np.nanmax(values)),
    }


def test_an_unknown_layer_has_no_range(grid, tmp_path):
    empty = cube_of(grid, a=np.full(grid.shape, np.nan))
    tally = store.write(empty, tmp_path / "cube.zarr")["a"]
    assert tally == {"known": 0, "minimum": None, "maximum": None}


def test_layers_written_one_by_one_stand_together(grid, values, tmp_path):
    for name in ("a", "b"):
        store.write(cube_of(grid, **{name: values}), tmp_path / "cube.zarr")
    store.write(cube_of(grid, a=values + 1), tmp_path / "cube.zarr")
    read = store.open_cube(tmp_path / "cube.zarr")
    np.testing.assert_array_equal(read["a"], values + 1)
    np.testing.assert_array_equal(read["b"], values)
    store.remove(tmp_path / "cube.zarr", "a")
    assert store.stored(tmp_path / "cube.zarr") == ["b"]


def test_a_write_that_fails_half_way_leaves_the_old_layer(grid, values, tmp_path):
    folder = tmp_path / "cube.zarr"
    store.write(cube_of(grid, a=values), folder)

    def fails(window):
        if window.affine.f < 3_003_000:
            raise RuntimeError("power cut")
        return np.zeros(window.shape, "float32")

    made = contract.describe(lazy.from_grid(fails, grid, chunk=8), long_name="a", units="nT")
    with pytest.raises(RuntimeError, match="power cut"):
        store.write(xr.Dataset({"a": made}), folder)
    np.testing.assert_array_equal(store.open_cube(folder)["a"], values)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cube.zarr"]


def test_another_grid_is_noticed(grid, values, tmp_path):
    store.write(cube_of(grid, a=values), tmp_path / "cube.zarr")
    other = GeoBox.from_bbox((0, 0, 6000, 4000), crs="EPSG:32648", resolution=100)
    assert store.grid_matches(tmp_path / "cube.zarr", cube_of(grid, a=values)["a"])
    assert not store.grid_matches(tmp_path / "cube.zarr", cube_of(other, a=values)["a"])
    assert store.grid_matches(tmp_path / "none.zarr", cube_of(other, a=values)["a"])


def test_two_writes_give_the_same_bytes(grid, values, tmp_path):
    for name in ("one", "two"):
        store.write(cube_of(grid, a=values, lithology=np.ones(grid.shape)), tmp_path / name)
    files = [sorted(p for p in (tmp_path / n).rglob("*") if p.is_file()) for n in ("one", "two")]
    assert [p.relative_to(tmp_path / "one") for p in files[0]] == [
        p.relative_to(tmp_path / "two") for p in files[1]
    ]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(*files, strict=True))


@pytest.mark.skipif(os.name == "nt", reason="file size limits are of another kind on Windows")
def test_a_full_disk_is_told_and_nothing_half_written_stays(grid, values, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"cannot write the cube .*free some disk space"):
            store.write(cube_of(grid, a=values), tmp_path / "cube.zarr")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []
