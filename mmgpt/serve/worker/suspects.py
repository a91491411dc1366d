"""Which requests may have killed the worker: one that was there at a death runs alone the next time, and not a third time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable

REMEMBERED = 600.0
"""Seconds."""
MOST = 1024


class Suspects:
    """Keys of requests by how the worker fared with them."""

    def __init__(self) -> None:
        self._suspected: OrderedDict[Hashable, tuple[float, bool]] = OrderedDict()

    def died(self, key: Hashable, *, alone: bool) -> None:
        """The worker died with that request; `alone` with no other beside it."""
        guilty = alone and self._of(key) is not None
        self._suspected[key] = (time.monotonic(), guilty)
        self._suspected.move_to_end(key)
        while len(self._suspected) > MOST:
            self._suspected.popitem(last=False)

    def clear(self, key: Hashable) -> None:
        """The request came to an end, whatever end: it kills nobody."""
        self._suspected.pop(key, None)

    def suspected(self, key: Hashable) -> bool:
        """Whether it should run alone."""
        return self._of(key) is not None

    def guilty(self, key: Hashable) -> bool:
        """Whether it must not run: the worker died with it twice, the second time with it alone."""
        found = self._of(key)
        return found is not None and found[1]

    def _of(self, key: Hashable) -> tuple[float, bool] | None:
        found = self._suspected.get(key)
        if found is not None and time.monotonic() - found[0] > REMEMBERED:
            del self._suspected[key]
            return None
        return found
