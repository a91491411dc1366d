"""Checkpoints that hold everything a run needs to go on: weights, EMA, optimizer, RNG, position. One safetensors file each.

A file appears under its name only when it is whole (written aside, synced, renamed); a damaged one is passed over for the one
before it.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

log = logging.getLogger(__name__)
_NAME = "step-{:08d}.safetensors"


def save_atomic(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Writes a safetensors file so that `path` is either the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    save_file({k: v.detach().contiguous().cpu() for k, v in tensors.items()}, scratch, metadata)
    with scratch.open("rb") as handle:
        os.fsync(handle.fileno())
    scratch.chmod(0o644)  # safetensors writes for the owner alone; weights are there to be read
    os.replace(scratch, path)


def save(folder: Path, step: int, model: nn.Module, ema: dict[str, Tensor], optimizer: torch.optim.Optimizer,
         progress: dict[str, Any], keep: int = 2) -> Path:  # fmt: skip
    """Saves the state after `step` and removes all but the newest `keep` checkpoints."""
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"ema.{k}": v for k, v in ema.items()}
    state = optimizer.state_dict()
    scalars: dict[str, Any] = {}
    for number, slots in state["state"].items():
        for name, value in slots.items():
            tensors[f"optimizer.{number}.{name}"] = value if isinstance(value, Tensor) else torch.tensor(value)
    scalars["param_groups"] = state["param_groups"]
    tensors["rng.torch"] = torch.get_rng_state()
    path = folder / _NAME.format(step)
    save_atomic(tensors, path, {"step": str(step), "optimizer": json.dumps(scalars), "progress": json.dumps(progress)})
    for old in sorted(folder.glob("step-*.safetensors"))[:-keep]:
        old.unlink()
    return path


def load_latest(
    folder: Path, model: nn.Module, ema: dict[str, Tensor], optimizer: torch.optim.Optimizer
) -> tuple[int, dict[str, Any]] | None:
    """Restores the newest whole checkpoint in place and returns (step, progress); None when there is none."""
    for path in sorted(folder.glob("step-*.safetensors"), reverse=True):
        try:
            with safe_open(path, "pt") as handle:
                metadata = handle.metadata()
                tensors = {k: handle.get_tensor(k) for k in handle.keys()}  # noqa: SIM118 (not a dict)
            step, scalars = int(metadata["step"]), json.loads(metadata["optimizer"])
            progress = json.loads(metadata["progress"])
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            log.warning("%s is damaged (%s); going back to the checkpoint before it", path.name, error)
            continue
        model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        for name in ema:
            ema[name].copy_(tensors[f"ema.{name}"])
        slots: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith("optimizer."):
                _, number, name = key.split(".", 2)
                slots.setdefault(int(number), {})[name] = value
        optimizer.load_state_dict({"state": slots, "param_groups": scalars["param_groups"]})
        torch.set_rng_state(tensors["rng.torch"])
        return step, progress
    return None
