"""Who may use the worker now: so many answers, so many looks at pictures; the others wait, each owner in turn."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import Literal

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.worker.fair import FairQueue

Kind = Literal["vision", "row"]
_GUESS = 0.5  # seconds that a request takes, before any was seen
_WEIGHT = 0.1  # of the newest in the running mean


class Entry:
    """A request that waits or runs. `alone`: nothing else may run beside it."""

    def __init__(self, kind: Kind, owner: str, alone: bool) -> None:
        self.kind, self.owner, self.alone = kind, owner, alone
        self.turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(self, error: ServiceError) -> None:
        """There will be no turn, unless there was one already."""
        if not self.turn.done():
            self.turn.set_exception(error)


class Places:
    """Places by kind, and a bounded queue in front of them. Used on one event loop."""

    def __init__(self, limits: Mapping[Kind, int], most_waiting: int, changed: Callable[[], None]) -> None:
        self._limits, self._most, self._changed = dict(limits), most_waiting, changed
        self._queues: dict[Kind, FairQueue[Entry]] = {kind: FairQueue() for kind in limits}
        self._running: dict[Kind, set[Entry]] = {kind: set() for kind in limits}
        self._seconds: dict[Kind, float] = dict.fromkeys(limits, _GUESS)
        self._open = False
        self._ended: ServiceError | None = None

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._queues.values()))

    @property
    def running(self) -> int:
        """How many have a place."""
        return sum(map(len, self._running.values()))

    async def enter(self, kind: Kind, owner: str, until: float, *, alone: bool = False) -> Entry:
        """Waits for a place, at most until that time of the event loop.

        Raises ServiceError: 429 queue_full, 504 deadline_exceeded, or why nobody gets one any more. Cancelling gives up the turn.
        """
        if self._ended is not None:
            raise self._ended
        entry = Entry(kind, owner, alone)
        self._queues[kind].put(owner, entry)
        self._pump()
        if not entry.turn.done() and self.waiting > self._most:
            self._queues[kind].remove(owner, entry)
            raise ServiceError(
                429, "queue_full", f"{self._most} requests wait already: try again later.", retry_after=self.patience(kind)
            )  # fmt: skip
        self._changed()
        timer = asyncio.get_running_loop().call_at(until, entry.fail, deadline_exceeded())
        try:
            await entry.turn
        except BaseException:
            if not self._queues[kind].remove(owner, entry):
                self.leave(entry)
            self._pump()
            self._changed()
            raise
        finally:
            timer.cancel()
        return entry

    def leave(self, entry: Entry, seconds: float | None = None) -> None:
        """Gives a place back; `seconds` is how long it was needed. Twice is as good as once."""
        if entry in self._running[entry.kind]:
            self._running[entry.kind].remove(entry)
            if seconds is not None:
                self._seconds[entry.kind] += _WEIGHT * (seconds - self._seconds[entry.kind])
            self._pump()
            self._changed()

    def patience(self, kind: Kind) -> int:
        """Seconds after which one more try makes sense, from how long requests took of late."""
        rounds = (len(self._queues[kind]) + len(self._running[kind])) / self._limits[kind]
        return min(max(math.ceil(rounds * self._seconds[kind]), 1), 120)

    def open(self) -> None:
        """There is a worker: turns are given."""
        self._open = True
        self._pump()

    def pause(self) -> None:
        """There is none any more: nobody runs, and who waits goes on waiting."""
        self._open = False
        for running in self._running.values():
            running.clear()
        self._changed()

    def end(self, error: ServiceError) -> None:
        """Nobody gets a place any more: who waits, and who comes, is told why."""
        self._open, self._ended = False, error
        for queue in self._queues.values():
            while queue:
                queue.pop().fail(error)
        self._changed()

    def _pump(self) -> None:
        if not self._open or any(e.alone for running in self._running.values() for e in running):
            return
        # Who must be alone holds back everybody until it is, or it never would be.
        alone = [kind for kind, queue in self._queues.items() if queue and queue.peek().alone]
        if alone:
            if not self.running:
                self._start(alone[0])
            return
        for kind, queue in self._queues.items():
            while queue and len(self._running[kind]) < self._limits[kind] and not queue.peek().alone:
                self._start(kind)

    def _start(self, kind: Kind) -> None:
        entry = self._queues[kind].pop()
        if not entry.turn.done():  # a cancelled one is taken out by its own task
            self._running[kind].add(entry)
            entry.turn.set_result(None)


def deadline_exceeded() -> ServiceError:
    """For a request that took too long, wherever it was."""
    return ServiceError(
        504, "deadline_exceeded", "The request was not answered in time: try again later.", retry_after=5
    )
