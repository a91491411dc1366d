"""Corrections as preference data (JSON lines, a row a corrected field), out of a store and into one.

A row has what training by preference wants (`prompt`, `chosen`, `rejected`), the lines that were read, and the whole correction, so that
any row of it brings it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from mmgpt.corrections.change import CORRECTABLE, CorrectionError, Value
from mmgpt.corrections.correction import Correction
from mmgpt.prompts import FIELD_PROMPTS, NONE

PROMPTS: dict[str, str] = {
    **FIELD_PROMPTS,
    **{name: f"Field: {name}" for name in CORRECTABLE if name not in FIELD_PROMPTS},
}
"""How each field is asked for; what the model was never taught to answer (cause, fixes, entry) in the same form."""


def rows(corrections: Iterable[Correction]) -> Iterator[dict[str, Any]]:
    """One object a corrected field.

    `prompt` is the chat up to the answer (the picture, then the field's question), `chosen` and `rejected` are one answer each, as
    the model words it: yes or no, a value, "none". A field that was cleared because nobody knows better has nothing to choose
    (`chosen` null): it travels so that no correction is lost, and is left out of training.
    """
    for correction in corrections:
        whole = correction.to_dict()
        for name, change in correction.changes.items():
            yield {
                "prompt": [
                    {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": PROMPTS[name]}]},
                ],
                "image_sha256": correction.sha256,
                "field": name,
                "chosen": _answer(name, change.right),
                "rejected": _answer(name, change.wrong) or NONE,
                "lines": correction.lines,
                "correction": whole,
            }


def read_rows(texts: Iterable[str]) -> list[Correction]:
    """The corrections of exported lines, each once. Raises CorrectionError, which names the line, for anything else."""
    found: dict[str, Correction] = {}
    for number, text in enumerate(texts, 1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
            correction = Correction.from_dict(value["correction"], value["lines"])
        except (ValueError, KeyError, TypeError) as error:
            detail = (
                str(error) if isinstance(error, CorrectionError) else "not a row that `mmgpt correct --export` wrote"
            )
            raise CorrectionError(f"line {number}: {detail}") from error
        except RecursionError as error:
            raise CorrectionError(f"line {number}: nested too deeply") from error
        found.setdefault(correction.uid, correction)
    return list(found.values())


def _answer(name: str, value: Value) -> str | None:
    """A value as the model answers it; None where it says nothing (null where the schema has no null)."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(value) or NONE
    if value is None and name in ("is_error", "kind", "category"):
        return None
    return value or NONE
