"""Bodies of JSON: read strictly, since two readers of lenient JSON can see two requests in the same bytes."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from mmgpt.serve.door.validation import validation_error
from mmgpt.serve.errors import ServiceError

MAX_DEPTH = 64
MAX_ITEMS = 200_000
"""Commas and opening brackets in a body: a few bytes of text each would become a hundred bytes of objects."""
_MAX_DIGITS = 20
_Model = TypeVar("_Model", bound=BaseModel)


async def json_body(request: Request, model: type[_Model]) -> _Model:
    """The request's body, which must be a JSON object that `model` takes.

    Raises ServiceError: 415 unsupported_media_type; 400 invalid_json for what is not plain JSON (RFC 8259: UTF-8 without a byte order
    mark, no name twice, no NaN, no lone surrogates, at most 64 levels); 400 with `param` for what the model does not take.
    """
    _check_type(request)
    value = parse_object(await request.body())
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise validation_error(error.errors(include_url=False, include_input=False), value) from None


def content_type(request: Request) -> str:
    """The media type of the body, lower case and without parameters; "" where the request names none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def refuse_encoded(request: Request) -> None:
    """Raises ServiceError (415) for a compressed body: it could grow beyond every limit while it is unpacked."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise ServiceError(
            415, "unsupported_media_type", "Compressed bodies are not taken. Send it without Content-Encoding."
        )


def parse_object(body: bytes) -> dict[str, Any]:
    """A JSON object from bytes. Raises ServiceError (400 invalid_json)."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_ITEMS:
        _refuse("holds too many values")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("is not UTF-8")
    if text.startswith("\ufeff"):
        _refuse("begins with a byte order mark")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=lambda _: _refuse("holds NaN or Infinity"),
            parse_int=_whole,
            parse_float=_real,
        )
    except RecursionError:
        _refuse(f"is nested deeper than {MAX_DEPTH} levels")
    except ValueError:
        _refuse("is not valid JSON")
    if not isinstance(value, dict):
        _refuse("is not a JSON object")
    _check(value)
    return value


def _check_type(request: Request) -> None:
    refuse_encoded(request)
    kind = content_type(request)
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise ServiceError(
            415, "unsupported_media_type", "The body must be JSON, with the header Content-Type: application/json."
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        _refuse("has an object with the same name twice")
    return value


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > _MAX_DIGITS:
        _refuse("holds a number that is too long")
    return int(digits)


def _real(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _refuse("holds a number that is too large")
    return value


def _check(value: Any) -> None:
    """Depth and letters of everything in it, without recursion."""
    left: list[tuple[Any, int]] = [(value, 1)]
    while left:
        item, depth = left.pop()
        if isinstance(item, str):
            if not item.isascii():
                try:
                    item.encode("utf-8")
                except UnicodeEncodeError:
                    _refuse("holds half a character (a lone surrogate)")
        elif isinstance(item, dict | list):
            if depth > MAX_DEPTH:
                _refuse(f"is nested deeper than {MAX_DEPTH} levels")
            left.extend((inner, depth + 1) for inner in item)
            if isinstance(item, dict):
                left.extend((inner, depth + 1) for inner in item.values())


def _refuse(what: str) -> NoReturn:
    raise ServiceError(400, "invalid_json", f"The body {what}.")
