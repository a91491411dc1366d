"""A report in one HTML file: a summary, filters, and a section a picture with its boxes.

The file asks for nothing outside itself, and its content security policy lets a browser run and load nothing but what
is named there by its hash. Sections go to a temporary file as they come, so that thousands of pictures never sit in
memory; the head, which counts them, is written last and the file put in its place at once.
"""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt.commands.console import one_line
from mmgpt.report.embed import Budget, embed
from mmgpt.report.target import ReportError, Target
from mmgpt.report.view import section
from mmgpt.report.words import percent, prose, safe_url, spoken, state

if TYPE_CHECKING:
    import numpy as np
    from jinja2 import Environment

    from mmgpt.schema import Diagnosis

LIMIT = 64 * 2**20
"""Bytes that all pictures of a report may take together, as they stand in the file."""
GENERATOR = '<meta name="generator" content="mmgpt report">'
"""Stands in every report's head: how a file of ours is known."""
MOST_ERRORS = 10
"""Errors of one picture whose boxes light up, which is done by a rule each."""


class HtmlReport:
    """Writes the file `path`: `add` a picture at a time, then `finish`.

    `pictures` is how many are to come at most, so that each gets its share of `limit`. A file that is there already is
    replaced if it is a report of ours. Raises ReportError where it is not, or cannot be written.
    """

    def __init__(self, path: Path, pictures: int, limit: int = LIMIT) -> None:
        self.path = path
        self._budget = Budget(limit, pictures)
        self.count = 0
        self._states: Counter[str] = Counter()
        self._programs: Counter[str] = Counter()
        self._categories: Counter[str] = Counter()
        self._entries: Counter[tuple[str, str]] = Counter()
        self._models: Counter[str] = Counter()
        self._unsure = 0
        self._numbers: dict[str, int] = {}
        self._target = Target(path, GENERATOR)
        self._spool = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - kept until `finish`

    def add(self, name: str, diagnosis: Diagnosis, pixels: np.ndarray | None, missing: str = "") -> None:
        """One more picture, called `name`. `pixels` (RGB uint8 [H, W, 3]) are of any size; without, `missing` says why."""
        shown = embed(pixels, self._budget.share) if pixels is not None else None
        if pixels is not None and shown is None:
            missing = "The picture is left out, so that the report does not grow too large."
        self._budget.take(len(shown.uri) if shown else 0)
        self._tell(diagnosis)
        program = one_line(diagnosis.app or "")
        context = section(
            self.count, name, diagnosis, shown, missing, self._numbers.setdefault(program, len(self._numbers))
        )
        try:
            self._spool.write(_environment().get_template("picture.html").render(context))
        except OSError as error:
            self.drop()
            raise ReportError(f"the report cannot be kept ({error.strerror}) - make room") from error

    def finish(self, failures: int = 0, stopped: bool = False) -> int:
        """Puts the file in its place and returns how many pictures are in it. `failures` is told in its head."""
        for part in self._pieces(failures, stopped):
            self._target.write(part)
        self._target.commit()
        self._spool.close()
        return self.count

    def drop(self) -> None:
        """Gives up and leaves nothing behind."""
        self._target.drop()
        self._spool.close()

    def _tell(self, diagnosis: Diagnosis) -> None:
        self.count += 1
        self._states[state(diagnosis)] += 1
        self._models[diagnosis.model] += 1
        self._unsure += bool(diagnosis.abstained)
        if diagnosis.app:
            self._programs[one_line(diagnosis.app)] += 1
        if diagnosis.category not in (None, "none"):
            self._categories[str(diagnosis.category)] += 1
        for source in diagnosis.sources[:1]:
            self._entries[source.id, source.title] += 1

    def _pieces(self, failures: int, stopped: bool) -> Iterator[str]:
        style = _asset("report.css") + "\n" + self._rules()
        script = _asset("report.js")
        template = _environment().get_template("head.html")
        yield template.render(
            generator=GENERATOR,
            policy="; ".join(
                (
                    "default-src 'none'",
                    "img-src data:",
                    f"style-src 'sha256-{_digest(style)}'",
                    f"script-src 'sha256-{_digest(script)}'",
                    "base-uri 'none'",
                    "form-action 'none'",
                )
            ),
            style=style,
            count=self.count,
            states=self._states,
            unsure=self._unsure,
            failures=failures,
            stopped=stopped,
            when=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
            models=sorted(self._models),
            programs=_ranked(self._programs),
            categories=_ranked(self._categories),
            entries=_ranked(self._entries),
            uncited=self._states["error"] + self._states["unsure"] - sum(self._entries.values()),
            numbers=self._numbers,
        )
        self._spool.seek(0)
        while piece := self._spool.read(1 << 20):
            yield piece
        yield _environment().get_template("tail.html").render(script=script)

    def _rules(self) -> str:
        """Rules that depend on what is in the report: one a program and a category to filter by."""
        rows = []
        chosen = 'body:has(#{0} option[value="{1}"]:checked) .shot:not([data-{0}="{1}"])'
        for number in self._numbers.values():
            rows.append(chosen.format("program", number) + "{display:none}")
        for category in sorted(self._categories):
            rows.append(chosen.format("category", category) + "{display:none}")
        return "\n".join(rows)


def _ranked(counter: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _asset(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8").replace("%ERRORS%", _lit_rules())


@cache
def _lit_rules() -> str:
    """A field's row and its box light up together: by CSS alone, so that it works where scripts are off."""
    from mmgpt.vocabulary import FIELDS

    names = [f"e{error}-{field}" for error in range(MOST_ERRORS) for field in FIELDS]
    boxes = [f".shot:has(.row.{name}:is(:hover,:focus-visible)) rect.{name}" for name in names]
    rows = [f".shot:has(rect.{name}:hover) .row.{name}" for name in names]
    return f"{','.join(boxes)}{{stroke-width:3;fill-opacity:.28}}\n{','.join(rows)}{{background:var(--lit)}}"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(line=one_line, percent=percent, prose=prose, url=safe_url, spoken=spoken)
    return environment


__all__ = ["LIMIT", "HtmlReport", "ReportError"]
