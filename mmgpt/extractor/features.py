"""Numbers that describe lines: hashed words and letter groups, geometry, style. The same for training and for use."""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mmgpt.extractor.cues import CUES, cues

if TYPE_CHECKING:
    from mmgpt.extractor.page import Page

BUCKETS = 12_288  # rows of the embedding table; the first half holds words, the second letter groups
_HALF = BUCKETS // 2
_PLACES = 46  # numbers of place, look and letters
GEOMETRY = _PLACES + CUES
_WORD = re.compile(r"[^\W_]+|[^\w\s]+|_")
_SPLIT = re.compile(r"([a-z])([A-Z])")
_MAX_WORDS = 26
_MAX_LETTERS = 110
# Letters that readers confuse fall together in the letter groups: l i 1 | and o 0 Q.
_FOLD = str.maketrans(
    {
        "i": "l",
        "1": "l",
        "|": "l",
        "!": "l",
        "0": "o",
        "q": "o",
        "5": "s",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "…": ".",
    }
)
_PUNCTUATION = re.compile(r"[^a-z0-9:'\"/\\.()\[\]<>{}=$#%@!?*-]")


def word_ids(text: str) -> list[int]:
    """Hashed words, neighbouring pairs and the line's first words: ids in [0, BUCKETS / 2)."""
    parts = [part if len(part) < 24 else part[:24] for part in _WORD.findall(text.lower())[:_MAX_WORDS]]
    parts = ["0" if part.isdigit() and len(part) not in (3,) else part for part in parts]
    keys = list(parts)
    keys += [f"{left} {right}" for left, right in itertools.pairwise(parts)]
    if parts:
        keys += [f"^{parts[0]}", f"^^{' '.join(parts[:2])}", f"{parts[-1]}$"]
    return [zlib.crc32(key.encode()) % _HALF for key in keys]


def letter_ids(texts: Sequence[str]) -> list[np.ndarray]:
    """Hashed groups of four letters of each text without blanks, confusable letters folded: ids in [BUCKETS / 2, BUCKETS)."""
    if not texts:
        return []
    raws = [
        f"^{_PUNCTUATION.sub('', text.lower().translate(_FOLD))[:_MAX_LETTERS]}$".encode("ascii", "ignore").ljust(
            4, b"$"
        )
        for text in texts
    ]
    raw = np.frombuffer(b"".join(raws), dtype=np.uint8).astype(np.uint32)
    mixed = (
        raw[:-3] * np.uint32(2654435761)
        ^ raw[1:-2] * np.uint32(2654501889)
        ^ raw[2:-1] * np.uint32(2246822519)
        ^ raw[3:] * np.uint32(3266489917)
    )
    mixed ^= mixed >> np.uint32(15)
    ids = _HALF + (mixed % np.uint32(_HALF)).astype(np.int64)
    made, start = [], 0
    for text in raws:
        made.append(ids[start : start + len(text) - 3])
        start += len(text)
    return made


def text_ids(texts: Sequence[str]) -> list[np.ndarray]:
    """All ids of each line: int64 [n], n >= 1."""
    return [
        np.concatenate([np.array(word_ids(text), dtype=np.int64), letters])
        for text, letters in zip(texts, letter_ids(texts), strict=True)
    ]


def shape_of(token: str) -> str:
    """The token's shape: A for capitals, a for small letters, 0 for digits, runs shortened to two."""
    mapped = "".join(
        "0" if char.isdigit() else "A" if char.isupper() else "a" if char.isalpha() else char for char in token[:40]
    )
    return re.sub(r"(.)\1{2,}", r"\1\1", mapped)


def token_ids(spans: Sequence[tuple[str, str, str]]) -> list[np.ndarray]:
    """Ids of candidates, each given as (token, text before it, text behind it): itself, its shape, the words beside it."""
    made = []
    for (token, before, after), letters in zip(spans, letter_ids([span[0] for span in spans]), strict=True):
        keys = [f"t:{token.lower()}", f"s:{shape_of(token)}"]
        left, right = _WORD.findall(before[-40:].lower())[-2:], _WORD.findall(after[:40].lower())[:2]
        keys += [f"l:{word}" for word in left] + [f"r:{word}" for word in right]
        keys += [f"l1:{left[-1]}" if left else "l1:^", f"r1:{right[0]}" if right else "r1:$"]
        keys += [f"w:{word}" for word in _WORD.findall(_SPLIT.sub(r"\1 \2", token).lower())[:8]]
        made.append(
            np.concatenate([np.array([zlib.crc32(key.encode()) % _HALF for key in keys], dtype=np.int64), letters])
        )
    return made


def geometry(page: Page) -> np.ndarray:
    """Where lines stand and how they look: float32 [N, GEOMETRY], all roughly in -2..2."""
    count = len(page.texts)
    out = np.zeros((count, GEOMETRY), dtype=np.float32)
    if count == 0:
        return out
    width, height = page.size
    x0, y0, x1, y1 = page.boxes.T
    line_height = np.maximum(y1 - y0, 1.0)
    median = max(float(np.median(line_height)), 1.0)
    left = float(np.min(x0))
    right = float(np.max(x1))
    length = np.array([len(text) for text in page.texts], dtype=np.float32)
    previous = np.maximum(np.arange(count) - 1, 0)
    following = np.minimum(np.arange(count) + 1, count - 1)
    luma = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    ink, ground = page.styles[:, 0:3], page.styles[:, 3:6]
    page_ground = np.array(page.ground, dtype=np.float32)
    columns = [
        x0 / width,
        x1 / width,
        (y0 + y1) / (2 * height),
        (x1 - x0) / width,
        np.log(line_height / median),
        np.log(line_height / 16.0),
        np.clip((y0 - y1[previous]) / median, -3, 6) / 3,
        np.clip((y0[following] - y1) / median, -3, 6) / 3,
        np.clip((x0 - left) / median, 0, 60) / 20,
        np.clip((right - x1) / median, 0, 60) / 20,
        np.abs(x0 - x0[previous]) < 0.6 * median,
        np.abs(x0 - x0[following]) < 0.6 * median,
        np.abs((x0 + x1) / 2 - (left + right) / 2) / width,
        np.abs((x0 + x1 - x0[previous] - x1[previous]) / 2) < 0.8 * median,
        np.log1p(length) / 3,
        np.clip((x1 - x0) / np.maximum(length, 1) / line_height, 0, 1.5),
        (x1 > right - 3 * median),
        np.abs((y0 + y1 - y0[previous] - y1[previous]) / 2) < 0.5 * median,
        np.abs((y0 + y1 - y0[following] - y1[following]) / 2) < 0.5 * median,
        page.confidences,
        np.arange(count) / max(count, 1),
        np.full(count, np.log1p(count) / 4),
        np.full(count, np.log(width / 1000)),
        np.full(count, np.log(height / 700)),
        np.full(count, np.log(width / height)),
        ink @ luma,
        ground @ luma,
        page.styles[:, 7],
        ink[:, 0] - ink[:, 1:].mean(axis=1),
        ink[:, 1] - ink[:, [0, 2]].mean(axis=1),
        ink[:, 2] - ink[:, :2].mean(axis=1),
        ground[:, 0] - ground[:, 1:].mean(axis=1),
        ground[:, 2] - ground[:, :2].mean(axis=1),
        np.abs(ground - page_ground).max(axis=1),
        np.abs(ink - np.median(ink, axis=0)).max(axis=1),
        page.styles[:, 6] * 2,
        page.styles[:, 6] / max(float(np.median(page.styles[:, 6])), 0.02) - 1,
        np.full(count, float(page_ground @ luma)),
    ]
    assert len(columns) == _PLACES - 8
    for index, values in enumerate(columns):
        out[:, index] = values
    out[:, _PLACES - 8 : _PLACES] = [_character_shares(text) for text in page.texts]
    out[:, _PLACES:] = [cues(text) for text in page.texts]
    return np.clip(np.nan_to_num(out), -3, 3)


def _character_shares(text: str) -> tuple[float, ...]:
    count = max(len(text), 1)
    letters = sum(map(str.isalpha, text))
    upper = sum(map(str.isupper, text))
    digits = sum(map(str.isdigit, text))
    blanks = text.count(" ")
    return (
        letters / count,
        upper / max(letters, 1),
        digits / count,
        (count - letters - digits - blanks) / count,
        float(text[:1].isupper()),
        float(text.endswith((".", "!", "?"))),
        blanks / count * 4,
        float(":" in text),
    )
