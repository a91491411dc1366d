"""Shards of pictures with what stands in them: plain tar files in WebDataset's convention, `KEY.png` and `KEY.json` a sample.

The JSON is that of a capture (`train.data.capture.core.save`): id, width, height, source, program, theme, family, complete, fields,
lines with text, box and role. One shard holds a fixed range of a seed's samples, so a run that was cut off goes on where it stopped.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class ShardSample:
    """A picture as PNG bytes and its record."""

    key: str
    png: bytes
    record: dict[str, Any]

    @property
    def image(self) -> np.ndarray:
        """RGB uint8 [H, W, 3]."""
        return np.array(Image.open(io.BytesIO(self.png)).convert("RGB"))


def shard_path(folder: Path, number: int) -> Path:
    """Where shard `number` of a folder lies."""
    return folder / f"shard-{number:06d}.tar"


def write_shard(path: Path, samples: Iterable[ShardSample]) -> int:
    """Write the samples; the file appears whole or not at all. Returns their number. The same samples make the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    count = 0
    try:
        with tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as tar:
            for sample in samples:
                text = json.dumps(sample.record, ensure_ascii=False, sort_keys=True).encode()
                for suffix, data in (("png", sample.png), ("json", text)):
                    info = tarfile.TarInfo(f"{sample.key}.{suffix}")
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
                count += 1
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def read_shard(path: Path) -> Iterator[ShardSample]:
    """The samples of a shard in order. Raises ValueError where a picture has no record beside it."""
    with tarfile.open(path) as tar:
        pending: dict[str, dict[str, bytes]] = {}
        for member in tar:
            key, _, suffix = member.name.rpartition(".")
            file = tar.extractfile(member)
            if file is None:
                continue
            parts = pending.setdefault(key, {})
            parts[suffix] = file.read()
            if {"png", "json"} <= parts.keys():
                yield ShardSample(key, parts["png"], json.loads(parts["json"]))
                del pending[key]
    if pending:
        raise ValueError(
            f"{path}: {', '.join(sorted(pending)[:3])} came without picture or record; write the shard again"
        )


def read_shards(folder: Path) -> Iterator[ShardSample]:
    """The samples of every shard of a folder, in order. Raises FileNotFoundError when it holds none."""
    paths = sorted(folder.glob("shard-*.tar"))
    if not paths:
        raise FileNotFoundError(f"no shard-*.tar in {folder}; `python -m train.data shard --out {folder}` writes them")
    for path in paths:
        yield from read_shard(path)
