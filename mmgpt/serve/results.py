"""Results that need not be worked out again: exactly the same task, over exactly the same picture, for the same owner."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Hashable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt.serve.cache import ByteCache
from mmgpt.serve.protocol import Generate, Redaction, Task

if TYPE_CHECKING:
    from mmgpt.serve.settings import Settings

log = logging.getLogger(__name__)

UNSETTLED = 2.0
"""Seconds after a change of files in which results are not kept: the worker may still have answered from the old ones."""
_LOOK_EVERY = 1.0


def key_of(request: Task | Generate, owner: str) -> Hashable:
    """Equal for two requests exactly if they ask the same of the same bytes, taken for the same size, for the same owner."""
    if isinstance(request, Generate):
        parts = [(m.role, [p if isinstance(p, str) else _picture(p) for p in m.parts]) for m in request.messages]
        others = [getattr(request, f.name) for f in fields(request) if f.name != "messages"]
    else:
        parts = [(type(request).__name__, [_picture(request.image)])]
        others = [getattr(request, f.name) for f in fields(request) if f.name != "image"]
    text = json.dumps([owner, type(request).__name__, parts, others], default=_plain, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _picture(image: Any) -> list[Any]:
    return [image.sha256, image.width, image.height]


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a request holds a {type(value).__name__}")


class Results:
    """The cache of results. A change of runbooks or corrections makes all of them old."""

    def __init__(self, settings: Settings) -> None:
        self._kept: ByteCache[tuple[bytes, bytes | None]] = ByteCache(settings.result_cache_bytes)
        store = () if settings.corrections is None else (settings.corrections, f"{settings.corrections}-wal")
        self._files = tuple(Path(path) for path in store)
        self._folders = settings.knowledge
        self._state = self._look()
        self._next = 0.0
        self._changed = -UNSETTLED

    def changed(self) -> None:
        """Something that answers rest on has changed: everything kept is forgotten."""
        self._changed = time.monotonic()
        self._kept.clear()

    def fresh(self) -> bool:
        """Looks for changed files, once a second at most; whether what is worked out from now on may be kept."""
        now = time.monotonic()
        if now >= self._next and (self._files or self._folders):
            state = self._look()
            self._next = now + _LOOK_EVERY
            if state != self._state:
                self._state = state
                self.changed()
        return now - self._changed >= UNSETTLED

    def get(self, key: Hashable) -> dict[str, Any] | Redaction | None:
        """A result of one's own; None where there is none."""
        found = self._kept.get(key)
        if found is None:
            return None
        report, png = found
        value: dict[str, Any] = json.loads(report)
        return value if png is None else Redaction(png, value)

    def put(self, key: Hashable, result: dict[str, Any] | Redaction) -> None:
        """Keeps a result."""
        png, report = (result.png, result.report) if isinstance(result, Redaction) else (None, result)
        text = json.dumps(report, ensure_ascii=False).encode("utf-8", "surrogatepass")
        self._kept.put(key, (text, png), len(text) + len(png or b"") + 200)

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        found = list(self._files)
        for path in self._folders:
            found.append(path)
            for base, _, names in os.walk(path):
                found += [Path(base, name) for name in names]
        return tuple(_stamp(path) for path in sorted(found))


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        about = path.stat()
    except OSError:
        return str(path), -1, -1
    return str(path), about.st_size, about.st_mtime_ns
