"""Does it stand in the picture? Words of an engine looked for in the words that were read, with the reader's errors in mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LONGEST = 600
"""Letters of a text that is looked for; messages are shorter."""
MOST_READ = 40_000
"""Letters of a picture that are searched; the time of a search grows with the product of both."""
_LOOKS = {
    "o": "0", "l": "1", "i": "1", "|": "1", "!": "1", "’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"',
    "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "s": "5", "z": "2",
}  # fmt: skip
"""Letters that readers take for each other, in lower case. B and 8 are kept apart: both are digits of hexadecimal codes."""


@dataclass(frozen=True)
class Place:
    """Where a text was found: the words as they were read, the lines they are in, how many letters differ of how many.

    `alike` says that nothing differs but blanks, case and letters that look alike; `whole`, that it begins and ends where
    words do.
    """

    text: str
    lines: tuple[int, ...]
    edits: int
    length: int
    whole: bool

    @property
    def alike(self) -> bool:
        """Whether only look-alikes differ."""
        return self.edits == 0

    @property
    def likeness(self) -> float:
        """1 for the same, 0 for nothing in common."""
        return max(0.0, 1 - self.edits / max(self.length, 1))


def alike(text: str) -> str:
    """The text without blanks, with one form for all letters that look alike."""
    return "".join(_form(letter) for letter in text)


def _form(letter: str) -> str:
    return "" if letter.isspace() else "".join(_LOOKS.get(low, low) for low in letter.lower())


def find(text: str, lines: Sequence[str]) -> Place | None:
    """The part of the lines, joined in their order, that is nearest to the text by edit distance; None where there is nothing to look for.

    Sellers' algorithm (1980): edit distance in which the text may begin and end anywhere, here row by row over all of the lines
    at once. Time O(letters of the text x letters of the lines).
    """
    pattern = alike(text[:LONGEST])
    letters, owners = _haystack(lines)
    if not pattern or not letters:
        return None
    haystack = np.array([ord(letter) for letter in letters], dtype=np.int64)
    end, edits = _nearest_end(pattern, haystack)
    # the same from behind gives where it begins
    back, _ = _nearest_end(pattern[::-1], haystack[:end][::-1], anchored=True)
    start = end - back
    return None if start >= end else _place(lines, owners[start:end], edits, len(pattern))


def find_word(text: str, lines: Sequence[str]) -> Place | None:
    """The first place where the text stands as a word of its own, but for letters that look alike: 404 is not in 14043."""
    pattern = alike(text)
    letters, owners = _haystack(lines)
    joined = "".join(letters)
    start = joined.find(pattern) if pattern else -1
    while start >= 0:
        place = _place(lines, owners[start : start + len(pattern)], 0, len(pattern))
        if place.whole:
            return place
        start = joined.find(pattern, start + 1)
    return None


def _haystack(lines: Sequence[str]) -> tuple[list[str], list[tuple[int, int]]]:
    """The letters of all lines as `alike` has them, and for each the line and the position it comes from."""
    letters: list[str] = []
    owners: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        for position, letter in enumerate(line):
            for form in _form(letter):
                letters.append(form)
                owners.append((number, position))
        if len(letters) > MOST_READ:
            break
    return letters, owners


def _place(lines: Sequence[str], owners: Sequence[tuple[int, int]], edits: int, length: int) -> Place:
    (first, begin), (last, end) = owners[0], owners[-1]
    parts = [lines[n][begin if n == first else 0 : end + 1 if n == last else None] for n in range(first, last + 1)]
    touched = tuple(n for n, part in zip(range(first, last + 1), parts, strict=True) if part.strip())
    beside = lines[first][max(begin - 1, 0) : begin] + lines[last][end + 1 : end + 2]
    whole = not any(letter.isalnum() or letter == "_" for letter in beside)
    return Place(" ".join(part.strip() for part in parts if part.strip()), touched, edits, length, whole)


def _nearest_end(pattern: str, haystack: np.ndarray, *, anchored: bool = False) -> tuple[int, int]:
    """Behind which letter of the haystack [n] the pattern ends best, and with how many edits; `anchored`: it begins at the first."""
    size = len(haystack)
    steps = np.arange(size + 1, dtype=np.int64)
    row = steps.copy() if anchored else np.zeros(size + 1, dtype=np.int64)
    for number, letter in enumerate(pattern, 1):
        fresh = np.empty_like(row)
        fresh[0] = number
        fresh[1:] = np.minimum(row[:-1] + (haystack != ord(letter)), row[1:] + 1)
        # inserting: each cell may come from any cell to its left, one edit a step
        row = np.minimum.accumulate(fresh - steps) + steps
    best = int(row.argmin())
    return best, int(row[best])
