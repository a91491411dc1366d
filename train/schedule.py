"""Learning rates as functions of the step: nothing to save, nothing that could be resumed wrongly."""

from __future__ import annotations

import math
from typing import Protocol

SCHEDULES = ("wsd", "cosine")


class Planned(Protocol):
    """What a schedule reads of a run's configuration."""

    steps: int
    warmup: int
    decay: int
    lr: float
    schedule: str


def rate(step: int, config: Planned) -> float:
    """The learning rate at `step` (counted from 0).

    Both schedules begin with a linear warm-up. `wsd`: stable, then 1 − √ to zero over the last `decay` steps (Hägele et al., 2024), so
    that a run can be made longer; `cosine`: half a wave from the peak to zero (Loshchilov and Hutter, 2017), which needs the length
    from the start. Raises ValueError for another name.
    """
    if config.schedule not in SCHEDULES:
        raise ValueError(f"unknown schedule {config.schedule!r}; one of {', '.join(SCHEDULES)}")
    if step < config.warmup:
        return config.lr * (step + 1) / config.warmup
    if config.schedule == "cosine":
        share = (step - config.warmup) / max(config.steps - config.warmup, 1)
        return config.lr * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
    left = config.steps - step
    if left >= config.decay or config.decay == 0:
        return config.lr
    return config.lr * (1 - math.sqrt(1 - left / config.decay))
