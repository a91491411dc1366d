"""Pictures that a record names: paths in a folder, file:// and data: URLs, bytes. Nothing is ever fetched."""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from train.data.sources.record import Broken, Picture

_DATA = re.compile(r"data:(image/[\w.+-]+)?(;[\w=.-]+)*;base64,", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


class PictureFolder:
    """Finds pictures by what a record says of them; paths are relative to `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, named: Any) -> Picture:
        """A path, a URL, bytes, or {"path", "bytes"} as datasets has it. Raises Broken for what leads out of the folder or to the web."""
        if isinstance(named, dict):
            data = named.get("bytes")
            named = data if data is not None else named.get("path") or named.get("url")
        if isinstance(named, bytes | bytearray | memoryview):
            return Picture("a picture of the record", data=bytes(named))
        if not isinstance(named, str):
            raise Broken("wrong type", f"a picture is {type(named).__name__}, not a path, a URL or bytes")
        if not named.strip() or "\0" in named:
            raise Broken("missing picture", "a picture has an empty or impossible path")
        if named[:5].lower() == "data:":
            return Picture("a picture of the record", data=from_data_url(named))
        if named[:5].lower() == "file:":
            parts = urlsplit(named)
            if parts.netloc not in ("", "localhost"):
                raise Broken("missing picture", f"{named[:200]} is on another machine")
            return Picture(named[:200], path=Path(unquote(parts.path)))
        if _SCHEME.match(named) and "://" in named[:20]:
            raise Broken("missing picture", f"{named[:200]} is not fetched: save it and name the file")
        path = Path(named)
        if path.is_absolute():
            return Picture(named[:200], path=path)
        inside = os.path.normpath(named)
        if inside == ".." or inside.startswith(".." + os.sep):
            raise Broken("missing picture", f"{named[:200]} leads out of the folder of pictures")
        return Picture(named[:200], path=self.folder / inside)


def from_data_url(url: str) -> bytes:
    """The bytes of a data: URL in base64. Raises Broken."""
    head = _DATA.match(url[:200])
    if head is None:
        raise Broken("picture", "a data: URL that is no picture in base64")
    try:
        return base64.b64decode("".join(url[head.end() :].split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Broken("picture", f"a data: URL whose base64 is damaged ({error})") from error
