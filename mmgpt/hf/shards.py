"""A checkpoint that transformers wrote, arranged in our shards, so that our engine and commands read it as well."""

from __future__ import annotations

import json
from pathlib import Path

from torch import Tensor

from mmgpt.checkpoint import INDEX, PREFIX, SHARDS, _write, seal, write_index

WHOLE = "model.safetensors"  # transformers' name


def arrange(folder: Path) -> None:
    """Replaces model.safetensors (or its numbered parts) by decoder, projector and tower; writes the index, and the sums in config.json.

    Tensors stay in the precision that they were saved in. Raises ValueError for a tensor that belongs to no shard.
    """
    from safetensors.torch import load_file

    sources = [folder / WHOLE]
    if not sources[0].is_file():
        names = set(json.loads((folder / INDEX).read_text("utf-8"))["weight_map"].values())
        sources = [folder / name for name in sorted(names)]
    parts: dict[str, dict[str, Tensor]] = {name: {} for name in (*SHARDS, "tower")}
    for source in sources:
        for name, tensor in load_file(source).items():
            parts[_shard(name)][name] = tensor
    for name, tensors in parts.items():
        path = folder / f"{name}.safetensors"
        if tensors:
            _write(tensors, path)
        else:
            path.unlink(missing_ok=True)
    for source in sources:
        source.unlink()
    write_index(folder)
    seal(folder)


def _shard(name: str) -> str:
    if name.startswith("tower."):
        return "tower"
    own = name.removeprefix(PREFIX)
    for shard, prefixes in SHARDS.items():
        if name != own and own.startswith(prefixes):
            return shard
    raise ValueError(f"tensor {name} belongs to no shard of ours ({', '.join((*SHARDS, 'tower'))})")
