"""Lines joined as they belong together: what stands beside each other in a row, and what a row goes on with below.

A strand is a text of which each character knows the line and the place in it that it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from mmgpt.redaction.fold import fold
from mmgpt.redaction.secret import Hit, Secret

if TYPE_CHECKING:
    from vision.reader.types import Line

BLOCK = "█"
"""What a painted place reads as."""
Place = tuple[int, int]
_ASSIGNED = re.compile(
    r"^[A-Z]{2,}[A-Z0-9_]*[=\-:]\S|^\W{0,3}[A-Za-z_][\w.\-]{1,40}[\"']?\s?[:=]\s?(?![=\s]*$)"
)  # a setting of its own
_ANEW = re.compile(
    r"^(?:HTTP/\d|\S{1,24}@\S{1,24}[: ]|[$#%>❯] ?(?:\S|$)|PS [A-Z]:|[A-Z]:\\|[a-z]{2,12}: )"
)  # a prompt, an answer
_NUMBERED = re.compile(r"^\d{1,5}\s+\S")  # rows of an editor
_HASHED = re.compile(r"[$§S]\w{1,2}\$[\w./$]{16,}$")
_LEAST_WRAPPED = 14  # characters; shorter rows are not wrapped ones


@dataclass(frozen=True, slots=True)
class Strand:
    """`text`, its `folded` form, and for each character (line, place in the line), None for what was put between lines.

    `box` is around all of it; `cell` is how wide its characters are, `lines` which lines it is made of.
    """

    text: str
    folded: str
    places: tuple[Place | None, ...]
    lines: tuple[int, ...]
    box: tuple[int, int, int, int]
    cell: float

    def secrets(self, hit: Hit, group: int) -> list[Secret]:
        """The parts of lines that a hit covers, without blanks around them."""
        parts: dict[int, list[int]] = {}
        for at in range(hit.start, min(hit.end, len(self.places))):
            place = self.places[at]
            if place is not None:
                parts.setdefault(place[0], []).append(at)
        found = []
        for line, own in parts.items():
            first, last = self.places[own[0]], self.places[own[-1]]
            text = self.text[own[0] : own[-1] + 1]  # a line's characters stand together in a strand
            if first is not None and last is not None and text.strip():
                found.append(Secret(hit.kind, line, first[1], last[1] + 1, text, group))
        return found


def strand_of(index: int, line: Line) -> Strand:
    """One line as a strand."""
    width = max(line.box[2] - line.box[0], 1)
    places = tuple((index, at) for at in range(len(line.text)))
    return Strand(line.text, fold(line.text), places, (index,), line.box, width / max(len(line.text), 1))


def joined(first: Strand, second: Strand, between: str) -> Strand:
    """One strand behind the other."""
    a, b = first.box, second.box
    box = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
    text = first.text + between + second.text
    places = (*first.places, *(None,) * len(between), *second.places)
    return replace(first, text=text, folded=fold(text), places=places, lines=first.lines + second.lines, box=box)


def rows(lines: Sequence[Line]) -> list[Strand]:
    """The lines as rows: lines of one height with little between them are one strand, from left to right."""
    single = [strand_of(index, line) for index, line in enumerate(lines) if line.text.strip()]
    single.sort(key=lambda strand: (strand.box[0], strand.box[1]))
    out: list[Strand] = []
    for strand in single:
        best, gap = -1, 0.0
        for number, row in enumerate(out):
            distance = strand.box[0] - row.box[2]
            tall = min(_height(strand.box), _height(row.box))
            if -0.6 * tall < distance < 3.2 * tall and _beside(row, strand) and (best < 0 or distance < gap):
                best, gap = number, distance
        if best < 0:
            out.append(strand)
        else:
            row = out[best]
            out[best] = replace(
                joined(row, strand, " " if gap < 1.5 * _height(strand.box) else "  "), cell=min(row.cell, strand.cell)
            )
    return sorted(out, key=lambda row: (row.box[1] + row.box[3], row.box[0]))


def _beside(row: Strand, strand: Strand) -> bool:
    """Whether a strand stands in the row: the last line of the row shares at least half of the lower one's height."""
    a, b = row.box, strand.box
    shared = min(a[3], b[3]) - max(a[1], b[1])
    low, high = sorted((_height(a), _height(b)))
    return shared >= 0.55 * low and high <= 2.2 * low


def _height(box: tuple[int, int, int, int]) -> int:
    return max(box[3] - box[1], 1)


def wrapped(strands: Sequence[Strand], width: int = 0) -> list[Strand]:
    """Rows that seem to go on below, joined with the row or rows they go on in; rows that do not are left out.

    `width` is the picture's, 0 where it is not known. Once as terminals wrap (nothing between) and, of two rows, once as
    prose does (a blank).
    """
    order = sorted(range(len(strands)), key=lambda i: strands[i].box[1])
    after: dict[int, int] = {}
    for at, i in enumerate(order):
        for j in order[at + 1 :]:
            if strands[j].box[1] - strands[i].box[1] > 3 * _height(strands[i].box):
                break
            if _goes_on(strands[i], strands[j], strands, width):
                after.setdefault(i, j)
    out: list[Strand] = []
    for i, j in after.items():
        chain, last, steps = joined(strands[i], strands[j], ""), j, 0
        while last in after and steps < 30:
            last, steps = after[last], steps + 1
            chain = joined(chain, strands[last], "")
        out += [chain, joined(strands[i], strands[j], " ")]
    return out


def _goes_on(above: Strand, below: Strand, strands: Sequence[Strand], width: int) -> bool:
    a, b, cell = above.box, below.box, above.cell
    tall, pitch = _height(a), b[1] - a[1]
    if len(above.text) < _LEAST_WRAPPED or not 0.6 * tall < pitch < 2.4 * tall or _height(b) > 1.8 * tall:
        return False
    if width and width - a[2] < 2.5 * cell and b[0] < 2.5 * cell and _HASHED.search(above.text):
        return True  # what stands between the colons of a password file
    if (
        _ASSIGNED.match(below.text)
        or _ANEW.match(below.text)
        or (_NUMBERED.match(above.text) and _NUMBERED.match(below.text))
    ):
        return False
    if len(below.text) > 9 and not 0.75 < below.cell / max(cell, 0.1) < 1.35:
        return False
    if width and width - a[2] < 2.5 * cell and b[0] < 2.5 * cell:
        return True  # a terminal's row, of which something may hide the begin
    centred = abs((a[0] + a[2]) - (b[0] + b[2])) < 2.2 * cell and a[0] <= b[0] + cell
    if not centred and not -1.3 * cell < a[0] - b[0] < 40 * cell:
        return False
    if width and width - a[2] < 2.5 * cell:
        return True
    if "  " in above.text and any(one is two is None for one, two in pairwise(above.places)):
        return False  # columns of a table, or things that only happen to stand beside each other
    column = [s.box[2] for s in strands if abs(s.box[0] - b[0]) < 1.3 * cell and abs(s.box[1] - a[1]) < 40 * tall]
    return a[2] >= max([*column, b[2]]) - 0.8 * cell


def cut_at(lines: Sequence[Line], boxes: Sequence[tuple[int, int, int, int]]) -> list[Line]:
    """The lines with what is painted taken out of them, and a line of blocks for each painted box.

    Otherwise the word behind a painted password would be taken for the password.
    """
    from vision.reader.types import Line

    out: list[Line] = []
    for line in lines:
        over = [b for b in boxes if min(b[3], line.box[3]) - max(b[1], line.box[1]) > 0.5 * _height(line.box)]
        out += _without(line, over) if over and line.characters else [line]
    for x0, y0, x1, y1 in boxes:
        tall = max(y1 - y0, 1)
        out.append(Line(BLOCK * max(round((x1 - x0) / (0.5 * tall)), 1), (x0, y0, x1, y1), 1.0))
    return out


def _without(line: Line, boxes: Sequence[tuple[int, int, int, int]]) -> list[Line]:
    def painted(middle: float) -> bool:
        return any(b[0] <= middle <= b[2] for b in boxes)

    pieces: list[list[int]] = [[]]
    for at, char in enumerate(line.characters):
        if painted((char.x0 + char.x1) / 2):
            pieces.append([])
        else:
            pieces[-1].append(at)
    edges = [box[0] for box in boxes]
    out = []
    for piece in pieces:
        # what stands on the two sides of a box with nothing read in it is two pieces as well
        for part in _split(piece, line, edges):
            characters = tuple(line.characters[at] for at in part)
            text = "".join(char.text for char in characters)
            if text.strip():
                box = (round(characters[0].x0), line.box[1], round(characters[-1].x1), line.box[3])
                out.append(replace(line, text=text, box=box, characters=characters))
    return out


def _split(piece: list[int], line: Line, edges: Sequence[int]) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    for at in piece:
        char = line.characters[at]
        if parts[-1]:
            before = line.characters[parts[-1][-1]]
            if any((before.x0 + before.x1) / 2 < edge <= (char.x0 + char.x1) / 2 for edge in edges):
                parts.append([])
        parts[-1].append(at)
    return [part for part in parts if part]
