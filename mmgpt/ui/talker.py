"""Answers within a conversation: token by token, until it is over or the user stops it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mmgpt.schema import ImageInfo
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Delta, Finished, Generate
from mmgpt.ui.conversation import Picture, Talking, Turn, clean
from mmgpt.ui.desk import Desk
from mmgpt.ui.pictures import shown_name, thumbnail
from mmgpt.ui.shelf import Shown

if TYPE_CHECKING:
    from mmgpt.serve.backend import Backend
    from mmgpt.serve.protocol import Event

RETRY_TEMPERATURE = 0.7
"""What a retry draws at where the temperature is 0, so that it may come out otherwise."""


@dataclass(frozen=True)
class Choices:
    """How an answer is made, as the page's settings have it."""

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def again(self) -> Choices:
        """For a retry: another draw."""
        return replace(self, temperature=self.temperature or RETRY_TEMPERATURE, seed=self.seed + 1)


class Stops:
    """Who wants to stop: an event a browser tab, by the session that Gradio gives it."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    def begin(self, session: str) -> asyncio.Event:
        """A new answer of this session; one that is still running is stopped."""
        self.stop(session)
        self._events[session] = asyncio.Event()
        return self._events[session]

    def stop(self, session: str) -> None:
        """Stops the answer of this session, if there is one."""
        if session in self._events:
            self._events[session].set()

    def end(self, session: str, event: asyncio.Event) -> None:
        """The answer is over."""
        if self._events.get(session) is event:
            del self._events[session]


async def question(desk: Desk, text: str, files: Sequence[str], owner: str, *, delete: bool = True) -> Turn:
    """A turn of the user from what was typed and the files that were uploaded, which are deleted. Raises ServiceError."""
    words = clean([text])
    if not words and not files:
        raise ServiceError(400, "invalid_value", "Write a question, or add a picture.")
    if len(words) > desk.settings.max_text:
        raise ServiceError(400, "invalid_value", f"The text has more than {desk.settings.max_text:,} characters.")
    if len(files) > desk.settings.max_pictures:
        raise ServiceError(400, "too_many_images", f"A message takes {desk.settings.max_pictures} pictures at most.")
    pictures = []
    for path in files:
        name = shown_name(path)
        image = await desk.load(path, delete=delete)
        small = await asyncio.to_thread(thumbnail, image.pixels)
        info = ImageInfo(width=image.width, height=image.height, sha256=image.sha256)
        pictures.append(Picture(desk.shelf.put(Shown(image, owner, name)), small, name, info))
    return Turn("user", words, tuple(pictures))


async def answered(
    desk: Desk, talking: Talking, choices: Choices, owner: str, stop: asyncio.Event
) -> AsyncGenerator[Talking, None]:
    """The conversation with the answer so far, again and again. Raises ServiceError."""
    await _check(desk.backend, talking)
    request = Generate(
        talking.asked(desk.shelf, owner), choices.max_tokens, choices.temperature, choices.top_p, seed=choices.seed
    )
    text = ""
    async with aclosing(until(desk.backend.generate(request, owner=owner), stop)) as events:
        async for event in events:
            if isinstance(event, Delta):
                text += event.text
                yield talking.said(Turn("assistant", text))
            elif isinstance(event, Finished):
                yield talking.said(Turn("assistant", event.text, copied=event.copied))
                return
    yield talking.said(Turn("assistant", text, stopped=True))


async def until(events: Any, stop: asyncio.Event) -> AsyncGenerator[Event, None]:
    """The events of a generator, which is closed as soon as `stop` is set: also while it waits for its turn."""
    stopping = asyncio.ensure_future(stop.wait())
    try:
        while not stop.is_set():
            coming = asyncio.ensure_future(anext(events))
            try:
                await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    return
                event = coming.result()
            except StopAsyncIteration:
                return
            finally:
                if not coming.done():
                    coming.cancel()
                    await asyncio.wait({coming})
            yield event
    finally:
        stopping.cancel()
        await events.aclose()


async def _check(backend: Backend, talking: Talking) -> None:
    info = await backend.info()
    count = len(talking.pictures())
    if count > info.max_pictures:
        text = (
            f"This model takes {info.max_pictures} pictures in one conversation; this one has {count}. Clear it first."
        )
        raise ServiceError(400, "too_many_images", text)
