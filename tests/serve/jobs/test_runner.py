"""Jobs from handing in to results, with an answering backend: order, faults, restarts, disks, limits."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sqlite3
import stat
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.jobs import Incoming, JobObject, Jobs
from mmgpt.serve.jobs.lead import Lead
from mmgpt.serve.jobs.record import Job
from mmgpt.serve.settings import Settings
from tests.serve.jobs.answering import Answering, png


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(jobs=folder / "state" / "jobs.sqlite", **more)


def several(*numbers: int) -> list[Incoming]:
    return [Incoming(f"{number}.png", png(number)) for number in numbers]


async def until(check: Callable[[], Awaitable[bool]], seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not await check():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


async def ended(jobs: Jobs, name: str, owner: str = "") -> JobObject:
    async def over() -> bool:
        return (await jobs.get(owner, name)).status in ("completed", "cancelled")

    await until(over)
    return await jobs.get(owner, name)


async def lines(jobs: Jobs, name: str, owner: str = "") -> list[dict[str, Any]]:
    text = b"".join([part async for part in await jobs.results(owner, name)]).decode()
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def test_pictures_are_answered_and_results_come_in_their_order(tmp_path: Path) -> None:
    async def go() -> None:
        backend = Answering()
        jobs = Jobs(settings(tmp_path, job_rows=3), backend)
        await jobs.start()
        made = await jobs.create("me", "diagnose", "Why?", [*several(*range(150)), Incoming("bad.png", b"nothing")])
        assert (made.total, made.done, made.status, made.seconds_left) == (151, 0, "queued", None)
        job = await ended(jobs, made.id, "me")
        assert (job.status, job.done, job.failed, job.seconds_left) == ("completed", 150, 1, 0.0)
        assert job.finished is not None and job.created <= job.finished <= job.expires
        found = await lines(jobs, made.id, "me")
        assert [line["index"] for line in found] == list(range(151))
        assert found[3]["name"] == "3.png" and found[3]["sha256"] == hashlib.sha256(png(3)).hexdigest()
        assert found[3]["result"] == {"task": "Diagnose", "width": 11, "text": "Ünïcode\u2028✓"}
        assert found[150]["error"]["code"] == "invalid_image" and "result" not in found[150]
        assert (
            backend.most == 3
            and len(backend.asked) == 150
            and set(backend.asked) == {(8 + n % 50, "me", "Why?") for n in range(150)}
        )
        assert list(jobs.store.folder.iterdir()) == []  # what is answered is not kept
        await jobs.stop()

    asyncio.run(go())


def test_results_are_there_while_it_runs_and_cancelling_keeps_them(tmp_path: Path) -> None:
    async def go() -> None:
        backend = Answering()
        backend.gate, backend.free = asyncio.Event(), 2
        jobs = Jobs(settings(tmp_path), backend)
        await jobs.start()
        made = await jobs.create("", "caption", None, several(1, 2, 3, 4))

        async def third_runs() -> bool:
            return (await jobs.get("", made.id)).done == 2 and backend.at_once == 1

        await until(third_runs)
        job = await jobs.get("", made.id)
        assert job.status == "running" and job.seconds_left is not None
        assert [line["index"] for line in await lines(jobs, made.id)] == [0, 1]
        job = await jobs.cancel("", made.id)
        assert job.status == "cancelled" and job.finished is not None

        async def none_runs() -> bool:
            return backend.at_once == 0 and backend.cancelled == 1

        await until(none_runs)
        assert [line["index"] for line in await lines(jobs, made.id)] == [0, 1]
        assert list(jobs.store.folder.iterdir()) == []
        backend.gate.set()
        over = await jobs.create("", "caption", None, several(5))
        assert (await ended(jobs, over.id)).done == 1
        assert (await jobs.cancel("", over.id)).status == "completed"  # what is over stays so
        await jobs.stop()

    asyncio.run(go())


def test_a_restart_goes_on_and_answers_nothing_twice(tmp_path: Path) -> None:
    async def first() -> str:
        backend = Answering()
        jobs = Jobs(settings(tmp_path), backend)
        await jobs.start()
        made = await jobs.create("", "read", None, several(*range(6)))

        async def two_done() -> bool:
            if (await jobs.get("", made.id)).done >= 2:
                backend.gate = asyncio.Event()
            return backend.gate is not None and backend.at_once == 1

        await until(two_done)
        await jobs.stop()
        assert backend.at_once == 0
        return made.id

    async def second(name: str) -> int:
        backend = Answering()
        jobs = Jobs(settings(tmp_path), backend)
        before = await jobs.get("", name)
        assert before.status == "running" and 2 <= before.done < 6
        await jobs.start()
        assert (await ended(jobs, name)).done == 6
        assert [line["index"] for line in await lines(jobs, name)] == list(range(6))
        await jobs.stop()
        return before.done + len(backend.asked)

    assert asyncio.run(second(asyncio.run(first()))) == 6


def test_a_process_that_was_killed_leaves_nothing_undone(tmp_path: Path) -> None:
    """As after SIGKILL: pictures still say `running`, and a file lies about that no picture owns."""

    async def go() -> None:
        jobs = Jobs(settings(tmp_path), Answering())
        made = await jobs.create("", "read", None, several(1, 2))
        claim = jobs.store.claim()
        assert claim is not None and claim.attempt == 1
        stray = jobs.store.folder / ("0" * 32)
        stray.write_bytes(b"x")
        await jobs.stop()
        again = Jobs(settings(tmp_path), Answering())
        await again.start()
        assert (await ended(again, made.id)).done == 2
        assert not stray.exists()
        await again.stop()

    asyncio.run(go())


def test_a_full_queue_and_a_lost_worker_are_waited_out(tmp_path: Path) -> None:
    async def go() -> None:
        backend = Answering()
        full = ServiceError(429, "queue_full", "full", retry_after=0.2)
        backend.errors = [full, full, full, full, ServiceError(503, "worker_lost", "lost", retry_after=0.2)]
        jobs = Jobs(settings(tmp_path), backend)
        await jobs.start()
        made = await jobs.create("", "read", None, several(1))
        job = await ended(jobs, made.id)
        assert (job.done, job.failed) == (1, 0) and not backend.errors
        await jobs.stop()

    asyncio.run(go())


def test_a_picture_that_takes_the_model_down_is_given_up_and_unexpected_errors_stay_inside(tmp_path: Path) -> None:
    async def go() -> None:
        backend = Answering()
        lost = ServiceError(503, "worker_lost", "lost", retry_after=0.2)
        backend.errors = [lost, lost, lost, ValueError("at 0xdeadbeef in /home/somebody")]
        jobs = Jobs(settings(tmp_path), backend)
        await jobs.start()
        first = await jobs.create("", "read", None, several(1))
        assert (await ended(jobs, first.id)).failed == 1
        assert (await lines(jobs, first.id))[0]["error"]["code"] == "job_picture_failed"
        second = await jobs.create("", "read", None, several(2, 3))
        assert (await ended(jobs, second.id)).failed == 1
        found = await lines(jobs, second.id)
        assert found[0]["error"] == {
            "message": "The server made an error.", "type": "server_error", "param": None, "code": "server_error",
        }  # fmt: skip
        assert found[1]["result"]["width"] == 11
        await jobs.stop()

    asyncio.run(go())


def test_a_small_job_does_not_wait_for_a_large_one(tmp_path: Path) -> None:
    store = Jobs(settings(tmp_path), Answering()).store
    large = store.create("a", "read", None, several(*range(20)))
    first = store.claim()
    small = store.create("b", "read", None, several(1, 2))
    order = [claim.job for claim in (store.claim(), store.claim(), store.claim(), store.claim()) if claim]
    assert first is not None and first.job == large.id
    assert order == [small.id, large.id, small.id, large.id]


def test_nothing_is_taken_up_while_somebody_waits(tmp_path: Path) -> None:
    async def go() -> None:
        waiting = True
        backend = Answering()
        jobs = Jobs(settings(tmp_path), backend, busy=lambda: waiting)
        await jobs.start()
        made = await jobs.create("", "read", None, several(1))
        await asyncio.sleep(0.3)
        assert backend.asked == [] and (await jobs.get("", made.id)).status == "queued"
        waiting = False
        assert (await ended(jobs, made.id)).done == 1
        await jobs.stop()

    asyncio.run(go())


def test_pictures_are_added_while_it_is_open(tmp_path: Path) -> None:
    async def go() -> None:
        jobs = Jobs(settings(tmp_path, max_job_pictures=4), Answering())
        await jobs.start()
        made = await jobs.create("", "read", None, several(1), more=True)
        assert made.open
        await jobs.add("", made.id, several(2, 3), more=True)

        async def answered() -> bool:
            return (await jobs.get("", made.id)).done == 3

        await until(answered)
        assert (await jobs.get("", made.id)).status == "running"  # further ones may come
        with pytest.raises(ServiceError) as over:
            await jobs.add("", made.id, several(4, 5))
        assert (over.value.status, over.value.code) == (400, "too_many_images")
        assert (await jobs.get("", made.id)).total == 3
        assert (await jobs.add("", made.id, [])).status == "completed"
        with pytest.raises(ServiceError) as closed:
            await jobs.add("", made.id, several(4))
        assert (closed.value.status, closed.value.code) == (409, "job_closed")
        await jobs.stop()

    asyncio.run(go())


def test_the_seconds_left_are_those_of_its_own_pace() -> None:
    def left(done: int, *, rows: int = 1, active: int = 1, cancelled: bool = False) -> float | None:
        return Job(
            id="", task="read", question=None, created=0, finished=None, total=10, done=done, failed=0, seconds=2.0 * done,
            bytes=0, open=False, cancelled=cancelled, running=0, active=active,
        ).seconds_left(rows)  # fmt: skip

    assert [left(0), left(4), left(4, rows=2), left(4, active=3), left(10), left(4, cancelled=True)] == [
        None, 12.0, 6.0, 36.0, 0.0, 0.0,
    ]  # fmt: skip


def test_jobs_belong_to_who_made_them(tmp_path: Path) -> None:
    async def go() -> None:
        jobs = Jobs(settings(tmp_path), Answering())
        mine = await jobs.create("me", "read", None, several(1))
        theirs = await jobs.create("they", "read", None, several(2))
        newer = await jobs.create("me", "read", None, several(3))
        listed = await jobs.listed("me")
        assert [job.id for job in listed.data] == [newer.id, mine.id] and not listed.has_more
        page = await jobs.listed("me", 1)
        assert [job.id for job in page.data] == [newer.id] and page.has_more
        assert [job.id for job in (await jobs.listed("me", 5, newer.id)).data] == [mine.id]
        calls: list[Callable[[], Awaitable[Any]]] = [
            lambda: jobs.get("me", theirs.id), lambda: jobs.results("me", theirs.id), lambda: jobs.cancel("me", theirs.id),
            lambda: jobs.delete("me", theirs.id), lambda: jobs.add("me", theirs.id, []), lambda: jobs.listed("me", 5, theirs.id),
        ]  # fmt: skip
        for call in calls:
            with pytest.raises(ServiceError) as refused:
                await call()
            assert (refused.value.status, refused.value.code) == (404, "job_not_found")
        await jobs.delete("me", mine.id)
        assert [job.id for job in (await jobs.listed("me")).data] == [newer.id]
        assert len(list(jobs.store.folder.iterdir())) == 2  # its picture is gone with it
        await jobs.stop()

    asyncio.run(go())


def test_the_space_is_bounded_and_freed(tmp_path: Path) -> None:
    store = Jobs(settings(tmp_path, max_job_bytes=2**20), Answering()).store
    big = Incoming("big", b"x" * 600_000)
    first = store.create("", "read", None, [big])
    with pytest.raises(ServiceError) as full:
        store.create("", "read", None, [big])
    assert (full.value.status, full.value.code) == (429, "job_storage_full") and full.value.retry_after
    assert len(list(store.folder.iterdir())) == 1 and len(store.listed("", 10)[0]) == 1
    store.cancel("", first.id)
    assert list(store.folder.iterdir()) == []
    store.create("", "read", None, [big])


def test_old_jobs_go(tmp_path: Path) -> None:
    jobs = Jobs(settings(tmp_path, job_hours=1), Answering())
    old, young = (jobs.store.create("", "read", None, several(n)) for n in (1, 2))
    with sqlite3.connect(jobs.store.path) as connection:
        connection.execute("UPDATE jobs SET created = created - 3601 WHERE id = ?", (old.id,))
    connection.close()

    async def go() -> None:
        await jobs.start()
        assert (await ended(jobs, young.id)).done == 1
        with pytest.raises(ServiceError):
            await jobs.get("", old.id)
        await jobs.stop()

    asyncio.run(go())


def test_only_one_process_works_on_a_file(tmp_path: Path) -> None:
    async def go() -> None:
        one, two = Answering(), Answering()
        first, second = Jobs(settings(tmp_path), one), Jobs(settings(tmp_path), two)
        await first.start()
        await asyncio.sleep(0.2)
        await second.start()
        made = await second.create("", "read", None, several(1, 2, 3))
        assert (await ended(second, made.id)).done == 3
        assert len(one.asked) == 3 and two.asked == []
        await first.stop()
        made = await second.create("", "read", None, several(4))  # and the other takes over
        assert (await ended(second, made.id)).done == 1
        assert len(two.asked) == 1
        await second.stop()

    asyncio.run(go())


def test_a_lead_is_one(tmp_path: Path) -> None:
    first, second = Lead(tmp_path / "lock"), Lead(tmp_path / "lock")
    assert first.take() and first.take() and not second.take()
    first.leave()
    assert second.take()
    second.leave()


def test_files_are_the_owners_only(tmp_path: Path) -> None:
    store = Jobs(settings(tmp_path), Answering()).store
    store.create("", "read", None, several(1))
    folders = [store.path.parent, store.folder]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700, 0o700]
    files = [*store.path.parent.glob("jobs.sqlite*"), *store.folder.iterdir()]
    assert [oct(stat.S_IMODE(f.stat().st_mode)) for f in files if f.is_file()] == ["0o600"] * 4  # with -wal and -shm


@pytest.mark.parametrize("broken", ["a file in the way", "another program's file", "no file at all"])
def test_a_disk_that_does_not_work_is_one_fixed_answer(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "state" / "jobs.sqlite"
    if broken == "a file in the way":
        (tmp_path / "state").write_text("in the way")
    else:
        (tmp_path / "state").mkdir()
        path.write_bytes(os.urandom(8192))

    async def go() -> None:
        backend = Answering()
        jobs = Jobs(settings(tmp_path), backend)
        await jobs.start()
        with pytest.raises(ServiceError) as refused:
            await jobs.create("", "read", None, several(1))
        assert (refused.value.status, refused.value.code) == (503, "jobs_unavailable")
        assert str(tmp_path) not in refused.value.message and "sqlite" not in refused.value.message.lower()
        if broken == "no file at all":  # what was in the way is gone: it works again, without a new start
            path.unlink()
            made = await jobs.create("", "read", None, several(1))
            assert (await ended(jobs, made.id)).done == 1
        await jobs.stop()

    asyncio.run(go())


def test_a_file_that_is_replaced_under_us_is_not_written_to_any_more(tmp_path: Path) -> None:
    store = Jobs(settings(tmp_path), Answering()).store
    store.create("", "read", None, several(1))
    for path in store.path.parent.glob("jobs.sqlite*"):
        if path.is_file():
            path.unlink()
    assert store.listed("", 10) == ([], False)
    assert store.path.exists()


def test_no_jobs_where_they_are_off(tmp_path: Path) -> None:
    async def go() -> None:
        jobs = Jobs(settings(tmp_path, job_hours=0), Answering())
        await jobs.start()
        with pytest.raises(ServiceError) as refused:
            await jobs.listed("")
        assert (refused.value.status, refused.value.code) == (404, "jobs_disabled")
        await jobs.stop()
        assert not (tmp_path / "state").exists()

    asyncio.run(go())


def test_names_are_made_fit_to_be_sent(tmp_path: Path) -> None:
    store = Jobs(settings(tmp_path), Answering()).store
    made = store.create("", "read", None, [Incoming("\ud800\0" + "x" * 500, png())])
    claim = store.claim()
    assert claim is not None and claim.name == "?\ufffd" + "x" * 253
    store.finish(claim, True, {"text": "\n"}, 0.1)
    assert json.loads(store.results("", made.id)[0][1])["name"] == claim.name


def test_secrets_are_masked_where_the_job_says_so_and_older_files_are_taken_over(tmp_path: Path) -> None:
    class Masking(Answering):
        masked: list[bool] = []  # noqa: RUF012

        async def run(self, task: Any, *, owner: str = "", deadline: float | None = None) -> Any:
            self.masked.append(task.mask_secrets)
            return await super().run(task, owner=owner, deadline=deadline)

    async def go() -> None:
        jobs = Jobs(settings(tmp_path), Masking())
        old = await jobs.create("", "diagnose", None, several(1))
        await jobs.stop()
        with sqlite3.connect(jobs.store.path) as made:  # as version 1 left it
            made.execute("ALTER TABLE jobs DROP COLUMN mask_secrets")
            made.execute("PRAGMA user_version = 1")
        made.close()
        new = await jobs.create("", "diagnose", None, several(2), mask_secrets=True)
        assert new.mask_secrets and not (await jobs.get("", old.id)).mask_secrets
        await jobs.start()
        await ended(jobs, old.id)
        await ended(jobs, new.id)
        assert Masking.masked == [False, True]
        await jobs.stop()

    asyncio.run(go())
