"""API keys from a file: one a line, `name:key` or the key alone; `#` begins a comment.

Only digests are kept. Keys travel in `Authorization: Bearer …`, never in a URL, where logs and histories would keep them. For the
page, which a browser opens, HTTP's Basic scheme is taken as well: any user name, the key as the password.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import os
import re
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from mmgpt.serve.door.answers import refuse
from mmgpt.serve.door.paths import OPEN, is_api, path_of
from mmgpt.serve.errors import ServiceError

SHORTEST = 8
ADVISED = 20
_LONGEST = 512
_REREAD_SECONDS = 2.0
_KEY = re.compile(r"[\x21-\x39\x3b-\x7e]+")  # printable ASCII but for spaces and colons
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger("mmgpt.serve")


class KeyFileError(ValueError):
    """The file of keys cannot be used. The message says why, in one line without any key."""


@dataclass(frozen=True)
class Key:
    """A key as the server knows it: `digest` to compare with, `owner` to keep its results apart from others'."""

    name: str
    digest: bytes
    owner: str
    short: bool


def digest(key: bytes) -> bytes:
    """SHA-256 of a key."""
    return hashlib.sha256(key).digest()


def owner_of(key: bytes) -> str:
    """What results, jobs and log lines know a key by; it does not help to find the key."""
    return hashlib.sha256(b"mmgpt owner\0" + key).hexdigest()[:32]


def read_keys(path: Path) -> tuple[Key, ...]:
    """The keys of a file. Raises KeyFileError."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise KeyFileError(f"the file of keys cannot be read ({error.strerror}) - check --api-key-file") from error
    except ValueError as error:
        raise KeyFileError("the file of keys is not text in UTF-8") from error
    keys: dict[bytes, Key] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        name, colon, key = line.rpartition(":")
        name = name.strip()
        key = key.strip()
        if colon and not _NAME.fullmatch(name):
            raise KeyFileError(f"line {number} of the file of keys: a name is letters, digits and ._- (name:key)")
        if not _KEY.fullmatch(key) or not SHORTEST <= len(key) <= _LONGEST:
            raise KeyFileError(
                f"line {number} of the file of keys: a key is {SHORTEST} to {_LONGEST} printable ASCII characters "
                "without spaces or colons - as from: openssl rand -hex 24"
            )
        data = key.encode()
        keys[digest(data)] = Key(name or owner_of(data)[:8], digest(data), owner_of(data), len(key) < ADVISED)
    if not keys:
        raise KeyFileError("the file of keys holds no key - write one a line, as from: openssl rand -hex 24")
    return tuple(keys.values())


def warnings_about(path: Path, keys: tuple[Key, ...]) -> list[str]:
    """What an operator should know about the file."""
    found = []
    mode = path.stat().st_mode
    if os.name == "posix" and mode & (stat.S_IRWXO | stat.S_IWGRP):
        found.append("the file of keys can be read or changed by others on this machine - run: chmod 600 on it")
    if any(key.short for key in keys):
        found.append(
            f"a key has fewer than {ADVISED} characters and may be guessed - make keys with: openssl rand -hex 24"
        )
    return found


class KeyRing:
    """The keys in force. The file is read again when it changes; a broken new file leaves the old keys in force."""

    def __init__(self, path: Path | None) -> None:
        """Raises KeyFileError."""
        self.path = path
        self.keys = () if path is None else read_keys(path)
        self._stamp = self._look()
        self._looked = time.monotonic()

    @property
    def needed(self) -> bool:
        """Whether requests need a key at all."""
        return self.path is not None

    def find(self, presented: bytes) -> Key | None:
        """The key with these bytes. Takes the same time for every key that is not there."""
        self._refresh()
        wanted = digest(presented)
        found = None
        for key in self.keys:
            if hmac.compare_digest(key.digest, wanted):
                found = key
        return found

    def _refresh(self) -> None:
        now = time.monotonic()
        if self.path is None or now - self._looked < _REREAD_SECONDS:
            return
        self._looked = now
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self.keys = read_keys(self.path)
            _log.info("the file of keys was read again: %d keys", len(self.keys))
        except KeyFileError as error:
            _log.warning("the keys stay as they were: %s", error)

    def _look(self) -> tuple[int, int, int] | None:
        try:
            status = self.path.stat() if self.path is not None else None
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino) if status is not None else None


class Keys:
    """ASGI middleware: 401 without a valid key, for every path but those of probes."""

    def __init__(self, app: ASGIApp, ring: KeyRing) -> None:
        self.app, self.ring = app, ring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.ring.needed or path_of(scope) in OPEN:
            await self.app(scope, receive, send)
            return
        page = not is_api(path_of(scope))
        presented = _presented(scope, page)
        key = None if presented is None else self.ring.find(presented)
        if key is None:
            message = (
                "This server needs an API key, in the header: Authorization: Bearer KEY."
                if presented is None
                else "This API key is not known here."
            )
            challenge = {"www-authenticate": 'Basic realm="mmgpt", charset="UTF-8"'} if page else None
            await refuse(ServiceError(401, "invalid_api_key", message, headers=challenge), scope, receive, send)
            return
        scope["state"]["owner"] = key.owner
        await self.app(scope, receive, send)


def _presented(scope: Scope, page: bool) -> bytes | None:
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(values) != 1:
        return None
    scheme, _, rest = values[0].strip().partition(b" ")
    rest = rest.strip()
    if not rest or len(rest) > 2 * _LONGEST:
        return None
    if scheme.lower() == b"bearer":
        return rest
    if page and scheme.lower() == b"basic":
        try:
            return base64.b64decode(rest, validate=True).partition(b":")[2] or None
        except (binascii.Error, ValueError):
            return None
    return None
