"""What an extractor says about a picture: its fields, each with a confidence and the lines that support it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    from vision.reader.types import Line


@dataclass(frozen=True)
class FieldValue:
    """One field: its value, how sure the extractor is (0..1), and its evidence.

    `lines` are indices into the list of lines that was given to the extractor; `text` is the evidence as it stands in
    the picture (a part of a line, or several lines joined), None where the field has no words of its own.
    """

    value: str | bool | None
    confidence: float
    lines: tuple[int, ...] = ()
    text: str | None = None


@dataclass(frozen=True)
class Extraction:
    """All fields of one picture and the caption composed from them.

    `abstained` names the fields that were left empty because the extractor was not sure enough. `codes` are all that may be the
    error's code, the likeliest first, with their probabilities; what these lack of 1 is that there is none.
    `titles` are the lines that look like titles of windows, downwards.
    """

    is_error: FieldValue
    app: FieldValue
    kind: FieldValue
    message: FieldValue
    error_code: FieldValue
    category: FieldValue
    caption: str
    abstained: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    codes: tuple[FieldValue, ...] = ()
    titles: tuple[FieldValue, ...] = ()


class Extractor(Protocol):
    """Anything that turns lines into fields. It works with the lines of any reader."""

    def extract(self, lines: list[Line], image: np.ndarray) -> Extraction:
        """Lines in reading order and their picture (RGB uint8 [H, W, 3]) -> fields and a caption."""
        ...
