"""The clients against a real server: what comes back is the schema's, what goes wrong is typed."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import numpy as np
import pytest
from PIL import Image

from mmgpt.client import ApiConnectionError, ApiError, AsyncClient, Client, picture_part
from mmgpt.client.waiting import Retries, retry_after
from mmgpt.schema import Diagnosis, Reading
from tests.serve.running import shot
from tests.serve.servers import KEY, OTHER_KEY, Server


@pytest.fixture()
def client(api: Server) -> Any:
    with Client(api.url, api.key) as made:
        yield made


def test_importing_it_loads_no_torch_and_no_httpx() -> None:
    code = "import sys, mmgpt.client; from mmgpt.client import Client; print(*sorted({'torch', 'fastapi'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    code = "import sys; sys.modules['httpx'] = None; import mmgpt.client; from mmgpt.client import Client"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'mmgpt[client]'" in done.stderr


def test_one_picture_every_way(client: Client, pictures: Path) -> None:
    path = pictures / "1.png"
    array = np.asarray(Image.open(path).convert("RGB"))
    sources: list[Any] = [path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes()), Image.open(path), array]
    found = [client.read(source) for source in sources]
    assert all(isinstance(item, Reading) and item.text for item in found)
    assert len({tuple(line.text for line in item.text) for item in found}) == 1
    with pytest.raises(TypeError, match="uint8 array"):
        client.read(17)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        client.read("nowhere.png")


def test_every_task(client: Client) -> None:
    picture = shot(2)
    found = client.diagnose(picture, "What does it say?", context={"app": "curl"})
    assert isinstance(found, Diagnosis) and found.question == "What does it say?"
    assert client.diagnose(picture, context="a terminal", mask_secrets=True).image.width == 320
    assert client.caption(picture).caption
    answer = client.query(picture, "Which program is it?")
    assert answer.model and (answer.text or answer.warnings)
    redacted = client.redact(picture, kinds=["token", "email"])
    assert Image.open(io.BytesIO(redacted.png)).size == (320, 160) and redacted.report["covered"] == []
    kept = client.correct(found, {"app": "Thunar", "is_error": True, "category": "permission"}, scope="picture")
    assert kept["correction"]
    assert client.diagnose(picture).app == "Thunar"
    assert client.models()[0]["object"] == "model"


def test_streams_join_to_the_whole_answer(client: Client) -> None:
    picture = shot(3)
    parts = list(client.chat_stream("Describe it.", picture, max_tokens=24))
    assert len(parts) > 1 and "".join(parts) == client.chat("Describe it.", picture, max_tokens=24)
    messages = [{"role": "user", "content": [picture_part(picture), {"type": "text", "text": "Describe it."}]}]
    assert client.chat(messages, max_tokens=24) == "".join(parts)
    assert "".join(client.query_stream(picture, "Describe the picture.")).strip()
    half = client.chat_stream("Describe it.", picture, max_tokens=200)
    next(half)
    half.close()  # type: ignore[attr-defined]
    assert client.read(picture).text


def test_refusals_are_typed(client: Client, api: Server) -> None:
    with pytest.raises(ApiError) as refused:
        client.diagnose(b"<html>")
    error = refused.value
    assert (error.status, error.code, error.param) == (400, "invalid_image_format", "image")
    assert error.request_id and error.message and str(error).startswith("400 invalid_image_format (image): ")
    with Client(api.url, "wrong-key-wrong-key") as stranger, pytest.raises(ApiError) as refused:
        stranger.read(shot())
    assert (refused.value.status, refused.value.code) == (401, "invalid_api_key")
    with Client("http://127.0.0.1:9", retries=0) as nobody, pytest.raises(ApiConnectionError) as lost:
        nobody.read(shot())
    assert lost.value.code == "connection_failed" and "mmgpt serve" in str(lost.value)
    with pytest.raises(ValueError, match="no address"):
        Client("localhost:8000")
    with pytest.raises(ValueError, match="key has blanks"):
        Client(api.url, "a key")


def test_a_job_from_handing_in_to_its_results(
    client: Client, api: Server, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmgpt.client.sending.BATCH_PICTURES", 2)  # so that it takes several requests
    made = client.submit(sorted(pictures.iterdir()), task="read")
    assert (made.total, made.open) == (4, False)
    over = client.wait(made, timeout=30, poll=0.1)
    assert (over.status, over.done, over.failed) == ("completed", 3, 1)
    found = list(client.results(over))
    assert [item.index for item in found] == [0, 1, 2, 3] and [item.name for item in found][3] == "broken.png"
    assert isinstance(found[0].result, Reading) and found[0].result.text == client.read(pictures / "0.png").text
    assert found[3].error is not None and found[3].error.code == "invalid_image_format"
    assert client.jobs()[0].id == made.id
    with Client(api.url, OTHER_KEY) as other, pytest.raises(ApiError) as refused:
        other.job(made)
    assert (refused.value.status, refused.value.code) == (404, "job_not_found")
    assert client.cancel(made).status == "completed"
    client.delete(made)
    with pytest.raises(ApiError):
        client.job(made.id)
    with pytest.raises(ValueError, match="at least one"):
        client.submit([])


def test_the_asynchronous_client_says_the_same(client: Client, api: Server, pictures: Path) -> None:
    async def go() -> None:
        async with AsyncClient(api.url, api.key) as other:
            found = await asyncio.gather(*(other.read(pictures / f"{n}.png") for n in range(3)))
            assert [item.text for item in found] == [client.read(pictures / f"{n}.png").text for n in range(3)]
            assert (await other.diagnose(shot(4), "Why?")).question == "Why?"
            assert (await other.redact(shot(4))).png.startswith(b"\x89PNG")
            parts = [part async for part in other.chat_stream("Describe it.", shot(5), max_tokens=24)]
            assert "".join(parts) == await other.chat("Describe it.", shot(5), max_tokens=24)
            job = await other.submit([shot(6), b"none"], task="caption")
            over = await other.wait(job, timeout=30, poll=0.1)
            results = [item async for item in other.results(over)]
            assert isinstance(results[0].result, Diagnosis) and results[1].error is not None
            assert (await other.jobs())[0].id == job.id
            await other.delete(job)
            with pytest.raises(ApiError):
                await other.read(b"")

    asyncio.run(go())


class _Busy(BaseHTTPRequestHandler):
    """Answers what stands in `script`: a status and its Retry-After."""

    script: ClassVar[list[tuple[int, str]]] = []
    seen = 0

    def do_GET(self) -> None:
        type(self).seen += 1
        status, wait = self.script.pop(0)
        body = b'{"data": []}' if status == 200 else b'{"error": {"code": "queue_full", "message": "full\\u001b[31m"}}'
        self.send_response(status)
        if wait:
            self.send_header("retry-after", wait)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Nothing."""


def test_a_busy_server_is_asked_again_and_not_for_ever() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Busy)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        with Client(f"http://127.0.0.1:{server.server_port}/v1/", retries=2) as client:
            _Busy.script, _Busy.seen = [(429, "0.05"), (503, "0.05"), (200, "")], 0
            assert client.models() == [] and _Busy.seen == 3
            _Busy.script, _Busy.seen = [(429, "0.05")] * 9, 0
            with pytest.raises(ApiError) as refused:
                client.models()
            assert _Busy.seen == 3 and refused.value.code == "queue_full" and refused.value.message == "full [31m"
            _Busy.script, _Busy.seen = [(429, "3600")], 0  # nobody waits an hour without being told
            with pytest.raises(ApiError) as refused:
                client.models()
            assert _Busy.seen == 1 and refused.value.retry_after == 3600
            _Busy.script, _Busy.seen = [(500, "")], 0
            with pytest.raises(ApiError):
                client.models()
            assert _Busy.seen == 1
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_waits_are_bounded() -> None:
    busy = ApiError(503, "unavailable_error", "")
    pauses = [Retries(6, 4.0).pause(busy, tried) for tried in range(1, 8)]
    assert pauses[6] is None and all(pause is not None and 0 < pause <= 5 for pause in pauses[:6])
    assert Retries().pause(ApiError(400, "invalid_image", ""), 1) is None
    assert (
        retry_after("1.5") == 1.5
        and retry_after("-3") == 0
        and retry_after("soon") is None
        and retry_after(None) is None
    )
    date = retry_after("Fri, 31 Dec 2100 23:59:59 GMT")
    assert date is not None and date > 1e8


def test_an_error_in_a_stream_is_raised() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        body = b'data: {"choices":[{"delta":{"content":"a\\u2028b"}}]}\r\n\r\n: ping\n\n'
        body += b'data: {"error":{"code":"server_error","message":"x"}}\n\n'
        return httpx.Response(200, content=body)

    with Client("http://mmgpt", transport=httpx.MockTransport(answer)) as client:
        parts = client.chat_stream("?")
        assert next(parts) == "a\u2028b"
        with pytest.raises(ApiError) as refused:
            next(parts)
        assert refused.value.code == "server_error"


def test_a_key_goes_unencrypted_to_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MMGPT_INSECURE", raising=False)
    monkeypatch.delenv("MMGPT_API_KEY", raising=False)
    for kind in (Client, AsyncClient):
        for url in ("http://desk.example:8000", "http://10.0.0.7/v1", "http://127.0.0.1.desk.example"):
            with pytest.raises(ValueError, match="unencrypted"):
                kind(url, KEY)
            kind(url)
        for url in ("https://desk.example", "http://127.0.0.1:1", "http://localhost:1/v1", "http://[::1]:1"):
            kind(url, KEY)
        kind("http://desk", KEY, uds="/run/mmgpt.sock")  # nobody reads along there
        with monkeypatch.context() as allowed:
            allowed.setenv("MMGPT_INSECURE", "1")
            kind("http://desk.example:8000", KEY)
