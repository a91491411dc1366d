"""Nano's own picture trunk: a pyramid of convolutions, and attention where the grid is coarse. Plain torch, any picture size.

Convolutions are cheap where there are many cells and see what is near; attention is cheap where there are few and sees
the whole picture (as in LeViT, Graham et al., 2021, and CoAtNet, Dai et al., 2021). A convolution before each attention
tells neighbours apart (CPVT, Chu et al., 2021) and computed sines tell where a cell stands, so that nothing is bound to
one picture size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vision.reader.recogniser import ConvNorm, Residual

STRIDE = 32
MEAN = (0.5, 0.5, 0.5)  # screens use the whole range of brightness: scaled to -2…2
STD = (0.25, 0.25, 0.25)


@dataclass(frozen=True)
class TrunkConfig:
    """Widths at strides 4, 8, 16, 32 (the last is Dv), residual blocks at 8 and 16, and the attention blocks."""

    widths: tuple[int, int, int, int] = (32, 72, 128, 192)
    depths: tuple[int, int] = (2, 2)
    blocks: int = 3
    heads: int = 6
    expansion: int = 2


def grid_sines(height: int, width: int, channels: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Sines and cosines of the row and column of each cell, [channels, height, width]; wavelengths 4 to 128 cells.

    Raises ValueError unless channels is a multiple of 4.
    """
    if channels % 4:
        raise ValueError(f"{channels} channels cannot hold sines and cosines of two directions; use a multiple of 4")
    steps = torch.arange(channels // 4, device=device, dtype=torch.float32) / max(channels // 4 - 1, 1)
    turns = 2 * torch.pi / (4.0 * 32.0**steps)
    rows = torch.arange(height, device=device, dtype=torch.float32)[None, :] * turns[:, None]  # [channels/4, h]
    columns = torch.arange(width, device=device, dtype=torch.float32)[None, :] * turns[:, None]
    of_rows = torch.cat([rows.sin(), rows.cos()])[:, :, None].expand(-1, height, width)
    of_columns = torch.cat([columns.sin(), columns.cos()])[:, None, :].expand(-1, height, width)
    return torch.cat([of_rows, of_columns]).to(dtype)


class Block(nn.Module):
    """A depthwise convolution, attention over all cells, two layers; each added to what came in. [B, Dv, h, w] both ways."""

    def __init__(self, width: int, heads: int, expansion: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} cannot be shared among {heads} heads; use a divisor of the width")
        self.heads = heads
        self.near = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, expansion * width), nn.Linear(expansion * width, width)

    def forward(self, x: Tensor) -> Tensor:
        B, Dv, h, w = x.shape
        x = (x + self.near(x)).flatten(2).transpose(1, 2)  # [B, N, Dv]
        qkv = self.qkv(self.norm1(x)).view(B, h * w, 3, self.heads, Dv // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each [B, heads, N, Dv/heads]
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, h * w, Dv))
        x = x + self.down(F.gelu(self.up(self.norm2(x))))
        return x.transpose(1, 2).reshape(B, Dv, h, w)


class Trunk(nn.Module):
    """pictures float [B, 3, H, W], normalised by MEAN and STD, sides multiples of 32 → features [B, Dv, H/32, W/32].

    It also answers what timm and open_clip ask of a trunk: `num_features`, `default_cfg`, `forward_features`,
    `forward_head`, `forward_intermediates`, `reset_classifier`.
    """

    def __init__(self, config: TrunkConfig | None = None, num_classes: int = 0, global_pool: str = "avg") -> None:
        super().__init__()
        self.config = config = config or TrunkConfig()
        b, c, d, e = config.widths
        at8, at16 = config.depths
        # 4 × 4 pixels become channels first (as in TResNet, Ridnik et al., 2020): half the cost of convolving them.
        self.stem = nn.Sequential(nn.PixelUnshuffle(4), ConvNorm(48, b, (3, 3)))
        self.stage8 = nn.Sequential(ConvNorm(b, c, (3, 3), (2, 2)), *(Residual(c) for _ in range(at8)))
        self.stage16 = nn.Sequential(ConvNorm(c, d, (3, 3), (2, 2)), *(Residual(d) for _ in range(at16)))
        self.stage32 = ConvNorm(d, e, (3, 3), (2, 2), act=False)
        self.place = nn.Parameter(torch.full((e, 1, 1), 0.1))  # how much each channel minds where it stands
        self.blocks = nn.ModuleList(Block(e, config.heads, config.expansion) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(e)
        self.num_features = e
        self.feature_info = [{"num_chs": e, "reduction": STRIDE, "module": f"blocks.{i}"} for i in range(config.blocks)]
        self.default_cfg: dict[str, Any] = {
            "input_size": (3, 256, 384), "pool_size": (8, 12), "mean": MEAN, "std": STD, "interpolation": "area",
            "crop_pct": 1.0, "num_classes": 0, "first_conv": "stem.1.0", "classifier": "head",
        }  # fmt: skip
        self.reset_classifier(num_classes, global_pool)

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """A new last layer (none for 0 classes); `global_pool` is "avg" or "" (features stay a grid)."""
        if global_pool is not None:
            if global_pool not in ("avg", ""):
                raise ValueError(f'global_pool {global_pool!r} is not known to this trunk; use "avg" or ""')
            self.global_pool = global_pool
        self.num_classes = num_classes
        self.head = nn.Linear(self.num_features, num_classes) if num_classes else nn.Identity()

    def _before_blocks(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[1] != 3 or x.shape[2] % STRIDE or x.shape[3] % STRIDE or not x.shape[2] * x.shape[3]:
            raise ValueError(
                f"the trunk takes pictures [B, 3, H, W] with sides that are multiples of {STRIDE}, not "
                f"{tuple(x.shape)}; vision.preprocess.whole_picture makes such"
            )
        x = self.stage32(self.stage16(self.stage8(self.stem(x))))
        h, w = x.shape[2:]
        return x + self.place * grid_sines(h, w, self.num_features, x.device, x.dtype)

    def _normed(self, x: Tensor) -> Tensor:
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    def forward_features(self, x: Tensor) -> Tensor:
        """Normed output of the last block: [B, 3, H, W] → [B, Dv, H/32, W/32]."""
        x = self._before_blocks(x)
        for block in self.blocks:
            x = block(x)
        return self._normed(x)

    def hidden(self, x: Tensor, layer: int = -2) -> Tensor:
        """Output of block `layer` (from the end when negative), not normed: [B, 3, H, W] → [B, Dv, H/32, W/32].

        Raises ValueError when there is no such block.
        """
        count = len(self.blocks)
        if not -count <= layer < count:
            raise ValueError(f"layer {layer} of a trunk with {count} blocks; use {-count} to {count - 1}")
        x = self._before_blocks(x)
        for block in list(self.blocks)[: layer % count + 1]:
            x = block(x)
        return x

    def penultimate(self, x: Tensor) -> Tensor:
        """Output of the last block but one, as LLaVA takes its features: [B, 3, H, W] → [B, Dv, H/32, W/32]."""
        return self.hidden(x, -2)

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """Mean over the grid (unless pooling is off), then the last layer: [B, Dv, h, w] → [B, Dv or classes]."""
        x = x.mean((2, 3)) if self.global_pool == "avg" else x
        return x if pre_logits else self.head(x)

    def forward(self, x: Tensor) -> Tensor:
        """Pooled features [B, Dv] of [B, 3, H, W]; the grid [B, Dv, H/32, W/32] when pooling is off."""
        return self.forward_head(self.forward_features(x))

    def forward_intermediates(
        self, x: Tensor, indices: int | Sequence[int] | None = None, norm: bool = False, stop_early: bool = False,
        output_fmt: str = "NCHW", intermediates_only: bool = False,
    ) -> list[Tensor] | tuple[Tensor, list[Tensor]]:  # fmt: skip
        """timm's way to ask for the outputs of blocks: all (None), the last n (int) or those named, each [B, Dv, h, w]."""
        if output_fmt != "NCHW":
            raise ValueError(f"this trunk gives NCHW features, not {output_fmt}")
        count = len(self.blocks)
        chosen = (
            range(count) if indices is None else range(count - indices, count) if isinstance(indices, int) else indices
        )
        wanted = {index % count for index in chosen}
        found = []
        x = self._before_blocks(x)
        for number, block in enumerate(self.blocks):
            if stop_early and number > max(wanted):
                break
            x = block(x)
            if number in wanted:
                found.append(self._normed(x) if norm else x)
        return found if intermediates_only else (self._normed(x), found)
