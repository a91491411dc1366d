"""One diagnosis against what is true of its picture: each field, the entries it cites, and what it claims of normal screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmgpt.extraction import Extraction, FieldValue
from mmgpt.vocabulary import FIELDS
from train.evaluation.fields import score_fields
from train.evaluation.samples import Sample, SampleError
from vision.reader.types import Line

if TYPE_CHECKING:
    from mmgpt.schema import Box, Diagnosis

ABOUT_ERRORS = ("message", "error_code", "category")
"""Fields that are judged on error pictures alone, and that say nothing where no error was seen."""


@dataclass(frozen=True)
class Answer:
    """One field of one picture. `answered` is False where the diagnosis abstained or saw no error to tell it of.

    `right` compares the value that is shown, None included; it means nothing where `answered` is False.
    """

    field: str
    truth: str | bool | None
    value: str | bool | None
    confidence: float
    answered: bool
    right: bool


@dataclass(frozen=True)
class Score:
    """One picture. `called` is what the diagnosis says of is_error (None: not sure).

    `labels` are the right entries, None for pictures without a label; `cited` what was cited, the best first.
    """

    id: str
    is_error: bool
    called: bool | None
    answers: tuple[Answer, ...]
    right_line: bool | None
    labels: tuple[str, ...] | None
    cited: tuple[str, ...]
    warnings: int
    seconds: float

    def get(self, field: str) -> Answer | None:
        """The answer of one field; None where the picture has no truth for it."""
        return next((answer for answer in self.answers if answer.field == field), None)


def score(sample: Sample, diagnosis: Diagnosis, labels: tuple[str, ...] | None, seconds: float = 0.0) -> Score:
    """Compares a diagnosis of a sample's picture with the sample's fields and its right entries.

    Raises SampleError for samples without fields.
    """
    extraction, lines = as_extraction(diagnosis)
    fields = score_fields(sample, lines, extraction)
    if fields is None or sample.fields is None:
        raise SampleError(f"{sample.path}: has no fields, so no diagnosis of it can be judged")
    answers = []
    for result in fields.results:
        shown = getattr(diagnosis, result.field)
        answered = result.field not in diagnosis.abstained
        if result.field in ABOUT_ERRORS and diagnosis.is_error is not True and shown in (None, "none"):
            answered = False
        answers.append(Answer(result.field, result.truth, shown, result.confidence, answered, result.right))
    return Score(
        id=sample.id,
        is_error=bool(sample.fields["is_error"]),
        called=diagnosis.is_error,
        answers=tuple(answers),
        right_line=fields.right_line,
        labels=labels,
        cited=tuple(source.id for source in diagnosis.sources),
        warnings=len(diagnosis.warnings),
        seconds=seconds,
    )


def as_extraction(diagnosis: Diagnosis) -> tuple[Extraction, list[Line]]:
    """A diagnosis in the words of an extractor, with its lines, so that one code judges both."""
    lines = [Line(line.text, line.box, line.confidence) for line in diagnosis.text]
    evidence = {found.field: found for found in reversed(diagnosis.evidence)}  # the first of a field counts
    values: dict[str, FieldValue] = {}
    for name in FIELDS:
        found = evidence.get(name)
        values[name] = FieldValue(
            getattr(diagnosis, name),
            diagnosis.confidence.get(name, 0.0),
            () if found is None else _inside(lines, found.box),
            None if found is None else found.text,
        )
    return Extraction(
        is_error=values["is_error"],
        app=values["app"],
        kind=values["kind"],
        message=values["message"],
        error_code=values["error_code"],
        category=values["category"],
        caption=diagnosis.caption,
        abstained=tuple(diagnosis.abstained),
    ), lines


def _inside(lines: Sequence[Line], box: Box) -> tuple[int, ...]:
    """The lines that evidence of that box rests on: those of which at least 60 % lie in it, or it in them."""
    found = []
    for index, line in enumerate(lines):
        shared_x = min(line.box[2], box[2]) - max(line.box[0], box[0])
        shared_y = min(line.box[3], box[3]) - max(line.box[1], box[1])
        if shared_x <= 0 or shared_y <= 0:
            continue
        least = min(_area(line.box), _area(box))
        if least > 0 and shared_x * shared_y >= 0.6 * least:
            found.append(index)
    return tuple(found)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
