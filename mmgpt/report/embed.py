"""Pictures for a report in one file: scaled down and encoded small enough that the whole stays within its limit."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

STEPS = ((1280, 80), (1280, 60), (960, 60), (640, 50))
"""(width in pixels, quality): what is tried in turn until a picture fits its share."""
HIGHEST = 8000
"""Pixels in height at most, whatever the width: long screenshots stay below the 16,383 of WebP."""


@dataclass(frozen=True)
class Embedded:
    """A picture as a data URI, and the size in pixels of what is in it."""

    uri: str
    width: int
    height: int


def embed(pixels: np.ndarray, room: int) -> Embedded | None:
    """The picture (RGB uint8 [H, W, 3]) as a data URI of at most `room` characters; None where none fits.

    WebP where Pillow has it, which keeps screen text legible at a third of JPEG's size; JPEG otherwise. No metadata
    comes along: what is encoded are the pixels.
    """
    from PIL import Image

    whole = Image.fromarray(pixels)
    for width, quality in STEPS:
        picture = _scaled(whole, width)
        kind, data = _encoded(picture, quality)
        uri = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
        if len(uri) <= room:
            return Embedded(uri, picture.width, picture.height)
    return None


class Budget:
    """Shares the bytes of a report out among the pictures that are still to come. What one leaves, the next ones get."""

    def __init__(self, limit: int, pictures: int) -> None:
        self._left = limit
        self._pictures = max(pictures, 1)

    @property
    def share(self) -> int:
        """The characters that the next picture may take: four times the even share, while there is that much."""
        return min(self._left, 4 * self._left // self._pictures)

    def take(self, used: int) -> None:
        """One picture is done and took that many characters."""
        self._left = max(self._left - used, 0)
        self._pictures = max(self._pictures - 1, 1)


def _scaled(picture: Image.Image, width: int) -> Image.Image:
    factor = min(1.0, width / picture.width, HIGHEST / picture.height)
    if factor == 1.0:
        return picture
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture.resize(size, resample=3)  # bicubic: Pillow widens it to all pixels that fall together


def _encoded(picture: Image.Image, quality: int) -> tuple[str, bytes]:
    buffer = io.BytesIO()
    if _has_webp():
        picture.save(buffer, "WEBP", quality=quality, method=3)
        return "webp", buffer.getvalue()
    picture.save(buffer, "JPEG", quality=quality, optimize=True)
    return "jpeg", buffer.getvalue()


@cache
def _has_webp() -> bool:
    from PIL import features

    return bool(features.check("webp"))
