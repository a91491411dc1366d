"""The least recently used goes first, by bytes: for whole results in the front, for looked-at pictures in the worker."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class ByteCache(Generic[V]):
    """Keeps values whose sizes together stay within `most` bytes; 0 keeps nothing. Threads may share one."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.bytes = 0
        self._kept: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> V | None:
        """The value, which now is the most recently used; None where it is not kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: V, size: int) -> None:
        """Keeps a value of `size` bytes in place of what the key had; one that is larger than everything allowed is not kept."""
        with self._lock:
            self._drop(key)
            if size > self.most:
                return
            self._kept[key] = (value, size)
            self.bytes += size
            while self.bytes > self.most:
                self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._kept.clear()
            self.bytes = 0

    def _drop(self, key: Hashable) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self.bytes -= found[1]

    def __len__(self) -> int:
        return len(self._kept)
