"""Rows of one running batch: their tokens end at the same column, whatever their lengths, and go on side by side.

row a   · · · · a a a a a a        padding stands left; positions count from a row's own first token
row b   b b b b b b b b b b
row c   · · · · · · · c c c        joined three tokens ago
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mmgpt.decoder import attention_mask
from mmgpt.fusion import MemoryKV
from mmgpt.model import MMGPT
from mmgpt.serve.batching.shown import Shown

ROOM = 64  # columns that are allocated ahead


class Cells:
    """Keys and values of the self-attention layers, which grow: `mmgpt.decoder.Cache` for rows that come and go."""

    def __init__(self, keys: list[Tensor], values: list[Tensor], length: int) -> None:
        self.keys, self.values, self.length = keys, values, length

    @classmethod
    def empty(cls, model: MMGPT, rows: int) -> Cells:
        """Room for rows without a token."""
        config, weight = model.config.decoder, model.decoder.embed_tokens.weight
        count = len(config.self_attention_layers)
        made = [[weight.new_zeros(rows, config.kv_heads, 0, config.head_dim) for _ in range(count)] for _ in range(2)]
        return cls(made[0], made[1], 0)

    def reserve(self, tokens: int) -> None:
        """Makes room for as many more tokens. New cells are zeros: masked as they are, a NaN in them would spread all the same."""
        size = self.keys[0].shape[2] if self.keys else 0
        if self.length + tokens > size:
            more = self.length + tokens + ROOM - size
            self.keys = [F.pad(k, (0, 0, 0, more)) for k in self.keys]
            self.values = [F.pad(v, (0, 0, 0, more)) for v in self.values]

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int) -> tuple[Tensor, Tensor]:
        """Adds T tokens of one layer; all layers of a step come before `length` grows."""
        end = self.length + key_states.shape[2]
        keys, values = self.keys[layer_idx], self.values[layer_idx]
        keys[:, :, self.length : end] = key_states
        values[:, :, self.length : end] = value_states
        return keys[:, :, :end], values[:, :, :end]

    def take(self, index: Tensor, start: int) -> Cells:
        """Some of the rows, without the columns before `start`."""
        keys = [k[:, :, start : self.length].index_select(0, index) for k in self.keys]
        values = [v[:, :, start : self.length].index_select(0, index) for v in self.values]
        return Cells(keys, values, self.length - start)

    def below(self, other: Cells) -> Cells:
        """These rows and then the other's, all of them ending at the last column."""
        length = max(self.length, other.length)

        def laid(mine: list[Tensor], others: list[Tensor]) -> list[Tensor]:
            pairs = zip(mine, others, strict=True)
            return [torch.cat([self._right(a, length), other._right(b, length)]) for a, b in pairs]

        return Cells(laid(self.keys, other.keys), laid(self.values, other.values), length)

    def _right(self, tensor: Tensor, length: int) -> Tensor:
        return F.pad(tensor[:, :, : self.length], (0, 0, length - self.length, 0))


class Lanes:
    """B rows at the same column: cells, valid bool [B, S] (no padding), counts int64 [B] of tokens so far, and what they are shown."""

    def __init__(self, model: MMGPT, cells: Cells, valid: Tensor, shown: Shown) -> None:
        self.model, self.cells, self.valid, self.shown = model, cells, valid, shown
        self.counts = valid.sum(1)

    def __len__(self) -> int:
        return len(self.valid)

    def step(self, ids: Sequence[int]) -> Tensor:
        """One more token a row → logits float32 [B, V + 2P] of what follows."""
        device = self.valid.device
        column = torch.tensor(ids, device=device)[:, None]
        self.valid = F.pad(self.valid, (0, 1), value=True)
        hidden = self._run(self.shown.embed(self.model, column), self.counts[:, None], self.valid)
        self.counts = self.counts + 1
        return self.shown.logits(self.model, hidden, column).float()

    def _run(self, x: Tensor, positions: Tensor, valid: Tensor) -> Tensor:
        """Vectors [B, T, D] through the decoder, into the cells; valid bool [B, S] has all columns up to the last of them."""
        tokens = x.shape[1]
        self.cells.reserve(tokens)
        wide = self.shown.mask.shape[1]
        parts = self.shown.kv.unbind(1)
        kv = [MemoryKV(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
        crossing = bool(kv) and wide > 0
        hidden = self.model.decoder(
            x, positions, attention_mask(valid, tokens), self.cells, kv if crossing else None,
            self.shown.mask if crossing else None,
        )  # fmt: skip
        self.cells.length += tokens
        return hidden  # type: ignore[no-any-return]

    def take(self, rows: Sequence[int]) -> Lanes:
        """Some of the rows; columns that none of them uses are gone."""
        index = torch.tensor(rows, device=self.valid.device)
        valid = self.valid[index]
        start = int(valid.any(0).long().argmax())
        return Lanes(self.model, self.cells.take(index, start), valid[:, start:], self.shown.take(rows))

    def below(self, other: Lanes) -> Lanes:
        """These rows and then the other's."""
        length = max(self.cells.length, other.cells.length)
        valid = torch.cat([F.pad(lanes.valid, (length - lanes.valid.shape[1], 0)) for lanes in (self, other)])
        return Lanes(self.model, self.cells.below(other.cells), valid, Shown.together([self.shown, other.shown]))


class Prefill(Lanes):
    """Rows whose prompts are read, some columns at a time."""

    def __init__(
        self, model: MMGPT, prompts: Sequence[Sequence[int]], vectors: Sequence[Tensor], shown: Sequence[Shown]
    ) -> None:
        """`prompts` as ids and as vectors [T, D] of each row."""
        weight = model.decoder.embed_tokens.weight
        longest = max(map(len, prompts))
        self.x = torch.stack([F.pad(v, (0, 0, longest - len(v), 0)) for v in vectors])
        whole = torch.zeros(len(prompts), longest, dtype=torch.bool, device=weight.device)
        for row, prompt in enumerate(prompts):
            whole[row, longest - len(prompt) :] = True
        super().__init__(model, Cells.empty(model, len(prompts)), whole, Shown.together(shown))
        self.positions = (whole.long().cumsum(1) - 1).clamp_min(0)
        self.last = torch.tensor([[prompt[-1]] for prompt in prompts], device=weight.device)

    @property
    def left(self) -> int:
        """How many columns are not read yet."""
        return self.x.shape[1] - self.cells.length

    def read(self, columns: int) -> Tensor | None:
        """Reads as many more columns; the logits [B, V + 2P] of the first token of each answer, once all are read."""
        start = self.cells.length
        end = min(start + columns, self.x.shape[1])
        hidden = self._run(self.x[:, start:end], self.positions[:, start:end], self.valid[:, :end])
        if self.left:
            return None
        return self.shown.logits(self.model, hidden[:, -1:], self.last).float()
