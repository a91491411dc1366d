"""Server-sent events: answers that come bit by bit, for a client that may go away at any time."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mmgpt.serve.door.answers import UNEXPECTED
from mmgpt.serve.door.trace import ClientGone
from mmgpt.serve.errors import ServiceError

PING_SECONDS = 15.0
"""After so long without an event a comment is sent, so that proxies do not take the connection for dead."""
DONE = b"data: [DONE]\n\n"
_PING = b": ping\n\n"

_log = logging.getLogger("mmgpt.serve")

Values = AsyncGenerator[Mapping[str, Any], None]


def event(value: Mapping[str, Any]) -> bytes:
    """One event. ASCII only: some clients take U+2028 and its like for the end of a line."""
    return b"data: " + json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n\n"


async def first_of(source: Values) -> Mapping[str, Any]:
    """The source's first value, asked for before anything is sent: what goes wrong until then has a status of its own.

    Raises what the source raises; it is closed then.
    """
    try:
        return await source.__anext__()
    except BaseException:
        await source.aclose()
        raise


class EventStream(Response):
    """Sends `first` and what `source` yields as events, then `data: [DONE]`.

    The source is closed, whatever happens, and at once when the client goes away. An error within it becomes a last event
    `{"error": …}` without `[DONE]`, since the status was sent before.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        first: Mapping[str, Any],
        source: Values,
        headers: Mapping[str, str] | None = None,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        self.status_code, self.background = 200, None
        self._source = source
        self._waiting = [event(first)]
        self._over = False
        self._ping_seconds = ping_seconds
        self.init_headers({"cache-control": "no-cache", "x-accel-buffering": "no", **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_gone(receive))
        following: asyncio.Future[bytes] | None = None
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            while self._waiting or not self._over:
                following = following or asyncio.ensure_future(self._next(scope))
                both: set[asyncio.Future[Any]] = {following, gone}
                await asyncio.wait(both, timeout=self._ping_seconds, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    raise ClientGone
                data = _PING
                if following.done():
                    data, following = following.result(), None
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            running = [task for task in (gone, following) if task is not None]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)  # a generator cannot be closed while it runs
            await self._source.aclose()

    async def _next(self, scope: Scope) -> bytes:
        """The next bytes to send; after the last, `_over` is set."""
        if self._waiting:
            return self._waiting.pop()
        try:
            return event(await self._source.__anext__())
        except StopAsyncIteration:
            last = DONE
        except ServiceError as error:
            last = event(error.body())
        except Exception:
            request_id = scope.get("state", {}).get("request_id", "")
            _log.exception("unexpected failure within a stream", extra={"request_id": request_id})
            last = event(UNEXPECTED.body())
        self._over = True
        return last


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
