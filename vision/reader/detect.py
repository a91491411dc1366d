"""From the text map to line boxes, and from boxes to the ink inside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vision.reader.textmap import CELL_H, CELL_W, UNIT

_REACH = 2  # columns to each side that are compared where a row may be cut
_JUMP = 0.35  # of the letters' height


@dataclass(frozen=True, slots=True)
class Found:
    """A line before it is read: metrics box in pixels (x0, ascender y, x1, descender y) and the map's confidence."""

    x0: float
    top: float
    x1: float
    bottom: float
    score: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


def find_lines(core: np.ndarray, up: np.ndarray, down: np.ndarray, threshold: float = 0.5) -> list[Found]:
    """Lines of maps float [H/2, W/4]: core probability 0…1, distances in units of UNIT pixels."""
    labels, count = ndimage.label(core > threshold)
    if count == 0:
        return []
    found: list[Found] = []
    for number, window in enumerate(ndimage.find_objects(labels), start=1):
        inside = labels[window] == number
        ys, xs = np.nonzero(inside)
        rows = (ys + window[0].start + 0.5) * CELL_H
        weight = core[window][inside]
        tops = rows - up[window][inside] * UNIT
        bottoms = rows + down[window][inside] * UNIT
        columns = xs + window[1].start
        for row in _rows(tops, bottoms):
            for group in _pieces(columns, tops, bottoms, row):
                if weight[group].max() < 0.6 or len(group) < 2:
                    continue
                top, bottom = float(np.median(tops[group])), float(np.median(bottoms[group]))
                x0, x1 = columns[group].min() * CELL_W, (columns[group].max() + 1) * CELL_W
                if bottom - top >= 4:
                    found.append(Found(float(x0), top, float(x1), bottom, float(weight[group].mean())))
    return _merge(found)


def _rows(tops: np.ndarray, bottoms: np.ndarray) -> list[np.ndarray]:
    """Cells of one blob parted by the line that they say they belong to: two rows that touch have far-off middles."""
    middles = (tops + bottoms) / 2
    height = float(np.median(bottoms - tops))
    if len(middles) < 4 or np.ptp(middles) < 0.6 * height:
        return [np.arange(len(middles))]
    order = np.argsort(middles)
    groups, start = [], 0
    for i in range(1, len(order) + 1):
        last = i == len(order)
        if last or middles[order[i]] - middles[order[i - 1]] > 0.25 * height:
            groups.append(order[start:i])
            start = i
    return groups


def _pieces(columns: np.ndarray, tops: np.ndarray, bottoms: np.ndarray, row: np.ndarray) -> list[np.ndarray]:
    """Cells of one row parted where the letters' size or height on the page jumps: another window or column begins there."""
    first = int(columns[row].min())
    width = int(columns[row].max()) - first + 1
    if width < 2 * _REACH + 2:
        return [row]
    count = np.bincount(columns[row] - first, minlength=width)
    middle = np.bincount(columns[row] - first, (tops[row] + bottoms[row]) / 2, width) / np.maximum(count, 1)
    height = np.bincount(columns[row] - first, bottoms[row] - tops[row], width) / np.maximum(count, 1)
    jump = np.zeros(width)
    inner = slice(_REACH, width - _REACH)
    left, right = slice(0, width - 2 * _REACH), slice(2 * _REACH, width)
    low = np.maximum(np.minimum(height[left], height[right]), 1.0)
    jump[inner] = np.abs(middle[right] - middle[left]) / low + np.abs(height[right] - height[left]) / low
    jump[inner][(count[left] == 0) | (count[right] == 0)] = 0
    cuts = []
    while (at := int(jump.argmax())) and jump[at] > _JUMP:
        cuts.append(at)
        jump[max(0, at - 2 * _REACH) : at + 2 * _REACH + 1] = 0
    if not cuts:
        return [row]
    parts = np.searchsorted(np.sort(np.array(cuts)), columns[row] - first, side="right")
    return [row[parts == k] for k in range(len(cuts) + 1) if (parts == k).any()]


def _merge(found: list[Found]) -> list[Found]:
    """Joins pieces of one line: same row, same size, a gap no wider than a space."""
    rest = sorted(found, key=lambda f: f.x0)
    out: list[Found] = []
    for piece in rest:
        for i, line in enumerate(out):
            overlap = min(line.bottom, piece.bottom) - max(line.top, piece.top)
            low, high = sorted((line.height, piece.height))
            if overlap > 0.8 * low and high < 1.2 * low and -0.3 * low <= piece.x0 - line.x1 <= 0.45 * low:
                a, b = line.x1 - line.x0, piece.x1 - piece.x0
                share = a / (a + b)
                out[i] = Found(
                    line.x0, share * line.top + (1 - share) * piece.top, max(line.x1, piece.x1),
                    share * line.bottom + (1 - share) * piece.bottom, share * line.score + (1 - share) * piece.score,
                )  # fmt: skip
                break
        else:
            out.append(piece)
    return out


def ink_box(image: np.ndarray, line: Found) -> tuple[int, int, int, int]:
    """The box that hugs the ink of a found line in RGB uint8 [H, W, 3]: x0 y0 x1 y1, exclusive right and bottom.

    Ends move to the ink's end by at most a third of the height outwards, inwards as far as there is none.
    """
    H, W, _ = image.shape
    h = line.height
    reach = max(3, round(0.35 * h))
    y0, y1 = max(0, int(line.top - 0.12 * h - 1)), min(H, int(np.ceil(line.bottom + 0.12 * h + 1)))
    x0, x1 = max(0, int(line.x0) - reach), min(W, int(np.ceil(line.x1)) + reach)
    fallback = (
        max(0, int(line.x0)), max(0, int(line.top)), min(W, max(int(line.x1), int(line.x0) + 1)),
        min(H, max(int(np.ceil(line.bottom)), int(line.top) + 1)),
    )  # fmt: skip
    if y1 - y0 < 2 or x1 - x0 < 2:
        return fallback
    region = image[y0:y1, x0:x1].astype(np.int16)
    back = np.median(region[:: max(1, len(region) // 12)].reshape(-1, 3), axis=0)
    ink = np.abs(region - back).max(2)
    # A row of another element (border, underline, neighbour) is not this line's ink: look at the core's own strength.
    core = ink[max(0, int(line.top + 0.2 * h) - y0) : max(1, int(line.bottom - 0.2 * h) - y0 + 1)]
    strength = float(np.percentile(core, 99)) if core.size else 0.0
    if strength < 12:
        return fallback
    strong = ink > max(10.0, 0.22 * strength)
    columns = strong[max(0, int(line.top) - y0) : int(np.ceil(line.bottom)) - y0 + 1].any(0)
    left, right = _span(columns, int(line.x0) - x0, int(np.ceil(line.x1)) - x0, max(2, round(0.2 * h)))
    if right <= left:
        return fallback
    rows = strong[:, left:right].sum(1)
    # Full-width rows are borders and underlines of something else.
    rows = np.where(rows > 0.95 * (right - left), 0, rows) if right - left > 3 * h else rows
    top, bottom = _span(rows > 0, max(0, round(line.top + 0.3 * h) - y0), round(line.bottom - 0.25 * h) - y0, 1)
    if bottom <= top:
        return fallback
    return x0 + left, y0 + top, x0 + right, y0 + bottom


def _span(on: np.ndarray, start: int, stop: int, gap: int) -> tuple[int, int]:
    """The run of `on` that holds [start, stop): ends shrink to the first set cell, and grow over gaps up to `gap`."""
    start, stop = max(0, start), min(len(on), stop)
    inside = np.flatnonzero(on[start:stop])
    if len(inside) == 0:
        return 0, 0
    left, right = start + int(inside[0]), start + int(inside[-1]) + 1
    if left == start:
        while (before := np.flatnonzero(on[max(0, left - gap) : left])).size:
            left = max(0, left - gap) + int(before[0])
    if right == stop:
        while (after := np.flatnonzero(on[right : right + gap])).size:
            right = right + int(after[-1]) + 1
    return left, right
