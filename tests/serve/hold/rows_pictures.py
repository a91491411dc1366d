"""Rows 1 to 31: files that are no pictures, broken ones, odd ones. Each goes through every door: JSON, a form, a conversation."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import pytest

from tests.serve.backend.odd_bytes import rows as odd_rows
from tests.serve.hold import odd_pictures as odd
from tests.serve.hold.asking import Asker, data_url, fine, refused
from tests.serve.hold.rows import row
from tests.serve.running import shot
from tests.vision.image_factory import encode, picture

_ROWS = odd_rows()


def _bytes_of(number: int) -> list[tuple[bytes, str | None]]:
    found = [item for name, item in _ROWS.items() if name.startswith(f"{number:02} ")]
    assert found, f"there are no bytes for row {number}"
    return found


def no_picture(asker: Asker, data: bytes, code: str) -> None:
    """Refused with that code, whichever way it comes; the code tells nothing that the way could change."""
    refused(asker.read(data_url(data)), 400, code, "image_url")
    refused(asker.post("/v1/diagnose", files={"image": ("a.png", data)}), 400, code, "image")
    refused(asker.shown(data_url(data)), 400, code, "messages.0.content.0.image_url")
    refused(asker.shown(data_url(data), stream=True), 400, code, "messages.0.content.0.image_url")


def a_picture(asker: Asker, data: bytes) -> dict[str, object]:
    """Taken, whichever way it comes; returns what was read."""
    value = fine(asker.read(data_url(data)))
    form = fine(asker.post("/v1/read", files={"image": ("a.png", data)}))
    assert form["text"] == value["text"] and form["image"] == value["image"]
    fine(asker.shown(data_url(data)))
    return value


def seen(asker: Asker, data: bytes) -> bytes:
    """The picture as the model sees it: what comes back of one without secrets."""
    response = asker.post("/v1/redact", files={"image": data}, headers={"accept": "image/png"})
    assert response.status_code == 200 and response.headers["content-type"] == "image/png", response.text
    assert response.headers["x-mmgpt-covered"] == "0"
    return response.content


def near(found: Iterable[int], wanted: Iterable[int], by: int = 12) -> bool:
    """Whether two colours are the same but for what a codec loses."""
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


# Rows 2 to 7 and 9 to 19: the code is the same for every variant of the row.
for _number in (*range(2, 8), *range(9, 20)):

    def _refuse(asker: Asker, number: int = _number) -> None:
        for data, code in _bytes_of(number):
            assert code is not None
            no_picture(asker, data, code)

    row(_number)(_refuse)


@row(1)
def empty(asker: Asker) -> None:
    refused(asker.read("data:image/png;base64,"), 400, "invalid_image", "image_url")
    no_picture(asker, b"", "invalid_image")


@row(8)
def modern_formats(asker: Asker) -> None:
    for data, _ in _bytes_of(8):
        no_picture(asker, data, "invalid_image_format")
        assert "PNG" in refused(asker.read(data_url(data)), 400, "invalid_image_format", "image_url")["message"]


@row(20)
def ten_thousand_frames(asker: Asker) -> None:
    for data in (odd.long_gif(10_000), odd.long_apng(10_000), odd.long_webp(10_000)):
        warnings = a_picture(asker, data)["warnings"]
        assert isinstance(warnings, list) and any("animated" in text and "first frame" in text for text in warnings)


@row(21)
def print_colours(asker: Asker) -> None:
    data = encode(odd.solid().convert("CMYK"), "JPEG", quality=95)
    a_picture(asker, data)
    assert near(odd.colour_at(seen(asker, data), 0.5, 0.5), odd.RED)


@row(22)
def sixteen_bits(asker: Asker) -> None:
    data = odd.grey_16(40_000)
    a_picture(asker, data)
    assert near(odd.colour_at(seen(asker, data), 0.5, 0.5), (156, 156, 156), 2)  # 40000 / 257, and not white


@row(23)
def few_colours(asker: Asker) -> None:
    for data, _ in _bytes_of(23):
        a_picture(asker, data)
    assert odd.colour_at(seen(asker, encode(odd.solid("1", 1), "PNG")), 0.5, 0.5) == (255, 255, 255)


@row(24)
def hidden_colour(asker: Asker) -> None:
    a_picture(asker, odd.hidden())
    red, green, blue = odd.colour_at(seen(asker, odd.hidden()), 0.5, 0.5)
    assert (red, green, blue) == (255, 255, 255)  # as a viewer with a white page shows it


@row(25)
def keyed_colour(asker: Asker) -> None:
    a_picture(asker, odd.keyed())
    assert odd.colour_at(seen(asker, odd.keyed()), 0.5, 0.5) == (255, 255, 255)


@row(26)
def turned(asker: Asker) -> None:
    for format in ("JPEG", "PNG"):
        data = odd.turned(format, 6)
        image = a_picture(asker, data)["image"]
        assert isinstance(image, dict) and (image["width"], image["height"]) == (20, 40)
        upright = seen(asker, data)
        assert near(odd.colour_at(upright, 0.5, 0.2), odd.RED, 30)
        assert near(odd.colour_at(upright, 0.5, 0.8), odd.BLUE, 30)


@row(27)
def turned_nowhere(asker: Asker) -> None:
    for data in (odd.turned("JPEG", 99), odd.turned("PNG", 99), odd.broken_exif()):
        image = a_picture(asker, data)["image"]
        assert isinstance(image, dict) and (image["width"], image["height"]) == (40, 20)


@row(28)
def numbers_for_colours(asker: Asker) -> None:
    for mode in ("F", "I", "LAB"):
        no_picture(asker, encode(odd.solid(mode, 1 if mode != "LAB" else (1, 2, 3)), "TIFF"), "invalid_image_format")


@row(29)
def odd_sizes(asker: Asker) -> None:
    """Choice: such pictures are read (there is nothing in most), not refused as too small."""
    for data, _ in _bytes_of(29):
        a_picture(asker, data)
    assert a_picture(asker, odd.one_bit(1, 1))["text"] == []


@row(30)
def two_files_in_one(asker: Asker) -> None:
    script = b"<script>alert(document.domain)</script>"
    for data in (shot(4, 160, 64) + script, shot(4, 160, 64) + b"PK\3\4" + script + b"PK\5\6" + bytes(18)):
        a_picture(asker, data)
        clean = asker.post(
            "/v1/redact", files={"image": ("a.html", data, "text/html")}, headers={"accept": "image/png"}
        )
        assert clean.status_code == 200 and script not in clean.content and clean.content.startswith(b"\x89PNG")
        assert clean.headers["content-type"] == "image/png" and clean.headers["x-content-type-options"] == "nosniff"


@row(31)
def named_otherwise(asker: Asker) -> None:
    jpeg = encode(picture(64, 48), "JPEG")
    for kind in ("image/png", "image/gif", "image/x-unknown"):
        assert fine(asker.read(data_url(jpeg, kind)))["image"]["width"] == 64
    form = {"image": ("a.gif", jpeg, "image/gif")}
    assert fine(asker.post("/v1/read", files=form))["image"]["width"] == 64


@row(32)
def no_type_of_a_picture(asker: Asker) -> None:
    for kind in ("text/html", "application/octet-stream", "image/svg+xml;charset=x,", "text/plain;image/png"):
        url = data_url(shot(1, 160, 64), kind)
        refused(asker.read(url), 400, "invalid_image_url", "image_url")
        refused(asker.shown(url), 400, "invalid_image_url", "messages.0.content.0.image_url")


@row(33)
def half_a_data_url(asker: Asker) -> None:
    body = base64.b64encode(shot(1, 160, 64)).decode()
    for url in (
        "data:",
        "data:image/png",
        f"data:image/png;base64{body}",
        f"data:image/png,{body}",
        "data:,",
        "data:;,",
    ):
        refused(asker.read(url), 400, "invalid_image_url", "image_url")
        refused(asker.shown({"url": url}), 400, "invalid_image_url", "messages.0.content.0.image_url")


@row(34)
def wrong_base64(asker: Asker) -> None:
    """Strict, but for padding that is missing altogether, which many clients leave out."""
    data = shot(5, 160, 64)
    data += b"\xff\xfe\xfb" + b"\0" * (
        1 - (len(data) + 3) % 3 + 3
    )  # its text has both of the letters that vary, and padding
    body = base64.b64encode(data).decode()
    assert body.endswith("=") and "/" in body
    bad = (
        body.replace("/", "_").replace("+", "-"), body[:-9] + "!" + body[-8:], body[:-9] + " " + body[-8:],
        body[:80] + "\n" + body[80:], body + "=", "=" + body, body + "====", body.rstrip("=")[:-1] + "\u00e9", "A", "AAAAA", "A=", "%41%41",
    )  # fmt: skip
    for text in bad:
        refused(asker.read(f"data:image/png;base64,{text}"), 400, "invalid_base64", "image_url")
    fine(asker.read(f"data:image/png;base64,{body}"))
    fine(asker.read(f"data:image/png;base64,{body.rstrip('=')}"))


@row(35)
def no_type_at_all(asker: Asker) -> None:
    body = base64.b64encode(shot(6, 160, 64)).decode()
    for head in ("data:;base64,", "DATA:;BASE64,", "data:image/png;charset=utf-8;base64,", "data: image/png ;base64,"):
        fine(asker.read(head + body))


@row(36)
def a_bare_text(asker: Asker) -> None:
    """Choice: a text is as good as an object that holds it."""
    url = data_url(shot(7, 160, 64))
    fine(asker.read(url))
    fine(asker.read({"url": url}))
    fine(asker.shown(url))
    fine(asker.shown({"url": url, "detail": "low"}))


@row(37)
def no_url(asker: Asker) -> None:
    urls: tuple[Any, ...] = (
        "malformed",
        "",
        None,
        "A" * 10_000_000,
        {},
        {"url": None},
        {"url": 7},
        [],
        7,
        True,
        " ",
        "data",
        "//x",
    )
    for url in urls:
        refused(asker.read(url), 400, "invalid_image_url", "image_url")
        refused(asker.shown(url), 400, "invalid_image_url", "messages.0.content.0.image_url")


@row(43)
def too_many(asker: Asker) -> None:
    """Refused before any is decoded: the counter of decoded pictures stands still."""
    part = {"type": "image_url", "image_url": {"url": data_url(odd.one_bit(1, 1))}}
    name = "image_decode_seconds_count"
    most, before = asker.pictures, asker.metrics().get(name, 0.0)
    for number in (most + 1, 11, 500):
        where = f"messages.0.content.{most}.image_url"
        refused(asker.chat([part] * number), 400, "too_many_images", where)
    spread = [{"role": "user", "content": [part]}] * (most + 1)
    refused(asker.chat(messages=spread), 400, "too_many_images", f"messages.{most}.content.0.image_url")
    assert asker.metrics().get(name, 0.0) == before
    fine(asker.chat([part] * most))


@row(44)
def too_much_in_all(asker: Asker) -> None:
    """50 megapixels a request: each of three fits, all of them do not."""
    if asker.pictures < 3:
        pytest.skip("the model takes fewer pictures")
    part = {"type": "image_url", "image_url": {"url": data_url(odd.one_bit(4600, 4600))}}
    name = "image_decode_seconds_count"
    before = asker.metrics().get(name, 0.0)
    refused(asker.chat([part] * 3), 400, "request_too_large", "messages.0.content.2.image_url")
    assert asker.metrics().get(name, 0.0) == before


@row(71)
def one_file_for_one_shape(asker: Asker) -> None:
    """The same pixels in two shapes, and the same file under two keys: nobody gets another's answer."""
    pixels = picture(30, 100, 71).tobytes()
    from PIL import Image

    two = [encode(Image.frombytes("RGB", size, pixels), "BMP") for size in ((30, 100), (100, 30))]
    assert two[0][54:150] != two[1][54:150] and len(pixels) == 9000
    for data, size in zip(two, ((30, 100), (100, 30)), strict=True):
        image = fine(asker.post("/v1/read", files={"image": data}))["image"]
        assert (image["width"], image["height"]) == size
    if asker.server.other_key is None:
        return
    name, other = "result_cache_hits_total", {"authorization": f"Bearer {asker.server.other_key}"}
    before = asker.metrics().get(name, 0.0)
    fine(asker.post("/v1/read", files={"image": two[0]}, headers=other))
    assert asker.metrics().get(name, 0.0) == before
    fine(asker.post("/v1/read", files={"image": two[0]}))
    assert asker.metrics().get(name, 0.0) == before + 1
