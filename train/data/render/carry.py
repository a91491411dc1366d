"""Atlases that travel: glyphs of many faces in one small file, for training on a machine that has no fonts.

`python -m train.data.render.carry --out atlas.npz` writes the file (at most 8 MB by default) and the corpus of text lines
beside it; `read` gives atlases that draw exactly what the originals draw.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import lzma
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from train.data.render.atlas import SUBPIXELS, Atlas, GlyphStore, Mode, choose_atlases
from train.data.render.fonts import Face
from vision.reader import charset

log = logging.getLogger(__name__)
CARRIED = charset.ASCII + charset.TYPOGRAPHY
CARRIED_IN_FULL = CARRIED + charset.LATIN1 + charset.ARROWS + charset.BOXES + charset.MARKS  # by every fourth atlas


class CarriedAtlas(Atlas):
    """An atlas out of a file: its characters are fixed."""

    def __init__(self, row: dict[str, Any], store: GlyphStore) -> None:
        super().__init__()
        self.store = store
        self.face = Face(**{**row["face"], "sizes": tuple(row["face"]["sizes"])})
        self.size, self.mode = row["size"], Mode(**row["mode"])
        self.fractional, first = row["fractional"], row["first"]
        self.ascent, self.descent, self.line_height, self.d_top, self.p_bottom = row["metrics"]
        self._advances = dict(zip(row["characters"], row["advances"], strict=True))
        self._pairs = row["pairs"]
        subs = SUBPIXELS if self.fractional else 1
        for i, char in enumerate(row["characters"]):
            for sub in range(subs):
                self._entries[char, sub] = first + i * subs + sub


def _row(atlas: Atlas, characters: str, store: GlyphStore) -> dict[str, Any]:
    """Copies an atlas' glyphs into `store` and returns what else it takes to draw with them."""
    first, have = store.entries, [c for c in characters if atlas.has(c)]
    for char in have:
        for sub in range(SUBPIXELS if atlas.fractional else 1):
            number = atlas.entry(char, sub)
            offset, width, height, left, top, planes = atlas.store.table[number].tolist()
            pixels = atlas.store.pixels[offset : offset + width * height * planes]
            store.add(pixels.reshape(planes, height, width), left, top)
    face = {name: getattr(atlas.face, name) for name in Face.__dataclass_fields__} | {"path": "", "index": 0}
    return {
        "face": face, "size": atlas.size, "mode": {"hinting": atlas.mode.hinting, "lcd": atlas.mode.lcd},
        "fractional": atlas.fractional, "first": first, "characters": "".join(have),
        "advances": [atlas.advance(c) for c in have], "pairs": atlas._pairs,
        "metrics": [atlas.ascent, atlas.descent, atlas.line_height, atlas.d_top, atlas.p_bottom],
    }  # fmt: skip


def pack(atlases: Sequence[Atlas]) -> bytes:
    """Atlases as bytes (a compressed archive without pickles)."""
    store = GlyphStore()
    rows = [_row(a, CARRIED_IN_FULL if i % 4 == 0 else CARRIED, store) for i, a in enumerate(atlases)]
    buffer = io.BytesIO()
    meta = np.frombuffer(json.dumps(rows).encode(), dtype=np.uint8)
    np.savez(buffer, pixels=store.pixels, table=store.table, meta=meta)
    return lzma.compress(buffer.getvalue(), preset=4)


def read(path: Path) -> list[CarriedAtlas]:
    """Atlases of a file that `pack` made, all in one new store."""
    with np.load(io.BytesIO(lzma.decompress(path.read_bytes())), allow_pickle=False) as archive:
        store = GlyphStore()
        store._pixels, store.used = archive["pixels"], len(archive["pixels"])
        store._table, store.entries = archive["table"], len(archive["table"])
        return [CarriedAtlas(row, store) for row in json.loads(archive["meta"].tobytes().decode())]


def read_text(path: Path) -> tuple[str, ...]:
    """The lines of text that travel with the atlases."""
    return tuple(lzma.decompress(path.read_bytes()).decode("utf-8").split("\n"))


def main(argv: Sequence[str] | None = None) -> int:
    """Writes train and held-out atlases and the text corpus into a folder."""
    from train.data.text import corpus

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for train.atlas, held_out.atlas, lines.txt.xz")
    parser.add_argument("--megabytes", type=float, default=8.0, help="for everything together")
    parser.add_argument("--lines", type=int, default=60_000, help="lines of text that travel")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    options.out.mkdir(parents=True, exist_ok=True)
    budget = int(options.megabytes * 1e6)
    text = lzma.compress("\n".join(corpus()[: options.lines]).encode(), preset=6)
    probe = len(pack(choose_atlases("train", 12)))
    count = max(4, int(0.93 * (budget - len(text)) / (probe / 12)))
    parts = {
        "held_out.atlas": pack(choose_atlases("held_out", max(2, count // 10))),
        "train.atlas": pack(choose_atlases("train", count * 9 // 10)),
    }
    while sum(map(len, parts.values())) + len(text) > budget and count > 4:
        count = int(count * 0.93)
        parts["train.atlas"] = pack(choose_atlases("train", count * 9 // 10))
    for name, data in {**parts, "lines.txt.xz": text}.items():
        (options.out / name).write_bytes(data)
        log.info("%s: %d bytes", name, len(data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
