"""Windows, dialogs and toasts in a picture, found by the flat grounds that text stands on, and which of two lies in front.

A picture is cut into small cells; cells of one colour that touch make a ground. Grounds that share their left and right edges
and touch (a title bar, what is below it, a row of buttons) are one window. No network looks at the picture here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from vision.reader.types import Line

Box = tuple[int, int, int, int]

CELL_W, CELL_H = 8, 2  # wide and low: the strip between two rows of dense text is flat in these
FLAT = 10  # levels that a flat cell's lightest and darkest pixel are apart, at most
ALIKE = 6  # levels that two cells of one ground are apart, at most
LEAST_WIDTH, LEAST_HEIGHT = 120, 36  # pixels; smaller grounds are buttons and fields
EDGE, RIGHT_EDGE, TOUCH = 10, 28, 8  # pixels; the right one leaves room for a scroll bar
UNEVEN, PANE = 24, 0.75  # pixels that a pane's margins differ, and its least share of the window's width


@dataclass(frozen=True)
class Region:
    """A window or a part of the picture that may be one: its box, the numbers of its grounds, its lines (indices as given)."""

    box: Box
    grounds: frozenset[int]
    lines: tuple[int, ...]

    @property
    def area(self) -> int:
        """Pixels of its box."""
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])


@dataclass(frozen=True)
class Layout:
    """All regions of a picture, and the ground of each cell, int32 [H / CELL_H, W / CELL_W], -1 where it is not flat."""

    regions: tuple[Region, ...]
    grounds: np.ndarray

    def covers(self, one: Region, two: Region) -> bool | None:
        """Whether `one` lies over `two`: of what both boxes hold, it shows more. None where they do not overlap.

        A window whose whole side is hidden has a box that ends where the other one begins; which of two such lies in front, the
        grounds do not tell.
        """
        x0, y0 = max(one.box[0], two.box[0]), max(one.box[1], two.box[1])
        x1, y1 = min(one.box[2], two.box[2]), min(one.box[3], two.box[3])
        if x1 - x0 <= 2 * CELL_W or y1 - y0 <= 4 * CELL_H:
            return None
        part = self.grounds[y0 // CELL_H : -(-y1 // CELL_H), x0 // CELL_W : -(-x1 // CELL_W)]
        own = np.isin(part, sorted(one.grounds)).sum()
        other = np.isin(part, sorted(two.grounds)).sum()
        if own == other:
            return one.area < two.area
        return bool(own > other)


def find_regions(image: np.ndarray, lines: Sequence[Line]) -> Layout:
    """Regions of RGB uint8 [H, W, 3] that hold at least one of `lines`, the largest first."""
    cells, colours = _cells(image)
    labels = _grounds(cells, colours)
    boxes = _boxes(labels)
    windows = _windows(boxes)
    owner = {ground: number for number, (_, grounds) in enumerate(windows) for ground in grounds}
    held: list[list[int]] = [[] for _ in windows]
    for index, line in enumerate(lines):
        number = _owner(line, labels, owner, [box for box, _ in windows])
        if number is not None:
            held[number].append(index)
    found = [
        Region(box, frozenset(grounds), tuple(own))
        for (box, grounds), own in zip(windows, held, strict=True)
        if own
    ]  # fmt: skip
    return Layout(tuple(sorted(found, key=lambda region: (-region.area, region.box))), labels)


def _cells(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each cell is flat, bool [h, w], and its colour, int16 [h, w, 3]. Cells that the picture's edge cuts count by their part."""
    H, W, _ = image.shape
    h, w = -(-H // CELL_H), -(-W // CELL_W)
    low = high = np.pad(image, ((0, h * CELL_H - H), (0, w * CELL_W - W), (0, 0)), mode="edge")
    low, high = _halves(low, high, np.s_[0::2], np.s_[1::2])
    for _ in range(3):  # pairs of columns, thrice: much faster than one minimum over an axis of eight
        low, high = _halves(low, high, np.s_[:, 0::2], np.s_[:, 1::2])
    low, high = low.astype(np.int16), high.astype(np.int16)
    return (high - low).max(-1) <= FLAT, (low + high) // 2


def _halves(low: np.ndarray, high: np.ndarray, even: Any, odd: Any) -> tuple[np.ndarray, np.ndarray]:
    return np.minimum(low[even], low[odd]), np.maximum(high[even], high[odd])


def _grounds(flat: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Cells that touch and are alike get one number: int32 [h, w], -1 for cells that are not flat."""
    h, w = flat.shape
    number = np.arange(h * w).reshape(h, w)
    right = flat[:, 1:] & flat[:, :-1] & (np.abs(colours[:, 1:] - colours[:, :-1]).max(-1) <= ALIKE)
    down = flat[1:] & flat[:-1] & (np.abs(colours[1:] - colours[:-1]).max(-1) <= ALIKE)
    one = np.concatenate([number[:, :-1][right], number[:-1][down]])
    two = np.concatenate([number[:, 1:][right], number[1:][down]])
    graph = coo_matrix((np.ones(len(one), bool), (one, two)), shape=(h * w, h * w))
    _, labels = connected_components(graph, directed=False)
    return np.where(flat, labels.reshape(h, w), -1).astype(np.int32)


def _boxes(labels: np.ndarray) -> dict[int, Box]:
    """The boxes of all grounds that are large enough to hold text, in pixels."""
    ys, xs = np.nonzero(labels >= 0)
    own = labels[ys, xs]
    size = int(labels.max(initial=0)) + 1
    x0, y0 = np.full(size, 1 << 30), np.full(size, 1 << 30)
    x1, y1 = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.minimum.at(x0, own, xs)
    np.minimum.at(y0, own, ys)
    np.maximum.at(x1, own, xs + 1)
    np.maximum.at(y1, own, ys + 1)
    wide = ((x1 - x0) * CELL_W >= LEAST_WIDTH) & ((y1 - y0) * CELL_H >= 12)
    return {
        int(k): (int(x0[k]) * CELL_W, int(y0[k]) * CELL_H, int(x1[k]) * CELL_W, int(y1[k]) * CELL_H)
        for k in np.flatnonzero(wide)
    }


def _windows(boxes: dict[int, Box]) -> list[tuple[Box, set[int]]]:
    """Grounds joined to windows: same left and right edges one below the other, or same upper and lower ones side by side."""
    windows = [(box, {ground}) for ground, box in sorted(boxes.items())]
    joined = True
    while joined:
        joined = False
        for i in range(len(windows)):
            for j in range(i + 1, len(windows)):
                if _touch(windows[i][0], windows[j][0]):
                    a, b = windows[i][0], windows[j][0]
                    hull = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
                    windows[i] = (hull, windows[i][1] | windows[j][1])
                    del windows[j]
                    joined = True
                    break
            if joined:
                break
    windows = [entry for entry in windows if entry[0][3] - entry[0][1] >= LEAST_HEIGHT]
    return _without_panes(windows)


def _without_panes(windows: list[tuple[Box, set[int]]]) -> list[tuple[Box, set[int]]]:
    """Panes (a dialog's details, a banner, a card) put into the window they are a part of: it holds them with even margins."""
    kept: list[tuple[Box, set[int]]] = []
    for box, grounds in sorted(windows, key=lambda entry: -_area(entry[0])):
        for outer, own in kept:
            if _is_pane(box, outer):
                own |= grounds
                break
        else:
            kept.append((box, set(grounds)))
    return kept


def _is_pane(box: Box, outer: Box) -> bool:
    left, right = box[0] - outer[0], outer[2] - box[2]
    inside = min(left, right) >= -CELL_W and box[1] >= outer[1] - 4 and box[3] <= outer[3] + 4
    return inside and abs(left - right) <= UNEVEN and box[2] - box[0] >= PANE * (outer[2] - outer[0])


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _touch(a: Box, b: Box) -> bool:
    if abs(a[0] - b[0]) <= EDGE and abs(a[2] - b[2]) <= RIGHT_EDGE:
        return -TOUCH <= max(a[1], b[1]) - min(a[3], b[3]) <= TOUCH
    if abs(a[1] - b[1]) <= EDGE and abs(a[3] - b[3]) <= EDGE:
        return -TOUCH <= max(a[0], b[0]) - min(a[2], b[2]) <= TOUCH
    return False


def _owner(line: Line, labels: np.ndarray, owner: dict[int, int], boxes: list[Box]) -> int | None:
    """The window that a line stands in: the one whose ground is commonest around it, or else the smallest that holds its middle."""
    x0, y0, x1, y1 = line.box
    part = labels[
        max(0, (y0 - 4) // CELL_H) : (y1 + 4) // CELL_H + 1, max(0, (x0 - 8) // CELL_W) : (x1 + 8) // CELL_W + 1
    ]
    values, counts = np.unique(part[part >= 0], return_counts=True)
    for ground in values[np.argsort(-counts, kind="stable")].tolist():
        if ground in owner:
            box = boxes[owner[ground]]
            if box[0] - CELL_W <= x0 and x1 <= box[2] + CELL_W:
                return owner[ground]
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    holding = [
        (((box[2] - box[0]) * (box[3] - box[1])), number)
        for number, box in enumerate(boxes)
        if box[0] <= middle[0] <= box[2] and box[1] <= middle[1] <= box[3]
    ]
    return min(holding)[1] if holding else None
