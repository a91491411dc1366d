"""Works on the jobs, a few pictures at a time, behind everybody who waits for an answer."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.jobs.lead import Lead
from mmgpt.serve.jobs.record import Claim
from mmgpt.serve.jobs.store import JobStore
from mmgpt.serve.protocol import Caption, Diagnose, Read, Redaction, Task

if TYPE_CHECKING:
    from vision.image import LoadedImage

log = logging.getLogger(__name__)

ATTEMPTS = 3  # a picture that takes the model down with it is not tried for ever
NOT_ITS_FAULT = ("queue_full", "unavailable_error")  # a server that loads, ends or is full says nothing about a picture
LOOK_SECONDS = 2.0  # how soon pictures that another process stored are seen
EXPIRE_SECONDS = 60.0
MAX_WAIT = 30.0
Fetch = Callable[[str], Awaitable[bytes]]


class Answers(Protocol):
    """What the runner needs of the backend."""

    async def picture(self, data: bytes, *, param: str | None = None, name: str = "the picture") -> LoadedImage:
        """Bytes to pixels. Raises ServiceError."""

    async def run(self, task: Task, *, owner: str = "", deadline: float | None = None) -> dict[str, Any] | Redaction:
        """One result. Raises ServiceError."""


class Runner:
    """One lead and `rows` hands. `busy` says whether somebody waits for an answer: then no further picture is taken up."""

    def __init__(
        self,
        store: JobStore,
        backend: Answers,
        *,
        rows: int,
        hours: float,
        fetch: Fetch | None = None,
        busy: Callable[[], bool] | None = None,
    ) -> None:
        self.store, self.backend, self.rows, self.hours = store, backend, rows, hours
        self._fetch, self._busy = fetch, busy
        self._lead = Lead(store.path.with_name(store.path.name + ".lock"))
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._working: dict[tuple[str, int], asyncio.Task[Any]] = {}

    def start(self) -> None:
        """Begins in the running loop; returns at once."""
        self._task = asyncio.create_task(self._run(), name="jobs")

    async def stop(self) -> None:
        """Puts what is being answered back and ends. Another process may go on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._lead.leave()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def forget(self, job: str) -> None:
        """Stops the answers of a job that was cancelled or deleted."""
        for (name, _), task in list(self._working.items()):
            if name == job:
                task.cancel()

    async def _run(self) -> None:
        """For ever: become the lead, work. Whatever the disk does, it is tried again, more and more seldom."""
        pause = 1.0
        while True:
            try:
                if not await asyncio.to_thread(self._lead.take):
                    await asyncio.sleep(LOOK_SECONDS)
                    continue
                await asyncio.to_thread(self.store.expire, self.hours)
                waiting = await asyncio.to_thread(self.store.recover)
                if waiting:
                    log.info("jobs go on: %d pictures wait", waiting)
                pause = 1.0
                await self._work_all()
            except (sqlite3.Error, OSError) as error:
                level = logging.WARNING if pause == 1.0 else logging.INFO  # warned of once, not for every try
                log.log(level, "jobs cannot be worked on: %s - trying again in %.0f seconds", error, pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 60.0)

    async def _work_all(self) -> None:
        hands = [asyncio.create_task(self._hand()) for _ in range(self.rows)]
        hands.append(asyncio.create_task(self._janitor()))
        try:
            await asyncio.gather(*hands)
        finally:
            for hand in hands:
                hand.cancel()
            await asyncio.gather(*hands, return_exceptions=True)

    async def _janitor(self) -> None:
        while True:
            await asyncio.sleep(EXPIRE_SECONDS)
            gone = await asyncio.to_thread(self.store.expire, self.hours)
            if gone:
                log.info("%d jobs were older than %g hours and are deleted", gone, self.hours)

    async def _hand(self) -> None:
        while True:
            self._wake.clear()
            if self._busy is not None and self._busy():
                await asyncio.sleep(0.05)
                continue
            claim = await asyncio.to_thread(self.store.claim)
            if claim is None:
                try:
                    await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)
                except asyncio.TimeoutError:
                    pass  # time to look for what others stored
                continue
            await self._one(claim)

    async def _one(self, claim: Claim) -> None:
        """Answers one picture and keeps what came out, or puts it back."""
        if claim.attempt > ATTEMPTS:
            message = f"The picture was given up after {ATTEMPTS} attempts."
            await self._keep(claim, False, ServiceError(500, "job_picture_failed", message), 0.0)
            return
        start = time.monotonic()
        key = (claim.job, claim.index)
        work = self._working[key] = asyncio.create_task(self._answer(claim))
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError:  # the server ends: the attempt was none
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await asyncio.shield(asyncio.to_thread(self.store.release, claim, counted=False))
            raise
        finally:
            self._working.pop(key, None)
        if work.cancelled():
            return  # its job was cancelled or deleted
        error = work.exception()
        taken = time.monotonic() - start
        if error is None:
            value, sha256 = work.result()
            await asyncio.to_thread(self.store.finish, claim, True, value, taken, sha256)
        elif isinstance(error, ServiceError) and error.status in (429, 503, 504):
            # full, loading, draining, the model's process lost, or others were quicker: its turn comes again
            lost = error.status == 504 or (error.status == 503 and error.code not in NOT_ITS_FAULT)
            await asyncio.to_thread(self.store.release, claim, counted=lost)
            await asyncio.sleep(min(max(error.retry_after or 1.0, 0.2), MAX_WAIT))
        elif isinstance(error, ServiceError):
            await self._keep(claim, False, error, taken)
        else:
            log.error("a picture of a job failed", exc_info=error)
            await self._keep(claim, False, ServiceError(500, "server_error", "The server made an error."), taken)

    async def _keep(self, claim: Claim, ok: bool, error: ServiceError, taken: float) -> None:
        await asyncio.to_thread(self.store.finish, claim, ok, error.body()["error"], taken)

    async def _answer(self, claim: Claim) -> tuple[dict[str, Any], str]:
        """The result and the SHA-256 of the bytes that it is about."""
        data = await self._bytes(claim)
        image = await self.backend.picture(data, param="image")
        result = await self.backend.run(_task(claim, image), owner=claim.owner)
        assert isinstance(result, dict)
        return result, hashlib.sha256(data).hexdigest()

    async def _bytes(self, claim: Claim) -> bytes:
        if claim.url:
            if self._fetch is None:
                raise ServiceError(400, "remote_images_disabled", "Pictures are not fetched from other hosts.")
            return await self._fetch(claim.url)
        try:
            return await asyncio.to_thread(self.store.data, claim)
        except FileNotFoundError:
            message = "The picture's file is gone: hand it in again."
            raise ServiceError(500, "job_picture_lost", message) from None


def _task(claim: Claim, image: LoadedImage) -> Task:
    if claim.task == "caption":
        return Caption(image)
    if claim.task == "read":
        return Read(image)
    return Diagnose(image, question=claim.question, mask_secrets=claim.mask_secrets)
