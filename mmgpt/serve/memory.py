"""How much memory requests may hold together: their bodies, and the pixels of their pictures.

The queue bounds how many requests there are, and the limits of a request how large one is; the product of both is more than machines
have. So what is held is counted, and one more request is told to come again.
"""

from __future__ import annotations

import weakref
from collections import deque

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.settings import Settings


class Memory:
    """Bytes that are held now, at most `most`. `take` is called on the event loop only; what is given back may come from any thread."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held = 0
        self._freed: deque[int] = deque()  # appended to by whoever drops the last reference, perhaps within `take`

    @classmethod
    def of(cls, settings: Settings) -> Memory:
        """As the settings say, and in any case enough for one request of the largest kind."""
        return cls(max(settings.request_memory, settings.max_body_bytes + 3 * settings.max_request_pixels))

    @property
    def held(self) -> int:
        """Bytes that are held now."""
        while self._freed:
            self._held -= self._freed.popleft()
        return self._held

    def take(self, size: int) -> None:
        """`size` more bytes are held, until `free` says otherwise. Raises ServiceError (429 queue_full)."""
        if self.held + size > self.most:
            text = "The requests that are being answered hold all memory that is meant for them: try again later."
            raise ServiceError(429, "queue_full", text, retry_after=2)
        self._held += size

    def free(self, size: int) -> None:
        """So many bytes are held no more."""
        self._freed.append(size)

    def free_with(self, owner: object, size: int) -> None:
        """They are held for as long as `owner` (a decoded picture's array) exists."""
        weakref.finalize(owner, self._freed.append, size).atexit = False
