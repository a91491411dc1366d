"""Rows 58, 59, 62 to 69, and deaths in the middle of work: servers of their own, on small weights."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serve.hold.asking import Asker, data_url, events_of, fine, judged, metrics_of, refused
from tests.serve.hold.killing import child_of, children, running, stopped, until
from tests.serve.hold.same import canonical
from tests.serve.running import shot
from tests.serve.servers import OTHER_KEY, command, environment, served, wait_ready

ROWS = frozenset({58, 59, *range(62, 70)})
ROOT = Path(__file__).parents[3]
CHAT = "/v1/chat/completions"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.hold,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes by /proc"),
]


def row(number: int) -> pytest.MarkDecorator:
    """The row's number as the test's id."""
    return pytest.mark.parametrize("number", [pytest.param(number, id=f"row-{number:02}")])


def talk(seed: int, tokens: int = 200) -> dict[str, Any]:
    """A conversation that goes on for a while, and is another one for each seed."""
    form = {"type": "json_schema", "json_schema": {"name": "long", "schema": {"type": "string", "minLength": 300}}}
    messages = [{"role": "user", "content": f"Number {seed}: go on."}]
    return {"messages": messages, "max_tokens": tokens, "temperature": 1.0, "seed": seed, "response_format": form}


def metric(http: httpx.Client, name: str) -> float:
    """One number of /metrics."""
    return metrics_of(http.get("/metrics").text).get(name, 0.0)


@pytest.fixture(scope="module")
def small(debug_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """Four answers side by side, caches off, short times for decoding: it is hurt and must come back."""
    folder = tmp_path_factory.mktemp("small")
    options = ("--max-rows", "4", "--decode-seconds", "1.5", "--result-cache-bytes", "0", "--picture-cache-bytes", "0")
    with served(folder, *options, model=debug_weights) as server, server.client() as http:
        yield Asker(server, http)


@row(58)
def test_too_often_and_too_many(number: int, debug_weights: Path, tmp_path: Path) -> None:
    """One key may ask eight times; the queue holds one request beside the one that is answered."""
    options = ("--requests-per-minute", "1", "--burst", "8", "--queue", "1", "--max-rows", "1")
    with served(tmp_path, *options, model=debug_weights) as server, server.client() as http:
        other = {"authorization": f"Bearer {OTHER_KEY}"}
        codes = [judged(http.get("/v1/models", headers=other)).status_code for _ in range(10)]
        assert codes == [200] * 8 + [429] * 2
        error = refused(http.get("/v1/models", headers=other), 429, "rate_limit_exceeded")
        assert error["type"] == "rate_limit_error"
        with stopped(child_of(server, "mmgpt-worker")), ThreadPoolExecutor(2) as pool:
            answers: list[Future[httpx.Response]] = []
            for seed in range(2):
                answers.append(pool.submit(http.post, CHAT, json=talk(seed, 4)))
                time.sleep(1.0)
            refused(http.post(CHAT, json=talk(2, 4)), 429, "queue_full")
            os.kill(child_of(server, "mmgpt-worker"), signal.SIGCONT)
            for answer in answers:
                fine(answer.result())
        assert http.get("/ready").status_code == 200


@row(59)
def test_while_the_model_loads(number: int, debug_weights: Path, tmp_path: Path) -> None:
    """The worker is stopped before it is ready, so that there is time to ask."""
    with served(tmp_path, model=debug_weights, ready=False) as server, server.client() as http:
        with stopped(child_of(server, "mmgpt-worker")):
            if http.get("/ready").status_code == 200:
                pytest.skip("the model was loaded too soon to be caught")
            for path, body in (
                ("/v1/read", {"image_url": data_url(shot(1, 160, 64))}),
                (CHAT, talk(1)),
                ("/v1/query", {"image_url": data_url(shot(1, 160, 64)), "question": "?"}),
            ):
                response = http.post(path, json=body)
                assert refused(response, 503, response.json()["error"]["code"])["type"] == "unavailable_error"
            refused(http.get("/v1/models"), 503, "unavailable_error")
            ready = http.get("/ready")
            assert ready.status_code == 503 and int(ready.headers["retry-after"]) >= 1
            assert http.get("/live").status_code == http.get("/health").status_code == 200
        wait_ready(server)
        Asker(server, http).good()


@row(62)
def test_a_stream_in_which_the_worker_dies(number: int, small: Asker) -> None:
    """Status 200 stays; the last event is the error, and there is no [DONE]."""
    worker = child_of(small.server, "mmgpt-worker")
    with small.http.stream("POST", CHAT, json={**talk(62), "stream": True}) as response:
        lines = response.iter_text()
        text = next(lines)
        with stopped(worker):
            os.kill(worker, signal.SIGKILL)
        text += "".join(lines)
    events = events_of(text)
    assert response.status_code == 200 and "[DONE]" not in events
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert events[-1]["error"]["code"] == "worker_lost" and set(events[-1]["error"]) == {
        "message",
        "type",
        "param",
        "code",
    }
    wait_ready(small.server)
    small.good()


@row(63)
def test_numbers_that_are_none(number: int, debug_weights: Path, tmp_path: Path) -> None:
    """Choice: the answer ends with 500, is counted, and the process goes on: each row is checked for itself, nothing is left of it."""
    weights = shutil.copytree(debug_weights, tmp_path / "weights")
    spoil(weights)
    with served(tmp_path / "run", model=weights) as server, server.client() as http:
        worker = child_of(server, "mmgpt-worker")
        for count in (1, 2):
            refused(http.post(CHAT, json=talk(1, 4)), 500, "model_error")
            assert metric(http, "nan_rows_total") == count
        Asker(server, http).good()
        assert child_of(server, "mmgpt-worker") == worker


def spoil(folder: Path) -> None:
    """Makes the decoder say numbers that are none."""
    import torch
    from safetensors.torch import load_file, save_file

    from mmgpt.checkpoint import seal

    path, name = folder / "decoder.safetensors", "model.decoder.norm.weight"
    tensors = load_file(path)
    tensors[name] = torch.full_like(tensors[name], 3e38)  # finite, else it is not loaded; what comes of it is not
    save_file(tensors, path)
    seal(folder)


@row(64)
def test_a_decoder_that_dies_or_hangs(number: int, small: Asker) -> None:
    """The picture's fault: 400, and the next one is decoded. Who waits for other things is not touched."""
    for how in ("dies", "hangs"):
        pid = child_of(small.server, "mmgpt-decode")
        with ThreadPoolExecutor(2) as pool, stopped(pid):
            start = time.monotonic()
            lost = pool.submit(small.http.post, "/v1/read", files={"image": shot(64)})
            fine(small.chat())
            time.sleep(0.3)
            if how == "dies":
                os.kill(pid, signal.SIGKILL)
            refused(lost.result(), 400, "image_decode_failed", "image")
            assert time.monotonic() - start < 30
        small.good()
        assert child_of(small.server, "mmgpt-decode", other_than=pid)


@row(65)
def test_a_model_that_dies_again_and_again(number: int, debug_weights: Path, tmp_path: Path) -> None:
    """After five deaths the server says that it is not sound, and ends with a code that has it started again."""
    with served(tmp_path, model=debug_weights) as server, server.client() as http:
        last, sick = 0, []
        for _ in range(5):
            last = child_of(server, "mmgpt-worker", other_than=last)
            os.kill(last, signal.SIGKILL)
        end = time.monotonic() + 30
        while server.process.poll() is None and time.monotonic() < end:
            try:
                sick.append(http.get("/health"))
            except httpx.TransportError:
                break
        assert server.process.wait(30) == 1
        text = server.text()
    assert not [answer for answer in sick if answer.status_code not in (200, 503)]
    for answer in sick:
        if answer.status_code == 503:
            refused(answer, 503, "unavailable_error")
    assert "the worker died 5 times" in text.splitlines()[-1] and text.splitlines()[-1].startswith("mmgpt: ")


@row(66)
def test_streams_at_sigterm(number: int, debug_weights: Path, tmp_path: Path) -> None:
    """Three are open: all end as they would have. From the signal on the server is not ready, and what is new is refused."""
    texts: list[str] = []
    with served(tmp_path, model=debug_weights) as server, server.client() as http:
        alone = [events_of(http.post(CHAT, json={**talk(seed), "stream": True}).text) for seed in range(3)]
        begun = threading.Semaphore(0)

        def stream(seed: int) -> None:
            with http.stream("POST", CHAT, json={**talk(seed), "stream": True}) as response:
                lines = response.iter_text()
                first = next(lines)
                begun.release()
                texts.append(first + "".join(lines))

        worker = child_of(server, "mmgpt-worker")
        threads = [threading.Thread(target=stream, args=(seed,)) for seed in range(3)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert begun.acquire(timeout=30)
        with stopped(worker):
            server.process.send_signal(signal.SIGTERM)
            with httpx.Client(base_url=server.url, headers=server.headers, trust_env=False) as late:
                until(lambda: late.get("/ready").status_code == 503, "it is still ready", 5)
                assert late.get("/live").status_code == 200
                refused(late.post(CHAT, json=talk(9)), 503, "unavailable_error")
        assert server.process.wait(40) == 0, server.text()
        for thread in threads:
            thread.join(10)
    assert len(texts) == 3

    def spoken(events: list[Any]) -> str:
        assert events[-1] == "[DONE]"
        return "".join(choice["delta"].get("content") or "" for event in events[:-1] for choice in event["choices"])

    assert sorted(spoken(events_of(text)) for text in texts) == sorted(map(spoken, alone))


@row(67)
def test_no_place_for_files(number: int, debug_weights: Path, tmp_path: Path) -> None:
    """It answers all the same; what cannot be kept is warned of once, and refused when it is asked for."""
    nowhere = {
        "HOME": "/nonexistent",
        "TMPDIR": "/nonexistent",
        "XDG_STATE_HOME": "/proc/a",
        "XDG_CACHE_HOME": "/proc/b",
    }
    options = ("--jobs", "/proc/nowhere/jobs.sqlite", "--corrections", "/proc/nowhere/corrections.sqlite")
    with served(tmp_path, *options, model=debug_weights, more=nowhere) as server, server.client() as http:
        asker = Asker(server, http)
        asker.good()
        fine(asker.chat())
        kept = judged(http.get("/v1/corrections"))
        assert kept.status_code in (200, 503)  # an empty list, or that there is no store
        warnings = [
            line for line in server.text().splitlines() if '"level": "warning"' in line and "jobs" in line.lower()
        ]
        assert len(warnings) == 1, warnings
        refused(http.post("/v1/jobs", files={"image": shot(2, 160, 64)}), 503, "jobs_unavailable")
        asker.good()


@row(68)
def test_addresses_to_listen_on(number: int, small: Asker, debug_weights: Path, tmp_path: Path) -> None:
    port = str(small.server.port)
    for options, word in (
        (("--port", port), "in use"),
        (("--host", "192.0.2.1", "--port", "0"), "--host"),
        (("--port", "99999"), "--port"),
        (("--uds", str(tmp_path)), ""),
    ):
        done = subprocess.run(
            command("--model", str(debug_weights), *options), capture_output=True, env=environment(tmp_path), cwd=ROOT, timeout=60
        )  # fmt: skip
        said = done.stderr.decode()
        assert done.returncode == 2 and word in said and "Traceback" not in said and len(said.splitlines()) == 1, said
    small.good()
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return
    with served(tmp_path / "six", "--host", "::1", model=debug_weights, ready=False) as server:
        assert server.url.startswith("http://[::1]:")
        assert httpx.get(server.url + "/live", trust_env=False).status_code == 200


@row(69)
@pytest.mark.parametrize("damage", ["cut", "changed", "pickled", "gone"])
def test_damaged_weights(number: int, damage: str, debug_weights: Path, tmp_path: Path) -> None:
    """Named in the last line; exit code 1. Nothing is ever unpickled."""
    weights = shutil.copytree(debug_weights, tmp_path / "weights")
    file, mark = weights / "reader.safetensors", tmp_path / "unpickled"
    data = file.read_bytes()
    evil = b"cposix\nsystem\n(S'touch " + str(mark).encode() + b"'\ntR."
    changed = {"cut": data[: len(data) // 2], "changed": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], "pickled": evil}
    if damage == "gone":
        file.unlink()
        (weights / "reader.bin").write_bytes(evil)
    else:
        file.write_bytes(changed[damage])
    with served(tmp_path / "run", model=weights, keys=False, ready=False) as server:
        assert server.process.wait(60) == 1
        last = server.text().splitlines()[-1]
    assert last.startswith("mmgpt: serve: ") and "reader" in last, last
    assert "Traceback" not in server.text() and not mark.exists()


def test_a_worker_killed_in_the_middle_of_sixteen(small: Asker) -> None:
    """Those that it had are told to come again; those that waited are answered as if nothing had been."""
    alone = [canonical(fine(small.http.post(CHAT, json=talk(seed)))) for seed in range(16)]
    worker = child_of(small.server, "mmgpt-worker")
    with ThreadPoolExecutor(16) as pool:
        answers = [pool.submit(small.http.post, CHAT, json=talk(seed)) for seed in range(16)]
        until(lambda: metric(small.http, "num_requests_waiting") > 5, "nobody waits")
        with stopped(worker):
            time.sleep(0.3)  # what it has said is heard
            had = metric(small.http, "num_requests_running")
            over = sum(answer.done() for answer in answers)
            os.kill(worker, signal.SIGKILL)
        responses = [judged(answer.result()) for answer in answers]
    lost = [response for response in responses if response.status_code != 200]
    assert 1 <= len(lost) == had <= 4, (len(lost), had, over)
    for response in lost:
        assert refused(response, 503, "worker_lost")["type"] == "unavailable_error"
    assert [canonical(r.json()) for r in responses if r.status_code == 200] == [
        alone[seed] for seed, r in enumerate(responses) if r.status_code == 200
    ]
    wait_ready(small.server)
    again = [
        canonical(fine(small.http.post(CHAT, json=talk(s)))) for s, r in enumerate(responses) if r.status_code != 200
    ]
    assert again == [alone[seed] for seed, r in enumerate(responses) if r.status_code != 200]
    assert metric(small.http, "worker_restarts_total") >= 1
    small.good()


def test_a_job_goes_on_where_a_killed_server_left_it(debug_weights: Path, tmp_path: Path) -> None:
    """SIGKILL of the whole server: its children end, too, and the next server finishes the job, each picture once."""
    files = [("image", (f"{n}.png", shot(6600 + n))) for n in range(24)]
    with served(tmp_path, model=debug_weights) as server, server.client() as http:
        alone = [canonical(fine(http.post("/v1/diagnose", files=[file]))) for file in files[:3] + files[-3:]]
    with served(tmp_path, model=debug_weights) as server, server.client() as http:
        made = http.post("/v1/jobs", files=files, data={"task": "diagnose"})
        assert made.status_code == 202
        url = f"/v1/jobs/{made.json()['id']}"
        until(lambda: http.get(url).json()["done"] >= 2, "the job does not begin")
        pids = children(server.pid)
        server.process.kill()
        server.process.wait(10)
        assert len(pids) >= 2
        until(lambda: not any(map(running, pids)), "its children live on", 10)
    with served(tmp_path, model=debug_weights) as server, server.client() as http:
        assert http.get(url).json()["total"] == 24
        until(lambda: http.get(url).json()["status"] == "completed", "the job does not end", 60)
        lines = [json.loads(line) for line in judged(http.get(f"{url}/results")).text.splitlines()]
    assert [line["index"] for line in lines] == list(range(24)) and not [line for line in lines if "error" in line]
    results = [canonical(line["result"]) for line in lines[:3] + lines[-3:]]
    assert [{**result, **{"path": None}} for result in results] == [{**result, **{"path": None}} for result in alone]


def test_the_server_that_was_hurt_still_answers(small: Asker) -> None:
    """The server of this module outlives all that was done to it."""
    assert small.server.process.poll() is None
    small.good()
