"""The committed files are what the generator writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
from district import vectors
from district.names import deposit_names


def same_vectors(one: Path, other: Path) -> None:
    """Layers, rows and texts agree, and no vertex is off by more than about a decimetre."""
    layers = [name for name, _ in pyogrio.list_layers(one)]
    assert layers == [name for name, _ in pyogrio.list_layers(other)]
    for layer in layers:
        encoding = "gb18030" if one.suffix == ".shp" else None
        first, second = (
            gpd.read_file(p, layer=layer, encoding=encoding, engine="pyogrio") for p in (one, other)
        )
        pd.testing.assert_frame_equal(
            pd.DataFrame(first.drop(columns="geometry")),
            pd.DataFrame(second.drop(columns="geometry")),
            rtol=1e-6,
        )
        assert first.crs == second.crs
        tolerance = 2e-6 if first.crs.is_geographic else 0.21
        assert first.geometry.geom_equals_exact(second.geometry, tolerance).all()


def same_raster(one: Path, other: Path) -> None:
    """Same grid and values, to the last digit that is written."""
    with rasterio.open(one) as first, rasterio.open(other) as second:
        assert (first.profile, first.descriptions) == (second.profile, second.descriptions)
        step = {"int16": 1.0, "float32": 0.11}[first.dtypes[0]]
        np.testing.assert_allclose(first.read(), second.read(), rtol=0, atol=step)


def test_outlines_and_licences_are_as_committed(sample: Path, tmp_path: Path) -> None:
    vectors.outlines(tmp_path)
    vectors.licences(tmp_path)
    written = sorted(tmp_path.iterdir())
    assert len(written) == 3
    for path in written:
        same_vectors(path, sample / path.name)


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for run in ("first", "second"):
        folder = tmp_path / run
        folder.mkdir()
        vectors.outlines(folder)
        vectors.licences(folder)
        contents.append([path.read_bytes() for path in sorted(folder.iterdir())])
    assert contents[0] == contents[1]


def test_no_two_deposits_share_a_name() -> None:
    names, names_en = deposit_names(["skarn", "vein"] * 50)
    assert len(set(names)) == len(set(names_en)) == 100


@pytest.mark.slow
def test_the_whole_district_comes_out_as_committed(sample: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, sample / "make_district.py", "--out", tmp_path],
        check=True,
        capture_output=True,
    )
    written = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(written) == 19
    for name in written:
        if name.suffix in (".geojson", ".gpkg", ".shp"):
            same_vectors(tmp_path / name, sample / name)
        elif name.suffix in (".tif", ".asc"):
            same_raster(tmp_path / name, sample / name)
        elif name.suffix == ".csv":
            assert (tmp_path / name).read_bytes() == (sample / name).read_bytes()
