"""Jobs over many pictures: handed in at once, answered behind everybody who waits, kept on disk, gone on with after a restart."""

from __future__ import annotations

from mmgpt.serve.jobs.jobs import Jobs as Jobs
from mmgpt.serve.jobs.opening import open_jobs as open_jobs
from mmgpt.serve.jobs.record import Incoming as Incoming
from mmgpt.serve.jobs.record import JobDeleted as JobDeleted
from mmgpt.serve.jobs.record import JobList as JobList
from mmgpt.serve.jobs.record import JobObject as JobObject
