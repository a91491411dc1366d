"""What a run does with its time: pictures and tokens a second, the share of the machine's arithmetic that is used (MFU), waiting, memory.

Arithmetic is counted as in PaLM (Chowdhery et al., 2022, appendix B): 6 for each parameter and token (4 where a part is frozen), and
12 · layers · width · length for attention; the output layer at supervised tokens alone, since logits are made for no others.
Recomputed activations are not counted: MFU is about what had to be done.
"""

from __future__ import annotations

import re
import resource
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from train.parts import supervised

PEAKS = {  # dense half-precision TFLOP/s with the most specific name first, from the makers' data sheets
    "GB200": 2500.0, "B200": 2250.0, "B100": 1750.0, "GH200": 989.0, "H200": 989.0, "H100 PCIe": 756.0, "H100 NVL": 835.0, "H100": 989.0,
    "H800": 989.0, "A100": 312.0, "A800": 312.0, "A40": 150.0, "A30": 165.0, "A10G": 70.0, "A10": 125.0, "L40S": 362.0, "L40": 181.0,
    "L4": 121.0, "T4": 65.0, "V100": 125.0, "RTX 6000 Ada": 364.0, "RTX A6000": 155.0, "RTX 5090": 210.0, "RTX 4090": 165.0,
    "RTX 4080": 97.0, "RTX 3090": 71.0, "MI300X": 1307.0, "MI250X": 191.5, "MI210": 181.0,
}  # fmt: skip


def named_peak(name: str) -> float | None:
    """Half-precision FLOP/s of a GPU by its name; None for one that is not in the table."""
    if "laptop" in name.lower():  # they share names with cards that draw three times as much
        return None
    found = (p for known, p in PEAKS.items() if re.search(rf"\b{known}\b", name, re.IGNORECASE))
    return next((p * 1e12 for p in found), None)


def measured_peak(device: torch.device, bf16: bool) -> float:
    """FLOP/s of the best of a few large matrix products, with the threads that training has."""
    size = 768 if device.type == "cpu" else 8192
    matrix = torch.ones(size, size, device=device, dtype=torch.bfloat16 if bf16 else torch.float32)
    best = float("inf")
    for _ in range(7):
        start = time.perf_counter()
        product = matrix @ matrix
        float(product[0, 0])  # waits for the device
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


def peak(device: torch.device, bf16: bool) -> float:
    """FLOP/s that `device` can do: from the table for half precision on a known GPU, measured otherwise."""
    known = named_peak(torch.cuda.get_device_name(device)) if device.type == "cuda" and bf16 else None
    if known is not None:
        return known
    key = (str(device), bf16, torch.get_num_threads())
    if key not in _measured:
        _measured[key] = measured_peak(device, bf16)
    return _measured[key]


_measured: dict[
    tuple[str, bool, int], float
] = {}  # once a process: runs that follow each other are on the same machine


@dataclass
class Work:
    """What a batch holds: text tokens that are no padding, pictures, and the arithmetic that learning from it takes."""

    tokens: int = 0
    pictures: int = 0
    flops: float = 0.0


class Counter:
    """Counts the work in batches of a task; FLOPs are known for models with a decoder, 0 for others.

    `task.tokens(batch)` and `task.pictures(batch)` are asked where the task has them.
    """

    def __init__(self, task: Any) -> None:
        self.task = task
        self.config: Any = getattr(task.model, "config", None)
        self.known = hasattr(self.config, "decoder") and hasattr(task.model, "decoder")
        if self.known:
            config: Any = self.config and self.config.decoder
            decoder, lines = task.model.decoder, getattr(task.model, "lines", None)
            head = config.vocab_size * config.width
            table = 0 if config.tie_embeddings else head
            self.body = _cost(decoder) * (_size(decoder) - head - table)
            self.head = 6 * head
            self.lines = 0 if lines is None else _cost(lines) * _size(lines)
            self.self_attention = 12 * len(config.self_attention_layers) * config.heads * config.head_dim
            self.cross_attention = 12 * len(config.cross_attention_layers) * config.heads * config.head_dim

    def __call__(self, batch: Any) -> Work:
        """The work in a batch."""
        ids, owner = getattr(batch, "ids", None), getattr(batch, "owner", None)
        if isinstance(batch, dict):
            ids = batch.get("input_ids", batch.get("ids"))
        work = Work()
        if hasattr(self.task, "tokens"):
            work.tokens = int(self.task.tokens(batch))
        elif ids is not None:
            work.tokens = int((ids != getattr(self.config, "pad_token", -1)).sum())
        if hasattr(self.task, "pictures"):
            work.pictures = int(self.task.pictures(batch))
        elif owner is not None:
            work.pictures = len(owner)
        else:
            named = getattr(batch, "pictures", getattr(batch, "images", None))
            work.pictures = 0 if named is None else len(named)
        if self.known and ids is not None:
            pieces = getattr(batch, "pieces", None)
            there = 0 if pieces is None else int(pieces.mask.sum())
            length = work.tokens / len(ids)
            work.flops = work.tokens * (self.body + self.self_attention * length) + self.head * supervised(batch)
            work.flops += there * self.lines + self.cross_attention * work.tokens * there / max(len(ids), 1)
        return work


def _size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def _cost(module: nn.Module) -> int:
    return 6 if any(p.requires_grad for p in module.parameters()) else 4


def memory_gb(device: torch.device) -> float:
    """The most memory used so far, in 10⁹ bytes: of the GPU, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e9 if sys.platform == "darwin" else most * 1024 / 1e9


@dataclass
class Window:
    """Sums since the last line of the log."""

    steps: int = 0
    loss: float = 0.0
    norm: float = 0.0
    seconds: float = 0.0
    waited: float = 0.0
    work: Work = field(default_factory=Work)

    def add(self, work: Work) -> None:
        """Takes in the work of a batch."""
        self.work.tokens += work.tokens
        self.work.pictures += work.pictures
        self.work.flops += work.flops

    def local(self) -> list[float]:
        """What is summed over processes."""
        return [self.work.tokens, self.work.pictures, self.work.flops, self.waited]

    def line(self, sums: list[float], processes: int, peak_flops: float, memory: float) -> dict[str, float]:
        """The log's columns. `sums` are `local()` over all processes."""
        tokens, pictures, flops, waited = sums
        seconds = max(self.seconds, 1e-9)
        row = {
            "grad_norm": self.norm / max(self.steps, 1),
            "pictures_s": pictures / seconds,
            "tokens_s": tokens / seconds,
        }
        row["mfu"] = flops / seconds / (peak_flops * processes) if peak_flops else 0.0
        return {**row, "data_wait": waited / processes / seconds, "memory_gb": memory}
