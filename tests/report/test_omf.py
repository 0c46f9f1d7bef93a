"""Block models as OMF: read back by a parser of the format that shares no code."""

from __future__ import annotations

import json
import struct
import uuid
import zlib

import numpy as np
import pytest

from geoprospect.blocks import BlockGrid
from geoprospect.errors import ContractError, OutputError
from geoprospect.report import export
from geoprospect.report import omf as written

ORIGIN, SIZE, COUNTS = (500_000.25, 4_000_000.0, -120.0), (20.0, 10.0, 5.0), (4, 3, 2)


def model(azimuth=0.0):
    """Values that say which block they are of: 100 along x, 10 along y, 1 along z."""
    z, y, x = np.indices((2, 3, 4))
    place = (100.0 * x + 10 * y + z).astype("float32")
    copper = place.copy()
    copper[1, 2, 3] = np.nan
    made = BlockGrid(ORIGIN, SIZE, COUNTS, "EPSG:26915", azimuth).dataset(
        copper=copper, place=place.astype("int32"), rich=place > 200
    )
    made["copper"].attrs |= {"long_name": "铜", "units": "%"}
    return made


def read(path):
    """UID of the project, objects by UID with their references resolved, and the arrays."""
    content = path.read_bytes()
    assert content[:4] == bytes([0x84, 0x83, 0x82, 0x81])
    assert content[4:36] == b"OMF-v0.9.0" + bytes(22)
    (start,) = struct.unpack("<Q", content[52:60])
    return str(uuid.UUID(bytes=content[36:52])), json.loads(content[start:]), content


def volume(path):
    uid, told, content = read(path)
    project = told[uid]
    assert project["__class__"] == "Project"
    (element,) = (told[one] for one in project["elements"])
    assert (element["__class__"], element["subtype"]) == ("VolumeElement", "volume")
    geometry = told[element["geometry"]]
    assert geometry["__class__"] == "VolumeGridGeometry"
    values = {}
    for one in map(told.get, element["data"]):
        assert (one["__class__"], one["location"]) == ("ScalarData", "cells")
        at = told[one["array"]]["array"]
        packed = content[at["start"] : at["start"] + at["length"]]
        values[one["name"]] = np.frombuffer(zlib.decompress(packed), at["dtype"])
    return geometry, values


def cells(geometry):
    """Middles of the cells in the order of the data: u slowest, w fastest."""
    axes = [np.array(geometry[f"axis_{one}"]) for one in "uvw"]
    steps = [np.cumsum(geometry[f"tensor_{one}"]) - np.array(geometry[f"tensor_{one}"]) / 2
             for one in "uvw"]  # fmt: skip
    return np.array([
        np.array(geometry["origin"]) + u * axes[0] + v * axes[1] + w * axes[2]
        for u in steps[0] for v in steps[1] for w in steps[2]
    ])  # fmt: skip


def test_values_stand_in_the_order_of_the_format(tmp_path):
    geometry, values = volume(export.omf(model(), tmp_path / "blocks.omf"))
    assert [len(geometry[f"tensor_{one}"]) for one in "uvw"] == [4, 3, 2]
    assert values["place"].tolist() == [
        100 * x + 10 * y + z for x in range(4) for y in range(3) for z in range(2)
    ]
    assert values["copper"][:-1].tolist() == values["place"][:-1].tolist()
    assert np.isnan(values["copper"][-1])
    assert values["rich"].tolist() == (values["place"] > 200).tolist()
    assert [values[one].dtype.str for one in ("copper", "place", "rich")] == ["<f8", "<i8", "<i8"]


@pytest.mark.parametrize("azimuth", [0, 30])
def test_cells_are_where_the_blocks_are(tmp_path, azimuth):
    given = model(azimuth)
    geometry, values = volume(export.omf(given, tmp_path / "blocks.omf"))
    table = export.block_table(given).sort_values("place")
    order = np.argsort(values["place"])
    np.testing.assert_allclose(cells(geometry)[order], table[["x", "y", "z"]], rtol=0, atol=1e-6)


def test_objects_are_named_and_dated_for_readers(tmp_path):
    uid, told, _ = read(export.omf(model(), tmp_path / "blocks.omf"))
    assert (told[uid]["description"], told[uid]["units"]) == ("EPSG:26915", "m")
    assert {one["date_created"] for one in told.values()} == {"1970-01-01T00:00:00Z"}
    said = {one["name"]: one["description"] for one in told.values()
            if one["__class__"] == "ScalarData"}  # fmt: skip
    assert said == {"copper": "铜 [%]", "place": "place", "rich": "rich"}


def test_the_same_model_gives_the_same_bytes_and_another_other_uids(tmp_path):
    first = export.omf(model(), tmp_path / "first.omf")
    again = export.omf(model().chunk(), tmp_path / "again.omf")
    assert first.read_bytes() == again.read_bytes()
    other = model()
    other["copper"][0, 0, 0] = 7
    _, told, _ = read(export.omf(other, tmp_path / "other.omf"))
    assert not set(told) & set(read(first)[1])


def test_what_the_format_does_not_hold_is_refused(tmp_path):
    odd = model().assign(rock=(("z", "y", "x"), np.full((2, 3, 4), "tuff")))
    with pytest.raises(ContractError, match=r"only numbers can be written as \.omf:\n  - 'rock'"):
        export.omf(odd, tmp_path / "blocks.omf")
    large = model().assign(count=(("z", "y", "x"), np.full((2, 3, 4), 2**63, "uint64")))
    with pytest.raises(ContractError, match="'count' has counts beyond the 64 bits"):
        export.omf(large, tmp_path / "blocks.omf")
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = export.omf(model(), tmp_path / "blocks.omf")
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(written, "_objects", full)
    with pytest.raises(OutputError, match="free some disk space"):
        export.omf(model(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
