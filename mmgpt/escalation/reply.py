"""What an engine answers, and how it is taken out of what it sends: strict in values, tolerant in wrapping."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from mmgpt.escalation.errors import EscalationError
from mmgpt.escalation.words import cleaned, without_links
from mmgpt.vocabulary import CATEGORIES, KINDS, Category, Kind

_END_OF_REASONING = re.compile(r"</(?:think|thinking|reasoning|reflection)>", re.I)
_NOTHING = {"", "null", "none", "n/a", "na", "unknown", "not visible"}
_MOST_TRIES = 60
_MOST_LETTERS = 200_000

Short = Annotated[str, StringConstraints(max_length=120)]
Sentence = Annotated[str, StringConstraints(max_length=1200)]


class Reply(BaseModel):
    """The fields of an engine's answer, as in `mmgpt.schema.Diagnosis`. What else it says is not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    is_error: bool
    app: Short | None = None
    kind: Kind | None = None
    message: Sentence | None = None
    error_code: Short | None = None
    category: Category | None = None
    cause: Sentence | None = None
    fixes: Annotated[list[Sentence], Field(max_length=8)] = []
    answer: Sentence | None = None
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

    @field_validator("app", "message", "error_code", "cause", "answer", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        """Engines say null in many ways; a code may come as a number."""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            return value
        value = cleaned(value, 4000)
        return None if value.casefold() in _NOTHING else value

    @field_validator("fixes", mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        if value is None:
            return []
        if not isinstance(value, list):
            return value
        return [cleaned(item, 4000) if isinstance(item, str) else item for item in value if item not in ("", None)]


def json_schema() -> dict[str, Any]:
    """The schema of `Reply` for structured output: every key required, no others, null allowed (what strict modes ask for)."""

    def text(about: str) -> dict[str, Any]:
        return {"type": ["string", "null"], "description": about}

    def one_of(values: tuple[str, ...]) -> dict[str, Any]:
        return {"type": ["string", "null"], "enum": [*values, None]}

    properties = {
        "is_error": {"type": "boolean"},
        "app": text("whose message it is"),
        "kind": one_of(KINDS),
        "message": text("the main error line, letter by letter as it stands in the picture"),
        "error_code": text("an identifier that is visible, letter by letter; null if none is"),
        "category": one_of(CATEGORIES),
        "cause": text("why it happened, one or two sentences"),
        "fixes": {"type": "array", "items": {"type": "string"}, "description": "what to do, the best first, at most 5"},
        "answer": text("the answer to the question, if one was asked"),
        "confidence": {"type": "number", "description": "0 to 1: how sure you are of message and category"},
    }
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


class Invalid(Exception):
    """The engine's text is no valid answer; the message says what is wrong with it, for the engine to repair."""


def parse(content: str) -> Reply:
    """An engine's text to its answer. Fences, reasoning and prose around the JSON object are left out. Raises Invalid."""
    problem = "there is no JSON object in it"
    for value in _objects(content):
        try:
            return Reply.model_validate(value)
        except ValidationError as error:
            problem = _said(error)
    raise Invalid(problem)


def _said(error: ValidationError) -> str:
    """The first few complaints, without the values (which are long, and strange)."""
    parts = [f"{'.'.join(str(p) for p in e['loc']) or 'the object'}: {e['msg']}" for e in error.errors()[:5]]
    return cleaned("; ".join(parts), 600)


def _objects(content: str) -> list[dict[str, Any]]:
    """The JSON objects in a text, behind the reasoning if there is some, the last first: answers come at the end."""
    content = content[-_MOST_LETTERS:]
    ends = [match.end() for match in _END_OF_REASONING.finditer(content)]
    stripped = content[ends[-1] :] if ends else content
    found: list[dict[str, Any]] = []
    decoder = json.JSONDecoder(parse_constant=_refused)
    place, tries = stripped.find("{"), 0
    while place >= 0 and tries < _MOST_TRIES:
        tries += 1
        try:
            value, end = decoder.raw_decode(stripped, place)
        except (ValueError, RecursionError):
            place = stripped.find("{", place + 1)
            continue
        if isinstance(value, dict):
            found.append(value)
        place = stripped.find("{", end)
    return found[::-1]


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def content_of(body: bytes) -> str:
    """The text of an engine's answer: the first choice's message, or its parts where the engine streams all the same.

    Raises EscalationError with what is wrong: no JSON, an error object, a refusal, no choice.
    """
    text = body.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    if text.startswith(("data:", "event:", ":")):
        return _streamed(text)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise EscalationError(
            "the engine's answer is not JSON - is its URL that of an OpenAI-compatible API?"
        ) from None
    if isinstance(value, dict) and value.get("error"):
        raise EscalationError(f"the engine says: {error_text(value)}")
    message = _choice(value).get("message")
    if not isinstance(message, dict):
        raise EscalationError("the engine's answer has no message - is its URL that of an OpenAI-compatible API?")
    if isinstance(message.get("refusal"), str) and message["refusal"]:
        raise EscalationError(f"the engine refuses to answer: {cleaned(without_links(message['refusal']), 200)}")
    return _joined(message.get("content"))


def _choice(value: Any) -> dict[str, Any]:
    choices = value.get("choices") if isinstance(value, dict) else None
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    return {}


def _joined(content: Any) -> str:
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _streamed(text: str) -> str:
    pieces = []
    for row in text.splitlines():
        data = row.removeprefix("data:").strip()
        if not row.startswith("data:") or data == "[DONE]":
            continue
        try:
            delta = _choice(json.loads(data)).get("delta")
        except (ValueError, RecursionError):
            raise EscalationError("the engine streams, and what it streams is broken") from None
        if isinstance(delta, dict):
            pieces.append(_joined(delta.get("content")))
    return "".join(pieces)


def error_text(value: Any) -> str:
    """What an engine's error object says, made harmless. OpenAI, vLLM, Ollama and llama.cpp each nest it in their own way."""
    for key in ("error", "message", "detail"):
        if isinstance(value, dict) and value.get(key):
            value = value[key]
    return cleaned(without_links(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)), 200)
