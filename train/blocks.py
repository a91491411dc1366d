"""What is done to the layers of a model before it trains: gradients by recomputing, compiling. Both leave names and weights as they are."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


def layers_of(task: Any) -> list[nn.Module]:
    """The layers of a task's model: what `task.layers()` says, otherwise those of its decoder; none where it has no decoder."""
    if hasattr(task, "layers"):
        return list(task.layers())
    decoder = getattr(task.model, "decoder", None)
    found = getattr(decoder, "layers", None)
    return list(found) if isinstance(found, nn.ModuleList) else []


_KINDS: dict[str, type[nn.Module]] = {}


def _recomputing(kind: type[nn.Module]) -> type[nn.Module]:
    def forward(self: nn.Module, *values: Any, **named: Any) -> Any:
        if not (self.training and torch.is_grad_enabled()):
            return kind.forward(self, *values, **named)
        return checkpoint(functools.partial(kind.forward, self), *values, use_reentrant=False, **named)

    name = f"{kind.__module__}.{kind.__qualname__}"
    if name not in _KINDS:
        _KINDS[name] = type(f"Recomputing{kind.__name__}", (kind,), {"forward": forward})
    return _KINDS[name]


def recompute(layers: Sequence[nn.Module]) -> None:
    """Keeps no activations inside of `layers` while training (Chen et al., 2016): a third more computing, far less memory.

    Each layer's class is replaced by a subclass, so that copies, names and `isinstance` stay as they were. Raises ValueError
    without layers.
    """
    if not layers:
        raise ValueError("gradient checkpointing needs layers, and this task's model names none; leave it out")
    for layer in layers:
        layer.__class__ = _recomputing(type(layer))


def compile_layers(model: nn.Module, layers: Sequence[nn.Module], device: torch.device) -> None:
    """Compiles each layer, or the whole model where it has none, in place. Raises RuntimeError where a compiler is missing."""
    if device.type == "cpu" and not any(shutil.which(name) for name in ("g++", "c++", "clang++")):
        raise RuntimeError("--compile needs a C++ compiler on a CPU; install one: apt-get install g++")
    for part in layers or [model]:
        part.compile(dynamic=True)
