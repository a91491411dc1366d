"""What readers make of pictures, kept in a cache: reading is slow, and peers never change between two evaluations."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import vision
from vision.reader.types import Character, Line, TextReader

log = logging.getLogger(__name__)

CACHE = Path("runs/cache/readings")


@dataclass(frozen=True)
class Reading:
    """Lines of one picture and the seconds it took to read them (when they were read, if `cached`)."""

    lines: tuple[Line, ...]
    seconds: float
    cached: bool = False


class ReadingCache:
    """Readings in a folder, one JSON file each, named by picture, reader and version. None as folder keeps nothing."""

    def __init__(self, folder: Path | None = CACHE) -> None:
        self.folder = folder

    def read(self, reader: TextReader, image: np.ndarray, version: str) -> Reading:
        """The lines of a picture (RGB uint8 [H, W, 3]), read now or before by the same version of the reader.

        Damaged files are read anew. The first reading of a session is timed like any other: call `warm_up` before.
        """
        path = None if self.folder is None else self.folder / reader.name / f"{_key(image, version)}.json"
        if path is not None and path.exists():
            try:
                return _decode(json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, KeyError, TypeError) as error:
                log.warning("%s is damaged (%s): reading the picture again", path, error)
        start = time.perf_counter()
        lines = tuple(reader.read(image))
        reading = Reading(lines, time.perf_counter() - start)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.name}.{os.getpid()}.part")
            part.write_text(json.dumps(_encode(reading), ensure_ascii=False), encoding="utf-8")
            part.replace(path)
        return reading


def warm_up(reader: TextReader) -> None:
    """Reads a small picture, so that loading and first-use costs fall into no measured reading."""
    image = np.full((64, 256, 3), 255, dtype=np.uint8)
    image[28:36, 20:200:6] = 0
    reader.read(image)


def reader_version(reader: TextReader, weights: Path | None = None) -> str:
    """What a cached reading depends on.

    Readers from elsewhere say so themselves (`version`); for ours it is a hash over package `vision` and weights.
    """
    own = getattr(reader, "version", None)
    if reader.name in {"tesseract", "rapidocr"} and own:
        return str(own)
    digest = hashlib.sha256(str(own).encode())
    root = Path(vision.__file__).parent
    files = sorted(root.rglob("*.py"))
    for path in files + _weight_files(weights):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return f"{reader.name} {digest.hexdigest()[:16]}"


def _weight_files(weights: Path | None) -> list[Path]:
    if weights is None:
        weights = Path(vision.__file__).parent.parent / "mmgpt" / "weights" / "nano"
    if weights.is_file():
        return [weights]
    return sorted(p for p in weights.rglob("*") if p.is_file() and p.suffix in {".safetensors", ".json"})


def _key(image: np.ndarray, version: str) -> str:
    digest = hashlib.sha256(f"{image.shape} {version}\n".encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()[:32]


def _encode(reading: Reading) -> dict[str, Any]:
    return {"seconds": reading.seconds, "lines": [dataclasses.asdict(line) for line in reading.lines]}


def _decode(raw: dict[str, Any]) -> Reading:
    lines = tuple(
        Line(
            text=entry["text"],
            box=tuple(entry["box"]),
            confidence=entry["confidence"],
            characters=tuple(Character(**character) for character in entry["characters"]),
            metrics=None if entry["metrics"] is None else tuple(entry["metrics"]),
        )
        for entry in raw["lines"]
    )
    return Reading(lines, float(raw["seconds"]), cached=True)
