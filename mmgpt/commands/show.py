"""A diagnosis as calm plain text: the caption, then one row a field. Colour only where stdout is a terminal."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

from mmgpt.commands.console import BOLD, CYAN, DIM, RED, one_line

if TYPE_CHECKING:
    from mmgpt.commands.console import Console
    from mmgpt.schema import Diagnosis

LABEL, SURE = 10, 7
"""Widths of the columns for the row's name and for the confidence."""
NARROWEST, WIDEST = 40, 120


def diagnosis_text(diagnosis: Diagnosis, console: Console) -> str:
    """The text of `python -m mmgpt.caption`, up to its line end. Wrapped on a terminal only: pipes get whole lines."""
    width = _width(console)
    rows = [_paragraph(one_line(diagnosis.caption), "", width, console, BOLD), ""]
    rows += [_row(label, value, sure, width, console, *styles) for label, value, sure, *styles in _fields(diagnosis)]
    place = _place(diagnosis)
    if place:
        rows.append(_row("where", place, "", width, console))
    if diagnosis.abstained:
        unsure = ", ".join(LABELS[name] for name in diagnosis.abstained)
        rows.append(_row("not sure", unsure, "", width, console))
    rows += [_row("note", warning, "", width, console) for warning in diagnosis.warnings]
    return "\n".join(rows) + "\n"


LABELS = {
    "is_error": "whether it is an error",
    "app": "program",
    "kind": "kind",
    "message": "error line",
    "error_code": "code",
    "category": "category",
}


def _fields(diagnosis: Diagnosis) -> list[tuple[str, ...]]:
    """Rows of (label, value, confidence, style…); fields without a value have none."""

    def sure(name: str) -> str:
        known = diagnosis.confidence.get(name)  # type: ignore[call-overload]
        return "" if known is None else f"{known * 100:3.0f} %"

    rows: list[tuple[str, ...]] = []
    if diagnosis.is_error is False:
        rows.append(("error", "none", sure("is_error")))
    elif diagnosis.message is not None:
        rows.append(("error", diagnosis.message, sure("message"), RED))
    if diagnosis.error_code is not None:
        rows.append(("code", diagnosis.error_code, sure("error_code"), CYAN))
    if diagnosis.app is not None:
        rows.append(("program", diagnosis.app, sure("app")))
    if diagnosis.kind is not None:
        rows.append(("kind", diagnosis.kind.replace("_", " "), sure("kind")))
    if diagnosis.category not in (None, "none"):
        rows.append(("category", str(diagnosis.category).replace("_", " "), sure("category")))
    return rows


def _place(diagnosis: Diagnosis) -> str:
    """Where the error stands: the message's box, or the code's if there is no message."""
    boxes = {evidence.field: evidence.box for evidence in diagnosis.evidence}
    box = boxes.get("message") or boxes.get("error_code")
    if box is None:
        return ""
    size = f"{diagnosis.image.width} × {diagnosis.image.height}"
    return f"x {box[0]} to {box[2]}, y {box[1]} to {box[3]} of {size} pixels"


def _row(label: str, value: str, sure: str, width: int, console: Console, *styles: str) -> str:
    """`  label      97 %   value`, further lines of the value under its first."""
    head = f"  {label:<{LABEL}}"
    gap = f"{sure:>5}".ljust(SURE + 1)
    indent = " " * (len(head) + len(gap))
    lines = _wrap(one_line(value), width - len(indent))
    first = console.paint(head + gap, DIM) + console.paint(lines[0], *styles)
    return "\n".join([first, *(indent + console.paint(line, *styles) for line in lines[1:])])


def _paragraph(text: str, indent: str, width: int, console: Console, *styles: str) -> str:
    return "\n".join(indent + console.paint(line, *styles) for line in _wrap(text, width - len(indent)))


def _wrap(text: str, width: int) -> list[str]:
    if width <= 0:
        return [text]
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _width(console: Console) -> int:
    """Columns to wrap at; 0 (never) where stdout is no terminal, so that other programs get whole lines."""
    if not console.terminal:
        return 0
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)
