"""What every source is: a number, counted on over the epochs, gives a record; the same number the same record."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod

import numpy as np

from train.data.sources.record import Broken, Record

FURTHER = 50  # records that are tried in place of a broken one


class Source(ABC):
    """Records. `length` is None for one without end. `sequential` ones read a stream: going back means beginning it again."""

    sequential = False

    def __init__(self, name: str, length: int | None) -> None:
        self.name, self.length = name, length

    @abstractmethod
    def at(self, index: int, seed: int) -> Record:
        """Record number `index`, counted on over the epochs, in the order of `seed`. Raises Broken for one that cannot be used."""

    def state(self) -> dict[str, object]:
        """What spares a stream its beginning when a run goes on; {} where nothing does."""
        return {}

    def restore(self, state: dict[str, object]) -> None:  # noqa: B027 (most sources have nothing to restore)
        """Takes back what `state` gave."""

    def whole(self, index: int, seed: int) -> Record:
        """Record `index`, or the first behind it that can be used. Raises the first one's Broken where none of the next can be."""
        first: Broken | None = None
        for further in range(FURTHER if self.length is None else min(FURTHER, self.length)):
            try:
                return self.at(index + further, seed)
            except Broken as error:
                first = first or error
        raise first or Broken("empty", f"{self.name} has no records")


class Listed(Source):
    """A source whose records can be reached in any order: each epoch has all of them once, in an order of its own.

    A subclass gives `read(place)`. Raises ValueError where there is none.
    """

    def __init__(self, name: str, length: int) -> None:
        if length < 1:
            raise ValueError(f"{name} has no records")
        super().__init__(name, length)
        self.count = length
        self._places: np.ndarray | None = None  # those that take their turn, where some were held out
        self._order: tuple[tuple[int, int], np.ndarray] | None = None

    @abstractmethod
    def read(self, place: int) -> Record:
        """The record at a place, 0 to `count` − 1, as they stand in the file. Raises Broken."""

    def hold_out(self, most: int) -> list[int]:
        """Takes `most` places out of the epochs, the same ones every time; returns them. Raises ValueError where none would be left."""
        if not 0 <= most < self.count:
            raise ValueError(f"{self.name} has {self.count} records; {most} cannot be held out")
        drawn = order(self.count, 0, -1)
        self._places, self._order = np.sort(drawn[most:]), None
        self.length = self.count - most
        return sorted(int(p) for p in drawn[:most])

    def place(self, index: int, seed: int) -> int:
        """Where record `index` of a seed's order stands."""
        count = self.count if self._places is None else len(self._places)
        epoch, within = divmod(index, count)
        if self._order is None or self._order[0] != (seed, epoch):
            drawn = order(count, seed, epoch)
            self._order = ((seed, epoch), drawn if self._places is None else self._places[drawn])
        return int(self._order[1][within])

    def at(self, index: int, seed: int) -> Record:
        """The record whose turn it is."""
        return self.read(self.place(index, seed))


def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """A permutation of 0 … count − 1, the same on every machine."""
    digest = hashlib.sha256(f"order/{seed}/{epoch}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little"))).permutation(count)
