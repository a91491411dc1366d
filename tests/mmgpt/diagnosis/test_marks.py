"""Letters that the reader does not support are marked where they stand in the evidence, and nothing else is."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgpt.diagnosis.marks import SUPPORTED, doubtful, letters_support, supports
from vision.reader.types import Character, Line


def line(text: str, weak: dict[int, float] | None = None, sure: float = 0.99, told: bool = True) -> Line:
    """A line with some weak characters, by their number."""
    weak = weak or {}
    characters = tuple(Character(c, 8.0 * i, 8.0 * i + 8, weak.get(i, sure)) for i, c in enumerate(text))
    return Line(text, (0, 0, 8 * len(text), 14), sure, characters if told else ())


def test_a_weak_letter_is_marked_where_it_stands() -> None:
    text = "fatal: error 0x8007O005"
    assert doubtful([line(text, {19: 0.5})], text) == [(19, 20)]
    assert doubtful([line(text)], text) == []


def test_a_part_of_a_line_is_found_in_it() -> None:
    whole = line("E: connect() failed (111: refused)", {21: 0.4, 0: 0.1})
    assert doubtful([whole], "111") == [(0, 1)]
    assert letters_support([whole], "111") == 0.4
    assert letters_support([whole], "refused") == 0.99


def test_joined_lines_with_and_without_a_blank_between() -> None:
    first, second = line("cannot open fi", {13: 0.3}), line("le.txt", {0: 0.2})
    assert doubtful([first, second], "cannot open file.txt") == [(13, 15)]
    assert doubtful([first, second], "cannot open fi le.txt") == [(13, 16)]  # what only a blank parts is one


def test_a_trimmed_icon_and_squeezed_blanks_do_not_shift_the_marks() -> None:
    read = line("X  No   space left", {3: 0.5})
    assert doubtful([read], "No space left") == [(0, 1)]


def test_letters_that_stand_in_no_line_have_no_support() -> None:
    assert doubtful([line("No such file")], "No such dir") == [
        (8, 9),
        (10, 11),
    ]  # "i" of "file" supports the one of "dir"
    assert letters_support([line("No such file")], "ENOENT") == 0.0
    assert letters_support([], "ENOENT") == 0.0 and doubtful([], "ENOENT") == [(0, 6)]


def test_readers_that_tell_of_no_letters_are_taken_at_the_line() -> None:
    assert doubtful([line("E37: no", sure=0.95, told=False)], "E37") == []
    assert doubtful([line("E37: no", sure=0.6, told=False)], "E37") == [(0, 3)]


def test_a_code_that_stands_twice_is_proved_by_the_better_one() -> None:
    assert letters_support([line("EACCES: EACCES", {9: 0.2})], "EACCES") == 0.99


def test_nothing_is_said_of_nothing() -> None:
    assert doubtful([line("a")], "") == [] and doubtful([], "  ") == []
    assert letters_support([line("a")], "") == 1.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(alphabet="ab 1é|\u202e", min_size=0, max_size=12), max_size=3), st.data())
def test_marks_lie_within_the_text_and_on_letters(texts: list[str], data: st.DataObject) -> None:
    lines = [
        line(text, {i: data.draw(st.floats(0, 1)) for i in range(0, len(text), 2)}, told=data.draw(st.booleans()))
        for text in texts
    ]
    text = data.draw(st.sampled_from([" ".join(texts), "".join(texts), *texts, "zzz"]))
    marks = doubtful(lines, text)
    assert all(0 <= a < b <= len(text) and text[a:b].strip() for a, b in marks)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(marks))
    weak = {i for i, value in enumerate(supports(lines, text)) if value is not None and value < SUPPORTED}
    covered = {i for a, b in marks for i in range(a, b)}
    assert weak <= covered and all(text[i].isspace() for i in covered - weak)


@pytest.mark.parametrize("drop", [0.2, 0.89])
def test_the_weakest_letter_decides_not_the_mean(drop: float) -> None:
    read = line("0x80070005", {9: drop})
    assert letters_support([read], "0x80070005") == drop
