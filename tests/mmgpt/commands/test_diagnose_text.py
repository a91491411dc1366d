"""A diagnosis as text: every part of it, on terminals of any width, whatever was read."""

from __future__ import annotations

import re

import pytest

from mmgpt.commands.console import Console
from mmgpt.commands.show import diagnosis_text
from tests.mmgpt.report.hostile import TEXTS, diagnosis_of


def console(terminal: bool, color: bool = False) -> Console:
    made = Console()
    made.terminal, made.color = terminal, color
    return made


def test_every_part_has_its_row():
    text = diagnosis_text(diagnosis_of("E42", answer="Push it in.\nThen wait.", question="What now?"), console(False))
    rows = text.splitlines()
    assert rows[:5] == ["What now?", "Push it in.", "Then wait.", "", "A program reports: “E42”."]
    labels = [row[2:12].strip() for row in rows[5:] if row[:2] == "  " and row[2:3] not in ("", " ")]
    knowledge = ["cause", "to do", "source"]
    assert labels == [
        "error", "code", "program", "kind", "where", *knowledge,
        "Another er", "error", "code", "program", "category", *knowledge,
        "unclear", "unclear", "unclear", "not sure", "note", "note", "masked", "asked",
    ]  # fmt: skip
    assert "  to do        1.   E42\n               2.   Look at `E42` first.\n" in text
    assert "  source     90 %   shop/e42 – E42: E42 – https://shop.example/e42\n" in text
    assert "5 bytes left this machine, 1 secret masked; its answer was not taken: E42" in text


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_nothing_that_was_read_reaches_a_terminal_raw(name: str, width: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", str(width))
    for terminal in (True, False):
        text = diagnosis_text(diagnosis_of(TEXTS[name]), console(terminal))
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
        if terminal:
            assert max(map(len, text.split("\n"))) <= min(width, 120)


def test_an_address_that_is_none_of_the_web_is_not_shown():
    source = {"id": "shop/e42", "title": "E42", "url": "javascript:alert(1)", "score": 1.0, "why": ""}
    assert "javascript" not in diagnosis_text(diagnosis_of("E42", sources=[source], further=[]), console(False))
