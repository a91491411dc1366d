"""Two errors at once: a dialog over a terminal that failed too, two windows, two toasts. The front one comes first.

Each window is shown to the extractor alone. Rows of one window are one subject: whatever else stands in it is not another error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mmgpt.diagnosis.regions import Layout, Region, find_regions
from mmgpt.extraction import Extraction, Extractor, FieldValue
from mmgpt.vocabulary import FIELDS

if TYPE_CHECKING:
    import numpy as np

    from vision.reader.types import Line

SURE = 0.8  # a window alone is another error from this probability on
SURE_MESSAGE = 0.5  # and when its message is pointed at with this confidence
MOST_REGIONS = 6  # windows that are looked at, the largest first
MOST_ERRORS = 3
LEAST_WORDS, LEAST_LETTERS = 2, 10  # of a message that can be another error
LEAST_TITLE = 3  # letters of a line that is a title or a button, and no small picture taken for a letter


@dataclass(frozen=True)
class _Seen:
    """A window and what the extractor says of it alone; line numbers are those of the whole picture."""

    region: Region
    extraction: Extraction


def further_errors(
    extractor: Extractor, lines: Sequence[Line], image: np.ndarray, extraction: Extraction
) -> tuple[Extraction, list[Extraction]]:
    """The front error of a picture (RGB uint8 [H, W, 3]), and the other ones, the nearer to the front first.

    `extraction` is what the extractor says of the whole picture. It is given back as it is, with no others, where it says that
    nothing is wrong and where no two windows have an error each.
    """
    if not extraction.is_error.value or len(lines) < 2:
        return extraction, []
    layout = find_regions(image, lines)
    if len(layout.regions) < 2:
        return extraction, []
    seen = [_alone(extractor, region, lines, image) for region in layout.regions[:MOST_REGIONS]]
    return _chosen([entry for entry in seen if entry is not None], layout, extraction, lines)


def _chosen(
    seen: list[_Seen], layout: Layout, whole: Extraction, lines: Sequence[Line]
) -> tuple[Extraction, list[Extraction]]:
    """The errors among the windows, sorted; only the picture as a whole where there are not two."""
    pointed = set(whole.message.lines)
    errors = [entry for entry in seen if _is_error(entry.extraction, bool(pointed & set(entry.region.lines)))]
    errors = _apart(errors)
    if len(errors) < 2 or not any(pointed & set(entry.region.lines) for entry in errors):
        return whole, []  # windows that leave the picture's own message out have been cut wrongly
    windows = [entry for entry in errors if _is_window(entry, lines)]
    if not windows:
        return whole, []
    ordered = _from_the_front(windows, layout, whole)[:MOST_ERRORS]
    return ordered[0].extraction, [entry.extraction for entry in ordered[1:]]


def _alone(extractor: Extractor, region: Region, lines: Sequence[Line], image: np.ndarray) -> _Seen | None:
    """What the extractor says of one window, cut out of the picture."""
    x0, y0 = max(0, region.box[0] - 2), max(0, region.box[1] - 2)
    x1, y1 = min(image.shape[1], region.box[2] + 2), min(image.shape[0], region.box[3] + 2)
    if x1 - x0 < 8 or y1 - y0 < 8:
        return None
    moved = []
    for index in region.lines:
        line = lines[index]
        a, b, c, d = line.box
        box = (max(a - x0, 0), max(b - y0, 0), min(c, x1) - x0, min(d, y1) - y0)
        moved.append(replace(line, box=box, characters=(), metrics=None))
    found = extractor.extract(moved, image[y0:y1, x0:x1])
    return _Seen(region, _numbered(found, region.lines))


def _numbered(found: Extraction, numbers: tuple[int, ...]) -> Extraction:
    """The same with the line numbers of the whole picture."""
    values: dict[str, Any] = {}
    for name in FIELDS:
        value: FieldValue = getattr(found, name)
        values[name] = replace(value, lines=tuple(numbers[index] for index in value.lines))

    def moved(entries: tuple[FieldValue, ...]) -> tuple[FieldValue, ...]:
        return tuple(replace(entry, lines=tuple(numbers[index] for index in entry.lines)) for entry in entries)

    return replace(found, **values, codes=moved(found.codes), titles=moved(found.titles))


def _is_error(found: Extraction, pointed: bool) -> bool:
    """Whether this is surely an error with a message of its own. `pointed`: the whole picture's message stands in this window."""
    message = found.message.value
    return (
        found.is_error.value is True
        and found.is_error.confidence >= (0.5 if pointed else SURE)
        and isinstance(message, str)
        and found.message.confidence >= SURE_MESSAGE
        and len(message.split()) >= LEAST_WORDS
        and sum(letter.isalpha() for letter in message) >= LEAST_LETTERS
    )


def _is_window(entry: _Seen, lines: Sequence[Line]) -> bool:
    """Whether there is more in the region than a sentence, as in a window with its title or button: a note on the screen is no error."""
    others = set(entry.region.lines) - set(entry.extraction.message.lines)
    texts = (lines[index].text.strip() for index in others)
    return any(sum(map(str.isalpha, text)) >= LEAST_TITLE or text.upper() == "OK" for text in texts)


def _apart(errors: list[_Seen]) -> list[_Seen]:
    """The errors that are not said twice: of two with the same words the one that is surer of them stays."""
    kept: list[_Seen] = []
    for entry in sorted(errors, key=lambda e: -e.extraction.message.confidence):
        if not any(_same(entry.extraction, other.extraction) for other in kept):
            kept.append(entry)
    return kept


def _same(one: Extraction, two: Extraction) -> bool:
    """Whether two messages are one: most words of the shorter one stand in the other, or both name one code."""
    if one.error_code.value is not None and one.error_code.value == two.error_code.value:
        return True
    a, b = (set(str(found.message.value).casefold().split()) for found in (one, two))
    shorter = min(len(a), len(b))
    return len(a & b) >= 0.9 * shorter


def _from_the_front(errors: list[_Seen], layout: Layout, whole: Extraction) -> list[_Seen]:
    """Sorted: what covers another comes before it; then dialogs, what the picture's own message stands in, the smaller window."""
    pointed = set(whole.message.lines)

    def rank(entry: _Seen) -> tuple[int, bool, bool, int]:
        covered = sum(layout.covers(other.region, entry.region) is True for other in errors if other is not entry)
        is_dialog = entry.extraction.kind.value == "desktop_dialog"
        return covered, not is_dialog, not pointed & set(entry.region.lines), entry.region.area

    return sorted(errors, key=rank)
