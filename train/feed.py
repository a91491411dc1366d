"""Where batches come from: this process, a thread beside it, or worker processes. Always the same ones, in order."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

BLOCK = 8  # consecutive batches that a worker draws together (see `tasks.lines.POOL`)


class _Steps(Dataset[list[Any]]):
    """Blocks of BLOCK consecutive batches, so that a worker draws what belongs together."""

    def __init__(self, draw: Callable[[int], Any], first: int, last: int) -> None:
        self.draw, self.first, self.last = draw, first, last

    def __len__(self) -> int:
        return -(-self.last // BLOCK) - self.first // BLOCK

    def __getitem__(self, index: int) -> list[Any]:
        torch.set_num_threads(1)
        block = self.first // BLOCK + index
        steps = range(max(self.first, block * BLOCK), min(self.last, (block + 1) * BLOCK))
        return [self.draw(step) for step in steps]


class Feed:
    """Gives `draw(step)` for the steps from `first` to before `last`, drawn ahead where that is asked for.

    `workers` processes draw (and `ahead` is not used), or one thread draws up to `ahead` batches in advance, or neither. A thread
    pays where drawing and learning do not both hold the interpreter's lock; `paused()` keeps it from drawing meanwhile.
    """

    def __init__(self, draw: Callable[[int], Any], first: int, last: int, workers: int = 0, ahead: int = 0) -> None:
        self.draw, self.first, self.last = draw, first, last
        self._blocks: Iterator[Any] | None = None
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        if workers:
            loader = DataLoader(
                _Steps(draw, first, last), batch_size=None, num_workers=workers, prefetch_factor=2,
                multiprocessing_context="fork",
            )  # fmt: skip
            self._blocks = (batch for block in loader for batch in block)
        elif ahead:
            self._drawn: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue(ahead)
            self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        for step in range(self.first, self.last):
            try:
                with self._lock:
                    entry: tuple[Any, BaseException | None] = (self.draw(step), None)
            except BaseException as error:
                entry = (None, error)
            while not self._closed.is_set():
                with contextlib.suppress(queue.Full):
                    self._drawn.put(entry, timeout=0.2)
                    break
            if self._closed.is_set() or entry[1] is not None:
                return

    def next(self, step: int) -> Any:
        """The batch of `step`; steps are asked for one after the other."""
        if self._blocks is not None:
            return next(self._blocks)
        if self._thread is None:
            return self.draw(step)
        batch, error = self._drawn.get()
        if error is not None:
            raise error
        return batch

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is drawn by the thread meanwhile, so that an evaluation has the task for itself."""
        with self._lock:
            yield

    def close(self) -> None:
        """Ends the thread or the workers."""
        self._closed.set()
        self._blocks = None
        if self._thread is not None:
            self._thread.join(60)
