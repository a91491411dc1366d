"""Pictures between the browser and the backend: uploads are read once and deleted, what is shown is drawn anew from pixels."""

from __future__ import annotations

import base64
import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from mmgpt.commands.console import one_line
from mmgpt.serve.errors import ServiceError
from mmgpt.ui.environment import uploads

if TYPE_CHECKING:
    import numpy as np

WIDEST = 1600
"""Pixels of the longer side of what is shown; the model sees the picture as it is."""
TALLEST = 6000
_PNG = 1_500_000  # bytes up to which a picture is shown without loss
TYPES = [".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"]


def take(path: str | Path, limit: int, *, delete: bool = True) -> bytes:
    """The bytes of an uploaded file, which is deleted. Raises ServiceError for what is no upload of this page, or too large.

    `delete=False` is for files of ours (examples). A link is followed nowhere.
    """
    path = Path(path)
    if delete and not path.resolve().is_relative_to(uploads().resolve()):
        raise ServiceError(400, "invalid_image", "This is no upload of this page: drop the picture here.")
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError
            data = file.read(limit + 1)
    except OSError:
        raise ServiceError(410, "picture_gone", "This upload is no longer kept: drop the picture here again.") from None
    finally:
        if delete:
            path.unlink(missing_ok=True)
    if len(data) > limit:
        text = f"The picture has more than {limit / 2**20:g} MiB, which is the limit here: crop it or save it smaller."
        raise ServiceError(413, "request_too_large", text)
    return data


def shown_name(path: str | Path | None) -> str:
    """What a file is called on the page, as one short line."""
    name = one_line(Path(path).name) if path else ""
    return (name if len(name) <= 80 else f"{name[:40]}…{name[-36:]}") or "screenshot"


def scaled(pixels: np.ndarray, widest: int = WIDEST) -> tuple[bytes, str]:
    """RGB uint8 [H, W, 3] → a file to look at, and its media type: PNG, or JPEG where that would be large."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    factor = min(1.0, widest / picture.width, TALLEST / picture.height)
    if factor < 1:
        size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=4)
    if buffer.tell() > _PNG:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=88)
        return buffer.getvalue(), "image/jpeg"
    return buffer.getvalue(), "image/png"


def data_url(data: bytes, kind: str) -> str:
    """Bytes as a data: URL."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def thumbnail(pixels: np.ndarray, widest: int = 640) -> str:
    """A small copy as a data: URL."""
    return data_url(*scaled(pixels, widest))
