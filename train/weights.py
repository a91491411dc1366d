"""Weights into a model, strictly: what does not fit is named with both shapes before anything is trained."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from torch import Tensor, nn

log = logging.getLogger(__name__)
_NAMED = 6  # names that a message lists before it counts


def _shape(tensor: Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or "a single number"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def misfits(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor], what: str) -> list[str]:
    """What keeps `given` from being the model's tensors `wanted`, in words: other shapes (with both), missing and unknown names."""
    found = [
        f"{name} is {_shape(given[name])} in {what}, {_shape(tensor)} in the model"
        for name, tensor in wanted.items()
        if name in given and given[name].shape != tensor.shape
    ]
    if len(found) > _NAMED:
        found = [*found[:_NAMED], f"{len(found) - _NAMED} more have other shapes"]
    if missing := [name for name in wanted if name not in given]:
        found.append(f"{what} lacks {len(missing)} of the model's {len(wanted)} tensors: {_some(missing)}")
    if unknown := [name for name in given if name not in wanted]:
        found.append(f"the model has no place for {len(unknown)} tensors of {what}: {_some(unknown)}")
    return found


def load_strict(model: nn.Module, tensors: Mapping[str, Tensor], what: str = "the weights") -> str:
    """Loads `tensors` into `model` and returns (and logs) a line that says what was loaded.

    Raises ValueError where a name is missing or unknown or a shape differs, with both shapes; the model is untouched then.
    """
    wanted = model.state_dict()
    if wrong := misfits(wanted, tensors, what):
        raise ValueError("; ".join(wrong))
    model.load_state_dict(dict(tensors))
    count = sum(t.numel() for t in tensors.values())
    report = f"{what}: all {len(wanted)} tensors of the model loaded, {count:,} numbers; none left over"
    log.info("%s", report)
    return report
