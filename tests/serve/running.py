"""Backends for tests: real processes, on weights of the size `debug`."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mmgpt import NANO_WEIGHTS
from mmgpt.checkpoint import seal
from mmgpt.serve.backend import Backend
from mmgpt.serve.observe import NOBODY, Observer
from mmgpt.serve.settings import Settings
from tests.mmgpt.small import screen, small_folder
from tests.vision.image_factory import encode

READY_SECONDS = 60.0


def make_debug_weights(folder: Path) -> Path:
    """A complete folder: the small reader, tower and language model with random weights, and the package's own extractor."""
    shutil.copytree(small_folder(), folder, dirs_exist_ok=True)
    for name in ("extractor.json", "extractor.safetensors", "diagnosis.json"):
        shutil.copy(NANO_WEIGHTS / name, folder)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "name": "mmgpt-debug"}), "utf-8")
    seal(folder)
    return folder


@asynccontextmanager
async def running(
    weights: Path, *, observer: Observer = NOBODY, wait: bool = True, **changes: Any
) -> AsyncIterator[Backend]:
    """A backend that is ready; its processes have ended afterwards. `changes` are settings."""
    settings = Settings(**{"model": weights, "threads": 1, "decode_processes": 1, **changes})
    backend = Backend(settings, observer)
    await backend.start()
    try:
        if wait:
            assert await backend.wait_ready(READY_SECONDS), backend.reason
        yield backend
    finally:
        await backend.drain(0)


def shot(seed: int = 0, width: int = 320, height: int = 160) -> bytes:
    """A PNG in which the small reader finds lines."""
    from PIL import Image

    return encode(Image.fromarray(screen(seed, width, height)[0]), "PNG")


async def gathered(calls: Sequence[Any]) -> list[Any]:
    """What came of each call, errors included."""
    return await asyncio.gather(*calls, return_exceptions=True)
