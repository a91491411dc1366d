"""Doubtful lines are read again within a counted budget; the answer is the same each time, and only better readings replace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmgpt.commands.checks import drawn_text
from mmgpt.diagnosis import reread as module
from mmgpt.diagnosis.reread import BETTER, is_doubtful, reread, worth_rereading
from vision.image import load_image
from vision.reader import make_reader
from vision.reader.nano import NanoReader
from vision.reader.types import Line, TextReader

CAPTURES = Path(__file__).resolve().parents[2] / "data" / "real" / "dev"


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return make_reader("nano")


@pytest.fixture(scope="module")
def small() -> np.ndarray:
    """A real dialog, whose text is small and hardly supported in places."""
    return load_image(CAPTURES / "tk-config-missing.png").pixels


@pytest.fixture(scope="module")
def read(reader: TextReader, small: np.ndarray) -> list[Line]:
    return reader.read(small)


def spoilt(line: Line) -> Line:
    """The line as a bad crop would have it: other words, of which the reader is not sure."""
    characters = tuple(replace(c, text="#", confidence=0.4) for c in line.characters)
    return replace(line, text="#" * len(line.text), confidence=0.4, characters=characters)


def test_what_was_read_badly_is_read_again_and_stands_where_it_stood(reader: TextReader) -> None:
    image = drawn_text()
    lines = reader.read(image)
    assert len(lines) >= 1
    again, changed = reread(reader, image, [spoilt(line) for line in lines], range(len(lines)), 1000)
    assert changed == list(range(len(lines)))
    for before, after in zip(lines, again, strict=True):
        assert after.text == before.text and after.box == before.box and after.metrics == before.metrics
        assert "".join(c.text for c in after.characters) == after.text
        for old, new in zip(before.characters, after.characters, strict=True):
            assert abs(old.x0 - new.x0) <= 4 and abs(old.x1 - new.x1) <= 4
        assert all(after.box[0] <= c.x0 <= c.x1 <= after.box[2] for c in after.characters)


def test_same_picture_same_answer(reader: TextReader, small: np.ndarray, read: list[Line]) -> None:
    wanted = worth_rereading(read)
    assert wanted, "a capture with doubtful lines is needed here"
    assert reread(reader, small, read, wanted, 500) == reread(reader, small, read, wanted, 500)


def test_only_better_supported_readings_replace(reader: TextReader, small: np.ndarray, read: list[Line]) -> None:
    again, changed = reread(reader, small, read, range(len(read)), 2000)
    assert len(again) == len(read)
    for index, (before, after) in enumerate(zip(read, again, strict=True)):
        if index in changed:
            assert is_doubtful(before) and after.text != before.text and after.confidence > before.confidence + BETTER
        else:
            assert after == before


def test_sure_lines_and_lines_that_nobody_wants_are_left_alone(reader: TextReader) -> None:
    image = drawn_text()
    lines = reader.read(image)
    sure = [replace(spoilt(line), confidence=0.99, characters=()) for line in lines]
    assert reread(reader, image, sure, range(len(sure)), 1000) == (sure, [])
    bad = [spoilt(line) for line in lines]
    assert reread(reader, image, bad, [], 1000) == (bad, [])


def test_the_budget_counts_columns_in_the_order_that_is_wanted(reader: TextReader) -> None:
    image = np.concatenate([drawn_text()] * 2)
    bad = [spoilt(line) for line in reader.read(image)]
    costs = [module._cost(line) for line in bad]
    budget = (costs[-1] + 1) / module.COLUMNS_A_MS
    _, changed = reread(reader, image, bad, list(reversed(range(len(bad)))), budget)
    assert changed == [len(bad) - 1]
    assert reread(reader, image, bad, range(len(bad)), 0)[1] == []


def test_a_clock_far_beyond_the_budget_stops_and_says_so(reader: TextReader, monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.concatenate([drawn_text()] * 2)
    bad = [spoilt(line) for line in reader.read(image)]
    ticks = iter(range(0, 10_000, 60))
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(ticks)))
    warnings: list[str] = []
    again, changed = reread(reader, image, bad, range(len(bad)), 1000, warnings)
    assert changed == [] and again == bad and len(warnings) == 1


def test_readers_without_places_and_lines_without_metrics_change_nothing(reader: TextReader) -> None:
    class Peer:
        name = "peer"

    image = drawn_text()
    bad = [spoilt(line) for line in reader.read(image)]
    assert reread(Peer(), image, bad, range(len(bad)), 1000) == (bad, [])
    nowhere = [replace(line, metrics=None) for line in bad]
    assert reread(reader, image, nowhere, range(len(bad)), 1000) == (nowhere, [])


@pytest.mark.parametrize("box", [(0, 0, 3, 3), (-5, -5, 40, 10), (2000, 2000, 2100, 2014)])
def test_boxes_at_and_beyond_the_edge_are_survived(reader: TextReader, box: tuple[int, int, int, int]) -> None:
    assert isinstance(reader, NanoReader)
    image = drawn_text()
    line = Line("##", box, 0.3, (), (float(box[1]), float(box[3])))
    again, _ = reread(reader, image, [line], [0], 1000)
    assert again[0].box == box


def test_evidence_comes_first_then_the_most_doubtful() -> None:
    lines = [Line("a", (0, 0, 9, 9), c) for c in (0.99, 0.9, 0.5, 0.8)]
    assert worth_rereading(lines) == [2, 3, 1]
    assert worth_rereading(lines, first=[1, 0]) == [1, 2, 3]
