"""Streams in which something goes wrong, or nobody listens: a stand-in for the backend makes it happen on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from mmgpt.serve.door.trace import ClientGone
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Delta, Event, Finished, Generate, Started, Token
from mmgpt.serve.routes.chat_objects import LOWEST, logprobs_of, usage_of
from mmgpt.serve.routes.choices import side_by_side
from mmgpt.serve.routes.events import EventStream, event, first_of
from mmgpt.serve.routes.redactions import counted, prefers_json


class Faulty:
    """A backend whose rows end as `plan` says for their seed, and which remembers how many are open."""

    def __init__(self, plan: Callable[[int], list[Event | Exception | float]]) -> None:
        self.plan, self.open, self.opened = plan, 0, 0

    async def generate(self, request: Generate, *, owner: str = "") -> AsyncGenerator[Event, None]:
        self.open += 1
        self.opened += 1
        try:
            for item in self.plan(request.seed):
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, float):
                    await asyncio.sleep(item)
                else:
                    yield item
        finally:
            self.open -= 1


ALL: list[Any] = [Started(3), Delta("a"), Delta("b"), Finished("stop", 2, "ab")]
LOST = ServiceError(503, "worker_lost", "The worker was lost.", retry_after=1)


def _events(backend: Any, count: int) -> Any:
    return side_by_side(backend, Generate(()), count, "")


def test_choices_come_side_by_side_and_all_are_closed() -> None:
    async def run() -> None:
        backend = Faulty(lambda seed: [Started(3), 0.02 * seed, *ALL[1:]])
        found = [pair async for pair in _events(backend, 3)]
        assert (backend.opened, backend.open) == (3, 0)
        for index in range(3):
            assert [item for number, item in found if number == index] == [Started(3), *ALL[1:]]
        assert [number for number, item in found if isinstance(item, Finished)] == [0, 1, 2]

    asyncio.run(run())


@pytest.mark.parametrize("count", [1, 4])
def test_one_lost_choice_ends_all(count: int) -> None:
    async def run() -> None:
        backend = Faulty(lambda seed: [Started(3), LOST] if seed == count - 1 else [Started(3), 60.0])
        with pytest.raises(ServiceError, match="lost"):
            async for _ in _events(backend, count):
                pass
        assert (backend.opened, backend.open) == (count, 0)

    asyncio.run(asyncio.wait_for(run(), 5))


@pytest.mark.parametrize("count", [1, 4])
def test_closing_frees_every_row(count: int) -> None:
    async def run() -> None:
        backend = Faulty(lambda seed: [Started(3), 60.0])
        events = _events(backend, count)
        await events.__anext__()
        await asyncio.sleep(0)
        await events.aclose()
        assert backend.open == 0

    asyncio.run(asyncio.wait_for(run(), 5))


class Wire:
    """An ASGI server's side of one answer. The client goes away after `patience` bodies."""

    def __init__(self, patience: int = 10**9) -> None:
        self.patience, self.start, self.sent = patience, {}, []  # type: int, dict[str, Any], list[bytes]
        self.gone = asyncio.Event()
        self.whole = False

    async def receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        self.sent += [message["body"]] if message["body"] else []
        self.whole = self.whole or not message["more_body"]
        if len(self.sent) >= self.patience:
            self.gone.set()


async def _streamed(wire: Wire, source: Any, **others: Any) -> None:
    response = EventStream(await first_of(source), source, **others)
    await response({"type": "http", "state": {"request_id": "r"}}, wire.receive, wire.send)


def test_a_stream_ends_with_done() -> None:
    async def source() -> Any:
        yield {"a": "ä\u2028\n"}
        yield {"b": 1}

    async def run() -> None:
        wire = Wire()
        await _streamed(wire, source(), headers={"x-a": "b"})
        assert wire.whole and wire.sent == [
            b'data: {"a":"\\u00e4\\u2028\\n"}\n\n',
            b'data: {"b":1}\n\n',
            b"data: [DONE]\n\n",
        ]
        headers = dict(wire.start["headers"])
        assert headers[b"content-type"].startswith(b"text/event-stream") and b"content-length" not in headers
        assert (headers[b"cache-control"], headers[b"x-accel-buffering"], headers[b"x-a"]) == (b"no-cache", b"no", b"b")

    asyncio.run(run())


@pytest.mark.parametrize("fault", [LOST, ValueError("secret at 0x7f00deadbeef"), RuntimeError("object at")])
def test_a_failure_on_the_way_is_the_last_event(fault: Exception) -> None:
    async def source() -> Any:
        yield {"a": 1}
        raise fault

    async def run() -> None:
        wire = Wire()
        await _streamed(wire, source())
        assert wire.whole and len(wire.sent) == 2
        error = json.loads(wire.sent[1].removeprefix(b"data: "))["error"]
        assert error["code"] == ("worker_lost" if fault is LOST else "server_error") and set(error) == {
            "message",
            "type",
            "param",
            "code",
        }
        assert b"0x" not in wire.sent[1] and b"object at" not in wire.sent[1]

    asyncio.run(run())


def test_what_fails_before_the_first_event_is_raised() -> None:
    closed = []

    async def source() -> Any:
        try:
            raise LOST
            yield {}
        finally:
            closed.append(True)

    with pytest.raises(ServiceError, match="lost"):
        asyncio.run(first_of(source()))
    assert closed


def test_a_client_that_goes_away_stops_the_work_at_once() -> None:
    closed = []

    async def source() -> Any:
        try:
            yield {"a": 1}
            await asyncio.sleep(60)
            yield {"b": 1}
        finally:
            closed.append(True)

    async def run() -> None:
        wire = Wire(patience=1)
        with pytest.raises(ClientGone):
            await _streamed(wire, source())
        assert closed and not wire.whole

    asyncio.run(asyncio.wait_for(run(), 5))


def test_silence_is_filled_with_comments() -> None:
    async def source() -> Any:
        yield {"a": 1}
        await asyncio.sleep(0.3)
        yield {"b": 1}

    async def run() -> None:
        wire = Wire()
        await _streamed(wire, source(), ping_seconds=0.05)
        assert wire.sent[0] == event({"a": 1}) and wire.sent[-2:] == [event({"b": 1}), b"data: [DONE]\n\n"]
        pings = wire.sent[1:-2]
        assert len(pings) >= 3 and set(pings) == {b": ping\n\n"}

    asyncio.run(run())


def test_logprobs_and_usage_as_openai_shows_them() -> None:
    shown = logprobs_of([Token("é", "é".encode(), -0.5, (("a", b"a", float("-inf")),))])["content"]
    assert shown[0] == {
        "token": "é", "bytes": [195, 169], "logprob": -0.5,
        "top_logprobs": [{"token": "a", "bytes": [97], "logprob": LOWEST}],
    }  # fmt: skip
    assert usage_of(5, 2, 7)["total_tokens"] == 12


def test_headers_of_a_redaction_tell_kinds_and_numbers_only() -> None:
    report = {"covered": [{"kind": "token"}, {"kind": "email"}, {"kind": "token"}], "left": ["email"]}
    assert counted(report) == {"x-mmgpt-covered": "3", "x-mmgpt-kinds": "email=1,token=2", "x-mmgpt-left": "1"}


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", False), ("*/*", False), ("application/json", True), ("image/png", False), ("image/*, application/json;q=0.9", False),
        ("image/png;q=0.1, */*", True), ("application/*;q=0.5, image/png;q=nonsense", True), ("application/json, */*;q=0.8", True),
    ],
)  # fmt: skip
def test_which_form_an_accept_header_prefers(accept: str, wanted: bool) -> None:
    assert prefers_json(accept) is wanted
