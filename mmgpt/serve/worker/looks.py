"""Pictures are looked at once: what was seen is kept, by bytes, for the next question about the same picture of the same owner."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from mmgpt.serve.cache import ByteCache
from mmgpt.serve.worker.messages import About

if TYPE_CHECKING:
    from mmgpt.generate import Engine, Seen

_OBJECT = 200  # bytes that a small object takes, roughly


class Looks:
    """An engine's `look` with a memory of at most `most` bytes."""

    def __init__(self, engine: Engine, most: int) -> None:
        self._engine = engine
        self._kept: ByteCache[Seen] = ByteCache(most)

    def known(self, owner: str, about: About) -> Seen | None:
        """What was seen in that picture; None where it was not looked at, or is forgotten."""
        return self._kept.get(_key(owner, about))

    def look(self, owner: str, about: About, pixels: Callable[[], np.ndarray]) -> Seen:
        """Looks at a picture and keeps what is seen. `pixels` are only asked for then."""
        seen = self._engine.look(pixels())
        self._kept.put(_key(owner, about), seen, size_of(seen))
        return seen


def _key(owner: str, about: About) -> tuple[str, str, int, int]:
    # The size is part of it: the same bytes taken for another shape would be another picture.
    return owner, about.sha256, about.width, about.height


def size_of(seen: Seen) -> int:
    """Bytes that a looked-at picture takes, roughly: its tensors exactly, small objects by their number."""
    perceived = seen.perceived
    small = len(perceived.pieces) * 2 + sum(len(line.characters) + 4 for line in perceived.lines)
    inside = _inside(perceived.tensors) + _inside(perceived.features) + _inside(perceived.page)
    return small * _OBJECT + _bytes(seen.tokens) + inside


def _inside(value: object) -> int:
    return 0 if value is None else sum(_bytes(part) for part in vars(value).values())


def _bytes(value: object) -> int:
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    return value.nbytes if isinstance(value, np.ndarray) else sys.getsizeof(value)
