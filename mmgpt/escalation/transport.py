"""Posting to an engine: within a time, within a size, to that host only, with patience where it asks for some."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from mmgpt.escalation.errors import EscalationError
from mmgpt.escalation.reply import error_text
from mmgpt.escalation.words import cleaned

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 2 * 2**20
"""Of an answer; real ones have a few kilobytes."""
MOST_RETRIES, MOST_REDIRECTS = 3, 2
_WAIT_FOR = (429, 503, 529)
_REDIRECTS = (301, 302, 303, 307, 308)


class Unreachable(EscalationError):
    """The engine did not answer at all. `sent` says whether any of the request may have reached it."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


@dataclass(frozen=True)
class Answer:
    """An answer of the engine, whatever its status; `wait_s`: how many seconds it asks to be left alone (None: it does not say);
    `sends`: how often the body went out for it (redirects)."""

    status: int
    body: bytes
    wait_s: float | None = None
    sends: int = 1

    @property
    def text(self) -> str:
        """What an error says, made harmless."""
        try:
            return error_text(json.loads(self.body))
        except (ValueError, RecursionError):
            return error_text(self.body[:400].decode("utf-8", "replace"))


class Transport:
    """One engine over httpx. Threads may share it. No proxies or certificates from the environment, TLS verified."""

    def __init__(self, url: str, key: str = "") -> None:
        self.url = url
        self._key = key
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def post(self, body: bytes, until: float) -> Answer:
        """Sends a JSON body once and returns what comes back; `until` is the end of patience, by `time.monotonic()`.

        Redirects are followed only within the same scheme, host and port, and only where they keep the body (307, 308).
        Raises Unreachable, and EscalationError for answers that are too large, compressed, or lead elsewhere.
        """
        import httpx

        url = httpx.URL(self.url)
        for redirects in range(MOST_REDIRECTS + 1):
            answer, target = self._once(url, body, until)
            if target is None:
                return replace(answer, sends=redirects + 1)
            if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
                raise EscalationError(
                    f"the engine redirects to {cleaned(target.host, 80)}; pictures go only to the host named"
                )
            if answer.status not in (307, 308):
                raise EscalationError(f"the engine redirects by status {answer.status} - give the URL that it leads to")
            url = target
        raise EscalationError("the engine redirects in a circle - check its URL")

    def close(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            self._client.close()

    def _once(self, url: httpx.URL, body: bytes, until: float) -> tuple[Answer, httpx.URL | None]:
        import httpx

        left = until - time.monotonic()
        if left <= 0:
            raise Unreachable("the engine did not answer in time", sent=False)
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        timeout = httpx.Timeout(left, connect=min(left, 10.0))
        try:
            with self._opened().stream("POST", url, content=body, headers=headers, timeout=timeout) as response:
                if response.status_code in _REDIRECTS and "location" in response.headers:
                    return Answer(response.status_code, b""), url.join(response.headers["location"])
                data = self._limited(response, until)
                return Answer(response.status_code, data, _wait(response.headers.get("retry-after"))), None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(f"the engine cannot be reached ({_said(error)})", sent=False) from error
        except httpx.TimeoutException as error:
            raise Unreachable("the engine did not answer in time", sent=True) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise Unreachable(f"the connection to the engine failed ({_said(error)})", sent=True) from error

    def _limited(self, response: httpx.Response, until: float) -> bytes:
        """The body as it comes over the wire. Compressed ones are refused: a few bytes could become any number."""
        if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
            raise EscalationError("the engine's answer is compressed although that was not asked for")
        length = response.headers.get("content-length", "")
        too_large = EscalationError(f"the engine's answer is larger than {MOST_BYTES // 2**20} MiB")
        if length.isdigit() and int(length[:20]) > MOST_BYTES:
            raise too_large
        data = bytearray()
        for chunk in response.iter_raw():
            data += chunk
            if len(data) > MOST_BYTES:
                raise too_large
            if time.monotonic() > until:
                raise Unreachable("the engine did not answer in time", sent=True)
        return bytes(data)

    def _opened(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                import httpx

                self._client = httpx.Client(trust_env=False, follow_redirects=False)
            return self._client


def patient(post: Callable[[], Answer], until: float, sleep: Callable[[float], None] = time.sleep) -> Answer:
    """Posts until the engine no longer asks to be left alone (429, 503, 529), a few times and not beyond `until`.

    Waits as long as its Retry-After says, 1, 2, 4 seconds where it says nothing. Returns the last answer.
    """
    for attempt in range(MOST_RETRIES + 1):
        answer = post()
        if answer.status not in _WAIT_FOR or attempt == MOST_RETRIES:
            return answer
        wait = answer.wait_s if answer.wait_s is not None else 2.0**attempt
        if time.monotonic() + wait >= until:
            return answer
        sleep(wait)
    raise AssertionError("unreachable: the last attempt returns")


def _wait(value: str | None) -> float | None:
    """Retry-After in seconds: a number, or a date of HTTP."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return None
        when = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
        seconds = (when - datetime.now(timezone.utc)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _said(error: Exception) -> str:
    return cleaned(str(error), 160) or type(error).__name__
