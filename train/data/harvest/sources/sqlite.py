"""SQLite's sentence for every result code, and the messages in its library."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import library, needs_library, speaker

_NOT_ERRORS = frozenset({0, 27, 28, 100, 101})
# Python 3.10 has no constants for the codes; the primary ones are part of SQLite's interface and never change.
_NAMES = dict(
    enumerate(
        "OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY "
        "SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB".split()
    )
)


def gather() -> Iterator[Phrase]:
    """Primary and extended codes (number = primary + 256 x detail)."""
    speak = speaker(library("libsqlite3.so.0", "libsqlite3.so").sqlite3_errstr)
    extended = {
        value: name
        for name, value in vars(sqlite3).items()
        if name.startswith("SQLITE_") and isinstance(value, int) and (value >> 8) and (value & 0xFF) in _NAMES
    }
    for number, plain in _NAMES.items():
        if number not in _NOT_ERRORS:
            yield from phrases(SOURCE.name, speak(number), "SQLite", style="none", code=f"SQLITE_{plain}")
    for number, name in sorted(extended.items()):
        if name.startswith(f"SQLITE_{_NAMES[number & 0xFF]}_"):
            yield from phrases(SOURCE.name, speak(number), "SQLite", style="none", code=name)


SOURCE = Source("sqlite", gather, needs_library("libsqlite3.so.0", package="libsqlite3-0"))
