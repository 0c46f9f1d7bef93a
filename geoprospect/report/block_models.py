"""Block models to files: VTK image data, tables, and levels as GeoTIFF."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Hashable, Iterator
from dataclasses import replace
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox

from geoprospect import contract
from geoprospect.blocks import DIMS, BlockGrid, grid_of
from geoprospect.errors import ContractError, OutputError, listing
from geoprospect.report import files, rasters
from geoprospect.storage import AnyPath

PIECE = 1 << 20
"""Bytes that are compressed at a time."""

LEVEL = 5
"""Of compression."""

KINDS = {
    "float32": "Float32", "float64": "Float64", "int8": "Int8", "int16": "Int16",
    "int32": "Int32", "int64": "Int64", "uint8": "UInt8", "uint16": "UInt16",
    "uint32": "UInt32", "uint64": "UInt64",
}  # fmt: skip
"""What VTK calls the types of numbers."""


def vti(model: xr.Dataset, path: AnyPath) -> AnyPath:
    """
    Write a block model as VTK image data, which ParaView and PyVista open.

    Each variable is an array of the blocks (cell data) in its own type, compressed; NaN stays
    NaN, flags become 0 and 1. A turned grid keeps its blocks and says its direction, which VTK
    knows since 9.0 [1]_. The file appears under its name when whole, and the same model gives
    the same bytes.

    Parameters
    ----------
    model : Dataset (z, y, x)
        From :meth:`geoprospect.blocks.BlockGrid.dataset`.
    path : path
        The file, ``.vti``.

    Returns
    -------
    path
        The file, as given.

    Raises
    ------
    ContractError
        If *model* is no block model, or a variable is not of numbers.
    OutputError
        If the file cannot be written.

    References
    ----------
    .. [1] VTK file formats, https://docs.vtk.org/en/latest/vtk_file_formats/vtkxml_file_format.html
    """
    grid = grid_of(model)
    arrays = numbers(model, ".vti")
    with files.replaced(path) as place, place.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_pieces(grid, arrays))
    return path


def numbers(model: xr.Dataset, ending: str) -> dict[str, xr.DataArray]:
    """
    The variables of a block model (z, y, x) by name, flags as bytes.

    Raises
    ------
    ContractError
        If there is none, or some that a file of that *ending* has no type for: all at once.
    """
    flags = {name: one.astype("uint8") if one.dtype == bool else one
             for name, one in model.data_vars.items()}  # fmt: skip
    odd = [f"{name!r} is of {one.dtype}" for name, one in flags.items()
           if one.dtype.name not in KINDS]  # fmt: skip
    if not flags:
        raise ContractError("this block model has no variable, so nothing to write")
    if odd:
        raise ContractError(listing(f"only numbers can be written as {ending}:", odd))
    return {str(name): one.transpose(*DIMS) for name, one in flags.items()}


def _pieces(grid: BlockGrid, arrays: dict[str, xr.DataArray]) -> Iterator[str]:
    """The file's text, an array at a time."""
    extent = _told(np.column_stack([[0, 0, 0], grid.counts]).ravel())
    axes = replace(grid, origin=(0.0, 0.0, 0.0)).from_axes(np.eye(3))
    yield (
        '<?xml version="1.0"?>\n'
        '<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" '
        'header_type="UInt64" compressor="vtkZLibDataCompressor">\n'
        f'<ImageData WholeExtent="{extent}" Origin="{_told(grid.origin)}" '
        f'Spacing="{_told(grid.size)}" Direction="{_told(axes.T.ravel())}">\n'
        f'<Piece Extent="{extent}">\n<CellData Scalars={quoteattr(next(iter(arrays)))}>\n'
    )
    for name, one in arrays.items():
        yield f'<DataArray type="{KINDS[one.dtype.name]}" Name={quoteattr(name)} format="binary">\n'
        yield from _packed(np.ascontiguousarray(one.to_numpy()))
        yield "\n</DataArray>\n"
    yield "</CellData>\n</Piece>\n</ImageData>\n</VTKFile>\n"


def _packed(values: npt.NDArray[np.generic]) -> tuple[str, str]:
    """Base64 of the header, which counts pieces and their bytes, and of the pieces."""
    content = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    pieces = [zlib.compress(content[begin : begin + PIECE], LEVEL)
              for begin in range(0, len(content), PIECE)]  # fmt: skip
    header = [len(pieces), PIECE, len(content) % PIECE, *map(len, pieces)]
    coded = (np.array(header, "<u8").tobytes(), b"".join(pieces))
    head, body = (base64.b64encode(one).decode("ascii") for one in coded)
    return head, body


def _told(numbers: npt.ArrayLike) -> str:
    return " ".join(f"{one:.17g}" for one in np.asarray(numbers).tolist())


# --- tables --------------------------------------------------------------------------------


def block_table(model: xr.Dataset) -> pd.DataFrame:
    """
    A block model as a table, a row for each block, x first and z last.

    ``x``, ``y`` and ``z`` are the middle of the block, in place also where the grid is turned;
    ``dx``, ``dy`` and ``dz`` its size [m]; then its values. A turned grid has ``azimuth``
    [degrees] too.

    Raises
    ------
    ContractError
        If *model* is no block model.
    """
    grid = grid_of(model)
    columns: dict[Hashable, npt.ArrayLike] = dict(zip("xyz", grid.centres().T, strict=True))
    columns |= dict(zip(("dx", "dy", "dz"), grid.size, strict=True))
    if grid.azimuth % 360:
        columns["azimuth"] = grid.azimuth
    columns |= {
        name: one.transpose(*DIMS).to_numpy().ravel() for name, one in model.data_vars.items()
    }
    return pd.DataFrame(columns)


def block_parquet(model: xr.Dataset, path: AnyPath) -> AnyPath:
    """
    Write the table of a block model as Parquet; the extra ``parquet`` has to be there.

    Raises
    ------
    OutputError
        If it is not, or the file cannot be written.
    """
    table = block_table(model)
    with files.replaced(path) as place:
        try:
            table.to_parquet(place, index=False)
        except ImportError:
            raise OutputError(
                f"cannot write {path}: Parquet files need pyarrow; "
                "pip install geoprospect[parquet], or take the CSV"
            ) from None
    return path


# --- levels --------------------------------------------------------------------------------


def levels(model: xr.Dataset, name: str) -> xr.Dataset:
    """
    A value of a block model as maps (y, x), north up: one for each level, lowest first.

    For programs that know no blocks. They are called ``z_`` and the elevation of the level's
    middle in whole centimetres where it has any; :func:`level_geotiff` writes them.

    Parameters
    ----------
    model : Dataset (z, y, x)
    name : str
        Of the variable; its ``long_name`` and ``units`` go with it.

    Raises
    ------
    ContractError
        If *model* is no block model, has no such variable, is turned or has no CRS.
    """
    grid = grid_of(model)
    if name not in model:
        raise ContractError(
            f"the block model has no {name!r}; it has {', '.join(map(str, model.data_vars))}"
        )
    if grid.azimuth % 360:
        raise ContractError(
            f"a grid of blocks turned by {grid.azimuth:g} degrees has no levels that are north "
            "up; take the .vti or the table, or make the model with azimuth 0"
        )
    if not grid.crs:
        raise ContractError(
            "the block model is in a local grid without a CRS, so no map program could place "
            "its levels; take the .vti or the table"
        )
    dx, dy, _ = grid.size
    north = grid.origin[1] + grid.counts[1] * dy
    affine = Affine(dx, 0.0, grid.origin[0], 0.0, -dy, north)
    box = GeoBox((grid.counts[1], grid.counts[0]), affine, grid.crs)
    block = model[name].transpose(*DIMS)
    what, units = str(block.attrs.get("long_name", name)), str(block.attrs.get("units", "1"))
    return xr.Dataset({
        f"z_{z:.2f}".rstrip("0").rstrip("."): contract.describe(
            contract.on_grid(block.to_numpy()[layer, ::-1].astype("float32"), box),
            long_name=f"{what} at {z:g} m", units=units,
        )
        for layer, z in enumerate(grid.origin[2] + grid.along(2))
    })  # fmt: skip


def level_geotiff(model: xr.Dataset, name: str, path: AnyPath) -> AnyPath:
    """Write :func:`levels` of a value as one GeoTIFF, a band for each, north up."""
    return rasters.geotiff(levels(model, name), path)
