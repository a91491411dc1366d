"""From raw confidences and what was right to curves and thresholds: few parameters, since real captures are few.

A curve is chosen among a logistic one (two numbers, on the scale of log odds), isotonic ones over few bins of equally many answers, and
none, by the log loss of captures that it was not fitted to. Rendered screens are many and easier or harder than real ones; how much
they count beside a capture is chosen the same way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Points = tuple[tuple[float, float], ...]
FOLDS = 10
WORTH = (0.0, 0.1, 0.3, 1.0)
"""What a rendered screen may count where a capture counts 1."""
_LEAST, _MOST = 0.004, 0.996  # so few answers prove nothing beyond these
_RIDGE = 2.0  # how strongly a logistic curve holds to leaving confidences as they are, in answers


@dataclass(frozen=True)
class Answers:
    """Raw confidences of one field with what was right: float [N], bool [N], whether a capture bool [N], ids for the folds."""

    raw: np.ndarray
    right: np.ndarray
    real: np.ndarray
    ids: tuple[str, ...]

    @classmethod
    def of(cls, rows: Sequence[tuple[float, bool, bool, str]]) -> Answers:
        """From (raw confidence, right, of a capture, id of the picture)."""
        return cls(
            np.array([row[0] for row in rows], dtype=float),
            np.array([row[1] for row in rows], dtype=float),
            np.array([row[2] for row in rows], dtype=bool),
            tuple(row[3] for row in rows),
        )

    def __len__(self) -> int:
        return len(self.raw)


@dataclass(frozen=True)
class Fit:
    """A curve, how it was made, and the log loss of captures that it was not fitted to, beside that of no curve."""

    points: Points
    method: str
    worth: float
    loss: float
    loss_before: float

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """What raw confidences are worth; as they are where there is no curve."""
        return apply(self.points, raw)


def apply(points: Points, raw: np.ndarray) -> np.ndarray:
    """Linear between points, constant beyond the ends; as it is without points."""
    if not points:
        return np.asarray(raw, dtype=float)
    xs, ys = zip(*points, strict=True)
    return np.interp(raw, xs, ys)


def fit(answers: Answers) -> Fit:
    """The best curve by cross-validation over captures; none where there are fewer than 30 of them."""
    real = np.flatnonzero(answers.real)
    before = log_loss(answers.raw[real], answers.right[real])
    best = Fit((), "none", 0.0, before, before)
    if len(real) < 30 or answers.right[real].min() == answers.right[real].max():
        return best
    folds = np.array([_fold(name) for name in answers.ids])
    made: list[tuple[float, str, float]] = []
    for name, make in METHODS.items():
        for worth in WORTH if (~answers.real).any() else WORTH[:1]:
            weights = np.where(answers.real, 1.0, worth)
            guesses = np.empty(len(answers))
            for fold in range(FOLDS):
                out = folds == fold
                kept = ~out & (weights > 0)
                guesses[out] = apply(make(answers.raw[kept], answers.right[kept], weights[kept]), answers.raw[out])
            made.append((log_loss(guesses[real], answers.right[real]), name, worth))
    loss, name, worth = min(made)
    if loss >= before:
        return best
    weights = np.where(answers.real, 1.0, worth)
    kept = weights > 0
    return Fit(METHODS[name](answers.raw[kept], answers.right[kept], weights[kept]), name, worth, loss, before)


def log_loss(guesses: np.ndarray, right: np.ndarray) -> float:
    """Mean negative log likelihood, natural logarithm, of guesses held within 0.004 to 0.996."""
    p = np.clip(guesses, _LEAST, _MOST)
    return float(-np.mean(right * np.log(p) + (1 - right) * np.log(1 - p))) if len(p) else float("nan")


def logistic(raw: np.ndarray, right: np.ndarray, weights: np.ndarray) -> Points:
    """A logistic curve over log odds (Platt 1999), by Newton's method with a prior at the identity; its slope is never negative."""
    x = _log_odds(raw)
    a, b = 1.0, 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(a * x + b, -30, 30)))
        error = weights * (p - right)
        curvature = weights * np.maximum(p * (1 - p), 1e-6)
        gradient = np.array([error @ x + _RIDGE * (a - 1), error.sum() + _RIDGE * b])
        hessian = np.array([[curvature @ (x * x) + _RIDGE, curvature @ x], [curvature @ x, curvature.sum() + _RIDGE]])
        step = np.linalg.solve(hessian, gradient)
        a, b = max(a - step[0], 0.0), b - step[1]
        if np.abs(step).max() < 1e-8:
            break
    grid = np.linspace(-6.5, 6.5, 14)
    ends = 1 / (1 + np.exp(-grid))
    values = np.clip(1 / (1 + np.exp(-np.clip(a * grid + b, -30, 30))), _LEAST, _MOST)
    return _tidy([(0.0, values[0]), *zip(ends, values, strict=True), (1.0, values[-1])])


def isotonic(bins: int) -> Callable[[np.ndarray, np.ndarray, np.ndarray], Points]:
    """A rising curve through the means of `bins` bins of equal weight, each with half a right and half a wrong answer added."""

    def make(raw: np.ndarray, right: np.ndarray, weights: np.ndarray) -> Points:
        order = np.argsort(raw, kind="stable")
        raw, right, weights = raw[order], right[order], weights[order]
        edges = np.searchsorted(weights.cumsum(), np.linspace(0, weights.sum(), bins + 1)[1:-1])
        parts = [part for part in np.split(np.arange(len(raw)), edges) if len(part)]
        # Pool adjacent violators: a bin that is less often right than the one before it is joined with it.
        pools: list[list[float]] = []  # weight, sum of raw, sum of right
        for part in parts:
            w = weights[part]
            pools.append([w.sum(), w @ raw[part], w @ right[part]])
            while len(pools) > 1 and _share(pools[-2]) >= _share(pools[-1]):
                last = pools.pop()
                pools[-1] = [x + y for x, y in zip(pools[-1], last, strict=True)]
        # Below the lowest bin the curve falls to nothing: a confidence of 0 that was never seen is not worth what the bin is.
        return _tidy([(0.0, _LEAST), *((pool[1] / pool[0], max(_share(pool), _LEAST)) for pool in pools)])

    return make


METHODS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], Points]] = {
    "logistic": logistic,
    "isotonic 3": isotonic(3),
    "isotonic 5": isotonic(5),
    "isotonic 8": isotonic(8),
}


def least_for_accuracy(p: np.ndarray, right: np.ndarray, real: np.ndarray, wanted: float, floor: float) -> float:
    """The least threshold >= `floor` from which answers are right in at least the share `wanted`.

    Captures and rendered screens count alike. It lies between the last confidence that is withheld and the first that is
    answered; where no threshold does, it is the highest confidence.
    """
    if not len(p):
        return floor
    weights = _alike(real)
    candidates = np.unique(np.concatenate([[floor], p[p >= floor]]))
    for place, threshold in enumerate(candidates):
        kept = p >= threshold
        total = weights[kept].sum()
        if total > 0 and (weights[kept] @ right[kept]) / total >= wanted - 1e-9:
            below = candidates[place - 1] if place else threshold
            return _round((below + threshold) / 2)
    return _round(float(candidates[-1]))


def least_for_alarms(p: np.ndarray, real: np.ndarray, most: float, floor: float = 0.5) -> float:
    """The least threshold >= `floor` at which at most the share `most` of normal screens, whose `p` are given, is called an error.

    Captures and rendered screens count alike. 1 where even the surest are too many.
    """
    if not len(p):
        return floor
    weights = _alike(real)
    candidates = np.unique(np.concatenate([[floor], p[p >= floor]]))
    for place, threshold in enumerate(candidates):
        if weights[p >= threshold].sum() / weights.sum() <= most + 1e-9:
            below = candidates[place - 1] if place else threshold
            return _round((below + threshold) / 2) if place else _round(threshold)
    return _round(min((float(candidates[-1]) + 1) / 2, 1.0))


def _alike(real: np.ndarray) -> np.ndarray:
    """Weights by which both groups count the same in all; every answer the same where one group is empty."""
    weights = np.ones(len(real))
    if real.any() and not real.all():
        weights[real] = 1 / real.sum()
        weights[~real] = 1 / (~real).sum()
    return weights


def _share(pool: Sequence[float]) -> float:
    return (pool[2] + 0.5) / (pool[0] + 1.0)


def _log_odds(p: np.ndarray) -> np.ndarray:
    clipped = np.clip(p, 5e-4, 1 - 5e-4)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _tidy(points: Sequence[tuple[float, float]]) -> Points:
    """Rounded to four digits; raw values strictly rising, probabilities never falling."""
    found: list[tuple[float, float]] = []
    for raw, value in points:
        pair = (round(float(raw), 4), round(float(value), 4))
        if found and pair[0] <= found[-1][0]:
            continue
        found.append((pair[0], max(pair[1], found[-1][1]) if found else pair[1]))
    return tuple(found)


def _round(value: float) -> float:
    return round(float(value), 4)


def _fold(name: str) -> int:
    return int(hashlib.sha256(f"fold/{name}".encode()).hexdigest(), 16) % FOLDS
