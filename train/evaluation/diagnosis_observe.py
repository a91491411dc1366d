"""What the stages of a diagnosis make of pictures whose truth is known, before and after confidences are calibrated.

A picture is read once; what follows from its lines is worked out again for each set of thresholds.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.data.shards import read_shard
from train.evaluation.fields import score_fields
from train.evaluation.samples import Sample, SampleError, load_samples

if TYPE_CHECKING:
    from mmgpt.diagnosis import Diagnoser, Thresholds
    from mmgpt.diagnosis.found import Fields
    from mmgpt.extraction import Extraction
    from mmgpt.knowledge import Hit, KnowledgeBase
    from vision.reader.types import Line


@dataclass(frozen=True)
class Perceived:
    """One picture as it was read: its lines, the front error, and whether it is a real capture."""

    sample: Sample
    lines: tuple[Line, ...]
    front: Extraction
    real: bool


@dataclass(frozen=True)
class Observation:
    """One picture under some thresholds. `p_error` is the raw probability of an error; `fields` has, for what is answered, its
    confidence and whether it is right; `entry` the best entry's id and score, None where none was looked up."""

    id: str
    real: bool
    is_error: bool
    p_error: float
    called: bool | None
    fields: Mapping[str, tuple[float, bool, bool]]
    entry: tuple[str, float] | None


def perceive_all(
    diagnoser: Diagnoser, samples: Iterable[tuple[Sample, bool]], progress: Callable[[], object] | None = None
) -> list[Perceived]:
    """Reads all pictures that have fields; the flag beside a sample says whether it is a real capture."""
    from mmgpt.diagnosis.perceive import Clock, perceive
    from vision.image import load_image

    found = []
    for sample, real in samples:
        if sample.fields is not None:
            reader, extractor, decoder = diagnoser.reader, diagnoser.extractor, diagnoser.decoder
            loaded = load_image(sample.path)
            seen, _ = perceive(loaded, reader, extractor, decoder, diagnoser.reread_budget_ms, Clock())
            found.append(Perceived(sample, tuple(seen.lines), seen.front, real))
        if progress is not None:
            progress()
    return found


def observe(diagnoser: Diagnoser, perceived: Sequence[Perceived], thresholds: Thresholds) -> list[Observation]:
    """What is answered under `thresholds`."""
    from mmgpt.diagnosis.found import OF_ERRORS, Fields
    from mmgpt.diagnosis.understand import Understanding

    base = remembering(diagnoser.understanding.base())
    understanding = Understanding(lambda: base, thresholds)
    found = []
    for one in perceived:
        understood = understanding.understand(one.front, one.lines)
        fields = understood.fields
        answers: dict[str, tuple[float, bool, bool]] = {}
        scores = score_fields(one.sample, one.lines, _as_extraction(fields, one.front))
        assert scores is not None and one.sample.fields is not None
        for result in scores.results:
            if result.field == "category" and not one.sample.fields.get("category_known", True):
                continue  # a page may show an error whose category its maker did not know
            silent = result.field in OF_ERRORS and fields.is_error.value is not True
            if result.field not in fields.abstained and not silent:
                answers[result.field] = (result.confidence, result.right, result.value is not None)
        sources = understood.citation.sources
        found.append(
            Observation(
                one.sample.id,
                one.real,
                bool(one.sample.fields["is_error"]),
                Fields.of(one.front).p_error,
                None if "is_error" in fields.abstained else bool(fields.is_error.value),
                answers,
                (sources[0].id, sources[0].score) if sources else None,
            )
        )
    return found


@lru_cache(maxsize=1)
def remembering(base: KnowledgeBase) -> KnowledgeBase:
    """The base, whose searches are kept: the same pictures are understood under several thresholds, and searching takes longest."""
    from mmgpt.knowledge import KnowledgeBase

    kept: dict[object, list[Hit]] = {}

    class Remembering(KnowledgeBase):
        def search(self, query: str, **more: Any) -> list[Hit]:
            key = (query, tuple(sorted(more.items(), key=lambda item: item[0])))
            if key not in kept:
                kept[key] = super().search(query, **more)
            return kept[key]

    return Remembering(base)


def _as_extraction(fields: Fields, front: Extraction) -> Extraction:
    return replace(
        front,
        is_error=fields.is_error,
        app=fields.app,
        kind=fields.kind,
        message=fields.message,
        error_code=fields.error_code,
        category=fields.category,
        abstained=tuple(fields.abstained),
    )


@contextmanager
def samples_of(folders: Sequence[Path]) -> Iterator[list[Sample]]:
    """The samples of folders of `<id>.png` + `<id>.json`, or of shards of such, which are unpacked for as long as they are used.

    Raises SampleError where a folder has neither.
    """
    with tempfile.TemporaryDirectory(prefix="mmgpt-samples-") as temporary:
        found: list[Sample] = []
        for number, folder in enumerate(folders):
            shards = sorted(folder.glob("shard-*.tar"))
            place = folder
            if shards:
                place = Path(temporary) / str(number)
                for shard in shards:
                    _unpack(shard, place)
            found += load_samples(place)
        yield found


def _unpack(shard: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for sample in read_shard(shard):
            name = f"{shard.stem}-{sample.key}"
            (folder / f"{name}.png").write_bytes(sample.png)
            (folder / f"{name}.json").write_text(json.dumps({**sample.record, "image": f"{name}.png"}), "utf-8")
    except (OSError, tarfile.TarError) as error:
        raise SampleError(f"{shard}: cannot be read ({error}) - make it again") from error
