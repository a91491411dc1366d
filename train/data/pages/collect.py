"""What can be read in a page, character by character from the DOM, and where its ink is.

Every character gets a rectangle, the clip of what scrolls or cuts it, and a look at what lies on top of it. The ink is the difference
between the picture and the same picture with transparent glyphs: frames, gradients and icons are none, and boxes are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.ndimage import binary_dilation, find_objects, label

from train.data.capture.core import Box
from train.data.capture.ink import tight
from train.data.render.layouts.pen import row_role

GAP = 1.6
"""Font sizes; a wider gap in a row parts it into two lines, as in the project's own renderer."""
FAINT = 28
"""Levels of 255: text that differs less from what is behind it cannot be read."""


@dataclass(slots=True)
class PageLine:
    """A row of text as it can be read; `box` hugs its ink in pixels; `message` are its characters of the message."""

    text: str
    box: Box
    role: str
    message: str = ""


@dataclass(slots=True)
class Seen:
    """What can be read in a picture (RGB uint8 [H, W, 3]), and where something stands that only partly can."""

    image: np.ndarray
    lines: list[PageLine]
    ignore: list[Box] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether `lines` are all that can be read."""
        return not self.ignore and not self.odd


def joined(runs: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Runs of one block that stand in one row with at most GAP font sizes between them, from left to right."""
    rows: list[list[dict[str, Any]]] = []
    for run in (part for whole in runs for part in _parted(whole)):
        for row in reversed(rows[-12:]):
            last = row[-1]
            low = min(last["y1"] - last["y0"], run["y1"] - run["y0"])
            overlap = min(last["y1"], run["y1"]) - max(last["y0"], run["y0"])
            gap = run["x0"] - last["x1"]
            if (
                last["block"] == run["block"]
                and overlap > 0.5 * low
                and -2 <= gap < GAP * max(last["size"], run["size"])
            ):
                row.append(run)
                break
        else:
            rows.append([run])
    return rows


def _parted(run: dict[str, Any]) -> list[dict[str, Any]]:
    """A run cut where a gap inside it is wider than GAP font sizes."""
    spots = run["spots"]
    starts = [0] + [n for n in range(1, len(spots)) if spots[n][1] - spots[n - 1][2] > GAP * run["size"]]
    if len(starts) == 1:
        return [run]
    parts = []
    for first, stop in zip(starts, [*starts[1:], len(spots)], strict=True):
        end = spots[stop][0] if stop < len(spots) else len(run["text"])
        text = run["text"][spots[first][0] : end].rstrip()
        some = [[at - spots[first][0], x0, x1] for at, x0, x1 in spots[first:stop]]
        edges = {"x0": spots[first][1], "x1": spots[stop - 1][2], "text": text, "spots": some}
        parts.append({**run, **edges, "blank": run.get("blank", False) if first == 0 else True})
    return parts


def _text(row: Sequence[dict[str, Any]]) -> str:
    text = ""
    for index, run in enumerate(row):
        if index:
            last = row[index - 1]
            apart = run["x0"] - last["x1"] > 0.15 * run["size"]
            text += " " if run.get("blank") or last.get("after") or apart else ""
        text += str(run["text"])
    return text.strip()


def ink(image: np.ndarray, bare: np.ndarray) -> np.ndarray:
    """How far each pixel is from the picture without glyphs, the channel that differs most: uint8 [H, W]."""
    return (np.maximum(image, bare) - np.minimum(image, bare)).max(axis=2)


def _edge(ink_rows: np.ndarray, y0: int, y1: int) -> int:
    """The emptiest row of y0..y1, the middle one of several: where two rows of text are parted."""
    part = ink_rows[y0:y1]
    best = np.flatnonzero(part == part.min())
    return y0 + int(best[len(best) // 2])


def read(image: np.ndarray, bare: np.ndarray, found: dict[str, Any]) -> Seen:
    """Lines with boxes from a picture, the picture without glyphs, and what `probe.COLLECT` found."""
    height, width = image.shape[:2]
    scale = width / found["width"]
    glyphs = ink(image, bare)
    rows = joined(found["runs"])
    areas = []
    for row in rows:
        x0, y0 = min(r["x0"] for r in row) * scale, min(r["y0"] for r in row) * scale
        x1, y1 = max(r["x1"] for r in row) * scale, max(r["y1"] for r in row) * scale
        areas.append([int(np.floor(x0)), int(np.floor(y0)), int(np.ceil(x1)), int(np.ceil(y1))])
    tops = np.array([a[1] for a in areas]), np.array([a[3] for a in areas])
    lines: list[PageLine] = []
    ignore = [tuple(v * scale for v in box) for box in found["cut"]]
    sides = np.array(areas).reshape(-1, 4)
    for number, (row, area) in enumerate(zip(rows, areas, strict=True)):
        x0, y0, x1, y1 = area
        # Rows set tighter than their font's own height reach into each other: part them where the ink is least.
        meets = (sides[:, 0] < x1) & (sides[:, 2] > x0) & (tops[0] < y1) & (tops[1] > y0)
        meets[number] = False
        for other in np.flatnonzero(meets).tolist():
            o = areas[other]
            a, b = max(y0, o[1], 0), min(y1, o[3], height)
            if b - a < 1 or b - a > 0.6 * min(area[3] - area[1], o[3] - o[1]):
                continue
            near = glyphs[:, max(x0, o[0], 0) : min(x1, o[2], width)].astype(np.int32).sum(axis=1)
            at = _edge(near, a, b)
            if o[1] > area[1]:
                y1 = min(y1, at + 1) if near[at] == 0 else min(y1, at)
            else:
                y0 = max(y0, at)
        left, right = max(x0 - 1, 0), min(x1 + 1, width)
        top, bottom = max(y0, 0), min(y1, height)
        patch = glyphs[top:bottom, left:right]
        strongest = int(patch.max()) if patch.size else 0
        if strongest < FAINT:
            if strongest > 6:
                ignore.append((left, top, right, bottom))
            continue
        box = tight(patch >= min(40, max(8, strongest // 3)), left, top)
        text = _text(row)
        if box is None or not text:
            continue
        message = "".join(r["text"] for r in row if r["role"] == "message")
        lines.append(PageLine(text, box, row_role([(r["role"], len(r["text"])) for r in row], "other"), message))
    whole = [
        (max(int(b[0]), 0), max(int(b[1]), 0), min(int(-(-b[2] // 1)), width), min(int(-(-b[3] // 1)), height))
        for b in ignore
    ]
    ignored = _unnamed(glyphs, [line.box for line in lines], _merged([b for b in whole if b[2] > b[0] and b[3] > b[1]]))
    seen = Seen(image, lines, ignored, list(found["odd"]))
    return seen if found["frame"] is None else _cropped(seen, [v * scale for v in found["frame"]])


def _unnamed(glyphs: np.ndarray, boxes: Sequence[Box], cut: Sequence[Box]) -> list[Box]:
    """The ink that no line names, as boxes: that of cut letters, and what shows through a window or is a style sheet's own."""
    mask = glyphs >= FAINT
    for x0, y0, x1, y1 in boxes:
        mask[max(y0 - 3, 0) : y1 + 3, max(x0 - 4, 0) : x1 + 4] = False
    found = []
    for x0, y0, x1, y1 in cut:
        box = tight(mask[y0:y1, x0:x1], x0, y0)
        if box is not None:
            found.append(box)
    for x0, y0, x1, y1 in found:
        mask[max(y0 - 3, 0) : y1 + 3, max(x0 - 4, 0) : x1 + 4] = False
    if not mask.any():
        return found
    near = binary_dilation(mask, np.ones((1, 13), bool))
    for rows, columns in find_objects(label(near)[0]):
        width, height = columns.stop - columns.start - 12, rows.stop - rows.start
        if width > 12 and height > 3:  # a bullet is no text
            found.append((max(columns.start + 6, 0), rows.start, columns.stop - 6, rows.stop))
    return found


def trimmed(seen: Seen, below: int, right: int) -> Seen:
    """The picture without what is blank of words at its lower and right side, but for a margin of `below` and `right` pixels."""
    boxes = [line.box for line in seen.lines] + seen.ignore
    if not boxes:
        return seen
    height, width = seen.image.shape[:2]
    x1, y1 = min(max(b[2] for b in boxes) + right, width), min(max(b[3] for b in boxes) + below, height)
    return Seen(np.ascontiguousarray(seen.image[:y1, :x1]), seen.lines, seen.ignore, seen.odd)


def _merged(boxes: Sequence[Box]) -> list[Box]:
    """Neighbouring boxes of one row as one."""
    made: list[list[int]] = []
    for x0, y0, x1, y1 in boxes:
        last = made[-1] if made else None
        if last and abs(last[1] - y0) <= 2 and abs(last[3] - y1) <= 2 and -2 <= x0 - last[2] <= y1 - y0:
            last[2], last[1], last[3] = x1, min(last[1], y0), max(last[3], y1)
        else:
            made.append([x0, y0, x1, y1])
    return [(b[0], b[1], b[2], b[3]) for b in made]


def _cropped(seen: Seen, frame: Sequence[float]) -> Seen:
    """Only the frame of a window: what is outside is gone."""
    height, width = seen.image.shape[:2]
    x0, y0 = max(int(frame[0]), 0), max(int(frame[1]), 0)
    x1, y1 = min(int(-(-frame[2] // 1)), width), min(int(-(-frame[3] // 1)), height)
    inside = [
        PageLine(
            line.text, (line.box[0] - x0, line.box[1] - y0, line.box[2] - x0, line.box[3] - y0), line.role, line.message
        )
        for line in seen.lines
        if line.box[0] >= x0 and line.box[1] >= y0 and line.box[2] <= x1 and line.box[3] <= y1
    ]
    rest = [
        (max(b[0], x0) - x0, max(b[1], y0) - y0, min(b[2], x1) - x0, min(b[3], y1) - y0)
        for b in seen.ignore
        if b[0] < x1 and b[2] > x0 and b[1] < y1 and b[3] > y0
    ]
    image = np.ascontiguousarray(seen.image[y0:y1, x0:x1])
    return Seen(image, inside, rest, seen.odd)
