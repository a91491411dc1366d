"""Two ways for the memory to reach the decoder: gated cross-attention at chosen layers, or as tokens before the text.

Cross-attention follows Flamingo (Alayrac et al., 2022): layers of their own between those of the language model, opened by
tanh gates that may begin at zero, so that a pretrained decoder starts as it was. Keys and values are computed once a picture
and shared by every token.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmgpt.config import DecoderConfig
from mmgpt.documents import Documents
from mmgpt.layers import FeedForward, RMSNorm


class MemoryKV(NamedTuple):
    """Keys and values of the memory for one layer, each [B, kv_heads, N, head_dim]."""

    keys: Tensor
    values: Tensor


class CrossAttentionLayer(nn.Module):
    """x + tanh(gate) · attention(x, memory), then x + tanh(gate) · feed-forward."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = config.heads, config.kv_heads, config.head_dim
        width = config.width
        self.input_layernorm = RMSNorm(width, config.norm_eps)
        self.memory_layernorm = RMSNorm(width, config.norm_eps)
        self.q_proj = nn.Linear(width, self.heads * self.head_dim, bias=False)
        self.k_proj = nn.Linear(width, self.kv_heads * self.head_dim, bias=False)
        self.v_proj = nn.Linear(width, self.kv_heads * self.head_dim, bias=False)
        self.o_proj = nn.Linear(self.heads * self.head_dim, width, bias=False)
        self.q_norm = RMSNorm(self.head_dim, config.norm_eps)
        self.k_norm = RMSNorm(self.head_dim, config.norm_eps)
        self.post_attention_layernorm = RMSNorm(width, config.norm_eps)
        self.mlp = FeedForward(width, config.feed_forward)
        self.attention_gate = nn.Parameter(torch.full((1,), config.cross_attention_gate))
        self.mlp_gate = nn.Parameter(torch.full((1,), config.cross_attention_gate))

    def memory_kv(self, memory: Tensor) -> MemoryKV:
        """memory [B, N, D] → keys and values."""
        B, N, _ = memory.shape
        memory = self.memory_layernorm(memory)
        keys = self.k_norm(self.k_proj(memory).view(B, N, self.kv_heads, self.head_dim)).transpose(1, 2)
        values = self.v_proj(memory).view(B, N, self.kv_heads, self.head_dim).transpose(1, 2)
        return MemoryKV(keys, values)

    def forward(
        self, x: Tensor, memory: MemoryKV, mask: Tensor | None, record: list[Any] | None = None, documents: Documents | None = None
    ) -> Tensor:  # fmt: skip
        """x [B, T, D], memory of N tokens of which mask bool [B, N] are there (None: all) → [B, T, D].

        With `documents` rows are packed, and memory and mask have an entry a document: each attends to its own alone.
        """
        B, T, _ = x.shape
        q = self.q_norm(self.q_proj(self.input_layernorm(x)).view(B, T, self.heads, self.head_dim))
        q = (q if documents is None else documents.gather(q)).transpose(1, 2)
        # A row without any memory (text alone in a batch with pictures) must read as if there were no such layer. Its
        # attention is computed all the same, over padding, since a softmax over nothing is NaN and so would its gradient be.
        present = None if mask is None else mask.any(1)
        attend = None if mask is None or present is None else (mask | ~present[:, None])[:, None, None, :]
        if record is not None:
            record.append(self._weights(q, memory.keys, attend))
        if not memory.keys.shape[2]:  # no memory in any row, whether or not a mask says so
            return x
        out = F.scaled_dot_product_attention(q, memory.keys, memory.values, attend, enable_gqa=True)
        out = out.transpose(1, 2).flatten(2)
        read = x + torch.tanh(self.attention_gate) * self.o_proj(out if documents is None else documents.scatter(out))
        read = read + torch.tanh(self.mlp_gate) * self.mlp(self.post_attention_layernorm(read))
        if present is None:
            return read
        return torch.where((present[:, None] if documents is None else documents.spread(present))[..., None], read, x)

    def _weights(self, q: Tensor, keys: Tensor, attend: Tensor | None) -> Tensor:
        """Attention weights [B, heads, T, N], for looking at; the fast path never makes them."""
        keys = keys.repeat_interleave(self.heads // self.kv_heads, 1)
        scores = (q @ keys.transpose(-1, -2)).float() / math.sqrt(self.head_dim)
        if attend is not None:
            scores = scores.masked_fill(~attend, -math.inf)
        return scores.softmax(-1).nan_to_num()


def splice_prefix(embedded: Tensor, ids: Tensor, image_token: int, memory: Tensor, memory_mask: Tensor) -> Tensor:
    """Puts memory in place of `<image>` tokens: in each row, its first, second, … `<image>` takes the first, second, … valid memory token.

    embedded [B, T, D], ids int64 [B, T], memory [B, N, D], memory_mask bool [B, N] → [B, T, D].
    Raises ValueError with both numbers where a row has another number of `<image>` tokens than memory tokens.
    """
    places = ids == image_token
    for row, (wanted, there) in enumerate(zip(places.sum(1).tolist(), memory_mask.sum(1).tolist(), strict=True)):
        if wanted != there:
            raise ValueError(
                f"row {row} has {wanted} <image> tokens but {there} visual tokens; let the processor expand them"
            )
    out = embedded.clone()
    out[places] = memory[memory_mask].to(embedded.dtype)
    return out
