"""Where the copied parts of an answer stand in their pictures, and an answer as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import Field

from mmgpt.schema import Box, Confidence, ImageInfo, Milliseconds, Model, around, clip, unit

if TYPE_CHECKING:
    from mmgpt.generate import Answer, Seen, Span
    from mmgpt.perception import Perceived
    from vision.reader.types import Line

ANSWER_SCHEMA: Literal["mmgpt.answer/1"] = "mmgpt.answer/1"
Finish = Literal["end", "stop", "length"]
CONVERSATION_SCHEMA: Literal["mmgpt.conversation/1"] = "mmgpt.conversation/1"


@dataclass(frozen=True, slots=True)
class Part:
    """Characters `start` to `end` of line `line` of a page."""

    line: int
    start: int
    end: int


class CopiedPart(Model):
    """A part of an answer that was copied from what was read: characters `start` to `end` of the answer.

    `picture` counts from 1; `box` is around all of it, in pixels of the original; `confidence` says how surely its letters were read.
    """

    text: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    picture: int = Field(ge=1)
    box: Box
    confidence: Confidence


class Answered(Model):
    """The object of `mmgpt ask --json`. `confidence` is the probability of the whole answer; `finish` says why it ended: "end", "stop" or
    "length" (it was cut)."""

    schema_id: Literal["mmgpt.answer/1"] = Field(default=ANSWER_SCHEMA, alias="schema")
    question: str
    answer: str
    spans: list[CopiedPart]
    confidence: Confidence
    finish: Finish
    images: list[ImageInfo]
    warnings: list[str]
    model: str
    timing_ms: dict[str, Milliseconds]


class Turn(Model):
    """One message of a conversation: who says what, which pictures are shown with it (counted from 1), and what of it was copied.

    `confidence` is the probability of an answer; None for a question, and for an answer that was stopped.
    """

    role: Literal["user", "assistant"]
    text: str
    pictures: list[int]
    spans: list[CopiedPart]
    confidence: Confidence | None


class Shown(Model):
    """A picture of a conversation: where it came from, and what it was."""

    path: str
    image: ImageInfo


class Talk(Model):
    """The object that `/save` writes in `mmgpt chat`. Messages oldest first."""

    schema_id: Literal["mmgpt.conversation/1"] = Field(default=CONVERSATION_SCHEMA, alias="schema")
    model: str
    images: list[Shown]
    messages: list[Turn]


def parts_of(span: Span, perceived: Perceived) -> list[Part]:
    """A span as parts of lines of the page, in reading order."""
    found: list[Part] = []
    for piece in perceived.pieces[span.first : span.last + 1]:
        if found and found[-1].line == piece.line:
            found[-1] = Part(piece.line, found[-1].start, piece.end)
        else:
            found.append(Part(piece.line, piece.start, piece.end))
    return found


def source_line(perceived: Perceived, part: Part) -> int:
    """The index among the reader's lines (`perceived.lines`) of a part's line."""
    return int(perceived.page.source[part.line])


def part_box(line: Line, start: int, end: int) -> tuple[int, int, int, int]:
    """The box of characters `start` to `end` of a line's text without the blanks around it.

    The whole line's where the reader does not say where its characters stand.
    """
    if len(line.characters) != len(line.text):
        return line.box
    first = len(line.text) - len(line.text.lstrip())
    own = line.characters[first + start : first + end]
    if not own:
        return line.box
    x0, y0, x1, y1 = line.box
    left = max(x0, int(min(c.x0 for c in own)))
    right = min(x1, -int(-max(c.x1 for c in own) // 1))
    return (left, y0, right, y1) if left < right else line.box


def copied_parts(answer: Answer, pictures: Sequence[Seen]) -> list[CopiedPart]:
    """What of an answer was copied, in its order, with boxes. `pictures` are those of the conversation."""
    found = []
    for span in answer.spans:
        perceived = pictures[span.picture].perceived
        parts = parts_of(span, perceived)
        lines = [perceived.lines[source_line(perceived, part)] for part in parts]
        boxes = [part_box(line, part.start, part.end) for line, part in zip(lines, parts, strict=True)]
        found.append(
            CopiedPart(
                text=answer.text[span.start : span.end],
                start=span.start,
                end=span.end,
                picture=span.picture + 1,
                box=clip(around(boxes), *perceived.page.size),
                confidence=unit(min(line.confidence for line in lines)),
            )
        )
    return found


def answered(question: str, answer: Answer, pictures: Sequence[Seen], **others: Any) -> Answered:
    """An answer as JSON; `others` are `images`, `warnings`, `model` and `timing_ms`."""
    return Answered(
        question=question,
        answer=answer.text,
        spans=copied_parts(answer, pictures),
        confidence=unit(answer.confidence),
        finish=cast("Finish", answer.finish),
        **others,
    )
