"""Learned queries read the tower's tokens by cross-attention (Flamingo, Alayrac et al., 2022): always as many memory tokens."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from projector.features import Features, Place, check_width


class ResamplerLayer(nn.Module):
    """Queries attend to features and to themselves, then a feed-forward layer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_queries, self.norm_features, self.norm_out = (nn.LayerNorm(width) for _ in range(3))
        self.q, self.kv, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, queries: Tensor, features: Tensor, mask: Tensor) -> Tensor:
        """queries [B, Q, D], features [B, N, D], mask bool [B, N] → [B, Q, D]."""
        B, Q, D = queries.shape
        asked = self.norm_queries(queries)
        source = torch.cat([self.norm_features(features), asked], 1)
        there = torch.cat([mask, mask.new_ones(B, Q)], 1)
        q = self.q(asked).view(B, Q, self.heads, -1).transpose(1, 2)
        k, v = self.kv(source).view(B, source.shape[1], 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        read = F.scaled_dot_product_attention(q, k, v, there[:, None, None])
        queries = queries + self.out(read.transpose(1, 2).reshape(B, Q, D))
        return queries + self.down(F.gelu(self.up(self.norm_out(queries))))


class ResamplerProjector(nn.Module):
    """Features [B, N, Dv] → tokens [B, Q, D]."""

    def __init__(self, features: int, width: int, queries: int = 32, layers: int = 2, heads: int = 4) -> None:
        super().__init__()
        self.enter = nn.Linear(features, width)
        self.place = Place(width)
        self.queries = nn.Parameter(torch.randn(queries, width) * 0.02)
        self.layers = nn.ModuleList(ResamplerLayer(width, heads) for _ in range(layers))

    def forward(self, seen: Features) -> tuple[Tensor, Tensor]:
        """Tokens [B, Q, D] and a mask that is True throughout, or False throughout for a picture without features.

        Raises ValueError for features of another width.
        """
        check_width("features", seen.features, self.enter.in_features)
        B = len(seen.features)
        features = self.enter(seen.features) + self.place(seen.positions)
        queries = self.queries.expand(B, -1, -1)
        for layer in self.layers:
            queries = layer(queries, features, seen.mask)
        return queries, seen.mask.any(1, keepdim=True).expand(B, queries.shape[1])

    def tokens(self, grid: tuple[int, int]) -> int:
        """How many memory tokens a grid of features makes."""
        return len(self.queries)
