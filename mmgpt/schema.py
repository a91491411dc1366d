"""Every JSON object that mmgpt emits. This is the only place that says what is in it.

`Diagnosis` is the object of `python -m mmgpt.caption --json`, of the API and of the page; `Reading` is the object of
`mmgpt read --json`. Boxes are x0, y0, x1, y1 in pixels of the original picture, right and bottom excluded; confidences
are 0..1. Unknown keys are refused, so that a typo in stored data is seen at once. Where several pictures are written as
JSON lines, each object has one more key, `path`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from mmgpt.vocabulary import CATEGORIES as CATEGORIES
from mmgpt.vocabulary import FIELDS as FIELDS
from mmgpt.vocabulary import KINDS as KINDS
from mmgpt.vocabulary import Category as Category
from mmgpt.vocabulary import FieldName as FieldName
from mmgpt.vocabulary import Kind as Kind

if TYPE_CHECKING:
    from vision.reader.types import Line

DIAGNOSIS_SCHEMA: Literal["mmgpt.diagnosis/1"] = "mmgpt.diagnosis/1"
READING_SCHEMA: Literal["mmgpt.reading/1"] = "mmgpt.reading/1"

Confidence = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Pixel = Annotated[int, Field(ge=0)]
Box = tuple[Pixel, Pixel, Pixel, Pixel]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Milliseconds = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class Model(BaseModel):
    """Common ground: unknown keys are errors, values do not change, JSON names are the schema's."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, protected_namespaces=())

    def to_dict(self) -> dict[str, Any]:
        """The object as it stands in JSON: plain dicts, lists, strings and numbers, in the schema's order."""
        return self.model_dump(mode="json", by_alias=True)


def _ordered(box: Box) -> None:
    if box[0] > box[2] or box[1] > box[3]:
        raise ValueError(f"box {list(box)} must be x0, y0, x1, y1 with x0 <= x1 and y0 <= y1")


class ImageInfo(Model):
    """The picture: its size in pixels after turning it upright, and the SHA-256 of the bytes it came as."""

    width: int = Field(gt=0)
    height: int = Field(gt=0)
    sha256: Sha256


Spans = list[tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]]
"""Parts of a text: pairs of first character and the one behind the last."""


class TextLine(Model):
    """One line of text that was read."""

    text: str
    box: Box
    confidence: Confidence

    @model_validator(mode="after")
    def _check(self) -> TextLine:
        _ordered(self.box)
        return self

    @classmethod
    def from_line(cls, line: Line, width: int, height: int) -> TextLine:
        """A reader's line as JSON. Boxes are cut at the picture's edge, confidences are kept to three digits."""
        return cls(text=line.text, box=clip(line.box, width, height), confidence=unit(line.confidence))


class Evidence(Model):
    """The words that a field rests on, where they stand, and how sure the reader is of having read them.

    `doubtful` are the parts of `text` whose letters the reader does not support: they may be others.
    """

    field: FieldName
    text: str
    box: Box
    confidence: Confidence
    doubtful: Spans = []

    @model_validator(mode="after")
    def _check(self) -> Evidence:
        _ordered(self.box)
        for start, end in self.doubtful:
            if not start < end <= len(self.text):
                raise ValueError(
                    f"doubtful part {start}..{end} is not within the {len(self.text)} characters of the text"
                )
        return self


class Source(Model):
    """An entry of the knowledge base or of the user's runbooks that cause and fixes are taken from.

    `score` says how well it fits (0..1), `why` by what it was found; `url` is empty where the entry names none.
    """

    id: str
    title: str
    url: str = ""
    score: Confidence = 1.0
    why: str = ""


class FurtherError(Model):
    """Another error in the same picture, behind the first or smaller than it. Fields as in `Diagnosis`."""

    app: str | None
    message: str | None
    error_code: str | None
    category: Category | None
    cause: str | None = None
    fixes: list[str] = []
    sources: list[Source] = []
    evidence: list[Evidence] = []
    confidence: dict[FieldName, Confidence] = {}
    abstained: list[FieldName] = []


class Escalation(Model):
    """That a bigger model was asked, and what became of it: which fields are its own, and how many bytes left the machine."""

    engine: str
    reason: str
    fields: list[str] = []
    sent_bytes: int = Field(ge=0)
    masked: int = Field(default=0, ge=0, description="secrets that were masked before anything was sent")
    refused: str = Field(default="", description="why its answer was not taken; empty where it was")


MEANING: dict[FieldName, str] = {
    "is_error": "A program shows, as the picture's subject, that something asked for failed. Documentation, logs, "
    "code, search results or passing tests that mention errors are none, nor are questions such as 'Save "
    "changes?' or '0 errors'; a warning that something asked for was not done is one.",
    "app": "Whose message it is. A page made by a server or framework: that one; a page the browser made: the browser. "
    "In a terminal the tool that failed, for an uncaught exception the runtime; for a dialog its application. Without "
    "an error: the application in front.",
    "kind": "What is shown: browser is the browser's own page or chrome, web_page is a page made by someone else.",
    "message": "The main error line as it stands, visible prefix included, a wrapped line joined: the line that names "
    "the failure (a Python traceback's last, Java's first, a compiler's first error, a page's heading, a dialog's main "
    "sentence).",
    "error_code": "A visible identifier, verbatim; the most specific of product code, errno name, HTTP status (the "
    "number), exception class, numeric code (the number). Phrases are no codes.",
    "category": "The cause rather than the symptom; none without an error. A missing key, column or template is "
    "not_found, an undeclared name is syntax, a port or lock in use is concurrency_lock, a missing package is "
    "import_dependency.",
}


class Diagnosis(Model):
    """What a picture shows.

    `is_error`, `kind` and `category` are null only where the model was not sure: then `abstained` names them. `app`,
    `message` and `error_code` are null where there is none to see, too. `confidence` says how sure the model is of a
    field's value; an evidence's own confidence says how sure the reader is of the words. `timing_ms` has `total` and
    its parts: `decode` (file to pixels), `read` (pixels to lines), `extract` (lines to fields), and `answer` where the decoder was
    asked, `reread` (doubtful text once more), `knowledge` (the search for cause and fixes) where there was one.
    `cause` and `fixes` are words of the entries named in `sources`, the best first; without `sources` there are none.
    `further` are other errors in the picture; `question` and `answer` what was asked about it and what is said to that.
    """

    schema_id: Literal["mmgpt.diagnosis/1"] = Field(default=DIAGNOSIS_SCHEMA, alias="schema")
    image: ImageInfo
    caption: str
    is_error: bool | None = Field(description=MEANING["is_error"])
    app: str | None = Field(description=MEANING["app"])
    kind: Kind | None = Field(description=MEANING["kind"])
    message: str | None = Field(description=MEANING["message"])
    error_code: str | None = Field(description=MEANING["error_code"])
    category: Category | None = Field(description=MEANING["category"])
    cause: str | None = None
    fixes: list[str] = []
    sources: list[Source] = []
    evidence: list[Evidence] = []
    confidence: dict[FieldName, Confidence] = {}
    abstained: list[FieldName] = []
    further: list[FurtherError] = []
    question: str | None = None
    answer: str | None = None
    masked: int = Field(default=0, ge=0, description="secrets that are masked in the texts of this object")
    escalation: Escalation | None = None
    text: list[TextLine] = []
    warnings: list[str] = []
    model: str
    timing_ms: dict[str, Milliseconds] = {}

    @model_validator(mode="after")
    def _check(self) -> Diagnosis:
        for name in ("is_error", "kind", "category"):
            if getattr(self, name) is None and name not in self.abstained:
                raise ValueError(f"{name} is null but not named in abstained")
        for name in self.abstained:
            if getattr(self, name) is not None:
                raise ValueError(f"{name} is named in abstained but has the value {getattr(self, name)!r}")
        if self.sources and not (self.cause or self.fixes or self.escalation):
            raise ValueError("sources are cited, but neither a cause nor fixes are taken from them")
        further = [evidence for error in self.further for evidence in error.evidence]
        _inside([*self.evidence, *further, *self.text], self.image)
        return self


class Reading(Model):
    """The lines of a picture, without any judgement about them."""

    schema_id: Literal["mmgpt.reading/1"] = Field(default=READING_SCHEMA, alias="schema")
    image: ImageInfo
    text: list[TextLine]
    warnings: list[str] = []
    model: str
    timing_ms: dict[str, Milliseconds] = {}

    @model_validator(mode="after")
    def _check(self) -> Reading:
        _inside(self.text, self.image)
        return self


def _inside(items: Sequence[Evidence | TextLine], image: ImageInfo) -> None:
    for item in items:
        if item.box[2] > image.width or item.box[3] > image.height:
            raise ValueError(f"box {list(item.box)} leaves the picture of {image.width}x{image.height} pixels")


def clip(box: tuple[int, int, int, int], width: int, height: int) -> Box:
    """The part of a box that lies in a picture of width x height pixels (an empty box at its edge if none does)."""
    x0, y0 = min(max(int(box[0]), 0), width), min(max(int(box[1]), 0), height)
    x1, y1 = min(max(int(box[2]), x0), width), min(max(int(box[3]), y0), height)
    return (x0, y0, x1, y1)


def around(boxes: Sequence[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    """The smallest box that holds all of them; there must be at least one."""
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


def unit(value: float) -> float:
    """A confidence within 0..1 and of three digits. Anything that is not a number becomes 0."""
    return round(min(max(float(value), 0.0), 1.0), 3) if not math.isnan(value) else 0.0


def layout(value: dict[str, Any]) -> str:
    """An object as JSON that people read: one key a line, one entry of a list of objects a line."""
    rows = []
    for key, item in value.items():
        name = json.dumps(key, ensure_ascii=False)
        if isinstance(item, list) and item and isinstance(item[0], dict):
            entries = ",\n".join("    " + json.dumps(entry, ensure_ascii=False) for entry in item)
            rows.append(f"  {name}: [\n{entries}\n  ]")
        else:
            rows.append(f"  {name}: {json.dumps(item, ensure_ascii=False)}")
    return "{\n" + ",\n".join(rows) + "\n}"


def line(value: dict[str, Any]) -> str:
    """An object as one line of JSON, without a line end. Letters beyond ASCII stay readable."""
    return json.dumps(value, ensure_ascii=False)
