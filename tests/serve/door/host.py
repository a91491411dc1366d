"""The application behind its door, in a thread of the test, in front of a backend that has no model.

What the door does is judged by requests over real sockets; what a model answers does not matter here.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from mmgpt.serve.app import create_app
from mmgpt.serve.listening import listen
from mmgpt.serve.protocol import ModelInfo
from mmgpt.serve.server import serve
from mmgpt.serve.settings import Settings
from vision.image import LoadedImage, load_image

INFO = ModelInfo("none", "0" * 64, 0, 128, 8, 0, False)


class Modelless:
    """Takes the backend's place: decodes in this process, and works as long as it is told to."""

    def __init__(self, seconds: float = 0) -> None:
        self.state, self.reason, self.seconds = "ready", "", seconds
        self.failed = asyncio.Event()
        self.decoded = self.cancelled = self.ran = 0

    async def start(self) -> None:
        """Nothing has to be started."""

    async def wait_ready(self, timeout: float) -> bool:
        """It is."""
        return True

    async def drain(self, seconds: float) -> None:
        """From now on it is ending."""
        if self.state != "failed":
            self.state = "draining"

    async def info(self) -> ModelInfo:
        """A model's description."""
        return INFO

    async def picture(self, data: bytes, *, param: str | None = None, name: str = "the picture") -> LoadedImage:
        """Decodes."""
        self.decoded += 1
        return load_image(data)

    async def run(self, task: Any, *, owner: str = "", deadline: float | None = None) -> dict[str, Any]:
        """Takes its time."""
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.ran += 1
        return {"owner": owner}


class Hosted:
    """A running application; `code` is its exit code once it has ended."""

    def __init__(self, app: FastAPI, settings: Settings, sock: socket.socket) -> None:
        self.app, self.code = app, -1
        self.address: Any = sock.getsockname()
        self.url = ""
        self._up = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(settings, sock), daemon=True)

    def _run(self, settings: Settings, sock: socket.socket) -> None:
        self.code = serve(self.app, settings, sock, self._started)

    def _started(self, url: str) -> None:
        self.url = url
        self._up.set()

    def start(self) -> None:
        """Returns when requests are accepted."""
        self.thread.start()
        assert self._up.wait(20)

    def end(self) -> None:
        """What SIGTERM does."""
        self.app.state.door.draining = True

    def client(self, **options: Any) -> httpx.Client:
        """An HTTP client."""
        return httpx.Client(base_url=self.url, timeout=20, trust_env=False, **options)

    def talk(self, data: bytes, seconds: float = 5) -> bytes:
        """Sends bytes as they are; returns all that comes until the connection ends or nothing comes for so long."""
        with socket.create_connection(self.address[:2], timeout=seconds) as made:
            made.sendall(data)
            found = b""
            try:
                while piece := made.recv(65536):
                    found += piece
            except (TimeoutError, ConnectionResetError):
                pass
            return found


@contextmanager
def hosted(folder: Path, backend: Any = None, app: FastAPI | None = None, **settings: Any) -> Iterator[Hosted]:
    """The application with these settings while the block runs."""
    made = Settings(**{"port": 0, "jobs": folder / "jobs.sqlite", "drain_seconds": 3, **settings})
    stand_in: Any = backend or Modelless()
    sock = listen(made)
    host = Hosted(app or create_app(made, stand_in), made, sock)
    host.start()
    try:
        yield host
    finally:
        host.end()
        host.thread.join(20)
        sock.close()
        assert not host.thread.is_alive()
