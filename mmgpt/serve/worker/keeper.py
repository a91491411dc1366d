"""Keeps a worker running: hands it work, passes on what it says, and starts another when it dies."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Hashable
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Event, Finished, Generate, ModelInfo, Redaction, Task
from mmgpt.serve.worker.link import Link
from mmgpt.serve.worker.messages import (
    Ask,
    Cancel,
    Counted,
    Done,
    Failed,
    Gone,
    Logged,
    Ready,
    Step,
    Unusable,
    about,
    pack,
)  # fmt: skip
from mmgpt.serve.worker.suspects import Suspects

if TYPE_CHECKING:
    from mmgpt.serve.observe import Observer
    from mmgpt.serve.settings import Settings
    from mmgpt.serve.worker.places import Entry, Places

log = logging.getLogger(__name__)

DEATHS, WITHIN = 5, 60.0
"""So many deaths within so many seconds, and no other worker is started."""
STUCK = 60.0
"""Seconds after which work that was cancelled must have ended; a worker in which it has not is killed."""

Item = Event | dict[str, Any] | Redaction | ServiceError


class Job:
    """Work that the worker has. `items` gets what comes of it: events, a result, or an error, which is the last."""

    def __init__(self, ticket: int, entry: Entry, key: Hashable) -> None:
        self.ticket, self.entry, self.key = ticket, entry, key
        self.items: asyncio.Queue[Item] = asyncio.Queue()
        self.started = asyncio.get_running_loop().time()
        self.cancelled: float | None = None
        self.over = False
        """Whether the worker has said its last word on it, or is dead."""


class Keeper:
    """Used on one event loop."""

    def __init__(self, settings: Settings, observer: Observer, places: Places) -> None:
        self._settings, self._observer, self._places = settings, observer, places
        self.state: Literal["starting", "ready", "failed"] = "starting"
        self.info: ModelInfo | None = None
        self.failed = asyncio.Event()
        self.reason = ""
        """Why it failed, for the log: it may name files."""
        self.suspects = Suspects()
        self._link: Link | None = None
        self._jobs: dict[int, Job] = {}
        self._tickets = count(1)
        self._deaths: deque[float] = deque()
        self._stopped = False
        self._watch: asyncio.Task[None] | None = None
        self._restart: asyncio.TimerHandle | None = None
        self.changed = asyncio.Event()
        """Set at every change of `state`."""

    @property
    def pid(self) -> int | None:
        """The worker's process id, while there is one."""
        return None if self._link is None else self._link.pid

    @property
    def jobs(self) -> int:
        """How much work the worker has, cancelled work that has not ended included."""
        return len(self._jobs)

    def start(self) -> None:
        """Starts the first worker; returns at once."""
        self._watch = asyncio.get_running_loop().create_task(self._look_for_stuck())
        self._spawn()

    def ask(self, request: Task | Generate, owner: str, entry: Entry, key: Hashable) -> Job | None:
        """Hands work over for which there is a place; None where the worker has just died: then the place is gone, too."""
        if self._link is None or self.state != "ready":
            self._places.leave(entry)
            return None
        job = Job(next(self._tickets), entry, key)
        self._jobs[job.ticket] = job
        packed, images = pack(request)
        message = Ask(job.ticket, owner, packed, tuple(about(image) for image in images))
        self._link.send(message, [image.pixels for image in images])
        return job

    def cancel(self, job: Job) -> None:
        """Nobody waits for a job any more; its place is free when the worker says so."""
        if not job.over and job.cancelled is None and self._link is not None:
            job.cancelled = asyncio.get_running_loop().time()
            self._link.send(Cancel(job.ticket))

    async def stop(self) -> None:
        """Ends the worker; what it works on is lost."""
        self._stopped = True
        if self._watch is not None:
            self._watch.cancel()
        if self._restart is not None:
            self._restart.cancel()
        link = self._link
        if link is not None:
            link.kill()
            await asyncio.get_running_loop().run_in_executor(None, link.join, 10.0)
        self._lose(ServiceError(503, "unavailable_error", "The server is shutting down.", retry_after=5))

    # -- what the worker says ------------------------------------------------------------------------------------------------

    def _told(self, link: Link, message: Any) -> None:
        if link is not self._link:
            return
        if isinstance(message, Step):
            self._step(message)
        elif isinstance(message, Done):
            self._over(message.ticket, message.result)
        elif isinstance(message, Failed):
            self._over(message.ticket, message.error)
        elif isinstance(message, Gone):
            self._over(message.ticket, None)
        elif isinstance(message, Counted):
            put = self._observer.observe if message.seconds else self._observer.count
            put(message.name, message.amount, **dict(message.labels))
        elif isinstance(message, Logged):
            logging.getLogger(message.name).log(message.level, "%s", message.text)
        elif isinstance(message, Ready):
            self.info = message.info
            log.info("the model %s is ready in process %d", message.info.name, link.pid)
            self._become("ready")
            self._places.open()
        elif isinstance(message, Unusable):
            self._fail(message.reason)

    def _step(self, step: Step) -> None:
        if isinstance(step.event, Finished):
            self._over(step.ticket, step.event)
        elif (job := self._jobs.get(step.ticket)) is not None:
            job.items.put_nowait(step.event)

    def _over(self, ticket: int, item: Item | None) -> None:
        job = self._jobs.pop(ticket, None)
        if job is None:
            return
        job.over = True
        if item is not None:
            job.items.put_nowait(item)
            self.suspects.clear(job.key)
        self._places.leave(job.entry, asyncio.get_running_loop().time() - job.started)

    # -- life and death ------------------------------------------------------------------------------------------------------

    def _spawn(self) -> None:
        self._restart = None
        try:
            self._link = Link(self._settings, self._told, self._ended)
        except (OSError, RuntimeError) as error:
            self._fail(str(error))

    def _ended(self, link: Link, code: int) -> None:
        if link is not self._link:
            return
        self._link = None
        if self._stopped or self.state == "failed":
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._deaths.append(now)
        while self._deaths[0] < now - WITHIN:
            self._deaths.popleft()
        log.error("the worker died (exit code %d) with %d requests", code, len(self._jobs))
        self._observer.count("worker_restarts")
        for job in self._jobs.values():
            self.suspects.died(job.key, alone=job.entry.alone)
        self._places.pause()
        self._lose(
            ServiceError(
                503, "worker_lost", "The model's process was lost while it answered: try again.", retry_after=2
            )
        )
        if len(self._deaths) >= DEATHS:
            self._fail(f"the worker died {DEATHS} times within {WITHIN:.0f} seconds")
            return
        self._become("starting")
        wait = 0.0 if len(self._deaths) == 1 else 0.25 * 2 ** len(self._deaths)
        self._restart = loop.call_later(wait, self._spawn)

    def _lose(self, error: ServiceError) -> None:
        for job in list(self._jobs.values()):
            job.over = True
            job.items.put_nowait(error)
        self._jobs.clear()

    def _fail(self, reason: str) -> None:
        log.critical("there is no model any more: %s", reason)
        self.reason = reason
        self._become("failed")
        error = ServiceError(
            503, "unavailable_error", "The model cannot be run: the server's log says why.", retry_after=60
        )
        self._places.end(error)
        self._lose(error)
        self.failed.set()

    def _become(self, state: Literal["starting", "ready", "failed"]) -> None:
        self.state = state
        self.changed.set()
        self.changed = asyncio.Event()

    async def _look_for_stuck(self) -> None:
        while True:
            await asyncio.sleep(1)
            now = asyncio.get_running_loop().time()
            stuck = [j for j in self._jobs.values() if j.cancelled is not None and now - j.cancelled > STUCK]
            if stuck and self._link is not None:
                log.error("the worker did not end cancelled work within %.0f seconds and is killed", STUCK)
                self._link.kill()
                await asyncio.sleep(5)
