"""Measuring a line recogniser on crops of single lines: no detection, the crop is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from train.evaluation.matching import LineResult
from train.evaluation.metrics import line_counts, line_metrics
from train.evaluation.text import common_words, edit_distance, normalise

Recognise = Callable[[list[np.ndarray]], list[str]]


@dataclass(frozen=True)
class LineEvaluation:
    """`overall` and `groups` (tag, value) hold the numbers of `line_metrics`; `results` are the single lines."""

    overall: dict[str, float | None]
    groups: dict[str, dict[str, dict[str, float | None]]]
    results: tuple[LineResult, ...]
    seconds_per_line: float


def evaluate_lines(
    recognise: Recognise,
    crops: Sequence[np.ndarray],
    texts: Sequence[str],
    tags: Sequence[Mapping[str, str]],
    batch: int = 64,
) -> LineEvaluation:
    """Reads line crops and compares them with their texts.

    `crops`: uint8 arrays [H, W] or [H, W, 3] of any size; `texts`: what stands in them; `tags`: what each crop is
    grouped by, such as {"face": "Hack", "size": "12", "theme": "dark"}. `recognise` gets lists of at most `batch` crops
    and returns as many texts. Raises ValueError when lengths differ.
    """
    if not len(crops) == len(texts) == len(tags):
        raise ValueError(f"{len(crops)} crops, {len(texts)} texts and {len(tags)} tags: they must be as many")
    if not crops:
        raise ValueError("no line crops to evaluate")
    start = time.perf_counter()
    read: list[str] = []
    for first in range(0, len(crops), batch):
        part = list(crops[first : first + batch])
        answer = recognise(part)
        if len(answer) != len(part):
            raise ValueError(f"the recogniser returned {len(answer)} texts for {len(part)} crops")
        read += answer
    seconds = (time.perf_counter() - start) / len(crops)
    results = tuple(compare_line(i, truth, got) for i, (truth, got) in enumerate(zip(texts, read, strict=True)))
    return LineEvaluation(
        overall=line_metrics([line_counts(results)]),
        groups=group_lines(results, tags),
        results=results,
        seconds_per_line=seconds,
    )


def compare_line(index: int, truth: str, read: str, confidence: float = 1.0) -> LineResult:
    """How one given line was read."""
    clean, got = normalise(truth), normalise(read)
    edits = edit_distance(clean, got)
    return LineResult(
        index=index,
        truth=truth,
        read=read,
        confidence=confidence,
        edits=edits,
        characters=len(clean),
        words=len(clean.split()),
        right_words=common_words(clean, got),
        exact=edits == 0,
        strict=read == truth,
    )


def group_lines(
    results: Sequence[LineResult], tags: Sequence[Mapping[str, str]]
) -> dict[str, dict[str, dict[str, float | None]]]:
    """Line metrics by each tag and value: {"face": {"Hack": {"lines": 120, "cer": …}, …}, …}."""
    if len(results) != len(tags):
        raise ValueError(f"{len(results)} lines and {len(tags)} tags: they must be as many")
    members: dict[str, dict[str, list[LineResult]]] = {}
    for result, tag in zip(results, tags, strict=True):
        for name, value in tag.items():
            members.setdefault(name, {}).setdefault(value, []).append(result)
    return {
        name: {value: line_metrics([line_counts(lines)]) for value, lines in sorted(values.items(), key=_by_value)}
        for name, values in sorted(members.items())
    }


def _by_value(item: tuple[str, object]) -> tuple[float, str]:
    head = item[0].split("–")[0].strip("<> ≤≥px")
    try:
        return float(head), item[0]
    except ValueError:
        return float("inf"), item[0]
