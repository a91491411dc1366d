"""The small parts: the cache by bytes, the fair queue, places, suspects, keys of results."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmgpt.serve.cache import ByteCache
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Caption, ChatMessage, Diagnose, Generate, Read, Redact, Redaction, Task
from mmgpt.serve.results import Results, key_of
from mmgpt.serve.settings import Settings
from mmgpt.serve.worker.fair import FairQueue
from mmgpt.serve.worker.messages import filled, pack, places
from mmgpt.serve.worker.places import Entry, Places
from mmgpt.serve.worker.suspects import Suspects
from vision.image import LoadedImage


@given(
    st.integers(0, 50),
    st.lists(st.tuples(st.sampled_from("gp"), st.integers(0, 6), st.integers(1, 60)), max_size=60),
)
def test_the_cache_keeps_the_most_recent_that_fit(most: int, steps: list[tuple[str, int, int]]) -> None:
    cache: ByteCache[int] = ByteCache(most)
    model: OrderedDict[int, int] = OrderedDict()
    for what, key, size in steps:
        if what == "g":
            assert cache.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
            continue
        cache.put(key, size, size)
        model.pop(key, None)
        if size <= most:
            model[key] = size
            while sum(model.values()) > most:
                model.popitem(last=False)
        assert cache.bytes == sum(model.values()) <= most and len(cache) == len(model)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers()), max_size=40))
def test_every_owner_gets_a_turn_and_keeps_its_order(items: list[tuple[str, int]]) -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue()
    for owner, item in items:
        queue.put(owner, (owner, item))
    out = [queue.pop() for _ in items]
    assert not queue and Counter(out) == Counter(items)
    for owner in "abc":
        assert [item for item in out if item[0] == owner] == [item for item in items if item[0] == owner]
    counts = Counter(owner for owner, _ in items)
    shared = min(counts.values(), default=0) * len(counts)
    assert all(n == shared // len(counts) for n in Counter(owner for owner, _ in out[:shared]).values())


def made(most: int = 2, rows: int = 2) -> Places:
    places = Places({"vision": 1, "row": rows}, most, lambda: None)
    places.open()
    return places


def later(seconds: float = 10.0) -> float:
    return asyncio.get_running_loop().time() + seconds


def test_one_more_than_the_queue_holds_is_refused_and_told_when_to_come_back() -> None:
    async def run() -> None:
        places = made()
        first = await places.enter("vision", "a", later())
        waiting = [asyncio.ensure_future(places.enter("vision", "a", later())) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(ServiceError) as caught:
            await places.enter("vision", "b", later())
        assert (caught.value.status, caught.value.code) == (429, "queue_full")
        assert caught.value.retry_after is not None and 1 <= caught.value.retry_after <= 120
        assert (places.running, places.waiting) == (1, 2)
        await places.enter("row", "b", later())  # a free place of another kind needs no queue
        places.leave(first)
        assert (await waiting[0]).kind == "vision" and not waiting[1].done()
        waiting[1].cancel()
        await asyncio.sleep(0)
        assert places.waiting == 0

    asyncio.run(run())


def test_waiting_ends_at_the_deadline_and_leaves_nothing_behind() -> None:
    async def run() -> None:
        places = made()
        first = await places.enter("vision", "", later())
        with pytest.raises(ServiceError) as caught:
            await places.enter("vision", "", later(0.05))
        assert (caught.value.status, caught.value.code) == (504, "deadline_exceeded") and places.waiting == 0
        places.leave(first)
        assert places.running == 0

    asyncio.run(run())


def test_a_turn_that_comes_together_with_the_cancellation_is_given_back() -> None:
    async def run() -> None:
        places = made()
        first = await places.enter("vision", "", later())
        waiting = asyncio.ensure_future(places.enter("vision", "", later()))
        await asyncio.sleep(0)
        places.leave(first)  # gives the turn to the one who is cancelled before it can take it
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert places.running == 0 and (await places.enter("vision", "", later())).kind == "vision"

    asyncio.run(run())


def test_who_must_be_alone_is_alone() -> None:
    async def run() -> None:
        places = made(most=9)
        first = await places.enter("row", "a", later())
        alone = asyncio.ensure_future(places.enter("row", "a", later(), alone=True))
        behind = asyncio.ensure_future(places.enter("vision", "b", later()))
        await asyncio.sleep(0)
        assert not alone.done() and not behind.done()
        places.leave(first)
        entry: Entry = await alone
        await asyncio.sleep(0)
        assert not behind.done() and places.running == 1
        places.leave(entry)
        await behind

    asyncio.run(run())


def test_only_a_second_death_alone_proves_guilt() -> None:
    suspects = Suspects()
    assert not suspects.suspected("x")
    suspects.died("x", alone=True)
    assert suspects.suspected("x") and not suspects.guilty("x")
    suspects.died("x", alone=False)
    assert not suspects.guilty("x")
    suspects.died("x", alone=True)
    assert suspects.guilty("x")
    suspects.died("y", alone=False)
    suspects.clear("y")
    assert not suspects.suspected("y")


def image(sha: str = "a" * 64, width: int = 30, height: int = 100) -> LoadedImage:
    return LoadedImage(np.zeros((height, width, 3), np.uint8), width, height, sha, "PNG")


def test_keys_are_equal_for_the_same_question_of_the_same_owner_only() -> None:
    one = image()
    tasks: list[Task | Generate] = [
        Diagnose(one), Diagnose(one, "Why?"), Diagnose(one, context="Why?"), Diagnose(one, mask_secrets=True),
        Diagnose(one, context={"app": "x"}), Caption(one), Read(one), Redact(one), Redact(one, frozenset({"email"})),
        Redact(one, frozenset()), Diagnose(image(width=100, height=30)), Diagnose(image("b" * 64)),
        Generate((ChatMessage("user", (one, "a")),)), Generate((ChatMessage("user", (one, "a")),), seed=1),
        Generate((ChatMessage("user", ("a", one)),)), Generate((ChatMessage("user", (one,)), ChatMessage("user", ("a",)))),
        Generate((ChatMessage("user", (one, "a")),), schema={}), Generate((ChatMessage("user", ("\udcff",)),)),
    ]  # fmt: skip
    keys = [key_of(task, owner) for task in tasks for owner in ("", "b")]
    assert len(set(keys)) == len(keys)
    assert key_of(Diagnose(image(), "Why?"), "b") == key_of(Diagnose(image(), "Why?"), "b")
    assert key_of(Redact(one, frozenset("ab")), "") == key_of(Redact(one, frozenset("ba")), "")


def test_kept_results_are_copies_and_old_ones_are_forgotten(tmp_path: Path) -> None:
    store = tmp_path / "corrections.sqlite"
    results = Results(Settings(corrections=store))
    assert results.fresh()
    results.put("k", {"a": [1], "s": "\ud800"})
    mine = results.get("k")
    assert isinstance(mine, dict)
    mine["a"].append(2)
    assert results.get("k") == {"a": [1], "s": "\ud800"}
    results.put("r", Redaction(b"png", {"covered": []}))
    assert results.get("r") == Redaction(b"png", {"covered": []})
    store.write_bytes(b"changed by another program")
    results._next = 0.0
    assert not results.fresh() and results.get("k") is None  # and nothing is kept for a moment


def test_a_request_is_packed_with_each_picture_once() -> None:
    one, two = image(), image("b" * 64)
    asked = Generate((ChatMessage("user", (one, "and", two)), ChatMessage("user", (one,))))
    packed, pictures = pack(asked)
    assert isinstance(packed, Generate) and [p is q for p, q in zip(pictures, (one, two), strict=True)] == [True, True]
    assert places(packed) == [0, 1, 0]
    assert filled(packed, pictures).messages[0].parts == asked.messages[0].parts
    task, (sent,) = pack(Diagnose(one, "q"))
    assert sent is one and isinstance(task, Diagnose) and replace(task, image=one).question == "q"
