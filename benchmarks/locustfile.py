"""What a support desk's day looks like to the service, for Locust: mostly diagnoses, some of everything else, 5 % bad requests.

    mmgpt serve &
    locust -f benchmarks/locustfile.py --headless -H http://127.0.0.1:8000 -u 16 -r 4 -t 60s --only-summary

MMGPT_PICTURES names a folder of PNG files (examples/ by default), MMGPT_API_KEY a key. A refusal is a failure, except where the request
was bad: there it must be a 4xx with a code. 429 counts as its own name, since it is what a full server should say.
"""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from locust import HttpUser, between, task

FOLDER = Path(os.environ.get("MMGPT_PICTURES") or Path(__file__).parents[1] / "examples")
PICTURES = [path.read_bytes() for path in sorted(FOLDER.glob("*.png"))]
if not PICTURES:
    raise SystemExit(f"{FOLDER} has no PNG files - name a folder with MMGPT_PICTURES")
QUESTIONS = ("How do I fix it?", "Which program is it?", "What is the error code?", "What does it say?")


def marked(picture: bytes) -> bytes:
    """The same picture with a byte behind its end: other bytes, so that the cache of results has not seen it."""
    return picture + random.randbytes(8)


def data_url(picture: bytes) -> str:
    """As JSON requests hold it."""
    return "data:image/png;base64," + base64.b64encode(picture).decode()


class Desk(HttpUser):
    """Somebody who pastes a screenshot every few seconds."""

    wait_time = between(0.5, 3.0)

    def on_start(self) -> None:
        """The key, and what is served."""
        key = os.environ.get("MMGPT_API_KEY")
        if key:
            self.client.headers["authorization"] = f"Bearer {key}"
        self.model = self.client.get("/v1/models").json()["data"][0]["id"]

    def ask(self, path: str, accept: Callable[[Any], bool] | None = None, name: str | None = None, **body: Any) -> None:
        """One request; `accept` says whether the answer is right, by default any 2xx."""
        with self.client.post(path, name=name or path, catch_response=True, **body) as answer:
            if answer.status_code == 429 and accept is None:
                answer.request_meta["name"] = f"{name or path} (429)"
                answer.success()
            elif answer.ok if accept is None else accept(answer):
                answer.success()
            else:
                answer.failure(f"{answer.status_code} {answer.text[:120]}")

    def form(self) -> dict[str, Any]:
        """A form with a picture."""
        return {"image": ("shot.png", marked(random.choice(PICTURES)))}

    @task(50)
    def diagnose(self) -> None:
        """The everyday request."""
        self.ask("/v1/diagnose", files=self.form())

    @task(12)
    def diagnose_again(self) -> None:
        """The same screenshot once more, as when a ticket is opened again: the cache's case."""
        self.ask("/v1/diagnose", name="/v1/diagnose (seen)", files={"image": ("shot.png", PICTURES[0])})

    @task(12)
    def query(self) -> None:
        """A question about it."""
        self.ask("/v1/query", files=self.form(), data={"question": random.choice(QUESTIONS)})

    @task(8)
    def read(self) -> None:
        """Its lines."""
        self.ask("/v1/read", files=self.form())

    @task(8)
    def chat(self) -> None:
        """A streamed answer in OpenAI's protocol."""
        parts = [
            {"type": "image_url", "image_url": {"url": data_url(marked(random.choice(PICTURES)))}},
            {"type": "text", "text": random.choice(QUESTIONS)},
        ]
        body = {"model": self.model, "messages": [{"role": "user", "content": parts}], "max_tokens": 64, "stream": True}
        self.ask("/v1/chat/completions", lambda answer: answer.text.rstrip().endswith("data: [DONE]"), json=body)

    @task(5)
    def redact(self) -> None:
        """The picture without its secrets."""
        self.ask("/v1/redact", files=self.form())

    @task(5)
    def bad(self) -> None:
        """One of the things that go wrong on the other side."""
        picture = random.choice(PICTURES)
        wrong: list[tuple[str, dict[str, Any]]] = [
            ("/v1/diagnose", {"files": {"image": ("page.html", b"<!doctype html><title>404</title>")}}),
            ("/v1/diagnose", {"files": {"image": ("half.png", picture[: len(picture) // 2])}}),
            ("/v1/diagnose", {"json": {"image_url": "http://169.254.169.254/latest/meta-data/"}}),
            ("/v1/caption", {"json": {"image_url": "data:image/png;base64,!!!"}}),
            ("/v1/query", {"files": {"image": ("shot.png", picture)}}),
            ("/v1/chat/completions", {"json": {"model": "nobody", "messages": [{"role": "user", "content": "?"}]}}),
            ("/v1/chat/completions", {"data": b"{", "headers": {"content-type": "application/json"}}),
        ]
        path, body = random.choice(wrong)
        self.ask(path, refused, name="bad requests", **body)


def refused(answer: Any) -> bool:
    """Whether it is a 4xx in our shape."""
    return 400 <= answer.status_code < 500 and bool(answer.json()["error"]["code"])
