"""FreeType behind an atlas: outlines and bitmap faces, hinting, grey and LCD antialiasing, sub-pixel positions, kerning."""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import freetype
import numpy as np

from train.data.render.atlas import STORE, SUBPIXELS, Atlas, GlyphStore, Mode
from train.data.render.fonts import Face

_TRIPLE = freetype.FT_Matrix(3 * 0x10000, 0, 0, 0x10000)
_FIR = np.array([8, 77, 86, 77, 8], dtype=np.float32) / 256.0  # FreeType's default LCD filter


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


class FaceAtlas(Atlas):
    """An atlas that FreeType fills as characters are asked for."""

    def __init__(self, face: Face, size: int, mode: Mode, store: GlyphStore = STORE) -> None:
        if face.sizes and size not in face.sizes:
            raise ValueError(f"{face.id} is a bitmap face with sizes {face.sizes}; {size} px is not one of them")
        super().__init__()
        self.face, self.size, self.mode, self.store = face, size, mode, store
        self.fractional = mode.fractional and not face.sizes
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
