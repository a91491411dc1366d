"""First come, first served, but every owner in turn: who asks a lot waits for oneself."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Queues by owner, served round robin. Not for several threads at once."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, deque[T]] = OrderedDict()

    def put(self, owner: str, item: T) -> None:
        """Adds an item behind its owner's others."""
        self._queues.setdefault(owner, deque()).append(item)

    def peek(self) -> T:
        """The next item, which stays. Raises IndexError where there is none."""
        if not self._queues:
            raise IndexError("the queue is empty")
        return next(iter(self._queues.values()))[0]

    def pop(self) -> T:
        """The next item. Raises IndexError where there is none."""
        if not self._queues:
            raise IndexError("the queue is empty")
        owner, queue = next(iter(self._queues.items()))
        item = queue.popleft()
        self._queues.move_to_end(owner)
        if not queue:
            del self._queues[owner]
        return item

    def remove(self, owner: str, item: T) -> bool:
        """Takes an item out, wherever it stands; False where it is not there."""
        queue = self._queues.get(owner)
        if queue is None or item not in queue:
            return False
        queue.remove(item)
        if not queue:
            del self._queues[owner]
        return True

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))
