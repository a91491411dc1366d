"""The desk's HTML: whatever stands in a picture stays text, and every box has its field."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from mmgpt.commands.console import one_line
from mmgpt.schema import Diagnosis
from mmgpt.ui import card
from mmgpt.ui.comparing import differences, side_by_side
from mmgpt.ui.render import render
from mmgpt.ui.shelf import Shown
from tests.ui.hostile import PAYLOADS, TEXT, Parsed
from vision.image import LoadedImage


def picture(width: int = 64, height: int = 40) -> LoadedImage:
    pixels = np.zeros((height, width, 3), np.uint8)
    return LoadedImage(pixels, width, height, hashlib.sha256(pixels.tobytes()).hexdigest(), "PNG", ())


def diagnosis(text: str = "boom", **changes: Any) -> dict[str, Any]:
    box = [10, 10, 120, 24]
    value: dict[str, Any] = {
        "schema": "mmgpt.diagnosis/1",
        "image": {"width": 320, "height": 200, "sha256": "0" * 64},
        "caption": text,
        "is_error": True,
        "app": text,
        "kind": "terminal",
        "message": text,
        "error_code": text,
        "category": "network",
        "cause": text,
        "fixes": [text, f"Run `{text}`."],
        "sources": [{"id": text, "title": text, "url": "javascript:alert(1)", "score": 0.9, "why": text}],
        "evidence": [{"field": "message", "text": text or "x", "box": box, "confidence": 0.9}],
        "confidence": {"message": 0.83, "app": 0.4},
        "text": [{"text": text, "box": box, "confidence": 0.3}],
        "warnings": [text],
        "question": text,
        "answer": text,
        "model": "mmgpt-nano",
    }
    return {**value, **changes}


def shown(text: str = "boom", **changes: Any) -> Shown:
    return Shown(picture(), "", text, diagnosis(text, **changes))


def desk(item: Shown, **options: Any) -> str:
    return card.desk("id-1", item, **{"correctable": True, "talks": True, **options})


@given(TEXT)
@settings(max_examples=50, deadline=None)
def test_words_of_pictures_stay_words(text: str) -> None:
    parsed = Parsed(desk(shown(text)))
    assert parsed.strange == []
    assert parsed.links == []
    assert all(source.startswith("data:image/png;base64,") for source in parsed.sources)
    assert one_line(text) in parsed.text


@pytest.mark.parametrize("text", PAYLOADS)
def test_words_stay_words_everywhere_else(text: str) -> None:
    other = Diagnosis.model_validate(diagnosis("other"))
    one = Diagnosis.model_validate(diagnosis(text))
    for html in (
        card.empty([{"name": text, "label": text, "uri": "data:image/png;base64,"}], text),
        card.waiting(text, text),
        side_by_side(shown(text), one, other, text),
        render("alert.html", text=text),
        render("drop.html", name=text, error=text),
        render("leaving.html", url=text, size=1, masked=1, words=text, picture=None),
    ):
        parsed = Parsed(html)
        assert parsed.strange == [] and parsed.links == []


def test_only_a_cited_address_is_a_link() -> None:
    source = {"id": "a/b", "title": "T", "url": "https://example.org/x?a=1&b=2", "score": 1.0, "why": ""}
    assert Parsed(desk(shown(sources=[source]))).links == ["https://example.org/x?a=1&b=2"]


def test_control_characters_do_not_reach_the_page() -> None:
    html = desk(shown("a\x1b[31m\u202eb\x00c"))
    assert not any(bad in html for bad in ("\x1b", "\u202e", "\x00"))


def test_a_field_and_its_box_have_the_same_key() -> None:
    html = desk(shown())
    assert 'data-key="e0-message"' in html and 'data-keys="e0-message"' in html
    assert 'data-line="0"' in html


def test_what_is_not_sure_is_said_in_words() -> None:
    item = shown(category=None, abstained=["category"], app=None)
    assert "Not sure what kind of trouble it is" in Parsed(desk(item)).text
    assert "no cause is given" in Parsed(desk(shown(cause=None, fixes=[], sources=[]))).text


def test_a_desk_says_what_it_cannot_do() -> None:
    text = Parsed(desk(shown(), correctable=False, talks=False)).text
    assert "keeps no corrections" in text and "no decoder" in text


def test_lines_stand_where_they_were_read() -> None:
    line = card.lines_of(Diagnosis.model_validate(diagnosis()))[0]
    assert (line["x"], line["y"], line["width"], line["height"]) == (3.125, 5.0, 34.375, 7.0)
    assert line["unsure"]


def test_differences_are_of_substance() -> None:
    one = Diagnosis.model_validate(diagnosis("No  Route"))
    other = Diagnosis.model_validate(diagnosis("no route", category="dns"))
    assert differences(one, other) == ["category"]
    html = side_by_side(shown(), one, other, "other")
    assert html.count('class="mm-row differs"') == 2
    assert "They differ in: category" in Parsed(html).text.replace("\n", "")
