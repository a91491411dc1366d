"""Several supplies of training documents with weights, in an order that is a function of the seed alone.

Document n comes from supply k(n), drawn by the weights, and is that supply's document number i(n): how often k was drawn before. Both are
computed for any n without drawing what came before, so that a run goes on anywhere, with any number of workers.
"""

from __future__ import annotations

import hashlib
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from train.data.sources.base import FURTHER, Listed, Source
from train.data.sources.record import Broken, Record
from train.data.sources.skips import Skips
from train.packing import Document

if TYPE_CHECKING:
    from train.data.conversing import Converser
    from train.data.sources.sight import Sight

log = logging.getLogger(__name__)
BLOCK = 4096  # draws that are made together


class Supply(ABC):
    """Documents by number, counted on over the epochs; `length` None: without end."""

    sequential = False

    def __init__(self, name: str, length: int | None) -> None:
        self.name, self.length = name, length

    @abstractmethod
    def document(self, index: int) -> Document:
        """Document `index`; the same every time. Raises Broken, or TooManyBroken."""

    def state(self) -> dict[str, object]:
        """What spares a stream its beginning when a run goes on."""
        return {}

    def restore(self, state: dict[str, object]) -> None:  # noqa: B027 (most supplies have nothing to restore)
        """Takes back what `state` gave."""


class RecordSupply(Supply):
    """Records of a source as documents. `kept` places of a listed source are held out, for measuring.

    Broken records are told to `skips`; in the place of one stands the next whole one.
    """

    def __init__(
        self, source: Source, converser: Converser, sight: Sight, skips: Skips, seed: int, kept: int = 0
    ) -> None:
        self.kept = source.hold_out(kept) if isinstance(source, Listed) and kept else []
        super().__init__(source.name, source.length)
        self.source, self.converser, self.sight, self.skips, self.seed = source, converser, sight, skips, seed
        self.sequential = source.sequential

    def document(self, index: int) -> Document:
        """The document at `index`, or the next one that is whole. Raises Broken where none of many is, TooManyBroken."""
        first: Broken | None = None
        for further in range(FURTHER if self.length is None else min(FURTHER, self.length)):
            try:
                return self._one(index + further)
            except Broken as error:
                first = first or error
        raise first or Broken("empty", f"{self.name} has no records")

    def _one(self, index: int) -> Document:
        try:
            record = self.source.at(index, self.seed)
            made = self.made(record, f"{self.seed} {index}")
        except Broken as error:
            self.skips.bad(self.name, error.key or f"record {index}", error)
            raise
        self.skips.good(self.name, record.key)
        return made

    def made(self, record: Record, seed: str = "", answer: str | None = None) -> Document:
        """The document of a record, with `answer` in place of its last answer. Raises Broken, which knows the record."""
        try:
            return self.converser.document(record, [self.sight(p) for p in record.pictures], answer=answer, seed=seed)
        except Broken as error:
            error.key = error.key or record.key
            raise

    def pair(self, index: int) -> tuple[Document, Document] | None:
        """The chosen and the rejected answer of record `index` as documents; None for a record that is no pair. Raises Broken."""
        record = self.source.at(index, self.seed)
        if record.rejected is None:
            return None
        return self.made(record), self.made(record, answer=record.rejected)

    def held_out(self) -> list[Record]:
        """The records that are kept for measuring, those that are whole."""
        found = []
        for place in self.kept:
            assert isinstance(self.source, Listed)
            try:
                found.append(self.source.read(place))
            except Broken as error:
                self.skips.bad(self.name, error.key or f"place {place}", error)
        return found

    def look_ahead(self, most: int) -> int:
        """Perceives everything of a source that has no more than `most` records, so that the run stops before it begins where too many
        are broken; returns how many were looked at. Raises TooManyBroken."""
        if self.length is None or self.length > most:
            return 0
        for index in range(self.length):
            try:
                self._one(index)
            except Broken:
                continue
        self.skips.judge()
        return self.length

    def state(self) -> dict[str, object]:
        """The source's."""
        return self.source.state()

    def restore(self, state: dict[str, object]) -> None:
        """The source's."""
        self.source.restore(state)


class Mixture:
    """Supplies with weights (they need not sum to 1). Raises ValueError without any, and for a weight that is not above 0."""

    def __init__(self, supplies: Sequence[Supply], weights: Sequence[float], seed: int) -> None:
        if not supplies or len(supplies) != len(weights):
            raise ValueError(f"{len(supplies)} sources and {len(weights)} weights")
        wrong = [s.name for s, w in zip(supplies, weights, strict=True) if not 0 < w < float("inf")]
        if wrong:
            raise ValueError(f"the weight of {wrong[0]} is not above 0")
        self.supplies, self.seed = list(supplies), seed
        shares = np.array(weights, dtype=np.float64)
        self.shares = shares / shares.sum()
        self._edges = np.cumsum(self.shares)[:-1]
        self._before = [np.zeros(len(supplies), dtype=np.int64)]  # how often each was drawn before each block
        self._draws: dict[int, np.ndarray] = {}

    def _block(self, number: int) -> np.ndarray:
        if number not in self._draws:
            digest = hashlib.sha256(f"mixture/{self.seed}/{number}".encode()).digest()
            generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))
            if len(self._draws) > 8:
                self._draws.clear()
            self._draws[number] = np.searchsorted(self._edges, generator.random(BLOCK), side="right")
        return self._draws[number]

    def place(self, n: int) -> tuple[int, int]:
        """Which supply document n comes from, and its number there."""
        block, within = divmod(n, BLOCK)
        while len(self._before) <= block:
            drawn = self._block(len(self._before) - 1)
            self._before.append(self._before[-1] + np.bincount(drawn, minlength=len(self.supplies)))
        draws = self._block(block)
        k = int(draws[within])
        return k, int(self._before[block][k] + np.count_nonzero(draws[:within] == k))

    def counts(self, n: int) -> list[int]:
        """How many of the first n documents come from each supply."""
        block, within = divmod(n, BLOCK)
        if within == 0 and block == 0:
            return [0] * len(self.supplies)
        self.place(n)
        counted = self._before[block] + np.bincount(self._block(block)[:within], minlength=len(self.supplies))
        return [int(c) for c in counted]

    def document(self, n: int) -> Document:
        """Document n, with the number of its supply. Raises ValueError where the supply has nothing that can be used."""
        k, index = self.place(n)
        try:
            made = self.supplies[k].document(index)
        except Broken as error:
            raise ValueError(
                f"{self.supplies[k].name}: {FURTHER} records in a row cannot be used, the first ({error.key or index}): {error}"
            ) from error
        made.source = k
        return made


def split_mix(text: str) -> list[str]:
    """`simulate=0.5,llava:/a,b.json=0.2` → its parts: commas part only behind a weight. Raises ValueError for a part without weight."""
    parts = list(re.split(r"(?<==)([0-9.eE-]+)(?:,|$)", text))
    found = ["".join(pair) for pair in zip(parts[::2], parts[1::2], strict=False)]
    if not found or "".join(parts[2 * len(found) :]).strip():
        raise ValueError(f"--mix {text!r} is not SOURCE=WEIGHT,SOURCE=WEIGHT,… as in simulate=0.5,llava:data.json=0.5")
    return [entry.strip() for entry in found]


def weights_of(given: Sequence[float | None], supplies: Sequence[Supply]) -> list[float]:
    """Weights as named; where none is, each record counts alike. Raises ValueError where some have one and others not, or a source
    without end has none."""
    if all(weight is not None for weight in given):
        return [float(weight) for weight in given if weight is not None]
    if any(weight is not None for weight in given):
        missing = next(s.name for s, w in zip(supplies, given, strict=True) if w is None)
        raise ValueError(f"{missing} has no weight and others have: give all of them one (=0.2), or none")
    endless = next((s.name for s in supplies if s.length is None), None)
    if endless is not None and len(supplies) > 1:
        raise ValueError(f"{endless} has no end, so weights are needed: {endless}=0.5")
    return [float(s.length or 1) for s in supplies]
