"""From pixels to fields: read, extract, read doubtful lines again, let the decoder have its say, look for further errors."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mmgpt.diagnosis.found import Found
from mmgpt.schema import FIELDS

if TYPE_CHECKING:
    from mmgpt.answer import FieldDecoder
    from mmgpt.extraction import Extraction, Extractor
    from vision.image import LoadedImage
    from vision.reader.types import Line, PerceivedLine, TextReader

    Known = Sequence[Line | PerceivedLine]


class Clock:
    """Seconds by the name of a stage; a stage that comes again adds to its own."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Times what runs inside."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def perceive(
    loaded: LoadedImage,
    reader: TextReader,
    extractor: Extractor,
    decoder: FieldDecoder | None,
    reread_budget_ms: float,
    clock: Clock,
) -> tuple[Found, Known]:
    """What is found in a picture, and its lines with what the reader knows of their letters where a decoder wants that."""
    from mmgpt.diagnosis.several import further_errors
    from mmgpt.perception import plain_lines, read_lines

    with clock("read"):
        known: Known = reader.read(loaded.pixels) if decoder is None else read_lines(reader, loaded.pixels)
    lines, warnings = plain_lines(known), list[str]()
    with clock("extract"):
        extraction = extractor.extract(lines, loaded.pixels)
    if reread_budget_ms > 0 and lines:
        with clock("reread"):
            lines, changed = _read_again(loaded, reader, lines, extraction, reread_budget_ms, warnings)
        if changed:
            known = [line if index in changed else known[index] for index, line in enumerate(lines)]
            with clock("extract"):
                extraction = extractor.extract(lines, loaded.pixels)
    if decoder is not None:
        with clock("answer"):
            extraction = decoder.revise(extraction, known, loaded.pixels)
    with clock("extract"):
        front, others = further_errors(extractor, lines, loaded.pixels, extraction)
    return Found(lines, loaded.pixels, front, tuple(others), (*warnings, *front.warnings)), known


def _read_again(
    loaded: LoadedImage,
    reader: TextReader,
    lines: list[Line],
    extraction: Extraction,
    budget_ms: float,
    warnings: list[str],
) -> tuple[list[Line], frozenset[int]]:
    """The lines that fields rest on, and their neighbours, read again where they are doubtful; which of them changed."""
    from mmgpt.diagnosis.reread import reread

    own = {index for name in FIELDS for index in getattr(extraction, name).lines}
    near = {index + step for index in own for step in (-1, 1)} & set(range(len(lines)))
    wanted = [*sorted(own), *sorted(near - own)] or list(range(len(lines)))
    read, changed = reread(reader, loaded.pixels, lines, wanted, budget_ms, warnings)
    return list(read), frozenset(changed)
