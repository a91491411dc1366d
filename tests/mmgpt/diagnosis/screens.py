"""Lines as a reader gives them, and fields as an extractor does, for tests of what comes behind them."""

from __future__ import annotations

from dataclasses import replace

from mmgpt.diagnosis.found import Fields
from mmgpt.extraction import FieldValue
from vision.reader.types import Character, Line

CELL, ROW = 8, 20


def screen(*texts: str, confidence: float = 0.99) -> list[Line]:
    """Lines one below the other, letters CELL pixels wide."""
    return [
        Line(
            text,
            (10, 10 + ROW * row, 10 + CELL * max(len(text), 1), 24 + ROW * row),
            confidence,
            tuple(Character(c, 10 + CELL * i, 10 + CELL * (i + 1), confidence) for i, c in enumerate(text)),
        )
        for row, text in enumerate(texts)
    ]


def error(
    message: str,
    *,
    app: str | None = None,
    code: str | None = None,
    category: str | None = "other",
    kind: str = "terminal",
    line: int = 0,
    code_line: int | None = None,
    sure: float = 0.9,
) -> Fields:
    """The fields of an error whose message is line `line`; every field has confidence `sure`."""
    where = (line,)
    made = Fields(
        is_error=FieldValue(True, sure, where, message),
        app=FieldValue(app, sure),
        kind=FieldValue(kind, sure),
        message=FieldValue(message, sure, where, message),
        error_code=FieldValue(code, sure, (line if code_line is None else code_line,) if code else (), code),
        category=FieldValue(category, sure, where, message),
    )
    return made if category is not None else replace(made, abstained=frozenset({"category"}))


def normal(sure: float = 0.9) -> Fields:
    """The fields of a screen without an error."""
    nothing = FieldValue(None, sure)
    return Fields(
        FieldValue(False, sure), nothing, FieldValue("terminal", sure), nothing, nothing, FieldValue("none", sure)
    )
