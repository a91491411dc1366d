"""Every error in one shape, whoever raised it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from mmgpt.serve.door.answers import error_response
from mmgpt.serve.door.validation import validation_error
from mmgpt.serve.errors import ServiceError

_FIXED = {
    400: ("invalid_request", "The request cannot be understood."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("request_too_large", "The request is too large."),
    415: ("unsupported_media_type", "The body has a type that is not taken here."),
    416: ("invalid_range", "The range cannot be satisfied."),
}


def add_handlers(app: FastAPI) -> None:
    """Registers what turns exceptions into answers. What nobody expected is answered by the door's outermost part."""
    app.add_exception_handler(ServiceError, _service)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)


async def _service(request: Request, error: Any) -> Response:
    return error_response(error)


async def _validation(request: Request, error: Any) -> Response:
    errors = error.errors()
    if any(item.get("type") == "json_invalid" for item in errors):
        return error_response(ServiceError(400, "invalid_json", "The body is not valid JSON."))
    return error_response(validation_error(errors, error.body))


async def _http(request: Request, error: Any) -> Response:
    status = error.status_code
    code, message = _FIXED.get(status, ("server_error" if status >= 500 else "invalid_request", "The request failed."))
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "retry-after"}
    if status == 405:
        headers["allow"] = ", ".join(_methods(request)) or (error.headers or {}).get("Allow", "")
    return error_response(ServiceError(status, code, message, headers=headers))


def _methods(request: Request) -> list[str]:
    """All methods that the address takes: each route of it knows its own only."""
    found: set[str] = set()
    for route in _leaves(request.app.routes):
        if route.matches({**request.scope, "path_params": {}})[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


def _leaves(routes: Iterable[Any]) -> Iterator[Any]:
    for route in routes:
        if isinstance(route, Route):
            yield route
        else:
            yield from _leaves(getattr(getattr(route, "original_router", None), "routes", None) or ())
