"""Where a corrected text stands among the lines that were read, and how it is written there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mmgpt.corrections.normal import clean, folded, normal
from mmgpt.knowledge.patterns import Pattern

if TYPE_CHECKING:
    from vision.reader.types import Line

MOST_ROWS = 4
"""A message that is wrapped takes this many lines at most."""

Rows = tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """A text as it stands in the picture, and the lines (indices) that it stands in."""

    text: str
    lines: Rows


class Page:
    """The lines of one picture, for looking up texts in them: blanks, case and typographic marks do not count."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines

    @cached_property
    def folds(self) -> list[str]:
        """Every line without case and blanks, its marks plain."""
        return [_fold(line.text) for line in self.lines]

    @cached_property
    def _whole(self) -> str:
        return "".join(self.folds)

    def find_message(self, message: str, near: Sequence[int] = ()) -> Place | None:
        """Where a message stands, with other values in its slots if need be: as whole lines, or as a part of one or several.

        `near` are lines that are looked at first where it stands several times.
        """
        form = normal(message)
        place = self.find_text(message, near)
        if place is not None or form.slots is None:
            return place
        begins = folded(form.pattern.split("{")[0])[:8]
        place = self.find_rows(lambda text: normal(text).slots == form.slots, begins, near)
        if place is not None:
            return place
        pattern = Pattern(form.pattern.casefold())
        for rows in self._runs(near):
            text = self._text(rows)
            match = pattern.find(clean(text).casefold())
            if match is not None and normal(match.text).slots == form.slots:
                return Place(_as_written(text, match.text) or match.text, rows)
        return None

    def find_rows(self, fits: Callable[[str], bool], begins: str = "", near: Sequence[int] = ()) -> Place | None:
        """The first line, or the first neighbours joined, that `fits`. Only those are tried that begin with `begins` (folded)."""
        for rows in self._runs(near):
            if "".join(self.folds[i] for i in rows).startswith(begins) and fits(text := self._text(rows)):
                return Place(" ".join(text.split()), rows)
        return None

    def find_text(self, wanted: str, near: Sequence[int] = ()) -> Place | None:
        """Where a text stands word for word, not as a part of a longer word."""
        key = folded(clean(wanted))
        if not key or key not in self._whole:
            return None
        for rows in self._runs(near):
            if key in "".join(self.folds[i] for i in rows):
                written = _as_written(self._text(rows), wanted)
                if written is not None:
                    return Place(written, rows)
        return None

    def _text(self, rows: Rows) -> str:
        return " ".join(self.lines[i].text for i in rows)

    def _runs(self, near: Sequence[int]) -> Iterator[Rows]:
        """Every line, those of `near` first; then two to four neighbours."""
        count = len(self.lines)
        order = [*dict.fromkeys(i for i in near if 0 <= i < count), *(i for i in range(count) if i not in near)]
        for length in range(1, MOST_ROWS + 1):
            yield from (tuple(range(first, first + length)) for first in order if first + length <= count)


def _fold(text: str) -> str:
    plain = text if text.isascii() and text.isprintable() else clean(text)
    return "".join(plain.casefold().split())


def _as_written(text: str, wanted: str) -> str | None:
    """The part of a text that reads `wanted`, as it is written there; None where it does not, or only inside a longer word."""
    key = folded(clean(wanted))
    places: list[int] = []
    letters = []
    for at, letter in enumerate(text):
        made = _fold(letter)
        letters.append(made)
        places += [at] * len(made)
    joined = "".join(letters)
    start = joined.find(key)
    while start >= 0:
        first, last = places[start], places[start + len(key) - 1]
        before, after = text[first - 1 : first] if first else "", text[last + 1 : last + 2]
        if not (_joins(text[first]) and _joins(before)) and not (_joins(text[last]) and _joins(after)):
            return " ".join(text[first : last + 1].split())
        start = joined.find(key, start + 1)
    return None


def _joins(letter: str) -> bool:
    return re.match(r"\w", letter) is not None
