"""Files written whole or not at all, on this machine or at a URL."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from upath import UPath

from geoprospect import storage
from geoprospect.errors import GeoprospectError, OutputError
from geoprospect.storage import AnyPath

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def replaced(path: AnyPath) -> AbstractContextManager[Path]:
    """
    A place to write in, which becomes *path* when the block ends well.

    On this machine the place lies in a hidden folder beside *path*, so that the
    final move is one rename within a disk; a killed program leaves at most that
    folder, which the next one clears. For a URL it lies in the temporary folder,
    and an object appears under its name when it has arrived whole.

    Raises
    ------
    OutputError
        If it cannot be written, with the path and the remedy.
    """
    return _beside(path) if storage.is_local(path) else _sent(path)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear(partial)
        partial.mkdir()
        yield partial / path.name
        _move(partial / path.name, path)
    except GeoprospectError:
        raise
    except OSError as error:
        raise failure(path, error) from error
    finally:
        _clear(partial)


@contextmanager
def _sent(path: UPath) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="geoprospect-") as folder:
        place = Path(folder) / path.name
        try:
            yield place
            storage.send(place, path)
        except GeoprospectError:
            raise
        except OSError as error:
            raise failure(path, error) from error


def failure(path: AnyPath, error: Exception) -> OutputError:
    """What to tell when writing *path* failed with *error*."""
    code = error.errno if isinstance(error, OSError) else None
    reason = (error.strerror if isinstance(error, OSError) else None) or str(
        error.__cause__ or error
    )
    if not storage.is_local(path):
        remedy = (
            "check the name of the bucket, your right to write into it, and the room for "
            f"temporary files in {tempfile.gettempdir()}"
        )
    elif code in FULL or "no space" in reason.lower():
        remedy = "free some disk space or choose another folder"
    elif code in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        remedy = "choose another folder or mend its permissions; close programs that hold the file"
    else:
        remedy = "look at the disk's free space and at the folder's permissions"
    return OutputError(f"cannot write {path}: {reason}; {remedy}")


def check_space(path: AnyPath, needed: int) -> None:
    """Raise an OutputError unless the disk on which *path* is made has *needed* bytes free."""
    folder = path.parent if storage.is_local(path) else Path(tempfile.gettempdir())
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        remedy = (
            "choose another folder" if storage.is_local(path) else "set TMPDIR to a larger disk"
        )
        raise OutputError(
            f"cannot write {path}: it needs about {needed / 1e9:.2f} GB while it is made and the "
            f"disk has {free / 1e9:.2f} GB free; free some disk space or {remedy}"
        )


def write_text(text: str, path: AnyPath) -> AnyPath:
    """Write *text* as UTF-8 with plain line ends."""
    with replaced(path) as place:
        place.write_text(text, encoding="utf-8", newline="\n")
    return path


def write_bytes(content: bytes, path: AnyPath) -> AnyPath:
    """Write *content* as it is."""
    with replaced(path) as place:
        place.write_bytes(content)
    return path


def json_text(value: Any) -> str:
    """JSON as people can read it: indented, keys as given, any script, ended by a line end."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_texts(texts: Mapping[str, str], folder: AnyPath) -> AnyPath:
    """Write a folder of texts, by file name; a folder of that name gives way to it."""
    with replaced(folder) as place:
        place.mkdir()
        for name, text in texts.items():
            if Path(name).name != name:
                raise OutputError(f"cannot write {name!r} into {folder}: it is no plain file name")
            (place / name).write_text(text, encoding="utf-8", newline="\n")
    return folder


def _move(place: Path, path: Path) -> None:
    """Rename; a folder in the way, which no system replaces, is moved aside first."""
    if path.is_dir():
        path.replace(place.with_name(f"{path.name}.old"))
    os.replace(place, path)  # noqa: PTH105  # Path.replace, named for what it is


def _clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
