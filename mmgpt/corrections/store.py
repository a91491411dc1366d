"""Where corrections are kept: one SQLite file, which several processes may write at once."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

from mmgpt.corrections.change import SCOPES, CorrectionError, Scope, changes_to, validated
from mmgpt.corrections.correction import Correction, as_json, made_from
from mmgpt.corrections.masking import masked
from mmgpt.corrections.rule import Conflict
from mmgpt.corrections.rules import Rules
from mmgpt.schema import Diagnosis

T = TypeVar("T")

APPLICATION_ID = 0x6D6D6763  # "mmgc"
VERSION = 1
WAIT_SECONDS = 30.0
_TABLE = """
CREATE TABLE corrections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    correction TEXT NOT NULL,
    lines TEXT NOT NULL
)
"""


def default_path() -> Path:
    """$MMGPT_CORRECTIONS, or mmgpt/corrections.sqlite among the user's data ($XDG_DATA_HOME, ~/.local/share)."""
    named = os.environ.get("MMGPT_CORRECTIONS")
    if named:
        return Path(named)
    return (
        Path(os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")) / "mmgpt" / "corrections.sqlite"
    )


class Store:
    """Corrections in a file. Safe to use from several threads and several processes; a file that is not there is empty.

    Every method raises CorrectionError, one line, for a file that is no store of corrections or cannot be used.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        """Nothing is opened or made before it is needed. Without `path` it is `default_path()`."""
        self.path = Path(path) if path is not None else default_path()
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int, int] | None = None
        self._rules: Rules | None = None
        self._seen = -1

    def add(
        self,
        diagnosis: Diagnosis,
        values: Mapping[str, Any],
        *,
        scope: Scope = "program",
        exact: bool = False,
        note: str = "",
        mask_secrets: bool = False,
        entries: Iterable[str] | None = None,
    ) -> Correction | None:
        """Keeps what should have been said of a picture: `values` by field (null clears), as `validated` takes them.

        `entries` are the ids that `entry` may have, if they are known. Returns the correction with its number, or None where
        nothing differs from the diagnosis. Raises CorrectionError.
        """
        if scope not in SCOPES:
            raise CorrectionError(f"scope {scope!r} is none of {', '.join(SCOPES)}")
        known = None if entries is None else list(entries)
        changes = changes_to(diagnosis, validated(values, known))
        if not changes:
            return None
        note = " ".join(note.split())
        if len(note) > 1000:
            raise CorrectionError(f"the note has {len(note)} letters, more than 1000 - shorten it")
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = made_from(diagnosis, changes, uid=uuid.uuid4().hex, time=now, scope=scope, exact=exact, note=note)
        return self._insert([masked(made) if mask_secrets else made])[0]

    def put(self, corrections: Iterable[Correction]) -> list[Correction]:
        """Takes corrections of another store, all or none. Returns those that were not here yet, with their numbers."""
        return self._insert(list(corrections))

    def all(self) -> list[Correction]:
        """Every correction with its lines, the oldest first."""
        return self._read(lambda connection: _corrections(connection, "ORDER BY id"))

    def get(self, number: int) -> Correction | None:
        """The correction of that number."""
        return next(iter(self._read(lambda connection: _corrections(connection, "WHERE id = ?", (number,)))), None)

    def remove(self, number: int) -> Correction | None:
        """Takes a correction out for good, its words too; returns it, or None where there is no such number."""
        return self._take(lambda connection: _corrections(connection, "WHERE id = ?", (number,)))

    def undo(self) -> Correction | None:
        """Takes the newest correction out, as `remove` does."""
        return self._take(lambda connection: _corrections(connection, "ORDER BY id DESC LIMIT 1"))

    def conflicts(self, correction: Correction) -> list[Conflict]:
        """What other corrections say otherwise of the same message. The newest holds."""
        return self.rules().conflicts(correction.rule())

    def rules(self) -> Rules:
        """All corrections as rules, read again only after a change, by whatever process (a few microseconds without one)."""
        with self._lock:
            connection = self._open(make=False)
            if connection is None:
                self._rules, self._seen = Rules(), -1
                return self._rules
            version = self._tried(lambda: connection.execute("PRAGMA data_version").fetchone()[0])
            if self._rules is None or version != self._seen:
                found = self._tried(lambda: _corrections(connection, "ORDER BY id", lines=False))
                self._rules, self._seen = Rules(correction.rule() for correction in found), version
            return self._rules

    def close(self) -> None:
        """Closes the file. The store can be used again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection, self._identity, self._rules, self._seen = None, None, None, -1

    def _insert(self, corrections: list[Correction]) -> list[Correction]:
        made: list[Correction] = []
        with self._writing() as connection:
            for correction in corrections:
                found = replace(correction, id=0).to_dict()
                del found["id"]
                row = (correction.uid, as_json(found), as_json(correction.lines))
                done = connection.execute(
                    "INSERT OR IGNORE INTO corrections (uid, correction, lines) VALUES (?, ?, ?)", row
                )
                if done.rowcount:
                    made.append(replace(correction, id=int(done.lastrowid or 0)))
        return made

    def _take(self, which: Callable[[sqlite3.Connection], list[Correction]]) -> Correction | None:
        if not self.path.exists():
            return None
        with self._writing() as connection:
            found = next(iter(which(connection)), None)
            if found is not None:
                connection.execute("DELETE FROM corrections WHERE id = ?", (found.id,))
        if found is not None:
            with (
                self._lock,
                closing(self._tried(lambda: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))) as done,
            ):
                done.fetchall()  # so that what was removed is not kept beside the file either
        return found

    def _read(self, work: Callable[[sqlite3.Connection], list[T]]) -> list[T]:
        with self._lock:
            connection = self._open(make=False)
            return [] if connection is None else self._tried(lambda: work(connection))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._open(make=True)
            assert connection is not None
            self._tried(lambda: connection.execute("BEGIN IMMEDIATE"))
            try:
                yield connection
                self._tried(lambda: connection.execute("COMMIT"))
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._rules = None  # data_version tells of other connections' changes only

    def _tried(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sqlite3.Error as error:
            raise CorrectionError(f"{self.path}: {_trouble(error)}") from error

    def _open(self, make: bool) -> sqlite3.Connection | None:
        """The connection; None where there is no file and none is to be made. Opened anew in another process or for another file."""
        identity = self._identify()
        if self._connection is not None and identity == self._identity and identity is not None:
            return self._connection
        if self._connection is not None and self._identity is not None and self._identity[0] == os.getpid():
            self._connection.close()
        self._connection, self._rules, self._seen = None, None, -1
        if identity is None and not make:
            return None
        try:
            if identity is None:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its side files the same mode
            self._connection = self._tried(self._connect)
        except OSError as error:
            raise CorrectionError(f"{self.path}: cannot be written ({error.strerror}) - name another file") from error
        self._identity = self._identify()
        return self._connection

    def _identify(self) -> tuple[int, int, int] | None:
        try:
            about = self.path.stat()
        except OSError:
            return None
        return (os.getpid(), about.st_dev, about.st_ino)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Makes the table where the file is empty, checks that it is ours where it is not."""
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA synchronous = FULL")
    if _number(connection, "application_id") == 0:
        _wait(lambda: connection.execute("PRAGMA journal_mode = WAL").fetchone())
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _number(connection, "application_id") == 0:  # another process may have been quicker
                if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise sqlite3.DatabaseError("it has other tables")
                connection.execute(_TABLE)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    if _number(connection, "application_id") != APPLICATION_ID:
        raise sqlite3.DatabaseError("it belongs to another program")
    if _number(connection, "user_version") > VERSION:
        raise sqlite3.DatabaseError("a newer mmgpt made it")


def _wait(work: Callable[[], object]) -> None:
    """Changing the journal's mode does not wait for others by itself."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            work()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _corrections(
    connection: sqlite3.Connection, where: str, values: tuple[int, ...] = (), lines: bool = True
) -> list[Correction]:
    read = "lines" if lines else "'[]'"
    rows = connection.execute(f"SELECT id, correction, {read} FROM corrections {where}", values).fetchall()
    found = []
    for number, text, listed in rows:
        try:
            found.append(replace(Correction.from_dict(json.loads(text), json.loads(listed), own=True), id=number))
        except ValueError as error:  # CorrectionError is one
            raise sqlite3.DatabaseError(f"correction {number} is damaged: {error}") from error
    return found


def _trouble(error: sqlite3.Error) -> str:
    text = " ".join(str(error).split())
    if "locked" in text or "busy" in text:
        return f"another program has held it for {WAIT_SECONDS:.0f} seconds - try again"
    if "readonly" in text or "unable to open" in text:
        return f"cannot be used ({text}) - check its permissions, or name another file"
    if "full" in text:
        return f"cannot be written ({text}) - make room"
    if "newer mmgpt" in text:
        return f"{text} - bring mmgpt up to date, or name another file"
    return f"is no store of corrections ({text}) - name another file, or move it away"
