"""A client that judges every answer: nothing of the server's inside in a body, errors in the one shape, and a good request afterwards."""

from __future__ import annotations

import base64
import json
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tests.serve.running import shot
from tests.serve.servers import Server

INSIDE = re.compile(rb"0x[0-9a-f]{6,}|object at|Traceback|site-packages|mmgpt/serve|/proc/|\.py\b")
"""What no body may hold: addresses of memory, Python's own words, files of the server."""
PATHS = re.compile(rb"(?:^|[\s\"'(:=])/(?:etc|home|root|usr|var|tmp|opt|work|proc|dev|mnt)/")
"""What no error may hold besides: files of any machine (fixes of a diagnosis may name some)."""
FIELDS = {"message", "type", "param", "code"}
_seeds = count(100_000)


def data_url(data: bytes, kind: str = "image/png") -> str:
    """A picture as it stands in JSON."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def judged(response: httpx.Response) -> httpx.Response:
    """The response, whose body has been looked through. Raises AssertionError."""
    body = response.content
    assert not INSIDE.search(body), body[:2000]
    assert response.headers.get("x-request-id") or response.status_code == 400, response.headers
    if response.status_code >= 400:
        assert not PATHS.search(body), body[:2000]
        value = response.json()
        assert set(value) - {"status"} == {"error"} and set(value["error"]) == FIELDS, body[:2000]
        assert value["error"]["message"] and value["error"]["type"] and value["error"]["code"], body
    return response


def refused(response: httpx.Response, status: int, code: str, param: str | None = None) -> dict[str, Any]:
    """The error, which must be this one."""
    judged(response)
    assert response.status_code == status, (response.status_code, response.text[:500])
    error: dict[str, Any] = response.json()["error"]
    assert (error["code"], error["param"]) == (code, param), error
    if status in (429, 503):
        assert int(response.headers["retry-after"]) >= 1
    return error


def fine(response: httpx.Response) -> dict[str, Any]:
    """The JSON of an answer that must be one."""
    judged(response)
    assert response.status_code == 200, response.text[:500]
    value: dict[str, Any] = response.json()
    return value


def events_of(text: str) -> list[Any]:
    """The values of server-sent events, "[DONE]" included; comments are left out."""
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line and not line.startswith(":")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


@dataclass
class Asker:
    """One server and a client of it. `kept` are the bodies of all answers through `post` and `get`, for their number."""

    server: Server
    http: httpx.Client
    answers: int = field(default=0)

    def post(self, path: str, **request: Any) -> httpx.Response:
        """POST, judged."""
        self.answers += 1
        return judged(self.http.post(path, **request))

    def get(self, path: str, **request: Any) -> httpx.Response:
        """GET, judged."""
        self.answers += 1
        return judged(self.http.get(path, **request))

    def read(self, url: Any) -> httpx.Response:
        """Reading the picture behind an `image_url`."""
        return self.post("/v1/read", json={"image_url": url})

    def chat(self, content: Any = "Hello.", **others: Any) -> httpx.Response:
        """A short conversation of one message, or of the `messages` given."""
        body = {"messages": [{"role": "user", "content": content}], "max_tokens": 2, **others}
        return self.post("/v1/chat/completions", json={k: v for k, v in body.items() if v is not ...})

    def shown(self, url: Any, **others: Any) -> httpx.Response:
        """A conversation about a picture."""
        return self.chat([{"type": "image_url", "image_url": url}, {"type": "text", "text": "What is it?"}], **others)

    def good(self) -> None:
        """A picture that was never sent before is still decoded, read and answered."""
        value = fine(self.post("/v1/read", files={"image": ("shot.png", shot(next(_seeds), 160, 64))}))
        assert (value["image"]["width"], value["image"]["height"]) == (160, 64)

    def metrics(self) -> dict[str, float]:
        """The server's counters and gauges, with their labels as Prometheus writes them."""
        return metrics_of(self.get("/metrics").text)

    def wait_for(self, name: str, value: float, seconds: float = 5.0) -> float:
        """Waits until a metric has a value; returns how long that took. Raises AssertionError."""
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            if self.metrics().get(name) == value:
                return time.monotonic() - start
            time.sleep(0.05)
        raise AssertionError(f"{name} is {self.metrics().get(name)} and not {value} after {seconds} seconds")

    @property
    def pictures(self) -> int:
        """How many pictures a conversation may have here."""
        found: int = fine(self.get("/v1/models"))["data"][0]["meta"]["n_images"]
        return found


def metrics_of(text: str) -> dict[str, float]:
    """Prometheus' text as numbers."""
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return {name.removeprefix("mmgpt:"): float(value) for name, value in lines}


def head(server: Server, method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """The head of a request, written by hand."""
    own = {"Host": f"127.0.0.1:{server.port}", "Connection": "close", **server.headers}
    lines = {**own, **headers}
    return "\r\n".join([f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in lines.items()), "", ""]).encode()


def talk(server: Server, data: bytes, seconds: float = 10.0) -> bytes:
    """Sends bytes as they are, and returns all that comes back until the connection ends or nothing comes any more."""
    found = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as made:
        try:
            made.sendall(data)
        except OSError:  # it was closed early, which may be right
            pass
        try:
            while part := made.recv(65536):
                found += part
        except OSError:
            pass
    return found


def parsed(raw: bytes) -> tuple[int, dict[str, Any]]:
    """Status and JSON of an answer that `talk` returned."""
    top, _, body = raw.partition(b"\r\n\r\n")
    assert not INSIDE.search(body) and not PATHS.search(body), body
    return int(top.split()[1]), json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])
