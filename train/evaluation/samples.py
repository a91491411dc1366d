"""Pictures whose text and fields are known: loading and checking a folder of `<id>.png` + `<id>.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vision.image import load_image

Box = tuple[int, int, int, int]
FIELDS = ("is_error", "app", "kind", "message", "error_code", "category")


class SampleError(ValueError):
    """A folder or file is not in the evaluator's format. The message names the file and what is wrong."""


@dataclass(frozen=True)
class TrueLine:
    """One visual row of one text element. `box` is None where its place is not known; `tags` such as face and size."""

    text: str
    box: Box | None
    role: str = "body"
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """One picture with its truth. `fields` is None for pictures that serve reading alone.

    `ignore` are regions whose text is not transcribed: what is detected there counts neither for nor against a reader.
    `complete` tells whether all text outside of them is transcribed, so that additional detections are wrong.
    """

    id: str
    path: Path
    width: int
    height: int
    lines: tuple[TrueLine, ...]
    fields: dict[str, Any] | None
    tags: dict[str, str]
    ignore: tuple[Box, ...] = ()
    complete: bool = True

    def pixels(self) -> np.ndarray:
        """The picture, RGB uint8 [H, W, 3]. Raises SampleError when its size is not the one in its JSON."""
        image = load_image(self.path).pixels
        if image.shape[:2] != (self.height, self.width):
            raise SampleError(
                f"{self.path}: {image.shape[1]}×{image.shape[0]} pixels, but its JSON says {self.width}×{self.height}"
            )
        return image


def load_samples(folder: Path, limit: int | None = None) -> list[Sample]:
    """All samples of a folder by id, at most `limit` (spread over it). Raises SampleError when there are none."""
    if not folder.is_dir():
        raise SampleError(f"{folder} is no folder: make it first or name another with --data")
    files = sorted(p for p in folder.glob("*.json") if p.name not in {"manifest.json", "index.json"})
    if not files:
        raise SampleError(f"{folder} holds no samples (<id>.png with <id>.json)")
    if limit is not None and limit < len(files):
        files = [files[round(i * (len(files) - 1) / max(limit - 1, 1))] for i in range(limit)]
    return [_load(path) for path in files]


def _load(path: Path) -> Sample:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        lines = tuple(_line(entry) for entry in raw["lines"])
        fields = raw.get("fields")
        if fields is not None and (missing := [name for name in FIELDS if name not in fields]):
            raise SampleError(f"{path}: fields without {', '.join(missing)}")
        return Sample(
            id=str(raw["id"]),
            path=path.parent / raw["image"],
            width=int(raw["width"]),
            height=int(raw["height"]),
            lines=lines,
            fields=fields,
            tags={key: str(raw[key]) for key in ("source", "program", "theme", "family") if raw.get(key) is not None},
            ignore=tuple(_box(box) for box in raw.get("ignore", ())),
            complete=bool(raw.get("complete", True)),
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, SampleError):
            raise
        raise SampleError(f"{path}: not a sample ({type(error).__name__}: {error})") from error


def _line(entry: dict[str, Any]) -> TrueLine:
    box = entry.get("box")
    tags = {key: str(entry[key]) for key in ("face", "theme") if entry.get(key) is not None}
    if entry.get("size") is not None:
        tags["size"] = str(round(float(entry["size"])))
    return TrueLine(str(entry["text"]), None if box is None else _box(box), str(entry.get("role", "body")), tags)


def _box(values: list[float]) -> Box:
    x0, y0, x1, y1 = (round(float(v)) for v in values)
    if x1 <= x0 or y1 <= y0:
        raise SampleError(f"empty box {values}")
    return x0, y0, x1, y1
