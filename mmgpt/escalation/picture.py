"""The picture as it is sent: scaled down where it is large, PNG where that is small enough, without metadata."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    import numpy as np

MOST_PNG = 1_500_000
"""Bytes up to which a picture is sent without loss; photographs and very busy screens become JPEG."""
_QUALITY = 90


@dataclass(frozen=True)
class Encoded:
    """A file: its bytes, its media type, and by how much it was scaled (1 where it was not)."""

    data: bytes
    media_type: str
    scale: float

    @property
    def extension(self) -> str:
        """What such files end in."""
        return ".png" if self.media_type == "image/png" else ".jpg"


def encode(image: np.ndarray, max_side: int) -> Encoded:
    """RGB uint8 [H, W, 3] -> a file whose longer side has at most `max_side` pixels. The same picture gives the same bytes."""
    picture = Image.fromarray(image)
    scale = min(1.0, max_side / max(picture.size))
    if scale < 1:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    data = _saved(picture, "PNG", optimize=True)
    if len(data) <= MOST_PNG:
        return Encoded(data, "image/png", scale)
    return Encoded(_saved(picture, "JPEG", quality=_QUALITY, subsampling=0), "image/jpeg", scale)


def _saved(picture: Image.Image, form: str, **options: int | bool) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()
