"""What every reader returns: lines of text, where they stand and how sure the reader is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Character:
    """One read character: where it begins and ends (pixels of the original picture) and how sure the reader is (0..1)."""

    text: str
    x0: float
    x1: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text.

    `box` is x0, y0, x1, y1 in pixels of the original picture, hugs the ink, and excludes its right and bottom edge.
    `confidence` is 0..1. `characters` may be empty (readers from elsewhere do not always tell). `metrics` is the y of
    the ascender (top of 'd') and of the descender (bottom of 'p') where the reader knows them.
    """

    text: str
    box: tuple[int, int, int, int]
    confidence: float
    characters: tuple[Character, ...] = ()
    metrics: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class PerceivedLine:
    """A line, and what a decoder may want to know beyond it: for each character of `line.text` (blanks too) its probability, the
    reader's second choice ("" for none), and the recogniser's features there, float16 [n, Dr]."""

    line: Line
    certainty: tuple[float, ...]
    alternatives: tuple[str, ...]
    columns: np.ndarray


@runtime_checkable
class TextReader(Protocol):
    """Anything that reads pictures: our own network, Tesseract, RapidOCR."""

    name: str

    def read(self, image: np.ndarray) -> list[Line]:
        """RGB uint8 [H, W, 3] -> lines in reading order."""
        ...
