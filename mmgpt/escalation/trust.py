"""How far an engine is believed: what it quotes must stand in the picture, what the own model is sure of stays, and what it
adds of its own is marked as its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mmgpt.escalation.errors import EscalationError
from mmgpt.escalation.matching import Place, alike, find, find_word
from mmgpt.escalation.reasons import is_open
from mmgpt.escalation.reply import Reply
from mmgpt.escalation.words import cleaned, unread_codes, without_links
from mmgpt.schema import Diagnosis, Evidence, FieldName, Source, around, unit
from mmgpt.vocabulary import FIELDS

MOST_CONFIDENCE = 0.9
"""What an engine says of its own sureness is measured by nobody here; its fields never seem surer than this."""
LEAST_CONFIDENCE = 0.5
"""An engine that says it is less sure than this adds nothing."""
SURE_LINE = 0.9
"""Lines that were read at least this surely keep their spelling where an engine's differs in letters that look alike."""
LARGEST_DIFFERENCE = 0.15
"""Share of a message's letters that may differ from what was read: a reader at its worst, not another sentence."""
MOST_MESSAGE_LINES = 8
_SHORTEST_MESSAGE, _SHORTEST_EDITED, _SHORTEST_EDITED_CODE = 4, 8, 10


@dataclass(frozen=True)
class Sent:
    """What an engine was given to judge by: for each line its text as sent (masked), its box, and how surely it was read."""

    texts: Sequence[str]
    boxes: Sequence[tuple[int, int, int, int]]
    confidences: Sequence[float]


@dataclass
class Judgement:
    """What is taken of an answer: new values by name, where they stand, what was left out and why, which values it confirms."""

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[FieldName, Place] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    sources: list[Source] | None = None
    agreed: set[str] = field(default_factory=set)


def judge(reply: Reply, diagnosis: Diagnosis, sent: Sent, below: float, source: Source) -> Judgement:
    """What of an answer is to be believed. `source` is cited for cause and fixes of the engine.

    Raises EscalationError where nothing is: the engine is unsure itself, or denies what was read surely.
    """
    if reply.confidence < LEAST_CONFIDENCE:
        raise EscalationError(f"the engine is not sure itself ({reply.confidence:.2f})")
    # what the own model is surer of than the engine says it is stays, however much is asked about
    below = min(below, reply.confidence, MOST_CONFIDENCE)
    judgement = Judgement()
    if is_open(diagnosis, "is_error", below):
        if reply.is_error is not diagnosis.is_error:
            judgement.values["is_error"] = reply.is_error
    elif reply.is_error is not diagnosis.is_error:
        raise EscalationError(
            "the engine and the own model differ on whether it is an error, and the own model is sure"
        )
    if reply.kind is not None and is_open(diagnosis, "kind", below):
        judgement.values["kind"] = reply.kind
    _judge_app(reply, diagnosis, below, judgement)
    if reply.is_error:
        _judge_message(reply, diagnosis, sent, below, judgement)
        _judge_code(reply, diagnosis, sent, below, judgement)
        if is_open(diagnosis, "category", below) and reply.category not in (None, "none"):
            judgement.values["category"] = reply.category
        _judge_advice(reply, diagnosis, sent, source, judgement)
    else:
        no_error: dict[str, Any] = {
            "message": None,
            "error_code": None,
            "category": "none",
            "cause": None,
            "fixes": [],
            "further": [],
        }
        judgement.values |= {name: value for name, value in no_error.items() if getattr(diagnosis, name) != value}
        judgement.sources = []
    _judge_answer(reply, diagnosis, sent, judgement)
    judgement.agreed = {name for name, value in judgement.values.items() if value == getattr(diagnosis, name)}
    judgement.values = {name: value for name, value in judgement.values.items() if name not in judgement.agreed}
    judgement.places = {name: place for name, place in judgement.places.items() if name in judgement.values}
    return judgement


def merged(diagnosis: Diagnosis, judgement: Judgement, reply: Reply, sent: Sent) -> Diagnosis:
    """The diagnosis with what was taken of an answer."""
    value = diagnosis.model_dump(by_alias=True) | judgement.values
    taken = [name for name in FIELDS if name in judgement.values]
    kept = [e for e in diagnosis.evidence if e.field not in taken or _supports(e, judgement.values[e.field])]
    kept += [_evidence(name, place, sent) for name, place in judgement.places.items()]
    value["evidence"] = [e.to_dict() for e in sorted(kept, key=lambda e: FIELDS.index(e.field))]
    known = {*taken, "message", "error_code"} if judgement.values.get("is_error") is False else set(taken)
    value["abstained"] = [name for name in diagnosis.abstained if name not in known]
    own = min(reply.confidence, MOST_CONFIDENCE)
    likeness = {name: place.likeness for name, place in judgement.places.items()}
    confidence = diagnosis.confidence | {name: unit(own * likeness.get(name, 1.0)) for name in taken}
    agreed = [name for name in FIELDS if name in judgement.agreed]
    value["confidence"] = confidence | {name: unit(max(own, confidence.get(name, 0.0))) for name in agreed}
    if judgement.sources is not None:
        value["sources"] = [source.to_dict() for source in judgement.sources]
    if {"is_error", "app", "kind", "message", "error_code"} & set(taken):
        value["caption"] = _caption(value)
    value["warnings"] = [*diagnosis.warnings, *judgement.notes]
    return Diagnosis.model_validate(value)


def _judge_app(reply: Reply, diagnosis: Diagnosis, below: float, judgement: Judgement) -> None:
    from mmgpt.extractor.aliases import canonical

    if reply.app is None or not (is_open(diagnosis, "app", below) or (diagnosis.app is None and reply.is_error)):
        return
    name = cleaned(without_links(reply.app), 60)
    if name != reply.app or not any(letter.isalnum() for letter in name):
        judgement.notes.append("the bigger model's program is no name of one and was left out")
        return
    judgement.values["app"] = canonical(name)


def _judge_message(reply: Reply, diagnosis: Diagnosis, sent: Sent, below: float, judgement: Judgement) -> None:
    if reply.message is None or not (is_open(diagnosis, "message", below) or diagnosis.message is None):
        return
    place = find(reply.message, sent.texts)
    if place is None or not _close(reply.message, place):
        judgement.notes.append("the bigger model's error line does not stand in the picture and was left out")
        return
    # what is only near is shown as it was read: the words of a message are always words of the picture
    judgement.values["message"] = _spelling(reply.message, place, sent) if place.alike else place.text
    judgement.places["message"] = place


def _judge_code(reply: Reply, diagnosis: Diagnosis, sent: Sent, below: float, judgement: Judgement) -> None:
    code = reply.error_code
    if code is None or not is_open(diagnosis, "error_code", below):
        return
    if " " in code or (code.isalpha() and code.islower()):
        judgement.notes.append("the bigger model's error code is a phrase and was left out")
        return
    place = find_word(code, sent.texts) or _nearly(code, sent)
    if place is None:
        judgement.notes.append("the bigger model's error code does not stand in the picture and was left out")
        return
    # a reader may be sure of an o between digits; in a number there is none
    judgement.values["error_code"] = code if code.isdigit() else _spelling(code, place, sent)
    judgement.places["error_code"] = place


def _nearly(code: str, sent: Sent) -> Place | None:
    """A long code that was read with one wrong letter. With digits in it one letter more or less makes it another code."""
    if len(code) < _SHORTEST_EDITED_CODE or any(letter.isdigit() for letter in code):
        return None
    place = find(code, sent.texts)
    if (
        place is None
        or not place.whole
        or place.edits > 1
        or len(place.lines) > 1
        or abs(len(place.text) - len(code)) > 1
    ):
        return None
    sure = all(sent.confidences[number] >= SURE_LINE for number in place.lines)
    return None if sure or any(letter.isspace() for letter in place.text) else place


def _close(message: str, place: Place) -> bool:
    """Whether a place says what the message says: few letters differ, and no number."""
    if place.length < _SHORTEST_MESSAGE or len(place.lines) > MOST_MESSAGE_LINES or len(message) > 600:
        return False
    if place.alike:
        return True
    read = alike(place.text)
    numbers = all(alike(number) in read for number in re.findall(r"\d+", message))
    return numbers and place.length >= _SHORTEST_EDITED and place.edits <= max(1, LARGEST_DIFFERENCE * place.length)


def _spelling(text: str, place: Place, sent: Sent) -> str:
    """Of two spellings that differ in look-alikes, the reader's where it was sure, else the engine's."""
    sure = all(sent.confidences[number] >= SURE_LINE for number in place.lines)
    return place.text if sure else text


def _judge_advice(reply: Reply, diagnosis: Diagnosis, sent: Sent, source: Source, judgement: Judgement) -> None:
    """Cause and fixes: entries of the knowledge base stay, unless what they were found for turns out to be something else."""
    replaced = any(
        getattr(diagnosis, name) is not None
        and name in judgement.values
        and alike(str(judgement.values[name])) != alike(str(getattr(diagnosis, name)))
        for name in ("message", "error_code")
    )
    if diagnosis.sources and not replaced:
        return
    read = " ".join(sent.texts)
    texts = [reply.cause, *reply.fixes]
    safe = [None if text is None or unread_codes(text, sent.texts) else without_links(text, read) for text in texts]
    if any(text is not None and new is None for text, new in zip(texts, safe, strict=True)):
        judgement.notes.append(
            "the bigger model's advice names a code that does not stand in the picture; that part was left out"
        )
    cause, fixes = safe[0], [text for text in safe[1:] if text]
    if cause or fixes or replaced:
        judgement.values["cause"], judgement.values["fixes"] = cause, fixes
        judgement.sources = [source] if cause or fixes else []


def _judge_answer(reply: Reply, diagnosis: Diagnosis, sent: Sent, judgement: Judgement) -> None:
    if not diagnosis.question or diagnosis.answer is not None or reply.answer is None:
        return
    if unread_codes(reply.answer, sent.texts):
        judgement.notes.append(
            "the bigger model's answer names a code that does not stand in the picture and was left out"
        )
        return
    judgement.values["answer"] = without_links(reply.answer, " ".join(sent.texts))


def _supports(evidence: Evidence, value: Any) -> bool:
    """Whether an own evidence still holds for a value that was taken from the engine."""
    return isinstance(value, str) and alike(value) in alike(evidence.text)


def _evidence(name: FieldName, place: Place, sent: Sent) -> Evidence:
    return Evidence(
        field=name,
        text=place.text,
        box=around([sent.boxes[number] for number in place.lines]),
        confidence=unit(min(sent.confidences[number] for number in place.lines)),
    )


def _caption(value: dict[str, Any]) -> str:
    from mmgpt.extractor.compose import Seen, caption_of

    return caption_of(
        Seen(
            is_error=bool(value["is_error"]),
            kind=value["kind"] or "other",
            app=value["app"],
            message=value["message"],
            code=value["error_code"],
            luma=0.5,  # neither light nor dark is said
            headline=None,
            command=None,
            lines=len(value["text"]),
        )
    )
