"""Lays text runs out: which glyph stands at which pixel, in which colour, and where its ink is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from train.data.render.atlas import SUBPIXELS, Atlas
from train.data.render.fonts import Face
from train.data.render.ink import ROOM
from train.data.render.scene import TextRun


@dataclass(slots=True)
class Placed:
    """A text run on the picture: store entries, whole pens, ink boxes (all [n] or [n, 4]), its place in the order."""

    run: TextRun
    order: int
    atlas: Atlas
    baseline: int
    entries: np.ndarray
    xs: np.ndarray
    boxes: np.ndarray
    colors: np.ndarray


def place_text(
    atlas: Atlas, text: str, x: float, advance: float = 0.0, spacing: float = 0.0
) -> tuple[np.ndarray, np.ndarray, float]:
    """Store entries int32 [n], whole pens int32 [n] and the end of the pen; `advance` > 0 sets cells of that width."""
    if advance <= 0:
        return atlas.layout(text, x, spacing=spacing)
    if atlas.fractional and advance != int(advance):
        quarters = np.floor((x + np.arange(len(text)) * advance) * SUBPIXELS + 0.5).astype(np.int32)
        pairs = zip(text, (quarters % SUBPIXELS).tolist(), strict=True)
        return np.array([atlas.entry(c, s) for c, s in pairs], np.int32), quarters // SUBPIXELS, x + advance * len(text)
    known = {c: atlas.entry(c, 0) for c in set(text)}
    entries = [known[c] for c in text]
    xs = np.floor(x + 0.5 + np.arange(len(text)) * advance).astype(np.int32)
    return np.array(entries, np.int32), xs, x + advance * len(text)


def place(run: TextRun, order: int = 0) -> Placed:
    """Lay a run out; spans may change the face within it."""
    atlas = ROOM.atlas(run.face, run.size, run.mode)
    text, spans = run.text, run.spans
    colors = np.empty((len(text), 3), np.uint8)
    colors[:] = run.color
    if any(span.face is not None for span in spans):
        pieces, x = [], run.x
        for start, end, face in _by_face(run):
            part = ROOM.atlas(face, _fitting(face, run.size), run.mode)
            entries, xs, x = place_text(part, text[start:end], x, run.advance, run.spacing)
            pieces.append((entries, xs))
        entries, xs = np.concatenate([p[0] for p in pieces]), np.concatenate([p[1] for p in pieces])
    else:
        entries, xs, _ = place_text(atlas, text, run.x, run.advance, run.spacing)
    for span in spans:
        if span.color is not None:
            colors[span.start : span.end] = span.color
    ink = ROOM.ink
    ink.sync()
    baseline = int(np.floor(run.baseline + 0.5))
    boxes = ink.ink[entries]
    boxes[:, 0::2] += xs[:, None]
    boxes[:, 1::2] += baseline
    return Placed(run, order, atlas, baseline, entries, xs, boxes, colors)


def _by_face(run: TextRun) -> list[tuple[int, int, Face]]:
    faces = [run.face] * len(run.text)
    for span in run.spans:
        if span.face is not None:
            faces[span.start : span.end] = [span.face] * (span.end - span.start)
    pieces: list[tuple[int, int, Face]] = []
    for i, face in enumerate(faces):
        if pieces and pieces[-1][2] is face:
            pieces[-1] = (pieces[-1][0], i + 1, face)
        else:
            pieces.append((i, i + 1, face))
    return pieces


def _fitting(face: Face, size: int) -> int:
    return min(face.sizes, key=lambda s: (abs(s - size), s)) if face.sizes else size
