"""From answers to Python's values."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from mmgpt.client.errors import ApiError
from mmgpt.schema import Diagnosis, Model, Reading

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Answer:
    """An answer to a question; `text` is None where there is none, and `warnings` say why."""

    text: str | None
    sources: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    model: str = ""


@dataclass(frozen=True)
class Redacted:
    """The clean picture as PNG bytes, and the report: what was covered, and what could still be read (`left`)."""

    png: bytes
    report: dict[str, Any]

    def save(self, path: str | Path) -> None:
        """Writes the picture."""
        Path(path).write_bytes(self.png)


@dataclass(frozen=True)
class Job:
    """A job as it stands. `seconds_left` is an estimate, None before the first picture is done; times in Unix seconds."""

    id: str
    status: str
    task: str
    total: int
    done: int
    failed: int
    created: int
    expires: int
    finished: int | None = None
    question: str | None = None
    mask_secrets: bool = False
    open: bool = False
    seconds_left: float | None = None

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in ("completed", "cancelled")


@dataclass(frozen=True)
class JobResult:
    """One picture of a job: `result` is a Diagnosis (tasks diagnose and caption) or a Reading; or there is an `error`."""

    index: int
    name: str
    sha256: str
    result: Diagnosis | Reading | None = None
    error: ApiError | None = None


def model_of(kind: type[M], value: Any) -> M:
    """The schema's object; what a newer server says besides is left out. Raises ApiError for what is none."""
    if isinstance(value, dict):
        known = {info.alias or name for name, info in kind.model_fields.items()}
        value = {name: item for name, item in value.items() if name in known}
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise _foreign(f"{error.error_count()} fields are not as expected") from None


def answer_of(value: Any) -> Answer:
    """A whole answer of /v1/query."""
    found = _object(value)
    return Answer(
        found.get("answer"),
        found.get("sources") or [],
        found.get("evidence") or [],
        found.get("warnings") or [],
        str(found.get("model", "")),
    )


def redacted_of(value: Any) -> Redacted:
    """A redaction as JSON."""
    found = _object(value)
    try:
        return Redacted(base64.b64decode(str(found["image"]).partition(",")[2], validate=True), dict(found["report"]))
    except (KeyError, ValueError, TypeError):
        raise _foreign("it holds no picture") from None


def job_of(value: Any) -> Job:
    """A job's object."""
    found = _object(value)
    try:
        return Job(**{part.name: found[part.name] for part in fields(Job) if part.name in found})
    except TypeError:
        raise _foreign("it is no job") from None


def job_result_of(line: str, task: str) -> JobResult:
    """One line of a job's results."""
    found = _object(_json(line))
    error = found.get("error")
    result: Diagnosis | Reading | None = None
    if error is None:
        result = model_of(Reading, found.get("result")) if task == "read" else model_of(Diagnosis, found.get("result"))
    return JobResult(
        int(found.get("index", -1)),
        str(found.get("name", "")),
        str(found.get("sha256", "")),
        result,
        None if error is None else ApiError(
            400, str(error.get("code")), str(error.get("message")), param=error.get("param"), type=str(error.get("type"))
        ),
    )  # fmt: skip


def said_in(value: Any) -> str:
    """The text of a chat completion's first choice."""
    try:
        return str(value["choices"][0]["message"]["content"] or "")
    except (KeyError, IndexError, TypeError):
        raise _foreign("it has no choices") from None


def event(line: str) -> dict[str, Any] | None:
    """What a line of server-sent events carries; None for comments, blank lines and the end mark. Raises ApiError for an error in it."""
    if not line.startswith("data:"):
        return None
    text = line[5:].strip()
    if text == "[DONE]":
        return None
    value = _object(_json(text))
    if isinstance(value.get("error"), dict):
        from mmgpt.client.errors import error_of

        raise error_of(500, value)
    return value


def chunk_of(value: dict[str, Any]) -> str:
    """New text in an event of /v1/query or /v1/caption."""
    return str(value.get("chunk") or "")


def delta_of(value: dict[str, Any]) -> str:
    """New text in an event of a chat completion."""
    choices = value.get("choices") or [{}]
    return str((choices[0].get("delta") or {}).get("content") or "")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise _foreign("it is no JSON") from None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _foreign("it is no object")
    return value


def _foreign(why: str) -> ApiError:
    return ApiError(
        200, "unexpected_answer", f"The answer cannot be understood ({why}): is the server of another version?"
    )


def names(values: Iterable[str] | None) -> str | None:
    """A list as forms hold it: with commas."""
    return None if values is None else ",".join(values)
