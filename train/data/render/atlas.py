"""Glyph atlases: every glyph of a face at a size, rasterised once by FreeType and kept in one flat store.

A `GlyphStore` holds the pixels of all glyphs of all atlases in one array, so that a batch of lines in many faces is
composited by one gather (`composite.py`), on a CPU or on a GPU. Glyphs enter the store when they are first needed.
`save_store` and `load_store` carry a filled store to a machine that has no fonts.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.data.render.fonts import Face

HINTINGS = ("none", "light", "full", "mono")
SUBPIXELS = 4  # horizontal positions per pixel where the mode allows fractions


@dataclass(frozen=True, slots=True)
class Mode:
    """How glyphs are rasterised. `hinting` is one of HINTINGS; `lcd` asks for horizontal sub-pixels (RGB order)."""

    hinting: str = "light"
    lcd: bool = False

    def __post_init__(self) -> None:
        if self.hinting not in HINTINGS:
            raise ValueError(f"hinting must be one of {HINTINGS}, not {self.hinting!r}")

    @property
    def fractional(self) -> bool:
        """Whether glyphs may stand between pixels."""
        return self.hinting in {"none", "light"}


class GlyphStore:
    """Pixels and geometry of glyphs. Grows; entries are never changed.

    `pixels` uint8 [P]; `table` int32 [E, 6] with columns offset, width, height, left, top, planes (1 grey, 3 LCD).
    `left` and `top` are FreeType's bearings: pixels right of the pen, pixels above the baseline.
    """

    def __init__(self) -> None:
        self._pixels = np.zeros(1 << 20, dtype=np.uint8)
        self._table = np.zeros((1 << 12, 6), dtype=np.int32)
        self.used = 0
        self.entries = 0

    @property
    def pixels(self) -> np.ndarray:
        return self._pixels[: self.used]

    @property
    def table(self) -> np.ndarray:
        return self._table[: self.entries]

    def add(self, bitmap: np.ndarray, left: int, top: int) -> int:
        """Stores uint8 [planes, height, width] and returns its entry number."""
        planes, height, width = bitmap.shape
        need = self.used + bitmap.size
        while need > len(self._pixels):
            self._pixels = np.concatenate([self._pixels, np.zeros_like(self._pixels)])
        if self.entries == len(self._table):
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
        self._pixels[self.used : need] = bitmap.reshape(-1)
        self._table[self.entries] = (self.used, width, height, left, top, planes)
        self.used = need
        self.entries += 1
        return self.entries - 1


STORE = GlyphStore()


class Atlas:
    """One face at one pixel size in one mode: which store entry each character has, and how the pen moves.

    Attributes (pixels): `ascent`, `descent` (both positive), `line_height`, `d_top` (ink of "d" above the baseline) and
    `p_bottom` (ink of "p" below it). The last two make the metrics box that line crops are scaled by. Glyphs come from
    FreeType (`rasterise.FaceAtlas`) or from a carried file (`carry.CarriedAtlas`).
    """

    face: Face
    size: int
    mode: Mode
    store: GlyphStore
    fractional: bool
    ascent: float
    descent: float
    line_height: float
    d_top: float
    p_bottom: float

    def __init__(self) -> None:
        self._entries: dict[tuple[str, int], int] = {}
        self._advances: dict[str, float] = {}
        self._pairs: dict[str, float] = {}

    def has(self, char: str) -> bool:
        """True when the face has `char`."""
        return char in self._advances

    def supports(self, text: str) -> bool:
        """True when the face has every character of `text`."""
        return all(self.has(c) for c in text)

    def entry(self, char: str, sub: int) -> int:
        """Number in the store of `char` at sub-pixel position `sub` (0 … SUBPIXELS-1). KeyError when the face lacks it."""
        return self._entries[char, sub]

    def advance(self, char: str) -> float:
        """Pen movement after `char`, pixels."""
        if char not in self._advances:
            self.entry(char, 0)
        return self._advances[char]

    def layout(
        self, text: str, x: float = 0.0, kerning: bool = True, spacing: float = 0.0
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Places `text` from pen position `x`.

        Returns store entries int32 [n], whole-pixel pen positions int32 [n] (the fraction is in the entry), and the pen's
        end. `spacing` adds pixels between letters. Spaces have entries too (empty bitmaps), so n == len(text).
        """
        entries = np.empty(len(text), dtype=np.int32)
        xs = np.empty(len(text), dtype=np.int32)
        pairs = self._pairs if kerning else {}
        previous = ""
        for i, char in enumerate(text):
            if pairs:
                x += pairs.get(previous + char, 0.0)
            if self.fractional:
                quarters = int(np.floor(x * SUBPIXELS + 0.5))
                whole, sub = quarters // SUBPIXELS, quarters % SUBPIXELS
            else:
                whole, sub = int(np.floor(x + 0.5)), 0
            entries[i] = self.entry(char, sub)
            xs[i] = whole
            x += self._advances[char] + spacing
            previous = char
        return entries, xs, x

    def measure(self, text: str) -> float:
        """Advance width of `text` in pixels, without kerning."""
        return sum(self.advance(c) for c in text)


@functools.lru_cache(maxsize=20_000)
def get_atlas(face: Face, size: int, mode: Mode) -> Atlas:
    """The atlas of a face at a size in a mode, made once a process. Bitmap faces ignore `mode`."""
    from train.data.render.rasterise import FaceAtlas

    return FaceAtlas(face, size, Mode("mono") if face.sizes else mode)


# What people see most is drawn most; every other family shares what is left.
_COMMON = {
    "DejaVu Sans": 6, "DejaVu Sans Mono": 8, "Liberation Sans": 6, "Liberation Mono": 6, "Liberation Serif": 3, "Arimo": 3,
    "Noto Sans": 5, "Noto Sans Mono": 3, "Roboto": 4, "Inter": 4, "Cantarell": 4, "JetBrains Mono": 4, "Ubuntu": 4,
    "Ubuntu Mono": 4, "Ubuntu Sans": 3, "Cascadia Code": 4, "Cascadia Mono": 4, "Source Code Pro": 3, "IBM Plex Mono": 2,
    "Roboto Mono": 3, "Fixed bitmap": 10, "Terminus bitmap": 4, "Selawik": 4, "Carlito": 3, "Tinos": 2, "Inconsolata": 2,
    "Courier Prime": 2, "FreeMono": 2, "Clear Sans": 2, "Helvetica bitmap": 2, "Nimbus Mono PS": 2,
}  # fmt: skip


class FaceSampler:
    """Draws (face, size, mode) as screens show them: families by how common they are, faces within a family evenly."""

    def __init__(self, faces: Sequence[Face]) -> None:
        families: dict[str, list[Face]] = {}
        for face in faces:
            families.setdefault(face.family, []).append(face)
        self._families = [families[name] for name in sorted(families)]
        self._weights = [_COMMON.get(name, 1) for name in sorted(families)]
        self._mono = [(f, w) for f, w in zip(self._families, self._weights, strict=True) if any(x.mono for x in f)]

    def face(self, rng: random.Random, mono: bool | None = None) -> Face:
        """A face; `mono=True` asks for fixed pitch."""
        if mono and self._mono:
            family = rng.choices([f for f, _ in self._mono], [w for _, w in self._mono])[0]
            family = [f for f in family if f.mono]
        else:
            family = rng.choices(self._families, self._weights)[0]
        upright = [f for f in family if "talic" not in f.style and "blique" not in f.style]
        if upright and rng.random() < 0.8:
            family = upright
        regular = [f for f in family if f.style in {"Regular", "Book", "Medium", "Roman", "Bold", "SemiBold"}]
        if regular and rng.random() < 0.6:
            family = regular
        return rng.choice(family)

    def atlas(self, rng: random.Random, mono: bool | None = None, low: int = 9, high: int = 28) -> Atlas:
        """An atlas with a size in [low, high] pixels (11 to 17 are most likely) and a mode."""
        face = self.face(rng, mono)
        if face.sizes:
            return get_atlas(face, rng.choice(face.sizes), Mode("mono"))
        size = round(rng.triangular(low, 20, 13)) if rng.random() < 0.75 else rng.randint(low, high)
        size = min(max(size, low), high)
        hinting = rng.choices(HINTINGS, (30, 40, 24, 6))[0]
        return get_atlas(face, size, Mode(hinting, lcd=hinting != "mono" and rng.random() < 0.25))


def choose_atlases(split: str, count: int, seed: int = 0) -> list[Atlas]:
    """`count` atlases of a split, as screens show them; only legible ones that fit a line crop."""
    from train.data.render.fonts import catalogue

    rng = random.Random(f"atlases {split} {seed}")
    sampler = FaceSampler(catalogue(split))
    out: list[Atlas] = []
    while len(out) < count:
        atlas = sampler.atlas(rng, mono=rng.random() < 0.3 or None)
        if atlas.d_top >= 5 and atlas.d_top + atlas.p_bottom <= 42:
            out.append(atlas)
    return out
