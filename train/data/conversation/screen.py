"""A screen as a conversation knows it: lines as they were read, what truly stands there, and the six fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from mmgpt.extractor.aliases import app_key
from train.data.conversation.align import positions
from train.data.world.content import ROLES, Fields
from train.data.world.simulate import Simulated

Box = tuple[float, float, float, float]
_DARK, _LIGHT = 0.7, 0.3
_PROMPT = re.compile(r".{0,80}?[$#%❯✗>] ")
_FITS = 0.5


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of `Screen.lines[line].read`."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """Characters `start` to `end` of a line's truth that stand for themselves, such as one of two buttons read as one."""

    start: int
    end: int
    role: str


@dataclass(frozen=True, slots=True)
class ScreenLine:
    """One read line. `truth` is "" where nothing stands there. `message`, `app`: shows (part of) that field.

    `box` is x0, y0, x1, y1 in pixels. `parts` are never empty where there is a truth.
    """

    read: str
    truth: str
    role: str
    message: bool
    app: bool
    box: Box
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of the truth: characters `start` to `end` of `Screen.lines[line].truth`, which say `text`."""

    line: int
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Screen:
    """Lines in reading order, the fields, the picture's size in pixels, and whether its ground is dark (None: both).

    `roles` are those whose absence means something (captures do not tell all roles apart); `complete` is False where the
    picture holds text that no line tells of, so that nothing may be called absent.
    """

    lines: tuple[ScreenLine, ...]
    fields: Fields
    width: int
    height: int
    dark: bool | None
    roles: frozenset[str] = frozenset(ROLES)
    complete: bool = True

    def find(self, truth_line: int, start: int, end: int) -> Span | None:
        """The read characters of a piece of a line's truth; None when more than half of them were lost.

        Raises IndexError when the piece is not within the truth.
        """
        line = self.lines[truth_line]
        if not 0 <= start < end <= len(line.truth):
            raise IndexError(f"characters {start} to {end} of line {truth_line}, whose truth has {len(line.truth)}")
        if line.read == line.truth:
            piece = line.truth[start:end]
            start += len(piece) - len(piece.lstrip())
            return Span(truth_line, start, start + len(piece.strip())) if piece.strip() else None
        there = [index for index in self._aligned(truth_line)[start:end] if index >= 0]
        same = sum(
            index >= 0 and line.read[index] == letter
            for index, letter in zip(self._aligned(truth_line)[start:end], line.truth[start:end], strict=True)
        )
        if not there or same < _FITS * (end - start):
            return None
        first, last = there[0], there[-1] + 1
        piece = line.read[first:last]
        first += len(piece) - len(piece.lstrip())
        last -= len(piece) - len(piece.rstrip())
        return Span(truth_line, first, last) if last > first else None

    def span(self, found: Found) -> Span | None:
        """`find` of a found piece."""
        return self.find(found.line, found.start, found.end)

    def text(self, span: Span) -> str:
        """The read characters of a span."""
        return self.lines[span.line].read[span.start : span.end]

    def say(self, answer: Iterable[str | Span]) -> str:
        """An answer as text. Neighbouring spans are joined by a blank, or by nothing where a terminal cut a word."""
        made: list[str] = []
        last: Span | None = None
        for part in answer:
            if isinstance(part, str):
                made.append(part)
                last = None
                continue
            if last is not None and not self._is_cut(last.line, part.line):
                made.append(" ")
            made.append(self.text(part))
            last = part
        return "".join(made)

    def pieces(self, *roles: str) -> Iterator[Found]:
        """Every part of every line whose role is one of `roles`, in reading order."""
        for number, line in enumerate(self.lines):
            for part in line.parts:
                if part.role in roles:
                    yield Found(number, part.start, part.end, line.truth[part.start : part.end])

    @cached_property
    def message(self) -> tuple[Found, ...]:
        """The parts of the lines that the message stands in, without what else is on those lines; () without any.

        Also () when more than two fifths of the message are not among the read lines.
        """
        wanted = _solid(self.fields.message or "")
        found: list[Found] = []
        at = 0
        for number, line in enumerate(self.lines):
            if line.message and at < len(wanted):
                piece = _overlap(line.truth, wanted, at)
                if piece is not None:
                    start, end, at = piece
                    found.append(Found(number, start, end, line.truth[start:end]))
        covered = sum(len(_solid(piece.text)) for piece in found)
        return tuple(found) if found and covered >= 0.6 * len(wanted) else ()

    @cached_property
    def message_spans(self) -> tuple[Span, ...]:
        """The message as spans, one for each line it covers; () when there is none or one of them was lost."""
        spans = [self.span(piece) for piece in self.message]
        return tuple(span for span in spans if span is not None) if None not in spans else ()

    @cached_property
    def message_key(self) -> str:
        """What the message's lines truly say: the field where they hold all of it, else joined as `say` joins them."""
        whole = self.fields.message or ""
        if "".join(_solid(piece.text) for piece in self.message) == _solid(whole):
            return whole
        made = ""
        for index, piece in enumerate(self.message):
            if index:
                made += "" if self._is_cut(self.message[index - 1].line, piece.line) else " "
            made += piece.text
        return made

    @cached_property
    def app(self) -> Found | None:
        """Where the program's name stands as people call it: marked lines and titles first; None when nowhere."""
        name = self.fields.app
        if not name:
            return None
        whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        best: tuple[int, Found] | None = None
        for number, line in enumerate(self.lines):
            rank = _app_rank(line, name)
            if rank is None or (best is not None and rank >= best[0]):
                continue
            prompt = _PROMPT.match(line.truth) if line.role == "command" else None
            there = whole.search(line.truth, prompt.end() if prompt is not None else 0)
            if there is not None:
                best = rank, Found(number, there.start(), there.end(), name)
        return best[1] if best is not None else None

    @cached_property
    def truths(self) -> str:
        """All that truly stands on the screen, one line below the other, in lower case."""
        return "\n".join(line.truth for line in self.lines).lower()

    @cached_property
    def _edges(self) -> tuple[float, float]:
        """The leftmost and rightmost end of all lines."""
        return min(line.box[0] for line in self.lines), max(line.box[2] for line in self.lines)

    def _is_cut(self, upper: int, lower: int) -> bool:
        """Whether a terminal cut its row between two lines: the upper one ends in the last column, as in `join_message`."""
        above, below = self.lines[upper].box, self.lines[lower].box
        if self.fields.kind != "terminal":
            return False
        cell = max((above[2] - above[0]) / max(len(self.lines[upper].read), 1), 1.0)
        left, right = self._edges
        same_row = below[1] < (above[1] + above[3]) / 2
        return not same_row and above[2] > right - 0.6 * cell and below[0] < left + 0.6 * cell

    @cached_property
    def _alignments(self) -> dict[int, list[int]]:
        return {}

    def _aligned(self, line: int) -> list[int]:
        if line not in self._alignments:
            self._alignments[line] = positions(self.lines[line].truth, self.lines[line].read)
        return self._alignments[line]


def _solid(text: str) -> str:
    return "".join(text.split())


def _overlap(truth: str, wanted: str, at: int) -> tuple[int, int, int] | None:
    """The piece of `truth` that goes on with `wanted` (without blanks) from `at` or later: start, end, new position."""
    places = [index for index, letter in enumerate(truth) if not letter.isspace()]
    solid = "".join(truth[index] for index in places)
    if not solid:
        return None
    there = wanted.find(solid, at)
    if there >= 0:
        return places[0], places[-1] + 1, there + len(solid)
    rest = wanted[at:]
    inside = solid.find(rest)
    if inside >= 0:
        return places[inside], places[inside + len(rest) - 1] + 1, len(wanted)
    for start in range(1, len(solid) - 3):  # something else stands before it on this line
        if rest.startswith(solid[start:]):
            return places[start], places[-1] + 1, at + len(solid) - start
    for length in range(len(solid) - 1, max(3, len(solid) // 3), -1):  # or behind it
        if rest.startswith(solid[:length]):
            return places[0], places[length - 1] + 1, at + length
    return None


def _app_rank(line: ScreenLine, name: str) -> int | None:
    """How good a line is to take the program's name from (0 best); None: not at all."""
    if line.app:
        return 0
    if line.role in ("app_name", "title"):
        return 1
    if line.message and re.match(rf"{re.escape(name)}(?:\[\d+\])?:", line.truth):
        return 2
    if line.role in ("tab", "command") and app_key(name) in {app_key(word) for word in line.truth.split()}:
        return 3
    return None


def from_simulated(sim: Simulated) -> Screen:
    """The screen of a simulated page."""
    lines = tuple(
        ScreenLine(read, truth, role, bool(message), app, (x0, y0, x1, y1), tuple(Part(*part) for part in parts))
        for read, truth, role, message, app, (x0, y0, x1, y1), parts in zip(
            sim.page.texts,
            sim.truths,
            sim.roles,
            sim.message,
            sim.app_lines,
            sim.page.boxes.tolist(),
            sim.parts,
            strict=True,
        )
    )
    return Screen(lines, sim.fields, *sim.page.size, _darkness(sim))


def _darkness(sim: Simulated) -> bool | None:
    """Whether most of the area that text covers has a dark ground; None when neither dark nor light prevails."""
    boxes, grounds = sim.page.boxes, sim.page.styles[:, 3:6]
    if not len(boxes):
        return None
    area = (boxes[:, 2] - boxes[:, 0]).clip(1) * (boxes[:, 3] - boxes[:, 1]).clip(1)
    share = float((area * (grounds.mean(axis=1) < 0.5)).sum() / area.sum())
    return True if share >= _DARK else False if share <= _LIGHT else None
