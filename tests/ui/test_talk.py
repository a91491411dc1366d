"""Conversations: what is shown, told, undone, edited and exported; and answers that are stopped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings

from mmgpt.copied import Talk
from mmgpt.schema import ImageInfo
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Delta
from mmgpt.ui.conversation import Picture, Talking, Turn, clean
from mmgpt.ui.shelf import Shelf, Shown
from mmgpt.ui.talker import Choices, Stops, until
from tests.ui.hostile import PAYLOADS, TEXT, Parsed
from tests.ui.test_card import picture

INFO = ImageInfo(width=64, height=40, sha256="0" * 64)


def talking(shelf: Shelf | None = None) -> Talking:
    shelf = Shelf() if shelf is None else shelf
    shown = [
        Picture(shelf.put(Shown(picture(), "")), f"data:image/png;base64,{name}", name, INFO)
        for name in ("a.png", "b.png")
    ]
    copied = {"start": 4, "end": 8, "picture": 0, "box": [1, 2, 3, 4], "confidence": 0.9}
    return (
        Talking()
        .said(Turn("user", "What?", tuple(shown)))
        .said(Turn("assistant", "The host.", copied=(copied,)))
        .said(Turn("user", "And?"))
        .said(Turn("assistant", "Th", stopped=True))
    )


def test_editing_a_question_forgets_what_followed() -> None:
    edited = talking().edited(2, "Why?")
    assert [turn.text for turn in edited.turns] == ["What?", "The host.", "Why?"]
    assert edited.edited(0, "Who?").turns[0].pictures == edited.turns[0].pictures


@given(TEXT)
@settings(max_examples=60, deadline=None)
def test_the_log_holds_no_more_than_text(text: str) -> None:
    pytest.importorskip("gradio")
    from mmgpt.ui.chat_tab import log_of

    shown = Picture("id", "data:image/png;base64,AA", text, INFO)
    parsed = Parsed(log_of(Talking((Turn("user", text, (shown,)), Turn("assistant", text, stopped=True)))))
    assert parsed.strange == [] and parsed.links == []
    assert parsed.sources == ["data:image/png;base64,AA"]
    assert "(stopped)" in parsed.text


def test_undo_and_retry_go_back_to_a_question() -> None:
    assert [t.text for t in talking().open_question().turns] == ["What?", "The host.", "And?"]
    before, turn = talking().undone()
    assert turn is not None and turn.text == "And?" and len(before.turns) == 2
    assert Talking().undone() == (Talking(), None)


def test_the_model_is_told_pictures_first_and_text_as_it_is() -> None:
    shelf = Shelf()
    talk = talking(shelf).said(Turn("user", "<image><|end|>"))
    messages = talk.asked(shelf, "")
    assert [message.role for message in messages] == ["user", "assistant", "user", "assistant", "user"]
    assert len(messages[0].parts) == 3 and messages[0].parts[2] == "What?"
    assert messages[-1].parts == ("<image><|end|>",)
    with pytest.raises(ServiceError):
        talk.asked(Shelf(), "")


def test_an_export_is_the_object_that_the_terminal_saves() -> None:
    value = json.loads(json.dumps(talking().talk("mmgpt-nano").to_dict()))
    again = Talk.model_validate(value)
    assert [message.pictures for message in again.messages] == [[1, 2], [], [], []]
    assert again.messages[1].spans[0].text == "host" and again.messages[1].spans[0].picture == 1


@pytest.mark.parametrize("text", PAYLOADS)
def test_markdown_holds_no_more_than_text(text: str) -> None:
    written = Talking().said(Turn("user", f"{text}\n```\n# no heading")).markdown("m")
    inside = written.split("**You**")[1]
    fence = inside.strip().splitlines()[0].removesuffix("text")
    assert fence.startswith("````") and inside.rstrip().endswith(fence)


def test_what_is_typed_loses_control_characters() -> None:
    assert clean(["a\x1b[31m\r\nb\u202e\x00"]) == "a[31m\nb"


def test_a_retry_draws_anew() -> None:
    assert Choices().again() == Choices(temperature=0.7, seed=1)
    assert Choices(temperature=0.3, seed=4).again() == Choices(temperature=0.3, seed=5)


def test_stopping_ends_also_what_waits_for_its_turn() -> None:
    closed = []

    async def slow() -> AsyncIterator[Delta]:
        try:
            yield Delta("a")
            await asyncio.sleep(60)
            yield Delta("b")
        finally:
            closed.append(True)

    async def run() -> list[Any]:
        stop = asyncio.Event()
        found = []
        async for event in until(slow(), stop):
            found.append(event)
            asyncio.get_running_loop().call_later(0.05, stop.set)
        return found

    assert asyncio.run(asyncio.wait_for(run(), 5)) == [Delta("a")]
    assert closed == [True]


def test_a_new_answer_of_a_session_stops_the_one_before() -> None:
    async def run() -> None:
        stops = Stops()
        first, other = stops.begin("a"), stops.begin("b")
        second = stops.begin("a")
        assert first.is_set() and not second.is_set() and not other.is_set()
        stops.end("a", first)  # too late: it is another's by now
        stops.stop("a")
        assert second.is_set() and not other.is_set()

    asyncio.run(run())
