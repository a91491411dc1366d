"""What routes talk to: the store's calls in threads, the disk's trouble as one fixed answer, and the runner's life."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import TypeVar

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.jobs.database import default_path
from mmgpt.serve.jobs.record import Incoming, Job, JobList, JobObject, TaskName
from mmgpt.serve.jobs.runner import Answers, Fetch, Runner
from mmgpt.serve.jobs.store import JobStore
from mmgpt.serve.settings import Settings

log = logging.getLogger(__name__)
T = TypeVar("T")


class Jobs:
    """All jobs of a server. Every method raises ServiceError: 404 `job_not_found`, 503 `jobs_unavailable` for a disk that does not
    work, 404 `jobs_disabled` where `settings.job_hours` is 0."""

    def __init__(
        self,
        settings: Settings,
        backend: Answers,
        *,
        fetch: Fetch | None = None,
        busy: Callable[[], bool] | None = None,
    ) -> None:
        """`fetch` turns an address of an allowed host into bytes; `busy` says whether somebody waits for an answer."""
        self.settings = settings
        self.store = JobStore(
            settings.jobs or default_path(), max_pictures=settings.max_job_pictures, max_bytes=settings.max_job_bytes
        )
        self._backend, self._fetch, self._busy = backend, fetch, busy
        self._runner: Runner | None = None

    async def start(self) -> None:
        """Goes on with what an earlier run left; returns at once, and never raises for what the disk does."""
        if self.settings.job_hours and self._runner is None:
            self._runner = Runner(
                self.store,
                self._backend,
                rows=self.settings.job_rows,
                hours=self.settings.job_hours,
                fetch=self._fetch,
                busy=self._busy,
            )
            self._runner.start()

    async def stop(self) -> None:
        """Puts the pictures that are being answered back and closes the file. Before the backend drains."""
        if self._runner is not None:
            await self._runner.stop()
            self._runner = None
        await asyncio.to_thread(self.store.close)

    async def create(
        self,
        owner: str,
        task: TaskName,
        question: str | None,
        pictures: Sequence[Incoming],
        more: bool = False,
        mask_secrets: bool = False,
    ) -> JobObject:
        """A new job; with `more` it stays open for `add`."""
        made = await self._call(lambda: self.store.create(owner, task, question, pictures, more, mask_secrets))
        self._wake()
        return self._object(made)

    async def add(self, owner: str, name: str, pictures: Sequence[Incoming], more: bool = False) -> JobObject:
        """Further pictures of an open job; without `more` they are the last. 409 `job_closed`."""
        job = await self._call(lambda: self.store.add(owner, name, pictures, more))
        self._wake()
        return self._object(job)

    async def get(self, owner: str, name: str) -> JobObject:
        """The job as it stands."""
        return self._object(await self._call(lambda: self.store.get(owner, name)))

    async def listed(self, owner: str, limit: int = 20, after: str | None = None) -> JobList:
        """Up to `limit` jobs, the newest first, behind the job `after`."""
        jobs, more = await self._call(lambda: self.store.listed(owner, limit, after))
        return JobList(data=[self._object(job) for job in jobs], has_more=more)

    async def results(self, owner: str, name: str) -> AsyncIterator[bytes]:
        """JSON lines of the pictures that are answered, in the order in which they were handed in. The first page is read before
        this returns, so that what is wrong with the request is raised and not broken off."""
        page = await self._call(lambda: self.store.results(owner, name))

        async def lines() -> AsyncIterator[bytes]:
            found = page
            while found:
                yield "".join(f"{line}\n" for _, line in found).encode("utf-8", "replace")
                behind = found[-1][0]
                found = await self._call(partial(self.store.results, owner, name, behind))

        return lines()

    async def cancel(self, owner: str, name: str) -> JobObject:
        """Nothing more of it is answered; its results stay."""
        job = await self._call(lambda: self.store.cancel(owner, name))
        if self._runner is not None:
            self._runner.forget(name)
        return self._object(job)

    async def delete(self, owner: str, name: str) -> None:
        """It is gone, with its pictures and results."""
        await self._call(lambda: self.store.delete(owner, name))
        if self._runner is not None:
            self._runner.forget(name)

    def _object(self, job: Job) -> JobObject:
        return JobObject.of(job, self.settings.job_rows, self.settings.job_hours)

    def _wake(self) -> None:
        if self._runner is not None:
            self._runner.wake()

    async def _call(self, work: Callable[[], T]) -> T:
        if not self.settings.job_hours:
            raise ServiceError(404, "jobs_disabled", "This server takes no jobs.")
        try:
            return await asyncio.to_thread(work)
        except (sqlite3.Error, OSError) as error:
            log.warning("jobs cannot be stored or read: %s", error)
            message = "Jobs cannot be stored or read at the moment. Other requests are answered."
            raise ServiceError(503, "jobs_unavailable", message, retry_after=30) from None
