"""What routes and the page talk to: decoding, the model's worker, the queue, the cache of results, deadlines, and draining."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import AsyncGenerator, Hashable
from typing import Any, Literal

from mmgpt.serve.decoding.pool import DecodePool
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.memory import Memory
from mmgpt.serve.observe import NOBODY, Observer
from mmgpt.serve.protocol import Delta, Diagnose, Event, Finished, Generate, ModelInfo, Redaction, Started, Task
from mmgpt.serve.results import Results, key_of
from mmgpt.serve.settings import Settings
from mmgpt.serve.worker.keeper import Job, Keeper
from mmgpt.serve.worker.messages import no_language_model
from mmgpt.serve.worker.places import Entry, Kind, Places, deadline_exceeded
from vision.image import LoadedImage

log = logging.getLogger(__name__)

Result = dict[str, Any] | Redaction


class Backend:
    """One for each server, on its event loop.

    `observer` counts and times; `memory` bounds the pixels that are held. `failed` is set when there will be no model any more: the
    server should end with an error, and `reason` says why, for its log.
    """

    def __init__(self, settings: Settings, observer: Observer = NOBODY, memory: Memory | None = None) -> None:
        self.settings, self.observer = settings, observer
        limits: dict[Kind, int] = {"vision": settings.vision_threads, "row": settings.max_rows}
        self._places = Places(limits, settings.queue, self._moved)
        self._keeper = Keeper(settings, observer, self._places)
        self._pool = DecodePool(settings, memory)
        self._results = Results(settings)
        self._flights: dict[Hashable, _Flight] = {}
        self._draining = False

    # -- life ----------------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> Literal["starting", "ready", "draining", "failed"]:
        """`starting` also while a worker that died is replaced; then requests wait. `failed` stays."""
        if self._keeper.state == "failed":
            return "failed"
        return "draining" if self._draining else self._keeper.state

    @property
    def failed(self) -> asyncio.Event:
        """Set when the state has become `failed`."""
        return self._keeper.failed

    @property
    def reason(self) -> str:
        """Why it failed: for the log, since it may name files."""
        return self._keeper.reason

    @property
    def waiting(self) -> int:
        """Requests that wait for their turn."""
        return self._places.waiting

    @property
    def running(self) -> int:
        """Requests that the worker has."""
        return self._places.running

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id, while there is one."""
        return self._keeper.pid

    @property
    def decoder_pids(self) -> list[int]:
        """Process ids of the decoders."""
        return self._pool.pids

    async def start(self) -> None:
        """Starts worker and decoders; returns at once."""
        self._pool.start()
        self._keeper.start()

    async def wait_ready(self, timeout: float) -> bool:
        """Waits until the model is loaded; False where it is not, after so many seconds or for good."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while self._keeper.state == "starting" and loop.time() < until:
            try:
                await asyncio.wait_for(self._keeper.changed.wait(), until - loop.time())
            except asyncio.TimeoutError:
                break
        return self.state == "ready"

    async def drain(self, seconds: float) -> None:
        """Takes nothing new (503), waits up to `seconds` for what is there, then ends the processes. A second call does nothing more."""
        self._draining = True
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (self.running or self.waiting or self._keeper.jobs) and loop.time() < until and self.state != "failed":
            await asyncio.sleep(0.05)
        self._places.end(_shutting_down())
        await self._keeper.stop()
        await loop.run_in_executor(None, self._pool.close)

    async def info(self) -> ModelInfo:
        """What is served. Raises ServiceError (503) while it is loaded."""
        if self._keeper.info is None:
            self._open()
            raise _loading()
        return self._keeper.info

    def changed(self) -> None:
        """Corrections or runbooks have changed: results that are kept are old. Changed files are noticed within a second, too."""
        self._results.changed()

    # -- pictures ------------------------------------------------------------------------------------------------------------

    async def picture(self, data: bytes, *, param: str | None = None, name: str = "the picture") -> LoadedImage:
        """The pixels of a stranger's file, decoded in a process of its own.

        `param` and `name` are for the error: where in the request the picture stands, and a phrase of ours for it. Raises
        ServiceError: 400 with the code of what is wrong with it, 429 where too many wait or hold too much memory, 503 while the server
        shuts down.
        """
        self._open()
        if self._pool.waiting >= self.settings.queue:
            raise ServiceError(429, "queue_full", "Too many pictures wait already: try again later.", retry_after=2)
        start = asyncio.get_running_loop().time()
        try:
            loaded = await self._pool.decode(data, param=param, name=name)
        except ServiceError as error:
            if error.status == 400:
                self.observer.count("image_rejected", code=error.code)
            raise
        self.observer.observe("image_decode", asyncio.get_running_loop().time() - start)
        return loaded

    # -- results -------------------------------------------------------------------------------------------------------------

    async def run(self, task: Task, *, owner: str = "", deadline: float | None = None) -> Result:
        """The result of a task, which is the caller's own. The same task of the same owner is worked out once.

        `deadline`: seconds from now, at most and by default those of the settings. Cancelling this cancels the work, unless somebody
        else waits for it. Raises ServiceError: 400 for what cannot be asked, 429 queue_full, 503 worker_lost or unavailable, 504
        deadline_exceeded.
        """
        self._serving()
        start = asyncio.get_running_loop().time()
        if isinstance(task, Diagnose):
            _check_asked(task)
        key = key_of(task, owner)
        keep = self._results.fresh()
        self.observer.count("result_cache_queries")
        result = self._results.get(key)
        if result is not None:
            self.observer.count("result_cache_hits")
        else:
            result = await self._joined(key, task, owner, start + self._seconds(deadline), keep)
        self.observer.observe("e2e_request_latency", asyncio.get_running_loop().time() - start)
        self.observer.count("request_success", finished_reason="stop")
        return result

    async def _joined(self, key: Hashable, task: Task, owner: str, until: float, keep: bool) -> Result:
        """Waits for the one computation of a task, which ends when nobody waits for it any more."""
        loop = asyncio.get_running_loop()
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(loop.create_task(self._compute(key, task, owner, keep)))
        flight.waiting += 1
        flight.joined += 1
        try:
            done, _ = await asyncio.wait({flight.task}, timeout=max(until - loop.time(), 0))
            if not done:
                raise deadline_exceeded()
            result = flight.task.result()
            return copy.deepcopy(result) if flight.joined > 1 else result
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                if self._flights.get(key) is flight:
                    del self._flights[key]
                if not flight.task.done():
                    flight.task.cancel()
                    self.observer.count("requests_cancelled")

    async def _compute(self, key: Hashable, task: Task, owner: str, keep: bool) -> Result:
        until = asyncio.get_running_loop().time() + self.settings.deadline
        job = await self._started("vision", task, owner, key, until)
        try:
            item = await job.items.get()
        finally:
            self._keeper.cancel(job)
        if isinstance(item, ServiceError):
            raise item
        assert isinstance(item, dict | Redaction)
        if keep:
            self._results.put(key, item)
        return item

    # -- text ----------------------------------------------------------------------------------------------------------------

    async def generate(
        self, request: Generate, *, owner: str = "", deadline: float | None = None
    ) -> AsyncGenerator[Event, None]:
        """An answer, token by token: Started, Deltas, Finished. Closing the generator, or cancelling who waits for it, ends the work.

        Raises, at any item, ServiceError: as `run` does, and 400 for a conversation that this model does not take.
        """
        self._serving()
        if self._keeper.info is not None and not self._keeper.info.talks:
            raise no_language_model()
        loop = asyncio.get_running_loop()
        start = loop.time()
        until = start + self._seconds(deadline)
        job = await self._started("row", request, owner, key_of(request, owner), until)
        timer = loop.call_at(until, job.items.put_nowait, deadline_exceeded())
        times = _Times(self.observer, start, job.started)
        try:
            while True:
                item = await job.items.get()
                if isinstance(item, ServiceError):
                    raise item
                assert isinstance(item, Started | Delta | Finished)
                times.saw(item, loop.time())
                yield item
                if isinstance(item, Finished):
                    return
        finally:
            timer.cancel()
            if not job.over:
                self._keeper.cancel(job)
                self.observer.count("requests_cancelled")

    # -- inside --------------------------------------------------------------------------------------------------------------

    async def _started(self, kind: Kind, request: Task | Generate, owner: str, key: Hashable, until: float) -> Job:
        """Waits for a place and hands the work over; waits again where the worker died in between."""
        suspects = self._keeper.suspects
        start = asyncio.get_running_loop().time()
        while True:
            if suspects.guilty(key):
                text = "The model's process was lost over this request twice: it is not tried again."
                raise ServiceError(500, "model_error", text)
            entry: Entry = await self._places.enter(kind, owner, until, alone=suspects.suspected(key))
            job = self._keeper.ask(request, owner, entry, key)
            if job is not None:
                self.observer.observe("request_queue_time", job.started - start)
                return job

    def _seconds(self, deadline: float | None) -> float:
        return self.settings.deadline if deadline is None else min(max(deadline, 0.0), self.settings.deadline)

    def _open(self) -> None:
        """Raises ServiceError (503) where nothing new is taken."""
        if self.state == "failed":
            text = "The model cannot be run: the server's log says why."
            raise ServiceError(503, "unavailable_error", text, retry_after=60)
        if self._draining:
            raise _shutting_down()

    def _serving(self) -> None:
        """Raises ServiceError (503) where nothing new is taken, or nothing yet."""
        self._open()
        if self._keeper.info is None:
            raise _loading()

    def _moved(self) -> None:
        self.observer.gauge("requests_running", self._places.running)
        self.observer.gauge("requests_waiting", self._places.waiting)


class _Flight:
    """A computation, and how many wait for it."""

    def __init__(self, task: asyncio.Task[Result]) -> None:
        self.task = task
        self.waiting = 0
        self.joined = 0


class _Times:
    """Tells an observer how long the parts of an answer took."""

    def __init__(self, observer: Observer, asked: float, began: float) -> None:
        self._observer, self._asked, self._began = observer, asked, began
        self._prefilled = began
        self._last: float | None = None

    def saw(self, event: Event, now: float) -> None:
        """An event, and when it came."""
        observer = self._observer
        if isinstance(event, Started):
            self._prefilled = now
            observer.count("prompt_tokens", event.prompt_tokens)
            observer.observe("request_prefill_time", now - self._began)
        elif isinstance(event, Delta):
            if self._last is None:
                observer.observe("time_to_first_token", now - self._asked)
            else:
                observer.observe("inter_token_latency", now - self._last)
            self._last = now
        else:
            observer.count("generation_tokens", event.completion_tokens)
            observer.observe("request_decode_time", now - self._prefilled)
            observer.observe("e2e_request_latency", now - self._asked)
            observer.count("request_success", finished_reason=event.reason)


def _check_asked(task: Diagnose) -> None:
    from mmgpt.diagnosis.asked import LONGEST, checked

    for name, question, context in (("question", task.question, None), ("context", None, task.context)):
        try:
            checked(question, context)
        except ValueError:
            text = f"The {name} has more than {LONGEST:,} characters: shorten it."
            raise ServiceError(400, "invalid_value", text, param=name) from None
        except TypeError:
            text = f"The {name} must be a text" + (", or an object of texts." if name == "context" else ".")
            raise ServiceError(400, "invalid_value", text, param=name) from None


def _loading() -> ServiceError:
    return ServiceError(503, "unavailable_error", "The model is being loaded: try again soon.", retry_after=5)


def _shutting_down() -> ServiceError:
    return ServiceError(503, "unavailable_error", "The server is shutting down: try again soon.", retry_after=5)
