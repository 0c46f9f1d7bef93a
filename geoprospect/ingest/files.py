"""Where input files are, and every file that a data set consists of."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from geoprospect.errors import MissingFileError, did_you_mean

REMOTE = re.compile(r"(?i)^[a-z][a-z0-9+.-]+:/|^[/\\]+vsi")
VIRTUAL_SOURCE = re.compile(r"(?i)/vsi|[a-z][a-z0-9+.-]+://")
SIDECARS = re.compile(
    r"(aux|aux\.xml|blw|bpw|clr|cpg|dat|dbf|ers|gfs|hdr|id|idm|ind|jgw|map|mid|msk|ovr|pgw|prj"
    r"|qix|qpj|rrd|sbn|sbx|shp|shp\.xml|shx|stx|tab|tfw|tifw|vat\.cpg|vat\.dbf|wld)\Z"
)


def local(path: Path) -> Path:
    """
    The path of a file or folder that is there, on this machine, and readable.

    Raises
    ------
    MissingFileError
        If it is not there (the message names the nearest neighbour), may not
        be read, or is an address rather than a path.
    """
    if REMOTE.match(str(path)):
        raise MissingFileError(
            f"{path}: geoprospect reads local files only; download it first and state its path"
        )
    path = Path(path)
    try:
        there = path.exists()
    except PermissionError:
        there = True
    if not there:
        raise MissingFileError(f"{path} is not there{_nearest(path)}")
    if not os.access(path, os.R_OK):
        raise MissingFileError(
            f"{path} may not be read: permission denied; ask its owner for read access"
        )
    _refuse_remote_sources(path)
    return path


def files_of(path: Path) -> list[Path]:
    """
    Every file that a data set consists of, sorted.

    A folder (ESRI grid, file geodatabase, Zarr) with all that is in it and the
    files beside it that GDAL also reads; a file with its sidecars (``.prj``,
    ``.dbf``, ``.aux.xml``, ...).
    """
    path = local(path)
    found = set(_beside(path))
    if path.is_dir():
        found.update(file for file in path.rglob("*") if file.is_file())
        if (path / "hdr.adf").is_file():
            found.update(file for file in path.parent.glob("info/*") if file.is_file())
    else:
        found.add(path)
        found.update(_virtual_sources(path))
    return sorted(found)


def _beside(path: Path) -> Iterator[Path]:
    """Files next to *path* that belong to it: its name or stem, and a known ending."""
    starts = {f"{path.name}.".lower(), f"{path.stem}.".lower()}
    for file in path.parent.iterdir():
        name = file.name.lower()
        ours = any(name.startswith(s) and SIDECARS.match(name[len(s) :]) for s in starts)
        if ours and file.is_file():
            yield file


def _virtual_sources(path: Path) -> Iterator[Path]:
    """The files that a virtual raster points to."""
    if path.suffix.lower() == ".vrt":
        import rasterio

        with rasterio.open(path) as dataset:
            yield from (Path(file) for file in dataset.files if Path(file).is_file())


def _refuse_remote_sources(path: Path) -> None:
    """A virtual data set is a local file that may point anywhere."""
    if path.suffix.lower() != ".vrt":
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    for source in re.findall(r"<Source(?:Filename|DataSource|Dataset)[^>]*>([^<]*)<", text):
        if VIRTUAL_SOURCE.search(source):
            raise MissingFileError(
                f"{path} points to {source}: geoprospect reads local files only; "
                "download that first and point to the copy"
            )


def _nearest(path: Path) -> str:
    """The end of a message: a neighbour with a similar name, or the folder that is missing."""
    folder = path.parent
    if folder.is_dir():
        names = [file.name for file in folder.iterdir()]
        hint = did_you_mean(path.name, names)
        return hint if hint.startswith("; did") else f"; {folder} holds {len(names)} other entries"
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return f": of its folders only {folder} exists"
