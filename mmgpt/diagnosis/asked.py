"""What a caller gives besides the picture: a question and what is known, held to types and lengths."""

from __future__ import annotations

from collections.abc import Mapping

from mmgpt.diagnosis.filling import clean

LONGEST = 2000
"""Characters that a question may have, and a context."""

_ROW = 4000


def checked(
    question: str | None, context: str | Mapping[str, str] | None
) -> tuple[str | None, str | Mapping[str, str] | None]:
    """Question and context as they are used: no question is None, control characters are gone.

    Raises TypeError for other types, ValueError for more than LONGEST characters; each says what is expected.
    """
    if question is not None and not isinstance(question, str):
        raise TypeError(f"the question must be a text or None, not {type(question).__name__}")
    if isinstance(context, Mapping):
        for key, value in context.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise TypeError(
                    f'the context must map texts to texts, as {{"app": "Outlook"}}, not {key!r} to {type(value).__name__}'
                )
    elif context is not None and not isinstance(context, str):
        raise TypeError(
            f'the context must be a text, a mapping such as {{"app": "Outlook"}}, or None, not {type(context).__name__}'
        )
    size = sum(len(k) + len(v) for k, v in context.items()) if isinstance(context, Mapping) else len(context or "")
    for name, length in (("question", len(question or "")), ("context", size)):
        if length > LONGEST:
            raise ValueError(f"the {name} has {length:,} characters, {LONGEST:,} are the most - shorten it")
    return (clean_lines(question) or None) if question else None, context or None


def clean_lines(text: str) -> str:
    """A text of several lines without what a terminal would obey: what was read in a picture is a stranger's text."""
    return "\n".join(clean(row, _ROW) for row in text.split("\n")).strip()
