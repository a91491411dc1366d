"""What goes wrong between a client and its server, typed."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """The server's refusal: `status` of HTTP, `code` (as image_too_large), `param` (what is wrong in the request, or None), `message`
    (a sentence), `type` (OpenAI's class of errors), `request_id` (to find it in the server's log), `retry_after` (seconds, or None)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        type: str = "",
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(status, code, message)
        self.status, self.code, self.message, self.param = status, code, _plain(message), param
        self.type, self.request_id, self.retry_after = type, request_id, retry_after

    def __str__(self) -> str:
        where = f" ({self.param})" if self.param else ""
        return f"{self.status} {self.code}{where}: {self.message}" if self.status else f"{self.code}: {self.message}"

    @property
    def passes(self) -> bool:
        """Whether the same request may go well later: too many requests, a server that loads or ends."""
        return self.status in (429, 503)


class ApiConnectionError(ApiError):
    """No answer at all: `code` is connection_failed, connection_lost or timeout, `status` 0."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(0, code, message)


def error_of(status: int, body: Any, request_id: str = "", retry_after: float | None = None) -> ApiError:
    """The error that a body says. A body that is none of ours (a proxy's page) becomes the code `http_error`."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        message = f"HTTP status {status}, and no error of mmgpt's: is this the server's address?"
        return ApiError(status, "http_error", message, request_id=request_id, retry_after=retry_after)
    param = error.get("param")
    return ApiError(
        status,
        str(error.get("code") or "unknown"),
        str(error.get("message") or ""),
        param=None if param is None else str(param),
        type=str(error.get("type") or ""),
        request_id=request_id,
        retry_after=retry_after,
    )


def _plain(text: str) -> str:
    """One line without control characters: messages end up in terminals."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()
