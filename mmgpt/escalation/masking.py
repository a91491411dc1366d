"""Secrets out of picture, lines and question, before anything leaves. If that cannot be done and checked, nothing leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmgpt.escalation.errors import EscalationError
from vision.reader.types import Line

if TYPE_CHECKING:
    import numpy as np

    from mmgpt.redaction import Covered, Secret
    from vision.reader.types import TextReader

LONGEST_LINE = 2000
"""Letters; what is longer is not searched for secrets by every rule, and no screen has it."""
_TELLING = 6
"""Letters from which on a secret is looked for in all that is sent; shorter ones stand in other words by chance."""
_SHARED = 0.5
"""Share of a line's height that a mask must cover to be over that line."""


@dataclass(frozen=True)
class Masked:
    """What may leave: the picture (RGB uint8 [H, W, 3]), the lines' texts (as many as were given), the question, how many secrets."""

    image: np.ndarray
    texts: tuple[str, ...]
    question: str
    count: int


def mask(image: np.ndarray, lines: Sequence[Line], question: str, reader: TextReader | None = None) -> Masked:
    """Masks what is secret. `lines` must be all that was read, unmasked; with a `reader` the masked picture is read again, and what
    is found only then is masked as well.

    Raises EscalationError where the masks cannot be made, or do not hold.
    """
    try:
        import mmgpt.redaction  # noqa: F401 - by its own, so that only its absence is told as such
    except ImportError as error:
        raise EscalationError(f"secrets cannot be masked ({error}), so nothing is sent") from error
    if any(len(line.text) > LONGEST_LINE for line in lines):
        raise EscalationError("a line is too long to be searched for secrets, so nothing is sent")
    try:
        return _masked(image, lines, question, reader)
    except EscalationError:
        raise
    except Exception as error:  # whatever went wrong, the picture is not known to be clean
        raise EscalationError(f"masking secrets failed ({type(error).__name__}), so nothing is sent") from error


def _masked(image: np.ndarray, lines: Sequence[Line], question: str, reader: TextReader | None) -> Masked:
    from mmgpt.redaction import mask_text, redact, redact_picture

    clean, secrets = redact(image, lines)
    count = len({secret.group for secret in secrets})
    texts = [
        _replaced(line.text, [(s.start, s.end, s.kind) for s in secrets if s.line == n]) for n, line in enumerate(lines)
    ]
    known = list(secrets)
    if reader is not None:
        second = redact_picture(image, reader, lines=lines)
        if second.left:
            raise EscalationError("something that looks like a secret can be read after masking, so nothing is sent")
        clean, more = second.image, second.covered[count:]
        texts = [_under(line, text, more) for line, text in zip(lines, texts, strict=True)]
        known += [_known(one) for one in more]
        count = len(second.covered)
    # a secret of one line may stand in another where no rule finds it, or in the question
    texts = [mask_text(text, known) for text in texts]
    question = mask_text(question, known) if question else ""
    _check(image, clean, known, [*texts, question])
    return Masked(clean, tuple(texts), question, count)


def _known(covered: Covered) -> Secret:
    from mmgpt.redaction import Secret

    return Secret(covered.kind, 0, 0, len(covered.text), covered.text)


def _replaced(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """A text with its parts (start, end, kind) replaced by their kinds; those that overlap become one."""
    pieces, place = [], 0
    for start, end, kind in sorted(spans):
        if start >= place:
            pieces += [text[place:start], f"[{kind}]"]
        place = max(place, end)
    return "".join([*pieces, text[place:]])


def _under(line: Line, text: str, masks: Sequence[Covered]) -> str:
    """The text of a line (masked already by what the first look found) without the letters under masks of a further look, which
    may have read them in another way. Where letters have moved by masking, the whole line goes."""
    _, y0, _, y1 = line.box
    spans = []
    for one in masks:
        for left, top, right, bottom in one.boxes:
            if min(bottom, y1) - max(top, y0) < _SHARED * (y1 - y0):
                continue
            places = _middles(line)
            hit = [n for n, middle in enumerate(places) if left <= middle <= right]
            if hit:
                spans.append((hit[0], hit[-1] + 1, one.kind))
    if not spans:
        return text
    return _replaced(text, spans) if text == line.text else f"[{spans[0][2]}]"


def _middles(line: Line) -> list[float]:
    """Where the letters of a line stand, pixels; evenly spread where the reader does not tell."""
    if len(line.characters) == len(line.text):
        return [(character.x0 + character.x1) / 2 for character in line.characters]
    width = (line.box[2] - line.box[0]) / max(len(line.text), 1)
    return [line.box[0] + (n + 0.5) * width for n in range(len(line.text))]


def _check(before: np.ndarray, after: np.ndarray, secrets: Sequence[Secret], texts: Sequence[str]) -> None:
    """That the masks are there: in texts no telling secret is left, and where there are secrets the picture has changed."""
    if before.shape != after.shape or after.dtype != before.dtype:
        raise EscalationError("masking gave a picture of another size, so nothing is sent")
    if secrets and (before is after or (before == after).all()):
        raise EscalationError("secrets were found but the picture is unchanged, so nothing is sent")
    for secret in secrets:
        word = secret.text.strip()
        # a password that is a word may be part of other words
        form = rf"(?<!\w){re.escape(word)}(?!\w)" if word.isalnum() else re.escape(word)
        if len(word) >= _TELLING and any(re.search(form, text) for text in texts):
            raise EscalationError("a secret is left in the text after masking, so nothing is sent")
