"""Whether confidences mean what they say: coverage against accuracy, and the expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BINS = 15


def expected_calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float | None:
    """Mean distance between confidence and accuracy over bins of equal width, weighted by their size; 0..1.

    None without any answers.
    """
    if len(confidences) != len(right):
        raise ValueError(f"{len(confidences)} confidences for {len(right)} answers")
    if not len(confidences):
        return None
    values, hits = np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)
    which = np.minimum((values * bins).astype(int), bins - 1)
    size = np.bincount(which, minlength=bins)
    gaps = np.abs(np.bincount(which, hits, bins) - np.bincount(which, values, bins))
    return float(gaps[size > 0].sum() / len(values))


def coverage_curve(
    confidences: Sequence[float], right: Sequence[bool], unanswered: int = 0
) -> list[tuple[float, float, float]]:
    """(coverage, accuracy, threshold) from the surest answers to all of them.

    One point for every distinct confidence: all answers at least as sure are given, the others withheld. Coverage is of
    answers and `unanswered` together.
    """
    if len(confidences) != len(right):
        raise ValueError(f"{len(confidences)} confidences for {len(right)} answers")
    values, hits = np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)
    order = np.argsort(-values, kind="stable")
    values, hits = values[order], np.cumsum(hits[order])
    total = len(values) + unanswered
    last = [k for k in range(len(values)) if k + 1 == len(values) or values[k + 1] < values[k]]
    return [((k + 1) / total, float(hits[k] / (k + 1)), float(values[k])) for k in last]


def accuracy_at(curve: Sequence[tuple[float, float, float]], coverage: float) -> float | None:
    """The accuracy at the least coverage of the curve that reaches `coverage` (0..1); None where none does."""
    return next((accuracy for reached, accuracy, _ in curve if reached >= coverage - 1e-9), None)
