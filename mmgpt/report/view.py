"""What a picture's section of the HTML report shows, as plain values for its template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmgpt.commands.console import one_line
from mmgpt.report.words import FIELD_NAMES, escalated, percent, state, values

if TYPE_CHECKING:
    from mmgpt.report.embed import Embedded
    from mmgpt.schema import Diagnosis, Evidence, FurtherError

LONGEST = 4000
"""Characters of one text that are shown; what is beyond is counted."""


def section(
    number: int, name: str, diagnosis: Diagnosis, picture: Embedded | None, missing: str, program: int
) -> dict[str, Any]:
    """The values of `templates/picture.html`. `program` is the number of the program in the filter."""
    errors = [diagnosis, *diagnosis.further]
    return {
        "number": number,
        "name": _text(name),
        "state": state(diagnosis),
        "program": program if diagnosis.app else "",
        "category": diagnosis.category or "",
        "unsure": bool(diagnosis.abstained),
        "d": diagnosis,
        "caption": _text(diagnosis.caption),
        "question": _text(diagnosis.question or ""),
        "answer": [_text(line) for line in (diagnosis.answer or "No answer.").split("\n")],
        "picture": picture,
        "missing": missing,
        "boxes": _boxes(errors),
        "rows": _rows(diagnosis, 0),
        "further": [{"error": error, "rows": _rows(error, place)} for place, error in enumerate(diagnosis.further, 1)],
        "abstained": [FIELD_NAMES[name].lower() for name in diagnosis.abstained],
        "escalated": escalated(diagnosis),
        "lines": [_text(line.text) for line in diagnosis.text],
        "total_ms": diagnosis.timing_ms.get("total"),
    }


def _rows(error: Diagnosis | FurtherError, place: int) -> list[dict[str, Any]]:
    evidence = {item.field: item for item in error.evidence}
    rows = []
    if getattr(error, "is_error", None) is False:
        rows.append(_row("is_error", [(False, "none")], error, place))
    for name, value in values(error):
        rows.append(_row(name, _marked(value, evidence.get(name)), error, place))  # type: ignore[call-overload]
    return rows


def _row(name: str, parts: list[tuple[bool, str]], error: Diagnosis | FurtherError, place: int) -> dict[str, Any]:
    sure = error.confidence.get(name)  # type: ignore[call-overload]
    return {
        "class": f"e{place}-{name}",
        "label": "Error" if name == "is_error" else FIELD_NAMES[name],
        "parts": parts,
        "verbatim": name in ("message", "error_code"),
        "sure": sure,
        "percent": percent(sure),
        "bar": None if sure is None else round(sure * 100),
    }


def _marked(value: str, evidence: Evidence | None) -> list[tuple[bool, str]]:
    """The value in parts: (True, …) are letters that the reader does not support."""
    if evidence is None or not evidence.doubtful or one_line(evidence.text) != value or len(value) > LONGEST:
        return [(False, _text(value))]
    parts = []
    start = 0
    text = evidence.text if len(evidence.text) == len(value) else value
    for first, last in sorted(evidence.doubtful):
        if first < start:
            continue
        parts += [(False, text[start:first]), (True, text[first:last])]
        start = last
    parts.append((False, text[start:]))
    return [(doubtful, one_line(part) if doubtful else _kept(part)) for doubtful, part in parts if part]


def _kept(part: str) -> str:
    """Like `one_line`, but blanks at both ends stay, since other parts stand there."""
    return one_line(f"|{part}|")[1:-1]


def _boxes(errors: list[Any]) -> list[dict[str, Any]]:
    """One box a place: several fields may rest on the same words. Those of the front error come last, on top."""
    found: dict[tuple[int, int, int, int], dict[str, Any]] = {}
    for place, error in enumerate(errors):
        for item in error.evidence:
            x0, y0, x1, y1 = item.box
            if x0 == x1 or y0 == y1:
                continue
            box = found.setdefault(
                item.box, {"x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0, "classes": [], "labels": []}
            )
            box["classes"].append(f"e{place}-{item.field}")
            label = f"{FIELD_NAMES[item.field]}: {_text(item.text, 200)} ({percent(item.confidence)} sure of the words)"
            if label not in box["labels"]:
                box["labels"].append(label)
    # large ones first, so that small ones within them can still be pointed at
    return sorted(found.values(), key=lambda box: -box["width"] * box["height"])


def _text(text: str, longest: int = LONGEST) -> str:
    text = one_line(text)
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text) - longest:,} more characters)"


__all__ = ["LONGEST", "section"]
