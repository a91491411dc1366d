"""Corrections without the secrets that were read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mmgpt.corrections.change import Change, CorrectionError, Value
from mmgpt.corrections.correction import Correction
from mmgpt.schema import TextLine


def masked(correction: Correction) -> Correction:
    """The correction with keys, tokens, passwords, addresses and the like masked in every text of it.

    Its keys stay those of the message as it was read (they are hashes), so that it goes on working. Raises CorrectionError where
    this installation cannot mask.
    """
    try:
        from mmgpt.redaction import find_secrets, mask_text
    except ImportError as error:
        raise CorrectionError(
            "masking needs mmgpt.redaction, which is not installed - leave --mask-secrets out"
        ) from error

    from vision.reader.types import Line

    read = [TextLine.model_validate(line) for line in correction.lines]
    width = max((line.box[2] for line in read), default=0)
    secrets = find_secrets([Line(line.text, line.box, line.confidence) for line in read], width=width)

    def text(value: str) -> str:
        return mask_text(value, secrets)

    def optional(value: str | None) -> str | None:
        return None if value is None else text(value)

    def value_of(value: Value) -> Value:
        if isinstance(value, str):
            return text(value)
        return [text(item) for item in value] if isinstance(value, list) else value

    def line(value: dict[str, Any]) -> dict[str, Any]:
        return {**value, "text": text(value["text"])}

    return replace(
        correction,
        app=optional(correction.app),
        message=optional(correction.message),
        code=optional(correction.code),
        changes={
            name: Change(value_of(change.wrong), value_of(change.right), change.implied)
            for name, change in correction.changes.items()
        },
        lines=[line(value) for value in correction.lines],
        note=text(correction.note),
        masked=True,
    )
