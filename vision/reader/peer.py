"""What the adapters of readers from elsewhere share: boxes that hug the ink, characters spread over words."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from vision.reader.types import Character

_FULLWIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


class PeerUnavailable(RuntimeError):
    """A reader from elsewhere is not installed, or not as it should be. The message says what to install."""


def hug_ink(image: np.ndarray, box: tuple[float, float, float, float], grow: int = 0) -> tuple[int, int, int, int]:
    """Shrinks a box until each side touches ink.

    `image` is RGB uint8 [H, W, 3], `box` x0, y0, x1, y1 in its pixels; `grow` widens the box by so many pixels before.
    The ground is the most frequent colour inside; ink is what differs clearly from it. Thin ink at the upper or lower
    rim that a blank row parts from the rest (the neighbouring line's tails, a border) is left out. A box without ink
    comes back clipped and rounded. Returns integers inside the picture, right and bottom exclusive, never empty.
    """
    height, width = image.shape[:2]
    x0 = min(max(int(np.floor(box[0])) - grow, 0), width - 1)
    y0 = min(max(int(np.floor(box[1])) - grow, 0), height - 1)
    x1 = max(min(int(np.ceil(box[2])) + grow, width), x0 + 1)
    y1 = max(min(int(np.ceil(box[3])) + grow, height), y0 + 1)
    crop = image[y0:y1, x0:x1].astype(np.int32)
    packed = ((crop[..., 0] >> 3) << 10) | ((crop[..., 1] >> 3) << 5) | (crop[..., 2] >> 3)
    values, counts = np.unique(packed, return_counts=True)
    is_ground = packed == values[counts.argmax()]
    ground = np.median(crop[is_ground], axis=0)
    distance = np.abs(crop - ground).max(axis=2)
    strongest = int(distance.max())
    if strongest < 12:
        return x0, y0, x1, y1
    ink = distance > max(10.0, 0.3 * strongest)
    top, bottom = _main_run(ink.sum(axis=1))
    columns = np.flatnonzero(ink[top:bottom].any(axis=0))
    return x0 + int(columns[0]), y0 + top, x0 + int(columns[-1]) + 1, y0 + bottom


def _main_run(profile: np.ndarray) -> tuple[int, int]:
    """First and last (exclusive) inked row, without thin runs at the rim that a blank row parts from the rest."""
    inked = np.flatnonzero(profile)
    breaks = np.flatnonzero(np.diff(inked) > 1)
    runs = [(int(r[0]), int(r[-1]) + 1) for r in np.split(inked, breaks + 1)]
    total = int(profile.sum())
    height = len(profile)
    while len(runs) > 1 and runs[0][0] == 0 and _is_rim(profile, runs[0], total, height):
        runs.pop(0)
    while len(runs) > 1 and runs[-1][1] == height and _is_rim(profile, runs[-1], total, height):
        runs.pop()
    return runs[0][0], runs[-1][1]


def _is_rim(profile: np.ndarray, run: tuple[int, int], total: int, height: int) -> bool:
    return run[1] - run[0] <= max(1, height // 5) and int(profile[run[0] : run[1]].sum()) <= 0.25 * total


def spread(words: list[tuple[str, float, float, float]]) -> tuple[Character, ...]:
    """Characters from words given as (text, x0, x1, confidence 0..1), left to right.

    A word's width is shared out evenly among its characters; between two words stands a space as wide as the gap, with
    the lower confidence of the two. So the positions are right to a word and estimated within it.
    """
    characters: list[Character] = []
    for text, x0, x1, confidence in words:
        if characters:
            start, end = sorted((characters[-1].x1, x0))
            characters.append(Character(" ", start, end, min(characters[-1].confidence, confidence)))
        step = (x1 - x0) / max(len(text), 1)
        characters += [Character(c, x0 + i * step, x0 + (i + 1) * step, confidence) for i, c in enumerate(text)]
    return tuple(characters)


def fold_fullwidth(text: str) -> str:
    """Turns full-width forms of ASCII characters, such as `：` and `（`, into the characters themselves.

    Recognisers trained on Chinese documents write them where a screen shows plain ASCII. Text that holds Chinese,
    Japanese or Korean letters is left as it is.
    """
    if any("\u3040" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7af" for c in text):
        return text
    return text.translate(_FULLWIDTH)


def source_version(*modules: str) -> str:
    """A short hash over the source of modules of this package (file names without `.py`), for keys of caches."""
    digest = hashlib.sha256()
    for module in ("order", "peer", *modules):
        digest.update((Path(__file__).parent / f"{module}.py").read_bytes())
    return digest.hexdigest()[:12]
