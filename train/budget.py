"""Batches by what they cost instead of how many conversations they hold: text tokens and memory tokens up to a budget.

POOL batches are filled together, first-fit-decreasing, so that they are full; what is left over begins the next ones. How many documents
that takes depends on their sizes, so where each window begins is remembered: in memory, and in a journal that spares a run that goes on
from drawing everything again. Without the journal the same batches come, later.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmgpt.config import ModelConfig
from train.buckets import first_fit
from train.packing import Document

log = logging.getLogger(__name__)
POOL = 8  # batches that are filled together


def cost(document: Document, config: ModelConfig) -> int:
    """Text tokens and memory tokens; under prefix fusion the memory stands among the text already."""
    return len(document.ids) + (0 if config.fusion == "prefix" else document.memory)


@dataclass(frozen=True)
class Begin:
    """Where a window begins: documents that were left over, and the number of the next one."""

    next: int
    carried: tuple[int, ...] = ()


class Journal:
    """Rows of JSON in a run's folder that are good for speed alone: a missing, damaged or foreign one is left out."""

    def __init__(self, path: Path | None, fingerprint: str) -> None:
        self.path, self.fingerprint = path, fingerprint
        self.rows: list[dict[str, Any]] = []
        if path is not None and path.is_file():
            for line in path.read_text("utf-8", "replace").splitlines():
                try:
                    row = json.loads(line)
                except ValueError:  # the last row of a run that was killed
                    continue
                if isinstance(row, dict) and row.get("fingerprint") == fingerprint:
                    self.rows.append(row)

    def write(self, **row: Any) -> None:
        """Adds a row."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A row of its own line, even behind one that was cut off.
        with self.path.open("ab+") as handle:
            handle.seek(0, 2)
            cut = b""
            if handle.tell():
                handle.seek(-1, 2)
                cut = b"" if handle.read(1) == b"\n" else b"\n"
            handle.write(cut + json.dumps({"fingerprint": self.fingerprint, **row}).encode() + b"\n")


class Windows:
    """The documents of each step, by a budget. `draw(n)` gives document n, `cost` what it costs; none may cost more than `budget`."""

    def __init__(
        self, draw: Callable[[int], Document], cost: Callable[[Document], int], budget: int, seed: int, journal: Journal
    ) -> None:
        self.draw, self.cost, self.budget, self.seed, self.journal = draw, cost, budget, seed, journal
        self.begins: dict[int, Begin] = {0: Begin(0)}
        self.written = 0
        for row in journal.rows:
            window, first, carried = row.get("window"), row.get("next"), row.get("carried")
            if isinstance(window, int) and isinstance(first, int) and isinstance(carried, list):
                self.begins[window] = Begin(first, tuple(int(n) for n in carried))
                self.written = max(self.written, window)
        self._drawn: tuple[int, list[list[Document]]] = (-1, [])

    def step(self, step: int) -> list[Document]:
        """The documents of a step's batch: the same whatever was asked for before."""
        window = step // POOL
        if self._drawn[0] != window:
            for number in range(max(w for w in self.begins if w <= window), window + 1):
                self._drawn = (number, self._fill(number))
        return self._drawn[1][step % POOL]

    def _fill(self, window: int) -> list[list[Document]]:
        begin = self.begins[window]
        numbers = list(begin.carried)
        documents = [self.draw(n) for n in numbers]
        costs = [self.cost(d) for d in documents]
        total, at = sum(costs), begin.next
        bins: list[list[int]] = []
        while len(bins) <= POOL:
            document = self.draw(at)
            numbers.append(at)
            documents.append(document)
            costs.append(self.cost(document))
            total, at = total + costs[-1], at + 1
            if total > POOL * self.budget:
                bins = first_fit(costs, self.budget)
        # What was left over before goes first, so that nothing waits for ever; then the fullest.
        bins.sort(key=lambda b: (-sum(i < len(begin.carried) for i in b), -sum(costs[i] for i in b)))
        left = sorted(numbers[i] for members in bins[POOL:] for i in members)
        self.begins[window + 1] = Begin(at, tuple(left))
        if window + 1 > self.written:
            self.written = window + 1
            self.journal.write(window=window + 1, next=at, carried=left)
        batches = [[documents[i] for i in sorted(members)] for members in bins[:POOL]]
        random.Random(f"budget {self.seed} {window}").shuffle(batches)
        return batches
