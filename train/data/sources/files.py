"""Files of records: LLaVA's JSON, chat messages as JSON lines, and what `mmgpt correct --export` wrote."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from mmgpt.chat import Message
from train.data.sources.base import Listed
from train.data.sources.folder import PictureFolder
from train.data.sources.parse import checked_text, conversation
from train.data.sources.record import Broken, Picture, Record, keyed
from vision.reader.types import Line

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")


class LlavaFile(Listed):
    """A JSON file with a list of records; pictures are relative to `images` (the file's own folder by default).

    Raises FileNotFoundError, and ValueError for a file that is no list in JSON.
    """

    def __init__(self, name: str, path: Path, images: Path | None = None) -> None:
        # Bytes that are no UTF-8 become lone surrogates, so that they spoil the records that they stand in and no others.
        text = _bytes(path).removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is no JSON ({error}); a file of JSON lines ends in .jsonl") from error
        if not isinstance(rows, list):
            raise ValueError(f"{path} holds {type(rows).__name__}, not a list of records")
        if not rows:
            raise ValueError(f"{path} holds no records")
        super().__init__(name, len(rows))
        self.rows, self.file, self.find = rows, path.name, PictureFolder(images or path.parent)

    def read(self, place: int) -> Record:
        """Record `place` of the list. Raises Broken."""
        row = self.rows[place]
        own = row.get("id") if isinstance(row, dict) else None
        key = f"{self.file}[{place}]" + (f" id {str(own)[:60]}" if own is not None else "")
        return parsed(key, row, self.find)


class LinesFile(Listed):
    """JSON lines, read line by line when their turn comes. Empty lines are none. Raises FileNotFoundError, ValueError without any."""

    def __init__(self, name: str, path: Path, images: Path | None = None) -> None:
        self.path, self.find = path, PictureFolder(images or path.parent)
        self.offsets = _line_starts(path)
        if not self.offsets:
            raise ValueError(f"{path} holds no records")
        super().__init__(name, len(self.offsets))

    def row(self, place: int) -> Any:
        """The JSON value of a line. Raises Broken."""
        with self.path.open("rb") as handle:
            handle.seek(self.offsets[place][1])
            data = handle.readline()
        try:
            return json.loads(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
        except UnicodeDecodeError as error:
            raise Broken("not UTF-8", f"the line is not UTF-8 (byte {error.start})") from error
        except (ValueError, RecursionError) as error:
            raise Broken("not JSON", f"the line is no JSON ({str(error)[:100]})") from error

    def key(self, place: int) -> str:
        """The line as people count them."""
        return f"{self.path.name}:{self.offsets[place][0]}"

    def read(self, place: int) -> Record:
        """The chat, or pair of answers, of a line. Raises Broken."""
        key = self.key(place)
        return keyed(key, lambda: parsed(key, self.row(place), self.find))


class CorrectionsFile(LinesFile):
    """Preference pairs as `mmgpt correct --export` writes them, a row a corrected field.

    Pictures are known by their SHA-256: those in `images` are found by it, others are seen by the lines that the row kept. Rows
    without anything to choose (a field that was cleared because nobody knows better) are left out, and are not broken.
    """

    def __init__(self, name: str, path: Path, images: Path | None = None) -> None:
        super().__init__(name, path)
        self.folder = images
        self.offsets = [entry for place, entry in enumerate(self.offsets) if not self._nothing_to_choose(place)]
        if not self.offsets:
            raise ValueError(f"{path} holds no correction that says what is right")
        self.length = self.count = len(self.offsets)

    def _nothing_to_choose(self, place: int) -> bool:
        try:
            row = self.row(place)
        except Broken:
            return False
        return isinstance(row, dict) and "chosen" in row and row["chosen"] is None

    @cached_property
    def pictures(self) -> dict[str, Path]:
        """The files of the folder of pictures by the SHA-256 of their bytes."""
        import hashlib

        if self.folder is None:
            return {}
        files = sorted(p for p in self.folder.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())
        return {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in files}

    def read(self, place: int) -> Record:
        """The corrected field of a line as a question with its right answer, and with the wrong one. Raises Broken."""
        key = self.key(place)
        return keyed(key, lambda: self._parsed(key, self.row(place)))

    def _parsed(self, key: str, row: Any) -> Record:
        if not isinstance(row, dict) or not isinstance(row.get("image_sha256"), str):
            raise Broken("wrong type", "no row that `mmgpt correct --export` wrote: image_sha256 is missing")
        digest = row["image_sha256"]
        path = self.pictures.get(digest)
        if path is not None:
            picture = Picture(path.name, path=path)
        else:
            picture = Picture(f"the lines of picture {digest[:12]}", lines=kept_lines(row.get("lines")))
        return pair(key, row, lambda named: picture, shown=[picture])


def kept_lines(value: Any) -> tuple[Line, ...]:
    """Lines as a diagnosis has them. Raises Broken for anything else, and for none."""
    if not isinstance(value, list) or not value:
        raise Broken(
            "missing picture", "neither the picture nor its lines are there; name the pictures' folder: ?images=FOLDER"
        )
    try:
        return tuple(
            Line(checked_text(row["text"], "a line"), _box(row["box"]), float(row["confidence"])) for row in value
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, Broken):
            raise
        raise Broken("wrong type", f"lines are not as a diagnosis has them ({error!r:.80})") from error


def _box(value: Any) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = (int(v) for v in value)
    if not 0 <= x0 < x1 <= 100_000 or not 0 <= y0 < y1 <= 100_000:
        raise ValueError(f"box {value}")
    return x0, y0, x1, y1


def parsed(key: str, row: Any, find: Any) -> Record:
    """A record of a JSON value: a conversation, or a pair of answers. Raises Broken, which knows the key."""

    def read() -> Record:
        if isinstance(row, dict) and "chosen" in row and "prompt" in row:
            return pair(key, row, find)
        return Record(key, conversation(row, find))

    return keyed(key, read)


def pair(key: str, row: dict[str, Any], find: Any, shown: list[Picture] | None = None) -> Record:
    """{"prompt", "chosen", "rejected"}: `prompt` is a text or messages, answers are texts (or one message each). Raises Broken."""
    chosen, rejected = (_said(row.get(name), name) for name in ("chosen", "rejected"))
    prompt = row["prompt"]
    rest = {name: row[name] for name in ("image", "images") if row.get(name) is not None}
    if isinstance(prompt, str):
        raw: dict[str, Any] = {"question": prompt, "answer": chosen, **rest}
    elif isinstance(prompt, list):
        raw = {"messages": [*prompt, {"role": "assistant", "content": chosen}], **rest}
    else:
        raise Broken("wrong type", f"prompt is {type(prompt).__name__}, not a text or a list of messages")
    if shown is not None:
        raw["images"] = shown
        raw.pop("image", None)

        def given(named: Any) -> Picture:
            return named if isinstance(named, Picture) else find(named)

        messages = conversation(raw, given)
    else:
        messages = conversation(raw, find)
    if chosen == rejected:
        raise Broken("equal answers", "chosen and rejected are the same")
    if not rejected.strip():
        raise Broken("empty answer", "rejected is empty")
    assert isinstance(messages[-1], Message)
    return Record(key, messages, rejected=rejected)


def _said(value: Any, what: str) -> str:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("content")
    return checked_text(value, what)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} is missing: check the path behind --data") from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from error


def _line_starts(path: Path) -> list[tuple[int, int]]:
    """Number (from 1) and byte offset of each line that is not empty."""
    found, at = [], 0
    try:
        with path.open("rb") as handle:
            for number, line in enumerate(handle, 1):
                if line.strip():
                    found.append((number, at))
                at += len(line)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} is missing: check the path behind --data") from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from error
    return found
