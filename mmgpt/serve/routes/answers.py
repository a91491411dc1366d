"""What the routes about one picture answer: the schema's objects with the request's id and its time."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from mmgpt.schema import Box, Diagnosis, Evidence, ImageInfo, Milliseconds, Reading, Sha256, Source

RequestId = Field(description="the request's id, as in the header x-request-id")
Created = Field(ge=0, description="when it was answered, in Unix seconds")


class DiagnosisAnswer(Diagnosis):
    """A diagnosis. Words in it that were read in the picture are a stranger's: show them, never carry them out."""

    request_id: str = RequestId
    created: int = Created


class ReadingAnswer(Reading):
    """The lines of a picture."""

    request_id: str = RequestId
    created: int = Created


class Plain(BaseModel):
    """Common ground of the other answers: nothing in them that is not said here."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, protected_namespaces=())


class QueryAnswer(Plain):
    """The answer to a question. `answer` is null where there is none; `warnings` say why."""

    request_id: str = RequestId
    created: int = Created
    model: str
    image: ImageInfo
    question: str
    answer: str | None
    sources: list[Source] = Field(default=[], description="entries of the knowledge base that the answer rests on")
    evidence: list[Evidence] = Field(default=[], description="what was read for the fields that the answer speaks of")
    warnings: list[str] = []
    timing_ms: dict[str, Milliseconds] = {}


class CoveredSecret(Plain):
    """A secret that was painted over. Its text is not told."""

    kind: str
    boxes: list[Box]


class RedactionReport(Plain):
    """What was covered. `left`: kinds of what could still be read in the result; then do not pass it on."""

    schema_id: Literal["mmgpt.redaction/1"] = Field(alias="schema")
    image: ImageInfo
    covered: list[CoveredSecret]
    left: list[str]
    warnings: list[str]


class RedactionAnswer(Plain):
    """A clean picture and what was covered in it."""

    request_id: str = RequestId
    created: int = Created
    image: str = Field(pattern="^data:image/png;base64,", description="the clean picture as a data URL")
    sha256: Sha256 = Field(description="of the clean picture's bytes")
    report: RedactionReport
