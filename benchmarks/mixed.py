"""A mixture of requests as a service gets them: diagnoses, readings, captions, conversations, streams, and some that are wrong.

Request number n is the same each time, so that its answer can be compared with an earlier one. No more than httpx is needed.
"""

from __future__ import annotations

import base64
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, ImageFont

BAD = 0.05
"""The share of requests that cannot be answered, where nothing else is said."""
_WORDS = "error failed connection refused file not found permission denied port 8080 timeout disk full unknown host try again".split()
_BROKEN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/read", {"image_url": "data:image/png;base64,"}),
    ("/v1/diagnose", {"image_url": "data:image/png;base64,AAAA"}),
    ("/v1/caption", {"image_url": "data:image/png;base64,%%%"}),
    ("/v1/read", {"image_url": "http://127.0.0.1:1/x.png"}),
    ("/v1/query", {"image_url": "file:///etc/passwd", "question": "?"}),
    ("/v1/chat/completions", {"messages": []}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": "a"}], "n": 10**6}),
    ("/v1/chat/completions", {"model": "none", "messages": [{"role": "user", "content": "a"}]}),
    ("/v1/diagnose", {}),
)


@dataclass(frozen=True)
class Asked:
    """A request. `bad`: the answer must be an error of 4xx; `stream`: it comes as events."""

    path: str
    body: dict[str, Any]
    bad: bool = False
    stream: bool = False


def screens(count: int, width: int = 320, height: int = 120) -> list[str]:
    """Data URLs of that many different pictures with a few lines of words in them."""
    return [screen(seed, width, height) for seed in range(count)]


def screen(seed: int, width: int = 320, height: int = 120) -> str:
    """The data URL of one."""
    rng = random.Random(seed)
    light = rng.random() < 0.7
    image = Image.new(
        "RGB", (width, height), tuple(rng.randint(225, 255) if light else rng.randint(0, 40) for _ in "rgb")
    )
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(rng.choice((12, 14, 16)))
    for y in range(8, height - 20, rng.choice((22, 26))):
        draw.text(
            (rng.randint(6, 30), y),
            " ".join(rng.choices(_WORDS, k=rng.randint(1, 5))),
            "black" if light else "white",
            font,
        )
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def asked(number: int, pictures: Sequence[str], bad: float = BAD) -> Asked:
    """Request `number` of the mixture over these pictures."""
    rng = random.Random(number)
    if rng.random() < bad:
        path, body = rng.choice(_BROKEN)
        return Asked(path, body, bad=True)
    url, kind = rng.choice(pictures), rng.choice(("diagnose", "read", "caption", "query", "chat", "chat", "stream"))
    if kind in ("diagnose", "read", "caption"):
        return Asked(f"/v1/{kind}", {"image_url": url})
    if kind == "query":
        return Asked(
            "/v1/query", {"image_url": url, "question": rng.choice(("Which error is it?", "Describe the letters."))}
        )
    parts = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "What does it say?"}]
    body = {"messages": [{"role": "user", "content": parts}], "max_tokens": rng.choice((4, 8, 16)), "seed": number % 7}
    body["temperature"] = rng.choice((0, 0, 1.0))
    if kind == "stream":
        return Asked(
            "/v1/chat/completions", {**body, "stream": True, "stream_options": {"include_usage": True}}, stream=True
        )
    return Asked("/v1/chat/completions", body)
