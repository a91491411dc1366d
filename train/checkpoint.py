"""Checkpoints that hold everything a run needs to go on: weights, average, optimizer, random numbers, position. One safetensors file each.

A file appears under its name only when it is whole (written aside, synced, renamed); a cut-off one is passed over for the one
before it. Tensors are saved whole and under the names of their parameters, so that a run may go on with another number of processes,
another sharding or other parameter groups. Files of the format before (optimizer states numbered) are read as well.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from train.weights import misfits

log = logging.getLogger(__name__)
_NAME = "step-{:08d}.safetensors"
_FORMAT = "2"


def save_atomic(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Writes a safetensors file so that `path` is either the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        save_file({k: v.detach().contiguous().cpu() for k, v in tensors.items()}, scratch, metadata)
        with scratch.open("rb") as handle:
            os.fsync(handle.fileno())
        scratch.chmod(0o644)  # safetensors writes for the owner alone; weights are there to be read
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)  # a full disk leaves no half file behind


# -- random numbers ----------------------------------------------------------------------------------------------------------------


def random_state() -> dict[str, Any]:
    """The state of every generator of this process, as JSON values: torch, CUDA, Python, numpy."""

    def text(state: Tensor) -> str:
        return base64.b64encode(state.numpy().tobytes()).decode()

    name, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    version, numbers, rest = random.getstate()
    return {
        "torch": text(torch.get_rng_state()),
        "cuda": text(torch.cuda.get_rng_state()) if torch.cuda.is_available() else None,
        "python": [version, list(numbers), rest],
        "numpy": [name, np.asarray(keys).tolist(), int(position), int(has_gauss), float(gauss)],
    }


def set_random_state(state: Mapping[str, Any]) -> None:
    """Sets every generator as `random_state` found it. CUDA's stays as it is where there was none, or is none."""

    def tensor(text: str) -> Tensor:
        return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.uint8)

    torch.set_rng_state(tensor(state["torch"]))
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensor(state["cuda"]))
    version, numbers, rest = state["python"]
    random.setstate((version, tuple(numbers), rest))
    name, keys, position, has_gauss, gauss = state["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), position, has_gauss, gauss))


# -- writing -----------------------------------------------------------------------------------------------------------------------


def collect(
    model: nn.Module, average: Mapping[str, Tensor] | None, optimizer: torch.optim.Optimizer, full: Callable[[Tensor], Tensor],
    keep: bool = True,
) -> dict[str, Tensor]:  # fmt: skip
    """All tensors of a run by name, made whole one by one; `keep` false asks for them (all processes must) and drops them."""
    tensors: dict[str, Tensor] = {}

    def take(name: str, tensor: Tensor) -> None:
        whole = full(tensor)
        if keep:
            tensors[name] = whole

    for name, value in model.state_dict().items():
        take(f"model.{name}", value)
    for name, value in (average or {}).items():
        take(f"ema.{name}", value)
    for name, parameter in model.named_parameters():
        # In an order that all processes share: gathering is a conversation, and crossed answers would be taken for each other.
        for slot, value in sorted(optimizer.state.get(parameter, {}).items()):
            take(f"optimizer.{name}.{slot}", value if isinstance(value, Tensor) else torch.tensor(value))
    return tensors


def write(
    folder: Path, step: int, tensors: dict[str, Tensor], states: list[dict[str, Any]], progress: dict[str, Any], keep: int = 2
) -> Path:  # fmt: skip
    """Saves what `collect` found after `step`, with each process's random state, and removes all but the newest `keep` checkpoints."""
    path = folder / _NAME.format(step)
    metadata = {"format": _FORMAT, "step": str(step), "progress": json.dumps(progress), "random": json.dumps(states)}
    save_atomic(tensors, path, metadata)
    for old in sorted(folder.glob("step-*.safetensors"))[:-keep]:
        old.unlink()
    return path


def tidy(folder: Path) -> None:
    """Removes what a killed process left half written."""
    for scratch in folder.glob(".step-*.tmp"):
        with contextlib.suppress(OSError):
            scratch.unlink()


# -- reading -----------------------------------------------------------------------------------------------------------------------


def newest(folder: Path) -> Path | None:
    """The newest whole checkpoint; damaged ones are named and passed over. None when there is none."""
    for path in sorted(folder.glob("step-*.safetensors"), reverse=True):
        try:
            with safe_open(path, "pt") as handle:  # checks that the file is as long as its header says
                metadata = handle.metadata()
            int(metadata["step"])
            json.loads(metadata["progress"])
            json.loads(metadata.get("random", "[]"))
        except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
            log.warning("%s is damaged (%s); going back to the checkpoint before it", path.name, error)
            continue
        return path
    return None


def _numbered(model: nn.Module) -> Iterator[str]:
    """Names of parameters in the order in which the first format numbered them: matrices, then vectors."""
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    yield from (name for name, p in named if p.ndim > 1)
    yield from (name for name, p in named if p.ndim <= 1)


@torch.no_grad()
def _put(target: Tensor, value: Tensor) -> None:
    """Copies a whole tensor into one of the model, or this process's shard of it."""
    mesh = getattr(target, "device_mesh", None)
    if mesh is not None:
        from torch.distributed.tensor import distribute_tensor

        value = distribute_tensor(value.to(target.device), mesh, target.placements, src_data_rank=None)  # type: ignore[attr-defined]
    target.copy_(value)


def restore(
    path: Path, model: nn.Module, average: dict[str, Tensor] | None, optimizer: torch.optim.Optimizer, rank: int = 0
) -> tuple[int, dict[str, Any]]:
    """Puts a checkpoint into model, average and optimizer, in place, sets the random states; returns (step, progress).

    A run that had no average begins it with the weights. Raises ValueError with both shapes where the checkpoint is of another model.
    """
    with safe_open(path, "pt") as handle:
        metadata = handle.metadata()
        names = set(handle.keys())
        wanted = model.state_dict()
        given = {name[6:]: _Shaped(handle.get_slice(name).get_shape()) for name in names if name.startswith("model.")}
        if wrong := misfits(wanted, given, path.name):  # type: ignore[arg-type]
            raise ValueError(f"{'; '.join(wrong)}. This folder holds another run: name another --out")
        for name, value in wanted.items():
            _put(value, handle.get_tensor(f"model.{name}"))
        for name, value in (average or {}).items():
            _put(value, handle.get_tensor(f"ema.{name}" if f"ema.{name}" in names else f"model.{name}"))
        slots: dict[str, dict[str, str]] = {}
        numbers = {} if metadata.get("format") == _FORMAT else dict(enumerate(_numbered(model)))
        for key in sorted(names):
            if key.startswith("optimizer."):
                name, slot = key[len("optimizer.") :].rsplit(".", 1)
                slots.setdefault(numbers[int(name)] if numbers else name, {})[slot] = key
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and name in slots:
                state: dict[str, Tensor] = {}
                for slot, key in slots[name].items():
                    value = handle.get_tensor(key)
                    if value.shape == parameter.shape:
                        state[slot] = torch.zeros_like(parameter, memory_format=torch.preserve_format)
                        _put(state[slot], value)
                    else:
                        state[slot] = value.to(parameter.device)
                optimizer.state[parameter] = state
        if "rng.torch" in names:
            torch.set_rng_state(handle.get_tensor("rng.torch"))
    states = json.loads(metadata.get("random", "[]"))
    if rank < len(states):  # more processes than before: the new ones go on as they began
        set_random_state(states[rank])
    return int(metadata["step"]), json.loads(metadata["progress"])


class _Shaped:
    """A tensor of which only the shape has been read."""

    def __init__(self, shape: list[int]) -> None:
        self.shape = torch.Size(shape)
