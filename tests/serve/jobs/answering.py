"""A backend whose answers say what was asked, for tests of what stands around it; the real one is used in test_restart.py."""

from __future__ import annotations

import asyncio
import io
from typing import Any

from PIL import Image

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Diagnose, Task
from vision.image import ImageError, LoadedImage, load_image


def png(number: int = 0) -> bytes:
    """A small picture, different for each number."""
    buffer = io.BytesIO()
    Image.new("RGB", (8 + number % 50, 8), (number % 256, 3, 7)).save(buffer, "PNG")
    return buffer.getvalue()


class Answering:
    """Answers at once, or behind the first `free` answers when `gate` is set; raises what stands in `errors` first.

    `asked` keeps widths, owners and questions.
    """

    def __init__(self) -> None:
        self.gate: asyncio.Event | None = None
        self.free = 0
        self.errors: list[Exception] = []
        self.asked: list[tuple[int, str, str | None]] = []
        self.cancelled = 0
        self.at_once = self.most = 0

    async def picture(self, data: bytes, *, param: str | None = None, name: str = "the picture") -> LoadedImage:
        try:
            return load_image(data)
        except ImageError:
            raise ServiceError(400, "invalid_image", "It cannot be decoded.", param=param) from None

    async def run(self, task: Task, *, owner: str = "", deadline: float | None = None) -> Any:
        question = task.question if isinstance(task, Diagnose) else None
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(0.005)
            if self.gate is not None and len(self.asked) >= self.free:
                await self.gate.wait()
            if self.errors:
                raise self.errors.pop(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_once -= 1
        self.asked.append((task.image.width, owner, question))
        return {"task": type(task).__name__, "width": task.image.width, "text": "Ünïcode\u2028✓"}
