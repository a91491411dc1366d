"""What /openapi.json says beyond the routes: how to show a key, and the one shape of all errors."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from mmgpt.serve.door.paths import OPEN

DESCRIPTION = """\
Reads screenshots: the error word for word with its place, its code, whose it is, its cause and what to do; captions, answers,
redaction. Chat in OpenAI's protocol. Everything is computed by this server.

Errors of every route have one shape, `{"error": {"message", "type", "param", "code"}}`, and every answer carries `x-request-id`.
Routes that need the model answer 503 with `Retry-After` while it loads, and 429 with `Retry-After` when the queue is full.
"""
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string", "description": "a sentence for people"},
                "type": {"type": "string", "description": "the class of errors, as invalid_request_error"},
                "param": {
                    "type": ["string", "null"],
                    "description": "what is wrong in the request, as messages.0.content",
                },
                "code": {"type": "string", "description": "the error itself, as image_too_large"},
            },
        }
    },
}
_USUAL = {
    "400": "something in the request is wrong",
    "401": "no key, or not a known one",
    "403": "asked from a page or under a name that the server does not allow",
    "408": "the body did not come in time",
    "413": "the body is too large",
    "415": "the body has a type that is not taken",
    "429": "too many requests, or the queue is full",
    "500": "the server's fault",
    "503": "the model is loading, or the server is ending",
    "504": "the deadline passed",
}
_BODY_ONLY = ("408", "413", "415")


def describe(app: FastAPI, *, keys: bool) -> None:
    """Completes the schema that the app gives out; it is made once, when it is first asked for."""

    def schema() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _make(app, keys)
        return app.openapi_schema

    app.openapi = schema  # type: ignore[method-assign]


def _make(app: FastAPI, keys: bool) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary="Screenshots of errors, understood on your own machines",
        description=DESCRIPTION,
        routes=app.routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Error"] = _ERROR
    for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's own shape, which is never sent
        schemas.pop(unused, None)
    if keys:
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"key": []}]
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict) and "responses" in operation:
                _complete(operation, path in OPEN, method in ("post", "put", "patch"))
    return made


def _complete(operation: dict[str, Any], probe: bool, body: bool) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    if probe:
        operation["security"] = []
    else:
        for status, about in _USUAL.items():
            if body or status not in _BODY_ONLY:
                responses.setdefault(status, {"description": about, "content": content})
    for status, response in responses.items():
        if status[0] in "45":
            response.setdefault("content", content)
