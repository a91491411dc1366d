"""The backend over real processes, on weights of the size `debug`."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mmgpt.generate import Conversation, Sampling
from mmgpt.serve.backend import Backend
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import (
    Caption,
    ChatMessage,
    Delta,
    Diagnose,
    Event,
    Finished,
    Generate,
    Heat,
    Read,
    Redact,
    Redaction,
    Started,
)
from mmgpt.serve.settings import Settings
from tests.serve.backend.odd_bytes import rows
from tests.serve.running import gathered, running, shot
from vision.image import LoadedImage, load_image

pytestmark = pytest.mark.anyio


class Seen:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self.gauges: dict[str, float] = {}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        self.counts[name] += int(amount)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        assert seconds >= 0 and math.isfinite(seconds)
        self.seconds[name] += 1

    def gauge(self, name: str, value: float) -> None:
        self.gauges[name] = value


def untimed(value: Any) -> Any:
    """A result without what differs from time to time."""
    return {key: part for key, part in value.items() if key != "timing_ms"}


def ask(*parts: str | LoadedImage, **others: Any) -> Generate:
    return Generate((ChatMessage("user", parts),), **{"max_tokens": 12, **others})


async def answer(backend: Backend, request: Generate, **others: Any) -> list[Event]:
    return [event async for event in backend.generate(request, **others)]


async def test_each_task_gives_what_the_library_gives(backend: Backend, debug_weights: Path) -> None:
    from mmgpt.diagnosis.diagnoser import Diagnoser
    from mmgpt.redaction.paint import redact_picture

    library = Diagnoser.load(debug_weights)
    loaded = load_image(shot(1))
    image = await backend.picture(shot(1))
    assert untimed(await backend.run(Diagnose(image))) == untimed(library.diagnose(loaded).to_dict())
    asked = await backend.run(Diagnose(image, "What is the colour?", {"app": "x"}))
    assert untimed(asked) == untimed(library.diagnose(loaded, "What is the colour?", {"app": "x"}).to_dict())
    caption, read = await backend.run(Caption(image)), await backend.run(Read(image))
    assert isinstance(caption, dict) and isinstance(read, dict)
    assert caption["schema"] == "mmgpt.diagnosis/1" and read["schema"] == "mmgpt.reading/1"
    assert [line["text"] for line in read["text"]] == [line.text for line in library.reader.read(loaded.pixels)]
    done = await backend.run(Redact(image))
    assert isinstance(done, Redaction)
    wanted = redact_picture(loaded.pixels, library.reader)
    assert (load_image(done.png).pixels == wanted.image).all()
    heat = await backend.run(Heat(image, question="What is it?"))
    assert isinstance(heat, dict) and len(heat["weights"]) == len(heat["tokens"])
    for wrong in (Heat(image, field="colour"), Heat(image, question="word " * 3000)):
        with pytest.raises(ServiceError) as caught:
            await backend.run(wrong)
        assert caught.value.status == 400 and caught.value.param in ("field", "question")
    assert len(done.report["covered"]) == len(wanted.covered) and "text" not in str(done.report["covered"])


async def test_an_answer_is_the_engines_and_pictures_are_looked_at_once(backend: Backend, debug_weights: Path) -> None:
    from mmgpt.checkpoint import load_engine

    engine = load_engine(debug_weights)
    image = await backend.picture(shot(2))
    events = await answer(backend, ask(image, "What is it?"), owner="once")
    started, finished = events[0], events[-1]
    assert isinstance(started, Started) and isinstance(finished, Finished) and started.cached_tokens == 0
    conversation = Conversation().ask(engine.look(load_image(shot(2)).pixels), "What is it?")
    wanted = engine.answer(conversation, Sampling(max_tokens=12))
    assert finished.text == wanted.text == "".join(e.text for e in events if isinstance(e, Delta))
    assert len(finished.copied) == len(wanted.spans)
    again = await answer(backend, ask(image, "And now?"), owner="once")
    other = await answer(backend, ask(image, "And now?"), owner="somebody else")
    assert isinstance(again[0], Started) and again[0].cached_tokens > 0
    assert isinstance(other[0], Started) and other[0].cached_tokens == 0
    assert again[1:] == other[1:]


async def test_many_at_once_get_what_each_gets_alone(backend: Backend) -> None:
    images = [await backend.picture(shot(seed)) for seed in range(3)]
    alone = [await answer(backend, ask(image, "What?", seed=3, temperature=1.0), owner="alone") for image in images]
    together = await gathered([answer(backend, ask(image, "What?", seed=3, temperature=1.0)) for image in images * 3])
    assert [events[-1].text for events in together] == [events[-1].text for events in alone] * 3  # type: ignore[union-attr]


async def test_pictures_of_odd_shapes_are_read(backend: Backend) -> None:
    for name, (data, code) in rows().items():
        if name.startswith("29"):
            result = await backend.run(Caption(await backend.picture(data)))
            assert isinstance((await answer(backend, ask(await backend.picture(data), max_tokens=4)))[-1], Finished), (
                name
            )
            assert isinstance(result, dict) and code is None and result["image"]["width"] > 0, name


async def test_results_are_kept_for_their_owner_and_the_same_work_is_done_once(debug_weights: Path) -> None:
    seen = Seen()
    async with running(debug_weights, observer=seen) as backend:
        image = await backend.picture(shot(3))
        first = await gathered([backend.run(Caption(image), owner="a") for _ in range(5)])
        assert all(result == first[0] for result in first) and seen.seconds["vision_encode"] == 1
        first[0]["caption"] = "mine"
        assert first[1]["caption"] != "mine"
        kept = await backend.run(Caption(image), owner="a")
        assert kept == first[1] and seen.counts["result_cache_hits"] == 1
        await backend.run(Caption(image), owner="b")
        assert seen.seconds["vision_encode"] == 2 and seen.counts["result_cache_hits"] == 1
        backend.changed()
        await backend.run(Caption(image), owner="a")
        assert seen.seconds["vision_encode"] == 3
        await answer(backend, ask(image, "What?"))
        for name in (
            "time_to_first_token",
            "request_queue_time",
            "request_prefill_time",
            "request_decode_time",
            "image_decode",
        ):
            assert seen.seconds[name] >= 1, name
        assert seen.counts["generation_tokens"] > 0 and seen.counts["prompt_tokens"] > 0
        with pytest.raises(ServiceError):
            await backend.picture(b"nothing")
        assert seen.counts["image_rejected"] == 1
        assert seen.gauges == {"requests_running": 0, "requests_waiting": 0}


async def test_a_full_queue_and_a_deadline_say_so(debug_weights: Path) -> None:
    async with running(debug_weights, queue=2, result_cache_bytes=0) as backend:
        image = await backend.picture(shot(4, 480, 320))
        results = await gathered([backend.run(Diagnose(image, f"Question {i}?")) for i in range(6)])
        refused = [r for r in results if isinstance(r, ServiceError)]
        assert len(refused) == 3 and len(results) - len(refused) == 3
        assert {(r.status, r.code) for r in refused} == {(429, "queue_full")} and all(r.retry_after for r in refused)
        with pytest.raises(ServiceError) as caught:
            await backend.run(Diagnose(image, "Too late?"), deadline=0.01)
        assert (caught.value.status, caught.value.code) == (504, "deadline_exceeded")
        with pytest.raises(ServiceError) as caught:
            await answer(backend, ask("Talk.", max_tokens=900), deadline=0.2)
        assert (caught.value.status, caught.value.code) == (504, "deadline_exceeded")
        with pytest.raises(ServiceError) as caught:
            await backend.run(Diagnose(image, "x" * 2001))
        assert (caught.value.status, caught.value.code, caught.value.param) == (400, "invalid_value", "question")
        await until_idle(backend)


async def test_what_nobody_waits_for_ends_within_a_second(backend: Backend) -> None:
    image = await backend.picture(shot(5, 2400, 1600))
    work = asyncio.ensure_future(backend.run(Diagnose(image)))
    await asyncio.sleep(0.3)
    assert backend.running == 1
    work.cancel()
    start = time.monotonic()
    await until_idle(backend)
    assert time.monotonic() - start < 1
    events = backend.generate(ask("Talk.", max_tokens=900))
    assert isinstance(await events.__anext__(), Started)
    await events.__anext__()
    start = time.monotonic()
    await events.aclose()
    await until_idle(backend)
    assert time.monotonic() - start < 1


async def until_idle(backend: Backend) -> None:
    for _ in range(500):
        if not backend.running and not backend.waiting:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{backend.running} run and {backend.waiting} wait")


async def test_what_the_model_does_not_take_is_refused(backend: Backend) -> None:
    with pytest.raises(ServiceError) as caught:
        await answer(backend, ask("word " * 3000))
    assert (caught.value.status, caught.value.code) == (400, "context_length_exceeded")
    assert isinstance((await answer(backend, ask("Hello.")))[-1], Finished)


async def test_while_it_loads_and_when_it_cannot(tmp_path: Path, debug_weights: Path) -> None:
    async with running(debug_weights, wait=False) as backend:
        assert backend.state == "starting"
        for call in (backend.info(), backend.run(Read(load_image(shot())))):
            with pytest.raises(ServiceError) as caught:
                await call
            assert (caught.value.status, caught.value.code) == (503, "unavailable_error") and caught.value.retry_after
        assert (await backend.picture(shot())).width == 320  # decoding needs no model
    broken = Backend(Settings(model=tmp_path))
    await broken.start()
    try:
        assert not await broken.wait_ready(60) and broken.state == "failed" and broken.failed.is_set()
        assert "config.json" in broken.reason
        with pytest.raises(ServiceError) as caught:
            await broken.info()
        assert caught.value.status == 503 and str(tmp_path) not in caught.value.message
    finally:
        await broken.drain(0)


async def test_draining_finishes_what_runs_and_takes_nothing_new(debug_weights: Path) -> None:
    async with running(debug_weights) as backend:
        image = await backend.picture(shot(6))
        pids = [backend.worker_pid, *backend.decoder_pids]
        streams = [asyncio.ensure_future(answer(backend, ask(image, "What?", max_tokens=60, seed=i))) for i in range(3)]
        while not backend.running:
            await asyncio.sleep(0.01)
        drain = asyncio.ensure_future(backend.drain(30))
        await asyncio.sleep(0)
        assert backend.state == "draining"
        for call in (backend.picture(shot()), backend.run(Read(image)), answer(backend, ask("Hello."))):
            with pytest.raises(ServiceError) as caught:
                await call
            assert (caught.value.status, caught.value.code) == (503, "unavailable_error")
        assert all(isinstance(events[-1], Finished) for events in await asyncio.gather(*streams))
        await drain
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
