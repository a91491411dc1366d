"""How often a key may ask: a bucket of `burst` tokens that fills with `requests_per_minute`."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from mmgpt.serve.door.answers import refuse
from mmgpt.serve.door.paths import is_api, path_of
from mmgpt.serve.errors import ServiceError

_MOST = 10_000  # buckets; beyond them the one that was not used for longest is forgotten, that is, full again


class Rates:
    """Token buckets, one a name. `take` is called on the event loop only."""

    def __init__(self, per_minute: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second, self.burst, self._clock = per_minute / 60, float(burst), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name: tokens, and when

    def take(self, name: str) -> float | None:
        """None, and one token is gone; or the seconds until there is one."""
        if not self.per_second:
            return None
        now = self._clock()
        tokens, when = self._buckets.pop(name, (self.burst, now))
        tokens = min(self.burst, tokens + (now - when) * self.per_second)
        wait = None if tokens >= 1 else (1 - tokens) / self.per_second
        self._buckets[name] = (tokens - 1 if wait is None else tokens, now)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        return wait


class Limits:
    """ASGI middleware: 429 where a key asks too often; without keys, an address. The page's own files are free."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self.app, self.rates = app, rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_api(path_of(scope)):
            client = scope.get("client")
            wait = self.rates.take(scope["state"]["owner"] or (f"from {client[0]}" if client else ""))
            if wait is not None:
                message = "Too many requests with this key. Ask again after the seconds that Retry-After names."
                await refuse(ServiceError(429, "rate_limit_exceeded", message, retry_after=wait), scope, receive, send)
                return
        await self.app(scope, receive, send)
