"""From Python's values to requests, without sending them: what both clients share."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Union

from mmgpt.schema import Diagnosis

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

Picture = Union[str, Path, bytes, BinaryIO, "Image.Image", "np.ndarray"]
"""A file's path, a file's bytes, an open file, a Pillow image, or an array: uint8 [H, W], [H, W, 3] or [H, W, 4]."""
Named = tuple[str, bytes]
File = tuple[str, tuple[str, bytes, str]]

BATCH_BYTES = 12 * 2**20
"""Of pictures in one request about a job: well below the 20 MiB that servers take by default."""
BATCH_PICTURES = 500
DEFAULT_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Call:
    """A request: `files` and `data` make a form, `json` a body of JSON."""

    method: str
    path: str
    json: Any = None
    data: dict[str, str] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of `httpx.Client.request`."""
        found: dict[str, Any] = {"method": self.method, "url": self.path, "headers": self.headers}
        if self.json is not None:
            found["json"] = self.json
        if self.files:
            found["files"] = self.files
            found["data"] = self.data
        if self.params:
            found["params"] = self.params
        return found


def base_url(url: str | None) -> str:
    """The server's address without `/v1`: as given, or $MMGPT_URL, or this machine. Raises ValueError."""
    found = (url or os.environ.get("MMGPT_URL") or DEFAULT_URL).rstrip("/").removesuffix("/v1")
    if not found.startswith(("http://", "https://")):
        raise ValueError(f"{found!r} is no address of a server - write it as in {DEFAULT_URL}")
    return found


def key_headers(api_key: str | None) -> dict[str, str]:
    """The header that shows the key: as given, or $MMGPT_API_KEY, or none. Raises ValueError for a key that no header can hold."""
    key = api_key if api_key is not None else os.environ.get("MMGPT_API_KEY", "")
    if not key:
        return {}
    if any(not "!" <= letter <= "~" for letter in key):
        raise ValueError("the key has blanks or letters beyond ASCII - check where it was copied from")
    return {"authorization": f"Bearer {key}"}


def named_bytes(picture: Picture) -> Named:
    """A name and a file's bytes. Raises OSError for a file that cannot be read, TypeError for what is no picture."""
    if isinstance(picture, str | os.PathLike):
        path = Path(picture)
        return path.name, path.read_bytes()
    if isinstance(picture, bytes | bytearray | memoryview):
        return "image", bytes(picture)
    if hasattr(picture, "__array_interface__") and not hasattr(picture, "save"):
        from PIL import Image

        return "image.png", _png(Image.fromarray(picture))  # type: ignore[arg-type]
    if hasattr(picture, "save"):
        return "image.png", _png(picture)
    if hasattr(picture, "read"):
        data = picture.read()
        if isinstance(data, bytes):
            return os.path.basename(str(getattr(picture, "name", "image"))), data
    raise TypeError(
        f"a picture is a path, bytes, an open binary file, a Pillow image or a uint8 array, not {type(picture).__name__}"
    )


def _png(image: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _file(named: Named) -> File:
    return "image", (named[0], named[1], "application/octet-stream")


def picture_part(picture: Picture) -> dict[str, Any]:
    """A part of a chat message's content that shows a picture, as a data URL."""
    data = named_bytes(picture)[1]
    url = "data:image/png;base64," + base64.b64encode(data).decode(
        "ascii"
    )  # the server looks at the bytes, not at this type
    return {"type": "image_url", "image_url": {"url": url}}


# -- the requests --------------------------------------------------------------------------------------------------------------


def about(path: str, picture: Picture, **fields: Any) -> Call:
    """A form with one picture; fields that are None are left out, booleans become true and false."""
    texts = {
        name: ("true" if value else "false") if isinstance(value, bool) else str(value)
        for name, value in fields.items()
        if value is not None
    }
    return Call("POST", path, data=texts, files=[_file(named_bytes(picture))])


def diagnose(picture: Picture, question: str | None, context: str | Mapping[str, str] | None, mask: bool) -> Call:
    """POST /v1/diagnose. A context of several values goes as JSON, which forms cannot hold."""
    options = {"question": question, "mask_secrets": mask or None}
    if isinstance(context, Mapping):
        body = {"image_url": picture_part(picture)["image_url"]["url"], "context": dict(context), **options}
        return Call("POST", "/v1/diagnose", json={name: value for name, value in body.items() if value is not None})
    return about("/v1/diagnose", picture, context=context, **options)


def correct(diagnosis: Diagnosis | Mapping[str, Any], values: Mapping[str, Any], scope: str, note: str) -> Call:
    """POST /v1/corrections."""
    found = diagnosis.to_dict() if isinstance(diagnosis, Diagnosis) else dict(diagnosis)
    body: dict[str, Any] = {"diagnosis": found, "values": dict(values), "scope": scope}
    if note:
        body["note"] = note
    return Call("POST", "/v1/corrections", json=body)


def chat(messages: str | Sequence[Mapping[str, Any]], picture: Picture | None, options: Mapping[str, Any]) -> Call:
    """POST /v1/chat/completions. A text becomes one message, with the picture before it."""
    if isinstance(messages, str):
        parts: list[Any] = [] if picture is None else [picture_part(picture)]
        said: Any = [*parts, {"type": "text", "text": messages}] if parts else messages
        messages = [{"role": "user", "content": said}]
    elif picture is not None:
        raise TypeError("a picture beside several messages: put it into the message it belongs to, by picture_part(…)")
    body = {"messages": [dict(message) for message in messages], **options}
    return Call("POST", "/v1/chat/completions", json=body)


def batches(pictures: Iterable[Picture]) -> Iterator[tuple[list[File], bool]]:
    """The pictures of a job in requests that servers take, each with whether more follow. Files are read when their batch's turn comes."""
    batch: list[File] = []
    size = 0
    for picture in pictures:
        named = named_bytes(picture)
        if batch and (size + len(named[1]) > BATCH_BYTES or len(batch) >= BATCH_PICTURES):
            yield batch, True
            batch, size = [], 0
        batch.append(_file(named))
        size += len(named[1])
    if not batch:
        raise ValueError("a job needs at least one picture")
    yield batch, False


def job_call(job: str | None, files: list[File], more: bool, task: str, question: str | None, mask: bool) -> Call:
    """POST /v1/jobs, or further pictures of the job."""
    data = {"more": "true" if more else "false"}
    if job is not None:
        return Call("POST", f"/v1/jobs/{job}/pictures", data=data, files=files)
    data["task"] = task
    if question is not None:
        data["question"] = question
    if mask:
        data["mask_secrets"] = "true"
    return Call("POST", "/v1/jobs", data=data, files=files)
