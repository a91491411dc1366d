"""From a `ServiceError` to an answer, in a route's place or at the door."""

from __future__ import annotations

import asyncio
import json
import math

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from mmgpt.serve.errors import ServiceError

CHALLENGE = "Bearer"
_LINGER_SECONDS = 1.0
_LINGER_BYTES = 4 * 2**20

UNEXPECTED = ServiceError(500, "server_error", "The server failed on this request. The fault is logged here.")


def error_headers(error: ServiceError) -> dict[str, str]:
    """The headers that go with an error: Retry-After in whole seconds, and a challenge with 401."""
    headers = dict(error.headers)
    if error.retry_after is not None:
        headers.setdefault("retry-after", str(max(1, math.ceil(error.retry_after))))
    if error.status == 401:
        headers.setdefault("www-authenticate", CHALLENGE)
    return headers


def error_response(error: ServiceError) -> JSONResponse:
    """The whole answer to a request that failed."""
    return JSONResponse(error.body(), error.status, headers=error_headers(error))


async def refuse(error: ServiceError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers at the door, without the body being read.

    Where a body is still on its way the connection is closed, but what was sent so far is taken off the wire for a moment first:
    closing over unread bytes resets the connection, and the client would lose the answer.
    """
    headers = error_headers(error)
    unread = has_body(scope)
    if unread:
        headers["connection"] = "close"
    body = json.dumps(error.body(), ensure_ascii=False).encode()
    response = Response(body, error.status, headers, "application/json")
    await send({"type": "http.response.start", "status": error.status, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": body, "more_body": unread})
    if not unread:
        return
    try:
        await asyncio.wait_for(_swallow(receive), _LINGER_SECONDS)
    except (asyncio.TimeoutError, ServiceError):
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def has_body(scope: Scope) -> bool:
    """Whether the headers announce a body."""
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0").strip() not in (b"", b"0")


async def _swallow(receive: Receive) -> None:
    left = _LINGER_BYTES
    while left > 0:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        left -= len(message.get("body", b""))
