"""Which code is the error's: of what the extractor takes for one, and of what it passes over, by the forms in which programs write codes.

Three rules. Anybody can write a sentence with a code into a picture, so that a code in one that stands apart from the message, and that
no entry knows, is left out. Of two names of one error that stand together the more specific one is the code (ERROR 1045 (28000);
`jinja2.exceptions.TemplateNotFound` over its last part). And where the extractor sees none, though one stands where only codes do
(an exception's class before the message's colon or in brackets at its end, a number behind the word "error"), it is taken if the
extractor half believes in it or if it stands in the message itself, and makes "none" less sure if not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mmgpt.diagnosis.found import Fields
from mmgpt.extraction import FieldValue
from mmgpt.knowledge.fold import code_key, is_telling, squeezed

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from vision.reader.types import Line

MOST_SURE_NONE = 0.6
"""How sure "no code" may be where something has the form of one."""
TAKEN = 0.7
"""How sure a code is that only its form speaks for, in the message itself."""
UNLABELLED = 0.5
"""What the confidence of a number of one or two digits is worth that does not stand where codes do: such numbers are everywhere."""
HALF = 0.3
"""From this probability on, a number with the form of a code is taken though "none" is a little likelier."""

_CLASS = re.compile(r"(?:Exception|Error|Warning)$")
_LABEL_WORDS = 3  # beside a code: more is a sentence
_NEAR = 6  # lines around the message in which a number may be its code
_ENHANCED = re.compile(r"^[245]\d\d[ -]([245]\.\d{1,3}\.\d{1,3})(?!\S)")  # RFC 3463, behind the reply of RFC 5321
_ONES_NAME = re.compile(
    r"^(?P<first>(?:[A-Za-z_]\w*(?:\.|::|\\))*[A-Z]\w*(?:Error|Exception))(?::\s|$)|\((?P<last>[A-Z]\w*(?:Error|Exception))\)$"
)


def code_of(fields: Fields, known: AbstractSet[str], lines: Sequence[Line], warnings: list[str]) -> Fields:
    """The fields with the code that the rules leave, take or make more specific; `known` are the codes of entries, by `code_key`.

    What is told of it is added to `warnings`. A code that the user has corrected stays.
    """
    if "error_code" in fields.fixed or not fields.is_error.value:
        return fields
    fields = _borne_out(fields, known, lines, warnings)
    if not fields.text("error_code"):
        return _witnessed(fields, lines)
    fields = _specific(fields, lines)
    value, code = fields.error_code, fields.text("error_code")
    if re.fullmatch(r"\d{1,2}", code) and not _labelled(code, value, fields, lines):  # "index out of range [5]"
        left = UNLABELLED * value.confidence
        none = 1 - sum(other.confidence for other in fields.codes) + left
        if none > left:
            return fields.changed("error_code", FieldValue(None, min(max(none, 0.5), MOST_SURE_NONE)))
        return fields.surer("error_code", left)
    return fields


def _borne_out(fields: Fields, known: AbstractSet[str], lines: Sequence[Line], warnings: list[str]) -> Fields:
    """The fields without a code, an identifier, that only a sentence apart from the message claims, and that no entry knows.

    What is left of the candidates, and that there is none, share its probability; but then "none" is never sure.
    """
    message, code = squeezed(fields.text("message")), fields.text("error_code")

    def stands(value: FieldValue) -> bool:
        text = str(value.value)
        if squeezed(text) in message or code_key(text) in known:
            return True
        # a number or a class in a dialog's second sentence is what programs write
        if not is_telling(text) or _CLASS.search(text):
            return True
        own = [lines[index].text for index in value.lines if index < len(lines)]
        bracketed = re.compile(rf"\((?:[\w:#]+ ){{0,2}}{re.escape(text)}\)")
        return not own or any(
            len(line.replace(text, " ").split()) <= _LABEL_WORDS or bracketed.search(line) for line in own
        )

    if not code or not fields.codes:
        return fields
    kept = [value for value in fields.codes if stands(value)]
    if len(kept) == len(fields.codes):
        return fields
    none = max(1 - sum(value.confidence for value in fields.codes), 0.0)
    left = none + sum(value.confidence for value in kept)
    taken = stands(fields.error_code)
    if not taken:
        warnings.append("a code in a sentence apart from the message is not taken for the error's: no entry knows it")
    if kept and (taken or kept[0].confidence > none):
        best = fields.error_code if taken else kept[0]
        return fields.changed("error_code", replace(best, confidence=best.confidence / left))
    return fields.changed("error_code", FieldValue(None, min(none / left, MOST_SURE_NONE) if left > 0 else 0.5))


def _specific(fields: Fields, lines: Sequence[Line]) -> Fields:
    """The SQLSTATE in brackets behind a number; a class with its package, where both are candidates."""
    value, code = fields.error_code, fields.text("error_code")
    for index in value.lines:
        text = lines[index].text if index < len(lines) else ""
        state = re.search(rf"(?<!\w){re.escape(code)} ?\(([0-9A-Z]{{5}})\)", text) if code.isdigit() else None
        if state is not None and re.search(r"\d", state[1]):
            known = state[1].replace("O", "0")  # no class of SQLSTATE has the letter
            return fields.changed("error_code", replace(value, value=known, text=state[1]))
    if not re.fullmatch(r"[A-Za-z_]\w*", code):
        return fields
    longer = re.compile(rf"(?:[A-Za-z_]\w*(?:\.|::|\\))+{re.escape(code)}")
    for other in fields.codes:
        # as it stands in the message, or where the message has no class at all
        if longer.fullmatch(str(other.value)) and (str(other.value) in fields.text("message")):
            return fields.changed("error_code", replace(other, confidence=max(value.confidence, other.confidence)))
    return fields


def _witnessed(fields: Fields, lines: Sequence[Line]) -> Fields:
    """Where there is no code: one that has a code's form and place."""
    none, message = fields.error_code, fields.text("message")
    if not message or "error_code" in fields.abstained:
        return fields
    enhanced = _ENHANCED.match(message)
    if enhanced is not None:
        value = FieldValue(enhanced[1], TAKEN, fields.message.lines, enhanced[1])
        return fields.changed("error_code", value)
    named = _ONES_NAME.search(message.strip())
    name = (named["first"] or named["last"]) if named is not None else ""
    for value in fields.codes:
        if name and value.value == name:
            return fields.changed("error_code", replace(value, confidence=max(value.confidence, TAKEN)))
    doubted = False
    for value in fields.codes:
        if not _labelled(str(value.value), value, fields, lines):
            continue
        if value.confidence >= HALF:
            return fields.changed("error_code", value)
        doubted = True
    if doubted:
        return fields.surer("error_code", min(none.confidence, MOST_SURE_NONE))
    return fields


def _labelled(code: str, value: FieldValue, fields: Fields, lines: Sequence[Line]) -> bool:
    """Whether a candidate stands where codes do: behind the word "error" or "code", alone in brackets, or is a class before a colon."""
    form = re.compile(
        rf"(?i:\b(?:error|errno|code|status)\b)[\s:#=]{{0,2}}\(?{re.escape(code)}(?![\w])|\({re.escape(code)}(?:\)(?:[.:]?$| [A-Z])|: )"
        rf"|^\(?{re.escape(code)}\)?$|^{re.escape(code)}: "
    )
    near = [abs(mine - theirs) for mine in value.lines for theirs in fields.message.lines]
    return (not near or min(near) <= _NEAR) and any(
        form.search(lines[index].text) for index in value.lines if index < len(lines)
    )
