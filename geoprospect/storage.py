"""
Where files are: paths on this machine, and URLs of what fsspec reaches, as one kind of path.

A path on this machine is a :class:`pathlib.Path` as ever; a URL (``s3://bucket/key``)
is a :class:`upath.UPath`, which is used in the same way. Where it leads and with what
credentials is the business of fsspec: ``AWS_*`` variables, profiles, a machine's role.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from upath import UPath

from geoprospect.errors import GeoprospectError, MissingFileError, OutputError

if TYPE_CHECKING:
    from typing_extensions import TypeIs

Location: TypeAlias = str | Path | UPath
"""What callers may give: a path, or a URL as text."""
AnyPath: TypeAlias = Path | UPath
"""What it becomes: a path on this machine, or one elsewhere."""

_URL = re.compile(r"(?i)^[a-z][a-z0-9+.-]+:+//")
_LOST_SLASH = re.compile(r"(?i)^[a-z][a-z0-9+.-]+:[/\\]")
_OF_GDAL = re.compile(r"(?i)^[/\\]+vsi")
_HERE = ("", "file", "local")


def located(location: Location) -> AnyPath:
    """
    A path or URL as a path: a :class:`pathlib.Path` if it is on this machine.

    Nothing is opened or looked for.

    Raises
    ------
    MissingFileError
        If it is a URL of a kind that nothing is known of, or not a URL but one
        of GDAL's own addresses.
    """
    text = str(location)
    if isinstance(location, Path) and _LOST_SLASH.match(text):
        raise MissingFileError(
            f"{text}: as a Path a URL loses one of its slashes; give it as text, "
            "such as 's3://bucket/key'"
        )
    if _OF_GDAL.match(text):
        raise MissingFileError(
            f"{text} is an address of GDAL's own; give a path or a URL, such as 's3://bucket/key'"
        )
    try:
        path = UPath(location)
    except ValueError as error:
        raise MissingFileError(
            f"{text}: {error}; give a path, or a URL such as 's3://bucket/key'"
        ) from None
    return Path(path.path) if path.protocol in _HERE else path


def joined(folder: AnyPath, text: str) -> AnyPath:
    """A path as seen from *folder*; a URL or an absolute path stands for itself."""
    if is_url(text):
        return located(text)
    if is_local(folder) or Path(text).is_absolute():
        return Path(os.path.normpath(text if not is_local(folder) else folder / text))
    for part in PurePosixPath(text).parts:
        folder = folder.parent if part == ".." else folder / part
    return folder


def paths_in(value: Any) -> list[AnyPath]:
    """The paths that a setting holds, by itself or in a list."""
    if isinstance(value, Path | UPath):
        return [value]
    return [path for one in value for path in paths_in(one)] if isinstance(value, list) else []


def is_url(text: str) -> bool:
    """Whether *text* is a URL rather than a path."""
    return bool(_URL.match(text))


def is_local(path: AnyPath) -> TypeIs[Path]:
    """Whether *path* is on this machine."""
    return not isinstance(path, UPath)


def protocol(path: AnyPath) -> str:
    """``s3``, ``https``, ...; nothing for a path on this machine."""
    return "" if is_local(path) else str(path.protocol)


def zarr_store(path: AnyPath) -> Any:
    """What zarr and xarray open as the store at *path*."""
    if is_local(path):
        return str(path)
    from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
    from zarr.storage import FsspecStore

    # zarr would make a file system of its own, whose connections nobody closes
    return FsspecStore(AsyncFileSystemWrapper(path.fs, asynchronous=True), path=path.path)


def below(path: AnyPath, folder: AnyPath) -> str:
    """How *path* is reached from *folder*, with forward slashes."""
    return "/".join(path.parts[len(folder.parts) :])


def told(path: UPath) -> Mapping[str, Any] | None:
    """
    What a store says of an object or folder, asked anew; None if it is not there.

    Raises
    ------
    MissingFileError
        If the store cannot be asked, with the remedy.
    """
    with reaching(path):
        path.fs.invalidate_cache(path.path)
        try:
            found: Mapping[str, Any] = path.fs.info(path.path)
        except FileNotFoundError as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError):
                raise cause from None  # over HTTP, a dead line also comes as "not found"
            return None
        return found


def size(path: AnyPath) -> int | None:
    """Bytes of a file, 0 for a folder, None if it is not there."""
    if is_local(path):
        return 0 if path.is_dir() else path.stat().st_size if path.is_file() else None
    about = told(path)
    if about is None:
        return None
    return int(about["size"]) if about["type"] == "file" else 0


def stamp(path: AnyPath) -> str:
    """What changes when the content does, without reading it: an ETag, or size and time."""
    if is_local(path):
        state = path.stat()
        return f"{state.st_size}-{state.st_mtime_ns}"
    about = told(path) or {}
    etag = str(about.get("ETag", "")).strip('"')
    return etag or "-".join(str(about.get(key, "")) for key in ("size", "mtime", "Last-Modified"))


def digest(path: AnyPath) -> str:
    """
    A digest of a file's content: SHA-256, or what the store keeps of it (``etag:...``).

    Objects are not fetched only to be hashed.
    """
    if not is_local(path):
        etag = str((told(path) or {}).get("ETag", "")).strip('"')
        if etag:
            return f"etag:{etag}"
    with reaching(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def read_text(path: AnyPath) -> str:
    """The text of a file, UTF-8."""
    with reaching(path):
        return path.read_text(encoding="utf-8")


def texts(folder: AnyPath) -> dict[str, str]:
    """The texts of all files in a folder, by name; asked anew, and of a store all at once."""
    if is_local(folder):
        return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    with reaching(folder):
        folder.fs.invalidate_cache(folder.path)
        names = folder.fs.find(folder.path)
        found = folder.fs.cat(names) if names else {}
    return {name.rpartition("/")[2]: text.decode("utf-8") for name, text in found.items()}


@contextmanager
def here(folder: AnyPath) -> Iterator[Path]:
    """A folder on this machine: itself, or a copy that is there within the block."""
    if is_local(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="geoprospect-") as place, reaching(folder):
        folder.fs.invalidate_cache(folder.path)
        folder.fs.get(folder.path, place, recursive=True)
        yield Path(place) / folder.name


def send(place: Path, path: UPath) -> None:
    """
    Put a file, or a folder of files in place of the one there, from this machine to a URL.

    Raises
    ------
    OutputError
        If the store cannot be reached or refuses.
    FileNotFoundError
        If there is no such bucket.
    """
    with reaching(path, OutputError):
        if place.is_dir():
            remove(path)
            for file in sorted(place.rglob("*")):
                if file.is_file():
                    path.fs.put_file(str(file), (path / below(file, place)).path)
        else:
            path.fs.put_file(str(place), path.path)
        path.fs.invalidate_cache(path.path)


def remove(path: AnyPath) -> None:
    """Remove a file or a folder with all that is in it, if it is there."""
    if is_local(path):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        return
    with reaching(path, OutputError):
        path.fs.invalidate_cache(path.path)
        if path.fs.exists(path.path):
            path.fs.rm(path.path, recursive=True)


@contextmanager
def reaching(
    path: AnyPath, kind: type[MissingFileError | OutputError] = MissingFileError
) -> Iterator[None]:
    """
    Within the block, whatever goes wrong on the way to a URL is told with its remedy.

    Raises
    ------
    MissingFileError or OutputError
        As *kind* has it, in place of the many errors of the many stores.
    """
    if is_local(path):
        yield
        return
    try:
        yield
    except (GeoprospectError, FileNotFoundError, ValueError, LookupError):
        raise  # about the content or the name, not the way there
    except Exception as error:  # each store has errors of its own, with no root in common
        raise kind(f"{path}: {_explained(path, error)}") from error


def _explained(path: UPath, error: Exception) -> str:
    said = str(error).strip() or type(error).__name__
    if isinstance(error, ImportError):
        package = "geoprospect[s3]" if path.protocol in ("s3", "s3a") else "the package it names"
        return f"URLs of this kind need a package more ({said}); pip install {package}"
    if isinstance(error, PermissionError):
        return (
            f"access denied ({said}); check the credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY), what they allow, and that it is there"
        )
    if type(error).__name__ == "NoCredentialsError":
        return (
            "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "AWS_PROFILE; for a public bucket set FSSPEC_S3_ANON=true"
        )
    return (
        f"it cannot be reached ({said}); check the network and the address "
        "(AWS_ENDPOINT_URL where the store is not Amazon's)"
    )
