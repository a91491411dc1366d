"""What rows are shown, laid side by side: keys and values of the memory for cross-attention, pieces for copying.

Made once a row, when it begins; a step of decoding computes none of it again. Rows that see nothing have empty masks, which
the model takes as no pictures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from mmgpt.copying import Memory, grammar
from mmgpt.model import MMGPT


@dataclass
class Shown:
    """mask bool [B, N] of memory; kv [B, 2L, h, N, d], keys and values of each of the L cross-attention layers (L = 0: prefix);
    pieces [B, P, D] with piece_mask bool [B, P], and their keys as pointers see them [B, P, 2D]."""

    mask: Tensor
    kv: Tensor
    pieces: Tensor
    piece_mask: Tensor
    piece_keys: Tensor

    @classmethod
    def of(cls, model: MMGPT, memory: Memory | None) -> Shown:
        """What one row is shown: its memory with a batch of one, or nothing."""
        config = model.config.decoder
        weight = model.decoder.embed_tokens.weight
        width, layers = config.width, len(config.cross_attention_layers)
        if memory is None:
            flags = torch.zeros(1, 0, dtype=torch.bool, device=weight.device)
            kv = weight.new_zeros(1, 2 * layers, config.kv_heads, 0, config.head_dim)
            return cls(flags, kv, weight.new_zeros(1, 0, width), flags.clone(), weight.new_zeros(1, 0, 2 * width))
        wide = model.memory_kv(memory) or []
        pairs = [part for pair in wide for part in pair]
        size = memory.tokens.shape[1]
        none = weight.new_zeros(1, 0, config.kv_heads, size, config.head_dim)
        kv = torch.stack(pairs, 1) if pairs else none
        if not model.config.pointers:
            flags = torch.zeros(1, 0, dtype=torch.bool, device=weight.device)
            return cls(memory.mask, kv, weight.new_zeros(1, 0, width), flags, weight.new_zeros(1, 0, 2 * width))
        pieces = model.pointers.gather(memory)
        return cls(memory.mask, kv, pieces, memory.piece_mask, model.pointers.key(pieces))

    @classmethod
    def together(cls, rows: Sequence[Shown]) -> Shown:
        """Rows below one another, padded to the widest."""
        parts: dict[str, Tensor] = {}
        for field in fields(cls):
            own = [getattr(row, field.name) for row in rows]
            axis = 3 if field.name == "kv" else 1
            widest = max(tensor.shape[axis] for tensor in own)
            # F.pad counts axes from the last: of kv the last but one, of tokens the last but one, of masks the last.
            after = own[0].ndim - 1 - axis
            parts[field.name] = torch.cat([F.pad(t, [0, 0] * after + [0, widest - t.shape[axis]]) for t in own])
        return cls(**parts)

    def take(self, rows: Sequence[int]) -> Shown:
        """Some of the rows, no wider than they need."""
        index = torch.tensor(rows, device=self.mask.device)
        mask, piece_mask = self.mask.index_select(0, index), self.piece_mask.index_select(0, index)
        wide, pointed = _reach(mask), _reach(piece_mask)
        return Shown(
            mask[:, :wide],
            self.kv[:, :, :, :wide].index_select(0, index),
            self.pieces[:, :pointed].index_select(0, index),
            piece_mask[:, :pointed],
            self.piece_keys[:, :pointed].index_select(0, index),
        )

    def embed(self, model: MMGPT, ids: Tensor) -> Tensor:
        """Vectors [B, T, D] of ids of an answer [B, T]: no `<image>` is among them, pointers may be."""
        vocabulary = model.config.decoder.vocab_size
        x: Tensor = model.decoder.embed_tokens(ids.clamp(max=vocabulary - 1))
        if self.pieces.shape[1] and bool((ids >= vocabulary).any()):
            x = torch.where((ids >= vocabulary)[..., None], model.pointers.embedding(self.pieces, ids, vocabulary), x)
        return x

    def logits(self, model: MMGPT, hidden: Tensor, ids: Tensor) -> Tensor:
        """`MMGPT.logits` for hidden [B, 1, D] after ids [B, 1], with the pieces' keys that are there: [B, V + 2P]."""
        text = model.logits(hidden, ids, None, pointers=0)
        count = model.config.pointers
        if not count:
            return text[:, 0]
        lowest = torch.finfo(hidden.dtype).min
        out = hidden.new_full((len(hidden), 2, count), lowest)
        present = min(self.pieces.shape[1], count)
        if present:
            queries = model.pointers.query(hidden).chunk(2, -1)
            keys = self.piece_keys[:, :present].chunk(2, -1)
            for side in (0, 1):
                scores = (queries[side] @ keys[side].transpose(1, 2))[:, 0] / math.sqrt(hidden.shape[-1])
                out[:, side, :present] = scores.masked_fill(~self.piece_mask[:, :present], lowest)
        both = torch.cat([text, out.flatten(1)[:, None].to(text.dtype)], -1)
        return grammar(both, ids, model.config.decoder.vocab_size, count)[:, 0]


def _reach(mask: Tensor) -> int:
    """How many columns of a mask bool [B, N] are needed."""
    used = mask.any(0).nonzero()
    return int(used[-1]) + 1 if len(used) else 0
