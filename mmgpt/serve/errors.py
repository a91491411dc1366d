"""The one error that a client sees: a status, a code, a message of ours, in OpenAI's shape.

Messages are fixed texts of ours, made of numbers and names that we chose: what a library or a client said never stands in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    429: "rate_limit_error",
    500: "server_error",
    503: "unavailable_error",
    504: "unavailable_error",
}


class ServiceError(Exception):
    """A request that is not answered as asked. `param` is the path of what is wrong in it, as in `messages.0.content`."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.param = status, code, message, param
        self.retry_after = retry_after
        self.headers = dict(headers or {})

    def __reduce__(self) -> Any:  # travels between processes whole
        return (_again, (self.status, self.code, self.message, self.param, self.retry_after, self.headers))

    @property
    def type(self) -> str:
        """OpenAI's word for this class of errors."""
        return TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")

    def body(self) -> dict[str, Any]:
        """`{"error": {"message", "type", "param", "code"}}`."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


def _again(
    status: int, code: str, message: str, param: str | None, retry_after: float | None, headers: dict[str, str]
) -> ServiceError:
    return ServiceError(status, code, message, param=param, retry_after=retry_after, headers=headers)
