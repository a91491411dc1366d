"""Ray Serve: two replicas of the same application behind one address, on small weights."""

from __future__ import annotations

import concurrent.futures
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mmgpt.serve.ray_app import max_ongoing, split
from tests.serve.running import make_debug_weights, shot

ROOT = Path(__file__).parents[2]


def test_arguments_are_replicas_and_settings() -> None:
    replicas, settings = split(
        {
            "min_replicas": "2",
            "max_replicas": "8",
            "num_gpus": "0.25",
            "max_rows": "4",
            "media_hosts": "a.example,b.example",
        }
    )
    assert (replicas.min_replicas, replicas.max_replicas, replicas.num_gpus) == (2, 8, 0.25)
    assert (settings.max_rows, settings.device, settings.job_hours, settings.media_hosts) == (
        4,
        "cuda",
        0,
        ("a.example", "b.example"),
    )
    assert split({"num_cpus": 4})[1].threads == 4 and split({"threads": 1})[1].threads == 1
    assert max_ongoing(settings) > settings.queue + settings.max_rows
    with pytest.raises(ValueError, match="Ray Serve itself"):
        split({"port": 9000})
    with pytest.raises(ValueError, match="max_replicas is less"):
        split({"min_replicas": 3, "max_replicas": 2})
    with pytest.raises(ValueError, match="max_row"):
        split({"max_row": 3})


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of two replicas."""
    pytest.importorskip("ray", reason="needs the Python package ray: pip install 'mmgpt[scale]'")
    weights = make_debug_weights(tmp_path_factory.mktemp("ray-weights") / "debug")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("MMGPT_", "RAY_"))}
    environment |= {"RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with (
        tempfile.TemporaryDirectory(prefix="r", ignore_cleanup_errors=True) as folder,
        open(Path(folder) / "log", "wb") as log,
    ):
        process = subprocess.Popen(
            [
                sys.executable, "-m", "tests.serve.ray_running", str(port), folder, f"model={weights}", "min_replicas=2",
                "max_replicas=2", "num_cpus=1", "threads=1",
            ],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        try:
            said = process.stdout.readline()  # Ray says by itself when it cannot start
            assert said == b"ready\n", said + (Path(folder) / "log").read_bytes()[-3000:]
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.close()
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def _answered(url: str) -> dict[str, float]:
    """Diagnoses that each replica has answered, by its process' start."""
    found = {}
    for _ in range(40):
        text = httpx.get(f"{url}/metrics", trust_env=False).text
        start = re.search(r"^process_start_time_seconds (\S+)", text, re.M)
        count = re.search(
            r'^mmgpt:http_requests_total\{method="POST",route="/v1/diagnose",status="200"\} (\S+)', text, re.M
        )
        assert start is not None
        found[start[1]] = float(count[1]) if count else 0.0
    return found


@pytest.mark.slow
def test_two_replicas_share_the_requests(replicas: str) -> None:
    def ask(number: int) -> tuple[int, int | None]:
        answer = httpx.post(
            f"{replicas}/v1/diagnose", files={"image": ("a.png", shot(number))}, timeout=120, trust_env=False
        )
        return answer.status_code, answer.json().get("image", {}).get("width")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(40)))
    assert found == [(200, 320)] * 40
    counts = _answered(replicas)
    assert len(counts) == 2 and sum(counts.values()) == 40 and min(counts.values()) > 0


@pytest.mark.slow
def test_what_is_wrong_is_said_in_our_shape_through_the_proxy(replicas: str) -> None:
    answer = httpx.post(f"{replicas}/v1/diagnose", files={"image": ("a.png", b"none")}, trust_env=False)
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "invalid_image_format"
    assert answer.headers["x-request-id"]
    assert httpx.get(f"{replicas}/v1/jobs", trust_env=False).json()["error"]["code"] == "jobs_disabled"


@pytest.mark.slow
def test_answers_stream_through_the_proxy(replicas: str) -> None:
    from mmgpt.client import Client

    with Client(replicas) as client:
        parts = list(client.chat_stream("Describe it.", shot(3), max_tokens=24))
        assert len(parts) > 1 and "".join(parts) == client.chat("Describe it.", shot(3), max_tokens=24)
