"""What a picture's header says, judged before anything is decoded: microseconds, whatever the picture's size."""

from __future__ import annotations

from typing import NamedTuple

from mmgpt.serve.decoding.refusals import refusal
from vision.image import MAX_BYTES, MAX_PIXELS, MAX_SIDE
from vision.image_header import declared_size, sniff


class Declared(NamedTuple):
    """Format (PNG, JPEG, WEBP, GIF, BMP), width and height in pixels as the header has them, before any EXIF turn."""

    format: str
    width: int
    height: int

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height


def declared(
    data: bytes,
    *,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    param: str | None = None,
    name: str = "the picture",
) -> Declared:
    """Format and size. Raises ServiceError for what can be refused by its first bytes and its header alone."""

    def refused(code: str, format: str = "") -> Exception:
        return refusal(code, format=format, max_pixels=max_pixels, max_bytes=max_bytes, param=param, name=name)

    if not data:
        raise refused("empty")
    if len(data) > max_bytes:
        raise refused("too_many_bytes")
    format = sniff(data)
    if format is None:
        raise refused("not_an_image")
    size = declared_size(data, format)
    if size is None or min(size) < 1:
        raise refused("damaged")
    if size[0] * size[1] > max_pixels:
        raise refused("too_many_pixels")
    if max(size) > MAX_SIDE:
        raise refused("too_long_side")
    return Declared(format, *size)
