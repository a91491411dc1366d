"""Work for a client that has gone away is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

from mmgpt.serve.door.trace import ClientGone

T = TypeVar("T")


async def until_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result; it is cancelled as soon as the client closes the connection, and ClientGone raised.

    For handlers that answer in one piece, after the request's body has been read (streamed answers are stopped by the server). Nobody
    needs to catch ClientGone: the door does.
    """
    task = asyncio.ensure_future(work)
    watch = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientGone
    finally:
        for other in (task, watch):
            other.cancel()
        await asyncio.gather(task, watch, return_exceptions=True)


async def _gone(request: Request) -> None:
    await request.body()  # read already as a rule; what is left of a body is not a sign of going away
    while (await request.receive())["type"] != "http.disconnect":
        pass
