"""What a job is: the row that is kept, and the object that clients see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

TaskName = Literal["diagnose", "caption", "read"]
Status = Literal["queued", "running", "completed", "cancelled"]


@dataclass(frozen=True)
class Incoming:
    """A picture that a client hands in: its bytes, or the address that they are fetched from when its turn comes."""

    name: str
    data: bytes = b""
    url: str = ""


@dataclass(frozen=True)
class Claim:
    """A picture that is to be answered now. `attempt` counts from 1."""

    job: str
    index: int
    owner: str
    task: TaskName
    question: str | None
    mask_secrets: bool
    name: str
    file: str
    url: str
    attempt: int


@dataclass(frozen=True)
class Job:
    """A job as it stands now. Times in Unix seconds; `seconds` is the time that its answered pictures took together; `bytes`
    what is kept of it; `active` how many jobs have pictures waiting, this one included."""

    id: str
    task: TaskName
    question: str | None
    created: float
    finished: float | None
    total: int
    done: int
    failed: int
    seconds: float
    bytes: int
    open: bool
    cancelled: bool
    running: int
    active: int = 1
    mask_secrets: bool = False

    @property
    def answered(self) -> int:
        """Pictures that have a result or an error."""
        return self.done + self.failed

    @property
    def status(self) -> Status:
        """`queued` before its first picture is looked at, `completed` when none is left and none will follow."""
        if self.cancelled:
            return "cancelled"
        if self.answered >= self.total and not self.open:
            return "completed"
        return "running" if self.answered or self.running else "queued"

    def seconds_left(self, rows: int) -> float | None:
        """An estimate: what is left at this job's own pace, `rows` side by side, shared with the other jobs. None without a pace."""
        if self.status in ("completed", "cancelled"):
            return 0.0
        if not self.answered:
            return None
        left = self.total - self.answered
        return round(left * self.seconds / self.answered * max(self.active, 1) / max(rows, 1), 1)


class JobObject(BaseModel):
    """A job over many pictures."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    id: str = Field(
        description="names the job in the other requests", examples=["job-4f1d0c0e7c4b4f0f9f3c0d2f5a6b7c8d"]
    )
    object: Literal["job"] = "job"
    status: Status
    task: TaskName
    question: str | None = None
    mask_secrets: bool = Field(
        default=False, description="whether results hold [token], [password] … in the place of such"
    )
    created: int = Field(description="Unix seconds")
    finished: int | None = Field(default=None, description="Unix seconds; null while it goes on")
    expires: int = Field(description="Unix seconds: when it is deleted, with its results")
    total: int = Field(ge=0, description="pictures that were handed in")
    done: int = Field(ge=0, description="pictures with a result")
    failed: int = Field(ge=0, description="pictures with an error")
    open: bool = Field(description="whether further pictures may be added")
    seconds_left: float | None = Field(default=None, description="an estimate; null before the first picture is done")

    @classmethod
    def of(cls, job: Job, rows: int, hours: float) -> JobObject:
        """The object of a job, where `rows` pictures are answered side by side and jobs are kept for `hours`."""
        return cls(
            id=job.id,
            status=job.status,
            task=job.task,
            question=job.question,
            mask_secrets=job.mask_secrets,
            created=int(job.created),
            finished=None if job.finished is None else int(job.finished),
            expires=int(job.created + hours * 3600),
            total=job.total,
            done=job.done,
            failed=job.failed,
            open=job.open,
            seconds_left=job.seconds_left(rows),
        )


class JobList(BaseModel):
    """Jobs, the newest first."""

    object: Literal["list"] = "list"
    data: list[JobObject]
    has_more: bool = Field(
        default=False, description="whether there are older ones: ask again with `after`, the last id"
    )


class JobDeleted(BaseModel):
    """A job that is gone."""

    id: str
    object: Literal["job"] = "job"
    deleted: Literal[True] = True


def result_line(index: int, name: str, sha256: str, ok: bool, value: Any) -> dict[str, Any]:
    """One line of a job's results: `result` where it went well, `error` (message, type, param, code) where not."""
    return {"index": index, "name": name, "sha256": sha256, ("result" if ok else "error"): value}
