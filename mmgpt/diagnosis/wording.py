"""The sentences of a diagnosis: the caption, made of the fields as they are answered in the end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mmgpt.extractor.compose import Seen, caption_of

if TYPE_CHECKING:
    import numpy as np

    from mmgpt.diagnosis.found import Fields
    from mmgpt.extraction import Extraction

_QUOTED = re.compile("“([^“”]*)”")
_LONGEST = 240
_PLACES = {
    "browser": "A browser's page", "web_page": "A web page", "terminal": "A terminal", "desktop_dialog": "A dialog",
    "ide_editor": "An editor window", "desktop_app": "A program window",
}  # fmt: skip


def caption(before: Extraction, fields: Fields, image: np.ndarray, lines: int) -> str:
    """The extractor's caption where its fields were kept, else one of the fields as they are; `image` RGB uint8 [H, W, 3]."""
    names = ("is_error", "app", "kind", "message", "error_code")
    if all(before_value(before, name) == fields.get(name).value for name in names):
        return before.caption
    if fields.is_error.value is None:
        return _open(fields)
    quoted = _QUOTED.search(before.caption) if not before.is_error.value else None
    headline = quoted.group(1) if quoted else None
    terminal = fields.text("kind") == "terminal"
    return caption_of(
        Seen(
            is_error=bool(fields.is_error.value),
            kind=fields.text("kind") or "other",
            app=fields.text("app") or None,
            message=fields.text("message") or None,
            code=fields.text("error_code") or None,
            luma=_luma(image),
            headline=None if terminal else headline,
            command=headline if terminal else None,
            lines=lines,
        )
    )


def before_value(extraction: Extraction, name: str) -> str | bool | None:
    """An extraction's field, None where it abstained."""
    value: str | bool | None = getattr(extraction, name).value
    return None if name in extraction.abstained else value


def _open(fields: Fields) -> str:
    place = _PLACES.get(fields.text("kind"), "A picture")
    app, message = fields.text("app"), fields.text("message")
    of = f" of {app}" if app else ""
    if len(message) > _LONGEST:
        message = message[: _LONGEST - 1].rstrip() + "…"
    said = f" with the line “{message}”" if message else ""
    return f"{place}{of}{said}; whether it shows an error could not be told with certainty."


def _luma(image: np.ndarray) -> float:
    from mmgpt.extractor.page import common_colour

    red, green, blue = common_colour(image)
    return 0.299 * red + 0.587 * green + 0.114 * blue
