"""The law loss = E + A / N^alpha + B / D^beta: fitted, with intervals, and solved for the best N and D of a budget.

Approach 3 of Hoffmann et al. (2022): the Huber loss between logarithms of what was measured and predicted, by L-BFGS from many
starts. N and D are taken relative to their geometric means while fitting, which makes A and alpha (B and beta) nearly independent.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.optimize import minimize

HUBER = 1e-3  # as in the paper; losses of small runs are a little noisier, and outliers all the more to be mistrusted
_EXPONENTS = (0.01, 3.0)
_WIDEST = 3.0


@dataclass(frozen=True)
class Point:
    """One run: parameters, tokens, held-out loss."""

    parameters: float
    tokens: float
    loss: float


@dataclass(frozen=True)
class Law:
    """A fitted law."""

    E: float
    A: float
    B: float
    alpha: float
    beta: float

    def __call__(self, parameters: float, tokens: float) -> float:
        """The loss of a run."""
        return float(self.E + self.A / parameters**self.alpha + self.B / tokens**self.beta)

    def best(self, flops: float) -> tuple[float, float]:
        """Parameters and tokens with the least loss where 6 · N · D = `flops` (equation 4 of the paper)."""
        ratio = (self.alpha * self.A / (self.beta * self.B)) ** (1 / (self.alpha + self.beta))
        each = flops / 6
        return ratio * each ** (self.beta / (self.alpha + self.beta)), each ** (
            self.alpha / (self.alpha + self.beta)
        ) / ratio


def _objective(values: np.ndarray, size: np.ndarray, data: np.ndarray, loss: np.ndarray) -> tuple[float, np.ndarray]:
    """Huber loss and its gradient by (e, a, b, alpha, beta); sizes, data and losses are logarithms, the former centred."""
    e, a, b, alpha, beta = values
    terms = np.stack([np.full_like(size, e), a - alpha * size, b - beta * data])
    largest = terms.max(0)  # scipy's logsumexp does the same for any kind of array, and takes most of a fit's time
    total = largest + np.log(np.exp(terms - largest).sum(0))
    shares = np.exp(terms - total)
    error = total - loss
    small = np.abs(error) <= HUBER
    value = np.where(small, 0.5 * error**2, HUBER * (np.abs(error) - 0.5 * HUBER)).sum()
    slope = np.where(small, error, HUBER * np.sign(error))
    gradient = [
        slope @ shares[0],
        slope @ shares[1],
        slope @ shares[2],
        -slope @ (shares[1] * size),
        -slope @ (shares[2] * data),
    ]
    # Scaled up: with so small a Huber constant the solver would take the start for good enough.
    return float(value) * 1e4, np.array(gradient) * 1e4


def fit(points: Sequence[Point], starts: Sequence[Law] = ()) -> Law:
    """The law of the points; from a grid of starts, or from given laws alone. Raises ValueError for too few or unusable points."""
    if len(points) < 5 or len({p.parameters for p in points}) < 3 or len({p.tokens for p in points}) < 3:
        raise ValueError(
            "a law with five numbers needs runs of at least three sizes and three amounts of data, five in all"
        )
    if any(not (p.loss > 0 and math.isfinite(p.loss)) for p in points):
        raise ValueError("a loss is not a finite number above 0: a run has failed")
    size, data, loss = (np.log([getattr(p, name) for p in points]) for name in ("parameters", "tokens", "loss"))
    size_mean, data_mean = size.mean(), data.mean()
    lowest = loss.min()
    bounds = [(lowest - 8, lowest), (lowest - 8, lowest + 5), (lowest - 8, lowest + 5), _EXPONENTS, _EXPONENTS]
    if starts:
        grid = [
            (math.log(w.E), math.log(w.A) - w.alpha * size_mean, math.log(w.B) - w.beta * data_mean, w.alpha, w.beta) for w in starts
        ]  # fmt: skip
    else:
        rises = (-2.0, -0.3)
        exponents = (0.2, 0.6)
        grid = [
            (lowest + e, lowest + a, lowest + b, alpha, beta)
            for e, a, b, alpha, beta in itertools.product((-1.5, -0.3), rises, rises, exponents, exponents)
        ]
    found = [
        minimize(
            _objective, np.clip(start, *np.array(bounds).T), (size - size_mean, data - data_mean, loss), "L-BFGS-B", True,
            bounds=bounds, options={"maxiter": 500},
        )
        for start in grid
    ]  # fmt: skip
    e, a, b, alpha, beta = min(found, key=lambda result: float(result.fun)).x
    return Law(math.exp(e), math.exp(a + alpha * size_mean), math.exp(b + beta * data_mean), float(alpha), float(beta))


def bootstrap(points: Sequence[Point], law: Law, resamples: int = 200, seed: int = 0) -> dict[str, tuple[float, float]]:
    """95 % intervals of the law's numbers: runs are drawn with replacement and fitted again."""
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in asdict(law)}
    nearby = [
        law,
        Law(0.7 * law.E, law.A, law.B, 0.7 * law.alpha, 0.7 * law.beta),
        Law(law.E, law.A, law.B, 1.3 * law.alpha, law.beta),
    ]
    for _ in range(resamples):
        sample = [points[i] for i in rng.integers(0, len(points), len(points))]
        try:
            again = fit(sample, nearby)
        except ValueError:  # too few different runs were drawn
            continue
        for name, value in asdict(again).items():
            drawn[name].append(value)
    return {
        name: (float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5)))
        if values
        else (math.nan, math.nan)
        for name, values in drawn.items()
    }


def unsettled(law: Law, ranges: Mapping[str, tuple[float, float]]) -> list[str]:
    """Exponents that the runs leave open: at the edge of what is tried, or with an interval wider than a factor of 3.

    Such a law may describe the runs well, but what it says of other sizes (alpha) or amounts of data (beta) is made up.
    """
    low, high = _EXPONENTS
    found = []
    for name in ("alpha", "beta"):
        value, (least, most) = getattr(law, name), ranges[name]
        inside = 1.05 * low < value < 0.95 * high
        if not (inside and least > 0 and most / least <= _WIDEST):
            found.append(name)
    return found
