"""Why a picture is not taken, as the client is told: codes and fixed sentences of ours with our limits in them."""

from __future__ import annotations

from mmgpt.serve.errors import ServiceError
from vision.image import MAX_SIDE

FORMATS = "PNG, JPEG, WebP, GIF and BMP"
_AGAIN = "save or send the picture again"

DECODE_FAILED = "image_decode_failed"


def refusal(
    code: str,
    *,
    format: str = "",
    max_pixels: int = 0,
    max_bytes: int = 0,
    param: str | None = None,
    name: str = "the picture",
) -> ServiceError:
    """The error for a code of `vision.image.ImageError`, or for `image_decode_failed`. `format` is the sniffed one, `name` a phrase of
    ours that the sentence begins with."""
    subject = name[:1].upper() + name[1:]
    if code == "empty":
        return _error("invalid_image", f"{subject} is empty (0 bytes): {_AGAIN}.", param)
    if code in ("not_an_image", "unsupported"):
        text = f"{subject} is in no format that is read ({FORMATS}): convert it to PNG."
        return _error("invalid_image_format", text, param)
    if code == "too_many_pixels":
        text = f"{subject} has more than {max_pixels / 1e6:g} million pixels: crop it or scale it down."
        return _error("image_too_large", text, param)
    if code == "too_long_side":
        return _error("image_too_large", f"{subject} has a side of more than {MAX_SIDE} pixels: cut it up.", param)
    if code == "too_many_bytes":
        text = f"{subject} has more than {max_bytes / 2**20:g} MiB: crop it or save it smaller."
        return _error("image_too_large", text, param)
    if code == DECODE_FAILED:
        return _error(DECODE_FAILED, f"{subject} could not be decoded within the limits: {_AGAIN} as PNG.", param)
    # libwebp does not say whether a file is damaged or cut, so that a WebP is called damaged in both cases.
    if code == "truncated" and format != "WEBP":
        return _error("image_truncated", f"{subject} breaks off before its end: {_AGAIN}.", param)
    return _error("invalid_image", f"{subject} is damaged: {_AGAIN}.", param)


def _error(code: str, message: str, param: str | None) -> ServiceError:
    return ServiceError(400, code, message, param=param)
