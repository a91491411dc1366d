"""Jobs and their pictures on disk: what clients hand in, what is taken up next, what came out. Plain blocking calls."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.jobs.database import Database
from mmgpt.serve.jobs.record import Claim, Incoming, Job, TaskName, result_line

MAX_JOBS = 1000  # of one owner: rows are small, but not nothing
PAGE = 64  # results that are in memory at a time
_MAX_NAME = 255


class JobStore:
    """One SQLite file and, beside it, a folder for the pictures that wait; a picture's bytes are deleted when it is answered.

    Several processes may use the same file; `claim` and `recover` are for the one that works on the jobs. Methods raise
    ServiceError for what the client did, sqlite3.Error and OSError for what the disk did.
    """

    def __init__(self, path: Path, *, max_pictures: int, max_bytes: int) -> None:
        """`max_pictures` of one job, `max_bytes` of all jobs together."""
        self.path = path
        self.folder = path.with_name(path.name + ".pictures")
        self.max_pictures, self.max_bytes = max_pictures, max_bytes
        self._database = Database(path)

    def close(self) -> None:
        """Closes the file; the store can be used again."""
        self._database.close()

    # -- what clients do -------------------------------------------------------------------------------------------------------

    def create(
        self,
        owner: str,
        task: TaskName,
        question: str | None,
        pictures: Sequence[Incoming],
        more: bool = False,
        mask_secrets: bool = False,
    ) -> Job:
        """A new job. With `more` it stays open for `add`."""
        name = f"job-{uuid.uuid4().hex}"
        with self._database.transaction() as connection:
            count = connection.execute("SELECT count(*) FROM jobs WHERE owner = ?", (owner,)).fetchone()[0]
            if count >= MAX_JOBS:
                raise ServiceError(
                    429, "too_many_jobs", f"There are {MAX_JOBS} jobs already: delete some.", retry_after=60
                )
            connection.execute(
                "INSERT INTO jobs (id, number, owner, task, question, mask_secrets, created, open) "
                "VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM jobs), ?, ?, ?, ?, ?, ?)",
                (name, owner, task, question, int(mask_secrets), time.time(), int(more)),
            )
            self._put(connection, name, 0, pictures)
            return _job(connection, owner, name)

    def add(self, owner: str, name: str, pictures: Sequence[Incoming], more: bool = False) -> Job:
        """Further pictures of an open job; without `more` they are the last."""
        with self._database.transaction() as connection:
            job = _job(connection, owner, name)
            if not job.open or job.cancelled:
                raise ServiceError(409, "job_closed", "No further pictures can be added to this job.")
            self._put(connection, name, job.total, pictures)
            connection.execute("UPDATE jobs SET open = ? WHERE id = ?", (int(more), name))
            _finish(connection, name)
            return _job(connection, owner, name)

    def get(self, owner: str, name: str) -> Job:
        """The job as it stands. ServiceError 404 where this owner has none of that name."""
        with self._database.transaction() as connection:
            return _job(connection, owner, name)

    def listed(self, owner: str, limit: int, after: str | None = None) -> tuple[list[Job], bool]:
        """Up to `limit` jobs, the newest first, behind the job `after`; and whether there are more."""
        with self._database.transaction() as connection:
            bound = 2**62
            if after is not None:
                _job(connection, owner, after)
                bound = connection.execute("SELECT number FROM jobs WHERE id = ?", (after,)).fetchone()[0]
            rows = connection.execute(
                "SELECT id FROM jobs WHERE owner = ? AND number < ? ORDER BY number DESC LIMIT ?",
                (owner, bound, limit + 1),
            ).fetchall()
            return [_job(connection, owner, row["id"]) for row in rows[:limit]], len(rows) > limit

    def results(self, owner: str, name: str, behind: int = -1) -> list[tuple[int, str]]:
        """The next `PAGE` answered pictures behind a number, in the order in which they were handed in: number, line of JSON."""
        with self._database.transaction() as connection:
            _job(connection, owner, name)
            rows = connection.execute(
                "SELECT number, name, sha256, state, answer FROM pictures "
                "WHERE job = ? AND number > ? AND state IN ('done', 'failed') ORDER BY number LIMIT ?",
                (name, behind, PAGE),
            ).fetchall()
        return [(row["number"], _line(row)) for row in rows]

    def cancel(self, owner: str, name: str) -> Job:
        """Nothing more of the job is answered; what is answered stays. A job that is over stays as it is."""
        with self._database.transaction() as connection:
            job = _job(connection, owner, name)
            files: list[str] = []
            if job.status in ("queued", "running"):
                files = self._drop(connection, name, "state IN ('waiting', 'running')")
                connection.execute(
                    "UPDATE jobs SET cancelled = 1, open = 0, finished = ? WHERE id = ?", (time.time(), name)
                )
            job = _job(connection, owner, name)
        self._remove(files)
        return job

    def delete(self, owner: str, name: str) -> None:
        """The job, its pictures and its results are gone."""
        with self._database.transaction() as connection:
            _job(connection, owner, name)
            files = self._drop(connection, name, "1")
            connection.execute("DELETE FROM pictures WHERE job = ?", (name,))
            connection.execute("DELETE FROM jobs WHERE id = ?", (name,))
        self._remove(files)

    # -- what the runner does --------------------------------------------------------------------------------------------------

    def recover(self) -> int:
        """Pictures that were being answered when their process ended wait again; files that no picture owns go. Returns how many wait."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE pictures SET state = 'waiting' WHERE state = 'running'")
            known = {row[0] for row in connection.execute("SELECT file FROM pictures WHERE file != ''")}
            if self.folder.is_dir():
                self._remove([path.name for path in self.folder.iterdir() if path.name not in known])
            return int(connection.execute("SELECT count(*) FROM pictures WHERE state = 'waiting'").fetchone()[0])

    def claim(self) -> Claim | None:
        """The next picture: of the job that has waited longest for its turn, so that a small job does not wait for a large one."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT p.*, j.owner, j.task, j.question, j.mask_secrets FROM pictures p JOIN jobs j ON j.id = p.job "
                "WHERE p.state = 'waiting' AND p.job = (SELECT id FROM jobs WHERE EXISTS "
                "(SELECT 1 FROM pictures WHERE job = jobs.id AND state = 'waiting') ORDER BY served, number LIMIT 1) "
                "ORDER BY p.number LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            key = (row["job"], row["number"])
            connection.execute(
                "UPDATE pictures SET state = 'running', attempts = attempts + 1 WHERE job = ? AND number = ?", key
            )
            connection.execute("UPDATE jobs SET served = ? WHERE id = ?", (time.time(), row["job"]))
            return Claim(
                *key,
                row["owner"], row["task"], row["question"], bool(row["mask_secrets"]), row["name"], row["file"], row["url"],
                row["attempts"] + 1,
            )  # fmt: skip

    def data(self, claim: Claim) -> bytes:
        """A waiting picture's bytes."""
        return (self.folder / claim.file).read_bytes()

    def release(self, claim: Claim, *, counted: bool) -> None:
        """The picture waits again. Not `counted`: the attempt was none."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE pictures SET state = 'waiting', attempts = attempts - ? WHERE job = ? AND number = ? AND state = 'running'",
                (int(not counted), claim.job, claim.index),
            )

    def finish(self, claim: Claim, ok: bool, answer: Any, seconds: float, sha256: str = "") -> None:
        """Keeps what came out and deletes the picture. Nothing happens where the job was cancelled or deleted meanwhile."""
        text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        with self._database.transaction() as connection:
            key = (claim.job, claim.index)
            row = connection.execute(
                "SELECT size FROM pictures WHERE job = ? AND number = ? AND state = 'running'", key
            ).fetchone()
            if row is None:
                return
            size = len(text.encode("utf-8", "replace"))
            connection.execute(
                "UPDATE pictures SET state = ?, answer = ?, file = '', url = '', size = ?, sha256 = coalesce(nullif(?, ''), sha256) "
                "WHERE job = ? AND number = ?",
                ("done" if ok else "failed", text, size, sha256, *key),
            )
            column = "done" if ok else "failed"
            connection.execute(
                f"UPDATE jobs SET {column} = {column} + 1, bytes = bytes + ?, seconds = seconds + ? WHERE id = ?",
                (size - row["size"], seconds, claim.job),
            )
            _finish(connection, claim.job)
        self._remove([claim.file])

    def expire(self, hours: float) -> int:
        """Deletes the jobs that are older than `hours`, finished or not; returns how many."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT owner, id FROM jobs WHERE created < ?", (time.time() - hours * 3600,)
            ).fetchall()
        for row in rows:
            try:
                self.delete(row["owner"], row["id"])
            except ServiceError:
                pass  # its owner was quicker
        return len(rows)

    # -- inside ----------------------------------------------------------------------------------------------------------------

    def _put(self, connection: sqlite3.Connection, name: str, start: int, pictures: Sequence[Incoming]) -> None:
        if start + len(pictures) > self.max_pictures:
            raise ServiceError(400, "too_many_images", f"A job may hold {self.max_pictures} pictures.", param="image")
        size = sum(len(picture.data) for picture in pictures)
        kept = connection.execute("SELECT coalesce(sum(bytes), 0) FROM jobs").fetchone()[0]
        if kept + size > self.max_bytes:
            raise ServiceError(
                429,
                "job_storage_full",
                "The space for jobs is used up: try again later, or delete jobs.",
                retry_after=60,
            )
        files = []
        try:
            for number, picture in enumerate(pictures, start):
                file = "" if picture.url else self._write(picture.data)
                files.append(file)
                sha256 = "" if picture.url else hashlib.sha256(picture.data).hexdigest()
                connection.execute(
                    "INSERT INTO pictures (job, number, name, sha256, file, url, size) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (name, number, _clean(picture.name), sha256, file, picture.url, len(picture.data)),
                )
            connection.execute(
                "UPDATE jobs SET total = total + ?, bytes = bytes + ? WHERE id = ?", (len(pictures), size, name)
            )
        except BaseException:
            self._remove(files)
            raise

    def _write(self, data: bytes) -> str:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = secrets.token_hex(16)
        path = self.folder / name
        path.touch(0o600)
        try:
            path.write_bytes(data)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return name

    def _drop(self, connection: sqlite3.Connection, name: str, which: str) -> list[str]:
        """Takes pictures off a job and returns their files, to be removed when the transaction is kept."""
        rows = connection.execute(
            f"SELECT number, file, size FROM pictures WHERE job = ? AND {which}", (name,)
        ).fetchall()
        connection.execute(
            f"UPDATE pictures SET state = 'cancelled', file = '', url = '', size = 0, answer = NULL WHERE job = ? AND {which}",
            (name,),
        )
        connection.execute("UPDATE jobs SET bytes = bytes - ? WHERE id = ?", (sum(row["size"] for row in rows), name))
        return [row["file"] for row in rows]

    def _remove(self, files: Iterable[str]) -> None:
        for file in files:
            if file:
                path = self.folder / file
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)


def lines_of(store: JobStore, owner: str, name: str) -> Iterator[str]:
    """All results of a job so far, a line of JSON each, read a page at a time."""
    behind = -1
    while page := store.results(owner, name, behind):
        yield from (line for _, line in page)
        behind = page[-1][0]


def _job(connection: sqlite3.Connection, owner: str, name: str) -> Job:
    row = connection.execute("SELECT * FROM jobs WHERE id = ? AND owner = ?", (name, owner)).fetchone()
    if row is None:
        raise ServiceError(404, "job_not_found", "There is no such job.")
    running = connection.execute(
        "SELECT count(*) FROM pictures WHERE job = ? AND state = 'running'", (name,)
    ).fetchone()[0]
    active = connection.execute("SELECT count(*) FROM jobs WHERE cancelled = 0 AND done + failed < total").fetchone()[0]
    return Job(
        id=row["id"], task=row["task"], question=row["question"], mask_secrets=bool(row["mask_secrets"]),
        created=row["created"], finished=row["finished"],
        total=row["total"], done=row["done"], failed=row["failed"], seconds=row["seconds"], bytes=row["bytes"],
        open=bool(row["open"]), cancelled=bool(row["cancelled"]), running=running, active=active,
    )  # fmt: skip


def _finish(connection: sqlite3.Connection, name: str) -> None:
    """Notes the time where the last picture of a closed job has been answered."""
    connection.execute(
        "UPDATE jobs SET finished = ? WHERE id = ? AND finished IS NULL AND open = 0 AND done + failed >= total",
        (time.time(), name),
    )


def _line(row: sqlite3.Row) -> str:
    value = result_line(row["number"], row["name"], row["sha256"], row["state"] == "done", json.loads(row["answer"]))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _clean(name: str) -> str:
    """A name as it can be stored and sent as UTF-8: no lone surrogates, no NUL, not longer than names of files are."""
    return name.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")[:_MAX_NAME]
