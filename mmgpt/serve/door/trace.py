"""Outermost: a request's id, its line in the log, headers that every answer has, and the net under what nobody expected."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mmgpt.serve.door.answers import UNEXPECTED, refuse
from mmgpt.serve.door.paths import OPEN, is_api, path_of
from mmgpt.serve.errors import ServiceError

if TYPE_CHECKING:
    from mmgpt.serve.door.state import Door

WRITE_SECONDS = 30.0
"""How long a client may leave what is sent to it unread before it is given up."""
GONE = 499
"""What the log says (nothing is sent) where the client went away before its answer."""

_access = logging.getLogger("mmgpt.serve.access")
_log = logging.getLogger("mmgpt.serve")
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BUSY = ServiceError(503, "queue_full", "The server has too many requests open. Ask again later.", retry_after=5)
_ENDING = ServiceError(503, "unavailable_error", "The server is shutting down: try again soon.", retry_after=5)


class ClientGone(Exception):
    """The client went away, or does not read: nobody is there to answer."""


class Trace:
    """ASGI middleware. Every request gets an id: the client's `x-request-id` where it is harmless, a new one otherwise."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await _Request(self, scope, receive, send).run()


class _Request:
    """One request on its way through; counts bytes and remembers the status."""

    def __init__(self, trace: Trace, scope: Scope, receive: Receive, send: Send) -> None:
        self.app, self.door, self.scope = trace.app, trace.door, scope
        self._receive, self._send = receive, send
        self.id = _request_id(scope)
        self.begin = time.perf_counter()
        self.status = 0
        self.taken = self.given = 0
        self.plain = path_of(scope) in OPEN
        state = scope.setdefault("state", {})
        state["request_id"] = self.id
        state.setdefault("owner", "")

    async def run(self) -> None:
        door = self.door
        if self.plain:
            await self._guarded()
            return
        refusal = self._refusal()
        if refusal is not None:
            await self._refuse(refusal)
            self._write_line()
            return
        door.begin()
        try:
            await self._guarded()
        finally:
            door.end()
            self._write_line()

    def _refusal(self) -> ServiceError | None:
        """Why nothing is begun for this request. Requests that came before a drain go on to their end, whatever they still need."""
        path = path_of(self.scope)
        if self.door.draining and is_api(path) and path != "/metrics":
            return _ENDING
        return _BUSY if self.door.in_flight >= self.door.max_in_flight else None

    async def _refuse(self, error: ServiceError) -> None:
        try:
            await refuse(error, self.scope, self.receive, self.send)
        except ClientGone:
            await self._abort()

    async def _guarded(self) -> None:
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientGone:
            await self._abort()
        except Exception:
            _log.exception("unexpected failure", extra={"request_id": self.id})
            if not self.status:
                await self._refuse(UNEXPECTED)
            else:
                await self._abort()
        except asyncio.CancelledError:  # by the server's end, or by a client's going away: the line is still written
            self.status = self.status or GONE
            raise

    async def receive(self) -> Message:
        message = await self._receive()
        self.taken += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._add_headers(MutableHeaders(scope=message))
        elif message["type"] == "http.response.body":
            self.given += len(message.get("body", b""))
        if message["type"] == "http.response.start" and message["status"] == GONE:
            raise ClientGone
        try:
            await asyncio.wait_for(self._send(message), self.door.write_seconds)
        except asyncio.TimeoutError:
            raise ClientGone from None

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers["x-request-id"] = self.id
        headers.setdefault("x-content-type-options", "nosniff")
        headers.setdefault("referrer-policy", "no-referrer")
        headers.setdefault("cache-control", "no-store")
        if not headers.get("content-type", "").startswith("text/html"):  # pages bring a policy of their own
            headers.setdefault("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
        if self.door.draining:
            headers["connection"] = "close"

    async def _abort(self) -> None:
        """Ends the connection at once: a polite close would wait for a client that does not read."""
        self.status = self.status or GONE
        abort = self.scope.get("state", {}).get("abort")
        if abort is not None:
            abort()
            await asyncio.sleep(0)  # the server notices, and does not complain of an answer without an end

    def _write_line(self) -> None:
        seconds = time.perf_counter() - self.begin
        route = getattr(self.scope.get("route"), "path", None)
        if route is None:  # only routes of FastAPI's are named
            route = "/openapi.json" if path_of(self.scope) == "/openapi.json" else "-"
        method = self.scope["method"] if self.scope["method"] in _METHODS else "OTHER"
        self.door.metrics.request(method, route, self.status, seconds)
        _access.info(
            "request",
            extra={
                "request_id": self.id,
                "method": method,
                "route": route,
                "status": self.status,
                "ms": round(seconds * 1000, 1),
                "bytes_in": self.taken,
                "bytes_out": self.given,
                "owner": self.scope["state"].get("owner", "")[:12],
            },
        )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if _SANE_ID.fullmatch(text) else f"req_{uuid.uuid4().hex}"
    return f"req_{uuid.uuid4().hex}"
