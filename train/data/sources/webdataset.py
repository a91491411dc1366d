"""WebDataset shards: tar files whose members KEY.png (jpg, jpeg, webp) and KEY.json (or KEY.txt, a caption) make a sample.

The headers are read once, then any sample is reached by its offset, so that shards can be shuffled and a run resumed like a list.
Samples of our own shards (`train.data shard`, `pages`) hold a description of the screen: what is asked about it is made up.
"""

from __future__ import annotations

import json
import logging
import tarfile
from functools import partial
from pathlib import Path
from typing import Any

from train.data.sources.base import Listed
from train.data.sources.files import parsed
from train.data.sources.folder import PictureFolder
from train.data.sources.record import Broken, Picture, Record, keyed
from vision.image import MAX_BYTES

log = logging.getLogger(__name__)
IMAGES = ("png", "jpg", "jpeg", "webp")
TEXTS = ("json", "txt")
Member = tuple[int, int]
"""Offset of the data and its size."""


class WebDataset(Listed):
    """Samples of all shards that `paths` name. Raises ValueError without any sample, and for a compressed tar."""

    def __init__(self, name: str, paths: list[Path]) -> None:
        self.samples: list[tuple[Path, str, dict[str, Member]]] = []
        for path in paths:
            self.samples += [(path, key, members) for key, members in index(path).items()]
        if not self.samples:
            raise ValueError(f"{name} has no samples: no .png, .jpg, .webp, .json or .txt in {len(paths)} tar files")
        super().__init__(name, len(self.samples))

    def read(self, place: int) -> Record:
        """Sample `place`, shards one behind the other. Raises Broken."""
        path, sample, members = self.samples[place]
        key = f"{path.name}/{sample}"
        return keyed(key, lambda: self._record(key, path, members))

    def _record(self, key: str, path: Path, members: dict[str, Member]) -> Record:
        kind = next((kind for kind in IMAGES if kind in members), None)
        picture = None if kind is None else Picture(f"{key}.{kind}", data=_data(path, members[kind]))
        if "json" in members:
            try:
                raw: Any = json.loads(_data(path, members["json"]).decode("utf-8"))
            except UnicodeDecodeError as error:
                raise Broken("not UTF-8", f"{key}.json is not UTF-8 (byte {error.start})") from error
            except (ValueError, RecursionError) as error:
                raise Broken("not JSON", f"{key}.json is no JSON ({str(error)[:100]})") from error
            if isinstance(raw, dict) and raw.get("fields") and "lines" in raw:
                return _capture(key, picture, raw)
        elif "txt" in members:
            try:
                raw = {"caption": _data(path, members["txt"]).decode("utf-8").strip()}
            except UnicodeDecodeError as error:
                raise Broken("not UTF-8", f"{key}.txt is not UTF-8 (byte {error.start})") from error
        else:
            raise Broken("missing text", f"{key} has neither .json nor .txt")
        if picture is None:
            if isinstance(raw, dict) and "caption" not in raw:  # text alone is a conversation, too
                return parsed(key, raw, PictureFolder(path.parent))
            raise Broken("missing picture", f"{key} has no picture beside its text")
        if isinstance(raw, list):
            raw = {"messages": raw}
        if isinstance(raw, dict):
            raw = {**{k: v for k, v in raw.items() if k not in ("image", "images")}, "image": picture}
        return parsed(key, raw, lambda named: picture)


def _capture(key: str, picture: Picture | None, raw: dict[str, Any]) -> Record:
    from train.data.perceived import screen_of_record

    if picture is None:
        raise Broken("missing picture", f"{key} describes a picture that is not there")
    return Record(key, picture=picture, screen=partial(screen_of_record, raw))


def index(path: Path) -> dict[str, dict[str, Member]]:
    """Where each sample's members lie in a tar file. Members that are cut off are kept with what is missing; reading them says so.

    Raises FileNotFoundError, and ValueError for what is no tar or a compressed one.
    """
    found: dict[str, dict[str, Member]] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            while True:
                try:
                    member = tar.next()
                except tarfile.TarError as error:
                    log.warning("%s breaks off after %d samples (%s)", path, len(found), error)
                    break
                if member is None:
                    break
                if not member.isfile():
                    continue
                folder, _, file = member.name.rpartition("/")
                stem, _, suffix = file.partition(".")
                if suffix.lower() in (*IMAGES, *TEXTS):
                    key = f"{folder}/{stem}".lstrip("/")
                    found.setdefault(key, {})[suffix.lower()] = (member.offset_data, member.size)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} is missing: check the path behind --data") from error
    except tarfile.ReadError as error:
        if path.name.endswith((".gz", ".tgz", ".bz2", ".xz", ".zst")):
            raise ValueError(
                f"{path} is compressed: samples cannot be reached by offset; unpack it (gunzip)"
            ) from error
        raise ValueError(f"{path} is no tar file ({error})") from error
    return found


def _data(path: Path, member: Member) -> bytes:
    offset, size = member
    if size > MAX_BYTES:
        raise Broken("picture", f"a member of {path.name} has more than {MAX_BYTES >> 20} MiB")
    with path.open("rb") as handle:
        handle.seek(offset)
        data = handle.read(size)
    if len(data) < size:
        raise Broken("truncated", f"{path.name} breaks off: {len(data)} of {size} bytes are there")
    return data
