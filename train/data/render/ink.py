"""Stamps many glyphs onto one uint8 picture: the inked pixels of the glyph store in sparse form, and boxes of ink.

A letter's bitmap is mostly empty, so that gathering only the pixels with ink, in integers, is several times faster than
compositing whole bitmaps. It draws what `composite.blend` draws, up to rounding.
"""

from __future__ import annotations

import functools

import numpy as np

from train.data.render.atlas import Atlas, GlyphStore, Mode
from train.data.render.fonts import Face

INK_THRESHOLD = 40  # coverage of 255 from which a pixel counts as ink


class SparseInk:
    """The inked pixels of every glyph of a store, brought up to date by `sync`.

    `start`, `count` int64 [E]: the pixels of an entry. `dx`, `dy` int32 [P] from pen and baseline, `coverage` uint8
    [P, 3]. `ink` int32 [E, 4]: box of the visible ink from pen and baseline, x0 == x1 for blanks; `bounds` int32
    [E, 4]: of all pixels.
    """

    def __init__(self, store: GlyphStore) -> None:
        self.store = store
        self.entries = 0
        self.used = 0
        self.start = np.zeros(1 << 12, np.int64)
        self.count = np.zeros(1 << 12, np.int64)
        self.ink = np.zeros((1 << 12, 4), np.int32)
        self.bounds = np.zeros((1 << 12, 4), np.int32)
        # Zeroed pages cost nothing until they are written to.
        self.dx = np.zeros(1 << 22, np.int32)
        self.dy = np.zeros(1 << 22, np.int32)
        self.coverage = np.zeros((1 << 22, 3), np.uint8)

    def sync(self) -> None:
        """Take over what was added to the store since the last call."""
        while self.entries < self.store.entries:
            if self.entries == len(self.start):
                self.start, self.count = _double(self.start), _double(self.count)
                self.ink, self.bounds = _double(self.ink), _double(self.bounds)
            self._take(self.entries)
            self.entries += 1

    def _take(self, entry: int) -> None:
        offset, w, h, left, top, planes = self.store.table[entry].tolist()
        self.start[entry], self.count[entry] = self.used, 0
        if w == 0 or h == 0:
            return
        bitmap = self.store.pixels[offset : offset + w * h * planes].reshape(planes, h * w)
        strongest = bitmap[0] if planes == 1 else bitmap.max(0)
        where = np.flatnonzero(strongest)
        rows = where // w
        columns = where - rows * w
        need = self.used + len(where)
        while need > len(self.dx):
            self.dx, self.dy, self.coverage = _double(self.dx), _double(self.dy), _double(self.coverage)
        here = slice(self.used, need)
        self.dx[here], self.dy[here] = columns + left, rows - top
        self.coverage[here] = bitmap[:, where].T  # one plane is spread over the three channels
        self.count[entry], self.used = len(where), need
        self.bounds[entry] = (left, -top, left + w, h - top)
        strong = np.flatnonzero(strongest[where] >= INK_THRESHOLD)
        if len(strong):
            across = columns[strong]
            first, last = rows[strong[0]], rows[strong[-1]]
            self.ink[entry] = (left + across.min(), first - top, left + across.max() + 1, last + 1 - top)


def _double(array: np.ndarray) -> np.ndarray:
    return np.concatenate([array, np.zeros_like(array)])


class GlyphRoom:
    """The glyphs that screens are drawn with: atlases over a store of their own, dropped as a whole when it is large.

    A training run draws screens for hours in a thousand faces at many sizes, which no memory holds at once.
    """

    def __init__(self) -> None:
        self.generation = 0
        self.clear()

    def clear(self) -> None:
        """Forget every glyph. What was placed before cannot be stamped any more."""
        self.generation += 1
        self.store = GlyphStore()
        self.ink = SparseInk(self.store)
        self.atlases: dict[tuple[str, int, Mode], Atlas] = {}
        self.advances: dict[int, dict[str, float]] = {}

    def atlas(self, face: Face, size: int, mode: Mode) -> Atlas:
        """The atlas of a face at a size in a mode. Bitmap faces ignore `mode`."""
        from train.data.render.rasterise import FaceAtlas

        key = (face.id, size, mode)
        found = self.atlases.get(key)
        if found is None:
            found = self.atlases[key] = FaceAtlas(face, size, Mode("mono") if face.sizes else mode, self.store)
        return found

    def width(self, atlas: Atlas, text: str) -> float:
        """Advance width of `text`, pixels."""
        known = self.advances.setdefault(id(atlas), {})
        try:
            return sum([known[c] for c in text])
        except KeyError:
            for c in set(text):
                known[c] = atlas.advance(c)
            return sum([known[c] for c in text])

    def trim(self, limit: int = 250_000) -> None:
        """Start afresh when there are more than `limit` glyphs (about 600 bytes each)."""
        if self.store.entries > limit:
            self.clear()


ROOM = GlyphRoom()


@functools.lru_cache(maxsize=64)
def gamma_table(gamma: float) -> np.ndarray:
    """uint16 [256]: coverage → blending weight in 0…256, bent by `gamma` (below 1 is bolder, above 1 thinner)."""
    return np.rint((np.arange(256) / 255.0) ** gamma * 256).astype(np.uint16)


def stamp(
    image: np.ndarray, entries: np.ndarray, x: np.ndarray, y: np.ndarray, color: np.ndarray, gamma: float = 1.0
) -> None:
    """Draw glyphs in place on uint8 [H, W, 3], contiguous.

    entries int [n] of `ROOM`'s store, pens x and baselines y int [n], color uint8 [n, 3]. What lies outside is not
    drawn.
    """
    ink = ROOM.ink
    ink.sync()
    height, width = image.shape[:2]
    bounds = ink.bounds[entries]
    x0, y0, x1, y1 = bounds[:, 0] + x, bounds[:, 1] + y, bounds[:, 2] + x, bounds[:, 3] + y
    touches = (x1 > 0) & (y1 > 0) & (x0 < width) & (y0 < height) & (ink.count[entries] > 0)
    whole = touches & (x0 >= 0) & (y0 >= 0) & (x1 <= width) & (y1 <= height)
    table = gamma_table(gamma)
    # Neighbours may overlap (italics, kerning); glyphs of one parity do not, and no pixel is written twice in one pass.
    odd = (np.arange(len(entries)) & 1).astype(bool)
    for parity in (odd, ~odd):
        for chosen, inside in ((whole & parity, True), (touches & ~whole & parity, False)):
            at = np.flatnonzero(chosen)
            if len(at):
                _stamp(image, ink, entries[at], x[at], y[at], color[at], table, inside)


def _stamp(
    image: np.ndarray, ink: SparseInk, entries: np.ndarray, x: np.ndarray, y: np.ndarray, color: np.ndarray,
    table: np.ndarray, inside: bool,
) -> None:  # fmt: skip
    height, width = image.shape[:2]
    count = ink.count[entries]
    glyph = np.repeat(np.arange(len(entries), dtype=np.int32), count)
    source = np.repeat(ink.start[entries] - (np.cumsum(count) - count), count)
    source += np.arange(len(source))
    dx, dy = ink.dx[source], ink.dy[source]
    dx += x.astype(np.int32)[glyph]
    dy += y.astype(np.int32)[glyph]
    coverage = ink.coverage[source]
    if not inside:
        keep = np.flatnonzero((dx >= 0) & (dx < width) & (dy >= 0) & (dy < height))
        dx, dy, glyph, coverage = dx[keep], dy[keep], glyph[keep], coverage[keep]
    dy *= width
    dy += dx
    flat = image.reshape(-1, 3)
    under = flat[dy].astype(np.int32)
    change = color.astype(np.int32)[glyph]
    change -= under
    change *= table[coverage]
    change += 128
    change >>= 8
    under += change
    flat[dy] = under
