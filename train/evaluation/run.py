"""Evaluates readers and the extractor on a set of pictures, picture by picture in the same order for all readers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmgpt.extraction import Extraction, Extractor
from train.evaluation import bootstrap
from train.evaluation.calibration import accuracy_at, coverage_curve, expected_calibration_error
from train.evaluation.fields import FieldScores, score_fields
from train.evaluation.lines import group_lines
from train.evaluation.matching import Matching, match
from train.evaluation.metrics import METRICS, evaluate_metrics, picture_counts, table
from train.evaluation.readings import ReadingCache
from train.evaluation.samples import Sample, TrueLine
from vision.reader.types import Line, TextReader

SIZES = (10, 14, 19, 28)
"""Limits of the groups by height, in pixels of the true line's box, where the size of the type is not known."""
COVERAGES = (0.5, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class PictureResult:
    """One picture by one reader."""

    sample: Sample
    lines: tuple[Line, ...]
    matching: Matching
    extraction: Extraction | None
    fields: FieldScores | None
    counts: dict[str, float]
    read_seconds: float
    total_seconds: float
    cached: bool


@dataclass(frozen=True)
class Calibration:
    """One kind of answer: its calibration error, accuracy at coverages, and the whole curve."""

    answers: int
    error: float | None
    at: dict[str, float | None]
    curve: list[tuple[float, float, float]] = field(repr=False)


@dataclass(frozen=True)
class ReaderResult:
    """All pictures by one reader, and what follows from them."""

    reader: str
    version: str
    pictures: tuple[PictureResult, ...]
    metrics: dict[str, float | None]
    seconds: dict[str, float]
    groups: dict[str, dict[str, dict[str, float | None]]]
    calibration: dict[str, Calibration]

    def counts_of(self, name: str) -> float:
        """The sum of one count over all pictures."""
        return sum(picture.counts[name] for picture in self.pictures)


@dataclass(frozen=True)
class Contender:
    """A reader by name, and the version under which its readings are cached (None: they are not)."""

    name: str
    reader: TextReader
    version: str | None = None


def evaluate(
    samples: Sequence[Sample],
    contender: Contender,
    extractor: Extractor | None,
    cache: ReadingCache | None = None,
    progress: Callable[[], object] | None = None,
) -> ReaderResult:
    """Reads and diagnoses every sample with one reader. Without an extractor only reading is measured.

    `progress` is called after each picture. Seconds are wall-clock: `reading` is the reader alone, `all` decoding,
    reading and extraction together.
    """
    if not samples:
        raise ValueError("no samples to evaluate")
    store = cache if cache is not None and contender.version is not None else ReadingCache(None)
    pictures = []
    for sample in samples:
        pictures.append(_evaluate_picture(sample, contender, extractor, store))
        if progress is not None:
            progress()
    read = np.array([picture.read_seconds for picture in pictures])
    total = np.array([picture.total_seconds for picture in pictures])
    lines = [line for picture in pictures for line in picture.matching.lines]
    tags = [_tags(p.sample, p.sample.lines[line.index]) for p in pictures for line in p.matching.lines]
    return ReaderResult(
        reader=contender.name,
        version=contender.version or "",
        pictures=tuple(pictures),
        metrics=evaluate_metrics([picture.counts for picture in pictures]),
        seconds={
            "reading_median": float(np.median(read)),
            "reading_p95": float(np.quantile(read, 0.95)),
            "all_median": float(np.median(total)),
            "all_p95": float(np.quantile(total, 0.95)),
            "cached": float(sum(picture.cached for picture in pictures)),
        },
        groups=group_lines(lines, tags),
        calibration=_calibrations(pictures),
    )


def differences(ours: ReaderResult, theirs: ReaderResult, resamples: int = bootstrap.RESAMPLES) -> dict[str, dict]:
    """Ours minus theirs for every metric, with paired bootstrap intervals over pictures."""
    if [p.sample.id for p in ours.pictures] != [p.sample.id for p in theirs.pictures]:
        raise ValueError(f"{ours.reader} and {theirs.reader} were not measured on the same pictures")
    draws = bootstrap.resample(len(ours.pictures), resamples)
    a, b = (table([picture.counts for picture in result.pictures]) for result in (ours, theirs))
    found: dict[str, bootstrap.Interval | None] = {
        metric.key: bootstrap.compare(a, b, metric.formula, draws) for metric in METRICS
    }
    for key in ("read_seconds", "total_seconds"):
        left, right = (np.array([getattr(p, key) for p in result.pictures]) for result in (ours, theirs))
        found[key] = bootstrap.compare_medians(left, right, draws)
    return {
        key: {"difference": i.difference, "low": i.low, "high": i.high, "clear": i.clear}
        for key, i in found.items()
        if i is not None
    }


def _evaluate_picture(
    sample: Sample, contender: Contender, extractor: Extractor | None, cache: ReadingCache
) -> PictureResult:
    start = time.perf_counter()
    image = sample.pixels()
    decoded = time.perf_counter() - start
    reading = cache.read(contender.reader, image, contender.version or "")
    lines = list(reading.lines)
    extraction = None
    start = time.perf_counter()
    if extractor is not None:
        extraction = extractor.extract(lines, image)
    extracted = time.perf_counter() - start
    matching = match(sample, lines)
    fields = None if extraction is None else score_fields(sample, lines, extraction)
    return PictureResult(
        sample=sample,
        lines=reading.lines,
        matching=matching,
        extraction=extraction,
        fields=fields,
        counts=picture_counts(matching, fields),
        read_seconds=reading.seconds,
        total_seconds=decoded + reading.seconds + extracted,
        cached=reading.cached,
    )


def _tags(sample: Sample, line: TrueLine) -> dict[str, str]:
    tags = {key: sample.tags[key] for key in ("source", "theme") if key in sample.tags} | line.tags
    tags["role"] = line.role
    if "size" not in tags and line.box is not None:
        height = line.box[3] - line.box[1]
        low = max((limit for limit in (0, *SIZES) if height >= limit), default=0)
        high = next((limit for limit in SIZES if height < limit), None)
        tags["height"] = f"{low}–{high - 1} px" if high else f"{low}–… px"
    return tags


def _calibrations(pictures: Sequence[PictureResult]) -> dict[str, Calibration]:
    answers: dict[str, list[tuple[float, bool]]] = {"lines": []}
    silent: dict[str, int] = {"lines": 0}
    for picture in pictures:
        for line in picture.matching.lines:
            if line.read is None:
                silent["lines"] += 1
            else:
                answers["lines"].append((line.confidence, line.exact))
        for result in picture.fields.results if picture.fields else ():
            answers.setdefault(result.field, [])
            silent.setdefault(result.field, 0)
            if result.answered:
                answers[result.field].append((result.confidence, result.right))
            else:
                silent[result.field] += 1
    found = {}
    for name, pairs in answers.items():
        confidences, right = [c for c, _ in pairs], [r for _, r in pairs]
        curve = coverage_curve(confidences, right, silent[name])
        found[name] = Calibration(
            answers=len(pairs),
            error=expected_calibration_error(confidences, right),
            at={f"{share:.0%}": accuracy_at(curve, share) for share in COVERAGES},
            curve=curve,
        )
    return found


def worst_lines(result: ReaderResult, count: int) -> list[tuple[PictureResult, int]]:
    """The lines with most wrong characters, as (picture, position in its matching's lines)."""
    pairs = [(picture, k) for picture in result.pictures for k in range(len(picture.matching.lines))]
    wrong = [pair for pair in pairs if pair[0].matching.lines[pair[1]].edits]
    wrong.sort(key=lambda pair: (-pair[0].matching.lines[pair[1]].edits, str(pair[0].sample.path), pair[1]))
    return wrong[:count]


def sample_folder(name: str) -> Path:
    """`dev` and `test` are the real captures, `heldout` the rendered set; anything else is a folder."""
    known = {
        "dev": Path("tests/data/real/dev"),
        "test": Path("tests/data/real/test"),
        "heldout": Path("runs/heldout"),
    }
    return known.get(name, Path(name))
