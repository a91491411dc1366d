"""Between Gradio's events and the backend: whose request it is, how far ahead the queue is, and errors as they are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from mmgpt.serve.errors import ServiceError

if TYPE_CHECKING:
    import gradio as gr

    from mmgpt.serve.backend import Backend

T = TypeVar("T")
log = logging.getLogger("mmgpt.ui")
_LOOKS = 0.4  # seconds between two looks at the queue
UNEXPECTED = "Something failed in the server: it is logged there."


def owner_of(request: gr.Request | None) -> str:
    """The owner that the door gave the request; results of different keys are kept apart by it."""
    try:
        state = None if request is None or request.request is None else request.request.state
        return str(getattr(state, "owner", "") or "")
    except AttributeError:
        return ""


def data_of(event: gr.EventData, name: str) -> Any:
    """What an event of the page's script carries by this name; None where it does not."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None


def message_of(error: BaseException) -> str:
    """What is shown of an error: its own message where it is one of ours, a fixed one otherwise (then it is logged)."""
    if isinstance(error, ServiceError):
        text = error.message
        if error.retry_after and "again" not in text:
            text += f" Try again in {error.retry_after:.0f} s."
        return text
    log.error("an event of the page failed", exc_info=error)
    return UNEXPECTED


class Ahead:
    """How many requests are to be answered before one that comes now. Others may leave the queue, so it only ever falls."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._count = backend.waiting

    def __int__(self) -> int:
        self._count = min(self._count, self._backend.waiting)
        return self._count


async def watched(backend: Backend, work: Coroutine[Any, Any, T]) -> AsyncGenerator[int | tuple[T], None]:
    """Runs `work`, giving the number of requests ahead whenever it has changed, and at last (the result,). Closing it cancels the work."""
    ahead, told = Ahead(backend), -1
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            if int(ahead) != told:
                told = int(ahead)
                yield told
            await asyncio.wait({task}, timeout=_LOOKS)
        yield (task.result(),)
    finally:
        if not task.done():
            task.cancel()


def stand_of(ahead: int) -> str:
    """The place in the queue in words."""
    if ahead <= 0:
        return "Reading the picture"
    return f"Waiting: {ahead} request{'' if ahead == 1 else 's'} before this one"
