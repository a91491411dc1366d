"""Pictures of any size for towers of a fixed size: the whole picture small, then overlapping squares of it, larger.

As LLaVA-NeXT and InternVL do, with squares laid over the picture's own pixels instead of a fixed set of shapes, so that
nothing is stretched, and with an overlap, so that what one border cuts stands whole in the neighbour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vision.preprocess import check_picture, normalise, pad, shrink

OVERLAP = 0.125  # of a tile's side: at 336 pixels 42, about three lines of text
MAX_TILES = 12


@dataclass(frozen=True, slots=True)
class Tile:
    """A square of the picture that a tower sees as one.

    `box`: x0 y0 x1 y1, the part of the picture in it, whole pixels of the original. `side`: pixels of the original that the
    square spans from x0, y0 on; where the picture ends earlier, its border is repeated. `size`: pixels that the tower
    sees the side as. `picture`: (width, height) of the original.
    """

    box: tuple[int, int, int, int]
    side: int
    size: int
    picture: tuple[int, int]

    @property
    def share(self) -> tuple[float, float, float, float]:
        """The box in 0…1 of the picture."""
        (x0, y0, x1, y1), (width, height) = self.box, self.picture
        return (x0 / width, y0 / height, x1 / width, y1 / height)


def _starts(length: int, side: int, overlap: float) -> list[int]:
    """Where squares begin that cover `length` pixels, neighbours sharing at least `overlap` of a side."""
    if length <= side:
        return [0]
    step = max(1, side - math.ceil(side * overlap))
    count = 1 + -(-(length - side) // step)
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def plan_tiles(width: int, height: int, size: int, overlap: float = OVERLAP, max_tiles: int = MAX_TILES) -> list[Tile]:
    """How a picture of width × height pixels is shown to a tower that takes size × size: the whole first, then pieces.

    Pieces show the picture at its own scale when at most `max_tiles` of them cover it, else at the largest at which they do;
    nothing is ever made larger. Neighbours share at least `overlap` of their side. There are no pieces where the
    whole shows as much. Raises ValueError for sizes below 1, an overlap outside 0…0.5 and negative `max_tiles`.
    """
    if min(width, height, size) < 1:
        raise ValueError(f"a picture of {width} × {height} pixels in tiles of {size} is none; use at least 1")
    if not 0 <= overlap <= 0.5 or max_tiles < 0:
        raise ValueError(f"overlap {overlap} must be in 0…0.5 and max_tiles {max_tiles} at least 0")
    whole = Tile((0, 0, width, height), max(width, height, size), size, (width, height))
    if max_tiles < 2:  # one piece that covers everything is the whole once more
        return [whole]
    side = max(size, math.isqrt(width * height // max_tiles))  # fewer pixels cannot cover it
    while side < whole.side and len(_starts(width, side, overlap)) * len(_starts(height, side, overlap)) > max_tiles:
        side += 1
    if side >= whole.side:
        return [whole]
    pieces = [
        Tile((x, y, min(x + side, width), min(y + side, height)), side, size, (width, height))
        for y in _starts(height, side, overlap)
        for x in _starts(width, side, overlap)
    ]
    return [whole, *pieces]


def cut_tiles(image: np.ndarray, plan: Sequence[Tile], mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """RGB uint8 [H, W, 3] and its plan → float32 [n, 3, size, size], made smaller by area and normalised.

    Raises ValueError for an empty plan or the plan of a picture of another size.
    """
    check_picture(image)
    if not plan:
        raise ValueError("the plan holds no tile; plan_tiles makes one with at least the whole picture")
    squares = []
    for tile in plan:
        if tile.picture != (image.shape[1], image.shape[0]):
            raise ValueError(
                f"the plan is for a picture of {tile.picture[0]} × {tile.picture[1]} pixels, not {image.shape[1]} × "
                f"{image.shape[0]}; make one with plan_tiles"
            )
        x0, y0, x1, y1 = tile.box
        part = np.ascontiguousarray(image[y0:y1, x0:x1])
        width, height = (min(tile.size, max(1, round(n * tile.size / tile.side))) for n in (x1 - x0, y1 - y0))
        squares.append(pad(shrink(part, width, height), tile.size, tile.size))
    return normalise(np.stack(squares), mean, std)


def token_positions(plan: Sequence[Tile], grid: tuple[int, int]) -> Tensor:
    """Where each cell of each tile stands: float32 [n*gh*gw, 4], x0 y0 x1 y1 in 0…1 of the whole picture.

    `grid` is (gh, gw), cells of one tile, row by row. Cells beyond the picture's edge have no area.
    """
    gh, gw = grid
    if gh < 1 or gw < 1:
        raise ValueError(f"a grid of {gh} × {gw} cells is none; use at least 1 × 1")
    out = []
    for tile in plan:
        x0, y0, x1, y1 = tile.box
        width, height = tile.picture
        across = (x0 + torch.arange(gw + 1, dtype=torch.float64) * tile.side / gw).clamp(max=x1) / width
        down = (y0 + torch.arange(gh + 1, dtype=torch.float64) * tile.side / gh).clamp(max=y1) / height
        top, left = torch.meshgrid(down[:-1], across[:-1], indexing="ij")
        bottom, right = torch.meshgrid(down[1:], across[1:], indexing="ij")
        out.append(torch.stack([left, top, right, bottom], -1).reshape(-1, 4))
    return torch.cat(out).float()
