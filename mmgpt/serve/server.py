"""Runs the application: one process that listens, and stops in good order.

SIGTERM: from then on /ready answers 503, nothing new is taken, what runs is finished (for `drain_seconds` at most), exit code 0. A
second signal ends at once. Where the model's process fails for good the server ends, too, with a code that has it started again.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from mmgpt.serve.listening import address_of, tls_context
from mmgpt.serve.settings import Settings
from mmgpt.serve.wire import HEADER_BYTES, Wire

KEEP_ALIVE_SECONDS = 15
OK, FAILED, INTERRUPTED = 0, 1, 130
_log = logging.getLogger("mmgpt.serve")


def serve(app: FastAPI, settings: Settings, sock: socket.socket, started: Callable[[str], None] | None = None) -> int:
    """Answers on a listening socket until it is told to end. Returns the exit code: 0 after SIGTERM, 130 after Ctrl-C, 1 where the
    model's process failed. `started` is called with the server's address once requests are accepted. Raises ListenError for files of TLS
    that cannot be used."""
    tls = tls_context(settings)
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=Wire,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        root_path=settings.root_path,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=2,  # whoever had a chance to finish had it before, see _Server
        h11_max_incomplete_event_size=HEADER_BYTES,
        ssl_context_factory=None if tls is None else lambda config, default: tls,
    )
    server = _Server(config, app, settings.drain_seconds)
    if started is not None:
        address = address_of(sock, settings.ssl_certfile is not None)
        server.when_started = lambda: started(address)
    try:
        server.run(sockets=[sock])
    except SystemExit:
        return FAILED  # uvicorn's word for a lifespan that did not start; its reason is in the log
    return server.code


class _Server(uvicorn.Server):
    """uvicorn's server, which goes on listening while it drains, so that probes and latecomers get an answer."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, drain_seconds: float) -> None:
        super().__init__(config)
        self.code = OK
        self.when_started: Callable[[], None] = lambda: None
        self._app, self._drain_seconds = app, drain_seconds
        self._draining: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.when_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal. It is not raised again at the end, as uvicorn does: our exit code says what happened."""
        if sig == signal.SIGINT:
            self.code = INTERRUPTED
        if self._app.state.door.draining:
            self.should_exit = self.force_exit = True
        self._app.state.door.draining = True

    async def on_tick(self, counter: int) -> bool:
        if self._draining is None:
            failed = getattr(self._app.state.backend, "failed", None)
            if failed is not None and failed.is_set():
                _log.critical("the model's process has failed for good: the server ends")
                self.code = FAILED
                self._app.state.door.draining = True
            if self._app.state.door.draining:
                self._draining = asyncio.ensure_future(self._drain())
        return await super().on_tick(counter)

    async def _drain(self) -> None:
        seconds = self._drain_seconds if self.code != FAILED else 1.0
        _log.info("draining: %d requests are being answered", self._app.state.door.in_flight)
        try:
            await asyncio.wait_for(self._finish(seconds), seconds + 2)
        except asyncio.TimeoutError:
            _log.warning("%d requests do not end", self._app.state.door.in_flight)
        except Exception:
            _log.exception("draining failed")
        self.should_exit = True

    async def _finish(self, seconds: float) -> None:
        state = self._app.state
        if state.jobs is not None:
            await state.jobs.stop()
        try:
            await asyncio.wait_for(state.door.idle(), seconds)  # the door lets nothing in any more
        except asyncio.TimeoutError:
            _log.warning("the time to drain is over: %d requests are cut off", state.door.in_flight)
        await state.backend.drain(0.0)  # whoever still waits is told so
        await state.door.idle()


class ServerFailed(RuntimeError):
    """The model's process failed for good. The message says why; it may name files, so it is for the operator only."""


def run(settings: Settings, started: Callable[[str], None] | None = None) -> int:
    """The whole server with these settings, in this process; returns the exit code. Raises ListenError and KeyFileError before
    anything is started, ServerFailed at the end."""
    from mmgpt.serve.app import create_app
    from mmgpt.serve.door.logs import set_up
    from mmgpt.serve.listening import listen

    sock = listen(settings)
    try:
        set_up(settings.log_level)
        app = create_app(settings)
        code = serve(app, settings, sock, started)
        if code == FAILED:
            raise ServerFailed(app.state.backend.reason or "the server did not start - the log above says why")
        return code
    finally:
        sock.close()
        _tidy(settings)


def _tidy(settings: Settings) -> None:
    if settings.uds is not None:
        from pathlib import Path

        Path(settings.uds).unlink(missing_ok=True)
    sys.stderr.flush()
