"""Where a field stands in the picture: its words, the box around them, how surely they were read, and which letters are doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmgpt.caption import words_box
from mmgpt.diagnosis.found import Fields
from mmgpt.diagnosis.marks import doubtful
from mmgpt.extractor.aliases import app_key
from mmgpt.knowledge.products import named_in
from mmgpt.schema import FIELDS, Evidence, around, clip, unit

if TYPE_CHECKING:
    from vision.image import LoadedImage
    from vision.reader.types import Line


def evidence_of(fields: Fields, lines: Sequence[Line], loaded: LoadedImage) -> list[Evidence]:
    """One entry for each field that has a value, as far as any line supports it.

    A field without words of its own rests on the message, without a message on the title: that is what tells the kind of a screen, and
    that it is an error or none.
    """
    found = []
    title = title_line(lines)
    for name in FIELDS:
        field = fields.get(name)
        if field.value is None or name in fields.abstained or (name == "category" and field.value == "none"):
            continue
        own = [index for index in field.lines if index < len(lines)]
        text = field.text if own else None
        if not own and name == "app":
            own = _naming(str(field.value), lines)
        if not own and name in ("message", "error_code"):
            continue  # a correction of the user's: it stands nowhere, and no other words support it
        if not own and fields.message.value is not None:
            own, text = [index for index in fields.message.lines if index < len(lines)], fields.message.text
        if not own and title is not None:
            own, text = [title], None
        if own:
            found.append(_evidence(name, text, [lines[index] for index in own], loaded))
    return found


def title_line(lines: Sequence[Line]) -> int | None:
    """The line that is most like a title: the highest letters, the uppermost of them; None where there is no text."""
    real = [index for index, line in enumerate(lines) if sum(map(str.isalpha, line.text)) >= 3]
    if not real:
        return 0 if lines else None
    return max(real, key=lambda i: (round(_height(lines[i]) / 3), -lines[i].box[1], -lines[i].box[0]))


def _height(line: Line) -> float:
    return line.metrics[1] - line.metrics[0] if line.metrics else line.box[3] - line.box[1]


def _naming(app: str, lines: Sequence[Line]) -> list[int]:
    """The first line that names a program, by its name or an alias."""
    key = app_key(app)
    for index, line in enumerate(lines):
        if named_in([line.text], [app]) or any(app_key(word.strip(".,:;()[]")) == key for word in line.text.split()):
            return [index]
    return []


def _evidence(name: str, text: str | None, own: Sequence[Line], loaded: LoadedImage) -> Evidence:
    boxes = [words_box(own[0], text) if len(own) == 1 and text else line.box for line in own]
    shown = text or " ".join(line.text for line in own)
    return Evidence.model_validate(
        {
            "field": name,
            "text": shown,
            "box": clip(around(boxes), loaded.width, loaded.height),
            "confidence": unit(min(line.confidence for line in own)),
            "doubtful": [(int(start), int(end)) for start, end in doubtful(own, shown)],
        }
    )
