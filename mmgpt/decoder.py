"""The decoder: Llama family (Touvron et al., 2023), so that weights of Llama, Mistral, Qwen2/3 and SmolLM fit by name map.

RMSNorm, rotary positions, grouped-query attention, SwiGLU; optional biases on q, k, v (Qwen2), norms on q and k (Qwen3), and layers without
rotation (SmolLM3). Layers that attend to the memory stand between (`mmgpt.fusion`). No layer keeps state between calls: keys and
values of earlier tokens live in a cache that the caller owns.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmgpt.config import DecoderConfig
from mmgpt.documents import Documents
from mmgpt.fusion import CrossAttentionLayer, MemoryKV
from mmgpt.layers import FeedForward, RMSNorm


class Cache(Protocol):
    """Keys and values of earlier tokens; transformers' caches fit, and so does `mmgpt.generate.KVCache`."""

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int) -> tuple[Tensor, Tensor]:
        """Adds keys and values [B, kv_heads, T, head_dim] of one layer; returns all of that layer [B, kv_heads, S, head_dim]."""
        ...


def inverse_frequencies(config: DecoderConfig, device: torch.device) -> Tensor:
    """Rotary frequencies float32 [head_dim / 2] (Su et al., 2021), scaled as `rope_scaling` says (Llama 3.1's rule, or linear)."""
    steps = torch.arange(0, config.head_dim, 2, device=device, dtype=torch.float32) / config.head_dim
    frequencies = 1.0 / (config.rope_theta**steps)
    scaling = config.rope_scaling or {}
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if kind == "default":
        return frequencies
    factor = float(scaling["factor"])
    if kind == "linear":
        return frequencies / factor
    if kind != "llama3":
        raise ValueError(f"rope_scaling of type {kind!r} is not supported; default, linear and llama3 are")
    low, high = float(scaling["low_freq_factor"]), float(scaling["high_freq_factor"])
    original = float(scaling["original_max_position_embeddings"])
    wavelength = 2 * math.pi / frequencies
    smooth = ((original / wavelength - low) / (high - low)).clamp(0, 1)  # 0: slow waves, all scaled; 1: fast, untouched
    return (1 - smooth) * frequencies / factor + smooth * frequencies


def rotary(positions: Tensor, frequencies: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """positions int64 [B, T] → cos, sin [B, 1, T, head_dim]. Computed anew at every call: no buffer that loading could lose."""
    angles = positions[..., None].float() * frequencies
    angles = torch.cat([angles, angles], -1)[:, None]
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates pairs (i, i + head_dim / 2) of [B, heads, T, head_dim]."""
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


class SelfAttention(nn.Module):
    """Causal grouped-query attention (Ainslie et al., 2023)."""

    def __init__(self, config: DecoderConfig, index: int) -> None:
        super().__init__()
        self.index, self.heads, self.kv_heads, self.head_dim = index, config.heads, config.kv_heads, config.head_dim
        self.rotates = index not in config.no_rope_layers
        width, bias = config.width, config.qkv_bias
        self.q_proj = nn.Linear(width, self.heads * self.head_dim, bias=bias)
        self.k_proj = nn.Linear(width, self.kv_heads * self.head_dim, bias=bias)
        self.v_proj = nn.Linear(width, self.kv_heads * self.head_dim, bias=bias)
        self.o_proj = nn.Linear(self.heads * self.head_dim, width, bias=False)
        self.q_norm = RMSNorm(self.head_dim, config.norm_eps) if config.qk_norm else nn.Identity()
        self.k_norm = RMSNorm(self.head_dim, config.norm_eps) if config.qk_norm else nn.Identity()

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None, cache: Cache | None) -> Tensor:
        """x [B, T, D], cos and sin [B, 1, T, head_dim], mask bool [B, 1, T, S] (None: causal, or one token that sees all) → [B, T, D]."""
        B, T, _ = x.shape
        q = self.q_norm(self.q_proj(x).view(B, T, self.heads, self.head_dim)).transpose(1, 2)
        k = self.k_norm(self.k_proj(x).view(B, T, self.kv_heads, self.head_dim)).transpose(1, 2)
        v = self.v_proj(x).view(B, T, self.kv_heads, self.head_dim).transpose(1, 2)
        if self.rotates:
            q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if cache is not None:
            k, v = cache.update(k, v, self.index)
        if mask is None and 1 < T < k.shape[2]:  # is_causal would count from the first key, not from the last
            mask = torch.ones(T, k.shape[2], dtype=torch.bool, device=x.device).tril(k.shape[2] - T)
        out = F.scaled_dot_product_attention(q, k, v, mask, is_causal=mask is None and T > 1, enable_gqa=True)
        return self.o_proj(out.transpose(1, 2).reshape(B, T, -1))


class DecoderLayer(nn.Module):
    """Self-attention and feed-forward, each after a norm and added to the stream."""

    def __init__(self, config: DecoderConfig, index: int) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(config.width, config.norm_eps)
        self.self_attn = SelfAttention(config, index)
        self.post_attention_layernorm = RMSNorm(config.width, config.norm_eps)
        self.mlp = FeedForward(config.width, config.feed_forward)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None, cache: Cache | None) -> Tensor:
        """[B, T, D] → [B, T, D]."""
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    """Embeddings, layers and final norm: token vectors in, hidden states out."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.width)
        places = {place: index for index, place in enumerate(config.self_attention_layers)}
        self.layers = nn.ModuleList(
            DecoderLayer(config, places[i]) if i in places else CrossAttentionLayer(config)
            for i in range(config.layers)
        )
        self.norm = RMSNorm(config.width, config.norm_eps)
        # Tied embeddings are one tensor under one name, so that no loading and no saving can part them.
        self.lm_head = None if config.tie_embeddings else nn.Linear(config.width, config.vocab_size, bias=False)

    def head(self, hidden: Tensor) -> Tensor:
        """Hidden states [..., D] → logits over text tokens [..., V]."""
        return F.linear(hidden, self.embed_tokens.weight) if self.lm_head is None else self.lm_head(hidden)

    def memory_kv(self, memory: Tensor) -> list[MemoryKV]:
        """Keys and values of the memory [B, N, D] for each cross-attention layer; once a picture, not once a token."""
        return [layer.memory_kv(memory) for layer in self.layers if isinstance(layer, CrossAttentionLayer)]

    def forward(
        self,
        x: Tensor,
        positions: Tensor,
        mask: Tensor | None = None,
        cache: Cache | None = None,
        memory: list[MemoryKV] | None = None,
        memory_mask: Tensor | None = None,
        record: list[Any] | None = None,
        documents: Documents | None = None,
    ) -> Tensor:
        """Hidden states after the final norm.

        x [B, T, D]; positions int64 [B, T]; mask bool [B, 1, T, S], True where attention may go (None: causal); memory as
        `memory_kv` gives it, and memory_mask bool [B, N], True where there is memory. None of both: text alone, and
        cross-attention layers are passed over; so are they for a row without any memory. `record` collects each
        cross-attention layer's weights [B, heads, T, N]. With `documents` rows are packed: memory has an entry a document, not a row.
        Raises ValueError when the numbers of cross-attention layers do not match.
        """
        cos, sin = rotary(positions, inverse_frequencies(self.config, x.device), x.dtype)
        crossing = len(self.config.cross_attention_layers)
        if memory is not None and len(memory) != crossing:
            raise ValueError(f"memory for {len(memory)} cross-attention layers was given; the decoder has {crossing}")
        index = 0
        for layer in self.layers:
            if isinstance(layer, CrossAttentionLayer):
                if memory is not None:
                    x = layer(x, memory[index], memory_mask, record, documents)
                    index += 1
            else:
                x = layer(x, cos, sin, mask, cache)
        return self.norm(x)


def attention_mask(valid: Tensor, queries: int) -> Tensor | None:
    """Causal mask bool [B, 1, T, S] for the last `queries` of S tokens, of which valid bool [B, S] are no padding.

    None when all are valid and it is the whole sequence or one token, which needs no mask. Padding may look at itself, or its
    softmax would be NaN.
    """
    _, S = valid.shape
    if bool(valid.all()) and queries in (1, S):
        return None
    places = torch.arange(S, device=valid.device)
    rows = places[S - queries :, None]
    causal = places[None] <= rows  # [T, S]
    itself = places[None] == rows
    return ((causal[None] & valid[:, None]) | itself[None])[:, None]
