"""Child processes with a pipe: a fresh interpreter each, nothing inherited but one end of the pipe.

`multiprocessing` would run the parent's main module again, and does not work from a script that is read from stdin. Here the child
imports one function and calls it with the pipe and what came first through it.
"""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_CODE = "import sys; sys.path[0] = sys.argv[2]; from mmgpt.serve.children import enter; enter(int(sys.argv[1]))"


class Child:
    """A running child and our end of its pipe."""

    def __init__(self, target: str, arguments: tuple[Any, ...], label: str, variables: Mapping[str, str]) -> None:
        """Starts it. `target` is "module:function", called as function(connection, *arguments); `variables` are added to its environment.

        Raises OSError where no process can be started, RuntimeError on a system without Unix sockets.
        """
        if os.name != "posix":
            raise RuntimeError("the service needs Linux or macOS: run it in a container or under WSL")
        ours, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _CODE, str(theirs.fileno()), str(ROOT), label],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                env={**os.environ, **variables},
            )  # fmt: skip
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self.connection = Connection(ours.detach())
        self.pid = self._process.pid
        with suppress(OSError):  # it is gone already: found out when it is used
            self.connection.send((target, os.getpid(), arguments))

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Ends it at once (SIGKILL), from any thread."""
        with suppress(ProcessLookupError):
            self._process.kill()

    def join(self, seconds: float) -> int | None:
        """Waits for its end. Returns the exit code (minus the signal's number), or None where it still runs."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        """Ends it and our end of the pipe."""
        self.kill()
        self.join(10)
        self.connection.close()


def enter(handle: int) -> None:
    """What a child does first: it asks to end with its parent, then calls what it was started for."""
    from mmgpt.serve.processes import die_with_parent, leave_signals_to_parent

    leave_signals_to_parent()
    connection = Connection(handle)
    try:
        target, parent, arguments = connection.recv()
    except (EOFError, OSError):
        return
    die_with_parent(parent)
    module, _, name = target.partition(":")
    getattr(importlib.import_module(module), name)(connection, *arguments)
