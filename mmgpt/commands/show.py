"""A diagnosis as calm plain text: the caption, then one row a field. Colour only where stdout is a terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmgpt.commands.console import BOLD, CYAN, DIM, RED, one_line
from mmgpt.report.words import doubtful_words, escalated, percent, place, safe_url, spoken

if TYPE_CHECKING:
    from mmgpt.commands.console import Console
    from mmgpt.schema import Diagnosis, FurtherError, Source

LABEL, SURE = 10, 7
"""Widths of the columns for the row's name and for the confidence."""
NARROWEST, WIDEST = 40, 120


def diagnosis_text(diagnosis: Diagnosis, console: Console) -> str:
    """The text of `mmgpt caption` and `mmgpt diagnose`, up to its line end. Wrapped on a terminal only: pipes get whole lines."""
    page = _Page(console)
    if diagnosis.question is not None:
        page.paragraph(diagnosis.question, DIM)
        for line in (diagnosis.answer or "No answer.").split("\n"):
            page.paragraph(line, BOLD)
        page.gap()
    page.paragraph(diagnosis.caption, BOLD)
    page.gap()
    if diagnosis.is_error is False:
        page.row("error", "none", _sure(diagnosis, "is_error"))
    _fields(page, diagnosis)
    where = place(diagnosis)
    if where:
        page.row("where", where)
    _knowledge(page, diagnosis.cause, diagnosis.fixes, diagnosis.sources)
    for error in diagnosis.further:
        page.gap()
        page.paragraph("Another error in this picture:", DIM, indent="  ")
        _fields(page, error)
        _knowledge(page, error.cause, error.fixes, error.sources)
    notes = _notes(diagnosis)
    if notes and (diagnosis.sources or diagnosis.further):
        page.gap()
    for label, text in notes:
        page.row(label, text)
    return page.text()


LABELS = {
    "is_error": "whether it is an error",
    "app": "program",
    "kind": "kind",
    "message": "error line",
    "error_code": "code",
    "category": "category",
}


class _Page:
    """Rows of text, one below the other."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = _width(console)
        self._rows: list[str] = []

    def gap(self) -> None:
        """An empty row."""
        self._rows.append("")

    def paragraph(self, text: str, *styles: str, indent: str = "") -> None:
        """Text across the whole width."""
        for line in _wrap(one_line(text), self._width - len(indent)):
            self._rows.append(indent + self._console.paint(line, *styles))

    def row(self, label: str, value: str, sure: str = "", *styles: str) -> None:
        """`  label      97 %   value`, further lines of the value under its first."""
        head = f"  {label:<{LABEL}}"
        gap = f"{sure:>5}".ljust(SURE + 1)
        indent = " " * (len(head) + len(gap))
        lines = _wrap(one_line(value), self._width - len(indent))
        self._rows.append(self._console.paint(head + gap, DIM) + self._console.paint(lines[0], *styles))
        self._rows += [indent + self._console.paint(line, *styles) for line in lines[1:]]

    def text(self) -> str:
        """All of it."""
        return "\n".join(self._rows) + "\n"


def _fields(page: _Page, error: Diagnosis | FurtherError) -> None:
    """A row for every field that has a value."""
    if error.message is not None and getattr(error, "is_error", None) is not False:
        page.row("error", error.message, _sure(error, "message"), RED)
    if error.error_code is not None:
        page.row("code", error.error_code, _sure(error, "error_code"), CYAN)
    if error.app is not None:
        page.row("program", error.app, _sure(error, "app"))
    kind = getattr(error, "kind", None)
    if kind is not None:
        page.row("kind", spoken(kind), _sure(error, "kind"))
    if error.category not in (None, "none"):
        page.row("category", spoken(str(error.category)), _sure(error, "category"))


def _sure(error: Diagnosis | FurtherError, name: str) -> str:
    known = error.confidence.get(name)  # type: ignore[call-overload]
    return "" if known is None else f"{known * 100:3.0f} %"


def _knowledge(page: _Page, cause: str | None, fixes: Sequence[str], sources: Sequence[Source]) -> None:
    """Why it happened, what to do, and where that is from."""
    if cause or fixes:
        page.gap()
    if cause:
        page.row("cause", cause)
    for number, fix in enumerate(fixes, 1):
        page.row("to do" if number == 1 else "", fix, f"{number}.")
    for number, source in enumerate(sources):
        url = safe_url(source.url)
        title = f"{source.id} – {source.title}" if source.title else source.id
        page.row("source" if number == 0 else "", f"{title}{f' – {url}' if url else ''}", percent(source.score), DIM)


def _notes(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    """What is not sure, and what else one should know."""
    rows = []
    for name in ("message", "error_code", "app"):
        letters = doubtful_words(diagnosis, name)
        if letters:
            rows.append(("unclear", f"the letters {', '.join(f'“{part}”' for part in letters)} in the {LABELS[name]}"))
    if diagnosis.abstained:
        rows.append(("not sure", ", ".join(LABELS[name] for name in diagnosis.abstained)))
    rows += [("note", warning) for warning in diagnosis.warnings]
    if diagnosis.masked:
        rows.append(("masked", "1 secret" if diagnosis.masked == 1 else f"{diagnosis.masked} secrets"))
    asked = escalated(diagnosis)
    if asked:
        rows.append(("asked", asked))
    return rows


def _wrap(text: str, width: int) -> list[str]:
    if width <= 0:
        return [text]
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _width(console: Console) -> int:
    """Columns to wrap at; 0 (never) where stdout is no terminal, so that other programs get whole lines."""
    if not console.terminal:
        return 0
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)
