"""The text map: a picture at native pixels → where lines of text run, and how far above and below their letters reach.

A small pyramid of convolutions. Output cells are 4 pixels wide and 2 high, so that rows of a terminal that nearly touch stay
apart. Cells in a line's core (the band of the small letters) are marked, and tell the distances to the ascender's top and the
descender's bottom, as EAST does for boxes (Zhou et al., 2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vision.reader.recogniser import ConvNorm, Residual

CELL_W, CELL_H = 4, 2  # pixels a cell
CORE = 0.22  # half the core band's height, as a share of the metrics height
UNIT = 16.0  # distances are told in this many pixels
MULTIPLE = 32  # input sides must be multiples of this


@dataclass(frozen=True)
class TextMapConfig:
    """Widths at strides 2, 4, 8, 16, 32, and of the pyramid's way back."""

    widths: tuple[int, int, int, int, int] = (16, 32, 64, 96, 128)
    back: int = 48


class TextMap(nn.Module):
    """picture float [B, 3, H, W] in 0…255, H and W multiples of 32 → maps [B, 3, H/2, W/4]: core logit, distance up, distance
    down (units of UNIT pixels)."""

    def __init__(self, config: TextMapConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or TextMapConfig()
        a, b, c, d, e = config.widths
        back = config.back
        self.stem = nn.Sequential(ConvNorm(3, a, (3, 3), (2, 2)), ConvNorm(a, b, (3, 3), (2, 2)))
        self.stage4 = nn.Sequential(Residual(b), Residual(b))
        self.stage8 = nn.Sequential(ConvNorm(b, c, (3, 3), (2, 2)), Residual(c), Residual(c))
        self.stage16 = nn.Sequential(ConvNorm(c, d, (3, 3), (2, 2)), Residual(d), Residual(d))
        self.stage32 = nn.Sequential(ConvNorm(d, e, (3, 3), (2, 2)), Residual(e))
        self.from32, self.from16 = nn.Conv2d(e, back, 1), nn.Conv2d(d, back, 1)
        self.from8, self.from4 = nn.Conv2d(c, back, 1), nn.Conv2d(b, back, 1)
        self.back16, self.back8 = ConvNorm(back, back, (3, 3)), ConvNorm(back, back, (3, 3))
        self.back4 = nn.Sequential(ConvNorm(back, back, (3, 3)), Residual(back))
        self.head = nn.Conv2d(back, 2 * 3, 1)

    def forward(self, picture: Tensor) -> Tensor:
        x4 = self.stage4(self.stem((picture - 128.0) / 64.0))
        x8 = self.stage8(x4)
        x16 = self.stage16(x8)
        up = F.interpolate(self.from32(self.stage32(x16)), scale_factor=2.0)
        up = F.interpolate(self.back16(up + self.from16(x16)), scale_factor=2.0)
        up = F.interpolate(self.back8(up + self.from8(x8)), scale_factor=2.0)
        cells = self.head(self.back4(up + self.from4(x4)))  # [B, 6, H/4, W/4]
        B, _, h, w = cells.shape
        return cells.view(B, 3, 2, h, w).permute(0, 1, 3, 2, 4).reshape(B, 3, 2 * h, w)


def targets(
    metrics: list[tuple[float, float, float, float]], ignore: list[tuple[int, int, int, int]], height: int, width: int
) -> Tensor:
    """Maps float [4, H/2, W/4] of lines' metrics boxes (x0, ascender y, x1, descender y): core (0 or 1), up, down, weight."""
    rows, columns = height // CELL_H, width // CELL_W
    maps = torch.zeros(4, rows, columns)
    maps[3] = 1.0
    for left, top_, right, bottom_ in ignore:
        maps[3, max(0, top_ // CELL_H) : -(-bottom_ // CELL_H), max(0, left // CELL_W) : -(-right // CELL_W)] = 0.0
    centres = (torch.arange(rows, dtype=torch.float32) + 0.5) * CELL_H
    for x0, top, x1, bottom in metrics:
        middle, half = (top + bottom) / 2, max(CORE * (bottom - top), 1.01)
        first = max(0, math.ceil((middle - half) / CELL_H - 0.5))
        last = min(rows - 1, math.floor((middle + half) / CELL_H - 0.5))
        # A column counts when at least half of it lies in the line; short ones keep at least one.
        left = max(0, int((x0 + CELL_W / 2) // CELL_W))
        right = min(columns, max(left + 1, int((x1 + CELL_W / 2) // CELL_W)))
        if last < first or right <= left:
            continue
        band = centres[first : last + 1, None]
        maps[0, first : last + 1, left:right] = 1.0
        maps[1, first : last + 1, left:right] = (band - top) / UNIT
        maps[2, first : last + 1, left:right] = (bottom - band) / UNIT
        maps[3, first : last + 1, left:right] = 1.0
    return maps
