"""Block models as Open Mining Format, which mining programs exchange."""

from __future__ import annotations

import hashlib
import json
import struct
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
import xarray as xr

from geoprospect.blocks import BlockGrid, grid_of
from geoprospect.errors import ContractError
from geoprospect.report import files
from geoprospect.report.block_models import LEVEL, numbers
from geoprospect.storage import AnyPath

HEAD = struct.Struct("<4s32s16sQ")
"""Magic, version, UID of the project, and where the JSON begins [bytes]."""
MAGIC, VERSION = b"\x84\x83\x82\x81", b"OMF-v0.9.0"
DATE = "1970-01-01T00:00:00Z"
"""Of all objects: readers ask for one, and the same model shall give the same bytes."""
COLOUR = [138, 75, 18]
"""Of the blocks where no value colours them."""


def omf(model: xr.Dataset, path: AnyPath) -> AnyPath:
    """
    Write a block model in the Open Mining Format, version 1, which mining programs open.

    A project with one volume: its tensors are the blocks' sizes [m], its axes those of the
    grid, so that turned blocks stay in place. Each variable is data on the cells, x slowest
    and z fastest as the format has them [1]_; flags become 0 and 1, NaN stays NaN. The
    UIDs follow from the content, so that no two models pass for one in a program that
    holds both. The file appears under its name when whole.

    Parameters
    ----------
    model : Dataset (z, y, x)
        From :meth:`geoprospect.blocks.BlockGrid.dataset`; ``long_name`` and ``units`` of
        variables go into their descriptions, the CRS into the project's.
    path : path
        The file, ``.omf``; returned as given.

    Raises
    ------
    ContractError
        If *model* is no block model, or a variable is not of numbers that the format holds.
    OutputError
        If the file cannot be written.

    References
    ----------
    .. [1] Global Mining Guidelines Group, Open Mining Format 1.0, https://omf.readthedocs.io
    """
    grid = grid_of(model)
    arrays = numbers(model, ".omf")
    with files.replaced(path) as place, place.open("wb") as file:
        file.write(bytes(HEAD.size))
        where = {name: _array(file, name, one) for name, one in arrays.items()}
        project, told = _objects(grid, arrays, where)
        start = file.tell()
        file.write(json.dumps(told, ensure_ascii=False, allow_nan=False).encode("utf-8"))
        file.seek(0)
        file.write(HEAD.pack(MAGIC, VERSION, project.bytes, start))
    return path


def _array(file: BinaryIO, name: str, one: xr.DataArray) -> dict[str, Any]:
    """Append the values, compressed; where they are, of what type, and their digest."""
    kind = "<f8" if one.dtype.kind == "f" else "<i8"
    if one.dtype == np.uint64 and one.size and int(one.max()) > np.iinfo(np.int64).max:
        raise ContractError(f"{name!r} has counts beyond the 64 bits with a sign of .omf files")
    content = one.transpose("x", "y", "z").to_numpy().astype(kind).tobytes()
    start, packed = file.tell(), zlib.compress(content, LEVEL)
    file.write(packed)
    return {"start": start, "dtype": kind, "length": len(packed),
            "digest": hashlib.sha256(content).hexdigest()}  # fmt: skip


def _objects(
    grid: BlockGrid, arrays: Mapping[str, xr.DataArray], where: Mapping[str, Mapping[str, Any]]
) -> tuple[uuid.UUID, dict[str, dict[str, Any]]]:
    """The UID of the project, and all objects by theirs."""
    said = {name: _said(name, one) for name, one in arrays.items()}
    place = _geometry(grid)
    space = uuid.uuid5(uuid.NAMESPACE_URL, repr((place, grid.crs, said, where)))
    made: dict[str, dict[str, Any]] = {}

    def put(kind: str, key: str, **told: Any) -> str:
        uid = str(uuid.uuid5(space, f"{kind} {key}"))
        made[uid] = {"__class__": kind, "date_created": DATE, "date_modified": DATE, **told}
        return uid

    data = []
    for name, found in where.items():
        at = {key: found[key] for key in ("start", "dtype", "length")}
        array = put("ScalarArray", name, array=at)
        data.append(put("ScalarData", name, name=name, description=said[name],
                        location="cells", array=array))  # fmt: skip
    shape = put("VolumeGridGeometry", "", **place)
    blocks = put("VolumeElement", "", name="block model", description="", subtype="volume",
                 color=COLOUR, geometry=shape, data=data)  # fmt: skip
    project = put("Project", "", name="geoprospect", description=grid.crs, author="",
                  revision="", units="m", origin=[0.0, 0.0, 0.0], elements=[blocks])  # fmt: skip
    return uuid.UUID(project), made


def _geometry(grid: BlockGrid) -> dict[str, list[float]]:
    """Where the blocks lie: sizes along the three axes, and these as unit vectors."""
    axes = replace(grid, origin=(0.0, 0.0, 0.0)).from_axes(np.eye(3)).tolist()
    tensors = [[float(a)] * n for a, n in zip(grid.size, grid.counts, strict=True)]
    return {
        "origin": list(map(float, grid.origin)),
        **dict(zip(("axis_u", "axis_v", "axis_w"), axes, strict=True)),
        **dict(zip(("tensor_u", "tensor_v", "tensor_w"), tensors, strict=True)),
    }


def _said(name: str, one: xr.DataArray) -> str:
    unit = str(one.attrs.get("units", "1"))
    return str(one.attrs.get("long_name", name)) + (f" [{unit}]" if unit != "1" else "")
