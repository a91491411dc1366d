"""A projector by name."""

from __future__ import annotations

from projector.mlp import MLPProjector
from projector.pixel_shuffle import PixelShuffleProjector
from projector.resampler import ResamplerProjector

Projector = MLPProjector | PixelShuffleProjector | ResamplerProjector


def make_projector(
    kind: str, features: int, width: int, *, shuffle: int = 2, queries: int = 32, layers: int = 2, heads: int = 4
) -> Projector:
    """`mlp`, `pixel_shuffle` or `resampler`, from Dv = features to D = width. Raises ValueError for another name."""
    if kind == "mlp":
        return MLPProjector(features, width)
    if kind == "pixel_shuffle":
        return PixelShuffleProjector(features, width, shuffle)
    if kind == "resampler":
        return ResamplerProjector(features, width, queries, layers, heads)
    raise ValueError(f"unknown projector {kind!r}: mlp, pixel_shuffle or resampler")
