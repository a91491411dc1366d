"""From what programs drew (the records of spy.dll and look.exe) to the lines that stand in the picture."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from train.data.capture.core import Box, CaptureError, ShotLine
from train.data.capture.ink import ink_mask, tight
from train.data.capture.terminal import Row, row_lines

Record = Mapping[str, Any]
PROMPT = re.compile(r"[A-Z]:\\[^<>|]*>")


@dataclass
class Piece:
    """Characters that one call drew: `box` is the font's cell, cut to what the window lets be seen, in pixels."""

    text: str
    box: Box
    window: int
    root: int
    role: str


def read_records(folder: Path) -> list[Record]:
    """All records of a folder, in the order in which each program wrote them."""
    found: list[Record] = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="ascii").splitlines():
            found.append(json.loads(line))
    return found


def shown_part(record: Record, width: int, height: int, above: Sequence[Box] = ()) -> tuple[str, Box] | None:
    """The first run of a drawn text's characters that are to be seen, and its box; None when none is.

    A character counts where its middle is neither clipped away nor under one of the windows `above`.
    """
    edges, clip = record["x"], record["clip"]
    left, top = max(0, clip[0]), max(0, clip[1], record["top"])
    right, bottom = min(width, clip[2]), min(height, clip[3], record["bottom"])
    if bottom - top < 0.6 * (record["bottom"] - record["top"]):
        return None
    row = (top + bottom) / 2
    over = [(b[0], b[2]) for b in above if b[1] <= row < b[3]]
    first = last = -1
    for index in range(len(record["text"])):
        middle = (edges[index] + edges[index + 1]) / 2
        if left <= middle < right and not any(x0 <= middle < x1 for x0, x1 in over):
            first, last = (index if first < 0 else first), index
        elif record["text"][first : last + 1].strip():
            break
        else:
            first = -1
    if first < 0:
        return None
    return record["text"][first : last + 1], (max(left, edges[first]), top, min(right, edges[last + 1]), bottom)


def readable(part: str, whole: str) -> bool:
    """Whether a part of a text still says something: not blank, and not the mere dot that is left of a cut heading."""
    return bool(part.strip()) and (part == whole or any(character.isalnum() for character in part))


def overlap(one: Box, other: Box) -> float:
    """The common area as a share of the smaller box."""
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / max(1, min((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)))


def role_of(record: Record, window: Record | None) -> str:
    """What a text is by the window that drew it: captions and menu bars stand above the client area of their window."""
    if record["class"] == "Button":
        return "button"
    if record["class"] == "#32768":
        return "menu"
    if window and record["window"] == record["root"] and record["bottom"] <= window["client"][1]:
        return "title" if window["title"].startswith(record["text"].rstrip(".")) else "menu"
    return "body"


def pieces(records: Sequence[Record], width: int, height: int) -> list[Piece]:
    """The drawn texts that are visible: not clipped, not under another window, not drawn over later."""
    windows = [record for record in records if record["what"] == "window"]
    order = {record["window"]: place for place, record in enumerate(windows)}
    found: list[Piece] = []
    for record in records:
        if record["what"] != "text" or record["root"] not in order:
            continue
        above = [window["box"] for window in windows[: order[record["root"]]]]
        part = shown_part(record, width, height, above)
        if part is None or not readable(part[0], record["text"]):
            continue
        text, box = part
        piece = Piece(text, box, record["window"], record["root"], role_of(record, windows[order[record["root"]]]))
        found = [old for old in found if old.root != piece.root or overlap(old.box, piece.box) < 0.5]
        found.append(piece)
    return found


def joined(found: Sequence[Piece]) -> list[Piece]:
    """Pieces of one row that follow each other without a gap, as editors draw them run by run, made one."""
    rows: list[Piece] = []
    for piece in sorted(found, key=lambda piece: (piece.root, piece.window, piece.box[1] // 4, piece.box[0])):
        last = rows[-1] if rows else None
        if (
            last
            and last.window == piece.window
            and abs(last.box[1] - piece.box[1]) <= 3
            and abs(last.box[3] - piece.box[3]) <= 3
            and -2 <= piece.box[0] - last.box[2] <= 2
        ):
            box = (last.box[0], min(last.box[1], piece.box[1]), piece.box[2], max(last.box[3], piece.box[3]))
            rows[-1] = Piece(last.text + piece.text, box, last.window, last.root, last.role)
        else:
            rows.append(piece)
    return rows


def inked(image: np.ndarray, piece: Piece) -> Box | None:
    """The ink of a piece, without the dotted frame that shows the focus around it; None when there is none."""
    width = image.shape[1]
    x0, y0, x1, y1 = max(0, piece.box[0] - 1), piece.box[1], min(width, piece.box[2] + 1), piece.box[3]
    mask = ink_mask(image[y0:y1, x0:x1])
    for line in (mask[0], mask[-1], mask[1], mask[-2], mask[:, 0], mask[:, -1], mask[:, 1], mask[:, -2]):
        # Every other pixel, none beside another: letters never do that along the edge of their cell.
        if len(line) > 8 and 0.4 < line.mean() < 0.6 and not (line[1:] & line[:-1]).any():
            line[:] = False
    return tight(mask, x0, y0)


def console_lines(image: np.ndarray, record: Record) -> list[ShotLine]:
    """The rows of a console window, from its cells."""
    looks = [look for row in record["rows"] for look in row[1:]]
    usual = max(set(looks), key=looks.count) >> 4
    rows: list[Row] = [
        [
            (
                " " if character == "\0" else character,
                (str(look & 15), "default" if look >> 4 == usual else str(look >> 4), False),
            )
            for character, look in zip(row[0], row[1:], strict=True)
        ]
        for row in record["rows"]
    ]
    lines = row_lines(image, rows, tuple(record["corner"]), tuple(record["cell"]))
    return [ShotLine(line.text, line.box, "command" if PROMPT.match(line.text) else line.role) for line in lines]


def in_reading_order(placed: Sequence[tuple[int, Box, Piece]]) -> list[tuple[Box, Piece]]:
    """Topmost window first, then row by row; pieces whose middles lie within each other's height share a row."""
    rows: list[tuple[int, float, list[tuple[Box, Piece]]]] = []
    for window, box, piece in sorted(placed, key=lambda item: (item[0], item[2].box[1] + item[2].box[3])):
        middle = (piece.box[1] + piece.box[3]) / 2
        if rows and rows[-1][0] == window and middle - rows[-1][1] <= 0.3 * (piece.box[3] - piece.box[1]):
            rows[-1][2].append((box, piece))
        else:
            rows.append((window, middle, [(box, piece)]))
    return [item for _, _, row in rows for item in sorted(row, key=lambda item: item[0][0])]


def picture_lines(image: np.ndarray, records: Sequence[Record]) -> list[ShotLine]:
    """Every line that programs drew and that stands in the picture [H, W, 3], topmost window first, row by row."""
    if not any(record["what"] == "end" for record in records):
        raise CaptureError("look.exe did not come to its end; what programs drew is not known")
    height, width = image.shape[:2]
    order = {record["window"]: place for place, record in enumerate(r for r in records if r["what"] == "window")}
    placed: list[tuple[int, Box, Piece]] = []
    for piece in joined(pieces(records, width, height)):
        box = inked(image, piece)
        if box is not None:
            placed.append((order[piece.root], box, piece))
    found = [ShotLine(piece.text.strip(), box, piece.role) for box, piece in in_reading_order(placed)]
    consoles = {record["window"]: record for record in records if record["what"] == "console"}
    for record in consoles.values():
        found += console_lines(image, record)
    return found
