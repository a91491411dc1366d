"""What the parts of the door share, and what the server asks of it when it ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from mmgpt.serve.door.keys import KeyRing
from mmgpt.serve.door.metrics import Metrics
from mmgpt.serve.door.rates import Rates
from mmgpt.serve.door.trace import WRITE_SECONDS
from mmgpt.serve.memory import Memory
from mmgpt.serve.remote import Fetcher
from mmgpt.serve.settings import Settings


@dataclass
class Door:
    """One server's door. `in_flight`: requests that are being answered, probes not counted."""

    settings: Settings
    keys: KeyRing
    metrics: Metrics
    rates: Rates
    draining: bool = False
    in_flight: int = 0
    write_seconds: float = WRITE_SECONDS
    fetcher: Fetcher = field(init=False)
    memory: Memory = field(init=False)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.fetcher = Fetcher(self.settings.media_hosts)
        self.memory = Memory.of(self.settings)

    @property
    def max_in_flight(self) -> int:
        """More than the queue and the rows hold, since uploads and pages take a place, too."""
        return self.settings.queue + self.settings.max_rows + 256

    def begin(self) -> None:
        """A request has come in."""
        self.in_flight += 1
        self._idle.clear()

    def end(self) -> None:
        """A request is answered, or its client gone."""
        self.in_flight -= 1
        if not self.in_flight:
            self._idle.set()

    async def idle(self) -> None:
        """Returns when no request is being answered."""
        while self.in_flight:
            await self._idle.wait()
