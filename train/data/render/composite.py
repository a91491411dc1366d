"""Glyphs onto pictures: one vectorised gather and blend for any number of glyphs in any number of faces.

The same code runs on a CPU and on a GPU. Glyphs that overlap (italics, tight kerning) are drawn in two passes, even and odd,
so that no pixel is written twice in one pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from train.data.render.atlas import STORE, Atlas, GlyphStore


@dataclass
class DeviceStore:
    """A glyph store as tensors on a device. `sync` brings over what was added since."""

    source: GlyphStore
    device: torch.device

    def __post_init__(self) -> None:
        self._seen = -1
        self.sync()

    def sync(self) -> None:
        if self._seen == self.source.entries:
            return
        if self.device.type == "cpu":
            self.pixels = torch.from_numpy(self.source.pixels)
            self.table = torch.from_numpy(self.source.table)
        else:
            self.pixels = torch.from_numpy(self.source.pixels.copy()).to(self.device)
            self.table = torch.from_numpy(self.source.table.copy()).to(self.device)
        self._seen = self.source.entries


_STORES: dict[tuple[int, str], DeviceStore] = {}


def device_store(device: torch.device | str = "cpu", store: GlyphStore = STORE) -> DeviceStore:
    """The store on `device`, up to date."""
    key = (id(store), str(device))
    if key not in _STORES:
        _STORES[key] = DeviceStore(store, torch.device(device))
    _STORES[key].sync()
    return _STORES[key]


def expand(
    store: DeviceStore, entries: Tensor, x: Tensor, y: Tensor, plane: Tensor, height: int, width: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Every pixel of every glyph.

    entries, x (pen), y (baseline), plane (index of the picture) int64 [n] → destination int64 [M] into planes of
    [height, width], glyph number int64 [M], and coverage uint8 [M, 3] (equal channels for grey). Pixels outside are dropped.
    """
    table = store.table[entries].long()
    offset, w, h, left, top, planes = table.unbind(1)
    area = w * h
    glyph = torch.repeat_interleave(torch.arange(len(entries), device=entries.device), area)
    start = torch.cumsum(area, 0) - area
    local = torch.arange(len(glyph), device=entries.device) - start[glyph]
    gw = w[glyph]
    row = torch.div(local, gw, rounding_mode="floor")
    dx = (x + left)[glyph] + local - row * gw
    dy = (y - top)[glyph] + row
    keep = (dx >= 0) & (dx < width) & (dy >= 0) & (dy < height)
    glyph, local, dx, dy = glyph[keep], local[keep], dx[keep], dy[keep]
    source = offset[glyph] + local
    step = torch.where(planes == 3, area, torch.zeros_like(area))[glyph]
    coverage = torch.stack([store.pixels[source], store.pixels[source + step], store.pixels[source + 2 * step]], 1)
    return (plane[glyph] * height + dy) * width + dx, glyph, coverage


def blend(
    image: Tensor,
    store: DeviceStore,
    entries: Tensor,
    x: Tensor,
    y: Tensor,
    plane: Tensor,
    color: Tensor,
    gamma: Tensor,
) -> None:
    """Draws glyphs in place.

    image float32 [B, H, W, 3] in 0…255; entries, x, y, plane int64 [n]; color float32 [n, 3]; gamma float32 [n] bends
    coverage (below 1 is bolder, above 1 thinner), as text stacks do.
    """
    _, height, width, _ = image.shape
    flat = image.view(-1, 3)
    for parity in (0, 1):
        pick = slice(parity, None, 2)
        if entries[pick].numel() == 0:
            continue
        where, glyph, coverage = expand(store, entries[pick], x[pick], y[pick], plane[pick], height, width)
        alpha = (coverage.float() / 255.0) ** gamma[pick][glyph][:, None]
        under = flat[where]
        flat[where] = under + alpha * (color[pick][glyph] - under)


def ink_boxes(store: GlyphStore, entries: np.ndarray, xs: np.ndarray, baseline: int, threshold: int = 40) -> np.ndarray:
    """Boxes int32 [n, 4] (x0 y0 x1 y1, exclusive) of the visible ink of each glyph; empty glyphs have x0 == x1.

    A bitmap of a glyph is its ink's box already, up to a column of faint coverage that is cut at `threshold` of 255.
    """
    boxes = np.zeros((len(entries), 4), dtype=np.int32)
    cache = _INK.setdefault(id(store), {})
    for i, (entry, pen) in enumerate(zip(entries.tolist(), xs.tolist(), strict=True)):
        if entry not in cache:
            cache[entry] = _ink(store, entry, threshold)
        x0, y0, x1, y1 = cache[entry]
        boxes[i] = (pen + x0, baseline + y0, pen + x1, baseline + y1) if x1 > x0 else (pen, baseline, pen, baseline)
    return boxes


_INK: dict[int, dict[int, tuple[int, int, int, int]]] = {}


def _ink(store: GlyphStore, entry: int, threshold: int) -> tuple[int, int, int, int]:
    offset, w, h, left, top, planes = store.table[entry].tolist()
    if w == 0 or h == 0:
        return (0, 0, 0, 0)
    bitmap = store.pixels[offset : offset + w * h * planes].reshape(planes, h, w).max(0)
    strong = bitmap >= threshold
    if not strong.any():
        return (0, 0, 0, 0)
    rows, columns = np.flatnonzero(strong.any(1)), np.flatnonzero(strong.any(0))
    return (
        left + int(columns[0]), int(rows[0]) - top, left + int(columns[-1]) + 1, int(rows[-1]) + 1 - top,
    )  # fmt: skip


def draw_glyphs(
    image: Tensor, atlas: Atlas, entries: np.ndarray, xs: np.ndarray, baseline: int, color: tuple[float, float, float],
    gamma: float = 1.0,
) -> np.ndarray:  # fmt: skip
    """Draws one laid-out run onto a picture float32 [H, W, 3] (0…255), in place; returns its ink boxes int32 [n, 4].

    For many runs at once gather them and call `blend`: that is what makes whole screens fast.
    """
    n = len(entries)
    store = device_store(image.device, atlas.store)
    device = image.device
    blend(
        image[None],
        store,
        torch.from_numpy(entries).long().to(device),
        torch.from_numpy(xs).long().to(device),
        torch.full((n,), baseline, device=device),
        torch.zeros(n, dtype=torch.long, device=device),
        torch.tensor([color], dtype=torch.float32, device=device).expand(n, 3),
        torch.full((n,), gamma, device=device),
    )
    return ink_boxes(atlas.store, entries, xs, baseline)
