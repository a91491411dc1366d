"""The front's end of a worker: a process, and two threads that write to it and read from it, so that the event loop never waits."""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mmgpt.serve.children import Child
from mmgpt.serve.worker.pixels import send_pixels

if TYPE_CHECKING:
    import numpy as np

    from mmgpt.serve.settings import Settings

log = logging.getLogger(__name__)


class Link:
    """A worker that runs. `told` gets its messages and `ended` its exit code, last of all, both on the event loop."""

    def __init__(
        self, settings: Settings, told: Callable[[Link, Any], None], ended: Callable[[Link, int], None]
    ) -> None:
        """Starts the process from the event loop's thread. Raises OSError."""
        self._loop = asyncio.get_running_loop()
        self._told, self._ended = told, ended
        threads = {"OMP_NUM_THREADS": str(settings.threads)} if settings.threads else {}
        # Threads that spin while they wait take the processor from those that work: two teams share few cores.
        # oneDNN keeps what it compiled for every new size of a picture or a line: 1,024 kinds by default, some 50 MB more than these.
        kept = os.environ.get("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")
        variables = {"OMP_WAIT_POLICY": "PASSIVE", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": kept, **threads}
        self._child = Child("mmgpt.serve.worker.process:main", (settings,), "mmgpt-worker", variables)
        self._letters: queue.SimpleQueue[tuple[Any, Sequence[np.ndarray]] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="mmgpt-worker-write", daemon=True)
        self._writer.start()
        self._reader = threading.Thread(target=self._read, name="mmgpt-worker-read", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._child.pid

    def send(self, message: Any, pixels: Sequence[np.ndarray] = ()) -> None:
        """Sends a message, and the pixels of its pictures after it. Never waits; where the worker is gone, `ended` says so."""
        self._letters.put((message, pixels))

    def kill(self) -> None:
        """Ends the process at once."""
        self._child.kill()

    def _write(self) -> None:
        while (letter := self._letters.get()) is not None:
            message, pixels = letter
            try:
                self._child.connection.send(message)
                for picture in pixels:
                    send_pixels(self._child.connection, picture, self._child.pid)
            except OSError:
                # Half a letter makes the rest unreadable; a worker that is gone needs none.
                self._child.kill()
                return
            del letter, message, pixels

    def _read(self) -> None:
        try:
            while True:
                self._post(self._told, self._child.connection.recv())
        except (EOFError, OSError):
            pass
        except Exception:
            log.exception("the worker sent what cannot be read")
        self._child.kill()
        code = self._child.join(30)
        self._letters.put(None)
        self._writer.join()
        self._child.close()
        self._post(self._ended, -9 if code is None else code)

    def join(self, seconds: float) -> None:
        """Waits, at most so long, until process and threads have ended. Blocks."""
        self._reader.join(seconds)

    def _post(self, call: Callable[[Link, Any], None], value: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(call, self, value)
        except RuntimeError:  # the loop is closed: nobody listens
            self._child.kill()
