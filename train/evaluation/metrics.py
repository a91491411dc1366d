"""From single pictures to numbers: counts that add up over pictures, and the metrics that are computed from their sums.

Every metric is a formula over sums of counts, so that the same formula serves the whole set, one group of it (a size, a
face, a theme), and thousands of bootstrap resamples at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from train.evaluation.fields import FieldScores
from train.evaluation.matching import LineResult, Matching

Sums = Mapping[str, np.ndarray]
"""Count name -> sums, float of any one shape."""

LINE_COUNTS = "lines exact strict found_lines characters edits found_characters found_edits words right_words".split()
COUNTS = (
    *LINE_COUNTS,
    *"pictures boxed found counted right errors flagged hits normals false_alarms".split(),
    *"right_lines message_exact message_characters message_edits codes code_right coded coded_right".split(),
    *"apps app_right kinds kind_right categories category_right".split(),
)


@dataclass(frozen=True)
class Metric:
    """A number between pictures and reader. `better` is 1 when more is better, -1 when less is."""

    key: str
    label: str
    formula: Callable[[Sums], np.ndarray]
    better: int = 1
    gives: str = "lines"  # or "fields"


def _ratio(above: str, below: str) -> Callable[[Sums], np.ndarray]:
    def formula(sums: Sums) -> np.ndarray:
        return _divide(sums[above], sums[below])

    return formula


def _divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, NaN where below is zero."""
    below = np.asarray(below, dtype=float)
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)


def _f1(precision: Callable[[Sums], np.ndarray], recall: Callable[[Sums], np.ndarray]) -> Callable[[Sums], np.ndarray]:
    def formula(sums: Sums) -> np.ndarray:
        # Nothing answered is a precision of 0 here, so that an empty page has an F1 of 0 and not none at all.
        p, r = np.nan_to_num(precision(sums)), recall(sums)
        return np.where(np.isnan(r), np.nan, _divide(2 * p * r, p + r + (p + r == 0)))

    return formula


_DETECTED = (_ratio("right", "counted"), _ratio("found", "boxed"))
_FLAGGED = (_ratio("hits", "flagged"), _ratio("hits", "errors"))

METRICS = (
    Metric("detection_precision", "lines detected: precision", _DETECTED[0]),
    Metric("detection_recall", "lines detected: recall", _DETECTED[1]),
    Metric("detection_f1", "lines detected: F1", _f1(*_DETECTED)),
    Metric("line_accuracy", "lines exactly right", _ratio("exact", "lines")),
    Metric("line_accuracy_strict", "lines exactly right, strict", _ratio("strict", "lines")),
    Metric("cer", "character error rate", _ratio("edits", "characters"), better=-1),
    Metric("cer_found", "character error rate, found lines", _ratio("found_edits", "found_characters"), better=-1),
    Metric("word_accuracy", "words right", _ratio("right_words", "words")),
    Metric("error_precision", "is an error: precision", _FLAGGED[0], gives="fields"),
    Metric("error_recall", "is an error: recall", _FLAGGED[1], gives="fields"),
    Metric("error_f1", "is an error: F1", _f1(*_FLAGGED), gives="fields"),
    Metric("false_alarms", "false alarms on normal screens", _ratio("false_alarms", "normals"), -1, "fields"),
    Metric("right_line", "right error line", _ratio("right_lines", "errors"), gives="fields"),
    Metric("message_exact", "message exactly right", _ratio("message_exact", "errors"), gives="fields"),
    Metric(
        "message_cer", "message CER, given the right line", _ratio("message_edits", "message_characters"), -1, "fields"
    ),
    Metric("code_accuracy", "error code (none counts)", _ratio("code_right", "codes"), gives="fields"),
    Metric("code_accuracy_shown", "error code where one is shown", _ratio("coded_right", "coded"), gives="fields"),
    Metric("app_accuracy", "program", _ratio("app_right", "apps"), gives="fields"),
    Metric("kind_accuracy", "kind", _ratio("kind_right", "kinds"), gives="fields"),
    Metric("category_accuracy", "category", _ratio("category_right", "categories"), gives="fields"),
)


def line_counts(lines: Sequence[LineResult]) -> dict[str, float]:
    """The counts of `LINE_COUNTS` over some lines."""
    found = [line for line in lines if line.read is not None]
    return {
        "lines": len(lines),
        "exact": sum(line.exact for line in lines),
        "strict": sum(line.strict for line in lines),
        "found_lines": len(found),
        "characters": sum(line.characters for line in lines),
        "edits": sum(line.edits for line in lines),
        "found_characters": sum(line.characters for line in found),
        "found_edits": sum(line.edits for line in found),
        "words": sum(line.words for line in lines),
        "right_words": sum(line.right_words for line in lines),
    }


def picture_counts(matching: Matching, fields: FieldScores | None) -> dict[str, float]:
    """All counts (`COUNTS`) of one picture."""
    counts = dict.fromkeys(COUNTS, 0.0)
    counts.update(line_counts(matching.lines))
    counts.update(
        pictures=1, boxed=matching.boxed, found=matching.found, counted=matching.counted, right=matching.right
    )
    if fields is not None:
        _add_fields(counts, fields)
    return counts


def _add_fields(counts: dict[str, float], fields: FieldScores) -> None:
    flag = fields.get("is_error")
    assert flag is not None
    counts["flagged"] = bool(flag.value)
    if flag.truth:
        counts.update(errors=1, hits=bool(flag.value), right_lines=bool(fields.right_line))
        if fields.right_line:
            counts.update(message_characters=fields.message_characters, message_edits=fields.message_edits)
    else:
        counts.update(normals=1, false_alarms=bool(flag.value))
    names = {"error_code": ("codes", "code_right"), "category": ("categories", "category_right")}
    names |= {"app": ("apps", "app_right"), "kind": ("kinds", "kind_right"), "message": ("", "message_exact")}
    for result in fields.results:
        if result.field in names:
            total, right = names[result.field]
            counts[right] = result.right
            if total:
                counts[total] = 1
    code = fields.get("error_code")
    if code is not None and code.truth is not None:
        counts.update(coded=1, coded_right=code.right)


def table(counts: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Counts of pictures as float [P, len(COUNTS)]."""
    return np.array([[row[name] for name in COUNTS] for row in counts], dtype=float).reshape(len(counts), len(COUNTS))


def sums_of(values: np.ndarray) -> dict[str, np.ndarray]:
    """Float [..., len(COUNTS)] -> sums by name, each [...]."""
    return {name: values[..., k] for k, name in enumerate(COUNTS)}


def evaluate_metrics(counts: Sequence[Mapping[str, float]]) -> dict[str, float | None]:
    """All metrics over pictures' counts; None where there is nothing to divide by."""
    sums = sums_of(table(counts).sum(axis=0))
    values = {metric.key: float(metric.formula(sums)) for metric in METRICS}
    return {key: None if np.isnan(value) else value for key, value in values.items()}


def line_metrics(counts: Sequence[Mapping[str, float]]) -> dict[str, float | None]:
    """Line accuracy, strict line accuracy, CER and word accuracy over groups of lines (from `line_counts`)."""
    sums = {name: np.array(sum(row[name] for row in counts), dtype=float) for name in LINE_COUNTS}
    keys = ("line_accuracy", "line_accuracy_strict", "cer", "cer_found", "word_accuracy")
    values = {metric.key: float(metric.formula(sums)) for metric in METRICS if metric.key in keys}
    result: dict[str, float | None] = {k: None if np.isnan(v) else v for k, v in values.items()}
    return {"lines": float(sums["lines"])} | result
