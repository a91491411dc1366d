"""The SQLite file of jobs: opened when it is needed, opened again after trouble, one connection that threads share."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

APPLICATION_ID = 0x6D6D676A  # "mmgj"
VERSION = 2
WAIT_SECONDS = 10.0
_TABLES = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    owner TEXT NOT NULL,
    task TEXT NOT NULL,
    question TEXT,
    mask_secrets INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL,
    finished REAL,
    served REAL NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    open INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE pictures (
    job TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    file TEXT NOT NULL,
    url TEXT NOT NULL,
    size INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    answer TEXT,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;
CREATE INDEX waiting ON pictures (job, number) WHERE state = 'waiting';
CREATE INDEX running ON pictures (job, number) WHERE state = 'running';
CREATE INDEX owned ON jobs (owner, number);
"""


def default_path() -> Path:
    """mmgpt/jobs.sqlite among the user's state ($XDG_STATE_HOME, ~/.local/state)."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(base) / "mmgpt" / "jobs.sqlite"


class Database:
    """One file of jobs. Nothing is opened or made before the first transaction; every method raises sqlite3.Error or OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction that is kept if the block ends well. After an error of SQLite's the file is opened anew."""
        with self._lock:
            try:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error:
                self.close()
                raise

    def close(self) -> None:
        """Closes the file. It is opened again when it is needed."""
        with self._lock:
            if self._connection is not None:
                try:
                    self._connection.close()
                except sqlite3.Error:
                    pass  # a broken disk: there is nothing left to save
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._identity == self._identify():
            return self._connection
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its side files the same mode
        connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._connection, self._identity = connection, self._identify()
        return connection

    def _identify(self) -> tuple[int, int] | None:
        """What file it is: one that was deleted or replaced under us is not written to any more."""
        try:
            about = self.path.stat()
        except OSError:
            return None
        return (about.st_dev, about.st_ino)


def _prepare(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA secure_delete = ON")  # screenshots' words do not stay in free pages
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _number(connection, "application_id") == 0:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise sqlite3.DatabaseError("the file has other tables")
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        elif _number(connection, "application_id") != APPLICATION_ID:
            raise sqlite3.DatabaseError("the file belongs to another program")
        elif _number(connection, "user_version") == 1:
            connection.execute("ALTER TABLE jobs ADD COLUMN mask_secrets INTEGER NOT NULL DEFAULT 0")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    if _number(connection, "user_version") > VERSION:
        raise sqlite3.DatabaseError("a newer mmgpt made the file")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
