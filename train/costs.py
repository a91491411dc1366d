"""What a model costs, counted on shapes without memory (torch's meta device): parameters, arithmetic, and what learning must keep.

Arithmetic is counted by torch's own counter as the model runs, so it is that of this code and not of a formula: attention over whole
squares, logits where they are made. What learning keeps is what autograd saves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from mmgpt.config import ModelConfig
from mmgpt.copying import Memory
from mmgpt.fusion import CrossAttentionLayer, MemoryKV
from mmgpt.model import MMGPT
from mmgpt.pieces import LONGEST, TOKENS
from projector.features import Features
from projector.lines import PLACE, Pieces
from vision.clip import Tower, load_tower
from vision.preprocess import LONGEST as LONGEST_SIDE
from vision.tiles import plan_tiles

PROJECTORS = ("projector.", "projector_norm.", "lines.", "picture.", "pointers.")


@dataclass(frozen=True)
class Shape:
    """What goes in: rows of `tokens` text tokens, of which `supervised` are learnt from, each about a picture of `width` × `height`
    pixels on which `lines` lines of `pieces` pieces are read."""

    tokens: int = 512
    supervised: int = 128
    width: int = 1280
    height: int = 800
    lines: int = 40
    pieces: int = 160


@dataclass
class Kept:
    """Bytes that autograd keeps: outside of layers, and of each layer; `entering`: what enters a layer, which recomputing keeps instead."""

    outside: int = 0
    layers: list[int] = field(default_factory=list)
    entering: list[int] = field(default_factory=list)

    def total(self, recompute: bool = False) -> int:
        """Of a step; with `recompute` the inputs of layers and one layer at a time."""
        inside = sum(self.entering) + max(self.layers, default=0) if recompute else sum(self.layers)
        return self.outside + inside


def meta_model(config: ModelConfig, dtype: torch.dtype = torch.float32) -> MMGPT:
    """The model without memory."""
    with torch.device("meta"):
        return MMGPT(config).to(dtype)


def meta_tower(config: ModelConfig) -> Tower | None:
    """The tower without memory; None for a model without one. Raises ValueError for an unknown one."""
    return None if config.tower is None else bare_tower(config.tower.name, config.tower.layer, config.tower.class_token)


@lru_cache(maxsize=8)
def bare_tower(name: str, layer: int = -2, class_token: bool = False) -> Tower:
    """A tower by name, without memory."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # open_clip warns that there are no weights, which is what we want
    try:
        with torch.device("meta"):
            return load_tower(name, layer=layer, class_token=class_token, weights=False)
    finally:
        logging.disable(before)


def parameters(model: MMGPT, tower: Tower | None) -> dict[str, int]:
    """Parameters by part. `head`: the output layer where it is not the embeddings; `new attention`: cross-attention layers."""
    found = dict.fromkeys(("embeddings", "layers", "new attention", "head", "projectors", "tower"), 0)
    for name, parameter in model.named_parameters():
        if name.startswith(PROJECTORS):
            part = "projectors"
        elif name.startswith("decoder.embed_tokens"):
            part = "embeddings"
        elif name.startswith("decoder.lm_head"):
            part = "head"
        else:
            place = name.split(".")[2] if name.startswith("decoder.layers.") else ""
            crossing = place.isdigit() and int(place) in model.config.decoder.cross_attention_layers
            part = "new attention" if crossing else "layers"
        found[part] += parameter.numel()
    if tower is not None:
        found["tower"] = sum(p.numel() for p in tower.parameters())
    return found


# -- shapes ------------------------------------------------------------------------------------------------------------------------


def pixels(tower: Tower, shape: Shape) -> Tensor:
    """What the tower is given of a picture: tiles [n, 3, S, S], or one [1, 3, H, W] for towers of any size."""
    if tower.image_size is not None:
        side = tower.image_size[0]
        return torch.empty(len(plan_tiles(shape.width, shape.height, side)), 3, *tower.image_size, device="meta")
    scale = min(1.0, LONGEST_SIDE / max(shape.width, shape.height))
    h, w = (max(1, -(-round(side * scale) // tower.patch)) * tower.patch for side in (shape.height, shape.width))
    return torch.empty(1, 3, h, w, device="meta")


def features(tower: Tower, shape: Shape, rows: int, dtype: torch.dtype) -> Features:
    """The tower's features of `rows` pictures."""
    given = pixels(tower, shape)
    with torch.no_grad():
        grid, _ = tower.tokens(given.to(next(tower.parameters()).dtype))
    n = grid.shape[0] * grid.shape[2] * grid.shape[3]
    place = torch.device("meta")
    return Features(
        torch.empty(rows, n, tower.width, device=place, dtype=dtype), torch.empty(rows, n, 4, device=place, dtype=dtype),
        torch.ones(rows, n, dtype=torch.bool, device=place), (grid.shape[0] * grid.shape[2], grid.shape[3]),
    )  # fmt: skip


def read_pieces(config: ModelConfig, shape: Shape, rows: int) -> Pieces:
    """Pieces of `rows` pictures."""
    assert config.lines is not None
    P, M = shape.pieces, max(shape.lines, 1)

    def whole(*size: int) -> Tensor:
        return torch.zeros(rows, *size, dtype=torch.long, device="meta")

    def number(*size: int) -> Tensor:
        return torch.empty(rows, *size, device="meta")

    return Pieces(
        whole(P, LONGEST), whole(P, LONGEST), number(P, LONGEST), number(P, PLACE), whole(P), whole(P).bool(),
        number(M, config.lines.geometry), whole(M).bool(), whole(P, TOKENS), number(P, config.lines.columns),
    )  # fmt: skip


def see(model: MMGPT, tower: Tower | None, shape: Shape, rows: int) -> Tensor:
    """The memory [rows, N, D] of a picture a row, as `MMGPT.see` and `remember` make it."""
    config = model.config
    dtype = model.decoder.embed_tokens.weight.dtype
    parts: list[Tensor] = []
    if config.lines is not None and shape.pieces:
        given = read_pieces(config, shape, rows)
        parts.append(model.lines(given, model._piece_text(given)))
    if tower is not None:
        tokens, _ = model.projector(features(tower, shape, rows, dtype))
        parts.append(model.projector_norm(tokens))
    if not parts:
        return torch.empty(rows, 0, config.decoder.width, device="meta", dtype=dtype)
    return torch.cat(parts, 1) + model.picture.weight[0]


def say(model: MMGPT, memory: Tensor, shape: Shape) -> Tensor:
    """Logits at the supervised tokens of rows, as `train.tasks.simulate.answer_nll` makes them."""
    config, rows = model.config, len(memory)
    prefix = config.fusion == "prefix"
    T = shape.tokens + (memory.shape[1] if prefix else 0)
    ids = torch.zeros(rows, T, dtype=torch.long, device="meta")
    x = model.decoder.embed_tokens(ids)
    if prefix:
        x = torch.cat([memory, x[:, memory.shape[1] :]], 1)
    kv = model.decoder.memory_kv(memory) if not prefix and memory.shape[1] else None
    mask = torch.ones(rows, 1, T, T, dtype=torch.bool, device="meta")
    there = torch.ones(rows, memory.shape[1], dtype=torch.bool, device="meta")
    hidden = model.decoder(
        x, torch.zeros(rows, T, dtype=torch.long, device="meta"), mask, None, kv, there if kv else None
    )
    chosen = hidden[:, : shape.supervised]
    logits = model.decoder.head(chosen)
    count = min(config.pointers, shape.pieces)
    if count:
        places = torch.zeros(rows, count, dtype=torch.long, device="meta")
        pieces = model.pointers.gather(Memory(memory, there, places, places.bool()))
        logits = torch.cat([logits, model.pointers.logits(chosen, pieces, places.bool(), count)], -1)
    return logits.float().log_softmax(-1)


class _Fused(torch.autograd.Function):
    """Attention that keeps queries, keys, values, its output and a number a query, as fused kernels do, and the mask as numbers."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:  # type: ignore[override]
        out = torch.empty_like(q)
        more = [] if mask is None else [q.new_empty(mask.shape)]
        ctx.save_for_backward(q, k, v, out, q.new_empty(q.shape[:-1], dtype=torch.float32), *more)
        return out


class FusedAttention(TorchFunctionMode):
    """On shapes without memory torch would take the kernel that keeps whole squares; machines take the fused ones."""

    def __torch_function__(self, function: Any, types: Any, given: Any = (), named: Any = None) -> Any:
        """As always, but for attention."""
        if function is torch.nn.functional.scaled_dot_product_attention:
            return _Fused.apply(*given[:3], given[3] if len(given) > 3 else None)
        return function(*given, **(named or {}))


# -- counting ----------------------------------------------------------------------------------------------------------------------


def flops(run: Callable[[], Any]) -> int:
    """Arithmetic of a call: two for each multiplication with an addition."""
    with FlopCounterMode(display=False) as counter:
        run()
    return int(counter.get_total_flops())


@contextmanager
def keeping(model: MMGPT) -> Iterator[Kept]:
    """Counts what autograd keeps while the model runs: each tensor once, parameters not."""
    kept, seen = Kept(), {id(p) for p in model.parameters()}
    storages = {p.untyped_storage()._cdata for p in model.parameters()}
    where: list[int] = []
    hooks = []

    def pack(tensor: Tensor) -> Tensor:
        key = tensor.untyped_storage()._cdata
        if id(tensor) not in seen and key not in storages:
            storages.add(key)
            alive.append(tensor)  # or its place in memory could be another's, and be taken for it
            size = tensor.untyped_storage().nbytes()
            if where:
                kept.layers[where[-1]] += size
            else:
                kept.outside += size
        return tensor

    def enter(layer: nn.Module, given: Any) -> None:
        where.append(len(kept.layers))
        kept.layers.append(0)
        kept.entering.append(given[0].untyped_storage().nbytes())

    def leave(layer: nn.Module, given: Any, out: Any) -> None:
        where.pop()

    alive: list[Tensor] = []
    for layer in model.decoder.layers:
        hooks += [layer.register_forward_pre_hook(enter), layer.register_forward_hook(leave)]
    try:
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            yield kept
    finally:
        for hook in hooks:
            hook.remove()


@dataclass(frozen=True)
class Work:
    """Arithmetic of one row, forward: its picture by tower, by projectors, and its text (`attention`: of it, products of activations,
    which no freezing makes cheaper); `token`: of one more token of an answer."""

    tower: int
    projectors: int
    text: int
    attention: int
    token: int
    memory: int  # tokens of the picture's memory

    @property
    def picture(self) -> int:
        """What looking at a picture takes before anything is asked."""
        return self.tower + self.projectors


def work(model: MMGPT, tower: Tower | None, shape: Shape) -> Work:
    """Arithmetic of a row of this shape."""
    with torch.no_grad():
        memory = see(model, tower, shape, 1)
        looking = 0 if tower is None else flops(lambda: tower.tokens(pixels(tower, shape)))
        seeing = flops(lambda: see(model, tower, shape, 1)) - looking
        with FlopCounterMode(display=False) as counter:
            say(model, memory, shape)
        text = int(counter.get_total_flops())
        products = counter.get_flop_counts()["Global"]
        attention = int(sum(count for operation, count in products.items() if "bmm" in str(operation)))
        token = flops(lambda: _one_more(model, memory, shape))
    return Work(looking, seeing, text, attention, token, memory.shape[1])


def _one_more(model: MMGPT, memory: Tensor, shape: Shape) -> Tensor:
    """One token behind `shape.tokens` that are in the cache."""
    config = model.config
    prefix = config.fusion == "prefix"
    S = shape.tokens + (memory.shape[1] if prefix else 0)
    decoder = config.decoder

    class Cached:
        def update(self, k: Tensor, v: Tensor, layer_idx: int) -> tuple[Tensor, Tensor]:
            before = k.new_empty(1, decoder.kv_heads, S, decoder.head_dim)
            return torch.cat([before, k], 2), torch.cat([before, v], 2)

    kv = None
    if not prefix and memory.shape[1]:  # made once a picture, not once a token
        keys = memory.new_empty(1, decoder.kv_heads, memory.shape[1], decoder.head_dim)
        kv = [MemoryKV(keys, keys) for layer in model.decoder.layers if isinstance(layer, CrossAttentionLayer)]
    x = torch.empty(1, 1, decoder.width, device="meta", dtype=memory.dtype)
    positions = torch.zeros(1, 1, dtype=torch.long, device="meta")
    return model.decoder.head(model.decoder(x, positions, None, Cached(), kv, None))


def kept(config: ModelConfig, shape: Shape, rows: int, frozen: tuple[str, ...] = (), half: bool = False) -> Kept:
    """What learning on `rows` rows keeps. `frozen`: beginnings of names; `half`: in bfloat16."""
    model = meta_model(config, torch.bfloat16 if half else torch.float32)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not (frozen and name.startswith(frozen)))
    tower = meta_tower(config)
    with keeping(model) as found, FusedAttention():
        say(model, see(model, tower, shape, rows), shape)
    return found
