"""HTTP/1.1 on a connection: uvicorn's protocol, with limits on what a connection may take up before there is a request.

A client that sends its header byte by byte holds a connection for `HEADER_SECONDS`, not for ever; what is no HTTP at all is answered
in the shape of all errors.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from mmgpt.serve.errors import ServiceError

HEADER_SECONDS = 10.0
HEADER_BYTES = 32 * 2**10
CONNECTIONS = 900
"""With the files that a process has open besides, below the 1,024 that many systems let it have."""
_BROKEN = ServiceError(400, "invalid_http", "This is not an HTTP request, or its header is too large.")


class Wire(H11Protocol):
    """One connection."""

    _clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # what the door ends a connection with where the client does not read (scope["state"]["abort"])
        self.app_state = {**self.app_state, "abort": transport.abort}
        if len(self.connections) > CONNECTIONS:
            transport.abort()
        else:
            self._expect_header()

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._header_is_here()
        elif self._clock is None and (before is None or before.response_complete):
            self._expect_header()

    def connection_lost(self, exc: Exception | None) -> None:
        self._header_is_here()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Instead of uvicorn's line of text."""
        body = json.dumps(_BROKEN.body()).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"connection", b"close"),
        ]
        if self.conn.our_state is not h11.IDLE and self.conn.our_state is not h11.SEND_RESPONSE:
            self.transport.close()  # in the middle of an answer there is no place for another
            return
        response = h11.Response(status_code=_BROKEN.status, headers=headers, reason=b"Bad Request")
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _expect_header(self) -> None:
        self._clock = self.loop.call_later(HEADER_SECONDS, self._too_slow)

    def _header_is_here(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _too_slow(self) -> None:
        self._clock = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()
