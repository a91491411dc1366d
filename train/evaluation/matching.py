"""Which detections belong to which true lines.

The rule. A detection and a true line are *linked* when they stand in one row and one of them lies over the other: they
share at least half of the lower one's height, their middles are near each other (so that a box around a whole
paragraph is linked to none of its rows), and they share at least half of the narrower one's width. Linked ones form
groups: a true line that was found in several pieces, or one detection that holds several true lines of a row (columns,
a label and its button), so that no reader is punished for where it splits a row. Within a group both sides are joined
from left to right by one space and compared as a whole; errors are shared out to the true lines by alignment.

A true line is *found* when the hull of its group's detections covers at least 60 % of its width; a detection is *right*
when the hull of its group's true lines covers at least 60 % of it. Detections inside an ignored region count for
nothing. Where a picture's transcription is not complete, detections linked to nothing count for nothing either.
True lines of which the place is unknown are matched by text, to the most similar row that is left over, if less than
half of the characters differ; they do not count in detection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from train.evaluation.samples import Box, Sample
from train.evaluation.text import common_words, edit_distance, normalise, split_errors
from vision.reader.order import join_rows
from vision.reader.types import Line

COVER = 0.6
NEAR = 0.22
"""How far the middles may be apart, in heights of the higher box, where the detection is the higher one."""
NEAR_IN_TRUTH = 0.3
"""The same where the true box is: some toolkits tell a widget's box rather than the ink's."""


@dataclass(frozen=True)
class LineResult:
    """How one true line was read. `read` is None where nothing was found; `edits` of `characters` are wrong."""

    index: int
    truth: str
    read: str | None
    confidence: float
    edits: int
    characters: int
    words: int
    right_words: int
    exact: bool
    strict: bool
    detections: tuple[int, ...] = ()


@dataclass(frozen=True)
class Matching:
    """All true lines of a picture as they were read; detection counts `found` of `boxed` and `right` of `counted`."""

    lines: tuple[LineResult, ...]
    found: int
    boxed: int
    right: int
    counted: int


def linked(truth: Box, detection: Box) -> bool:
    """Whether a true line's box and a detection's belong together by the rule above."""
    true_height, height = truth[3] - truth[1], detection[3] - detection[1]
    shared_y = min(truth[3], detection[3]) - max(truth[1], detection[1])
    shared_x = min(truth[2], detection[2]) - max(truth[0], detection[0])
    low, tall = sorted((true_height, height))
    if shared_y < 0.5 * low or shared_x <= 0:
        return False
    near = (NEAR_IN_TRUTH if true_height > height else NEAR) * tall
    if tall > 1.6 * low and abs(truth[1] + truth[3] - detection[1] - detection[3]) / 2 > near:
        return False
    return shared_x >= 0.5 * min(truth[2] - truth[0], detection[2] - detection[0])


def match(sample: Sample, detections: Sequence[Line]) -> Matching:
    """Matches the lines of a reader to a picture's true lines."""
    results: dict[int, LineResult] = {}
    found = 0
    rights: set[int] = set()
    used: set[int] = set()
    for truths, hits in _groups(sample, detections):
        if not truths:
            continue
        truths.sort(key=lambda g: _box_of(sample, g)[0])
        hits.sort(key=lambda d: detections[d].box[0])
        used.update(hits)
        true_boxes = [_box_of(sample, g) for g in truths]
        boxes = [detections[d].box for d in hits]
        found += sum(bool(boxes) and _covered(box, boxes) >= COVER for box in true_boxes)
        rights.update(d for d, box in zip(hits, boxes, strict=True) if _covered(box, true_boxes) >= COVER)
        for result in _compare([(g, sample.lines[g].text) for g in truths], hits, detections):
            results[result.index] = result
    ignored = {d for d, line in enumerate(detections) if d not in used and _is_ignored(line.box, sample.ignore)}
    free = [d for d in range(len(detections)) if d not in used and d not in ignored]
    _match_unplaced(sample, detections, free, results)
    by_text = {d for result in results.values() for d in result.detections}
    counted = [d for d in range(len(detections)) if d in used or (d in free and sample.complete and d not in by_text)]
    return Matching(
        lines=tuple(results[g] for g in sorted(results)),
        found=found,
        boxed=sum(line.box is not None for line in sample.lines),
        right=len(rights),
        counted=len(counted),
    )


def _box_of(sample: Sample, index: int) -> Box:
    box = sample.lines[index].box
    assert box is not None
    return box


def _groups(sample: Sample, detections: Sequence[Line]) -> list[tuple[list[int], list[int]]]:
    """Connected groups of (true lines with a box, detections)."""
    count = len(sample.lines)
    parent = list(range(count + len(detections)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for g, line in enumerate(sample.lines):
        if line.box is not None:
            for d, detection in enumerate(detections):
                if linked(line.box, detection.box):
                    parent[root(count + d)] = root(g)
    groups: dict[int, tuple[list[int], list[int]]] = {}
    for node in range(len(parent)):
        if node >= count or sample.lines[node].box is not None:
            truths, hits = groups.setdefault(root(node), ([], []))
            (truths if node < count else hits).append(node if node < count else node - count)
    return list(groups.values())


def _covered(box: Box, others: Sequence[Box]) -> float:
    """The share of a box's width that lies in the hull of the others (of those, sideways, that touch it)."""
    left, right = min(o[0] for o in others), max(o[2] for o in others)
    return max(0.0, min(box[2], right) - max(box[0], left)) / (box[2] - box[0])


def _compare(truths: list[tuple[int, str]], hits: list[int], detections: Sequence[Line]) -> list[LineResult]:
    """Reads `hits` (from left to right) as the text of `truths` (likewise)."""
    clean = [normalise(text) for _, text in truths]
    if not hits:
        return [_result(index, text, None, 0.0, len(normalise(text)), ()) for index, text in truths]
    raw = " ".join(detections[d].text for d in hits)
    read = normalise(raw)
    weights = [max(len(detections[d].text), 1) for d in hits]
    confidence = sum(w * detections[d].confidence for w, d in zip(weights, hits, strict=True)) / sum(weights)
    if len(truths) == 1:
        (index, text) = truths[0]
        return [_result(index, text, raw, confidence, edit_distance(clean[0], read), tuple(hits))]
    shares = split_errors(clean, read)
    return [
        _result(index, text, piece, confidence, errors, tuple(hits))
        for (index, text), (errors, piece) in zip(truths, shares, strict=True)
    ]


def _result(
    index: int, truth: str, read: str | None, confidence: float, edits: int, hits: tuple[int, ...]
) -> LineResult:
    clean = normalise(truth)
    return LineResult(
        index=index,
        truth=truth,
        read=read,
        confidence=confidence,
        edits=edits,
        characters=len(clean),
        words=len(clean.split()),
        right_words=common_words(clean, normalise(read or "")),
        exact=read is not None and edits == 0,
        strict=read == truth,
        detections=hits,
    )


def _match_unplaced(
    sample: Sample, detections: Sequence[Line], free: list[int], results: dict[int, LineResult]
) -> None:
    """True lines without a place: each takes the most similar row that no other line has, the surest pairs first."""
    left = [g for g, line in enumerate(sample.lines) if line.box is None]
    rows = [[free[k] for k in row] for row in join_rows([detections[d].box for d in free])] if free else []
    rows += [[d] for row in rows if len(row) > 1 for d in row]
    pairs = []
    for g in left:
        truth = normalise(sample.lines[g].text)
        for r, row in enumerate(rows):
            read = normalise(" ".join(detections[d].text for d in row))
            edits = edit_distance(truth, read)
            if edits < 0.5 * max(len(truth), 1):
                pairs.append((edits / max(len(truth), 1), g, r))
    taken: set[int] = set()
    for _, g, r in sorted(pairs):
        if g not in results and not taken & set(rows[r]):
            taken.update(rows[r])
            results[g] = _compare([(g, sample.lines[g].text)], rows[r], detections)[0]
    for g in left:
        if g not in results:
            results[g] = _compare([(g, sample.lines[g].text)], [], detections)[0]


def _is_ignored(box: Box, regions: Sequence[Box]) -> bool:
    """Whether at least half of a box lies in one of the regions."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    for x0, y0, x1, y1 in regions:
        width, height = min(box[2], x1) - max(box[0], x0), min(box[3], y1) - max(box[1], y0)
        if width > 0 and height > 0 and width * height >= 0.5 * area:
            return True
    return False
