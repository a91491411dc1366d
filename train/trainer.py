"""The training loop: any task, one device, exact resume, a ledger that says what was spent.

Data is a function of (seed, step), so an interrupted run goes on with the very samples it would have seen.
"""

from __future__ import annotations

import csv
import json
import logging
import math
import os
import platform
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from train import checkpoint

log = logging.getLogger(__name__)
BLOCK = 8


class Task(Protocol):
    """What a run trains. `batch` must depend on (seed, step) alone."""

    name: str
    model: nn.Module

    def batch(self, step: int) -> Any: ...

    def loss(self, batch: Any, step: int, total: int) -> tuple[Tensor, int]:
        """Mean loss and the number of samples in the batch."""
        ...

    def evaluate(self, model: nn.Module) -> dict[str, float]: ...

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None: ...


@dataclass
class RunConfig:
    """A run. `steps` may grow on resume: the rate is warm-up, stable, then a decay over the last `decay` steps."""

    out: Path
    steps: int = 1000
    warmup: int = 200
    decay: int = 200
    lr: float = 1.5e-3
    weight_decay: float = 0.02
    clip: float = 1.0
    ema: float = 0.999
    save_every: int = 500
    eval_every: int = 1000
    log_every: int = 25
    minutes: float | None = None
    cpu_minutes: float | None = None  # of this process: what a comparison on a shared machine has to hold equal
    device: str = "cpu"
    bf16: bool | None = None  # None: where the machine computes it faster than float32
    seed: int = 0
    workers: int = 0


def rate(step: int, config: RunConfig) -> float:
    """Learning rate at `step`: linear warm-up, stable, then 1 - sqrt decay to zero (Hägele et al., 2024)."""
    if step < config.warmup:
        return config.lr * (step + 1) / config.warmup
    left = config.steps - step
    if left >= config.decay or config.decay == 0:
        return config.lr
    return config.lr * (1 - math.sqrt(1 - left / config.decay))


def fast_bf16(device: str) -> bool:
    """Whether bfloat16 pays on `device`: on GPUs, and on processors with instructions for it; elsewhere it is emulated, 60 times slower
    than float32 on a Zen 3."""
    if not device.startswith("cpu"):
        return True
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


class Interrupted(Exception):
    """SIGTERM or SIGINT arrived; the state is saved."""


class _Steps(Dataset[list[Any]]):
    """Blocks of BLOCK consecutive batches, so that a worker draws what belongs together (see `tasks.lines.POOL`)."""

    def __init__(self, task: Task, first: int, last: int) -> None:
        self.task, self.first, self.last = task, first, last

    def __len__(self) -> int:
        return -(-self.last // BLOCK) - self.first // BLOCK

    def __getitem__(self, index: int) -> list[Any]:
        torch.set_num_threads(1)
        block = self.first // BLOCK + index
        steps = range(max(self.first, block * BLOCK), min(self.last, (block + 1) * BLOCK))
        return [self.task.batch(step) for step in steps]


class Trainer:
    """Runs a task for the steps that its configuration asks for, from the newest checkpoint in `out` if there is one."""

    def __init__(self, task: Task, config: RunConfig, init: dict[str, Tensor] | None = None) -> None:
        if config.bf16 is None:
            config.bf16 = fast_bf16(config.device)
        self.task, self.config = task, config
        self.model = task.model.to(config.device)
        if init is not None:
            self.model.load_state_dict(init)
        matrices = [p for p in self.model.parameters() if p.requires_grad and p.ndim > 1]
        vectors = [p for p in self.model.parameters() if p.requires_grad and p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=config.lr, betas=(0.9, 0.98), fused=True)
        self.ema = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.step, self.samples, self.seconds = 0, 0, 0.0
        found = checkpoint.load_latest(config.out / "checkpoints", self.model, self.ema, self.optimizer)
        if found:
            self.step, progress = found
            self.samples, self.seconds = int(progress["samples"]), float(progress["seconds"])
            log.info("going on from step %d", self.step)
        self._stop = False
        self._source: Iterator[Any] | None = None

    def _average(self) -> None:
        # Early on the average would remember random weights, so it follows quickly first.
        keep = min(self.config.ema, (self.step + 1) / (self.step + 10))
        for name, value in self.model.state_dict().items():
            if value.dtype.is_floating_point:
                self.ema[name].lerp_(value, 1 - keep)
            else:
                self.ema[name].copy_(value)

    def averaged(self) -> nn.Module:
        """The task's model with EMA weights, on its own copy."""
        import copy

        model = copy.deepcopy(self.model)
        model.load_state_dict(self.ema)
        return model.eval()

    def _save(self) -> None:
        checkpoint.save(
            self.config.out / "checkpoints", self.step, self.model, self.ema, self.optimizer,
            {"samples": self.samples, "seconds": self.seconds, "task": self.task.name},
        )  # fmt: skip

    def _batches(self) -> Iterator[Any]:
        """Batches from the current step on; drawn by worker processes when there are any, always the same ones."""
        if self.config.workers == 0:
            while True:
                yield self.task.batch(self.step)
        dataset = _Steps(self.task, self.step, self.config.steps)
        loader = DataLoader(
            dataset, batch_size=None, num_workers=self.config.workers, prefetch_factor=2, multiprocessing_context="fork"
        )
        for block in loader:
            yield from block

    def _one(self) -> float:
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.step, config)
        if self._source is None:
            self._source = self._batches()
        batch = next(self._source)
        cast = torch.autocast(config.device, dtype=torch.bfloat16) if config.bf16 else nullcontext()
        with cast:
            loss, count = self.task.loss(batch, self.step, config.steps)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise RuntimeError(
                f"the loss of task {self.task.name} is {value} at step {self.step}; lower --lr (now {config.lr}) and resume"
            )
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), config.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.samples += count
        self._average()
        return value

    def run(self) -> dict[str, float]:
        """Trains to the end of the budget; returns the last evaluation (of the EMA weights). Saves on SIGTERM and Ctrl-C."""
        config = self.config
        config.out.mkdir(parents=True, exist_ok=True)
        (config.out / "config.json").write_text(json.dumps({**asdict(config), "out": config.out.name}, indent=1))
        before = {s: signal.signal(s, self._ask_stop) for s in (signal.SIGTERM, signal.SIGINT)}
        started, computed = time.monotonic(), time.process_time()
        scores: dict[str, float] = {}
        bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[note]}"),
            console=Console(stderr=True), disable=not sys.stderr.isatty(),
        )  # fmt: skip
        running, summed = 0.0, 0  # fewer than log_every where a run begins in between
        self.model.train()
        try:
            with bar:
                row = bar.add_task(self.task.name, total=config.steps, completed=self.step, note="")
                while self.step < config.steps and not self._stop:
                    if config.minutes is not None and time.monotonic() - started > 60 * config.minutes:
                        break
                    if config.cpu_minutes is not None and time.process_time() - computed > 60 * config.cpu_minutes:
                        break
                    tick = time.monotonic()
                    running, summed = running + self._one(), summed + 1
                    self.seconds += time.monotonic() - tick
                    bar.update(row, advance=1)
                    if self.step % config.log_every == 0:
                        bar.update(row, note=f"loss {running / summed:.4f}")
                        self._write("loss.csv", {"loss": running / summed, "lr": rate(self.step - 1, config)})
                        running, summed = 0.0, 0
                    if self.step % config.save_every == 0:
                        self._save()
                    if self.step % config.eval_every == 0:
                        scores = self._evaluate()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        self._save()
        if self._stop:
            raise Interrupted(f"stopped at step {self.step}; the same command goes on from there")
        return self._evaluate() if not scores or self.step % config.eval_every else scores

    def _ask_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop = True

    def _evaluate(self) -> dict[str, float]:
        scores = self.task.evaluate(self.averaged())
        self._write("curve.csv", scores)
        log.info("step %d: %s", self.step, ", ".join(f"{k} {v:.4f}" for k, v in scores.items()))
        metadata = {"task": self.task.name, "step": str(self.step), "samples": str(self.samples)}
        self.task.export(self.averaged(), self.config.out / "model.safetensors", metadata)
        self.model.train()
        return scores

    def _write(self, name: str, values: dict[str, float]) -> None:
        row = {"step": self.step, "samples": self.samples, "hours": round(self.seconds / 3600, 5)}
        row |= {k: round(v, 6) for k, v in values.items()}
        path = self.config.out / name
        new = not path.exists()
        with path.open("a", newline="") as handle:
            writer = csv.DictWriter(handle, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)


def hardware(device: str) -> str:
    """What the run computes on, in words for the ledger."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{os.cpu_count()} CPU cores ({platform.machine()}), {torch.get_num_threads()} threads"
