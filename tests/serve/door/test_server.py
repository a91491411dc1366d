"""`mmgpt serve` itself, in processes of their own, on small weights."""

from __future__ import annotations

import json
import re
import shutil
import signal
import stat
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.serve.door.test_pictures import URL
from tests.serve.running import shot
from tests.serve.servers import KEY, OTHER_KEY, Server, served

ASKED = {"messages": [{"role": "user", "content": "Say something."}], "max_tokens": 64, "stream": True}


def test_it_answers_those_with_a_key(server: Server) -> None:
    with server.client() as client:
        files = {"image": ("../../x.png", shot(1), "image/png")}
        assert client.post("/v1/read", files=files).status_code == 200
        assert client.get("/metrics").text.count("mmgpt:image_decode_seconds_count 1.0") <= 1
    for key in ("", KEY[:-1], OTHER_KEY + "x"):
        answer = httpx.get(
            server.url + "/v1/models", headers={"authorization": f"Bearer {key}".strip()}, trust_env=False
        )
        assert answer.status_code == 401


def test_the_log_holds_no_secret_and_no_forged_line(server: Server) -> None:
    forged = b'\\n{"level": "critical"}\\r\\n\x1b[31m'.decode("unicode_escape")
    with server.client() as client:
        client.post(f"/v1/read?token=query-secret&x={'%0a'}%1b", json={"image_url": URL, "question": forged})
        asked = {"model": forged, "user": forged, "messages": [{"role": "user", "content": "text-secret"}]}
        client.post("/v1/chat/completions", json=asked)
        client.get("/%0aforged", headers={"user-agent": "agent-secret", "x-request-id": "good-id-1"})
    time.sleep(0.3)
    text = server.text()
    assert "good-id-1" in text
    for secret in (KEY, OTHER_KEY, "query-secret", "text-secret", "agent-secret", URL[30:60], "\x1b", "critical"):
        assert secret not in text
    for line in text.splitlines():
        assert line.startswith("mmgpt: ") or isinstance(json.loads(line), dict)


def test_the_front_holds_no_model(server: Server) -> None:
    maps = Path(f"/proc/{server.pid}/maps")
    if not maps.exists():
        pytest.skip("needs /proc")
    assert "libtorch" not in maps.read_text()


@pytest.mark.slow
def test_streams_that_are_open_at_sigterm_are_finished(debug_weights: Path, tmp_path: Path) -> None:
    found: list[str] = []

    def stream(url: str) -> None:
        with httpx.stream("POST", url + "/v1/chat/completions", json=ASKED, timeout=60, trust_env=False) as answer:
            started.release()
            found.append("".join(answer.iter_text()))

    started = threading.Semaphore(0)
    with served(tmp_path, model=debug_weights, keys=False) as server:
        threads = [threading.Thread(target=stream, args=(server.url,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert started.acquire(timeout=30)
        code = server.stop()
        for thread in threads:
            thread.join(10)
        assert code == 0, server.text()
    assert len(found) == 3 and all(text.endswith("data: [DONE]\n\n") for text in found)


@pytest.mark.slow
def test_ctrl_c_and_a_unix_socket(debug_weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with served(tmp_path, "--uds", str(path), model=debug_weights, keys=False, ready=False) as server:
        assert stat.S_ISSOCK(path.stat().st_mode)
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://localhost") as client:
            assert client.get("/live").status_code == 200
            waiting = client.post("/v1/read", json={"image_url": URL})  # the model may be loading still
            assert waiting.status_code == 200 or int(waiting.headers["retry-after"]) >= 1
        assert server.stop(signal.SIGINT) == 130
        assert "Traceback" not in server.text() and not path.exists()


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_broken_weights_are_named_and_end_the_server(debug_weights: Path, tmp_path: Path, damage: str) -> None:
    weights = tmp_path / "weights"
    shutil.copytree(debug_weights, weights)
    file = weights / "reader.safetensors"
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2] if damage == "cut" else data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    with served(tmp_path / "run", model=weights, keys=False, ready=False) as server:
        assert server.process.wait(60) == 1
        last = server.text().splitlines()[-1]
    assert last.startswith("mmgpt: serve: ") and "reader.safetensors" in last
    assert not re.search(r"^Traceback", server.text(), re.M)


@pytest.mark.slow
def test_no_home_and_no_place_for_files(debug_weights: Path, tmp_path: Path) -> None:
    nowhere = {
        "HOME": "/nonexistent",
        "TMPDIR": "/nonexistent",
        "XDG_STATE_HOME": "/proc/nowhere",
        "XDG_CACHE_HOME": "/proc/nowhere",
    }
    with (
        served(tmp_path, "--jobs", "/proc/nowhere/jobs.sqlite", model=debug_weights, more=nowhere) as server,
        server.client() as client,
    ):
        assert client.post("/v1/read", files={"image": shot(2)}).status_code == 200
        answer = client.post("/v1/jobs", files={"image": shot(2)})
        assert answer.status_code == 503 and answer.json()["error"]["code"] == "jobs_unavailable"
