"""What both reports say in the same words, and how strangers' text is made harmless before it is shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from mmgpt.commands.console import one_line

if TYPE_CHECKING:
    from mmgpt.schema import Diagnosis, FurtherError

FIELD_NAMES = {
    "is_error": "Is it an error",
    "message": "Error",
    "error_code": "Code",
    "app": "Program",
    "kind": "Kind",
    "category": "Category",
}
"""Fields in the order in which people want them."""

_CODE = re.compile(r"(`+)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def prose(text: str) -> list[tuple[bool, str]]:
    """The parts of an entry's sentence: (False, words) and (True, what stands between backticks), in order.

    Backticks are all the markup that causes and fixes have. A lone backtick is a letter like any other.
    """
    text = one_line(text)
    parts = []
    start = 0
    for match in _CODE.finditer(text):
        if match.start() > start:
            parts.append((False, text[start : match.start()]))
        parts.append((True, match.group(2)))
        start = match.end()
    if start < len(text):
        parts.append((False, text[start:]))
    return parts


def safe_url(url: str) -> str:
    """The address of a cited source if it may be a link, else an empty text.

    Only http and https; anything else that a browser might run or open (javascript:, data:, file:) is no link. What
    could end an attribute or a Markdown link is percent-encoded.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not host or parts.username is not None:
        return ""
    if one_line(url) != url or any(letter.isspace() for letter in url):
        return ""
    return quote(url, safe="%/:?#@!$&*+,;=~._-[]()")


def percent(value: float | None) -> str:
    """A confidence as people read it; empty where there is none."""
    return "" if value is None else f"{value * 100:.0f} %"


def spoken(value: str) -> str:
    """A category or kind as words."""
    return value.replace("_", " ")


def state(diagnosis: Diagnosis) -> str:
    """`error`, `normal` or `unsure`: what `is_error` says."""
    return {True: "error", False: "normal", None: "unsure"}[diagnosis.is_error]


def values(error: Diagnosis | FurtherError) -> list[tuple[str, str]]:
    """(field, value as words) of every field that has a value, in the order of `FIELD_NAMES`, without `is_error`."""
    found = []
    for name in FIELD_NAMES:
        value = getattr(error, name, None)
        if name == "is_error" or value is None or (name == "category" and value == "none"):
            continue
        found.append((name, spoken(value) if name in ("kind", "category") else one_line(value)))
    return found


def doubtful_words(error: Diagnosis | FurtherError, name: str) -> list[str]:
    """The parts of a field's value that the reader does not support.

    A field that only rests on words of another kind (a category on the message) has no letters of its own.
    """
    for item in error.evidence:
        if item.field == name and (name in ("message", "error_code") or item.text == getattr(error, name, None)):
            return [one_line(item.text[start:end]) for start, end in item.doubtful]
    return []


def place(diagnosis: Diagnosis) -> str:
    """Where the error stands: the message's box, or the code's if there is no message; empty if there is neither."""
    boxes = {evidence.field: evidence.box for evidence in diagnosis.evidence}
    box = boxes.get("message") or boxes.get("error_code")
    if box is None:
        return ""
    size = f"{diagnosis.image.width} × {diagnosis.image.height}"
    return f"x {box[0]} to {box[2]}, y {box[1]} to {box[3]} of {size} pixels"


def escalated(diagnosis: Diagnosis) -> str:
    """One sentence on the bigger model that was asked; empty where none was."""
    asked = diagnosis.escalation
    if asked is None:
        return ""
    secrets = "1 secret" if asked.masked == 1 else f"{asked.masked} secrets"
    sent = f"{asked.sent_bytes:,} bytes left this machine, {secrets} masked" if asked.sent_bytes else "nothing was sent"
    if asked.refused:
        outcome = f"its answer was not taken: {asked.refused}"
    else:
        outcome = f"from it: {', '.join(asked.fields)}" if asked.fields else "it changed nothing"
    return f"{asked.engine}, because {asked.reason}; {sent}; {outcome}"
