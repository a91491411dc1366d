"""Whole pictures for towers that take any size: made smaller by area, padded to the stride, with the place of each cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

LONGEST = 384  # pixels of the longer side: a window's parts can be told apart, and 1.3 % of a second goes by
MULTIPLE = 32


def check_picture(image: np.ndarray) -> None:
    """Raises ValueError unless `image` is RGB uint8 [H, W, 3] with at least one pixel."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(
            f"a picture is RGB uint8 [H, W, 3] with at least one pixel, not {image.dtype} {list(image.shape)}; "
            "vision.image.load_image gives such"
        )


def shrink(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """uint8 [H, W, 3] → [height, width, 3]: each pixel the mean of the area it stands for."""
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BOX))


def normalise(pixels: np.ndarray, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """uint8 [..., H, W, 3] → float32 [..., 3, H, W]: (value / 255 - mean) / std of each channel."""
    scaled = torch.from_numpy(np.array(pixels, dtype=np.float32)).div_(255.0)  # np.array: a copy of our own
    scaled = (scaled - torch.tensor(list(mean))) / torch.tensor(list(std))
    return scaled.movedim(-1, -3).contiguous()


def pad(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture in the upper left of [height, width, 3]; its last column and row are repeated to the right and below."""
    H, W = image.shape[:2]
    return np.pad(image, ((0, height - H), (0, width - W), (0, 0)), mode="edge")


def whole_picture(
    image: np.ndarray, longest: int = LONGEST, multiple: int = MULTIPLE,
    mean: Sequence[float] = (0.5, 0.5, 0.5), std: Sequence[float] = (0.25, 0.25, 0.25),
) -> tuple[Tensor, tuple[float, float]]:  # fmt: skip
    """RGB uint8 [H, W, 3] → (pixels float32 [1, 3, h, w], valid).

    The longer side becomes at most `longest` (pictures are never made larger), then both sides are padded to multiples
    of `multiple` with the border's colours. `valid`: the shares (of width, of height) of the result that are picture.
    Raises ValueError for another kind of array, and when `longest` is no positive multiple of `multiple`.
    """
    check_picture(image)
    if multiple < 1 or longest < multiple or longest % multiple:
        raise ValueError(f"longest {longest} must be a positive multiple of {multiple}; the nearest is "
                         f"{max(longest // max(multiple, 1), 1) * max(multiple, 1)}")  # fmt: skip
    H, W = image.shape[:2]
    factor = min(1.0, longest / max(H, W))
    width, height = max(1, round(W * factor)), max(1, round(H * factor))
    w, h = -(-width // multiple) * multiple, -(-height // multiple) * multiple
    padded = pad(shrink(image, width, height), w, h)
    return normalise(padded[None], mean, std), (width / w, height / h)


def grid_positions(gh: int, gw: int, valid: tuple[float, float] = (1.0, 1.0)) -> Tensor:
    """Where each cell of a grid gh × gw stands, row by row: float32 [gh*gw, 4], x0 y0 x1 y1 in 0…1 of the picture.

    `valid` as `whole_picture` gives it; what is padding counts as the picture's edge.
    """
    if gh < 1 or gw < 1 or not all(0 < share <= 1 for share in valid):
        raise ValueError(
            f"a grid of {gh} × {gw} cells with {valid} of it picture is none; use at least 1 cell, shares in 0…1"
        )
    across = (torch.arange(gw + 1) / gw / valid[0]).clamp(max=1.0)
    down = (torch.arange(gh + 1) / gh / valid[1]).clamp(max=1.0)
    y0, x0 = torch.meshgrid(down[:-1], across[:-1], indexing="ij")
    y1, x1 = torch.meshgrid(down[1:], across[1:], indexing="ij")
    return torch.stack([x0, y0, x1, y1], -1).reshape(-1, 4)
