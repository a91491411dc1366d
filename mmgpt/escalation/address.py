"""Where the engine is, and whether pictures and keys may go there.

Without TLS anyone on the way reads along, so plain http is for this machine and private networks; a key goes over plain
http to this machine only.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

PATH = "/chat/completions"
KEY_VARIABLE = "MMGPT_ESCALATE_KEY"


class AddressError(ValueError):
    """The engine's URL or key cannot be used: one line that says what to do."""


@dataclass(frozen=True)
class Address:
    """An engine: `url` takes the requests; `host` (with the port, if one is named) is what is shown and logged."""

    url: str
    host: str
    scheme: str


def address_of(url: str, key: str = "", *, insecure: bool = False) -> Address:
    """The address to post to. `url` is an engine's base, with or without /v1, or the whole path to its chat completions.

    `insecure` allows plain http to hosts that are neither this machine nor private. Raises AddressError.
    """
    parts = _parts(url)
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme == "http":
        if key and not is_loopback(host):
            raise AddressError(f"the key would go to {host} unencrypted - use https, or an engine on this machine")
        if not insecure and not is_loopback(host) and not is_private(host):
            raise AddressError(
                f"{host} is no private host, and http is not encrypted - use https, or allow it with --escalate-insecure"
            )
    if any(not "!" <= letter <= "~" for letter in key):
        raise AddressError("the key has blanks or letters beyond ASCII - check where it was copied from")
    shown = f"[{host}]" if ":" in host else host
    if parts.port is not None:
        shown = f"{shown}:{parts.port}"
    return Address(urlunsplit((parts.scheme, shown, _path(parts.path), parts.query, "")), shown, parts.scheme)


def _parts(url: str) -> SplitResult:
    example = "write it as in http://localhost:8000 or https://example.com/v1"
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise AddressError(f"the engine's URL has blanks or control characters - {example}")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - which is when it is looked at
    except ValueError as error:
        raise AddressError(f"the engine's URL cannot be read ({error}) - {example}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressError(f"the engine's URL must begin with http:// or https:// and name a host - {example}")
    if parts.username is not None or parts.password is not None:
        raise AddressError("the engine's URL holds a name or password - give the key by a file or the environment")
    if parts.fragment:
        raise AddressError(f"the engine's URL has a part behind # - {example}")
    return parts


def _path(path: str) -> str:
    """`/v1` is where everybody has it; whoever names another path means that one."""
    path = path.rstrip("/")
    if path.endswith(PATH):
        return path
    return f"{path or '/v1'}{PATH}"


def is_loopback(host: str) -> bool:
    """Whether the host is this machine by its very name: localhost, 127.0.0.0/8, ::1."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    number = _number(host)
    return number is not None and number.is_loopback


def is_private(host: str) -> bool:
    """Whether the host is this machine or one of a private network: by its number, or by all numbers that its name has."""
    number = _number(host)
    numbers = [number] if number is not None else _resolved(host)
    return bool(numbers) and all(n.is_loopback or _within(n) for n in numbers)


Number = ipaddress.IPv4Address | ipaddress.IPv6Address


_PRIVATE = [
    ipaddress.ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
]
"""RFC 1918, RFC 6598 (what overlay networks hand out) and RFC 4193. What the standard library calls private is wider."""


def _within(number: Number) -> bool:
    return any(number.version == net.version and number in net for net in _PRIVATE)


def _number(host: str) -> Number | None:
    try:
        number = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(number, "ipv4_mapped", None)
    return mapped or number


def _resolved(host: str) -> list[Number]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    numbers = [_number(str(entry[4][0])) for entry in found]
    return [number for number in numbers if number is not None]


def key_from(path: Path | None) -> str:
    """The first line of a key file, or the environment's key. Raises AddressError."""
    if path is None:
        return os.environ.get(KEY_VARIABLE, "").strip()
    try:
        rows = path.read_text(encoding="utf-8").split("\n", 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise AddressError(f"the key file {path} cannot be read ({reason})") from error
    if not rows[0].strip():
        raise AddressError(f"the first line of the key file {path} is empty - write the key there")
    return rows[0].strip()
