"""One record: what was said about which pictures. Nothing is decoded before it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt.chat import Message

if TYPE_CHECKING:
    import numpy as np

    from train.data.conversation.screen import Screen
    from vision.image import LoadedImage
    from vision.reader.types import Line

LONGEST_TEXT = 200_000  # characters of one message: more is no conversation, and would take minutes to cut into tokens


class Broken(ValueError):
    """A record that cannot be used. `reason` is one word or two for counting, `str()` one line that says what is wrong, `key` the
    record, where it is known."""

    def __init__(self, reason: str, detail: str, key: str = "") -> None:
        super().__init__(detail)
        self.reason, self.key = reason, key


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that is not decoded yet: a file, bytes, pixels (uint8 RGB [H, W, 3]), or only the lines that once were read in it."""

    name: str
    path: Path | None = None
    data: bytes | None = None
    pixels: np.ndarray | None = None
    lines: tuple[Line, ...] = ()

    def bytes(self) -> bytes | None:
        """The file as it is; None for pixels and lines. Raises Broken where it cannot be read."""
        if self.data is not None or self.path is None:
            return self.data
        from vision.image import MAX_BYTES

        try:
            if not self.path.is_file():
                raise Broken("missing picture", f"{self.name} does not exist or is no file")
            if self.path.stat().st_size > MAX_BYTES:
                raise Broken("picture", f"{self.name} has more than {MAX_BYTES >> 20} MiB")
            return self.path.read_bytes()
        except (OSError, ValueError) as error:
            if isinstance(error, Broken):
                raise
            raise Broken("missing picture", f"{self.name} cannot be read ({error})") from error

    def key(self) -> str:
        """SHA-256 of the bytes, of the pixels, or of the lines."""
        data = self.bytes()
        if data is not None:
            return hashlib.sha256(data).hexdigest()
        if self.pixels is not None:
            return hashlib.sha256(repr(self.pixels.shape).encode() + self.pixels.tobytes()).hexdigest()
        return hashlib.sha256(repr([(line.text, line.box) for line in self.lines]).encode()).hexdigest()

    def load(self) -> LoadedImage:
        """Decoded as any stranger's picture is. Raises Broken for one that is missing, cut off, damaged, or larger than is sane."""
        from vision.image import ImageError, load_image

        data = self.bytes()
        if data is None:
            raise Broken("picture", f"{self.name} has no pixels")
        try:
            return load_image(data)
        except ImageError as error:
            detail = str(error).replace("the picture", self.name, 1)
            raise Broken("missing picture" if error.code == "missing" else f"picture {error.code}", detail) from error


@dataclass(frozen=True, eq=False)
class Record:
    """A conversation: `messages` whose parts are text and `Picture`s. `key` names it in its source.

    `rejected`: another answer in place of the last one, which is worse (preference pairs). `screen`: instead of messages, what makes a
    described screen of what was perceived of `picture`, to be asked about.
    """

    key: str
    messages: tuple[Message, ...] = ()
    rejected: str | None = None
    picture: Picture | None = None
    screen: Callable[[Any], Screen] | None = None

    @property
    def pictures(self) -> list[Picture]:
        """In the order in which they are shown."""
        if self.picture is not None:
            return [self.picture]
        return [part for message in self.messages for part in message.parts if isinstance(part, Picture)]


def keyed(key: str, read: Callable[[], Record]) -> Record:
    """What `read` makes; the Broken that it raises knows the key."""
    try:
        return read()
    except Broken as error:
        error.key = error.key or key
        raise
