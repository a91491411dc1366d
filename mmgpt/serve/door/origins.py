"""Web pages of strangers in a browser on this machine: what they may ask of a server that needs no key.

Loopback keeps other machines out, but not a page that the user looks at: it can post a form to 127.0.0.1, or have its own name
point there and then read the answers (DNS rebinding). So without keys requests from other origins may not change or compute
anything, and a server on loopback answers to this machine's names only. With keys both are moot: no page has the key.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from mmgpt.serve.door.answers import refuse
from mmgpt.serve.door.paths import OPEN, path_of
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.settings import Settings

_FOREIGN = ServiceError(
    403, "origin_not_allowed", "Web pages of this origin may not ask here. The server's --cors-origin allows origins."
)
_NAME = ServiceError(
    403, "host_not_allowed", "The server does not answer to the name in the Host header. Its --allowed-host adds names."
)


class Origins:
    """ASGI middleware, see above. `basic` requests (a browser that sends a key by itself) are judged like those without keys."""

    def __init__(self, app: ASGIApp, settings: Settings, keys: bool) -> None:
        self.app, self.keys = app, keys
        self.origins = frozenset(settings.cors_origins)
        self.names = frozenset(name.lower() for name in settings.allowed_hosts)
        self.local = settings.uds is None and is_loopback(settings.host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = self._judge(scope) if scope["type"] == "http" and path_of(scope) not in OPEN else None
        if error is not None:
            await refuse(error, scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _judge(self, scope: Scope) -> ServiceError | None:
        headers = {name: value.decode("latin-1").strip() for name, value in scope["headers"]}
        if self.keys and not headers.get(b"authorization", "").lower().startswith("basic"):
            return None
        host = headers.get(b"host", "")
        if self.local and not self.keys and not self._is_ours(host):
            return _NAME
        origin = headers.get(b"origin")
        if origin is None or scope["method"] in ("GET", "HEAD", "OPTIONS") or origin in self.origins:
            return None
        return None if urlsplit(origin).netloc.lower() == host.lower() else _FOREIGN

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return not host or is_loopback(name) or name in self.names


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine, as it is written (nothing is looked up)."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
