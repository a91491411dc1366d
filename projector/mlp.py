"""Two linear layers with a GELU between them, as in LLaVA-1.5 (Liu et al., 2023): one memory token for each tower token."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from projector.features import Features, Place, check_width


class MLPProjector(nn.Module):
    """Features [B, N, Dv] → tokens [B, N, D]."""

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(features, width)
        self.linear_2 = nn.Linear(width, width)
        self.place = Place(width)

    def forward(self, seen: Features) -> tuple[Tensor, Tensor]:
        """Tokens [B, N, D] and their mask [B, N]. Raises ValueError for features of another width."""
        check_width("features", seen.features, self.linear_1.in_features)
        return self.linear_2(F.gelu(self.linear_1(seen.features))) + self.place(seen.positions), seen.mask

    def tokens(self, grid: tuple[int, int]) -> int:
        """How many memory tokens a grid of features makes."""
        return grid[0] * grid[1]
