"""Paired bootstrap: how sure a difference between two readers is, given the pictures that happen to be in the set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from train.evaluation.metrics import Sums, sums_of

RESAMPLES = 2000
LEVEL = 0.95
SEED = 20_261_122


@dataclass(frozen=True)
class Interval:
    """A difference (ours minus theirs) with its interval. `clear` tells whether the interval leaves out zero."""

    difference: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        return self.low > 0 or self.high < 0


def resample(pictures: int, resamples: int = RESAMPLES, seed: int = SEED) -> np.ndarray:
    """Indices int [resamples, pictures], drawn with replacement; the same seed gives the same draws."""
    if pictures < 1:
        raise ValueError("a bootstrap needs at least one picture")
    return np.random.default_rng(seed).integers(0, pictures, size=(resamples, pictures))


def weights_of(draws: np.ndarray) -> np.ndarray:
    """How often each picture was drawn: int [R, P] -> float [R, P], rows sum to P."""
    resamples, pictures = draws.shape
    weights = np.zeros((resamples, pictures))
    np.add.at(weights, (np.arange(resamples)[:, None], draws), 1)
    return weights


def compare(
    ours: np.ndarray, theirs: np.ndarray, formula: Callable[[Sums], np.ndarray], draws: np.ndarray, level: float = LEVEL
) -> Interval | None:
    """The difference of one metric between two readers on the same pictures.

    `ours`, `theirs`: counts, float [P, len(COUNTS)], row by row the same picture; `draws`: `resample(P)`. Returns None
    where the metric has nothing to divide by.
    """
    if ours.shape != theirs.shape:
        raise ValueError(
            f"paired comparison of {len(ours)} with {len(theirs)} pictures: both must be the same pictures"
        )
    weights = weights_of(draws)
    difference = float(formula(sums_of(ours.sum(axis=0))) - formula(sums_of(theirs.sum(axis=0))))
    spread = formula(sums_of(weights @ ours)) - formula(sums_of(weights @ theirs))
    return _interval(difference, spread, level)


def compare_ratio(ours: np.ndarray, theirs: np.ndarray, draws: np.ndarray, level: float = LEVEL) -> Interval | None:
    """The difference of right / asked, from counts float [P, 2] of the same pictures; None where nothing was asked."""
    if ours.shape != theirs.shape:
        raise ValueError(
            f"paired comparison of {len(ours)} with {len(theirs)} pictures: both must be the same pictures"
        )
    weights = weights_of(draws)

    def share(sums: np.ndarray) -> np.ndarray:
        right, asked = sums[..., 0], sums[..., 1]
        return np.divide(right, asked, out=np.full(asked.shape, np.nan), where=asked > 0)

    difference = float(share(ours.sum(axis=0)) - share(theirs.sum(axis=0)))
    return _interval(difference, share(weights @ ours) - share(weights @ theirs), level)


def compare_medians(ours: np.ndarray, theirs: np.ndarray, draws: np.ndarray, level: float = LEVEL) -> Interval | None:
    """The difference of medians of one number per picture, float [P] each (seconds, say)."""
    if ours.shape != theirs.shape:
        raise ValueError(
            f"paired comparison of {len(ours)} with {len(theirs)} pictures: both must be the same pictures"
        )
    spread = np.median(ours[draws], axis=1) - np.median(theirs[draws], axis=1)
    return _interval(float(np.median(ours) - np.median(theirs)), spread, level)


def _interval(difference: float, spread: np.ndarray, level: float) -> Interval | None:
    known = spread[~np.isnan(spread)]
    if np.isnan(difference) or not len(known):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(difference, float(low), float(high))
