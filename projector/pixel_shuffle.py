"""n × n neighbouring tower tokens become one memory token with n² times the channels, as in Idefics3 (Laurençon et al., 2024)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from projector.features import Features, Place, check_width


class PixelShuffleProjector(nn.Module):
    """Features [B, rows · columns, Dv] → tokens [B, ⌈rows/n⌉ · ⌈columns/n⌉, D]; a grid that n does not divide is padded with zeros."""

    def __init__(self, features: int, width: int, shuffle: int = 2) -> None:
        super().__init__()
        self.shuffle = shuffle
        self.linear = nn.Linear(features * shuffle * shuffle, width)
        self.place = Place(width)

    def forward(self, seen: Features) -> tuple[Tensor, Tensor]:
        """Tokens and their mask: a token is there when one of its neighbours is, and missing ones count as zeros.

        Raises ValueError without a grid that fits, and for features of another width.
        """
        N = seen.features.shape[1]
        if seen.grid is None or seen.grid[0] * seen.grid[1] != N:
            raise ValueError(f"pixel_shuffle needs tokens in a grid; {N} tokens came with the grid {seen.grid}")
        check_width("features", seen.features, self.linear.in_features // self.shuffle**2)
        rows, columns = seen.grid
        features = seen.features.masked_fill(~seen.mask[..., None], 0)
        merged = self._merge(features, rows, columns).flatten(3)
        there = self._merge(seen.mask[..., None].to(seen.features.dtype), rows, columns).flatten(3)
        corners = self._merge(seen.positions, rows, columns)  # [B, h, w, n², 4]
        weight = there[..., None]
        low = torch.where(weight > 0, corners, corners.new_tensor(1.0))[..., :2].amin(3)
        high = torch.where(weight > 0, corners, corners.new_tensor(0.0))[..., 2:].amax(3)
        tokens = self.linear(merged) + self.place(torch.cat([low, high], -1))
        return tokens.flatten(1, 2), there.any(-1).flatten(1, 2)

    def _merge(self, x: Tensor, rows: int, columns: int) -> Tensor:
        """[B, rows · columns, C] → [B, h, w, n², C]."""
        n = self.shuffle
        B, _, C = x.shape
        x = F.pad(x.view(B, rows, columns, C), (0, 0, 0, -columns % n, 0, -rows % n))
        h, w = x.shape[1] // n, x.shape[2] // n
        return x.view(B, h, n, w, n, C).permute(0, 1, 3, 2, 4, 5).reshape(B, h, w, n * n, C)

    def tokens(self, grid: tuple[int, int]) -> int:
        """How many memory tokens a grid of features makes."""
        return -(-grid[0] // self.shuffle) * -(-grid[1] // self.shuffle)
