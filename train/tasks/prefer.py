"""Task `prefer`: what should have been said becomes likelier than what was said, by direct preference optimisation (DPO; Rafailov et al.,
2023), against a frozen reference: the model as the run began, or the same model with its adapters switched off.

Data are JSON lines `{"prompt", "chosen", "rejected", "image"}` or what `mmgpt correct --export` writes; see `train.pairs`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmgpt.model import MMGPT
from mmgpt.perception import Perceiver
from train.adapters import layers_with, switched_off
from train.checkpoint import save_atomic
from train.data.perception import Batch, Row, collate
from train.pairs import PairMaker, read_pairs
from train.parts import bounds
from train.tasks.simulate import answer_losses

_HELD_OUT = 0.1  # of the pairs, for measuring
_FEWEST = 10  # pairs from which on some are kept for measuring


@dataclass(frozen=True)
class Dpo:
    """`beta`: how dear it is to leave the reference; `smoothing`: share of pairs that may be the wrong way round (conservative DPO,
    Mitchell, 2023); `sft`: weight of the chosen answer's own cross-entropy a token."""

    beta: float = 0.1
    smoothing: float = 0.0
    sft: float = 0.0

    def __post_init__(self) -> None:
        if not (self.beta > 0 and math.isfinite(self.beta)) or not 0 <= self.smoothing < 0.5 or self.sft < 0:
            raise ValueError(
                f"DPO needs beta > 0, 0 ≤ smoothing < 0.5 and sft ≥ 0, not {self.beta}, {self.smoothing} and {self.sft}"
            )


@dataclass
class PairBatch:
    """Pairs of rows: the chosen and the rejected answer to the same question about the same picture."""

    rows: list[tuple[Row, Row]]

    def part(self, index: int, count: int) -> PairBatch:
        """Pairs of a part."""
        first, last = bounds(len(self.rows), index, count)
        return PairBatch(self.rows[first:last])

    def supervised(self) -> int:
        """Pairs: the loss is a mean over them."""
        return len(self.rows)

    def collated(self, pad: int) -> Batch:
        """All chosen rows, then all rejected ones."""
        return collate([c for c, _ in self.rows] + [r for _, r in self.rows], pad)


def answer_logprobs(model: MMGPT, batch: Batch) -> tuple[Tensor, Tensor]:
    """Log-probability of each row's supervised tokens, summed, float32 [B], and how many they are [B]."""
    losses, there = answer_losses(model, batch)
    return -losses.sum(1), there.sum(1)


def dpo_loss(policy: Tensor, reference: Tensor, tokens: Tensor, settings: Dpo) -> tuple[Tensor, Tensor]:
    """Loss of each pair [n] and its reward margin [n].

    policy, reference float [2n]: summed log-probabilities of n chosen answers, then of the n rejected ones; tokens [2n], their lengths.
    """
    n = len(policy) // 2
    rewards = settings.beta * (policy - reference)
    margin = rewards[:n] - rewards[n:]
    loss = -(1 - settings.smoothing) * F.logsigmoid(margin) - settings.smoothing * F.logsigmoid(-margin)
    if settings.sft:
        loss = loss - settings.sft * policy[:n] / tokens[:n].clamp_min(1)
    return loss, margin.detach()


class PreferTask:
    """Batches of `batch` pairs, an epoch after another, each in an order of its own. A batch depends on (seed, step) alone.

    The model must hold the weights that the run begins from: they are the reference. Raises ValueError or FileNotFoundError for data that
    cannot be used, naming the line.
    """

    name = "prefer"

    def __init__(
        self, model: MMGPT, tokenizer: Any, perceiver: Perceiver, data: Path | Sequence[Path], *, seed: int = 0, batch: int = 8,
        settings: Dpo | None = None, evaluation: int = 64, told: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.model: nn.Module = model
        self.settings, self.seed, self.batch_size = settings or Dpo(), seed, batch
        self.told, self.tokenizer = told, tokenizer
        paths = [data] if isinstance(data, Path) else list(data)
        pairs = [pair for path in paths for pair in read_pairs(path)]
        kept = 0 if len(pairs) < _FEWEST else min(evaluation, max(1, round(_HELD_OUT * len(pairs))))
        order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(20_230_529)).tolist()
        self.kept = [pairs[i] for i in sorted(order[:kept])]
        self.pairs = [pairs[i] for i in sorted(order[kept:])]
        self.maker = PairMaker(model.config, tokenizer, perceiver)
        self.pad = model.config.pad_token
        self.evaluation = evaluation
        learning = [n for n, p in model.named_parameters() if p.requires_grad]
        # With adapters alone the reference is there already; whatever else learns needs a copy of what it was.
        self.switches = bool(_has_adapters(model)) and all(".lora_" in name for name in learning)
        self._reference = None if self.switches else copy.deepcopy(model).eval().requires_grad_(False)
        self._window: list[tuple[float, float]] = []

    def batch(self, step: int) -> PairBatch:
        """Pairs of a step."""
        size, count = self.batch_size, len(self.pairs)
        chosen = []
        for i in range(step * size, (step + 1) * size):
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + i // count)
            order = torch.randperm(count, generator=generator)
            chosen.append(self.pairs[int(order[i % count])])
        return PairBatch([self.maker.rows(pair) for pair in chosen])

    def tokens(self, batch: PairBatch) -> int:
        """Tokens of all answers and prompts."""
        return sum(len(c.ids) + len(r.ids) for c, r in batch.rows)

    def pictures(self, batch: PairBatch) -> int:
        """Pictures that are shown."""
        return sum(c.pieces is not None or c.features is not None for c, _ in batch.rows)

    def _losses(self, model: Any, batch: PairBatch) -> tuple[Tensor, Tensor]:
        rows = batch.collated(self.pad)
        policy, tokens = answer_logprobs(model, rows)
        with torch.no_grad(), switched_off(model) if self._reference is None else nullcontext():
            if self._reference is not None:
                self._reference.to(policy.device)
            reference, _ = answer_logprobs(model if self._reference is None else self._reference, rows)
        return dpo_loss(policy, reference, tokens, self.settings)

    def loss(self, batch: PairBatch, step: int, total: int) -> tuple[Tensor, int]:
        """Mean loss over pairs, and their number."""
        losses, margins = self._losses(self.model, batch)
        self._window += [(float(m), float(m > 0)) for m in margins]
        return losses.mean(), len(batch.rows)

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Reward margin and the share of pairs whose chosen answer has the higher reward: while training, and on pairs kept apart."""
        scores = {}
        seen, self._window = self._window, []
        if seen:
            scores = {"margin": sum(m for m, _ in seen) / len(seen), "accuracy": sum(a for _, a in seen) / len(seen)}
        some = self.kept or self.pairs[: self.evaluation]
        found: list[Tensor] = []
        losses: list[Tensor] = []
        for first in range(0, len(some), self.batch_size):
            rows = PairBatch([self.maker.rows(pair) for pair in some[first : first + self.batch_size]])
            loss, margin = self._losses(model, rows)
            losses.append(loss)
            found.append(margin)
        margins = torch.cat(found)
        which = "held out" if self.kept else "all pairs"
        return {
            **scores, f"{which} loss": float(torch.cat(losses).mean()), f"{which} margin": float(margins.mean()),
            f"{which} accuracy": float((margins > 0).float().mean()),
        }  # fmt: skip

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        """Weights under the names of the core model; of a model put together from parts also what `merge` needs."""
        save_atomic(dict(model.state_dict()), path, metadata)
        if self.told is not None:
            from train.tasks.backbones import write_record

            write_record(path.parent, self.told, self.tokenizer)


def _has_adapters(model: nn.Module) -> int:
    return len(layers_with(model)) if any(".lora_" in name for name, _ in model.named_parameters()) else 0


__all__ = ["Dpo", "PairBatch", "PreferTask", "answer_logprobs", "dpo_loss"]
