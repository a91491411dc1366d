"""What people do to a screenshot before they send it: private words blurred, pixelated or painted over; watermarks."""

from __future__ import annotations

import random

import cv2
import numpy as np

from train.data.render.scene import Box
from train.data.render.screen import Rendered, RenderedLine

WAYS = ("blur", "pixels", "black", "white", "scribble")
_ROLES = frozenset(("url", "input", "cell", "item", "label", "value", "link", "menu"))
_WORDS = ("CONFIDENTIAL", "DRAFT", "SAMPLE", "DO NOT COPY", "INTERNAL USE ONLY", "PREVIEW", "EVALUATION COPY")


def hide(rendered: Rendered, way: str, seed: int) -> Rendered:
    """The picture with one to four words or rows hidden in one of `WAYS`; they become regions to ignore.

    Only rows that no field rests on are touched: addresses, entries, cells and labels. Raises ValueError for another way.
    """
    if way not in WAYS:
        raise ValueError(f"unknown way {way!r} to hide something; one of {', '.join(WAYS)}")
    rng = random.Random(seed)
    able = [i for i, line in enumerate(rendered.lines) if line.role in _ROLES and line.box[2] - line.box[0] > 24]
    chosen = set(rng.sample(able, min(len(able), rng.randint(1, 4))))
    image, lines, ignore = rendered.image.copy(), [], list(rendered.ignore)
    for i, line in enumerate(rendered.lines):
        if i not in chosen:
            lines.append(line)
            continue
        words = [(s, s + len(w)) for s, w in _words(line.text) if len(w) > 2]
        start, end = rng.choice(words) if len(words) > 1 and rng.random() < 0.6 else (0, len(line.text))
        parts = cut(line, start, end)
        lines += [part for part in parts if part is not None]
        ignore.append(_cover(image, box_of(line, start, end), way, rng))
    return Rendered(image, lines, ignore)


def _words(text: str) -> list[tuple[int, str]]:
    found, at = [], 0
    for word in text.split(" "):
        found.append((at, word))
        at += len(word) + 1
    return found


def _glyphs(text: str, end: int) -> int:
    """How many characters with ink stand before position `end`."""
    return sum(not char.isspace() for char in text[:end])


def box_of(line: RenderedLine, start: int, end: int) -> Box:
    """The box around the characters start..end of a line."""
    boxes = line.glyph_boxes[_glyphs(line.text, start) : _glyphs(line.text, end)]
    return (*boxes[:, :2].min(0).tolist(), *boxes[:, 2:].max(0).tolist())


def cut(line: RenderedLine, start: int, end: int) -> tuple[RenderedLine | None, RenderedLine | None]:
    """What is left of a line before `start` and after `end`; None where nothing is."""
    return _part(line, 0, start), _part(line, end, len(line.text))


def _part(line: RenderedLine, start: int, end: int) -> RenderedLine | None:
    piece = line.text[start:end]
    if not piece.strip():
        return None
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    first, last = _glyphs(line.text, start), _glyphs(line.text, end)
    boxes = line.glyph_boxes[first:last]
    x0, y0 = boxes[:, :2].min(0).tolist()
    x1, y1 = boxes[:, 2:].max(0).tolist()
    return RenderedLine(
        line.text[start:end], (x0, y0, x1, y1), (x0, line.metrics_box[1], x1, line.metrics_box[3]), line.role,
        line.face_id, line.size, line.theme, boxes, line.glyph_text[first:last], line.color, line.run, line.element,
    )  # fmt: skip


def _cover(image: np.ndarray, box: Box, way: str, rng: random.Random) -> Box:
    """Hide a box of the picture, in place; returns the region that is changed."""
    height, width = image.shape[:2]
    # Not further than the gap to the next glyph: what stands beside it stays as its label says.
    x0, y0 = max(round(box[0]) - 1, 0), max(round(box[1]) - 2, 0)
    x1, y1 = min(round(box[2]) + 1, width), min(round(box[3]) + 2, height)
    part = image[y0:y1, x0:x1]
    if way == "blur":
        part[:] = cv2.GaussianBlur(part, (0, 0), max((y1 - y0) / 3, 3.0))
    elif way == "pixels":
        cells = (max((x1 - x0) // 7, 1), max((y1 - y0) // 7, 1))
        small = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
        part[:] = cv2.resize(small, (x1 - x0, y1 - y0), interpolation=cv2.INTER_NEAREST)
    elif way == "scribble":
        color = rng.choice(((220, 30, 30), (20, 20, 20), (30, 60, 220)))
        xs = np.arange(x0, x1 + 3, 3)
        ys = [y0 + 1 if i % 2 else y1 - 2 for i in range(len(xs))]
        cv2.polylines(image, [np.stack([xs, ys], axis=1).astype(np.int32)], False, color, 3, cv2.LINE_AA)
        return (max(x0 - 2.0, 0.0), max(y0 - 2.0, 0.0), min(x1 + 5.0, float(width)), min(y1 + 2.0, float(height)))
    else:
        part[:] = (0, 0, 0) if way == "black" else (255, 255, 255)
    return (float(x0), float(y0), float(x1), float(y1))


def watermark(image: np.ndarray, strength: float, seed: int) -> np.ndarray:
    """Faint words aslant over the whole picture; they are too faint and too steep to be asked for."""
    rng = random.Random(seed)
    height, width = image.shape[:2]
    side = int(np.hypot(width, height)) + 2
    sheet = np.zeros((side, side), np.uint8)
    word, size = rng.choice(_WORDS), rng.uniform(0.8, 3.0)
    step = int(34 * size) + rng.randint(60, 260)
    for y in range(step // 2, side, step):
        for x in range(-rng.randint(0, 200), side, int(26 * size * len(word) * 0.8) + 120):
            cv2.putText(sheet, word, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, 255, max(int(size * 2), 1), cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), rng.choice((20, 25, 30, 35, 45)), 1.0)
    turned = cv2.warpAffine(sheet, turn, (side, side))
    top, left = (side - height) // 2, (side - width) // 2
    share = turned[top : top + height, left : left + width, None].astype(np.float32) * (strength / 255)
    tone = rng.choice((0.0, 128.0, 255.0))
    return np.asarray(np.clip(image * (1 - share) + tone * share + 0.5, 0, 255).astype(np.uint8))
