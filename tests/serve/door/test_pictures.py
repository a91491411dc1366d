"""Pictures of a request, up to the point where they are decoded."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from PIL import Image

from mmgpt.serve.door.metrics import Metrics
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.pictures import Budget, data_url, from_bytes, from_url, pictures_of
from mmgpt.serve.remote import Fetcher
from mmgpt.serve.settings import Settings
from tests.serve.door.host import Modelless
from tests.vision.image_factory import encode

PNG = encode(Image.new("RGB", (40, 30), "white"), "PNG")
TEXT = base64.b64encode(PNG).decode()
URL = f"data:image/png;base64,{TEXT}"


def budget(**settings: Any) -> Budget:
    made = Settings(**settings)
    backend: Any = Modelless()
    return Budget(made, backend, Metrics(), Fetcher(made.media_hosts))


def refused(part: Any, made: Budget | None = None) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        asyncio.run(from_url(part, "messages.0.content.1.image_url", made or budget()))
    assert caught.value.status == 400 and caught.value.param == "messages.0.content.1.image_url"
    assert len(caught.value.message) < 200
    return caught.value


@pytest.mark.parametrize(
    "part",
    [
        URL,
        {"url": URL},
        {"url": URL, "detail": "high"},
        URL.replace("image/png", ""),
        URL.replace("image/png", "image/jpeg"),
        URL.replace("data:image/png;base64", "DATA:IMAGE/PNG;BASE64"),
        URL.replace(";base64", ";name=shot.png;base64"),
        URL.rstrip("="),
    ],
)
def test_a_picture_comes_through(part: Any) -> None:
    assert asyncio.run(from_url(part, "image_url", budget())).width == 40


NO_URLS: tuple[Any, ...] = (
    None, "", 3, [], {}, {"url": None}, {"url": ""}, {"url": 3}, {"url": {"url": URL}}, "malformed", "A" * 10**7,
    "file:///etc/passwd", "/etc/passwd", "..\\..\\secret", "ftp://a.example/x.png", "gopher://a/", "javascript:alert(1)",
    "//a.example/x.png", "data:", "data:image/png;base64", URL.replace(",", ""), URL.replace(";base64", ""),
    URL.replace("image/png", "text/html"), URL.replace("image/png", "application/octet-stream"),
    URL.replace("base64", "base65"), URL.replace("image/png", "image/png" + "x" * 300), " " + URL, "http://" + "a" * 9000,
)  # fmt: skip


@pytest.mark.parametrize(
    ("part", "code"),
    [
        *[(part, "invalid_image_url") for part in NO_URLS],
        *[(f"data:image/png;base64,{text}", "invalid_base64") for text in (
            TEXT[:-1] + "!", TEXT[:40] + "\n" + TEXT[40:], TEXT + " ", "-_" + TEXT, "A", TEXT + "A===", "====", "AA=A", "A%3D", "é" * 8,
            TEXT[:8] + "=" + TEXT[8:],
        )],
        ("data:image/png;base64,", "invalid_image"),
        ("data:image/svg+xml;base64," + base64.b64encode(b"<svg xmlns='x'/>" * 9).decode(), "invalid_image_format"),
        *[(url, "remote_images_disabled") for url in (
            "http://127.0.0.1:1/", "https://a.example/x.png", "HTTP://[::1]/", "http://2130706433/", "http://0x7f.1/",
        )],
    ],
)  # fmt: skip
def test_a_part_that_is_none(part: Any, code: str) -> None:
    made = budget()
    assert refused(part, made).code == code
    assert f'mmgpt:image_rejected_total{{code="{code}"}} 1.0' in made.observer.text().decode()


def test_only_listed_hosts_are_asked() -> None:
    assert refused("http://127.0.0.1/", budget(media_hosts=("a.example",))).code == "blocked_url"
    assert refused("file:///etc/passwd", budget(media_hosts=("a.example",))).code == "invalid_image_url"


def big(width: int, height: int) -> bytes:
    return PNG[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + PNG[24:]


def as_url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    ("pictures", "code"),
    [
        ([PNG] * 11, "too_many_images"),
        ([PNG] * 500, "too_many_images"),
        ([PNG, big(8000, 8000)], "image_too_large"),
        ([PNG, big(50_000, 50_000)], "image_too_large"),
        ([big(5000, 5000), big(5000, 5000), PNG], "request_too_large"),
        ([PNG, PNG + bytes(10 * 2**20), PNG + bytes(10 * 2**20)], "request_too_large"),
        ([PNG, b""], "invalid_image"),
        ([PNG, b"nothing"], "invalid_image_format"),
    ],
)
def test_limits_hold_before_any_picture_is_decoded(pictures: list[bytes], code: str) -> None:
    made = budget()
    parts = [(as_url(data), f"messages.0.content.{n}.image_url") for n, data in enumerate(pictures)]
    with pytest.raises(ServiceError) as caught:
        asyncio.run(pictures_of(parts, made))
    assert (caught.value.status, caught.value.code) == (400, code)
    assert str(caught.value.param).startswith("messages.0.content.") and made.backend.decoded == 0  # type: ignore[attr-defined]


def test_as_many_as_may_be() -> None:
    made = budget()
    found = asyncio.run(pictures_of([(URL, f"p.{n}") for n in range(10)], made))
    assert len(found) == 10 and {picture.height for picture in found} == {30}
    assert asyncio.run(from_bytes(PNG, "image", budget())).width == 40


def test_base64_is_read_in_one_way() -> None:
    for length in range(0, 40):
        data = bytes(range(length))
        text = base64.b64encode(data).decode()
        assert data_url(f"data:;base64,{text}") == data == data_url(f"data:;base64,{text.rstrip('=')}")
