"""Verbatim parts are copied, not spelled: the decoder names the first and the last piece of a span of read lines (pointer
networks, Vinyals et al., 2015), so that a path it has never seen comes out letter by letter, and nothing that was not read
can be invented.

Ids from `vocab_size` on are pointers: P starts, then P ends, numbered as the pieces of the conversation's pictures. They go through
sampling, caches and losses like any token.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

LONGEST_SPAN = 96  # pieces


@dataclass
class Memory:
    """What the decoder attends to, for a batch of conversations.

    tokens float [B, N, D], mask bool [B, N]; pieces int64 [B, P], the place among the N of each piece that can be pointed at,
    and piece_mask bool [B, P].
    """

    tokens: Tensor
    mask: Tensor
    pieces: Tensor
    piece_mask: Tensor


class Pointers(nn.Module):
    """Scores over pieces for hidden states, and the vectors of copied spans as inputs."""

    def __init__(self, width: int, count: int) -> None:
        super().__init__()
        self.count = count
        self.key = nn.Linear(width, 2 * width, bias=False)
        self.query = nn.Linear(width, 2 * width, bias=False)
        self.embed = nn.Linear(width, 2 * width)

    def gather(self, memory: Memory) -> Tensor:
        """The pieces' memory tokens: [B, P, D]."""
        return memory.tokens.gather(1, memory.pieces[..., None].expand(-1, -1, memory.tokens.shape[-1]))

    def embedding(self, pieces: Tensor, ids: Tensor, first: int) -> Tensor:
        """Input vectors [B, T, D] of pointer ids int64 [B, T] (first = vocab_size; other ids give something meaningless)."""
        slot = (ids - first).clamp(0, 2 * self.count - 1)
        end = slot >= self.count
        slot = (slot - self.count * end).clamp(max=pieces.shape[1] - 1)
        chosen = pieces.gather(1, slot[..., None].expand(-1, -1, pieces.shape[-1]))
        start_vector, end_vector = self.embed(chosen).chunk(2, -1)
        return torch.where(end[..., None], end_vector, start_vector)

    def logits(self, hidden: Tensor, pieces: Tensor, mask: Tensor, count: int) -> Tensor:
        """hidden [B, T, D], pieces [B, P', D] mask bool [B, P'] → scores [B, T, 2 · count], lowest where there is no piece."""
        lowest = torch.finfo(hidden.dtype).min
        out = hidden.new_full((*hidden.shape[:2], 2, count), lowest)
        present = min(pieces.shape[1], count)
        scale = 1 / math.sqrt(hidden.shape[-1])
        queries, keys = self.query(hidden).chunk(2, -1), self.key(pieces[:, :present]).chunk(2, -1)
        for side in (0, 1):
            scores = queries[side] @ keys[side].transpose(1, 2) * scale
            out[:, :, side, :present] = scores.to(out.dtype).masked_fill(~mask[:, None, :present], lowest)
        return out.flatten(2)


def grammar(logits: Tensor, ids: Tensor, vocabulary: int, count: int) -> Tensor:
    """Forbids what makes no span: after a start only an end at or behind it, and an end only after a start.

    logits [B, T, V + 2P] of what follows ids int64 [B, T] → the same with forbidden entries at the lowest number. A function of
    the id before alone, so that training, our engine and transformers' generate() agree.
    """
    if not count:
        return logits
    lowest = torch.finfo(logits.dtype).min
    started = (ids >= vocabulary) & (ids < vocabulary + count)
    place = torch.arange(logits.shape[-1], device=logits.device)
    start = (ids - vocabulary)[..., None]
    end = place - vocabulary - count
    allowed = torch.where(started[..., None], (end >= start) & (end < start + LONGEST_SPAN), end < 0)
    return logits.masked_fill(~allowed, lowest)
