"""An extraction with its corrected fields: each with the words in the picture that it rests on, where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mmgpt.corrections.places import Page
from mmgpt.corrections.rule import Rule
from mmgpt.extraction import Extraction, FieldValue
from mmgpt.extractor.aliases import canonical
from mmgpt.vocabulary import FIELDS

if TYPE_CHECKING:
    from vision.reader.types import Line


def settled(
    extraction: Extraction, page: Page, owner: dict[str, Rule], sha256: str | None
) -> tuple[Extraction, set[str]]:
    """The extraction with every owned field, and the fields that could be set."""
    kept = {name for name in owner if name not in FIELDS}
    made: dict[str, FieldValue] = {}
    abstained = list(extraction.abstained)
    near = extraction.message.lines
    for name in FIELDS:  # is_error, app, kind come before message: evidence falls back on what is there
        if name not in owner:
            continue
        rule = owner[name]
        value = _field(name, rule, getattr(extraction, name), page, near, sha256)
        if value is None:
            continue
        made[name] = value
        kept.add(name)
        if name == "message" and value.lines:
            near = value.lines
        unsure = value.value is None and name in ("is_error", "kind", "category")
        abstained = [other for other in abstained if other != name] + ([name] if unsure else [])
    result = replace(extraction, abstained=tuple(abstained), **made)  # type: ignore[arg-type]  # fields are FieldValues
    if result.is_error.value is True and result.category.value == "none":  # an error that nobody named a category for
        result = replace(
            result, category=FieldValue(None, 0.0), abstained=tuple(dict.fromkeys((*abstained, "category")))
        )
    return (replace(result, caption=_caption(result, extraction, page.lines)) if made else result), kept


def _field(
    name: str, rule: Rule, before: FieldValue, page: Page, near: Sequence[int], sha256: str | None
) -> FieldValue | None:
    """The corrected field; None where its words are those of another picture and stand nowhere in this one."""
    right = rule.changes[name].right
    if right is None:
        return FieldValue(None, 0.0 if name in ("is_error", "kind", "category") else 1.0)
    if isinstance(right, bool) or name in ("kind", "category"):
        return FieldValue(right if isinstance(right, bool) else str(right), 1.0, before.lines, before.text)
    text = str(right)
    if name == "app":
        place = page.find_text(text)
        text = canonical(text)
    elif name == "error_code":
        place = page.find_text(text, near)
        text = place.text if place is not None else text
    else:
        key = rule.said
        place = page.find_message(text, near) if not rule.masked else None
        if place is None and key is not None:
            place = page.find_rows(key.fits, key.beginning, near)
        if place is not None:
            return FieldValue(place.text, 1.0, place.lines, place.text)
        if rule.masked or (key is not None and key.slots is not None and sha256 != rule.sha256):
            return None  # masked words are nobody's message, and another picture's port is not this one's
    return FieldValue(text, 1.0) if place is None else FieldValue(text, 1.0, place.lines, place.text)


def _caption(result: Extraction, before: Extraction, lines: Sequence[Line]) -> str:
    """The caption anew, since it names fields. Whether the screen is light or dark is as it was."""
    from mmgpt.extractor.compose import Seen, caption_of

    head = before.caption.split("“")[0]
    luma = 0.9 if "light " in head else 0.1 if "dark " in head else 0.5

    def words(value: FieldValue, name: str) -> str | None:
        return value.value if isinstance(value.value, str) and name not in result.abstained else None

    return caption_of(
        Seen(
            is_error=result.is_error.value is True,
            kind=words(result.kind, "kind") or "other",
            app=words(result.app, "app"),
            message=words(result.message, "message"),
            code=words(result.error_code, "error_code"),
            luma=luma,
            headline=" ".join(lines[0].text.split()) if lines else None,
            command=None,
            lines=len(lines),
        )
    )
