"""Scoring an extractor's fields against a picture's truth.

app is compared without regard to case, kind and category as they stand, the code after normalisation; "no code" is an
answer like any other. The *right line* was named when at least half of the message's evidence lines, and at least one,
lie on true message lines (the matching rule of `train.evaluation.matching`). True message lines are those of role
`message`; without any, those whose text is part of the true message. Where their place is not known, the line is right
when less than half of the message's characters are wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mmgpt.extraction import Extraction, FieldValue
from mmgpt.extractor.aliases import app_key
from train.evaluation.matching import linked
from train.evaluation.samples import Box, Sample
from train.evaluation.text import edit_distance, normalise
from vision.reader.types import Line


@dataclass(frozen=True)
class FieldResult:
    """One field of one picture. `answered` is False where the extractor abstained."""

    field: str
    truth: str | bool | None
    value: str | bool | None
    confidence: float
    right: bool
    answered: bool


@dataclass(frozen=True)
class FieldScores:
    """All fields of one picture. `right_line` and what follows concern the message and are None for normal screens."""

    results: tuple[FieldResult, ...]
    right_line: bool | None = None
    message_edits: int = 0
    message_characters: int = 0

    def get(self, field: str) -> FieldResult | None:
        """The result of one field, None where the picture has no truth for it."""
        return next((result for result in self.results if result.field == field), None)


def score_fields(sample: Sample, lines: Sequence[Line], extraction: Extraction) -> FieldScores | None:
    """Compares an extraction (made from `lines`) with the sample's fields; None for samples without fields.

    message, error_code and category are judged on error pictures alone, is_error, app and kind on all.
    """
    if sample.fields is None:
        return None
    truth = sample.fields
    is_error = bool(truth["is_error"])
    results = [
        _result("is_error", is_error, extraction.is_error, extraction, bool(extraction.is_error.value) == is_error),
        _text_result("app", truth["app"], extraction.app, extraction, name=True),
        _text_result("kind", truth["kind"], extraction.kind, extraction),
    ]
    if not is_error:
        return FieldScores(tuple(results))
    results += [
        _text_result("message", truth["message"], extraction.message, extraction),
        _text_result("error_code", truth["error_code"], extraction.error_code, extraction),
        _text_result("category", truth["category"], extraction.category, extraction),
    ]
    true_message = normalise(str(truth["message"] or ""))
    message = normalise(str(extraction.message.value or ""))
    edits = edit_distance(true_message, message)
    return FieldScores(
        tuple(results),
        right_line=_is_right_line(sample, lines, extraction, edits, len(true_message)),
        message_edits=edits,
        message_characters=len(true_message),
    )


def message_boxes(sample: Sample) -> list[Box]:
    """The boxes of the true message's lines, as far as known (see the module's head)."""
    if sample.fields is None or not sample.fields["message"]:
        return []
    by_role = [line.box for line in sample.lines if line.role == "message" and line.box is not None]
    if by_role:
        return by_role
    message = normalise(str(sample.fields["message"]))
    boxes = []
    for line in sample.lines:
        text = normalise(line.text)
        if line.box is not None and len(text) >= 3 and (text in message or message in text):
            boxes.append(line.box)
    return boxes


def _is_right_line(sample: Sample, lines: Sequence[Line], extraction: Extraction, edits: int, characters: int) -> bool:
    truths = message_boxes(sample)
    if not truths:
        return edits < 0.5 * max(characters, 1)
    evidence = [lines[i].box for i in extraction.message.lines]
    hits = sum(any(linked(truth, box) for truth in truths) for box in evidence)
    return hits > 0 and 2 * hits >= len(evidence)


def _text_result(
    field: str, truth: object, value: FieldValue, extraction: Extraction, name: bool = False
) -> FieldResult:
    """Right where the words are the same; a `name` of a program also where it is another name of it (ssh, OpenSSH)."""
    expected = None if truth is None else normalise(str(truth))
    got = None if value.value is None else normalise(str(value.value))
    same = expected == got
    if name and expected is not None and got is not None:
        same = app_key(expected) == app_key(got)
    return _result(field, expected, FieldValue(got, value.confidence), extraction, same)


def _result(
    field: str, truth: str | bool | None, value: FieldValue, extraction: Extraction, right: bool
) -> FieldResult:
    return FieldResult(field, truth, value.value, value.confidence, right, field not in extraction.abstained)
