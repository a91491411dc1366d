"""Parameter groups with rates of their own, fused AdamW, and the average of the weights."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn


def matches(name: str, pattern: str) -> bool:
    """Whether a parameter's dotted name is meant by a pattern.

    A pattern without * or ? means a part with all that is below it, wherever it stands ("tower" means "tower.…" and
    "visual.tower.…"); with them it is compared with the whole name.
    """
    if any(c in pattern for c in "*?["):
        return fnmatch.fnmatchcase(name, pattern)
    return f".{pattern}." in f".{name}."


def factors(names: Sequence[str], rates: Mapping[str, float]) -> dict[str, float]:
    """What each parameter's rate is multiplied with; where several patterns match, the last counts.

    Raises ValueError for a negative factor, and for a pattern that matches nothing, which would be a typing error gone unnoticed.
    """
    found = dict.fromkeys(names, 1.0)
    for pattern, factor in rates.items():
        if factor < 0:
            raise ValueError(f"the rate of {pattern!r} is multiplied with {factor}; 0 freezes, less has no meaning")
        chosen = [name for name in names if matches(name, pattern)]
        if not chosen:
            tops = sorted({name.split(".")[0] for name in names})
            raise ValueError(f"no parameter is meant by {pattern!r}; the model's parts are {', '.join(tops)}")
        found.update(dict.fromkeys(chosen, factor))
    return found


def freeze(model: nn.Module, rates: Mapping[str, float]) -> None:
    """Parameters whose rate is multiplied with 0 need no gradient at all. Raises ValueError when nothing is left to learn."""
    named = dict(model.named_parameters())
    for name, factor in factors(list(named), rates).items():
        if factor == 0:
            named[name].requires_grad_(False)
    if not any(p.requires_grad for p in named.values()):
        raise ValueError("every parameter is frozen: there is nothing to train")


def groups(model: nn.Module, weight_decay: float, rates: Mapping[str, float]) -> list[dict[str, Any]]:
    """Groups for an optimizer, each with its `factor`: matrices decay, vectors and single numbers do not."""
    named = {name: p for name, p in model.named_parameters() if p.requires_grad}
    times = factors([name for name, _ in model.named_parameters()], rates)
    made: dict[tuple[float, bool], list[Tensor]] = {}
    for name, parameter in named.items():
        made.setdefault((times[name], parameter.ndim > 1), []).append(parameter)
    order = sorted(made, key=lambda key: (-key[0], not key[1]))
    return [{"params": made[key], "weight_decay": weight_decay if key[1] else 0.0, "factor": key[0]} for key in order]


def adamw(model: nn.Module, lr: float, weight_decay: float, rates: Mapping[str, float]) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter, 2019) in one kernel a step for all tensors."""
    return torch.optim.AdamW(groups(model, weight_decay, rates), lr=lr, betas=(0.9, 0.98), fused=True)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Sets every group's rate to `rate` times its factor."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]


def local(tensor: Tensor) -> Tensor:
    """What of a tensor lies in this process; all of it unless it is sharded."""
    inner = getattr(tensor, "to_local", None)
    return tensor if inner is None else inner()


def moving(model: nn.Module) -> dict[str, Tensor]:
    """The entries of the model's state that training may change: parameters that learn, and buffers. They share memory with it."""
    state = model.state_dict(keep_vars=True)
    return {k: v.detach() for k, v in state.items() if v.requires_grad or not isinstance(v, nn.Parameter)}


class Average:
    """The exponential moving average of a model's weights (Polyak and Juditsky, 1992). Frozen parameters have none: they are it."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        live = moving(model)
        self.values = {k: v.clone() for k, v in live.items()}
        floats = [k for k, v in live.items() if v.dtype.is_floating_point]
        self._pairs = [(local(self.values[k]), local(live[k])) for k in floats]
        self._counters = [(self.values[k], v) for k, v in live.items() if not v.dtype.is_floating_point]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes in the weights after `step` steps. Early on it would remember random weights, so it follows quickly first."""
        keep = min(self.decay, (step + 1) / (step + 10))
        if self._pairs:
            averages, values = zip(*self._pairs, strict=True)
            torch._foreach_lerp_(list(averages), list(values), 1 - keep)
        for average, value in self._counters:
            average.copy_(value)
