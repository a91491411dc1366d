"""What the stages of a diagnosis hand on: the fields of one error, and all that was found in a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mmgpt.extraction import Extraction, FieldValue
from mmgpt.vocabulary import FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from vision.reader.types import Line

OF_ERRORS = ("message", "error_code", "category")
"""Fields that only errors have."""


@dataclass(frozen=True)
class Fields:
    """The fields of one error, or of a normal screen. A field in `abstained` has no value: nobody was sure enough of one.

    Fields in `fixed` are the user's own corrections: no check and no threshold touches them. `is_error.confidence` is the
    probability that its value is right, `p_error` that of an error.
    """

    is_error: FieldValue
    app: FieldValue
    kind: FieldValue
    message: FieldValue
    error_code: FieldValue
    category: FieldValue
    abstained: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    codes: tuple[FieldValue, ...] = ()
    titles: tuple[FieldValue, ...] = ()
    """All that may be the code, the likeliest first, and what looks like a window's title (see `Extraction`)."""

    @classmethod
    def of(cls, extraction: Extraction) -> Fields:
        """The fields as an extractor gives them."""
        values = {name: getattr(extraction, name) for name in FIELDS}
        return cls(
            **values, abstained=frozenset(extraction.abstained), codes=extraction.codes, titles=extraction.titles
        )

    def get(self, name: str) -> FieldValue:
        """The field called `name`."""
        value: FieldValue = getattr(self, name)
        return value

    def text(self, name: str) -> str:
        """The field's value where it is a text and known, else an empty text."""
        value = self.get(name).value
        return value if isinstance(value, str) and name not in self.abstained else ""

    @property
    def p_error(self) -> float:
        """Probability that there is an error (0..1)."""
        sure = self.is_error.confidence
        return sure if self.is_error.value else 1 - sure

    def changed(self, name: str, value: FieldValue) -> Fields:
        """The fields with another value of one of them, which is then no longer abstained; a fixed field stays."""
        if name in self.fixed:
            return self
        return replace(replace(self, **{name: value}), abstained=self.abstained - {name})  # type: ignore[arg-type]

    def surer(self, name: str, confidence: float) -> Fields:
        """The fields with another confidence of one of them, held within 0..1; a fixed field keeps its own."""
        if name in self.fixed:
            return self
        value = replace(self.get(name), confidence=min(max(confidence, 0.0), 1.0))
        return replace(self, **{name: value})  # type: ignore[arg-type]

    def without(self, name: str, confidence: float | None = None) -> Fields:
        """The fields with one of them left out, because nobody is sure of it; a fixed field stays."""
        if name in self.fixed:
            return self
        kept = self.get(name).confidence if confidence is None else confidence
        empty = replace(self, **{name: FieldValue(None, kept)})  # type: ignore[arg-type]
        return replace(empty, abstained=self.abstained | {name})


@dataclass(frozen=True)
class Found:
    """What was found in a picture (`image`, RGB uint8 [H, W, 3]): its lines, the front error, the others, what to warn of."""

    lines: Sequence[Line]
    image: np.ndarray
    front: Extraction
    further: tuple[Extraction, ...] = ()
    warnings: tuple[str, ...] = ()
