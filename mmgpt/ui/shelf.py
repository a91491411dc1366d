"""What people look at now: pictures and their diagnoses, in memory only, for an hour at most and within a number of bytes."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mmgpt.serve.errors import ServiceError
from mmgpt.ui.environment import KEPT_SECONDS

if TYPE_CHECKING:
    from vision.image import LoadedImage

MOST_BYTES = 384 * 2**20
_OVERHEAD = 65_536  # of a diagnosis, roughly


@dataclass
class Shown:
    """A picture that somebody looks at. `name` is what its file was called."""

    image: LoadedImage
    owner: str
    name: str = "screenshot"
    diagnosis: dict[str, Any] = field(default_factory=dict)
    question: str | None = None


class Shelf:
    """Things by an id that cannot be guessed. The longest unused go first."""

    def __init__(
        self, most: int = MOST_BYTES, seconds: float = KEPT_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._kept: OrderedDict[str, tuple[float, Shown]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, shown: Shown) -> str:
        """Keeps a picture; returns its id."""
        self.sweep()
        name = secrets.token_urlsafe(18)
        self._kept[name] = (self._clock(), shown)
        self._bytes += _size(shown)
        while self._bytes > self._most and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))
        return name

    def get(self, name: object, owner: str) -> Shown:
        """What has this id. Raises ServiceError where it is gone, or is another's."""
        self.sweep()
        kept = self._kept.get(name) if isinstance(name, str) else None
        if kept is None or kept[1].owner != owner:
            raise ServiceError(410, "picture_gone", "This picture is no longer kept: drop it here again.")
        assert isinstance(name, str)
        self._kept.move_to_end(name)
        self._kept[name] = (self._clock(), kept[1])
        return kept[1]

    def sweep(self) -> None:
        """Forgets what is too old."""
        until = self._clock() - self._seconds
        for name in [name for name, (used, _) in self._kept.items() if used < until]:
            self._drop(name)

    def _drop(self, name: str) -> None:
        _, shown = self._kept.pop(name)
        self._bytes -= _size(shown)


def _size(shown: Shown) -> int:
    return int(shown.image.pixels.nbytes) + _OVERHEAD
