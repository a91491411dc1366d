"""Reading order, and the joining of detections that stand in one row. Pure functions over boxes.

A box is (x0, y0, x1, y1) in pixels, right and bottom exclusive. Everything here depends on the boxes alone: not on the
order in which they come, not on where the picture's origin is, and not on its scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vision.reader.types import Line

Box = tuple[float, float, float, float] | tuple[int, int, int, int]

ROW_OVERLAP = 0.5
"""Two boxes stand in one row when they share at least this part of the lower one's height."""
BAND_GAP = 1.5
"""A white band this many line heights high parts what is above from what is below, whatever the columns."""
COLUMN_GAP = 1.5
"""A white strip this many line heights wide may part two columns."""
TABLE_SHARE = 0.7
"""Columns of which at least this share of the lines stand level with a line beyond the strip are read across."""


def same_row(a: Box, b: Box, overlap: float = ROW_OVERLAP) -> bool:
    """Whether two boxes stand in one row: they share at least `overlap` (0..1) of the lower one's height."""
    shared = min(a[3], b[3]) - max(a[1], b[1])
    return shared > 0 and shared >= overlap * min(a[3] - a[1], b[3] - b[1])


def union(boxes: Sequence[Box]) -> tuple[float, float, float, float]:
    """The smallest box around all of `boxes` (at least one, else ValueError)."""
    if not boxes:
        raise ValueError("union() of no boxes: pass at least one")
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def rows(boxes: Sequence[Box]) -> list[list[int]]:
    """Groups boxes into rows: indices into `boxes`, rows from top to bottom, each row from left to right.

    A box joins the row with which it shares most of its height, measured against the row's mean top and bottom (wide
    boxes weigh more), so that a slow drift down the page does not chain all rows into one.
    """
    order = sorted(range(len(boxes)), key=lambda i: (boxes[i][1] + boxes[i][3], *boxes[i]))
    groups: list[list[int]] = []
    for index in order:
        box = boxes[index]
        # Rows further up cannot be reached again: boxes come by their middles, and rows are only some lines high.
        best, best_shared = None, 0.0
        for group in groups[-8:]:
            # Means weighted with width, all multiplied by the weights' sum, so that whole pixels are compared exactly.
            widths = [max(boxes[i][2] - boxes[i][0], 1) for i in group]
            weight = sum(widths)
            top = sum(w * boxes[i][1] for w, i in zip(widths, group, strict=True))
            bottom = sum(w * boxes[i][3] for w, i in zip(widths, group, strict=True))
            shared = (min(bottom, weight * box[3]) - max(top, weight * box[1])) / weight
            level = same_row((0, top, 0, bottom), (0, weight * box[1], 0, weight * box[3]))
            if level and shared > best_shared:
                best, best_shared = group, shared
        if best is None:
            groups.append([index])
        else:
            best.append(index)
    for group in groups:
        group.sort(key=lambda i: tuple(boxes[i]))
    return groups


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """The order in which a person reads: indices into `boxes`.

    The page is cut again and again: first at high white bands across (`BAND_GAP` line heights: a title over what it
    heads), then between columns (a white strip of `COLUMN_GAP` line heights whose two sides are not level with each
    other, such as a sidebar beside an editor), else at any white band across. What cannot be cut is read row by row.
    Columns whose lines are level (a table, the output of `ls -l`) are read across.
    """
    result: list[int] = []
    stack: list[list[int]] = [sorted(range(len(boxes)), key=lambda i: tuple(boxes[i]))]
    while stack:
        part = stack.pop()
        if len(part) < 2:
            result.extend(part)
            continue
        height = _middle([boxes[i][3] - boxes[i][1] for i in part])
        pieces = _cut_bands(boxes, part, BAND_GAP * height) or _cut_columns(boxes, part, height)
        pieces = pieces or _cut_bands(boxes, part)
        if pieces:
            stack.extend(reversed(pieces))
        else:
            for row in rows([boxes[i] for i in part]):
                result.extend(part[k] for k in row)
    return result


def join_rows(boxes: Sequence[Box], max_gap: float | None = None) -> list[list[int]]:
    """Joins boxes of one row into groups, in reading order; each group from left to right.

    `max_gap` is in line heights: a wider gap parts two groups of one row; None joins whatever stands in the row. Boxes
    which overlap sideways in one row by more than half of the narrower one are not joined (they lie on each other).
    """
    groups: list[list[int]] = []
    for row in rows(boxes):
        current = [row[0]]
        for index in row[1:]:
            height = _middle([boxes[i][3] - boxes[i][1] for i in (*current, index)])
            end = max(boxes[i][2] for i in current)
            gap = boxes[index][0] - end
            width = min(boxes[index][2] - boxes[index][0], boxes[current[-1]][2] - boxes[current[-1]][0])
            if (max_gap is not None and gap > max_gap * height) or -gap > 0.5 * width:
                groups.append(current)
                current = [index]
            else:
                current.append(index)
        groups.append(current)
    hulls = [union([boxes[i] for i in group]) for group in groups]
    return [groups[k] for k in reading_order(hulls)]


def join_lines(lines: Sequence[Line], max_gap: float = 1.2) -> list[Line]:
    """Joins lines whose gap in a row is at most `max_gap` line heights, and puts all into reading order.

    Texts are joined by one space, boxes by their union, confidences by the mean weighted with the number of characters.
    """
    return [merge([lines[i] for i in group]) for group in join_rows([line.box for line in lines], max_gap)]


def merge(parts: Sequence[Line]) -> Line:
    """One line out of parts given from left to right (see `join_lines`). One part comes back as it is."""
    from vision.reader.types import Character, Line

    if len(parts) == 1:
        return parts[0]
    weights = [max(len(part.text), 1) for part in parts]
    confidence = sum(w * part.confidence for w, part in zip(weights, parts, strict=True)) / sum(weights)
    characters: list[Character] = []
    if all(part.characters for part in parts):
        for part in parts:
            if characters:
                start, end = sorted((characters[-1].x1, part.characters[0].x0))
                characters.append(Character(" ", start, end, min(characters[-1].confidence, part.confidence)))
            characters.extend(part.characters)
    known = [part.metrics for part in parts if part.metrics is not None]
    metrics = (sum(m[0] for m in known) / len(known), sum(m[1] for m in known) / len(known)) if known else None
    x0, y0, x1, y1 = union([part.box for part in parts])
    return Line(
        text=" ".join(part.text for part in parts),
        box=(int(x0), int(y0), int(x1), int(y1)),
        confidence=confidence,
        characters=tuple(characters),
        metrics=metrics,
    )


def _middle(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def _gaps(boxes: Sequence[Box], part: list[int], low: int, high: int) -> list[tuple[float, float]]:
    """White strips between the boxes' projections on one axis: (width, position of the strip's end)."""
    order = sorted(part, key=lambda i: boxes[i][low])
    end = boxes[order[0]][high]
    found = []
    for index in order[1:]:
        if boxes[index][low] > end:
            found.append((boxes[index][low] - end, boxes[index][low]))
        end = max(end, boxes[index][high])
    return found


def _cut_columns(boxes: Sequence[Box], part: list[int], height: float) -> list[list[int]] | None:
    """Cuts at the widest strip that parts columns; None where there is none."""
    for width, start in sorted(_gaps(boxes, part, 0, 2), key=lambda g: (-g[0], g[1])):
        if width < COLUMN_GAP * height:
            return None
        left = [i for i in part if boxes[i][0] < start]
        right = [i for i in part if boxes[i][0] >= start]
        if min(len(left), len(right)) < 2:
            continue
        if not _is_table(boxes, left, right, height):
            return [left, right]
    return None


def _is_table(boxes: Sequence[Box], left: list[int], right: list[int], height: float) -> bool:
    """Whether the lines on the two sides stand level with each other, judged where they are side by side."""
    few, many = sorted((left, right), key=len)
    top, bottom = min(boxes[i][1] for i in many), max(boxes[i][3] for i in many)
    beside = [i for i in few if boxes[i][3] > top and boxes[i][1] < bottom]
    if not beside:
        return True  # They stand one above the other: nothing parts them into columns.
    level = sum(
        any(abs(boxes[i][1] + boxes[i][3] - boxes[k][1] - boxes[k][3]) <= 0.4 * height for k in many) for i in beside
    )
    return level >= TABLE_SHARE * len(beside)


def _cut_bands(boxes: Sequence[Box], part: list[int], least: float = 0) -> list[list[int]] | None:
    """Cuts at the highest white bands across (all that are as high as the highest); None where none reaches `least`."""
    found = [gap for gap in _gaps(boxes, part, 1, 3) if gap[0] >= least]
    if not found:
        return None
    widest = max(width for width, _ in found)
    cuts = sorted(start for width, start in found if width >= widest)
    pieces: list[list[int]] = [[] for _ in range(len(cuts) + 1)]
    for index in part:
        pieces[sum(boxes[index][1] >= cut for cut in cuts)].append(index)
    return pieces
