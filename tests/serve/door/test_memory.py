"""What requests hold together is bounded: bodies at the door, pixels behind it."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmgpt.serve.decoding.pool import DecodePool
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.memory import Memory
from mmgpt.serve.settings import Settings
from tests.serve.door.host import hosted
from tests.serve.door.test_pictures import URL
from tests.serve.running import shot

MEGABYTE = 2**20


def test_what_is_held() -> None:
    memory = Memory(100)
    memory.take(60)
    with pytest.raises(ServiceError) as refused:
        memory.take(41)
    assert (refused.value.status, refused.value.code) == (429, "queue_full") and refused.value.retry_after
    memory.free(60)
    pixels = np.zeros(70, np.uint8)
    memory.take(70)
    memory.free_with(pixels, 70)
    assert memory.held == 70
    view = pixels[3:]
    del pixels
    gc.collect()
    assert memory.held == 70 and view.size  # a part of it keeps all of it
    del view
    gc.collect()
    assert memory.held == 0


def test_one_request_always_fits() -> None:
    settings = Settings(request_memory=MEGABYTE)
    assert Memory.of(settings).most == settings.max_body_bytes + 3 * settings.max_request_pixels


def test_bodies(tmp_path: Path) -> None:
    limits: dict[str, Any] = {"max_body_bytes": MEGABYTE, "max_request_pixels": 1200, "request_memory": MEGABYTE}
    with hosted(tmp_path, **limits) as host, host.client() as client:
        memory = host.app.state.door.memory
        json = {"content-type": "application/json"}
        with socket.create_connection(host.address, timeout=5) as slow:
            slow.sendall(
                b"POST /v1/read HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n"
            )
            slow.sendall(b" " * 700_000)
            until = time.monotonic() + 5
            while memory.held < 700_000 and time.monotonic() < until:
                time.sleep(0.01)
            refused = client.post("/v1/read", content=b" " * 600_000, headers=json)
            assert refused.status_code == 429 and refused.json()["error"]["code"] == "queue_full"
            assert int(refused.headers["retry-after"]) >= 1
            assert client.post("/v1/read", json={"image_url": URL}).status_code == 200
        while memory.held and time.monotonic() < until:
            time.sleep(0.01)
        assert memory.held == 0
        assert client.post("/v1/read", content=b" " * 600_000, headers=json).status_code == 400


def test_pixels() -> None:
    async def go() -> None:
        memory = Memory(3 * 320 * 200 + 10)
        pool = DecodePool(Settings(), memory)
        pool.start()
        try:
            first = await pool.decode(shot(1, 320, 200))
            with pytest.raises(ServiceError) as refused:
                await pool.decode(shot(2, 320, 200))
            assert refused.value.status == 429 and first.width == 320
            del first
            await asyncio.sleep(0.05)  # the loop still holds the result of its last future
            with pytest.raises(ServiceError) as broken:
                await pool.decode(shot(2, 320, 200)[:200])
            assert broken.value.status == 400 and memory.held == 0
            assert (await pool.decode(shot(2, 320, 200))).height == 200
        finally:
            await asyncio.to_thread(pool.close)

    asyncio.run(go())
