"""From a picture to line crops: cut, scaled to height 32, reduced to one signed contrast channel.

The renderer's training strips and the reader's found lines go through the same two functions.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

HEIGHT = 32  # pixels of a crop
STRIDE = 4  # columns a frame
MARGIN = 0.12  # above the ascender and below the descender, as a share of the metrics height
SIDE = 0.30  # left and right of the ink, likewise


def crop_windows(metrics: Tensor) -> tuple[Tensor, Tensor]:
    """metrics float [B, 4] (x0, ascender y, x1, descender y; pixels) → windows float [B, 4] with margins, and crop widths
    int64 [B] in pixels at height 32, each a multiple of STRIDE."""
    x0, top, x1, bottom = metrics.unbind(1)
    height = (bottom - top).clamp(min=2.0)
    y0, y1 = top - MARGIN * height, bottom + MARGIN * height
    scale = (y1 - y0) / HEIGHT  # source pixels a crop pixel
    left = x0 - SIDE * height
    width = ((x1 + SIDE * height - left) / scale / STRIDE).ceil().clamp(min=2) * STRIDE
    return torch.stack([left, y0, left + width * scale, y1], 1), width.long()


def cut(image: Tensor, windows: Tensor, width: int) -> Tensor:
    """Samples windows bilinearly at height 32 and the scale of their height.

    image float [1, 3, H, W] (all windows from one picture) or [B, 3, H, W] (one window each); windows float [B, 4] →
    [B, 3, HEIGHT, width]; beyond the picture's border the border's colour goes on.
    """
    _, _, H, W = image.shape
    x0, y0, _, y1 = windows.unbind(1)
    scale = (y1 - y0) / HEIGHT
    steps = torch.arange(width, device=image.device, dtype=torch.float32) + 0.5
    rows = torch.arange(HEIGHT, device=image.device, dtype=torch.float32) + 0.5
    gx = (x0[:, None] + steps[None] * scale[:, None]) * (2.0 / W) - 1  # [B, width]
    gy = (y0[:, None] + rows[None] * scale[:, None]) * (2.0 / H) - 1  # [B, HEIGHT]
    B = len(windows)
    grid = torch.stack([gx[:, None, :].expand(B, HEIGHT, width), gy[:, :, None].expand(B, HEIGHT, width)], -1)
    if image.shape[0] == 1 and B != 1:
        tall = F.grid_sample(image, grid.reshape(1, B * HEIGHT, width, 2), padding_mode="border", align_corners=False)
        return tall.view(3, B, HEIGHT, width).transpose(0, 1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=False)


def contrast(crops: Tensor, widths: Tensor) -> Tensor:
    """One channel that holds the ink, whatever its colour: [B, 3, H, W] in 0…255 → float [B, 1, H, W].

    Projection on the principal axis of the crop's colours, signed so that the rarer side (the ink) is positive, divided by
    its spread. Columns beyond `widths` (int64 [B]) become 0, which is the mean.
    """
    B, _, H, W = crops.shape
    mask = (torch.arange(W, device=crops.device)[None] < widths[:, None]).to(crops.dtype)[:, None, None, :]
    count = (widths * H).to(crops.dtype)[:, None].clamp(min=1)
    mean = (crops * mask).sum((2, 3)) / count
    centred = (crops - mean[:, :, None, None]) * mask
    flat = centred.reshape(B, 3, -1)
    covariance = flat @ flat.transpose(1, 2) / count[:, :, None]
    # Four squarings of the 3×3 covariance are power iteration to the 16th. The largest column is taken as it is, not a product
    # with a start vector, which some pair of colours would be at a right angle to; it points where it gets lighter.
    power = covariance / covariance.diagonal(dim1=1, dim2=2).sum(1).clamp(min=1e-6)[:, None, None]
    for _ in range(4):
        power = power @ power
        power = power / power.abs().amax((1, 2), keepdim=True).clamp(min=1e-12)
    largest = power.diagonal(dim1=1, dim2=2).argmax(1)
    axis = power[torch.arange(B, device=crops.device), :, largest]
    lighter = axis @ torch.tensor([0.5, 0.7, 0.5], device=crops.device, dtype=crops.dtype)
    axis = axis * torch.where(lighter < 0, -1.0, 1.0)[:, None]
    axis = axis / axis.norm(dim=1, keepdim=True).clamp(min=1e-6)
    signal = torch.einsum("bchw,bc->bhw", centred, axis)
    skew = signal.pow(3).sum((1, 2))
    signal = signal * torch.where(skew < 0, -1.0, 1.0)[:, None, None]
    spread = (signal.pow(2).sum((1, 2)) / count[:, 0]).sqrt().clamp(min=1.0)
    return (signal / spread[:, None, None]).clamp(-4, 6)[:, None]
