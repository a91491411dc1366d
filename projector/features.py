"""What goes into a projector and what comes out, and how places become vectors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass
class Features:
    """Tower features of a batch of pictures.

    features float [B, N, Dv]; positions float [B, N, 4] (x0, y0, x1, y1 of each token in 0…1 of the whole picture); mask bool
    [B, N], True where a token is; grid (rows, columns) with rows · columns = N when the tokens stand in one, else None.
    """

    features: Tensor
    positions: Tensor
    mask: Tensor
    grid: tuple[int, int] | None = None

    def to(self, device: torch.device | str) -> Features:
        """On another device."""
        return Features(self.features.to(device), self.positions.to(device), self.mask.to(device), self.grid)


def check_width(what: str, given: Tensor, expected: int) -> None:
    """Raises ValueError with both numbers where the last dimension of `given` is not `expected`."""
    if given.shape[-1] != expected:
        raise ValueError(f"{what} are {given.shape[-1]} wide; this projector takes {expected}")


def fourier(values: Tensor, waves: int) -> Tensor:
    """Sines and cosines of numbers in 0…1 at doubling frequencies: [..., k] → [..., 2 · k · waves]."""
    scale = math.pi * 2.0 ** torch.arange(waves, device=values.device, dtype=torch.float32)
    angles = (values.float()[..., None] * scale).flatten(-2)
    return torch.cat([angles.sin(), angles.cos()], -1).to(values.dtype)


class Place(nn.Module):
    """Boxes [..., 4] in 0…1 → vectors [..., D], to be added to tokens."""

    WAVES = 6

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(8 * self.WAVES, width)

    def forward(self, boxes: Tensor) -> Tensor:
        """[..., 4] → [..., D]."""
        return self.linear(fourier(boxes, self.WAVES).to(self.linear.weight.dtype))
