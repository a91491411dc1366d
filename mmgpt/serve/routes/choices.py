"""Several choices of one request, generated side by side and told in the order in which they come."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from mmgpt.serve.protocol import Event, Generate

if TYPE_CHECKING:
    from mmgpt.serve.backend import Backend

_SEEDS = 2**63


def with_seed(asked: Generate, index: int) -> Generate:
    """The request for choice `index`: its own seed, so that choices differ, and the same each time."""
    return dataclasses.replace(asked, seed=(asked.seed + index) % _SEEDS)


async def side_by_side(
    backend: Backend, asked: Generate, count: int, owner: str
) -> AsyncGenerator[tuple[int, Event], None]:
    """(choice, event) of `count` choices. What goes wrong with one of them is raised and ends all; closing this closes them.

    Raises ServiceError.
    """
    if count == 1:
        async with aclosing(backend.generate(with_seed(asked, 0), owner=owner)) as events:
            async for item in events:
                yield 0, item
        return
    said: asyncio.Queue[tuple[int, Event | Exception | None]] = asyncio.Queue()

    async def pump(index: int) -> None:
        last: Exception | None = None
        try:
            async with aclosing(backend.generate(with_seed(asked, index), owner=owner)) as events:
                async for item in events:
                    said.put_nowait((index, item))
        except Exception as error:
            last = error
        said.put_nowait((index, last))

    pumps = [asyncio.ensure_future(pump(index)) for index in range(count)]
    try:
        running = count
        while running:
            index, event = await said.get()
            if isinstance(event, Exception):
                raise event
            if event is None:
                running -= 1
            else:
                yield index, event
    finally:
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
