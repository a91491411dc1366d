"""A file of JSON lines that grows by whole lines and can be gone on with after any kind of end."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any


class JsonLinesError(Exception):
    """The output file cannot be used: the message says what to do. `usage` means that the command line is wrong."""

    def __init__(self, message: str, usage: bool = False) -> None:
        super().__init__(message)
        self.usage = usage


class JsonLines:
    """Appends objects with `path` and `image.sha256` to a file, each with one write of a whole line.

    With `resume`, `done` holds the (path, sha256) pairs that the file already has, and a last line that was torn in
    the middle is cut off. Without it, a file that has something in it is refused.
    """

    def __init__(self, path: Path, schema: str, resume: bool) -> None:
        self.path = path
        self.done: set[tuple[str, str]] = set()
        self._paths: set[str] = set()
        self._schema = schema
        self._resume = resume
        self._file = -1

    def __enter__(self) -> JsonLines:
        if not self._resume and self.path.exists() and (not self.path.is_file() or self.path.stat().st_size):
            raise JsonLinesError("exists - add --resume to go on with it, or name another file", usage=True)
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
            self._file = os.open(self.path, flags, 0o666)
        except OSError as error:
            raise JsonLinesError(f"cannot be written ({error.strerror}) - name another file") from error
        try:
            self._lock()
            self._take_stock()
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def has(self, key: str, path: Path) -> bool:
        """Whether the file already holds this picture: the same path (`key` in JSON) with the same bytes."""
        if key not in self._paths:
            return False
        from vision.image import MAX_BYTES

        try:
            if path.stat().st_size > MAX_BYTES:
                return False  # not accepted, so not done; and too much to hash for nothing
            return (key, hashlib.sha256(path.read_bytes()).hexdigest()) in self.done
        except OSError:
            return False  # it will be tried, and its failure reported, like any other

    def append(self, record: dict[str, Any]) -> None:
        """Writes one object as a line; after this it is on the disk. Raises JsonLinesError."""
        data = (json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        try:
            while data:
                data = data[os.write(self._file, data) :]
            os.fsync(self._file)
        except OSError as error:
            raise JsonLinesError(f"cannot be written ({error.strerror}) - make room and go on with --resume") from error

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows: two writers at once are the user's care
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise JsonLinesError("another mmgpt is writing it - wait for that one, or name another file") from error
        except OSError:
            pass  # a file system without locks: go on without

    def _take_stock(self) -> None:
        data = self.path.read_bytes()
        start = 0
        for number, line in enumerate(data.splitlines(keepends=True), 1):
            end = start + len(line)
            key = self._key(line)
            if key is not None:
                self.done.add(key)
                self._paths.add(key[0])
                if not line.endswith(b"\n"):
                    os.write(self._file, b"\n")
            elif end == len(data) and self._looks_torn(line):
                os.ftruncate(self._file, start)
            elif line.strip():
                raise JsonLinesError(f"line {number} is not one of ours ({self._schema}) - name another file")
            start = end

    def _key(self, line: bytes) -> tuple[str, str] | None:
        try:
            record = json.loads(line)
            if record["schema"] != self._schema:
                return None
            return (str(record["path"]), str(record["image"]["sha256"]))
        except (ValueError, KeyError, TypeError):
            return None

    def _looks_torn(self, line: bytes) -> bool:
        """A beginning of a line of ours (or zeros, as a crashed machine leaves them), not somebody else's file."""
        head = b'{"schema": "' + self._schema.encode() + b'", "path": '
        rest = line.rstrip(b"\n\0")
        return head.startswith(rest) if len(rest) < len(head) else rest.startswith(head)
