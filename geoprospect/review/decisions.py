"""
What planners decided of each target, kept in the run folder.

One GeoPackage (``decisions.gpkg``), which QGIS opens as a table, with one table of entries
that are only ever added: triggers refuse changes and deletions, and undoing adds an entry. It keeps
SQLite's rollback journal rather than its write-ahead log, because the folder may lie on a
network share, where a write-ahead log's shared memory does not work [1]_, and because at rest
it is then one file to copy; with ``synchronous=EXTRA`` a decision is on the disk, and the
journal's removal too, before it is acknowledged. People decide a few times a minute, so what
that costs (some milliseconds) is not felt.

References
----------
.. [1] SQLite, Write-Ahead Logging. https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geoprospect.errors import DataError, GeoprospectError, OutputError

FILE = "decisions.gpkg"
STATUSES = {"accept": "accepted", "reject": "rejected", "hold": "held", "open": "open"}
"""What an entry of each kind makes of its target; comments and undoing are the other kinds."""
KINDS = (*STATUSES, "comment", "undo")
OPEN = "open"

BUSY = 10.0
"""Seconds to wait for another program that writes."""


@dataclass(frozen=True)
class Entry:
    """
    One line of a target's history.

    ``version`` counts a target's entries from 1, ``status`` is what the target is after this
    one, ``made`` is UTC, and ``undoes`` the id of the entry that this one takes back.
    """

    id: int
    target: str
    ground: str
    version: int
    kind: str
    status: str
    comment: str
    who: str
    made: str
    undoes: int | None

    def told(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


class ConflictError(GeoprospectError, RuntimeError):
    """Someone else decided on the target meanwhile; ``history`` is what is known now."""

    def __init__(self, message: str, history: Sequence[Entry]) -> None:
        super().__init__(message)
        self.history = list(history)


class Decisions:
    """
    The decisions of one run folder.

    Raises
    ------
    DataError
        If the file is there but is no sound database of decisions; it is left as it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._connected() as file:
            _prepare(file, path)

    def record(
        self,
        *,
        target: str,
        ground: str,
        kind: str,
        who: str,
        version: int,
        request: str,
        comment: str = "",
        undoes: int | None = None,
    ) -> Entry:
        """
        Add an entry; when this returns, it is on the disk.

        Parameters
        ----------
        target, ground : str
            The target's label, and the fingerprint of its outline.
        kind : str
            One of :data:`KINDS`.
        who : str
            Who decides.
        version : int
            The version that the decision rests on: how many entries of this target its maker
            has seen. Comments do not rest on any.
        request : str
            A name of the maker's own for this entry: asked twice, it is recorded once.
        comment : str
            Why.
        undoes : int, optional
            Of kind "undo": the entry to take back.

        Raises
        ------
        ConflictError
            If there is an entry that the maker has not seen, with the history as it is now.
        ValueError
            If the kind is unknown, a comment empty, or there is nothing such to undo.
        OutputError
            If it cannot be written; then nothing is recorded.
        """  # fmt: skip
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        if not who.strip() or (kind == "comment" and not comment.strip()):
            raise ValueError("say who you are" if not who.strip() else "a comment needs words")
        with self._connected() as file, _at_once(file):
            known = _found(file, "request = ?", request)
            if known:
                return known[0]
            history = _found(file, "target = ? AND ground = ?", target, ground)
            if kind != "comment" and len(history) != version:
                raise ConflictError(f"{target} was decided on by another meanwhile", history)
            status = _status_after(history, kind, undoes)
            return _added(file, target, ground, len(history) + 1, kind, status, comment.strip(),
                          who.strip(), _now(), undoes, request)  # fmt: skip

    def since(self, number: int = 0) -> list[Entry]:
        """Entries of an id above *number*, oldest first."""
        with self._connected() as file:
            return _found(file, "id > ?", number)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """The file, for one piece of work; what goes wrong is said in terms of the file."""
        try:
            with closing(sqlite3.connect(self.path, timeout=BUSY, isolation_level=None)) as file:
                file.execute("PRAGMA synchronous = EXTRA")
                yield file
        except sqlite3.OperationalError as error:
            raise OutputError(
                f"cannot write {self.path}: {error}; look at the disk's free space and the "
                "folder's permissions, and close programs that hold the file"
            ) from error
        except sqlite3.DatabaseError as error:
            raise _unsound(self.path, str(error)) from error


def states(entries: Sequence[Entry], ground: Mapping[str, str]) -> dict[str, Entry]:
    """The last entry of each target, of those made for the ground that it has now."""
    return {one.target: one for one in entries if ground.get(one.target) == one.ground}


def _status_after(history: Sequence[Entry], kind: str, undoes: int | None) -> str:
    """What a target is after one more entry."""
    taken_back = {one.undoes for one in history if one.undoes is not None}
    if kind == "undo":
        there = any(one.id == undoes and one.kind != "undo" for one in history)
        if undoes is None or not there or undoes in taken_back:
            raise ValueError(
                "there is nothing such to undo: it is taken back already, or never was"
            )
        taken_back.add(undoes)
    if kind in STATUSES:
        return STATUSES[kind]
    standing = [one for one in history if one.kind in STATUSES and one.id not in taken_back]
    return STATUSES[standing[-1].kind] if standing else OPEN


def _now() -> str:
    now = datetime.datetime.now(datetime.UTC)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- the file ----------------------------------------------------------------------------

_COLUMNS = "id, target, ground, version, kind, status, comment, who, made, undoes"

_TABLES = """
PRAGMA application_id = 0x47504B47;
PRAGMA user_version = 10300;
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT
);
INSERT INTO gpkg_spatial_ref_sys VALUES
    ('Undefined cartesian SRS', -1, 'NONE', -1, 'undefined', NULL),
    ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', NULL);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER
);
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL PRIMARY KEY, column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL,
    m TINYINT NOT NULL
);
INSERT INTO gpkg_contents (table_name, data_type, identifier, description)
    VALUES ('decisions', 'attributes', 'decisions', 'geoprospect review, form 1');
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    target TEXT NOT NULL, ground TEXT NOT NULL, version INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('accept', 'reject', 'hold', 'open', 'comment', 'undo')),
    status TEXT NOT NULL,
    comment TEXT NOT NULL, who TEXT NOT NULL, made DATETIME NOT NULL,
    undoes INTEGER UNIQUE REFERENCES decisions (id), request TEXT NOT NULL UNIQUE,
    UNIQUE (target, ground, version)
);
CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions
    BEGIN SELECT RAISE(ABORT, 'decisions are only added, never changed'); END;
CREATE TRIGGER decisions_are_kept BEFORE DELETE ON decisions
    BEGIN SELECT RAISE(ABORT, 'decisions are only added, never removed'); END;
"""


@contextmanager
def _at_once(file: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and nobody else in between."""
    file.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        file.execute("ROLLBACK")
        raise
    file.execute("COMMIT")


def _prepare(file: sqlite3.Connection, path: Path) -> None:
    """The table in a file that is new; any other must have it and be sound."""
    with _at_once(file):
        if not file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in _statements(_TABLES):
                file.execute(statement)
    problem = file.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise _unsound(path, problem)
    columns = {row[1] for row in file.execute("PRAGMA table_info(decisions)")}
    lacking = [name for name in (*_COLUMNS.split(", "), "request") if name not in columns]
    if lacking:
        raise _unsound(path, f"its table 'decisions' lacks column {lacking[0]!r}")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: sqlite3 runs a whole script outside a transaction."""
    gathered = ""
    for line in script.splitlines():
        gathered += f"{line}\n"
        if sqlite3.complete_statement(gathered):
            yield gathered
            gathered = ""


def _found(file: sqlite3.Connection, where: str, *values: Any) -> list[Entry]:
    rows = file.execute(f"SELECT {_COLUMNS} FROM decisions WHERE {where} ORDER BY id", values)  # noqa: S608
    return [Entry(*row) for row in rows]


def _added(file: sqlite3.Connection, *values: Any) -> Entry:
    marks = ", ".join("?" * len(values))
    columns = f"{_COLUMNS.removeprefix('id, ')}, request"
    done = file.execute(f"INSERT INTO decisions ({columns}) VALUES ({marks})", values)  # noqa: S608
    return Entry(int(done.lastrowid or 0), *values[:-1])


def _unsound(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path} is no sound file of decisions: {reason}; nothing was changed in it. Move it aside "
        "and restore a copy, or start without it"
    )
