"""Secrets in texts: replaced by a form that names their kind, in a text or in all texts of a diagnosis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from mmgpt.redaction.find import find_secrets
from mmgpt.redaction.secret import Secret
from mmgpt.schema import Diagnosis, Evidence, FurtherError, Source, TextLine
from vision.reader.types import Line

Spans = list[tuple[int, int, str]]
_LEAST = 4  # characters; shorter secrets (a card's check number) are not looked for in other texts
_CELL, _PITCH, _TALL = 8, 20, 14  # where the letters of a plain text are taken to stand


def placeholder(kind: str) -> str:
    """What stands in the place of a secret: `[token]`, `[email]` …"""
    return f"[{kind}]"


def mask_text(text: str, secrets: Sequence[Secret] | None = None, kinds: Iterable[str] | None = None) -> str:
    """The text with its secrets replaced by `[token]`, `[email]` …

    `secrets` are those known already (of a picture, say): they are replaced wherever they occur, besides what is found in the
    text itself. A text that was masked once stays as it is.
    """
    return _replaced(text, _spans(text, _known(secrets or ()), kinds))


def mask_diagnosis(diagnosis: Diagnosis, kinds: Iterable[str] | None = None) -> Diagnosis:
    """The diagnosis with the secrets in all of its texts masked; boxes stay, `masked` says how many different ones there were.

    Doubtful parts of evidence move with their text; those within a secret go. Identifiers and addresses of sources, which are
    the knowledge base's, stay as they are.
    """
    wanted = None if kinds is None else tuple(kinds)
    lines = [Line(entry.text, entry.box, entry.confidence) for entry in diagnosis.text]
    secrets = find_secrets(lines, wanted, diagnosis.image.width)
    masker = _Masker(_known(secrets), wanted)
    for secret in secrets:
        masker.seen.add((secret.kind, secrets_text(secrets, secret.group)))
    by_line: dict[int, Spans] = {}
    for secret in secrets:
        by_line.setdefault(secret.line, []).append((secret.start, secret.end, secret.kind))
    text = [
        TextLine(
            text=_replaced(entry.text, _without_overlap([*by_line.get(at, []), *masker.spans(entry.text)])),
            box=entry.box,
            confidence=entry.confidence,
        )
        for at, entry in enumerate(diagnosis.text)
    ]
    changed: dict[str, object] = {
        "caption": masker(diagnosis.caption),
        "text": text,
        "question": masker.maybe(diagnosis.question),
        "answer": masker.maybe(diagnosis.answer),
        "warnings": [masker(warning) for warning in diagnosis.warnings],
        "further": [_further(error, masker) for error in diagnosis.further],
        **_fields(diagnosis, masker),
    }
    changed["masked"] = diagnosis.masked + len(masker.seen)
    values = {name: getattr(diagnosis, name) for name in Diagnosis.model_fields}
    return Diagnosis(**{**values, **changed})  # validated anew: what comes out is as valid as what went in


def secrets_text(secrets: Sequence[Secret], group: int) -> str:
    """The whole text of a secret that may go over several lines."""
    return "".join(secret.text for secret in secrets if secret.group == group)


class _Masker:
    """Masks texts and remembers what it has masked."""

    def __init__(self, known: Sequence[tuple[str, str]], kinds: Sequence[str] | None) -> None:
        self.known, self.kinds = known, kinds
        self.seen: set[tuple[str, str]] = set()

    def spans(self, text: str) -> Spans:
        return _spans(text, self.known, self.kinds)

    def __call__(self, text: str) -> str:
        spans = self.spans(text)
        self._note(text, spans)
        return _replaced(text, spans)

    def maybe(self, text: str | None) -> str | None:
        return None if text is None else self(text)

    def evidence(self, evidence: Evidence) -> Evidence:
        spans = self.spans(evidence.text)
        self._note(evidence.text, spans)
        doubtful = [moved for part in evidence.doubtful if (moved := _moved(part, spans)) is not None]
        return evidence.model_copy(update={"text": _replaced(evidence.text, spans), "doubtful": doubtful})

    def source(self, source: Source) -> Source:
        return source.model_copy(update={"why": self(source.why), "title": self(source.title)})

    def _note(self, text: str, spans: Spans) -> None:
        for start, end, kind in spans:
            part = text[start:end]
            if not any(part in other or other in part for _, other in self.seen):
                self.seen.add((kind, part))


def _fields(thing: Diagnosis | FurtherError, masker: _Masker) -> dict[str, object]:
    """What errors have in common, masked."""
    return {
        "app": masker.maybe(thing.app),
        "message": masker.maybe(thing.message),
        "error_code": masker.maybe(thing.error_code),
        "cause": masker.maybe(thing.cause),
        "fixes": [masker(fix) for fix in thing.fixes],
        "sources": [masker.source(source) for source in thing.sources],
        "evidence": [masker.evidence(evidence) for evidence in thing.evidence],
    }


def _further(error: FurtherError, masker: _Masker) -> FurtherError:
    return error.model_copy(update=_fields(error, masker))


def _known(secrets: Sequence[Secret]) -> list[tuple[str, str]]:
    """(text, kind) of secrets, whole and in parts, the longest first."""
    found = {(secret.text.strip(), secret.kind) for secret in secrets}
    found |= {(secrets_text(secrets, secret.group), secret.kind) for secret in secrets}
    return sorted((entry for entry in found if len(entry[0]) >= _LEAST), key=lambda entry: (-len(entry[0]), entry))


def _spans(text: str, known: Sequence[tuple[str, str]], kinds: Iterable[str] | None) -> Spans:
    found: Spans = []
    for secret, kind in known:
        # not within a word: a password that is a word is not to be cut out of others
        for at in re.finditer(rf"(?<!\w){re.escape(secret)}(?!\w)" if secret.isalnum() else re.escape(secret), text):
            found.append((*at.span(), kind))
    rows = text.split("\n")
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row) + 1)
    lines = [
        Line(row, (0, at * _PITCH, max(len(row), 1) * _CELL, at * _PITCH + _TALL), 1.0) for at, row in enumerate(rows)
    ]
    for part in find_secrets(lines, kinds):
        found.append((starts[part.line] + part.start, starts[part.line] + part.end, part.kind))
    return _without_overlap(found)


def _without_overlap(spans: Spans) -> Spans:
    """Spans in order, overlapping ones made one under the kind of the longest."""
    out: Spans = []
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        if out and start < out[-1][1]:
            first = out[-1]
            kind = first[2] if first[1] - first[0] >= end - start else kind
            out[-1] = (first[0], max(first[1], end), kind)
        else:
            out.append((start, end, kind))
    return out


def _replaced(text: str, spans: Spans) -> str:
    pieces, at = [], 0
    for start, end, kind in spans:
        pieces += [text[at:start], placeholder(kind)]
        at = end
    return "".join(pieces) + text[at:]


def _moved(part: tuple[int, int], spans: Spans) -> tuple[int, int] | None:
    """Where a part of a text stands after the spans were replaced; None where it shares letters with one of them."""
    shift = 0
    for start, end, kind in spans:
        if part[1] <= start:
            break
        if part[0] < end:
            return None
        shift += len(placeholder(kind)) - (end - start)
    return (part[0] + shift, part[1] + shift)


def each_text(diagnosis: Diagnosis) -> Iterator[str]:
    """Every text of a diagnosis that may hold words of the picture."""
    errors: list[Diagnosis | FurtherError] = [diagnosis, *diagnosis.further]
    for thing in errors:
        yield from (value for value in (thing.app, thing.message, thing.error_code, thing.cause) if value)
        yield from thing.fixes
        yield from (evidence.text for evidence in thing.evidence)
        yield from (source.why for source in thing.sources)
    yield from (value for value in (diagnosis.caption, diagnosis.question, diagnosis.answer) if value)
    yield from (entry.text for entry in diagnosis.text)
    yield from diagnosis.warnings
