"""Task `textmap`: the text map learns where lines run, on 640×400 screens rendered for the purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from train.checkpoint import save_atomic
from train.data.render.screen import Rendered, sample_screen
from vision.reader.detect import find_lines, ink_box
from vision.reader.textmap import TextMap, TextMapConfig, targets

WIDTH, HEIGHT = 640, 384


@dataclass
class ScreenBatch:
    """pictures float32 [B, 3, H, W] in 0…255; maps float32 [B, 4, H/2, W/4] (core, up, down, weight)."""

    pictures: Tensor
    maps: Tensor


def to_batch(screens: list[Rendered], device: str = "cpu") -> ScreenBatch:
    """Stacks screens of one size (sides multiples of 32) with their target maps."""
    pictures = torch.stack([torch.from_numpy(np.ascontiguousarray(s.image)).permute(2, 0, 1).float() for s in screens])
    H, W = pictures.shape[2:]
    maps = []
    for screen in screens:
        # Along the line the ink's ends count, across it the metrics.
        boxes = [(r.box[0], r.metrics_box[1], r.box[2], r.metrics_box[3]) for r in screen.lines]
        ignore = [(int(b[0]), int(b[1]), int(np.ceil(b[2])), int(np.ceil(b[3]))) for b in screen.ignore]
        maps.append(targets(boxes, ignore, H, W))
    return ScreenBatch(pictures.to(device), torch.stack(maps).to(device))


def map_loss(logits: Tensor, maps: Tensor) -> Tensor:
    """Cross-entropy and Dice of the core, and the distances' error in line heights. logits [B, 3, h, w], maps [B, 4, h, w]."""
    core, up, down, weight = maps.unbind(1)
    bce = F.binary_cross_entropy_with_logits(logits[:, 0], core, weight=weight * (1 + 2 * core), reduction="sum")
    bce = bce / weight.sum().clamp(min=1)
    probability = logits[:, 0].sigmoid() * weight
    dice = 1 - (2 * (probability * core).sum() + 1) / (probability.sum() + core.sum() + 1)
    height = (up + down).clamp(min=0.25)
    error = (logits[:, 1] - up).abs() + (logits[:, 2] - down).abs()
    distance = (error / height * core).sum() / core.sum().clamp(min=1)
    return bce + 0.5 * dice + distance


def iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes."""
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def match(
    found: Sequence[tuple[float, ...]], wanted: Sequence[tuple[float, ...]], threshold: float = 0.5
) -> list[tuple[int, int]]:
    """Greedy one-to-one pairs (found, wanted) by falling IoU, at least `threshold`."""
    pairs = sorted(((iou(f, w), i, j) for i, f in enumerate(found) for j, w in enumerate(wanted)), reverse=True)
    used_f: set[int] = set()
    used_w: set[int] = set()
    out = []
    for score, i, j in pairs:
        if score < threshold:
            break
        if i not in used_f and j not in used_w:
            used_f.add(i)
            used_w.add(j)
            out.append((i, j))
    return out


class TextMapTask:
    """Trains `TextMap`. Reports line F1 at IoU 0.5 of ink boxes, and the share of sides within 2 pixels of the ink."""

    name = "textmap"

    def __init__(
        self,
        seed: int = 0,
        batch: int = 8,
        config: TextMapConfig | None = None,
        device: str = "cpu",
        evaluation: int = 40,
    ) -> None:
        self.model = TextMap(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.seed, self.batch_size, self.device = seed, batch, device
        self._sets = {s: [self._screen(900_000_000 + i, s) for i in range(evaluation)] for s in ("train", "held_out")}

    @staticmethod
    def _screen(seed: int, split: str) -> Rendered:
        return sample_screen(seed, split, (WIDTH, HEIGHT))

    def batch(self, step: int) -> ScreenBatch:
        first = (self.seed * 100_000_007 + step * self.batch_size) % 800_000_000
        return to_batch([self._screen(first + i, "train") for i in range(self.batch_size)], self.device)

    def loss(self, batch: ScreenBatch, step: int, total: int) -> tuple[Tensor, int]:
        pictures = batch.pictures.contiguous(memory_format=torch.channels_last)
        return map_loss(self.model(pictures).float(), batch.maps), len(pictures)

    @torch.inference_mode()
    def evaluate(self, model: nn.Module) -> dict[str, float]:
        scores: dict[str, float] = {}
        for name, screens in self._sets.items():
            hits = found_count = wanted_count = sides = near = 0
            for screen in screens:
                maps = model(to_batch([screen], self.device).pictures)[0].float().cpu()
                core = maps[0].sigmoid().numpy()
                found = find_lines(core, maps[1].numpy(), maps[2].numpy())
                boxes = [ink_box(screen.image, f) for f in found]
                wanted = [tuple(r.box) for r in screen.lines]
                skipped = [tuple(b) for b in screen.ignore]
                pairs = match(boxes, wanted)
                matched = {i for i, _ in pairs}
                spare = sum(1 for i, b in enumerate(boxes) if i not in matched and any(_inside(b, s) for s in skipped))
                hits += len(pairs)
                found_count += len(boxes) - spare
                wanted_count += len(wanted)
                for i, j in pairs:
                    sides += 4
                    near += sum(abs(p - q) <= 2 for p, q in zip(boxes[i], wanted[j], strict=True))
            precision, recall = hits / max(found_count, 1), hits / max(wanted_count, 1)
            scores[f"{name}_precision"], scores[f"{name}_recall"] = precision, recall
            scores[f"{name}_f1"] = 2 * precision * recall / max(precision + recall, 1e-9)
            scores[f"{name}_sides_within_2px"] = near / max(sides, 1)
        return scores

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        tensors: dict[str, Any] = {f"textmap.{k}": v for k, v in model.state_dict().items()}
        save_atomic(tensors, path, metadata)


def _inside(box: tuple[float, ...], region: tuple[float, ...]) -> bool:
    """At least half of `box` lies in `region`."""
    w, h = min(box[2], region[2]) - max(box[0], region[0]), min(box[3], region[3]) - max(box[1], region[1])
    return w > 0 and h > 0 and w * h >= 0.5 * (box[2] - box[0]) * (box[3] - box[1])
