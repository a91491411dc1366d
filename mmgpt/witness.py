"""Two answers to each field, the extractor's and the decoder's, made one: who answers is said by a policy, the other is a witness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mmgpt.extraction import Extraction, FieldValue
from mmgpt.extractor.aliases import app_key
from mmgpt.extractor.decide import THRESHOLDS
from mmgpt.schema import FIELDS

OF_ERRORS = ("message", "error_code", "category")
"""Fields that only errors have."""


def combine(extraction: Extraction, decoder: Mapping[str, FieldValue], policy: Mapping[str, str]) -> Extraction:
    """One extraction out of the extractor's and the decoder's fields. The caption stays as it was.

    `policy` names for a field who answers, "extractor" (the default) or "decoder". The other one is a witness: of confidence c of
    the answer and w of the witness, agreement makes c + (1 − c) · w/2, contradiction c · (1 − w/2) and a warning. Where the
    decoder is unsure (below the extractor's own thresholds) the extractor answers; where the extractor saw no error and there is
    one, its silence about the error's fields is no answer.
    """
    warnings = list(extraction.warnings)
    abstained: list[str] = []
    values: dict[str, FieldValue] = {}
    for name in FIELDS:
        is_error = values["is_error"] if values else None
        if name in OF_ERRORS and is_error is not None and not is_error.value:
            values[name] = FieldValue("none" if name == "category" else None, is_error.confidence)
            continue
        own = None if name in extraction.abstained else _value(extraction, name)
        if name in OF_ERRORS and not extraction.is_error.value:
            own = None
        other = _claim(name, decoder.get(name))
        chosen, witness = (other, own) if policy.get(name) == "decoder" else (own, other)
        if chosen is None and (policy.get(name) == "decoder" or name not in extraction.abstained):
            chosen, witness = witness, None
        if chosen is None:
            silent = name in OF_ERRORS and not extraction.is_error.value
            values[name] = FieldValue(None, 0.0 if silent else _value(extraction, name).confidence)
            abstained.append(name)
            continue
        alike = None if witness is None else agree(name, chosen, witness)
        values[name] = chosen if witness is None else _weighed(chosen, witness, alike)
        if alike is False:
            warnings.append(f"{name}: the decoder says {_shown(other)}, the extractor {_shown(own)}")
    message = values["message"]
    for name in ("is_error", "category"):
        if values["is_error"].value and values[name].value is not None and not values[name].lines:
            values[name] = replace(values[name], lines=message.lines, text=message.text)
    return replace(extraction, **values, abstained=tuple(abstained), warnings=tuple(warnings))  # type: ignore[arg-type]


def agree(name: str, one: FieldValue, two: FieldValue) -> bool | None:
    """Whether two values of a field say the same; None where neither that nor the contrary can be said.

    Programs by their aliases, words without blanks and case; one that holds the other (a longer message, a class with its package) is
    neither.
    """
    if not isinstance(one.value, str) or not isinstance(two.value, str):
        return one.value == two.value
    if name in ("kind", "category"):
        return one.value == two.value
    if name == "app":
        return app_key(one.value) == app_key(two.value)
    a, b = ("".join(value.split()).casefold() for value in (one.value, two.value))
    return True if a == b else None if a in b or b in a else False


def _weighed(chosen: FieldValue, witness: FieldValue, alike: bool | None) -> FieldValue:
    if alike is None:
        return chosen
    c, w = chosen.confidence, witness.confidence
    if not alike:
        return replace(chosen, confidence=c * (1 - w / 2))
    where = chosen if chosen.lines else witness  # a program that is told by its looks may yet stand somewhere
    return FieldValue(chosen.value, c + (1 - c) * w / 2, where.lines, where.text)


def _claim(name: str, value: FieldValue | None) -> FieldValue | None:
    """The decoder's value where it is one: sure enough, and possible where there is an error."""
    if value is None or value.confidence <= 0 or value.confidence < THRESHOLDS.get(name, 0.5):
        return None
    impossible = name not in ("app", "error_code") and value.value is None  # a program or a code may truly be absent
    return None if impossible or (name == "category" and value.value == "none") else value


def _value(extraction: Extraction, name: str) -> FieldValue:
    value: FieldValue = getattr(extraction, name)
    return value


def _shown(value: FieldValue | None) -> str:
    if value is None or value.value is None:
        return "none"
    if isinstance(value.value, bool):
        return "yes" if value.value else "no"
    return f"“{value.value}”"
