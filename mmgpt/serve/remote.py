"""Pictures from other servers, where the operator allows hosts to be asked. Off by default.

What keeps a stranger's URL from reaching this machine's own network: a host must be on the list by name; its name is resolved once;
every address must be public; the connection goes to the very address that was checked, with the name kept for Host and TLS; redirects
are followed by hand, three at most, each judged like the first; ports are 80 and 443; no proxy of the environment is used, no cookie or
credential sent. Bytes are counted as they come, and one deadline covers everything.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import h11

from mmgpt.serve.addresses import is_public
from mmgpt.serve.errors import ServiceError

SECONDS = 10.0
REDIRECTS = 3
_HEADER_BYTES = 32 * 2**10
_CHUNK = 64 * 2**10
_REDIRECTING = (301, 302, 303, 307, 308)
_TEXTS = ("text/", "application/json", "application/xhtml", "application/javascript")

Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str


class Fetcher:
    """Fetches pictures from the hosts named (`example.com`, or `*.example.com` for all below it).

    `resolve`, `permitted` and `ports` are the rule's parts, replaced only where a test stands in for the internet.
    """

    def __init__(
        self,
        hosts: tuple[str, ...],
        *,
        seconds: float = SECONDS,
        resolve: Resolve | None = None,
        permitted: Callable[[str], bool] = is_public,
        ports: frozenset[int] | None = frozenset({80, 443}),
    ) -> None:
        self.hosts = tuple(host.lower().rstrip(".") for host in hosts)
        self.seconds = seconds
        self._resolve = resolve or _resolve
        self._permitted, self._ports = permitted, ports

    async def fetch(self, url: str, max_bytes: int, param: str | None = None) -> bytes:
        """The bytes behind the URL. Raises ServiceError (400): blocked_url, image_fetch_failed, invalid_image_url."""
        try:
            return await asyncio.wait_for(self._follow(url, max_bytes, param), self.seconds)
        except asyncio.TimeoutError:
            raise _failed(f"The picture did not come within {self.seconds:g} seconds.", param) from None
        except (OSError, ssl.SSLError, h11.ProtocolError, asyncio.IncompleteReadError):
            raise _failed("The picture cannot be fetched: the server does not answer as it should.", param) from None

    async def _follow(self, url: str, max_bytes: int, param: str | None) -> bytes:
        for hop in range(REDIRECTS + 1):
            target = self._target(url, param, first=hop == 0)
            addresses = await self._addresses(target, param)
            found = await _get(target, addresses[0], max_bytes, param)
            if isinstance(found, bytes):
                return found
            url = urljoin(url, found.location)
        raise _blocked(f"The picture's address redirects more than {REDIRECTS} times.", param)

    def _target(self, url: str, param: str | None, first: bool) -> _Target:
        parts = _split(url)
        host = _plain_host(parts)
        if not first and (parts is None or host is None or parts.scheme not in ("http", "https")):
            raise _blocked("The picture's address redirects to what is no address of a picture.", param)
        if parts is None or host is None or parts.scheme not in ("http", "https"):
            raise ServiceError(400, "invalid_image_url", "The picture's URL is not valid.", param=param)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if self._ports is not None and port not in self._ports:
            raise _blocked("Pictures are fetched from ports 80 and 443 only.", param)
        if not any(host == name or (name.startswith("*.") and host.endswith(name[1:])) for name in self.hosts):
            raise _blocked("Pictures are fetched from the hosts that the server's --media-host names only.", param)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return _Target(parts.scheme, host, port, path)

    async def _addresses(self, target: _Target, param: str | None) -> list[str]:
        try:
            addresses = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            raise _failed("The picture's host cannot be found.", param) from None
        if not addresses or not all(self._permitted(address) for address in addresses):
            raise _blocked("The picture's host has an address that is not public.", param)
        return addresses


@dataclass(frozen=True)
class _Moved:
    location: str


async def _resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


def _split(url: str) -> SplitResult | None:
    # whitespace and controls are dropped by some parsers and not by others; backslashes are slashes to some
    if not url.isascii() or any(c <= " " or c in '\\"<>\x7f' for c in url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return None if parts.username is not None or parts.password is not None else parts


def _plain_host(parts: SplitResult | None) -> str | None:
    """The host as it is compared and resolved; addresses are taken in their usual form only, not as 0x7f.1 or 2130706433."""
    host = ((parts.hostname if parts is not None else None) or "").rstrip(".").lower()
    if not host or len(host) > 253:
        return None
    last = host.split(".")[-1]
    if ":" in host or last.isdigit() or last.startswith("0x"):
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            return "0.0.0.0"  # a number in disguise: judged as the address that is never allowed
    return host


async def _get(target: _Target, address: str, max_bytes: int, param: str | None) -> bytes | _Moved:
    """One request to one checked address."""
    secure = _tls() if target.scheme == "https" else None
    reader, writer = await asyncio.open_connection(
        address, target.port, ssl=secure, server_hostname=target.host if secure else None
    )
    try:
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEADER_BYTES)
        request = h11.Request(method="GET", target=target.path, headers=_headers(target))
        writer.write((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
        await writer.drain()
        return await _read(connection, reader, max_bytes, param)
    finally:
        writer.transport.abort()  # no farewell to a server that may not read it


def _headers(target: _Target) -> list[tuple[str, str]]:
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = target.port == (443 if target.scheme == "https" else 80)
    return [
        ("Host", host if usual else f"{host}:{target.port}"),
        ("Accept", "image/*"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", "mmgpt"),
        ("Connection", "close"),
    ]


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _read(
    connection: h11.Connection, reader: asyncio.StreamReader, max_bytes: int, param: str | None
) -> bytes | _Moved:
    data = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            moved = _judge(event, max_bytes, param)
            if moved is not None:
                return moved
        elif isinstance(event, h11.Data):
            data += event.data
            if len(data) > max_bytes:
                raise _too_long(max_bytes, param)
        elif isinstance(event, h11.EndOfMessage):
            return bytes(data)
        elif isinstance(event, h11.ConnectionClosed):
            raise _failed("The picture cannot be fetched: the server ended too early.", param)


def _judge(response: h11.Response, max_bytes: int, param: str | None) -> _Moved | None:
    """None where the body may be read. Raises ServiceError."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1").strip() for name, value in response.headers}
    if response.status_code in _REDIRECTING and headers.get("location"):
        return _Moved(headers["location"])
    if response.status_code != 200:
        raise _failed("The picture cannot be fetched: the server does not have it.", param)
    if headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise _failed("The picture cannot be fetched: the server sends it compressed.", param)
    if headers.get("content-type", "").lower().startswith(_TEXTS):
        raise _failed("What the server sends is not a picture.", param)
    length = headers.get("content-length", "")
    if length.isdigit() and (len(length) > 18 or int(length) > max_bytes):
        raise _too_long(max_bytes, param)
    return None


def _too_long(max_bytes: int, param: str | None) -> ServiceError:
    return _failed(f"The picture has more than {max_bytes / 2**20:.3g} MiB, which is what is left for it.", param)


def _failed(message: str, param: str | None) -> ServiceError:
    return ServiceError(400, "image_fetch_failed", message, param=param)


def _blocked(message: str, param: str | None) -> ServiceError:
    return ServiceError(400, "blocked_url", message, param=param)
