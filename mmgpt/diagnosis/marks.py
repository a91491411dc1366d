"""Which letters of a text the reader does not support: they may be others.

Each character of a line has the probability that the recogniser gave it. A text that is shown as evidence is a part of a line, or
several joined and trimmed; it is laid beside the lines' characters first.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vision.reader.types import Line

SUPPORTED = 0.9
"""Characters below are doubtful. Of 39,130 characters of dev captures 144 were wrong: this marks 79 % of those and 0.8 % of the others."""

_QUOTES = frozenset("'\"’‘“”`´")  # which of them it is hardly ever matters, and readers are seldom sure


@dataclass(frozen=True)
class _Letter:
    text: str
    support: float


def supports(lines: Sequence[Line], text: str) -> list[float | None]:
    """How sure the reader is of each character of `text` (0..1); None for blanks.

    `lines` are those that the text was taken from, in its order. Blanks between them do not count. Lines of readers that do not
    tell of single characters give all of theirs the line's confidence. A character that stands in none of the lines has 0.
    """
    letters = [letter for line in lines for letter in _letters(line)]
    places = [index for index, char in enumerate(text) if not char.isspace()]
    found: list[float | None] = [None if char.isspace() else 0.0 for char in text]
    wanted = "".join(text[index] for index in places)
    known = "".join(letter.text for letter in letters)
    start = _first(known, wanted, letters)
    if start is not None:
        for offset, place in enumerate(places):
            found[place] = letters[start + offset].support
        return found
    matcher = difflib.SequenceMatcher(None, known, wanted, autojunk=False)
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            found[places[block.b + offset]] = letters[block.a + offset].support
    return found


def doubtful(lines: Sequence[Line], text: str, least: float = SUPPORTED) -> list[tuple[int, int]]:
    """Parts of `text`, first character and the one behind the last, whose letters have less than `least` support.

    Parts that only blanks lie between are one. Quotation marks are never doubtful. See `supports` for what `lines` and `text` are.
    """
    spans: list[tuple[int, int]] = []
    place = 0
    support = [None if char in _QUOTES else value for char, value in zip(text, supports(lines, text), strict=True)]
    for weak, group in groupby(support, key=lambda value: None if value is None else value < least):
        length = len(list(group))
        if weak:
            if spans and not text[spans[-1][1] : place].strip():
                spans[-1] = (spans[-1][0], place + length)
            else:
                spans.append((place, place + length))
        place += length
    return spans


def letters_support(lines: Sequence[Line], text: str) -> float:
    """The weakest letter's support: how sure a verbatim identifier is, which one wrong digit makes another. 1.0 for an empty text.

    A line's own confidence is a mean, in which one doubtful digit disappears.
    """
    return min((value for value in supports(lines, text) if value is not None), default=1.0)


def _letters(line: Line) -> list[_Letter]:
    """The characters of a line without blanks."""
    told = "".join(char.text for char in line.characters)
    if "".join(told.split()) == "".join(line.text.split()):
        known = [_Letter(letter, char.confidence) for char in line.characters for letter in char.text]
    else:
        known = [_Letter(letter, line.confidence) for letter in line.text]
    return [letter for letter in known if not letter.text.isspace()]


def _first(known: str, wanted: str, letters: list[_Letter]) -> int | None:
    """Where `wanted` stands in `known`; of several places the best supported one (any of them proves the text)."""
    best: tuple[float, int] | None = None
    start = known.find(wanted) if wanted else -1
    while start >= 0:
        weakest = min(letter.support for letter in letters[start : start + len(wanted)])
        if best is None or weakest > best[0]:
            best = (weakest, start)
        start = known.find(wanted, start + 1)
    return None if best is None else best[1]
