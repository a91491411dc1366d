"""A real HTTP server on the loopback interface that answers as engines do, well and badly, and keeps what it was sent."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image

GOOD: dict[str, Any] = {
    "is_error": True,
    "app": "curl",
    "kind": "terminal",
    "message": "curl: (6) Could not resolve host: api.shop.example",
    "error_code": None,
    "category": "dns",
    "cause": "The name of the host is not known to the resolver.",
    "fixes": ["Check the spelling of the host's name.", "Try another resolver."],
    "answer": None,
    "confidence": 0.95,
}


@dataclass
class Request:
    """One request as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The parts of the user's message."""
        parts: list[dict[str, Any]] = self.value["messages"][1]["content"]
        return parts

    @property
    def data(self) -> dict[str, Any]:
        """The JSON object that the user's message is."""
        content = self.value["messages"][1]["content"]
        data: dict[str, Any] = json.loads(content if isinstance(content, str) else content[0]["text"])
        return data

    @property
    def lines(self) -> list[str]:
        return [row["text"] for row in self.data["lines_read"]]

    @property
    def picture(self) -> np.ndarray:
        """The picture, decoded: RGB uint8 [H, W, 3]."""
        url = self.parts[1]["image_url"]["url"]
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))


@dataclass
class Reply:
    """What the server sends back."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    chunks: Callable[[Any], None] | None = None  # writes the body itself, slowly or without end


Behaviour = Callable[[Request], Reply]


def says(value: object, **message: object) -> Reply:
    """A chat completion whose text is the value: as it stands, or as JSON."""
    content = value if isinstance(value, str) else json.dumps(value)
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": "stop"}
    body = {"id": "c", "object": "chat.completion", "choices": [choice]}
    return Reply(json.dumps(body).encode(), headers={"Content-Type": "application/json"})


def fails(status: int, text: str, **headers: str) -> Reply:
    """An error as OpenAI's API words it."""
    return Reply(json.dumps({"error": {"message": text}}).encode(), status, headers)


def always(reply: Reply) -> Behaviour:
    """The behaviour that gives this reply to everything."""
    return lambda request: reply


class Server:
    """Answers each request by the next of its behaviours; the last one stays."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.behaviours: list[Behaviour] = [lambda request: says(GOOD)]
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                reply = outer._next(Request(self.path, dict(self.headers.items()), body))
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.close_connection = True
                if reply.chunks is None:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    if reply.chunks is not None:
                        reply.chunks(self.wfile)
                    else:
                        self.wfile.write(reply.body)
                except OSError:
                    pass  # the client has heard enough, which is what some tests are about

            def log_message(self, *arguments: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def will(self, *behaviours: Behaviour | Reply) -> None:
        """What the next requests are answered by."""
        self.behaviours = [always(b) if isinstance(b, Reply) else b for b in behaviours]

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def _next(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
        return behaviour(request)
