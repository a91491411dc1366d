"""A report's file: written beside its place, put there at once when it is whole, and never over somebody else's file."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

HEAD = 2000
"""Bytes at a file's beginning in which its marker must stand."""


class ReportError(Exception):
    """The report cannot be written: the message says what to do."""


class Target:
    """The file `path` in the making. `marker` is a text that stands at the beginning of every report of its kind.

    A file that is there already is replaced at the end if it is empty or has the marker. Raises ReportError where it is
    something else, or where its folder cannot be written.
    """

    def __init__(self, path: Path, marker: str) -> None:
        self.path = path
        if not _replaceable(path, marker.encode()):
            raise ReportError("exists and is no report of ours - name another file")
        try:
            handle, self._name = tempfile.mkstemp(dir=path.parent, prefix=".mmgpt-", suffix=".part")
        except OSError as error:
            raise ReportError(f"cannot be written ({error.strerror}) - name another file") from error
        self._file = os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n")

    def write(self, text: str) -> None:
        """Adds to the file. Raises ReportError, and leaves nothing behind then."""
        try:
            self._file.write(text)
        except OSError as error:
            self.drop()
            raise ReportError(f"cannot be written ({error.strerror}) - make room") from error

    def commit(self) -> None:
        """Puts the file in its place, with the permissions of any new file. Raises ReportError."""
        try:
            self._file.close()
            os.chmod(self._name, 0o666 & ~_umask())
            os.replace(self._name, self.path)
        except OSError as error:
            self.drop()
            raise ReportError(f"cannot be written ({error.strerror}) - make room or name another file") from error

    def drop(self) -> None:
        """Gives up: what was at the path stays."""
        with suppress(OSError):  # closing writes what is left, which may fail once more
            self._file.close()
        with suppress(OSError):
            os.unlink(self._name)


def _replaceable(path: Path, marker: bytes) -> bool:
    try:
        if not os.path.lexists(path):
            return True
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return not head or marker in head


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
