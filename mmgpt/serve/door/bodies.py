"""How much a request may send, and how slowly."""

from __future__ import annotations

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mmgpt.serve.door.answers import refuse
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.memory import Memory

PAUSE_SECONDS = 30.0
"""The longest pause within a body."""
BODY_SECONDS = 300.0
"""The longest that a whole body may take."""


class BodyLimit:
    """ASGI middleware: 413 for a body over the limit, at once where its length is announced, otherwise as soon as it grows too long;
    429 where all bodies together take more than `memory`; 408 for one that does not come. Each time the connection is closed."""

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int,
        memory: Memory,
        pause_seconds: float = PAUSE_SECONDS,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self.app, self.max_bytes, self.memory = app, max_bytes, memory
        self.pause_seconds, self.body_seconds = pause_seconds, body_seconds
        self.too_large = ServiceError(
            413, "request_too_large", f"The request has more than {max_bytes / 2**20:g} MiB, which is the limit here."
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and (len(announced) > 18 or int(announced) > self.max_bytes):
            await refuse(self.too_large, scope, receive, send)
            return
        body = _Body(self, receive, send)
        try:
            await self.app(scope, body.receive, body.send)
        except ServiceError as error:
            if error is not body.error:
                raise
        finally:
            self.memory.free(body.held)  # whatever reads a body keeps all of it until the answer is given
        if body.error is not None and not body.started:
            await refuse(body.error, scope, receive, send)


class _Body:
    """One request's body on its way in. Once it has gone wrong, nothing that the app says about it goes out: whoever reads the body
    deep inside may have taken the failure for one of its own."""

    def __init__(self, limit: BodyLimit, receive: Receive, send: Send) -> None:
        self.limit, self._receive, self._send = limit, receive, send
        self.taken = self.held = 0
        self.whole = self.started = False
        self.error: ServiceError | None = None
        self.until = time.monotonic() + limit.body_seconds

    async def receive(self) -> Message:
        if self.error is not None:
            raise self.error
        if self.whole:
            return await self._receive()  # waits for the client to go away, as long as that takes
        left = min(self.limit.pause_seconds, self.until - time.monotonic())
        try:
            message = await asyncio.wait_for(self._receive(), max(left, 0.001))
        except asyncio.TimeoutError:
            self.error = ServiceError(408, "request_timeout", "The request's body did not come in time.")
            raise self.error from None
        if message["type"] == "http.request":
            size = len(message.get("body", b""))
            self.taken += size
            self.whole = not message.get("more_body", False)
            if self.taken > self.limit.max_bytes:
                self.error = self.limit.too_large
                raise self.error
            try:
                self.limit.memory.take(size)
            except ServiceError as error:
                self.error = error
                raise
            self.held += size
        return message

    async def send(self, message: Message) -> None:
        if self.error is not None and not self.started:
            return
        self.started = True
        await self._send(message)
