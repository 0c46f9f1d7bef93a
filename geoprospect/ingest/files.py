"""Input files: whether they are there, all that a data set consists of, copies at hand."""

from __future__ import annotations

import contextlib
import html
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from geoprospect import storage
from geoprospect.errors import MissingFileError, did_you_mean
from geoprospect.storage import AnyPath, Location

log = logging.getLogger("geoprospect.ingest")

WITHOUT_FOLDERS = ("http", "https")
"""Where files stand alone: a web server need not tell what else it has."""
SOURCE = re.compile(r"<Source(?:Filename|DataSource|Dataset)[^>]*>([^<]*)<")
VIRTUAL_SOURCE = re.compile(r"(?i)/vsi|[a-z][a-z0-9+.-]+://")
SIDECARS = re.compile(
    r"(aux|aux\.xml|blw|bpw|clr|cpg|dat|dbf|ers|gfs|hdr|id|idm|ind|jgw|map|mid|msk|ovr|pgw|prj"
    r"|qix|qpj|rrd|sbn|sbx|shp|shp\.xml|shx|stx|tab|tfw|tifw|vat\.cpg|vat\.dbf|wld)\Z"
)


def there(location: Location) -> AnyPath:
    """
    The path of a file or folder that is there and readable, on this machine or at a URL.

    Raises
    ------
    MissingFileError
        If it is not there (the message names the nearest neighbour), may not
        be read, or cannot be reached.
    """
    path = storage.located(location)
    if not _exists(path):
        raise MissingFileError(f"{path} is not there{_nearest(path)}")
    if storage.is_local(path) and not os.access(path, os.R_OK):
        raise MissingFileError(
            f"{path} may not be read: permission denied; ask its owner for read access"
        )
    _refuse_far_sources(path)
    return path


def files_of(location: Location) -> list[AnyPath]:
    """
    Every file that a data set consists of, sorted.

    A folder (ESRI grid, file geodatabase, Zarr) with all that is in it and the
    files beside it that GDAL also reads; a file with its sidecars (``.prj``,
    ``.dbf``, ``.aux.xml``, ...).
    """
    path = there(location)
    with storage.reaching(path):
        found = set(_beside(path))
        if path.is_dir():
            found.update(file for file in path.rglob("*") if file.is_file())
            if (path / "hdr.adf").is_file():
                found.update(file for file in path.parent.glob("info/*") if file.is_file())
        else:
            found.add(path)
            found.update(_virtual_sources(path))
    return sorted(found, key=lambda file: tuple(file.parts))


@contextlib.contextmanager
def at_hand(path: AnyPath) -> Iterator[Path]:
    """
    A data set on this machine's disk: itself, or a copy that is there within the block.

    Raises
    ------
    MissingFileError
        If it cannot be fetched.
    """
    if storage.is_local(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="geoprospect-") as folder:
        yield fetched(path, Path(folder))


def fetched(path: AnyPath, folder: Path) -> Path:
    """Copy a data set with all its files into *folder*; where it lies there."""
    for file in files_of(path):
        target = folder / _without_query(storage.below(file, path.parent))
        target.parent.mkdir(parents=True, exist_ok=True)
        with storage.reaching(file), file.open("rb") as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, 2**20)
    log.info("%s is read from a copy on this machine.", path)
    return folder / _without_query(path.name)


def _without_query(name: str) -> str:
    return name.partition("?")[0]


def _exists(path: AnyPath) -> bool:
    if not storage.is_local(path):
        return storage.told(path) is not None
    try:
        return path.exists()
    except PermissionError:
        return True


def _beside(path: AnyPath) -> Iterator[AnyPath]:
    """Files next to *path* that belong to it: its name or stem, and a known ending."""
    if storage.protocol(path) in WITHOUT_FOLDERS:
        return
    starts = {f"{path.name}.".lower(), f"{path.stem}.".lower()}
    for file in path.parent.iterdir():
        name = file.name.lower()
        ours = any(name.startswith(s) and SIDECARS.match(name[len(s) :]) for s in starts)
        if ours and file.is_file():
            yield file


def _virtual_sources(path: AnyPath) -> Iterator[AnyPath]:
    """The files that a virtual raster points to."""
    if path.suffix.lower() != ".vrt":
        return
    if not storage.is_local(path):
        for source in _named_sources(path):
            yield from files_of(path.parent / source)
        return
    import rasterio

    with rasterio.open(path) as dataset:
        yield from (Path(file) for file in dataset.files if Path(file).is_file())


def _refuse_far_sources(path: AnyPath) -> None:
    """A virtual data set is a small file that may point anywhere."""
    if path.suffix.lower() != ".vrt":
        return
    for source in _named_sources(path):
        if VIRTUAL_SOURCE.search(source):
            raise MissingFileError(
                f"{path} points to {source}: what a virtual raster points to is read from its own "
                "machine or bucket only; put the virtual raster beside its sources, or a copy of "
                "them beside it"
            )
        if not storage.is_local(path) and source.startswith(("/", "\\")):
            raise MissingFileError(
                f"{path} points to {source}, which is a path on one machine; "
                "name its sources by paths relative to it"
            )


def _named_sources(path: AnyPath) -> list[str]:
    with storage.reaching(path):
        text = path.read_text(encoding="utf-8", errors="replace")
    return [html.unescape(name).strip() for name in SOURCE.findall(text)]


def _nearest(path: AnyPath) -> str:
    """The end of a message: a neighbour with a similar name, or the folder that is missing."""
    if storage.protocol(path) in WITHOUT_FOLDERS:
        return "; check the address in a browser"
    folder = path.parent
    with storage.reaching(path):
        if folder.is_dir():
            names = [file.name for file in folder.iterdir()]
            hint = did_you_mean(path.name, names)
            return (
                hint if hint.startswith("; did") else f"; {folder} holds {len(names)} other entries"
            )
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        if folder.exists():
            return f": of its folders only {folder} exists"
    return f": there is no {folder}"
