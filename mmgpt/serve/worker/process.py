"""The worker: reads what the front asks, looks at pictures in its vision threads, decodes answers in one more.

Every ticket ends with exactly one of Done, Failed, Gone, or a Step that holds Finished.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Any

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.processes import few_arenas, trim
from mmgpt.serve.protocol import Event, Finished, Generate
from mmgpt.serve.settings import Settings
from mmgpt.serve.worker.fair import FairQueue
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
    filled,
    no_language_model,
    places,
)
from mmgpt.serve.worker.pixels import Sent
from mmgpt.serve.worker.stopping import Stopped, check, until, watch

log = logging.getLogger("mmgpt.serve.worker")

BROKEN = 70  # exit code of a worker that cannot go on: EX_SOFTWARE
TRIM_EVERY = 32  # pictures
IDLE_SECONDS = 1.0


@dataclass(eq=False)
class Work:
    """A ticket's work. `row` is the batcher's number for it."""

    ask: Ask
    pictures: list[Sent]
    cancelled: threading.Event = field(default_factory=threading.Event)
    row: int | None = None

    def close(self) -> None:
        for picture in self.pictures:
            picture.close()


class Worker:
    """What runs in the process, with the model that it has loaded."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        from mmgpt.serve.worker.models import load_models

        self._connection, self._settings = connection, settings
        self._writing = threading.Lock()
        self._work: dict[int, Work] = {}
        self._to_see: FairQueue[Work] = FairQueue()
        self._to_say: FairQueue[Work] = FairQueue()  # conversations whose pictures are known
        self._lock = threading.Condition()
        self._since_trim = 0
        handler = _Forward(self.say)
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(settings.log_level.upper() if settings.log_level != "trace" else "DEBUG")
        self._models = load_models(settings)
        watch(self._models.networks)
        self._looks: Any = None
        self._batcher: Any = None
        if self._models.engine is not None:
            from mmgpt.serve.batching.batcher import Batcher
            from mmgpt.serve.worker.looks import Looks

            self._looks = Looks(self._models.engine, settings.picture_cache_bytes)
            self._batcher = Batcher(self._models.engine, settings.max_rows)

    # -- the pipe ------------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until the pipe closes."""
        for number in range(self._settings.vision_threads):
            self._start(f"vision-{number}", lambda: self._serve(self._to_see))
        if self._batcher is not None:
            self._start("prompts", lambda: self._serve(self._to_say))
            self._start("batch", self._decode)
        self.say(Ready(self._models.info))
        while True:
            try:
                message = self._connection.recv()
                if isinstance(message, Ask):
                    sent = [Sent.receive(self._connection, about) for about in message.pictures]
                    self._take(Work(message, sent))
                elif isinstance(message, Cancel):
                    self._cancel(message.ticket)
            except (EOFError, OSError):
                return

    def say(self, message: Any) -> None:
        """Sends a message to the front, from any thread."""
        with self._writing:
            try:
                self._connection.send(message)
            except OSError:  # the front is gone, and this process with it
                os._exit(0)

    def _end(self, work: Work, message: Any) -> None:
        """The last word on a ticket: the first that is said counts."""
        with self._lock:
            if self._work.pop(work.ask.ticket, None) is None:
                return
        work.close()
        self.say(message)

    def _take(self, work: Work) -> None:
        with self._lock:
            self._work[work.ask.ticket] = work
        queue, request = self._to_see, work.ask.request
        if isinstance(request, Generate):
            if self._batcher is None:
                return self._end(work, Failed(work.ask.ticket, no_language_model()))
            if all(self._looks.known(work.ask.owner, about) is not None for about in work.ask.pictures):
                queue = self._to_say  # does not wait for others' pictures
        with self._lock:
            queue.put(work.ask.owner, work)
            self._lock.notify_all()

    def _cancel(self, ticket: int) -> None:
        with self._lock:
            work = self._work.get(ticket)
            if work is None:
                return
            work.cancelled.set()
            queued = any(queue.remove(work.ask.owner, work) for queue in (self._to_see, self._to_say))
            row = work.row
        if row is not None:
            self._batcher.cancel(row)
        if queued or row is not None:
            self._end(work, Gone(ticket))

    # -- pictures ------------------------------------------------------------------------------------------------------------

    def _serve(self, queue: FairQueue[Work]) -> None:
        while True:
            with self._lock:
                while not queue:
                    self._lock.wait()
                work = queue.pop()
            self._try(work)
            self._tidy(sum(about.width * about.height for about in work.ask.pictures))

    def _try(self, work: Work) -> None:
        ticket = work.ask.ticket
        try:
            with until(work.cancelled):
                self._look_at(work)
        except Stopped:
            self._end(work, Gone(ticket))
        except ServiceError as error:
            self._end(work, Failed(ticket, error))
        except Exception as error:
            self._end(work, Failed(ticket, _unexpected(error)))

    def _look_at(self, work: Work) -> None:
        from mmgpt.serve.worker.tasks import do
        from vision.image import LoadedImage

        check()
        if isinstance(work.ask.request, Generate):
            return self._submit(work)
        (sent,) = work.pictures
        about, start = sent.about, perf_counter()
        loaded = LoadedImage(sent.read(), about.width, about.height, about.sha256, about.format, about.warnings)
        result = do(work.ask.request, loaded, self._models)
        self.say(Counted("vision_encode", perf_counter() - start, True))
        self._end(work, Done(work.ask.ticket, result))

    def _tidy(self, pixels: int) -> None:
        with self._lock:
            self._since_trim += 1
            due = self._since_trim >= TRIM_EVERY or pixels > 4_000_000
            if due:
                self._since_trim = 0
        if due:
            trim()

    # -- text ----------------------------------------------------------------------------------------------------------------

    def _submit(self, work: Work) -> None:
        """Looks at what was not looked at yet, and hands the conversation to the batcher."""
        from mmgpt.serve.batching.row import row_of

        request = work.ask.request
        assert isinstance(request, Generate)
        seen, cached = [], []
        for sent in work.pictures:
            known = self._looks.known(work.ask.owner, sent.about)
            cached.append(known is not None)
            self.say(Counted("mm_cache_queries", 1, False))
            if known is not None:
                self.say(Counted("mm_cache_hits", 1, False))
                sent.close()
            else:
                start = perf_counter()
                known = self._looks.look(work.ask.owner, sent.about, sent.read)
                self.say(Counted("vision_encode", perf_counter() - start, True))
            seen.append(known)
        shown = places(request)
        tokens = sum(len(seen[number].tokens) for number in shown if cached[number])
        row = row_of(filled(request, seen), [seen[number] for number in shown], tokens)
        with self._lock:
            if work.cancelled.is_set():
                raise Stopped
        number = self._batcher.submit(row, self._sink(work))
        with self._lock:
            work.row = number
            unwanted = work.cancelled.is_set()
        if unwanted:  # it was cancelled before there was a row to cancel
            self._batcher.cancel(number)
            self._end(work, Gone(work.ask.ticket))

    def _sink(self, work: Work) -> Callable[[Event | ServiceError], None]:
        ticket = work.ask.ticket

        def sink(event: Event | ServiceError) -> None:
            if isinstance(event, ServiceError):
                if event.code == "model_error":
                    self.say(Counted("nan_rows", 1, False))
                self._end(work, Failed(ticket, event))
            elif isinstance(event, Finished):
                self._end(work, Step(ticket, event))
            elif not work.cancelled.is_set():
                self.say(Step(ticket, event))

        return sink

    def _decode(self) -> None:
        while True:
            if not self._batcher.step():
                self._batcher.wait(IDLE_SECONDS)

    def _start(self, name: str, loop: Callable[[], None]) -> None:
        """Starts a thread without which the worker is of no use: where it ends, so does the process, and the front starts another."""

        def run() -> None:
            try:
                loop()
            except BaseException:
                log.critical("a thread of the worker ended", exc_info=True)
                os._exit(BROKEN)

        threading.Thread(target=run, name=name, daemon=True).start()


def _unexpected(error: Exception) -> ServiceError:
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error) or "out of memory" in str(error):
        log.error("there is not enough memory for a request")
        text = "There is not enough memory for this request now: send a smaller picture, or try again later."
        return ServiceError(503, "out_of_memory", text, retry_after=10)
    log.error("a request failed unexpectedly", exc_info=error)
    return ServiceError(500, "server_error", "The request failed in the server: it is logged there.")


class _Forward(logging.Handler):
    """Log records go to the front, which knows where logs go."""

    def __init__(self, say: Callable[[Any], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._say(Logged(record.name, record.levelno, self.format(record)))
        except Exception:  # a log line is never worth a failure
            pass


def main(connection: Connection, settings: Settings) -> None:
    """Loads the model, then works until the front is gone."""
    few_arenas()
    import torch

    if settings.threads:
        torch.set_num_threads(settings.threads)
    try:
        worker = Worker(connection, settings)
    except (ValueError, OSError, RuntimeError, ImportError) as error:
        connection.send(Unusable(" ".join(str(error).split())))
        return
    worker.run()
    os._exit(0)  # threads in the middle of something do not hold the process
