"""A batch divided among processes and micro-batches, and how much each part weighs in the mean loss.

The batch of a step is one and the same however many processes there are: each draws it and keeps its part (a task whose rows can be drawn
alone may offer `share(step, index, parts)` and draw no more than that). Losses are means over supervised tokens, so parts weigh by
their number; what has no tokens weighs by rows.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor


def bounds(rows: int, index: int, parts: int) -> tuple[int, int]:
    """First and behind-last row of part `index` of `parts`. Raises ValueError where there are fewer rows than parts."""
    if rows < parts:
        raise ValueError(
            f"a batch of {rows} rows cannot be divided into {parts} parts (processes times --accumulate); use a larger --batch"
        )
    return index * rows // parts, (index + 1) * rows // parts


def part(batch: Any, index: int, parts: int) -> Any:
    """Part `index` of `parts` of a batch: tensors, arrays, tuples and dictionaries of them, and dataclasses by their rows.

    A batch that knows better has a method `part(index, parts)`. Raises TypeError for what has no rows: a loss that compares the
    rows of a batch with each other (clip) is not the mean of its parts'.
    """
    if parts == 1:
        return batch
    if hasattr(batch, "part"):
        return batch.part(index, parts)
    if isinstance(batch, Tensor | np.ndarray):
        first, last = bounds(len(batch), index, parts)
        return batch[first:last]
    if isinstance(batch, tuple):
        return tuple(part(entry, index, parts) for entry in batch)
    if isinstance(batch, dict):
        return {key: part(entry, index, parts) for key, entry in batch.items()}
    names = {f.name for f in fields(batch)} if is_dataclass(batch) else set()
    if {"ids", "labels", "owner", "pieces", "features"} <= names:
        return _conversations(batch, index, parts)
    if {"images", "targets", "lengths", "texts"} <= names:
        return _lines(batch, index, parts)
    if names and all(isinstance(getattr(batch, name), Tensor) for name in names):
        return replace(batch, **{name: part(getattr(batch, name), index, parts) for name in names})
    raise TypeError(
        f"a {type(batch).__name__} cannot be divided into {parts} parts: its loss belongs to the batch as a whole; "
        "train it in one process without --accumulate"
    )


def _conversations(batch: Any, index: int, parts: int) -> Any:
    """Rows of a `train.data.perception.Batch` with the pictures that they show. Turns are not known row by row: 0."""
    first, last = bounds(len(batch.ids), index, parts)
    shown = [i for i, row in enumerate(batch.owner) if first <= row < last]
    owner = [batch.owner[i] - first for i in shown]
    rows = {name: getattr(batch, name)[first:last] for name in ("ids", "labels", "mask", "positions")}
    pieces, features = (_chosen(batch.pieces, shown), _chosen(batch.features, shown))
    return replace(batch, **rows, owner=owner, pieces=pieces, features=features, turns=0)


def _chosen(value: Any, places: list[int]) -> Any:
    """The given entries of a dataclass of tensors [n, …]; None where there are none."""
    if value is None or not places:
        return None
    tensors = {f.name: getattr(value, f.name) for f in fields(value) if isinstance(getattr(value, f.name), Tensor)}
    return replace(value, **{name: tensor[places] for name, tensor in tensors.items()})


def _lines(batch: Any, index: int, parts: int) -> Any:
    """Rows of a `train.data.render.lines.LineBatch`; the targets stand one behind the other."""
    first, last = bounds(len(batch.texts), index, parts)
    ends = torch.cat([batch.lengths.new_zeros(1), batch.lengths.cumsum(0)])
    rows = {
        name: getattr(batch, name)[first:last] for name in ("images", "widths", "labels", "lengths", "texts", "tags")
    }
    return replace(batch, **rows, targets=batch.targets[int(ends[first]) : int(ends[last])])


def supervised(batch: Any) -> int:
    """What the loss of a batch is a mean over: supervised tokens, letters of lines, or rows. A batch may say it itself."""
    if hasattr(batch, "supervised"):
        return int(batch.supervised())
    if isinstance(batch, dict) and "labels" in batch:
        return int((batch["labels"][:, 1:] >= 0).sum())
    if isinstance(batch, Tensor | np.ndarray):
        return len(batch)
    if isinstance(batch, tuple | dict):
        entries = list(batch.values()) if isinstance(batch, dict) else batch
        return supervised(entries[0]) if len(entries) else 0
    if hasattr(batch, "lengths") and hasattr(batch, "texts"):
        return int(batch.lengths.sum())
    if hasattr(batch, "ids") and hasattr(batch, "labels"):
        return int((batch.labels[:, 1:] >= 0).sum())
    if is_dataclass(batch):
        return next((len(v) for f in fields(batch) if hasattr(v := getattr(batch, f.name), "__len__")), 1)
    return len(batch) if hasattr(batch, "__len__") else 1
