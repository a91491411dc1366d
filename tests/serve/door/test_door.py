"""Requests at the door, over real sockets, in front of a backend without a model."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from starlette.responses import StreamingResponse

from mmgpt.serve import wire
from mmgpt.serve.app import create_app
from mmgpt.serve.door.gone import until_gone
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.routes.events import EventStream
from mmgpt.serve.settings import Settings
from tests.serve.door.host import Hosted, Modelless, hosted
from tests.serve.door.test_pictures import PNG, URL
from vision.image import LoadedImage

KEY = "0123456789abcdef0123456789abcdef"
BEARER = {"authorization": f"Bearer {KEY}"}
LEAK = re.compile(r"0x[0-9a-f]{6,}|object at|Traceback|/home|site-packages|\.py\b")


def key_file(folder: Path) -> Path:
    path = folder / "keys"
    path.write_text(f"desk:{KEY}\n{KEY[::-1]}\n")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    folder = tmp_path_factory.mktemp("guarded")
    with hosted(
        folder, api_key_file=key_file(folder), max_body_bytes=2**20, cors_origins=("https://desk.example",)
    ) as host:
        yield host


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """Without keys, with routes that fail or take their time."""
    folder = tmp_path_factory.mktemp("free")
    backend: Any = Modelless()
    app = create_app(Settings(jobs=folder / "jobs.sqlite"), backend)

    @app.get("/v1/broken")
    async def broken() -> None:
        raise RuntimeError(f"secret {object()!r} in /home/x.py")

    @app.get("/v1/breaks")
    async def breaks() -> StreamingResponse:
        async def chunks() -> Any:
            yield b"first"
            raise RuntimeError("later")

        return StreamingResponse(chunks())

    @app.get("/v1/item/{number}")
    async def item(number: int, size: int = 1) -> dict[str, int]:
        return {"number": number, "size": size}

    @app.post("/v1/slow")
    async def slow(request: Request) -> dict[str, Any]:
        backend.seconds = 30
        await request.body()
        return await until_gone(request, backend.run(None))

    with hosted(folder, backend, app) as host:
        yield host


def error_of(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert not LEAK.search(response.text) and response.headers["x-request-id"]
    error: dict[str, Any] = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"} and error["code"] == code
    return error


# -- keys ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/openapi.json", "/v1/nothing", "/", "/docs"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": f"Bearer {KEY}x"},
        {"authorization": "Bearer"},
        {"authorization": KEY},
        {"authorization": f"Token {KEY}"},
        {"authorization": b"Bearer \xff\xfe\xe9"},
        {"x-api-key": KEY},
        {"authorization": "Bearer " + "k" * 5000},
    ],
)
def test_without_a_key(guarded: Hosted, path: str, headers: dict[str, Any]) -> None:
    with guarded.client() as client:
        response = client.get(f"{path}?api_key={KEY}&key={KEY}", headers=headers)
    error = error_of(response, 401, "invalid_api_key")
    assert error["type"] == "authentication_error" and response.headers["www-authenticate"].startswith(
        ("Bearer", "Basic")
    )


def test_with_a_key(guarded: Hosted) -> None:
    with guarded.client(headers=BEARER) as client:
        assert client.get("/v1/models").json()["data"][0]["id"] == "none"
        assert b"mmgpt:http_requests_total" in client.get("/metrics").content
        owners = {
            client.post("/v1/read", json={"image_url": URL}, headers={"authorization": f"Bearer {key}"}).json()["owner"]
            for key in (KEY, KEY[::-1])
        }
    assert len(owners) == 2 and not any(KEY in owner for owner in owners)


def test_probes_need_no_key(guarded: Hosted) -> None:
    with guarded.client() as client:
        for path in ("/live", "/ready", "/health"):
            assert client.get(path).status_code == 200


def test_a_browser_may_send_the_key_for_the_page_only(guarded: Hosted) -> None:
    with guarded.client() as client:
        assert client.get("/page", auth=("anyone", KEY)).status_code == 404
        assert client.get("/v1/models", auth=("anyone", KEY)).status_code == 401
        foreign = client.post("/page", auth=("anyone", KEY), headers={"origin": "https://evil.example"})
        error_of(foreign, 403, "origin_not_allowed")


# -- bodies ----------------------------------------------------------------------------------------------------------------------


def head(path: str, *lines: str) -> bytes:
    return "\r\n".join(
        [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {KEY}", *lines, "", ""]
    ).encode()


@pytest.mark.parametrize("length", ["1048577", "999999999999999999"])
def test_a_body_that_is_announced_too_long(guarded: Hosted, length: str) -> None:
    start = time.monotonic()
    found = guarded.talk(head("/v1/read", "Content-Type: application/json", f"Content-Length: {length}"))
    assert (
        found.startswith(b"HTTP/1.1 413 ") and b"request_too_large" in found and b"connection: close" in found.lower()
    )
    assert time.monotonic() - start < 3


def test_a_body_that_grows_too_long(guarded: Hosted) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with socket.create_connection(guarded.address, timeout=5) as made:
        made.sendall(head("/v1/read", "Content-Type: application/json", "Transfer-Encoding: chunked"))
        sent = 0
        try:
            for _ in range(2000):
                made.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
        found = made.recv(65536)
    assert found.startswith(b"HTTP/1.1 413 ") and b"request_too_large" in found
    assert sent < 30 * 2**20  # the connection was closed, long before all was sent


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
    ],
)
def test_what_is_no_request(guarded: Hosted, data: bytes) -> None:
    found = guarded.talk(data, 2)
    assert not found or (
        found.startswith(b"HTTP/1.1 400 ")
        and json.loads(found.split(b"\r\n\r\n", 1)[1])["error"]["code"] == "invalid_http"
    )
    assert found or len(data) > 10**5  # whoever still sends may find the connection reset


def test_a_header_that_never_ends(guarded: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HEADER_SECONDS", 0.4)
    start = time.monotonic()
    with socket.create_connection(guarded.address, timeout=5) as made:
        made.sendall(b"GET /live HTTP/1.1\r\nHost: a\r\n")
        try:
            for _ in range(40):
                made.sendall(b"X: y\r\n")
                time.sleep(0.05)
        except OSError:
            pass
    assert time.monotonic() - start < 1.5


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "image/png", "", "application/jsonp"]
)
def test_other_types_of_bodies(guarded: Hosted, kind: str) -> None:
    with guarded.client(headers=BEARER) as client:
        error_of(client.post("/v1/read", content=b"{}", headers={"content-type": kind}), 415, "unsupported_media_type")
        gzipped = {"content-type": "application/json", "content-encoding": "gzip"}
        error_of(client.post("/v1/read", content=b"{}", headers=gzipped), 415, "unsupported_media_type")


def form(*parts: tuple[str, bytes], end: bytes = b"--B--\r\n") -> bytes:
    return b"".join(b"--B\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in parts) + end


IMAGE = ('Content-Disposition: form-data; name="image"; filename="a.png"', PNG)


@pytest.mark.parametrize(
    ("parts", "status", "param"),
    [
        ([IMAGE], 200, None),
        ([('Content-Disposition: form-data; name="image"', PNG)], 200, None),
        ([('Content-Disposition: form-data; name="image"; filename="../../etc/x\x01.png"', PNG)], 200, None),
        ([IMAGE, IMAGE], 400, "image"),
        ([IMAGE] + [('Content-Disposition: form-data; name="question"', b"a")] * 2, 400, None),
        ([(f'Content-Disposition: form-data; name="f{n}"', b"a") for n in range(10_000)], 400, None),
        ([IMAGE, ('Content-Disposition: form-data; name="question"', b"\xff\xfe")], 400, "question"),
        ([IMAGE, ('Content-Disposition: form-data; name="other"; filename="x"', b"a")], 400, "other"),
        ([('Content-Disposition: form-data; name="image"\r\nX: ' + "y" * 100_000, PNG)], 400, None),
        ([("X: y", PNG)], 400, None),
        ([], 400, None),
    ],
)
def test_forms(guarded: Hosted, parts: list[tuple[str, bytes]], status: int, param: str | None) -> None:
    with guarded.client(headers=BEARER) as client:
        response = client.post(
            "/v1/diagnose", content=form(*parts), headers={"content-type": "multipart/form-data; boundary=B"}
        )
    assert response.status_code == status, response.text
    assert status == 200 or param is None or response.json()["error"]["param"] == param
    assert not LEAK.search(response.text)


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=C", "; boundary=" + "B" * 300])
def test_broken_forms(guarded: Hosted, boundary: str) -> None:
    with guarded.client(headers=BEARER) as client:
        for body in (form(IMAGE), form(IMAGE, end=b""), b"", b"\0" * 1000):
            headers = {"content-type": f"multipart/form-data{boundary}"}
            error_of(client.post("/v1/diagnose", content=body, headers=headers), 400, "invalid_form")


# -- errors ----------------------------------------------------------------------------------------------------------------------


def test_one_shape_of_errors(free: Hosted) -> None:
    with free.client() as client:
        assert error_of(client.get("/v1/nothing"), 404, "not_found")["type"] == "not_found_error"
        wrong = client.put("/v1/read")
        error_of(wrong, 405, "method_not_allowed")
        assert wrong.headers["allow"] == "POST"
        assert client.put("/v1/jobs").headers["allow"] == "GET, POST"
        assert error_of(client.get("/v1/broken"), 500, "server_error")["type"] == "server_error"
        assert error_of(client.get("/v1/item/many"), 400, "invalid_value")["param"] == "number"
        assert error_of(client.get("/v1/item/3?size=0x1234567"), 400, "invalid_value")["param"] == "size"
        assert client.get("/v1/item/3?size=4").json() == {"number": 3, "size": 4}


def test_an_answer_that_breaks_off_is_not_taken_for_whole(free: Hosted) -> None:
    found = free.talk(b"GET /v1/breaks HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 3)
    assert b"200 OK" in found and not found.endswith(b"0\r\n\r\n")


def test_request_ids_and_headers(free: Hosted) -> None:
    with free.client() as client:
        assert client.get("/live", headers={"x-request-id": "abc-1.2_3"}).headers["x-request-id"] == "abc-1.2_3"
        bad: Any
        for bad in ("a" * 65, 'a"b', "<b>", b"\xff", "-a"):
            assert client.get("/live", headers={"x-request-id": bad}).headers["x-request-id"].startswith("req_")
        headers = client.get("/v1/nothing").headers
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_metrics(free: Hosted, caplog: pytest.LogCaptureFixture) -> None:
    observer = free.app.state.observer
    observer.count("prompt_tokens", 7)
    observer.count("request_success", finished_reason="length")
    observer.observe("time_to_first_token", 0.3, kind="chat")
    observer.gauge("requests_waiting", 5)
    observer.count("request_success")
    for _ in range(2):
        observer.count("nothing")
        observer.observe("nothing", 1)
        observer.gauge("nothing", 1)
    assert len([record for record in caplog.records if "metric" in record.message]) == 2
    with free.client() as client:
        client.get("/v1/strange/path/of/a/stranger")
        text = client.get("/metrics").text
    for line in (
        "mmgpt:prompt_tokens_total 7.0",
        'mmgpt:request_success_total{finished_reason="length"} 1.0',
        'mmgpt:time_to_first_token_seconds_bucket{le="0.5"} 1.0',
        "mmgpt:num_requests_waiting 5.0",
    ):
        assert line in text.splitlines()
    assert "stranger" not in text and "process_resident_memory_bytes" in text


def test_openapi(free: Hosted) -> None:
    with free.client() as client:
        made = client.get("/openapi.json").json()
        assert client.get("/docs").status_code == client.get("/redoc").status_code == 404
    assert made["openapi"].startswith("3.1") and "HTTPValidationError" not in json.dumps(made)
    post = made["paths"]["/v1/diagnose"]["post"]
    assert {"400", "413", "415", "429", "503"} <= set(post["responses"]) and "422" not in post["responses"]
    assert post["responses"]["413"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


# -- origins ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "https://desk.example.evil"])
def test_foreign_pages(free: Hosted, guarded: Hosted, origin: str) -> None:
    with free.client(headers={"origin": origin}) as client:
        response = client.post("/v1/read", json={"image_url": URL})
        error_of(response, 403, "origin_not_allowed")
        assert "access-control-allow-origin" not in response.headers
        assert "access-control-allow-origin" not in client.get("/v1/models").headers
    preflight = {"origin": origin, "access-control-request-method": "POST"}
    with guarded.client() as client:
        answer = client.options("/v1/read", headers=preflight)
        assert answer.status_code == 400 and "access-control-allow-origin" not in answer.headers
        assert (
            "access-control-allow-origin" not in client.get("/v1/models", headers={"origin": origin, **BEARER}).headers
        )


def test_the_page_that_is_allowed(guarded: Hosted) -> None:
    wanted = {
        "origin": "https://desk.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    with guarded.client() as client:
        answer = client.options("/v1/read", headers=wanted)
        assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == "https://desk.example"
        assert "access-control-allow-credentials" not in answer.headers
        answer = client.get("/v1/models", headers={"origin": "https://desk.example", **BEARER})
        assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == "https://desk.example"
        readable = answer.headers["access-control-expose-headers"]
        assert {"x-request-id", "retry-after", "x-mmgpt-left", "x-mmgpt-ignored"} <= set(readable.split(", "))


@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "169.254.169.254", "@", "[::1"]
)
def test_names_that_were_made_to_point_here(free: Hosted, name: str) -> None:
    with free.client(headers={"host": name}) as client:
        error_of(client.get("/v1/models"), 403, "host_not_allowed")
        assert client.get("/live").status_code == 200
    with free.client(headers={"host": "localhost:99"}) as client:
        assert client.get("/v1/models").status_code == 200


# -- rates, going away, ending ---------------------------------------------------------------------------------------------------


def test_too_often(tmp_path: Path) -> None:
    with (
        hosted(tmp_path, api_key_file=key_file(tmp_path), requests_per_minute=30, burst=3) as host,
        host.client() as client,
    ):
        statuses = [client.get("/v1/models", headers=BEARER).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        response = client.get("/v1/models", headers=BEARER)
        assert error_of(response, 429, "rate_limit_exceeded")["type"] == "rate_limit_error"
        assert 1 <= int(response.headers["retry-after"]) <= 2
        other = {"authorization": f"Bearer {KEY[::-1]}"}
        assert client.get("/v1/models", headers=other).status_code == 200
        assert client.get("/ready").status_code == 200


def test_work_for_a_client_that_has_gone_is_stopped(free: Hosted) -> None:
    backend = free.app.state.backend
    before = backend.cancelled
    with socket.create_connection(free.address, timeout=5) as made:
        made.sendall(b"POST /v1/slow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}")
        time.sleep(0.3)
        assert free.app.state.door.in_flight == 1 and backend.cancelled == before
    start = time.monotonic()
    while backend.cancelled == before and time.monotonic() - start < 3:
        time.sleep(0.01)
    assert time.monotonic() - start < 1
    while free.app.state.door.in_flight and time.monotonic() - start < 3:
        time.sleep(0.01)
    assert free.app.state.door.in_flight == 0


def test_what_runs_at_the_end_is_finished(tmp_path: Path) -> None:
    backend = Modelless(seconds=1.0)
    with (
        hosted(tmp_path, backend, drain_seconds=10) as host,
        socket.create_connection(host.address, timeout=10) as made,
    ):
        body = json.dumps({"image_url": URL}).encode()
        made.sendall(
            b"POST /v1/read HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
        )
        time.sleep(0.3)
        host.end()
        with host.client() as client:
            assert client.get("/ready").status_code == 503 and client.get("/live").status_code == 200
            assert client.get("/health").status_code == 200
        assert made.recv(65536).startswith(b"HTTP/1.1 200")
        host.thread.join(5)
        assert host.code == 0 and backend.ran == 1


def test_a_picture_that_is_decoded_when_the_end_begins_is_answered(tmp_path: Path) -> None:
    class Slow(Modelless):
        async def picture(self, data: bytes, *, param: str | None = None, name: str = "the picture") -> LoadedImage:
            await asyncio.sleep(0.6)
            assert self.state == "ready"
            return await super().picture(data, param=param, name=name)

    found: list[int] = []
    with hosted(tmp_path, Slow(), drain_seconds=10) as host:
        with host.client() as client, host.client() as late:
            asking = threading.Thread(
                target=lambda: found.append(client.post("/v1/read", json={"image_url": URL}).status_code)
            )
            asking.start()
            time.sleep(0.2)
            host.end()
            refused = late.post("/v1/read", json={"image_url": URL})
            assert refused.status_code == 503 and refused.json()["error"]["code"] == "unavailable_error"
            assert int(refused.headers["retry-after"]) >= 1 and late.get("/metrics").status_code == 200
            asking.join(5)
        host.thread.join(5)
        assert found == [200] and host.code == 0


def test_what_does_not_end_in_time_is_told_so(tmp_path: Path) -> None:
    class Stuck(Modelless):
        async def run(self, task: Any, *, owner: str = "", deadline: float | None = None) -> dict[str, Any]:
            while self.state == "ready":
                await asyncio.sleep(0.01)
            raise ServiceError(503, "unavailable_error", "The server is shutting down.", retry_after=5)

    found: list[int] = []
    with hosted(tmp_path, Stuck(), drain_seconds=0.4) as host, host.client() as client:
        asking = threading.Thread(
            target=lambda: found.append(client.post("/v1/read", json={"image_url": URL}).status_code)
        )
        asking.start()
        time.sleep(0.3)
        host.end()
        host.thread.join(5)
        asking.join(5)
        assert found == [503] and host.code == 0


def test_a_failed_model_ends_the_server(tmp_path: Path) -> None:
    backend = Modelless()
    with hosted(tmp_path, backend) as host:
        backend.state = "failed"
        with host.client() as client:
            response = client.get("/health")
            assert response.status_code == 503 and int(response.headers["retry-after"]) >= 1
        backend.failed.set()
        host.thread.join(5)
        assert host.code == 1


def test_a_client_that_does_not_read_is_given_up(tmp_path: Path) -> None:
    backend: Any = Modelless()
    app = create_app(Settings(jobs=tmp_path / "jobs.sqlite"), backend)
    state = {"ended": False}

    async def much() -> Any:
        try:
            for number in range(5000):
                yield {"number": number, "text": "x" * 2**16}
        finally:
            state["ended"] = True

    @app.get("/v1/much")
    async def route() -> EventStream:
        return EventStream({}, much())

    app.state.door.write_seconds = 0.4
    with hosted(tmp_path, backend, app) as host, socket.create_connection(host.address, timeout=5) as made:
        made.sendall(b"GET /v1/much HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        until = time.monotonic() + 5
        while not state["ended"] and time.monotonic() < until:
            time.sleep(0.02)
        assert state["ended"] and time.monotonic() < until
        time.sleep(0.1)
        assert host.app.state.door.in_flight == 0
