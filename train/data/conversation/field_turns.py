"""Turns that ask for one field of the diagnosis and get a bare value."""

from __future__ import annotations

from mmgpt.prompts import FIELD_PROMPTS, NONE
from train.data.conversation.families.diagnosis import NO, YES, code_place
from train.data.conversation.families.identity import app_words
from train.data.conversation.screen import Screen, Span
from train.data.conversation.turn import Turn

NAMES: tuple[str, ...] = tuple(FIELD_PROMPTS)


def field_turn(screen: Screen, name: str) -> Turn | None:
    """The turn of field `name`; None where its value cannot be pointed at, since it was lost in reading.

    Raises KeyError for a name that is no field.
    """
    question = FIELD_PROMPTS[name]
    made = _value(screen, name)
    if made is None:
        return None
    answer, key = made
    return Turn(f"field_{name}", question, answer, key, True, False, check="field", as_read=screen.say(answer))


def _value(screen: Screen, name: str) -> tuple[tuple[str | Span, ...], str] | None:
    fields = screen.fields
    if name == "is_error":
        return ((YES,), YES) if fields.is_error else ((NO,), NO)
    if name == "kind":
        return (fields.kind,), fields.kind
    if name == "category":
        return ((fields.category,), fields.category) if fields.category_known else None
    if name == "app":
        words = app_words(screen)
        return ((NONE,), NONE) if words is None else ((words,), str(fields.app))
    if name == "message":
        if not fields.is_error:
            return (NONE,), NONE
        return (screen.message_spans, screen.message_key) if screen.message_spans else None
    if fields.error_code is None:
        return (NONE,), NONE
    found = code_place(screen)
    span = screen.span(found) if found is not None else None
    return ((span,), fields.error_code) if span is not None else None
