"""What both clients make of httpx: its options, its failures, its answers."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

import httpx

from mmgpt import __version__
from mmgpt.client.errors import ApiConnectionError, ApiError, error_of
from mmgpt.client.replies import Job
from mmgpt.client.sending import base_url, key_headers
from mmgpt.client.waiting import retry_after


def options(url: str | None, api_key: str | None, timeout: float, verify: Any, local: bool) -> dict[str, Any]:
    """Arguments of httpx.Client and httpx.AsyncClient. Redirects are not followed: a key goes to the server that was named.

    Over a Unix socket (`local`) nobody reads along. Raises ValueError, where a key would travel unencrypted too.
    """
    address, key = base_url(url), key_headers(api_key)
    if key and not local:
        _check_encrypted(httpx.URL(address))
    return {
        "base_url": address,
        "headers": {"user-agent": f"mmgpt/{__version__}", **key},
        "timeout": httpx.Timeout(timeout, connect=min(timeout, 10.0)),
        "verify": verify,
        "follow_redirects": False,
    }


def _check_encrypted(url: httpx.URL) -> None:
    """Raises ValueError where anyone on the way would read the key."""
    from mmgpt.escalation.address import is_loopback

    host = url.host.rstrip(".").lower()
    if url.scheme == "http" and not is_loopback(host) and os.environ.get("MMGPT_INSECURE") != "1":
        raise ValueError(
            f"the key would go to {host} unencrypted - use https, or set MMGPT_INSECURE=1 where nobody can read along"
        )


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
