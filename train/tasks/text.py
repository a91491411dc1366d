"""Task `text`: the decoder alone learns the language of screens and answers, token by token.

Documents are packed into rows of `length` tokens and do not see each other: masks end at their borders, positions begin anew.
"""

from __future__ import annotations

import random
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from mmgpt.chat import SPECIAL, plain_ids
from mmgpt.config import ModelConfig
from mmgpt.model import MMGPT
from train.checkpoint import save_atomic
from train.data.perception import IGNORED, Batch, Row, collate
from train.data.text import sample_text
from train.data.world.content import texts
from train.data.world.sample import sample_content

_HELD_OUT = 7_000_000


class TextTask:
    """Batches of `batch` rows of `length` tokens; a batch depends on (seed, step) alone."""

    name = "text"

    def __init__(
        self, config: ModelConfig, tokenizer: Tokenizer, *, seed: int = 0, batch: int = 16, length: int = 256, evaluation: int = 16
    ) -> None:  # fmt: skip
        self.model: nn.Module = MMGPT(config)
        self.config, self.tokenizer = config, tokenizer
        self.seed, self.batch_size, self.length, self.evaluation = seed, batch, length, evaluation

    def document(self, rng: random.Random, split: str) -> str:
        """A screen's words, or a line of installed software."""
        if rng.random() < 0.5:
            return "\n".join(piece.text for piece in texts(sample_content(rng, split)))
        return sample_text(rng)

    def row(self, seed: int, split: str) -> Row:
        """Documents one after the other, each ended, until the row is full."""
        rng = random.Random(f"text {seed}")
        ids: list[int] = []
        numbers: list[int] = []
        while len(ids) < self.length:
            part = [*plain_ids(self.tokenizer, self.document(rng, split)), SPECIAL["<|end|>"]]
            numbers += [numbers[-1] + 1 if numbers else 0] * len(part)
            ids += part
        ids, numbers = ids[: self.length], numbers[: self.length]
        labels = torch.tensor(ids)
        turn = torch.tensor(numbers)
        labels[1:][turn[1:] != turn[:-1]] = IGNORED  # a document's first token does not follow from the one before
        return Row(torch.tensor(ids), labels, turn, apart=True, pieces=None)

    def batch(self, step: int) -> Batch:
        """Rows of the training split."""
        first = self.seed * 100_000_000 + step * self.batch_size
        return collate([self.row(first + i, "train") for i in range(self.batch_size)], self.config.pad_token)

    def loss(self, batch: Batch, step: int, total: int) -> tuple[Tensor, int]:
        """Mean cross-entropy over text tokens."""
        return text_loss(self.model, batch), len(batch.ids)  # type: ignore[arg-type]

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Nats a token on held-out screens."""
        rows = [self.row(_HELD_OUT + i, "held_out") for i in range(self.evaluation)]
        return {"held out nats a token": float(text_loss(model, collate(rows, self.config.pad_token)))}  # type: ignore[arg-type]

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        """Weights under the names of the core model."""
        save_atomic(dict(model.state_dict()), path, metadata)


def text_loss(model: MMGPT, batch: Batch) -> Tensor:
    """Cross-entropy of every next token [B, T] by the decoder alone."""
    batch = batch.to(model.decoder.embed_tokens.weight.device)
    hidden = model.hidden(batch.ids, None, mask=batch.mask, positions=batch.positions)
    logits = model.decoder.head(hidden[:, :-1]).float()
    return F.cross_entropy(logits.flatten(0, 1), batch.labels[:, 1:].flatten(), ignore_index=IGNORED)
