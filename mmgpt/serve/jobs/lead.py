"""Which process works on the jobs, where several share one file: the one that holds a lock, which the system frees at its end."""

from __future__ import annotations

import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: one server a file is what is supported there
    fcntl = None  # type: ignore[assignment]


class Lead:
    """An exclusive lock on a file beside the jobs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def take(self) -> bool:
        """Whether this process has it now; never waits. Raises OSError where the file cannot be made."""
        if self._handle is not None:
            return True
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.path, os.O_CREAT | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        except OSError:
            os.close(handle)
            raise
        self._handle = handle
        return True

    def leave(self) -> None:
        """Lets another process have it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
