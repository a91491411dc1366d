"""Diagnoses of a set of pictures, and what becomes of them when the right entry is not in the knowledge base."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from train.evaluation.diagnosis_score import Score, score
from train.evaluation.samples import Sample

if TYPE_CHECKING:
    from mmgpt.diagnosis import Diagnoser
    from mmgpt.knowledge import KnowledgeBase
    from mmgpt.schema import Diagnosis

Diagnose = Callable[[Path], "Diagnosis"]
Without = Callable[[Path, frozenset[str]], "Diagnosis"]
"""A picture diagnosed with a knowledge base that lacks some entries."""


@dataclass(frozen=True)
class Removal:
    """One picture whose right entries were taken out of the base: what was cited before and after."""

    id: str
    removed: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    says_so: bool  # nothing cited, no cause, no fixes, and a warning that none fits

    @property
    def silent(self) -> bool:
        """Whether nothing is cited any more."""
        return not self.after


def run(
    samples: Sequence[Sample],
    diagnose: Diagnose,
    labels: Mapping[str, tuple[str, ...]] | None = None,
    progress: Callable[[], object] | None = None,
) -> list[Score]:
    """Diagnoses every sample that has fields. Seconds are wall-clock, from the file to the diagnosis.

    `labels` are right entries by the sample's id. Raises ValueError where no sample has fields.
    """
    scores = []
    for sample in samples:
        if sample.fields is not None:
            start = time.perf_counter()
            diagnosis = diagnose(sample.path)
            took = time.perf_counter() - start
            scores.append(score(sample, diagnosis, None if labels is None else labels.get(sample.id), took))
        if progress is not None:
            progress()
    if not scores:
        raise ValueError("none of the pictures has fields: a diagnosis can only be measured where the truth is known")
    return scores


def removals(
    samples: Sequence[Sample],
    scores: Sequence[Score],
    without: Without,
    progress: Callable[[], object] | None = None,
) -> list[Removal]:
    """For each picture for which a right entry was cited: the diagnosis without all of its right entries."""
    paths = {sample.id: sample.path for sample in samples}
    found = []
    for result in scores:
        if result.labels and any(entry in result.labels for entry in result.cited):
            diagnosis = without(paths[result.id], frozenset(result.labels))
            after = tuple(source.id for source in diagnosis.sources)
            told = any("no entry" in warning for warning in diagnosis.warnings)
            says_so = not after and not diagnosis.cause and not diagnosis.fixes and told
            found.append(Removal(result.id, result.labels, result.cited, after, says_so))
        if progress is not None:
            progress()
    return found


def plain_caption(weights: Path | None = None) -> Diagnose:
    """Reader and extractor alone, as `mmgpt caption` without a decoder. Raises WeightsError."""
    from mmgpt.caption import caption_image, load_extractor, load_reader

    reader, extractor = load_reader(weights=weights), load_extractor(weights)
    return lambda path: caption_image(path, reader, extractor)


def fewer_entries(base: KnowledgeBase, removed: frozenset[str]) -> KnowledgeBase:
    """The base without some of its entries."""
    from mmgpt.knowledge import KnowledgeBase

    return KnowledgeBase(entry for entry in base if entry.id not in removed)


def diagnoser_without(diagnoser: Diagnoser) -> Without:
    """Diagnoses by a diagnoser whose base lacks entries; reader and networks are not loaded again."""
    from mmgpt.diagnosis.understand import Understanding

    def diagnose(path: Path, removed: frozenset[str]) -> Diagnosis:
        whole = diagnoser.understanding
        fewer = fewer_entries(whole.base(), removed)
        other = copy.copy(diagnoser)
        other.understanding = Understanding(lambda: fewer, whole.thresholds, whole.rules)
        return other.diagnose(path)

    return diagnose
