"""The named endpoints, over a real process: what they answer, what they refuse, and that nobody gets another's answer."""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("gradio")
httpx = pytest.importorskip("httpx")

from gradio_client import Client, handle_file  # noqa: E402

from mmgpt.schema import Diagnosis, Reading  # noqa: E402
from tests.ui.serving import ROOT, Served  # noqa: E402

pytestmark = pytest.mark.slow
SHOT = ROOT / "examples" / "site-cannot-be-reached.png"


@pytest.fixture(scope="module")
def client(served: Served) -> Client:
    return Client(served.url, verbose=False, analytics_enabled=False)


def test_a_screenshot_is_diagnosed_read_asked_and_looked_at(client: Client, served: Served) -> None:
    found = Diagnosis.model_validate(client.predict(handle_file(SHOT), "", api_name="/diagnose"))
    assert found.error_code == "ERR_NAME_NOT_RESOLVED" and found.app == "Chromium"
    reading = Reading.model_validate(client.predict(handle_file(SHOT), api_name="/read"))
    assert any("can’t be reached" in line.text for line in reading.text)
    assert "reports.invalid" in client.predict(handle_file(SHOT), "Which host is it?", api_name="/ask")
    heat = client.predict(handle_file(SHOT), "", "message", api_name="/heat")
    assert "".join(heat["tokens"]) == heat["answer"]
    assert all(sum(row) == pytest.approx(1, abs=1e-3) for row in heat["weights"])
    clean, report = client.predict(handle_file(SHOT), api_name="/redact")
    assert Path(clean).read_bytes().startswith(b"\x89PNG") and report["left"] == []
    status = client.predict(api_name="/status")
    assert status["state"] == "ready" and status["limits"]["pictures"] == 10


def test_an_answer_comes_bit_by_bit(client: Client) -> None:
    job = client.submit(handle_file(SHOT), "Describe the picture.", api_name="/ask")
    texts = [text for text in job if text]
    assert len(texts) > 2 and all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))


def test_uploads_are_deleted_when_they_are_read(client: Client, served: Served) -> None:
    client.predict(handle_file(SHOT), "", api_name="/diagnose")
    assert not list(served.files.rglob(SHOT.name))
    assert served.files.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"not a picture at all", "picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "read"),
        (b"\x89PNG\r\n\x1a\n", ""),
    ],
)
def test_what_is_no_picture_is_told_in_our_words(client: Client, tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "shot.png"
    path.write_bytes(data)
    with pytest.raises(Exception) as error:
        client.predict(handle_file(path), "", api_name="/diagnose")
    text = str(error.value)
    assert said in text and "Traceback" not in text and "/tmp" not in text and "0x" not in text


def test_an_unknown_field_is_told(client: Client) -> None:
    with pytest.raises(Exception, match="must be one of"):
        client.predict(handle_file(SHOT), "", "colour", api_name="/heat")


def test_eight_at_once_each_get_their_own(served: Served) -> None:
    names = [
        "docker-no-daemon", "django-404", "gedit-no-permission", "go-unused-import", "make-no-rule", "apache-503",
        "git-remote-exists", "cp-disk-full",
    ]  # fmt: skip
    paths = [ROOT / "tests" / "data" / "real" / "dev" / f"{name}.png" for name in names]

    def one(path: Path) -> tuple[str, str]:
        own = Client(served.url, verbose=False, analytics_enabled=False)
        found = own.predict(handle_file(path), "", api_name="/diagnose")
        text = own.predict(handle_file(path), "What does the message say?", api_name="/ask")
        return found["image"]["sha256"] + "|" + str(found["message"]), text

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(one, paths))
    alone = [one(path) for path in paths[:3]]
    assert len({first for first, _ in together}) == 8
    assert together[:3] == alone


# -- what must not be possible -------------------------------------------------------------------------------------------------


class _Hits(BaseHTTPRequestHandler):
    count = 0

    def do_GET(self) -> None:
        type(self).count += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


def _call(url: str, name: str, data: list[Any]) -> str:
    event = httpx.post(f"{url}/gradio_api/call/{name}", json={"data": data}, timeout=20)
    if event.status_code != 200:
        return event.text
    return httpx.get(f"{url}/gradio_api/call/{name}/{event.json()['event_id']}", timeout=30).text


def test_no_address_is_fetched_and_no_file_read_for_anybody(served: Served) -> None:
    listener = HTTPServer(("127.0.0.1", 0), _Hits)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{listener.server_port}/x.png"
        assert httpx.get(address).status_code == 200 and _Hits.count == 1  # the listener counts
        for where in (address, "file:///etc/passwd", "/etc/passwd", "http://169.254.169.254/x.png"):
            for value in ({"path": where}, {"path": where, "url": where, "meta": {"_type": "gradio.FileData"}}):
                answer = _call(served.url, "diagnose", [{**value, "meta": {"_type": "gradio.FileData"}}, ""])
                assert "root:" not in answer and "mmgpt.diagnosis" not in answer
            found = httpx.get(f"{served.url}/gradio_api/file={where}")
            assert found.status_code >= 400, where
        assert _Hits.count == 1
    finally:
        listener.shutdown()
        listener.server_close()


def test_the_page_lets_nothing_out_and_the_api_stays(served: Served) -> None:
    page = httpx.get(served.url)
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "connect-src 'self'" in policy and "http" not in policy
    assert "no-referrer" in page.headers["referrer-policy"]
    for path, status in (("/v1/nothing", 404), ("/v1/diagnose", 405), ("/ready", 200)):
        answer = httpx.get(served.url + path)
        assert answer.status_code == status
        assert path == "/ready" or set(answer.json()) == {"error"}
    assert httpx.get(served.url, headers={"origin": "https://evil.invalid", "host": "evil.invalid"}).status_code == 403
    config = json.dumps(httpx.get(f"{served.url}/config").json())
    assert str(served.files) not in config and '"analytics_enabled": false' in config


def test_the_folder_of_files_is_not_listed_and_ranges_are_quick(served: Served) -> None:
    ranges = ",".join(f"{i}-{i + 1}" for i in range(0, 20_000, 2))
    start = time.monotonic()
    answer = httpx.get(f"{served.url}/favicon.ico", headers={"range": f"bytes={ranges}"})
    assert answer.status_code < 500 and time.monotonic() - start < 2


def test_the_server_ends_at_once_though_a_page_is_open(tmp_path: Path) -> None:
    from tests.serve.running import make_debug_weights
    from tests.ui.serving import page

    with (
        page(tmp_path, "--model", str(make_debug_weights(tmp_path / "debug"))) as running,
        httpx.stream("GET", f"{running.url}/gradio_api/heartbeat/abcdef", timeout=30) as response,
    ):
        texts = response.iter_text()
        assert next(texts).startswith("data: ALIVE")
        begin = time.monotonic()
        os.kill(running.pid, signal.SIGTERM)
        assert not [text for text in texts if "ALIVE" not in text]
        assert time.monotonic() - begin < 2.5
