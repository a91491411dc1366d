"""From the pictures of a request to pixels, in steps, so that limits are judged for all of them before any is decoded:

count ─ bytes of each (data URL, upload, fetched) ─ sizes as the headers declare them ─ decoding, in its own process
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmgpt.serve.decoding import declared
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.remote import Fetcher
from mmgpt.serve.settings import Settings

if TYPE_CHECKING:
    from starlette.requests import Request

    from mmgpt.serve.backend import Backend
    from vision.image import LoadedImage

_HEAD = re.compile(r"data:(?P<type>[^;,]*)(?P<rest>(?:;[^;,]*)*),", re.IGNORECASE)
_TYPE = re.compile(r"(?:image/[a-z0-9.+-]+)?", re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_LONGEST_HEAD = 256
_LONGEST_URL = 8192


@dataclass
class Budget:
    """What one request may still hold. Take one for each request with `Budget.of(request)`."""

    settings: Settings
    backend: Backend
    observer: Any
    fetcher: Fetcher
    pictures: int = 0
    pixels: int = 0
    size: int = 0

    @classmethod
    def of(cls, request: Request) -> Budget:
        """A fresh budget with the limits of the request's server."""
        state = request.app.state
        return cls(state.settings, state.backend, state.observer, state.door.fetcher)

    def count(self, number: int, param: str | None = None) -> None:
        """`number` more pictures are coming. Raises ServiceError (400 too_many_images)."""
        self.pictures += number
        if self.pictures > self.settings.max_pictures:
            raise ServiceError(
                400,
                "too_many_images",
                f"The request has more than {self.settings.max_pictures} pictures, which is the limit here.",
                param=param,
            )

    def hold(self, data: bytes, param: str | None = None) -> None:
        """Counts a picture's bytes and declared pixels. Raises ServiceError (400) for what its header alone rules out, and
        request_too_large."""
        limits = self.settings
        self.size += len(data)
        if self.size > limits.max_body_bytes:
            raise _over("bytes", f"{limits.max_body_bytes / 2**20:g} MiB", param)
        found = declared(data, max_pixels=limits.max_pixels, max_bytes=limits.max_body_bytes, param=param)
        self.pixels += found.pixels
        if self.pixels > limits.max_request_pixels:
            raise _over("pixels", f"{limits.max_request_pixels / 1e6:g} million", param)


async def pictures_of(parts: Sequence[tuple[Any, str]], budget: Budget) -> list[LoadedImage]:
    """All pictures of a request, from its `image_url` parts (a URL, or an object with `url`) with their params, in order.

    Raises ServiceError; none is decoded unless all fit the request's limits.
    """
    budget.count(
        len(parts), parts[budget.settings.max_pictures][1] if len(parts) > budget.settings.max_pictures else None
    )
    found = []
    for part, param in parts:
        data = await bytes_of(part, param, budget)
        with _counted(budget):
            budget.hold(data, param)
        found.append((data, param))
    return [await budget.backend.picture(data, param=param) for data, param in found]


async def from_url(part: Any, param: str, budget: Budget) -> LoadedImage:
    """One picture from an `image_url` part. Raises ServiceError."""
    return (await pictures_of([(part, param)], budget))[0]


async def from_bytes(data: bytes, param: str, budget: Budget) -> LoadedImage:
    """One picture from an uploaded file's bytes. Raises ServiceError."""
    budget.count(1, param)
    with _counted(budget):
        budget.hold(data, param)
    return await budget.backend.picture(data, param=param)


async def bytes_of(part: Any, param: str, budget: Budget) -> bytes:
    """The file behind an `image_url` part. Raises ServiceError (400)."""
    with _counted(budget):
        url = url_of(part, param)
        scheme = url[:6].lower()
        if scheme.startswith("data:"):
            return data_url(url, param)
        if not url.lower().startswith(("http://", "https://")) or len(url) > _LONGEST_URL:
            raise _invalid("An image_url must be a data URL, as data:image/png;base64,…", param)
        if not budget.settings.media_hosts:
            raise ServiceError(
                400,
                "remote_images_disabled",
                "This server does not fetch pictures. Send the picture itself as a data URL.",
                param=param,
            )
        return await budget.fetcher.fetch(url, budget.settings.max_body_bytes - budget.size, param)


def url_of(part: Any, param: str) -> str:
    """The URL of an `image_url` part, which is the URL itself or an object that holds it. Raises ServiceError (400)."""
    if not isinstance(part, str | Mapping) and hasattr(part, "url"):
        part = part.url
    url = part.get("url") if isinstance(part, Mapping) else part
    if not isinstance(url, str) or not url:
        raise _invalid("An image_url must hold a URL.", param)
    return url


def data_url(url: str, param: str | None = None) -> bytes:
    """The bytes of a data URL whose type is a picture's or left out. Raises ServiceError (400).

    Base64 is taken strictly (RFC 4648, section 4): one text, one reading. Only missing padding is forgiven, since many clients drop it.
    """
    head = _HEAD.match(url, 0, _LONGEST_HEAD)
    if head is None:
        raise _invalid("The data URL has no comma between its type and its data.", param)
    if not _TYPE.fullmatch(head["type"].strip()):
        raise _invalid("The data URL's type is not that of a picture, as image/png.", param)
    if head["rest"].split(";")[-1].strip().lower() != "base64":
        raise _invalid("The data URL must say ;base64 before its comma.", param)
    try:
        text = url[head.end() :].encode("ascii")
    except UnicodeEncodeError:
        raise _base64(param) from None
    if not _BASE64.fullmatch(text):
        raise _base64(param)
    rest = len(text) % 4
    if text.endswith(b"=") and rest:
        raise _base64(param)
    try:
        return binascii.a2b_base64(text + b"=" * (-rest % 4))
    except binascii.Error:
        raise _base64(param) from None


class _counted:
    """Counts what is refused here, as decoding counts what it refuses."""

    def __init__(self, budget: Budget) -> None:
        self.observer = budget.observer

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, ServiceError):
            self.observer.count("image_rejected", code=error.code)


def _invalid(message: str, param: str | None) -> ServiceError:
    return ServiceError(400, "invalid_image_url", message, param=param)


def _base64(param: str | None) -> ServiceError:
    return ServiceError(400, "invalid_base64", "The data URL's base64 is not valid.", param=param)


def _over(what: str, limit: str, param: str | None) -> ServiceError:
    return ServiceError(
        400, "request_too_large", f"The request's pictures have more {what} than the limit here, {limit}.", param=param
    )
