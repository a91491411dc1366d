"""The processes of a server: which they are, and what befalls them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.serve.servers import Server

T = TypeVar("T")


def children(pid: int) -> list[int]:
    """Process ids of the children of a process (Linux)."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def label_of(pid: int) -> str:
    """The last argument of a process; "" where it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")[-1].decode("utf-8", "replace")
    return ""


def child_of(server: Server, label: str, other_than: int = 0, seconds: float = 30.0) -> int:
    """The server's child `mmgpt-worker` or `mmgpt-decode`. Raises AssertionError where there is none in time."""

    def find() -> int | None:
        pids = (pid for pid in children(server.pid) if label_of(pid) == label and pid != other_than)
        return next(pids, None)

    return until(find, f"there is no {label}", seconds)


def until(found: Callable[[], T | None], complaint: str, seconds: float = 30.0) -> T:
    """What the function returns, once that is neither None nor False. Raises AssertionError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = found()
        if value is not None and value is not False:
            return value
        time.sleep(0.02)
    raise AssertionError(complaint)


@contextlib.contextmanager
def stopped(pid: int):  # type: ignore[no-untyped-def]
    """A process that does nothing while the block runs."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def memory(pid: int) -> int:
    """Bytes that a process and all below it hold in RAM (VmRSS; what two of them share counts twice)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    own = sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
    return own + sum(memory(child) for child in children(pid))
