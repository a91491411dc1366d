"""What the model keeps of pictures, as plain tensors beside the cache: made once, repeated for beams, never cropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import StaticCache

from mmgpt.copying import Memory
from mmgpt.fusion import MemoryKV
from mmgpt.hf.copies import spelled_slots
from mmgpt.hf.features import PIECE_KEYS, counts_by_tokens, owners, pieces_of, see_tiles, see_whole
from mmgpt.model import MMGPT, Pictures
from projector.features import Features
from vision.clip import OpenClipTower
from vision.trunk import Trunk

PICTURE_KEYS = ("pixel_values", "pixel_sizes", "image_sizes", *PIECE_KEYS.values(), "piece_spelling", "num_images")
"""What the processor returns of pictures."""
MEMORY_KEYS = (
    "memory_tokens", "memory_mask", "memory_pieces", "memory_piece_mask", "memory_keys", "memory_values",
    "memory_spelling", "memory_pictures",
)  # fmt: skip
"""What `encode_images` returns."""


def tower_features(
    model: MMGPT, tower: Trunk | OpenClipTower | None, pictures: Mapping[str, Tensor | None]
) -> Features | None:
    """The tower's features of the processor's pixels; None without pixels. With gradients where the tower learns.

    Raises ValueError for pixels without their sizes, or for a model without a tower.
    """
    pixels, core = pictures.get("pixel_values"), model.config
    if pixels is None:
        return None
    if tower is None or core.tower is None:
        raise ValueError("pixel_values were given, but this model has no tower (config.model['tower'] is None)")
    name = "image_sizes" if isinstance(tower, OpenClipTower) else "pixel_sizes"
    sizes = pictures.get(name)
    if sizes is None:
        raise ValueError(f"pixel_values came without {name}; pass all that the processor returns")
    learning = any(p.requires_grad for p in tower.parameters())
    with torch.set_grad_enabled(learning and torch.is_grad_enabled()):
        if isinstance(tower, OpenClipTower):
            return see_tiles(tower, pixels, sizes)
        return see_whole(tower, core.tower.layer, pixels, sizes)


def remember(
    model: MMGPT, tower: Trunk | OpenClipTower | None, ids: Tensor, pictures: Mapping[str, Tensor | None]
) -> tuple[Memory | None, list[MemoryKV] | None, list[int]]:
    """Memory of the conversations ids int64 [B, T], keys and values of the cross-attention layers, and the row of each picture.

    Raises ValueError where pictures and `<image>` tokens are not as many.
    """
    pieces, features = pieces_of(pictures), tower_features(model, tower, pictures)
    count = len(pieces.mask) if pieces is not None else len(features.mask) if features is not None else 0
    if not count:
        return None, None, []
    core = model.config
    seen = model.see(Pictures([0] * count, pieces, features))
    given = pictures.get("num_images")
    tokens = (ids == core.image_token).sum(1).tolist()
    if given is not None:
        counts = given.tolist()
    elif core.fusion == "prefix":
        counts = counts_by_tokens(tokens, [len(vectors) for vectors, _ in seen])
    else:
        counts = tokens
    owner = owners(counts, len(ids), count)
    memory = model.remember(seen, owner, len(ids))
    return memory, model.memory_kv(memory), owner


def encode(
    model: MMGPT, tower: Trunk | OpenClipTower | None, ids: Tensor, pictures: Mapping[str, Tensor | None]
) -> dict[str, Tensor]:
    """`remember` as tensors under MEMORY_KEYS; see `MMGPTForConditionalGeneration.encode_images`."""
    memory, kv, owner = remember(model, tower, ids, pictures)
    if memory is None:
        return {}
    found = {
        "memory_tokens": memory.tokens, "memory_mask": memory.mask,
        "memory_pieces": memory.pieces, "memory_piece_mask": memory.piece_mask,
    }  # fmt: skip
    if kv is not None:
        found["memory_keys"] = torch.stack([layer.keys for layer in kv], 1)
        found["memory_values"] = torch.stack([layer.values for layer in kv], 1)
    spelling, mask = pictures.get("piece_spelling"), pictures.get("piece_mask")
    if spelling is not None and mask is not None and model.config.pointers:
        slots = spelled_slots(spelling, mask, owner, len(ids), model.config.pointers)
        found["memory_spelling"], found["memory_pictures"] = slots
    return found


def decode(model: MMGPT, given: Mapping[str, Any]) -> tuple[Memory, list[MemoryKV] | None]:
    """What `encode` made, as the core model takes it. Raises ValueError naming what is missing."""
    missing = [k for k in ("memory_mask", "memory_pieces", "memory_piece_mask") if given[k] is None]
    keys, values = given["memory_keys"], given["memory_values"]
    if model.config.fusion == "cross" and (keys is None or values is None):
        missing += ["memory_keys", "memory_values"]
    if missing:
        raise ValueError(f"memory_tokens came without {', '.join(missing)}; pass all that encode_images returns")
    memory = Memory(given["memory_tokens"], given["memory_mask"], given["memory_pieces"], given["memory_piece_mask"])
    kv = None if keys is None else [MemoryKV(k, v) for k, v in zip(keys.unbind(1), values.unbind(1), strict=True)]
    return memory, kv


def visibility(
    attention_mask: Tensor | None, cache: Any, past: int, B: int, T: int, device: torch.device
) -> tuple[Tensor, Tensor | None]:
    """Which tokens are no padding, bool [B, S], and a mask bool [B, 1, T, S] where the core model cannot make its own."""
    if attention_mask is not None and attention_mask.ndim == 4:
        mask = attention_mask if attention_mask.dtype == torch.bool else attention_mask >= 0
        return torch.ones(B, past + T, dtype=torch.bool, device=device), mask
    if attention_mask is None:
        valid = torch.ones(B, past + T, dtype=torch.bool, device=device)
    elif attention_mask.shape[1] == past + T:
        valid = attention_mask.to(torch.bool)
    else:
        raise ValueError(
            f"attention_mask covers {attention_mask.shape[1]} tokens; there are {T} new ones after {past} in the cache"
        )
    if isinstance(cache, StaticCache):  # its keys have room for tokens that are not there yet
        first: Any = cache.layers[0]
        places = torch.arange(first.max_cache_len, device=device)
        rows = past + torch.arange(T, device=device)[:, None]
        seen = torch.zeros(B, len(places), dtype=torch.bool, device=device)
        seen[:, : past + T] = valid
        return valid, ((places <= rows) & seen[:, None] | (places == rows))[:, None]
    return valid, None
