"""Doubtful text, read again: cut out with a margin, enlarged, and read at three slightly different heights of the letters.

A small error in where a line's letters begin and end shifts every stroke of an 8-pixel face; enlarged by Lanczos instead of the
recogniser's own bilinear sampling, thin strokes keep their weight. The reading that is best supported stays.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from vision.reader.types import Character, Line

if TYPE_CHECKING:
    from vision.reader.detect import Found
    from vision.reader.recogniser import Decoded

log = logging.getLogger(__name__)

LINE_DOUBTFUL, LETTER_DOUBTFUL = 0.97, 0.9  # a line below the one, or with a letter below the other, is read again
BETTER = 0.05
"""By how much another reading must be better supported (geometric mean of the letters' probabilities). Of 451 doubtful lines of dev
captures 16 became better and 3 worse (314 wrong characters to 250), of 1,559 of rendered held-out screens 71 and 48 (1,472 to 1,421)."""

SCALE = 2.0
SHIFTS = ((0.0, 0.0), (-0.05, 0.05), (0.05, -0.05))  # of the letters' upper and lower edge, in heights
COLUMNS_A_MS = 38.0  # columns of crops that one core reads in a millisecond, measured on lines of captures
CALL_COLUMNS = 120.0  # what a call costs beyond its columns
PATIENCE = 40.0  # the clock stops only what takes so many times its budget: a busy machine must not change an answer
RIGHT_LEAST = 0.5  # as many letters as this share of the former reading must stand in the new one


@runtime_checkable
class Recognises(Protocol):
    """A reader that can read a line again whose place is known (`NanoReader`)."""

    def recognise(self, image: np.ndarray, found: list[Found]) -> list[tuple[Decoded, tuple[float, float]]]:
        """RGB uint8 [H, W, 3] and lines in it → decoding, and x of the crop's left edge with pixels a frame."""
        ...


@dataclass(frozen=True)
class _Reading:
    text: str
    confidence: float
    characters: tuple[Character, ...]


def worth_rereading(lines: Sequence[Line], first: Sequence[int] = ()) -> list[int]:
    """Indices of doubtful lines: those among `first` in their order, then the others, the most doubtful first."""
    doubtful = [index for index, line in enumerate(lines) if is_doubtful(line)]
    early = [index for index in dict.fromkeys(first) if index in doubtful]
    rest = sorted((index for index in doubtful if index not in early), key=lambda i: (lines[i].confidence, i))
    return early + rest


def is_doubtful(line: Line) -> bool:
    """Whether a line is worth a second look: read with little confidence, or with a letter that is hardly supported."""
    return line.confidence < LINE_DOUBTFUL or any(
        char.confidence < LETTER_DOUBTFUL for char in line.characters if not char.text.isspace()
    )


def reread(
    reader: object, image: np.ndarray, lines: Sequence[Line], wanted: Sequence[int], budget_ms: float,
    warnings: list[str] | None = None,
) -> tuple[list[Line], list[int]]:  # fmt: skip
    """Reads the doubtful ones of the lines `wanted` again; returns all lines, in number and order as given, and which are changed.

    `image` is RGB uint8 [H, W, 3]. The budget is counted in columns of pixels that are read, at what one core reads in a
    millisecond, so that a picture has the same answer on any machine and under any load; `wanted` is served in its order. Only
    where the clock says several times the budget is the rest left as it was, and `warnings` and the log are told. Readers that cannot
    read a line by its place (peers) change nothing. Raises IndexError for an index that is no line's.
    """
    out = list(lines)
    changed: list[int] = []
    if not isinstance(reader, Recognises):
        return out, changed
    left = budget_ms * COLUMNS_A_MS
    deadline = time.monotonic() + PATIENCE * max(budget_ms, 1.0) / 1000
    for index in dict.fromkeys(wanted):
        line = lines[index]
        if line.metrics is None or not is_doubtful(line):
            continue
        cost = _cost(line)
        if cost > left:
            continue  # a shorter one may still fit in
        if time.monotonic() > deadline:
            text = "reading doubtful text again took too long, so some of it was left as it was"
            log.warning("%s (%.0f ms were granted)", text, budget_ms)
            if warnings is not None:
                warnings.append(text)
            break
        left -= cost
        better = _better(line, _again(reader, image, line, line.metrics))
        if better is not None:
            out[index] = replace(
                line, text=better.text, confidence=better.confidence, characters=better.characters
            )  # fmt: skip
            changed.append(index)
    return out, changed


def _cost(line: Line) -> float:
    """Columns of crops at height 32 that reading a line again takes."""
    assert line.metrics is not None
    height = max(line.metrics[1] - line.metrics[0], 2.0)
    width = (line.box[2] - line.box[0] + 0.6 * height) / (1.24 * height) * 32
    return len(SHIFTS) * width + CALL_COLUMNS


def _again(reader: Recognises, image: np.ndarray, line: Line, metrics: tuple[float, float]) -> list[_Reading]:
    """The line's readings from its enlarged crop, places in pixels of the picture."""
    from PIL import Image

    from vision.reader.detect import Found

    top, bottom = metrics
    height = bottom - top
    margin = math.ceil(0.6 * height) + 2
    x0, y0 = max(0, line.box[0] - margin), max(0, int(top) - margin)
    x1, y1 = min(image.shape[1], line.box[2] + margin), min(image.shape[0], math.ceil(bottom) + margin)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return []
    size = (round((x1 - x0) * SCALE), round((y1 - y0) * SCALE))
    crop = Image.fromarray(np.ascontiguousarray(image[y0:y1, x0:x1])).resize(size, Image.Resampling.LANCZOS)
    found = [
        Found(
            (line.box[0] - x0) * SCALE, (top + up * height - y0) * SCALE,
            (line.box[2] - x0) * SCALE, (bottom + down * height - y0) * SCALE, 1.0,
        )
        for up, down in SHIFTS
    ]  # fmt: skip
    return [
        _Reading(
            decoded.text.strip(), _unit(decoded.confidence), _placed(decoded, x0 + left / SCALE, step / SCALE, line.box)
        )
        for decoded, (left, step) in reader.recognise(np.array(crop), found)
    ]


def _better(line: Line, readings: Sequence[_Reading]) -> _Reading | None:
    """The best supported reading, where it is better than the line as it is; None where it says the same or is no better."""
    usable = [r for r in readings if r.text and len(r.text) >= RIGHT_LEAST * len(line.text)]
    best = max(usable, key=lambda r: r.confidence, default=None)
    if best is None or best.text == line.text or best.confidence <= line.confidence + BETTER:
        return None
    return best


def _placed(decoded: Decoded, left: float, step: float, box: tuple[int, int, int, int]) -> tuple[Character, ...]:
    """Characters with their places: borders lie halfway between the middles of neighbours, the outer ones are the box's."""
    text = decoded.text
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    middles = [left + (a + b + 1) / 2 * step for a, b in decoded.spans[first:last]]
    edges = [float(box[0]), *((a + b) / 2 for a, b in pairwise(middles)), float(box[2])]
    placed = []
    for index, char in enumerate(text[first:last]):
        x0 = min(max(edges[index], box[0]), box[2])
        x1 = min(max(edges[index + 1], x0), box[2])
        placed.append(Character(char, round(x0, 1), round(x1, 1), _unit(decoded.confidences[first + index])))
    return tuple(placed)


def _unit(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 4)
