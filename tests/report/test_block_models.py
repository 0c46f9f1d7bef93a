"""Block models in files: read back by a parser that shares no code, beside what pyevtk writes."""

from __future__ import annotations

import base64
import itertools
import math
import zlib
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import rasterio
from pyevtk.hl import imageToVTK

from geoprospect import storage
from geoprospect.blocks import BlockGrid
from geoprospect.errors import ContractError, OutputError
from geoprospect.report import block_models, export

ORIGIN, SIZE, COUNTS = (500_000.25, 4_000_000.0, -120.0), (20.0, 10.0, 5.0), (4, 3, 2)
TYPES = {"Float32": "<f4", "Float64": "<f8", "UInt8": "u1", "Int32": "<i4", "Int64": "<i8"}


def grid(azimuth=0.0, crs="EPSG:26915"):
    return BlockGrid(ORIGIN, SIZE, COUNTS, crs, azimuth)


def model(azimuth=0.0, crs="EPSG:26915"):
    rng = np.random.default_rng(3)
    copper = rng.lognormal(size=24)
    copper[5] = np.nan
    made = grid(azimuth, crs).dataset(
        copper=copper, count=rng.integers(0, 9, 24).astype("int32"), known=copper > 1
    )
    made["copper"].attrs |= {"long_name": "铜 grade", "units": "%"}
    return made


def numbers(element, name):
    return [float(one) for one in element.get(name).split()]


def unpacked(text, kind):
    """Values of a compressed inline array, by the format's description."""
    (pieces,) = np.frombuffer(base64.b64decode(text.strip()[:12])[:8], "<u8")
    head = 4 * math.ceil((3 + int(pieces)) * 8 / 3)
    header = np.frombuffer(base64.b64decode(text.strip()[:head]), "<u8")
    body = base64.b64decode(text.strip()[head:])
    assert len(body) == header[3:].sum()
    begins = np.concatenate([[0], np.cumsum(header[3:]).astype(int)])
    parts = [zlib.decompress(body[a:b]) for a, b in itertools.pairwise(begins)]
    assert [len(one) for one in parts[:-1]] == [int(header[1])] * (len(parts) - 1)
    assert len(parts[-1]) == (header[2] or header[1])
    return np.frombuffer(b"".join(parts), TYPES[kind])


def read(path):
    root = ElementTree.parse(path).getroot()
    assert (root.get("type"), root.get("compressor")) == ("ImageData", "vtkZLibDataCompressor")
    assert (root.get("byte_order"), root.get("header_type")) == ("LittleEndian", "UInt64")
    arrays = {
        one.get("Name"): unpacked(one.text, one.get("type")) for one in root.iter("DataArray")
    }
    return root.find("ImageData"), arrays


def test_what_is_written_is_read_back(tmp_path):
    given = model()
    image, arrays = read(export.vti(given, tmp_path / "blocks.vti"))
    assert list(arrays) == ["copper", "count", "known"]
    assert arrays["copper"].tobytes() == given["copper"].to_numpy().tobytes()
    assert arrays["count"].tolist() == given["count"].to_numpy().ravel().tolist()
    assert arrays["known"].tolist() == given["known"].to_numpy().ravel().astype(int).tolist()
    assert image.get("WholeExtent") == image.find("Piece").get("Extent") == "0 4 0 3 0 2"


def test_pyevtk_says_the_same_of_the_grid_and_its_bytes_are_ours(tmp_path):
    given = model()
    image, arrays = read(export.vti(given, tmp_path / "ours.vti"))
    for_pyevtk = np.asfortranarray(given["copper"].transpose("x", "y", "z").to_numpy())
    imageToVTK(str(tmp_path / "theirs"), ORIGIN, SIZE, cellData={"copper": for_pyevtk})
    head, tail = (tmp_path / "theirs.vti").read_bytes().split(b"<AppendedData", 1)
    theirs = ElementTree.fromstring(head + b"</VTKFile>").find("ImageData")
    assert image.get("WholeExtent") == theirs.get("WholeExtent")
    assert numbers(image, "Origin") == numbers(theirs, "Origin")
    assert numbers(image, "Spacing") == numbers(theirs, "Spacing")
    assert arrays["copper"].tobytes() in tail


def test_large_arrays_come_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(block_models, "PIECE", 64)
    given = model()
    _, arrays = read(export.vti(given, tmp_path / "blocks.vti"))
    assert arrays["copper"].tobytes() == given["copper"].to_numpy().tobytes()


def test_a_turned_grid_places_its_blocks_by_its_direction(tmp_path):
    image, _ = read(export.vti(model(azimuth=30), tmp_path / "turned.vti"))
    axes = np.reshape(numbers(image, "Direction"), (3, 3))
    half = np.array(SIZE) / 2
    middles = np.array(ORIGIN) + (axes @ (half + np.array(SIZE) * [3, 2, 1]))
    np.testing.assert_allclose(middles, grid(30).centres()[-1], rtol=0, atol=1e-6)
    # rows of blocks run 30 degrees clockwise from north: the y axis points there
    np.testing.assert_allclose(axes[:, 1], [math.sin(math.pi / 6), math.cos(math.pi / 6), 0])


def test_a_text_is_refused_and_an_empty_model_too(tmp_path):
    odd = model().assign(rock=(("z", "y", "x"), np.full((2, 3, 4), "tuff")))
    with pytest.raises(ContractError, match=r"only numbers can be written as \.vti:\n  - 'rock'"):
        export.vti(odd, tmp_path / "blocks.vti")
    with pytest.raises(ContractError, match="no variable, so nothing to write"):
        export.vti(grid().dataset(), tmp_path / "blocks.vti")
    with pytest.raises(ContractError, match="is no block model"):
        export.vti(model().drop_attrs(), tmp_path / "blocks.vti")
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = export.vti(model(), tmp_path / "blocks.vti")
    before = path.read_bytes()

    def full(values):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(block_models, "_packed", full)
    with pytest.raises(OutputError, match="free some disk space"):
        export.vti(model(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# --- tables ---------------------------------------------------------------------------------


def test_a_row_is_a_block_x_first_and_z_last(tmp_path):
    table = export.block_table(model())
    assert table[["x", "y", "z"]].iloc[[0, 1, 4, 12]].to_numpy().tolist() == [
        [500_010.25, 4_000_005, -117.5], [500_030.25, 4_000_005, -117.5],
        [500_010.25, 4_000_015, -117.5], [500_010.25, 4_000_005, -112.5],
    ]  # fmt: skip
    assert table[["dx", "dy", "dz"]].drop_duplicates().to_numpy().tolist() == [[20, 10, 5]]
    back = pd.read_csv(export.csv(table, tmp_path / "blocks.csv"))
    assert back.columns.tolist() == ["x", "y", "z", "dx", "dy", "dz", "copper", "count", "known"]
    np.testing.assert_allclose(back["copper"], model()["copper"].to_numpy().ravel(), rtol=1e-7)
    assert back["copper"].isna().sum() == 1


def test_blocks_of_a_turned_grid_are_in_place():
    table = export.block_table(model(azimuth=90))
    # turned to the east, x runs south: the block's middle lies 5 m east and 10 m south
    assert table[["x", "y", "z"]].iloc[0].tolist() == pytest.approx([500_005.25, 3_999_990, -117.5])
    assert (table["azimuth"] == 90).all()


def test_parquet_holds_the_table(tmp_path, monkeypatch):
    back = pd.read_parquet(export.block_parquet(model(), tmp_path / "blocks.parquet"))
    pd.testing.assert_frame_equal(back, export.block_table(model()))

    def lacking(self, *given, **more):
        raise ImportError("no pyarrow")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", lacking)
    with pytest.raises(OutputError, match=r"pip install geoprospect\[parquet\], or take the CSV"):
        export.block_parquet(model(), tmp_path / "other.parquet")
    assert [one.name for one in tmp_path.iterdir()] == ["blocks.parquet"]


# --- levels ---------------------------------------------------------------------------------


def test_levels_are_bands_and_lie_where_the_blocks_lie(tmp_path):
    given = model()
    path = export.level_geotiff(given, "copper", storage.located(tmp_path / "copper.tif"))
    with rasterio.open(path) as file:
        assert file.count == 2
        assert file.descriptions == ("铜 grade at -117.5 m", "铜 grade at -112.5 m")
        assert file.crs.to_epsg() == 26915
        assert tuple(file.bounds) == (500_000.25, 4_000_000, 500_080.25, 4_000_030)
        for block in export.block_table(given).itertuples():
            (found,) = file.sample([(block.x, block.y)], 1 + (block.z > -115), masked=True)
            wanted = np.nan if np.ma.is_masked(found) else float(found)
            assert wanted == pytest.approx(block.copper, rel=1e-6, nan_ok=True)
        assert file.units == ("%", "%")


@pytest.mark.parametrize(
    ("given", "name", "told"),
    [
        ({"azimuth": 30}, "copper", "turned by 30 degrees has no levels that are north up"),
        ({"crs": ""}, "copper", "local grid without a CRS"),
        ({}, "gold", "has no 'gold'; it has copper, count, known"),
    ],
)
def test_levels_that_cannot_be_are_refused_in_a_line(given, name, told):
    with pytest.raises(ContractError, match=told):
        export.levels(model(**given), name)
