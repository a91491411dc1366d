"""Processes that die: what they worked on fails, everything else goes on, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import ChatMessage, Diagnose, Finished, Generate, Redact
from tests.serve.backend.test_backend import answer, ask
from tests.serve.running import gathered, running, shot

pytestmark = pytest.mark.anyio


async def killed_once(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def test_a_dead_worker_fails_what_it_had_and_the_queue_goes_on(debug_weights: Path) -> None:
    async with running(debug_weights, result_cache_bytes=0) as backend:
        image = await backend.picture(shot(1, 400, 300))
        calls: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(backend.run(Diagnose(image, f"Question {i}?"))) for i in range(6)
        ]
        calls += [asyncio.ensure_future(answer(backend, ask("Talk.", max_tokens=900, seed=i))) for i in range(2)]
        while backend.running < 3:
            await asyncio.sleep(0.01)
        first = backend.worker_pid
        await killed_once(first)
        results = await gathered(calls)
        lost = [r for r in results if isinstance(r, BaseException)]
        assert len(lost) == 3 and all(isinstance(r, ServiceError) for r in lost)
        assert {(r.status, r.code) for r in lost if isinstance(r, ServiceError)} == {(503, "worker_lost")}
        assert all(isinstance(r, ServiceError) and r.retry_after for r in lost)
        assert backend.state == "ready" and backend.worker_pid != first and backend.running == 0
        # The one that was there is tried again, alone; when the worker dies with it again, it is not tried a third time.
        index = next(i for i, r in enumerate(results[:6]) if isinstance(r, ServiceError))
        again = asyncio.ensure_future(backend.run(Diagnose(image, f"Question {index}?")))
        while not backend.running:
            await asyncio.sleep(0.001)
        other = asyncio.ensure_future(answer(backend, ask("Hello.")))
        await asyncio.sleep(0)
        assert (backend.running, backend.waiting) == (1, 1)
        await killed_once(backend.worker_pid)
        twice, beside = await gathered([again, other])
        assert isinstance(twice, ServiceError) and (twice.status, twice.code) == (503, "worker_lost")
        assert isinstance(beside[-1], Finished)
        with pytest.raises(ServiceError) as caught:
            await backend.run(Diagnose(image, f"Question {index}?"))
        assert (caught.value.status, caught.value.code) == (500, "model_error")
        assert isinstance(await backend.run(Diagnose(image, "Another?")), dict)


@pytest.mark.slow
async def test_a_worker_that_dies_again_and_again_is_given_up(debug_weights: Path) -> None:
    async with running(debug_weights, wait=False) as backend:
        seen = set()
        until = time.monotonic() + 60
        while not backend.failed.is_set() and time.monotonic() < until:
            pid = backend.worker_pid
            if pid is not None and pid not in seen:
                seen.add(pid)
                await killed_once(pid)
            await asyncio.sleep(0.01)
        assert backend.failed.is_set() and backend.state == "failed" and len(seen) == 5
        with pytest.raises(ServiceError) as caught:
            await backend.info()
        assert caught.value.status == 503


_FRONT = """
import asyncio, sys
from pathlib import Path
from mmgpt.serve.backend import Backend
from mmgpt.serve.settings import Settings

async def main():
    backend = Backend(Settings(model=Path(sys.argv[1]), threads=1))
    await backend.start()
    await backend.wait_ready(60)
    print(backend.worker_pid, *backend.decoder_pids, *sorted({"torch", "gradio"} & set(sys.modules)), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_nothing_outlives_a_front_that_is_killed_and_the_front_loads_no_torch(debug_weights: Path) -> None:
    """The front is a script from stdin, which `multiprocessing` could not start children of."""
    front = subprocess.Popen(
        [sys.executable, "-", str(debug_weights)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert front.stdin is not None and front.stdout is not None
    front.stdin.write(_FRONT)
    front.stdin.close()
    said = front.stdout.readline().split()
    front.kill()
    front.wait()
    front.stdout.close()
    pids = [int(word) for word in said]  # "torch" would be no number
    assert len(pids) == 2
    for _ in range(200):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return
        time.sleep(0.02)
    raise AssertionError("a child is still there")


def resident(pid: int | None) -> int:
    """Bytes of memory that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


@pytest.mark.slow
async def test_memory_stays_as_it_is(debug_weights: Path) -> None:
    """300 requests over pictures of many sizes, small caches: after a third of them neither process grows by a tenth any more."""
    async with running(debug_weights, picture_cache_bytes=2**20, result_cache_bytes=2**18) as backend:
        held = []
        for number in range(300):
            data = shot(number, 160 + 8 * (number % 20), 80 + 8 * (number % 7))
            image = await backend.picture(data)
            if number % 3:
                await backend.run(Diagnose(image) if number % 2 else Redact(image), owner=str(number % 2))
            else:
                await answer(backend, Generate((ChatMessage("user", (image, "What?")),), max_tokens=8))
            if number in (99, 299):
                held.append((resident(os.getpid()), resident(backend.worker_pid), resident(backend.decoder_pids[0])))
        for before, after in zip(*held, strict=True):
            assert after < 1.1 * before + 2**23, held
        handles = len(list(Path(f"/proc/{backend.worker_pid}/fd").iterdir()))
        assert handles < 40
