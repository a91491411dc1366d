"""Glyph atlases: every glyph of a face at a size, rasterised once by FreeType and kept in one flat store.

A `GlyphStore` holds the pixels of all glyphs of all atlases in one array, so that a batch of lines in many faces is
composited by one gather (`composite.py`), on a CPU or on a GPU. Glyphs enter the store when they are first needed.
`save_store` and `load_store` carry a filled store to a machine that has no fonts.
"""

from __future__ import annotations

import ctypes
import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import freetype
import numpy as np

from train.data.render.fonts import Face

HINTINGS = ("none", "light", "full", "mono")
SUBPIXELS = 4  # horizontal positions per pixel where the mode allows fractions
_TRIPLE = freetype.FT_Matrix(3 * 0x10000, 0, 0, 0x10000)
_FIR = np.array([8, 77, 86, 77, 8], dtype=np.float32) / 256.0  # FreeType's default LCD filter


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


@functools.lru_cache(maxsize=512)
def _open(path: str, index: int) -> freetype.Face:
    face = freetype.Face(path, index)
    face.select_charmap(freetype.FT_ENCODING_UNICODE)
    return face


@functools.lru_cache(maxsize=2048)
def _kerning(path: str, index: int) -> tuple[dict[str, float], float] | None:
    """Pair kerning of printable ASCII in font units, by shaping each pair; None without kerning."""
    import uharfbuzz as hb

    try:
        font = hb.Font(hb.Face(hb.Blob.from_file_path(path), index))
        units = float(font.face.upem)
        letters = "ATVWYLPFKRXafegorvwxyktTJ.,-/'\"0147"
        pairs: dict[str, float] = {}
        for a in letters:
            for b in letters:
                total = []
                for kern in (True, False):
                    buffer = hb.Buffer()
                    buffer.add_str(a + b)
                    buffer.guess_segment_properties()
                    hb.shape(font, buffer, {"kern": kern, "liga": False, "calt": False, "clig": False})
                    positions = buffer.glyph_positions
                    if len(positions) != 2:
                        break
                    total.append(sum(p.x_advance for p in positions))
                if len(total) == 2 and total[0] != total[1]:
                    pairs[a + b] = total[0] - total[1]
    except (OSError, RuntimeError, hb.HarfBuzzError):
        return None
    return (pairs, units) if pairs else None


class Atlas:
    """One face at one pixel size in one mode.

    Attributes (pixels): `ascent`, `descent` (both positive), `line_height`, `d_top` (ink of "d" above the baseline) and
    `p_bottom` (ink of "p" below it). The last two make the metrics box that line crops are scaled by.
    """

    def __init__(self, face: Face, size: int, mode: Mode, store: GlyphStore = STORE) -> None:
        if face.sizes and size not in face.sizes:
            raise ValueError(f"{face.id} is a bitmap face with sizes {face.sizes}; {size} px is not one of them")
        self.face, self.size, self.mode, self.store = face, size, mode, store
        self.fractional = mode.fractional and not face.sizes
        self._entries: dict[tuple[str, int], int] = {}
        self._advances: dict[str, float] = {}
        self._load()
        metrics = self._ft.size
        self.ascent = metrics.ascender / 64
        self.descent = -metrics.descender / 64
        self.line_height = max(metrics.height / 64, self.ascent + self.descent)
        d_entry, p_entry = self.entry("d", 0), self.entry("p", 0)
        d, p = store.table[d_entry], store.table[p_entry]
        self.d_top = float(d[4])
        self.p_bottom = float(max(p[2] - p[4], 1))
        pairs = None if face.mono or face.sizes else _kerning(face.path, face.index)
        self._pairs = {k: v / pairs[1] * size for k, v in pairs[0].items()} if pairs else {}

    def _load(self) -> None:
        self._ft = _open(self.face.path, self.face.index)
        if self.face.sizes:
            heights = [s.height for s in self._ft.available_sizes]
            self._ft.select_size(heights.index(self.size))
        else:
            self._ft.set_pixel_sizes(0, self.size)

    def supports(self, text: str) -> bool:
        """True when the face has every character of `text`."""
        return all(self._ft.get_char_index(c) != 0 for c in text if c != " ")

    def has(self, char: str) -> bool:
        """True when the face has `char`."""
        return char == " " or self._ft.get_char_index(char) != 0

    def _flags(self) -> int:
        return {
            "none": freetype.FT_LOAD_NO_HINTING | freetype.FT_LOAD_NO_BITMAP,
            "light": freetype.FT_LOAD_TARGET_LIGHT | freetype.FT_LOAD_NO_BITMAP,
            "full": freetype.FT_LOAD_TARGET_NORMAL | freetype.FT_LOAD_NO_BITMAP,
            "mono": freetype.FT_LOAD_TARGET_MONO | freetype.FT_LOAD_NO_BITMAP,
        }[self.mode.hinting]

    def entry(self, char: str, sub: int) -> int:
        """Number in the store of `char` at sub-pixel position `sub` (0 … SUBPIXELS-1)."""
        key = (char, sub)
        if key not in self._entries:
            self._entries[key] = self._rasterise(char, sub)
        return self._entries[key]

    def _rasterise(self, char: str, sub: int) -> int:
        face = self._ft
        self._load()
        if self.face.sizes:
            face.load_char(char, freetype.FT_LOAD_RENDER | freetype.FT_LOAD_MONOCHROME)
            slot = face.glyph
            self._advances[char] = slot.advance.x / 64
            return self.store.add(_bits(slot.bitmap)[None], slot.bitmap_left, slot.bitmap_top)
        face.load_char(char, self._flags())
        slot = face.glyph
        # Hinted advances are whole pixels; light and none keep the design's fractions.
        self._advances[char] = slot.linearHoriAdvance / 65536 if self.fractional else slot.advance.x / 64
        if self.mode.hinting == "mono":
            slot.render(freetype.FT_RENDER_MODE_MONO)
            return self.store.add(_bits(slot.bitmap)[None], slot.bitmap_left, slot.bitmap_top)
        outline = slot.outline
        if not self.mode.lcd:
            freetype.FT_Outline_Translate(ctypes.byref(outline._FT_Outline), sub * 64 // SUBPIXELS, 0)
            slot.render(freetype.FT_RENDER_MODE_NORMAL)
            return self.store.add(_grey(slot.bitmap)[None], slot.bitmap_left, slot.bitmap_top)
        # LCD: three samples a pixel, then the filter; independent of how FreeType was built.
        freetype.FT_Outline_Translate(ctypes.byref(outline._FT_Outline), sub * 64 // SUBPIXELS, 0)
        freetype.FT_Outline_Transform(ctypes.byref(outline._FT_Outline), ctypes.byref(_TRIPLE))
        slot.render(freetype.FT_RENDER_MODE_NORMAL)
        wide = _grey(slot.bitmap).astype(np.float32)
        left3 = slot.bitmap_left - 2
        left = left3 // 3
        before = left3 - 3 * left
        width = -(-(before + wide.shape[1] + 4) // 3)
        padded = np.zeros((wide.shape[0], 3 * width + 4), dtype=np.float32)
        padded[:, before + 4 : before + 4 + wide.shape[1]] = wide
        filtered = sum(_FIR[k] * padded[:, k : k + 3 * width] for k in range(5))
        planes = np.asarray(filtered).reshape(wide.shape[0], width, 3).transpose(2, 0, 1)
        return self.store.add(np.clip(planes + 0.5, 0, 255).astype(np.uint8), left, slot.bitmap_top)

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


def _grey(bitmap: Any) -> np.ndarray:
    rows, width, pitch = bitmap.rows, bitmap.width, bitmap.pitch
    if rows == 0 or width == 0:
        return np.zeros((0, 0), dtype=np.uint8)
    flat = np.ctypeslib.as_array(bitmap._FT_Bitmap.buffer, shape=(rows * pitch,))
    return flat.reshape(rows, pitch)[:, :width].copy()


def _bits(bitmap: Any) -> np.ndarray:
    rows, width, pitch = bitmap.rows, bitmap.width, bitmap.pitch
    if rows == 0 or width == 0:
        return np.zeros((0, 0), dtype=np.uint8)
    flat = np.ctypeslib.as_array(bitmap._FT_Bitmap.buffer, shape=(rows * pitch,)).reshape(rows, pitch)
    return np.unpackbits(flat, axis=1)[:, :width] * np.uint8(255)


@functools.lru_cache(maxsize=20_000)
def get_atlas(face: Face, size: int, mode: Mode) -> Atlas:
    """The atlas of a face at a size in a mode, made once a process. Bitmap faces ignore `mode`."""
    return Atlas(face, size, Mode("mono") if face.sizes else mode)


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


def save_store(path: Path, atlases: Sequence[Atlas], characters: str) -> int:
    """Writes every (character, sub-position) of `atlases` to a compressed file; returns its size in bytes."""
    from train.data.render.carry import write

    return write(path, atlases, characters)
