"""Wrapped terminal rows: a row that ends in the terminal's last column goes on in the row below.

A terminal breaks a line wherever its last column is, in the middle of words. That column is known from the picture's edge, or
from two rows that end in the same place.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from vision.reader.order import union
from vision.reader.types import Character, Line

LEAST = 20  # characters that a wrapped row has: terminals are wider, and short rows tell too little about their cells


def cell_width(line: Line) -> float:
    """Pixels a character, as if the line were in a fixed-pitch face."""
    return (line.box[2] - line.box[0]) / max(len(line.text) - 0.15, 1.0)


def join_wrapped(lines: Sequence[Line], picture_width: int) -> list[Line]:
    """Lines with wrapped terminal rows made one; all others stay as they are, in the same order.

    A row is taken to be wrapped when it is long, the row below begins in the same first column at the usual pitch and in
    cells of the same width, and it ends in the last column: within 1½ cells of the picture's right edge, or where another
    wrapped row ends.
    """
    out: list[Line] = []
    for i, line in enumerate(lines):
        if out and _continues(lines[i - 1], line, lines, picture_width):
            out[-1] = _glue(out[-1], line)
        else:
            out.append(line)
    return out


def _continues(above: Line, below: Line, lines: Sequence[Line], picture_width: int) -> bool:
    cell = cell_width(above)
    height = above.box[3] - above.box[1]
    pitch = below.box[1] - above.box[1]
    if len(above.text) < LEAST or not 0.5 * height < pitch < 2.6 * height:
        return False
    if abs(above.box[0] - below.box[0]) > 0.9 * cell:
        return False
    if len(below.text) >= 8 and abs(cell_width(below) - cell) > 0.06 * cell:
        return False
    if picture_width - above.box[2] <= 1.5 * cell:
        return True
    column = [other for other in lines if abs(other.box[0] - above.box[0]) < 0.9 * cell]
    long = [o.box[2] for o in column if len(o.text) >= LEAST and abs(cell_width(o) - cell) < 0.06 * cell]
    last = max(long)
    full = [end for end in long if last - end <= 0.5 * cell]
    # Rows that end together once may do so by chance; a last column is where two do, beyond what is usual for the rest.
    usual = median(other.box[2] for other in column)
    return last - above.box[2] <= 0.5 * cell and len(full) >= 2 and last > usual + cell


def _glue(first: Line, second: Line) -> Line:
    """One line out of two rows; what stands between them is a line break of the terminal, so no space is put in."""
    a, b = max(len(first.text), 1), max(len(second.text), 1)
    characters: tuple[Character, ...] = ()
    if first.characters and second.characters:
        characters = (*first.characters, *second.characters)
    x0, y0, x1, y1 = union([first.box, second.box])
    return Line(
        text=first.text + second.text,
        box=(int(x0), int(y0), int(x1), int(y1)),
        confidence=round((a * first.confidence + b * second.confidence) / (a + b), 4),
        characters=characters,
    )
