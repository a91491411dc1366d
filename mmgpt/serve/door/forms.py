"""Bodies of multipart/form-data, taken apart in memory: nothing of them is ever written to a disk that may be full or read-only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request

from mmgpt.serve.door.jsons import content_type, refuse_encoded
from mmgpt.serve.errors import ServiceError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_PARTS = 64
MAX_FIELD_BYTES = 256 * 2**10
_SAFE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_BROKEN = ServiceError(400, "invalid_form", "The body is not a whole multipart/form-data form.")


@dataclass(frozen=True)
class Upload:
    """One file of a form. `filename` is what the client calls it: never a path to open, and at most its last part is kept."""

    field: str
    filename: str | None
    data: bytes


@dataclass
class Form:
    """A form: texts by name, files in order."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[Upload] = field(default_factory=list)


async def form_body(
    request: Request, *, files: frozenset[str] = frozenset({"image"}), many: bool = False, max_parts: int = MAX_PARTS
) -> Form:
    """The request's form. Parts whose names are in `files` are files, with or without a file name; all others are UTF-8 texts.

    Raises ServiceError: 415 unsupported_media_type, 400 invalid_form for a broken form, too many parts, an overlong text, or a name
    twice (files may come several times with `many`), 400 unsupported_parameter for a file under another name.
    """
    refuse_encoded(request)
    if content_type(request) != "multipart/form-data":
        raise ServiceError(415, "unsupported_media_type", "The body must be multipart/form-data or JSON.")
    taker = _Taker(max_parts)
    _parse(request.headers["content-type"], await request.body(), taker)
    form = Form()
    seen: set[str] = set()
    for part in taker.parts:
        name = part.name if _SAFE.fullmatch(part.name) else None
        if name in files:
            if name in seen and not many:
                raise ServiceError(400, "invalid_form", "The form has this file more than once.", param=name)
            form.files.append(Upload(name or "", part.filename, bytes(part.data)))
        elif part.filename is not None or name is None:
            raise ServiceError(400, "unsupported_parameter", "The form has a part that is not taken here.", param=name)
        elif name in seen:
            raise ServiceError(400, "invalid_form", "The form has this field more than once.", param=name)
        else:
            form.fields[name] = _text(part.data, name)
        seen.add(name or "")
    return form


def _text(data: bytearray, name: str) -> str:
    if len(data) > MAX_FIELD_BYTES:
        raise ServiceError(400, "invalid_form", f"`{name}` has more than {MAX_FIELD_BYTES >> 10} KiB.", param=name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ServiceError(400, "invalid_form", f"`{name}` is not UTF-8.", param=name) from None


@dataclass
class _Part:
    name: str = ""
    filename: str | None = None
    data: bytearray = field(default_factory=bytearray)


class _Taker:
    """Collects what the parser finds."""

    def __init__(self, max_parts: int) -> None:
        self.max_parts = max_parts
        self.parts: list[_Part] = []
        self.ended = False
        self._name, self._value = b"", b""

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self.parts[-1].data.extend(memoryview(data)[start:end]),
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) >= self.max_parts:
            raise ServiceError(400, "invalid_form", f"The form has more than {self.max_parts} parts.")
        self.parts.append(_Part())

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        from python_multipart.multipart import parse_options_header

        if self._name.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            part = self.parts[-1]
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                part.filename = _last(options[b"filename"].decode("utf-8", "replace"))
        self._name, self._value = b"", b""

    def _end(self) -> None:
        self.ended = True


def _last(filename: str) -> str:
    """The last part of a path of any system, printable and short."""
    name = re.split(r"[/\\]", filename)[-1]
    return "".join(c for c in name if c.isprintable())[:120]


def _parse(kind: str, body: bytes, taker: _Taker) -> None:
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    _, options = parse_options_header(kind)
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 200:
        raise _BROKEN
    try:
        parser = MultipartParser(boundary, taker.callbacks())
        parser.write(body)
        parser.finalize()
    except (FormParserError, UnicodeError, ValueError):
        raise _BROKEN from None
    if not taker.ended:
        raise _BROKEN
