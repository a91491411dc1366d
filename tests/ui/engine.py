"""A small OpenAI-compatible engine on loopback, which keeps what it was sent and answers with what it was given."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def engine(fields: dict[str, Any], status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Its address, and the bodies that came."""
    bodies: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            value: Any = {"choices": [{"message": {"role": "assistant", "content": json.dumps(fields)}}]}
            if status != 200:
                value = {"error": {"message": "no such model"}}
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bodies
    finally:
        server.shutdown()
        server.server_close()


FIELDS: dict[str, Any] = {
    "is_error": True,
    "app": "Docker",
    "kind": "terminal",
    "message": "Cannot connect, see http://evil.invalid/x",
    "error_code": None,
    "category": "network",
    "cause": "The daemon <b>is</b> not running [here](http://evil.invalid).",
    "fixes": ["Start it."],
    "answer": None,
    "confidence": 0.8,
}
