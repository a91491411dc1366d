"""Small tasks whose data is a function of the step, for tests of the trainer."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from train.trainer import RunConfig, Trainer


class Noisy(nn.Module):
    """Two layers with noise from every generator that a checkpoint has to keep: torch (dropout), Python, numpy."""

    def __init__(self) -> None:
        super().__init__()
        self.tower, self.head = nn.Linear(4, 8), nn.Linear(8, 1)
        self.norm, self.drop = nn.BatchNorm1d(8), nn.Dropout(0.2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.drop(self.tower(x)))
        if self.training:
            y = y * (1 + 0.1 * random.random()) + 0.05 * float(np.random.standard_normal())
        return self.head(y)[:, 0]


class Regression:
    """Sums of four numbers."""

    name = "regression"

    def __init__(self, poison: int = -1, model: nn.Module | None = None, noisy: bool = False) -> None:
        torch.manual_seed(3)
        plain = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1), nn.Flatten(0))
        self.model: nn.Module = model or (Noisy() if noisy else plain)
        self.poison = poison

    def batch(self, step: int) -> Tensor:
        x = torch.randn(16, 4, generator=torch.Generator().manual_seed(step))
        return x * float("nan") if step == self.poison else x

    def loss(self, batch: Tensor, step: int, total: int) -> tuple[Tensor, int]:
        return (self.model(batch) - batch.sum(1)).pow(2).mean(), len(batch)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        with torch.no_grad():
            x = self.batch(10**6)
            return {"error": float((model(x) - x.sum(1)).pow(2).mean())}

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        from train.checkpoint import save_atomic

        save_atomic(dict(model.state_dict()), path, metadata)


def config(out: Path, steps: int, **more: Any) -> RunConfig:
    """A short run in `out`."""
    options: dict[str, Any] = {"warmup": 5, "decay": 10, "save_every": 7, "eval_every": 50, "bf16": False}
    return RunConfig(out=out, steps=steps, **{**options, **more})


def state(trainer: Trainer) -> dict[str, Tensor]:
    """Weights and averaged weights, by name."""
    return {**trainer.model.state_dict(), **{f"ema.{k}": v for k, v in trainer.ema.items()}}
