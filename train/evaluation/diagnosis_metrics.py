"""What is measured of diagnoses: shares over pictures, accuracy at a coverage, calibration; each with its interval.

Every measure is a function of how often each picture counts, so that the paired bootstrap of `train.evaluation.bootstrap`
(resampling pictures) applies to all of them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mmgpt.vocabulary import FIELDS
from train.evaluation import bootstrap
from train.evaluation.diagnosis_score import Answer, Score

MASSES = 10
"""Bins of the calibration error, with as many answers each."""
COVERAGE = 0.8

Measure = Callable[[np.ndarray], float]
"""How often each picture counts (float [P], whole numbers) -> the value, NaN where there is nothing to divide by."""


@dataclass(frozen=True)
class Value:
    """A measure of one set: its value and 95 % interval, None where it has none; `count` is what it is a share of."""

    key: str
    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    count: int = 0
    better: int = 1
    unit: str = "share"


@dataclass(frozen=True)
class Definition:
    """A measure by name; `make` prepares it for the scores of a set and tells what it is a share of."""

    key: str
    label: str
    make: Callable[[Sequence[Score]], tuple[Measure, int]]
    better: int = 1
    unit: str = "share"


def share(among: Callable[[Score], bool], of: Callable[[Score], bool], scores: Sequence[Score]) -> tuple[Measure, int]:
    """The share of pictures with `of` among those with `among`."""
    below = np.array([among(score) for score in scores], dtype=float)
    above = below * np.array([of(score) for score in scores], dtype=float)

    def measure(weights: np.ndarray) -> float:
        total = float(weights @ below)
        return float(weights @ above) / total if total else float("nan")

    return measure, int(below.sum())


def calibration_error(confidences: np.ndarray, right: np.ndarray, bins: int = MASSES) -> float:
    """Mean distance of confidence and accuracy over `bins` bins of equally many answers; 0..1, NaN without answers.

    Equal confidences may fall on both sides of a bin's edge, in the order in which the answers are given.
    """
    if not len(confidences):
        return float("nan")
    order = np.argsort(confidences, kind="stable")
    gaps = [
        len(part) * abs(float(confidences[part].mean()) - float(right[part].mean()))
        for part in np.array_split(order, min(bins, len(order)))
    ]
    return sum(gaps) / len(order)


def chance_error(confidences: np.ndarray, bins: int = MASSES, tries: int = 200) -> float:
    """The calibration error that so few answers would show if every confidence were exactly true: the mean of drawn outcomes."""
    if not len(confidences):
        return float("nan")
    rng = np.random.default_rng(bootstrap.SEED)
    draws = (rng.random((tries, len(confidences))) < confidences).astype(float)
    return float(np.mean([calibration_error(confidences, draw, bins) for draw in draws]))


def accuracy_of_surest(confidences: np.ndarray, right: np.ndarray, asked: float, coverage: float = COVERAGE) -> float:
    """Accuracy of the surest answers that make up `coverage` of the `asked` questions; NaN where fewer were answered.

    Where answers of one confidence are more than are needed, they count in parts: no order among them is preferred.
    """
    wanted = coverage * asked
    if wanted <= 0 or len(confidences) < wanted - 1e-9:
        return float("nan")
    order = np.argsort(-confidences, kind="stable")
    values, hits = confidences[order], right[order].astype(float)
    edge = values[min(int(np.ceil(wanted - 1e-9)), len(values)) - 1]
    surer, equal = values > edge, values == edge
    part = (wanted - surer.sum()) / equal.sum()
    return float((hits[surer].sum() + part * hits[equal].sum()) / wanted)


@dataclass(frozen=True)
class _Flat:
    """Answers of many pictures in one row: whose they are, how sure, and whether right."""

    owner: np.ndarray
    confidences: np.ndarray
    right: np.ndarray

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, Answer]]) -> _Flat:
        rows = [(owner, answer.confidence, answer.right) for owner, answer in pairs]
        return cls(
            np.array([row[0] for row in rows], dtype=int),
            np.array([row[1] for row in rows], dtype=float),
            np.array([row[2] for row in rows], dtype=float),
        )

    def weighted(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        times = weights[self.owner].astype(int)
        return np.repeat(self.confidences, times), np.repeat(self.right, times)


def calibration(fields: Sequence[str], scores: Sequence[Score]) -> tuple[Measure, int]:
    """The calibration error of the fields' answers."""
    flat = _Flat.of(answered(scores, fields))
    return lambda weights: calibration_error(*flat.weighted(weights)), len(flat.owner)


def answered(scores: Sequence[Score], fields: Sequence[str]) -> Iterable[tuple[int, Answer]]:
    """(number of the picture, answer) for what was answered."""
    for number, score in enumerate(scores):
        for answer in score.answers:
            if answer.field in fields and answer.answered:
                yield number, answer


def surest(shown_alone: bool, scores: Sequence[Score]) -> tuple[Measure, int]:
    """Accuracy of codes at 80 % coverage: of all error pictures' answers (no code is one), or of the codes that were shown."""
    pairs = [(n, a) for n, a in answered(scores, ("error_code",)) if not shown_alone or a.value is not None]
    flat = _Flat.of(pairs)
    errors = np.array([score.is_error for score in scores], dtype=float)

    def measure(weights: np.ndarray) -> float:
        confidences, right = flat.weighted(weights)
        asked = float(len(confidences)) if shown_alone else float(weights @ errors)
        return accuracy_of_surest(confidences, right, asked)

    return measure, len(pairs) if shown_alone else int(errors.sum())


def seconds(quantile: float, scores: Sequence[Score]) -> tuple[Measure, int]:
    """A quantile of the seconds a picture takes, from file to diagnosis."""
    values = np.array([score.seconds for score in scores], dtype=float)

    def measure(weights: np.ndarray) -> float:
        times = np.repeat(values, weights.astype(int))
        return float(np.quantile(times, quantile)) if len(times) else float("nan")

    return measure, len(scores)


def _labelled(score: Score) -> bool:
    return score.is_error and bool(score.labels)


def _unfit(score: Score) -> bool:
    return score.is_error and score.labels == ()


def _cited(score: Score) -> bool:
    return bool(score.cited)


def _first_right(score: Score) -> bool:
    return bool(score.cited) and score.cited[0] in (score.labels or ())


def _any_right(score: Score) -> bool:
    return any(entry in (score.labels or ()) for entry in score.cited)


def _has(field: str, test: Callable[[Answer], bool], score: Score) -> bool:
    answer = score.get(field)
    return answer is not None and test(answer)


def _asked(field: str) -> Callable[[Score], bool]:
    return partial(_has, field, lambda answer: True)


def _answered(field: str) -> Callable[[Score], bool]:
    return partial(_has, field, lambda answer: answer.answered)


def _unanswered(field: str) -> Callable[[Score], bool]:
    return partial(_has, field, lambda answer: not answer.answered)


def _right(field: str) -> Callable[[Score], bool]:
    return partial(_has, field, lambda answer: answer.answered and answer.right)


def _shown_code(score: Score) -> bool:
    return _has("error_code", lambda answer: answer.value is not None, score)


def _error(score: Score) -> bool:
    return score.is_error


def _normal(score: Score) -> bool:
    return not score.is_error


def _ratio(
    key: str, label: str, among: Callable[[Score], bool], of: Callable[[Score], bool], better: int = 1
) -> Definition:
    return Definition(key, label, partial(share, among, of), better)


NAMES = {
    "is_error": "is an error",
    "app": "program",
    "kind": "kind",
    "message": "message",
    "error_code": "error code",
    "category": "category",
}

DEFINITIONS: tuple[Definition, ...] = (
    _ratio("recall", "errors seen", _error, lambda s: s.called is True),
    _ratio("unsure_errors", "errors it is not sure of", _error, lambda s: s.called is None, -1),
    _ratio("false_alarms", "false alarms on normal screens", _normal, lambda s: s.called is True, -1),
    _ratio("unsure_normals", "normal screens it is not sure of", _normal, lambda s: s.called is None, -1),
    _ratio("right_line", "right error line", _error, lambda s: bool(s.right_line)),
    *(_ratio(f"{f}_right", f"{n}: answered and right, of all", _asked(f), _right(f)) for f, n in NAMES.items()),
    *(_ratio(f"{f}_accuracy", f"{n}: right, of those answered", _answered(f), _right(f)) for f, n in NAMES.items()),
    *(_ratio(f"{f}_abstained", f"{n}: not answered", _asked(f), _unanswered(f), -1) for f, n in NAMES.items()),
    _ratio("shown_codes_right", "codes that are shown: right", _shown_code, _right("error_code")),
    Definition("codes_at_80", "error code at 80 % coverage (none counts)", partial(surest, False)),
    Definition("shown_codes_at_80", "codes that are shown, the surest 80 %", partial(surest, True)),
    _ratio("coverage", "an entry is cited where one is right", _labelled, _cited),
    _ratio(
        "first_right",
        "the first cited entry is right, where one is cited",
        lambda s: _labelled(s) and _cited(s),
        _first_right,
    ),
    _ratio("any_right", "one of the cited entries is right", lambda s: _labelled(s) and _cited(s), _any_right),
    _ratio("first_right_of_all", "the first cited entry is right, of all with a right one", _labelled, _first_right),
    _ratio("wrongly_cited", "an entry is cited where none is right", _unfit, _cited, -1),
    _ratio("cited_normals", "an entry is cited on a normal screen", _normal, _cited, -1),
    Definition("ece", "calibration error, all answers", partial(calibration, FIELDS), -1),
    *(Definition(f"ece_{f}", f"calibration error, {n}", partial(calibration, (f,)), -1) for f, n in NAMES.items()),
    Definition("seconds_median", "seconds a picture, end to end: median", partial(seconds, 0.5), -1, "seconds"),
    Definition("seconds_p95", "seconds a picture, end to end: 95th percentile", partial(seconds, 0.95), -1, "seconds"),
)
ABOUT_ENTRIES = frozenset(
    {"coverage", "first_right", "any_right", "first_right_of_all", "wrongly_cited", "cited_normals"}
)


def measure(scores: Sequence[Score], resamples: int = bootstrap.RESAMPLES) -> list[Value]:
    """All measures of a set, with 95 % intervals over pictures. Raises ValueError without pictures."""
    weights = bootstrap.weights_of(bootstrap.resample(len(scores), resamples))
    whole = np.ones(len(scores))
    found = []
    for definition in DEFINITIONS:
        compute, count = definition.make(scores)
        value = _known(compute(whole))
        low, high = (None, None) if value is None else _bounds(compute, weights)
        found.append(
            Value(definition.key, definition.label, value, low, high, count, definition.better, definition.unit)
        )
    return found


def differences(
    ours: Sequence[Score], theirs: Sequence[Score], resamples: int = bootstrap.RESAMPLES
) -> dict[str, Value]:
    """Ours minus theirs on the same pictures, by key, where both have a value. Raises ValueError for other pictures."""
    if [score.id for score in ours] != [score.id for score in theirs]:
        raise ValueError("a paired comparison needs the same pictures in the same order")
    weights = bootstrap.weights_of(bootstrap.resample(len(ours), resamples))
    whole = np.ones(len(ours))
    found = {}
    for definition in DEFINITIONS:
        left, count = definition.make(ours)
        right, _ = definition.make(theirs)
        gap = _known(left(whole) - right(whole))
        if gap is None:
            continue
        low, high = _bounds(lambda w, a=left, b=right: a(w) - b(w), weights)  # type: ignore[misc]
        found[definition.key] = Value(
            definition.key, definition.label, gap, low, high, count, definition.better, definition.unit
        )
    return found


def chance(scores: Sequence[Score]) -> dict[str, float | None]:
    """For each calibration error the one that exact confidences would show with as many answers."""
    groups: Mapping[str, Sequence[str]] = {"ece": FIELDS, **{f"ece_{field}": (field,) for field in NAMES}}
    return {key: _known(chance_error(_Flat.of(answered(scores, fields)).confidences)) for key, fields in groups.items()}


def _bounds(compute: Measure, weights: np.ndarray) -> tuple[float | None, float | None]:
    values = np.array([compute(row) for row in weights])
    values = values[~np.isnan(values)]
    if not len(values):
        return None, None
    low, high = np.quantile(values, [(1 - bootstrap.LEVEL) / 2, (1 + bootstrap.LEVEL) / 2])
    return float(low), float(high)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
