"""A knowledge base that follows its files: it is read again when one of them has changed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from mmgpt.knowledge.base import KnowledgeBase, entry_files
from mmgpt.knowledge.entry import EntryError

logger = logging.getLogger(__name__)

Stamp = tuple[tuple[str, int, int, int, int], ...]


class Fresh:
    """Entries of the package and of `paths`, read again after a change. Safe to use from several threads.

    What is looked at is each file's name, size and times, at most once in `every` seconds. The new base takes the place of the
    old one when it is whole, its index included; meanwhile other threads go on with the old one. A change that cannot be read
    leaves the old base in use: `trouble` and one warning for that change say why. The package's own files are not watched.
    """

    def __init__(self, paths: Sequence[Path | str] = (), built_in: bool = True, every: float = 1.0) -> None:
        """Reads everything at once. Raises EntryError, as `KnowledgeBase.load` does: at the start a mistake must be seen."""
        self.paths = tuple(Path(path) for path in paths)
        self.every = every
        self.trouble = ""
        self._built_in = built_in
        self._lock = threading.Lock()
        self._stamp = _stamp(self.paths)
        self._base = KnowledgeBase.load(self.paths, built_in)
        self._next = time.monotonic() + every

    def base(self) -> KnowledgeBase:
        """The base as the files are now, or as they were when they could last be read. Raises nothing."""
        if self.paths and time.monotonic() >= self._next and self._lock.acquire(blocking=False):
            try:
                self._look()
                self._next = time.monotonic() + self.every
            finally:
                self._lock.release()
        return self._base

    def _look(self) -> None:
        stamp = _stamp(self.paths)
        if stamp == self._stamp:
            return
        self._stamp = stamp  # taken before the files are read: what changes meanwhile is seen the next time
        try:
            base = KnowledgeBase.load(self.paths, self._built_in)
        except EntryError as error:
            self.trouble = str(error)
            logger.warning("%s - the entries from before stay in use", error)
            return
        base.prepare()
        self._base, self.trouble = base, ""
        logger.info("entries were read again: %d", len(base))


def _stamp(paths: Sequence[Path]) -> Stamp:
    """What tells one state of the files from another; what is not there or cannot be looked at has a state, too."""
    found: list[tuple[str, int, int, int, int]] = []
    for path in paths:
        try:
            files = entry_files(path)
        except EntryError:
            found.append((str(path), -1, -1, -1, -1))
            continue
        for file in files:
            try:
                about = file.stat()
                found.append((str(file), about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino))
            except OSError:
                found.append((str(file), -1, -1, -1, -1))
    return tuple(found)
