"""The form "This is wrong": what differs from the diagnosis becomes a correction, as `mmgpt correct` makes it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mmgpt.commands.console import one_line
from mmgpt.corrections import CorrectionError, Store, changes_to, validated
from mmgpt.report.words import FIELD_NAMES
from mmgpt.schema import Diagnosis
from mmgpt.serve.errors import ServiceError
from mmgpt.ui.asking import message_of
from mmgpt.ui.desk import Desk, reply

if TYPE_CHECKING:
    from mmgpt.corrections import Correction, Value

FIELDS = ("is_error", "message", "error_code", "app", "kind", "category", "cause")
_WORDS = {**FIELD_NAMES, "cause": "Cause", "fixes": "What to do", "entry": "Entry"}


async def correct(desk: Desk, name: object, values: object, owner: str) -> str:
    """Keeps what the form says of the picture with this id."""
    try:
        shown = desk.shelf.get(name, owner)
        path = desk.settings.corrections
        if path is None:
            raise ServiceError(404, "corrections_disabled", "This server keeps no corrections.")
        if not isinstance(values, Mapping):
            raise ServiceError(400, "invalid_value", "The form is empty.")
        diagnosis = Diagnosis.model_validate(shown.diagnosis)
        note = one_line(str(values.get("note") or ""))[:1000]
        differs = changed(diagnosis, values)
        if not differs:
            raise ServiceError(400, "invalid_value", "Nothing is changed yet: change what is wrong, then keep it.")
        try:
            wanted = validated(differs)
            changes_to(diagnosis, wanted)
            made = await asyncio.to_thread(_keep, Store(path), diagnosis, wanted, note)
        except CorrectionError as error:
            # its words are for people; of a store's trouble only the file's path comes first, which is nobody's business here
            raise ServiceError(400, "invalid_value", _public(str(error), str(path))) from None
        desk.backend.changed()
        return reply("correction", text=_said(made))
    except Exception as error:
        return reply("correction", error=message_of(error))


def changed(diagnosis: Diagnosis, values: Mapping[str, Any]) -> dict[str, Value]:
    """What of the form differs from what it was filled with."""
    found: dict[str, Value] = {}
    for field in FIELDS:
        if field not in values:
            continue
        text = str(values[field])
        said = getattr(diagnosis, field)
        if field == "is_error":
            right: Value = {"true": True, "false": False}.get(text)
        else:
            right = text.replace("\r\n", "\n").strip() or None
        shown = one_line(said) if isinstance(said, str) else said  # the form has it without control characters
        if right != shown:
            found[field] = right
    if found.get("is_error") is False:  # the rest follows from that, and the form still holds the old values
        found = {name: value for name, value in found.items() if name in ("is_error", "app", "kind")}
    return found


def _keep(store: Store, diagnosis: Diagnosis, wanted: dict[str, Value], note: str) -> Correction | None:
    try:
        return store.add(diagnosis, wanted, note=note, mask_secrets=True)
    finally:
        store.close()


def _said(made: Correction | None) -> str:
    if made is None:
        return "Nothing to correct: it says so already."
    names = ", ".join(_WORDS[name].lower() for name, change in made.changes.items() if not change.implied)
    reach = {
        "program": "the same message of this program",
        "message": "the same message of any program",
        "picture": "this picture only",
    }[made.rule().reach]
    return f"Kept as correction {made.id} ({names}). It holds for {reach}, from now on."


def _public(text: str, path: str) -> str:
    text = text.replace(path, "the store of corrections")
    return text[:1].upper() + text[1:]
