"""A job over HTTP against a real server that is killed in the middle and started again."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from tests.serve.running import make_debug_weights, shot
from tests.serve.servers import OTHER_KEY, Server, served


def _finished(server: Server, name: str) -> int:
    with server.client() as http:
        return int(http.get(f"/v1/jobs/{name}").json()["done"])


@pytest.mark.slow
def test_a_job_goes_on_after_sigkill_and_stays_its_owners(tmp_path: Path) -> None:
    weights = make_debug_weights(tmp_path / "weights")
    files = [("image", (f"{number}.png", shot(number))) for number in range(12)]
    with served(tmp_path / "server", model=weights) as server, server.client() as http:
        wrong = http.post("/v1/jobs", data={"task": "paint"}, files=files[:1])
        assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "task")
        none = http.post("/v1/jobs", json={"image_urls": []})
        assert (none.status_code, none.json()["error"]["code"]) == (400, "missing_required_parameter")
        far = http.post("/v1/jobs", json={"image_urls": ["data:image/png;base64,AAAA", "http://127.0.0.1:1/a.png"]})
        assert far.json()["error"]["code"] == "remote_images_disabled"
        assert far.json()["error"]["param"] == "image_urls.1"
        assert http.post("/v1/jobs", content=b"x", headers={"content-type": "text/plain"}).status_code == 415
        made = http.post("/v1/jobs", data={"task": "read"}, files=files)
        assert made.status_code == 202 and made.json()["total"] == 12
        name = made.json()["id"]
        until = time.monotonic() + 60
        while (before := _finished(server, name)) < 2:
            assert time.monotonic() < until
        server.stop(signal.SIGKILL)
    with served(tmp_path / "server", model=weights) as server, server.client() as http:
        assert _finished(server, name) >= before
        while (job := http.get(f"/v1/jobs/{name}").json())["status"] != "completed":
            assert time.monotonic() < until + 120
            time.sleep(0.1)
        assert (job["done"], job["failed"], job["seconds_left"]) == (12, 0, 0.0)
        answer = http.get(f"/v1/jobs/{name}/results")
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert [line["index"] for line in lines] == list(range(12))
        assert (
            lines[5]["result"]["schema"] == "mmgpt.reading/1"
            and lines[5]["result"]["image"]["sha256"] == lines[5]["sha256"]
        )
        assert [item["id"] for item in http.get("/v1/jobs").json()["data"]] == [name]
        other = {"authorization": f"Bearer {OTHER_KEY}"}
        assert http.get(f"/v1/jobs/{name}", headers=other).status_code == 404
        assert http.get("/v1/jobs", headers=other).json()["data"] == []
        assert http.get("/v1/jobs", params={"limit": 0}).status_code == 400
        assert http.delete(f"/v1/jobs/{name}").json() == {"id": name, "object": "job", "deleted": True}
        assert http.get(f"/v1/jobs/{name}/results").status_code == 404
