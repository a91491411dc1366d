"""Loading weights strictly: safetensors only, and an error that names the file and the first tensor that does not fit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from torch import Tensor, nn


class WeightsError(ValueError):
    """Weights that are missing, damaged, or of another architecture. The message is one line that says what to do."""


def packaged() -> Path:
    """The folder of the weights that come with the package."""
    return Path(__file__).resolve().parents[2] / "mmgpt" / "weights" / "nano"


def read_config(folder: Path) -> dict[str, Any]:
    """`config.json` of a weights folder. Raises WeightsError when it is missing or no JSON object."""
    path = folder / "config.json"
    if not path.is_file():
        raise WeightsError(f"{path} is missing: give a folder with weights, or reinstall mmgpt for its own")
    try:
        config = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise WeightsError(f"{path} is damaged ({error}): fetch it again or reinstall mmgpt") from error
    if not isinstance(config, dict):
        raise WeightsError(f"{path} is damaged (not a JSON object): fetch it again or reinstall mmgpt")
    return config


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file. Raises WeightsError naming the file when it is missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise WeightsError(f"{path} is missing: fetch it again or reinstall mmgpt")
    wanted = _sealed(path)
    if wanted is not None and hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
        raise WeightsError(
            f"{path} is damaged (its SHA-256 is not the one in config.json): fetch it again or reinstall mmgpt"
        )
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        detail = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path} is damaged ({detail}): fetch it again or reinstall mmgpt") from error


def _sealed(path: Path) -> str | None:
    """The SHA-256 that `config.json` beside a shard states for it; None when it states none."""
    if not (path.parent / "config.json").is_file():
        return None
    sums = read_config(path.parent).get("sha256")
    return str(sums[path.name]) if isinstance(sums, dict) and path.name in sums else None


def fill(module: nn.Module, tensors: dict[str, Tensor], path: Path, prefix: str = "") -> None:
    """Loads the tensors under `prefix` into `module`, every one of the right shape, none missing and none left over.

    Raises WeightsError naming the file and the first tensor that does not fit. Half-precision tensors are widened.
    """
    given = {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
    wanted = module.state_dict()
    for name, value in wanted.items():
        if name not in given:
            raise WeightsError(f"{path} does not fit this model: {prefix}{name} is missing; fetch the file again")
        if given[name].shape != value.shape:
            raise WeightsError(
                f"{path} does not fit this model: {prefix}{name} has shape {tuple(given[name].shape)}, "
                f"the model has {tuple(value.shape)}"
            )
    extra = sorted(given.keys() - wanted.keys())
    if extra:
        raise WeightsError(
            f"{path} does not fit this model: {prefix}{extra[0]} is not part of it; fetch the file again"
        )
    broken = next((k for k, v in given.items() if v.is_floating_point() and not bool(v.isfinite().all())), None)
    if broken:
        raise WeightsError(f"{path} is damaged ({prefix}{broken} holds numbers that are not finite): fetch it again")
    module.load_state_dict({k: v.to(wanted[k].dtype) for k, v in given.items()})


def load_strict(path: Path, module: nn.Module, prefix: str = "") -> None:
    """`read_tensors` and `fill` in one."""
    fill(module, read_tensors(path), path, prefix)
