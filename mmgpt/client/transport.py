"""What both clients make of httpx: its options, its failures, its answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from mmgpt import __version__
from mmgpt.client.errors import ApiConnectionError, ApiError, error_of
from mmgpt.client.replies import Job
from mmgpt.client.sending import base_url, key_headers
from mmgpt.client.waiting import retry_after


def options(url: str | None, api_key: str | None, timeout: float, verify: Any) -> dict[str, Any]:
    """Arguments of httpx.Client and httpx.AsyncClient. Redirects are not followed: a key goes to the server that was named."""
    return {
        "base_url": base_url(url),
        "headers": {"user-agent": f"mmgpt/{__version__}", **key_headers(api_key)},
        "timeout": httpx.Timeout(timeout, connect=min(timeout, 10.0)),
        "verify": verify,
        "follow_redirects": False,
    }


def failure(error: httpx.HTTPError, url: str) -> ApiConnectionError:
    """Why no answer came, by httpx."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        message = f"no server answers at {url} - start one with: mmgpt serve"
        return ApiConnectionError("connection_failed", message)
    if isinstance(error, httpx.TimeoutException):
        return ApiConnectionError("timeout", f"no answer from {url} in time - give more with timeout=…")
    return ApiConnectionError("connection_lost", f"the connection to {url} broke off ({type(error).__name__})")


def refusal(response: httpx.Response) -> ApiError:
    """The error of an answer that has been read."""
    try:
        body = response.json()
    except ValueError:
        body = None
    headers = response.headers
    return error_of(
        response.status_code, body, headers.get("x-request-id", ""), retry_after(headers.get("retry-after"))
    )


def value_of(response: httpx.Response) -> Any:
    """The JSON of an answer that has been read. Raises ApiError."""
    try:
        return response.json()
    except ValueError:
        message = "The answer is no JSON: is this the server's address?"
        raise ApiError(response.status_code, "unexpected_answer", message) from None


def job_path(job: str | Job, rest: str = "") -> str:
    """The path of a job."""
    return f"/v1/jobs/{quote(job.id if isinstance(job, Job) else job, safe='')}{rest}"


class Lines:
    """Bytes in, whole lines out. Lines end in a line feed only: other line ends of Unicode's may stand inside JSON."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> list[str]:
        """The lines that end in this part."""
        *whole, self._rest = (self._rest + part).split(b"\n")
        return [line.decode("utf-8", "replace").removesuffix("\r") for line in whole]
